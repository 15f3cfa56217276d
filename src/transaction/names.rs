//! What DNS names mean on this machine, by its own resolver.

use crate::host::{Names, Unanswered};
use crate::ir::firewall::DnsName;
use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// So long all names together may take. A resolver alone tries for half a minute before it gives one up.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many names are asked for at the same time.
const AT_ONCE: usize = 32;

/// Resolves names in the network namespace of the calling thread, each once. What is not answered after five seconds
/// is [too late](Unanswered::TooLate).
pub fn resolve_names<'n>(names: impl IntoIterator<Item = &'n DnsName>) -> Names {
    resolve_by(names.into_iter().cloned().collect(), PATIENCE, look_up)
}

/// Asks the system: `/etc/hosts`, DNS and whatever else it is told to ask.
fn look_up(name: &str) -> io::Result<BTreeSet<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|socket| socket.ip()).collect())
}

fn resolve_by(
    names: BTreeSet<DnsName>,
    patience: Duration,
    look_up: impl Fn(&str) -> io::Result<BTreeSet<IpAddr>> + Send + Sync + 'static,
) -> Names {
    let deadline = Instant::now() + patience;
    let mut answers: Names = names.iter().map(|name| (name.clone(), Err(Unanswered::TooLate))).collect();
    let shared = Arc::new((names.into_iter().collect::<Vec<DnsName>>(), AtomicUsize::new(0), look_up));
    let (sender, receiver) = mpsc::channel();
    for _ in 0..AT_ONCE.min(answers.len()) {
        let (shared, sender) = (Arc::clone(&shared), sender.clone());
        // Nothing stops a lookup that hangs: its thread is left behind, and ends when nobody takes its answer.
        let ask = move || {
            let (names, next, look_up) = &*shared;
            while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                let answer = look_up(name.as_str());
                if sender.send((name.clone(), answer)).is_err() {
                    break;
                }
            }
        };
        // With fewer threads it takes longer, and without any there is no answer.
        if thread::Builder::new().name("resolver".to_owned()).spawn(ask).is_err() {
            break;
        }
    }
    drop(sender);
    while let Ok((name, answer)) = receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        answers.insert(name, understood(answer));
    }
    answers
}

fn understood(answer: io::Result<BTreeSet<IpAddr>>) -> Result<Vec<IpAddr>, Unanswered> {
    /// What the standard library puts in front of the resolver's own words.
    const OPERATION: &str = "failed to lookup address information: ";
    match answer {
        Ok(addresses) if addresses.is_empty() => Err(Unanswered::Failed("it has no address".to_owned())),
        Ok(addresses) => Ok(addresses.into_iter().collect()),
        Err(error) => {
            let text = error.to_string();
            Err(Unanswered::Failed(text.strip_prefix(OPERATION).unwrap_or(&text).to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    fn names(texts: &[&str]) -> BTreeSet<DnsName> {
        texts.iter().map(|text| DnsName::new(text).expect("a name")).collect()
    }

    #[test]
    fn the_machine_knows_itself() {
        let known = resolve_names(&names(&["localhost"]));
        let addresses = known.into_values().next().expect("an answer").expect("addresses");
        assert!(addresses.iter().all(IpAddr::is_loopback) && !addresses.is_empty(), "{addresses:?}");
    }

    #[test]
    fn many_names_are_asked_for_once_each_and_keep_their_answers() {
        let all: Vec<String> = (0..500).map(|index| format!("n{index}.example")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let asked: Arc<Mutex<BTreeMap<String, u32>>> = Arc::default();
        let counts = Arc::clone(&asked);
        let known = resolve_by(names(&all), Duration::from_secs(60), move |name| {
            *counts.lock().expect("a lock").entry(name.to_owned()).or_default() += 1;
            let index: u8 = name[1..name.len() - 8].parse::<u32>().map_or(0, |index| index.to_le_bytes()[0]);
            Ok([IpAddr::from([192, 0, 2, index])].into())
        });
        assert_eq!((known.len(), asked.lock().expect("a lock").len()), (500, 500));
        assert!(asked.lock().expect("a lock").values().all(|times| *times == 1));
        let name = DnsName::new("n7.example").expect("a name");
        assert_eq!(known[&name], Ok(vec![IpAddr::from([192, 0, 2, 7])]));
    }

    #[test]
    fn a_lookup_that_hangs_keeps_nobody_waiting() {
        let (_never, hangs) = mpsc::channel::<()>();
        let hangs = Mutex::new(hangs);
        let known = resolve_by(names(&["hangs.example"]), Duration::from_millis(20), move |_| {
            let _ended = hangs.lock().expect("a lock").recv();
            Ok(BTreeSet::new())
        });
        assert_eq!(known.into_values().collect::<Vec<_>>(), [Err(Unanswered::TooLate)]);
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_resolver() {
        let known = resolve_by(names(&["gone.example", "none.example"]), PATIENCE, |name| match name {
            "gone.example" => {
                Err(io::Error::other("failed to lookup address information: Name or service not known"))
            }
            _ => Ok(BTreeSet::new()),
        });
        let failed = |why: &str| Err(Unanswered::Failed(why.to_owned()));
        let wanted = [failed("Name or service not known"), failed("it has no address")];
        assert_eq!(known.into_values().collect::<Vec<_>>(), wanted);
    }
}
