//! The session over the network in which somebody runs a command, and changes that could cut it off.

use super::apply::leeway;
use super::failure::unreadable;
use crate::cli::Changing;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::lower::Desired;
use crate::plan::{Planned, Session, Touch, plan_with};
use crate::transaction::Machine;
use std::fs;
use std::io::{self, IsTerminal};
use std::time::Duration;

/// In this time somebody whose session a change could cut off has to confirm it.
const TO_CONFIRM: Duration = Duration::from_secs(60);

/// In which time a change has to be confirmed, if at all: as the command line says, and where it says nothing, if the change
/// could cut off the session that asks for it. An error where nobody is there who could confirm it.
pub(super) fn confirmation(
    args: &Changing,
    session: Option<Session>,
    machine: &mut Machine,
    desired: &Desired,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<Duration>, Diagnostic> {
    let unasked = session.filter(|_| args.confirm.is_none() && !args.no_confirm);
    let Some(session) = unasked else { return Ok(args.confirm) };
    machine.look_at(desired.sysctl.settings.keys().cloned());
    let observed = machine.observe_wanting(desired, &args.state_dir).map_err(|error| unreadable(&error))?;
    let Planned { wanted, plan, .. } = plan_with(desired, &observed, leeway(args));
    let touches = plan.touches(session, &observed, &wanted);
    if touches.is_empty() || !plan.conflicts.is_empty() {
        return Ok(None);
    }
    let cuts_off = cuts_off(session, &touches);
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        let help = format!(
            "it is taken back in {} seconds unless it is confirmed; --no-confirm makes it without that",
            TO_CONFIRM.as_secs()
        );
        diagnostics.push(Diagnostic { severity: Severity::Warning, ..cuts_off.help(help) });
        Ok(Some(TO_CONFIRM))
    } else {
        let help = "run it with --confirm 60s and then rosc confirm in a new session, or with --no-confirm";
        Err(cuts_off.help(help))
    }
}

fn cuts_off(session: Session, touches: &[Touch]) -> Diagnostic {
    /// So many of them are shown.
    const SHOWN: usize = 3;
    let Session { client, server } = session;
    let message = format!(
        "this could cut off the ssh session that asks for it, from {client} to {server}: {}{}",
        touches.iter().take(SHOWN).map(|touch| touch.change.as_str()).collect::<Vec<_>>().join("; "),
        touches
            .len()
            .checked_sub(SHOWN)
            .filter(|more| *more > 0)
            .map_or(String::new(), |more| format!("; {more} more")),
    );
    let diagnostic = Diagnostic::new(Code::CutsOff, message);
    let mut places: Vec<_> = touches.iter().map(|touch| touch.origin).collect();
    places.dedup_by(|a, b| a.is_same_place(*b));
    places
        .into_iter()
        .take(SHOWN)
        .fold(diagnostic, |diagnostic, origin| diagnostic.label(origin, "asked for here"))
}

/// The session of this process, if it came in by ssh.
///
/// What sshd says of it (`SSH_CONNECTION`) may have been lost on the way, as by sudo: then a process above this one has it.
pub(super) fn of_this_process() -> Option<Session> {
    /// No chain of processes is so long.
    const MOST: usize = 64;
    let mut process = "self".to_owned();
    for _ in 0..MOST {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let variables = environment.split(|byte| *byte == 0);
        let mut texts = variables.filter_map(|variable| std::str::from_utf8(variable).ok());
        if let Some(connection) = texts.find_map(|text| text.strip_prefix("SSH_CONNECTION=")) {
            return read(connection);
        }
        process = parent(&process)?;
    }
    None
}

/// `CLIENT PORT SERVER PORT`.
fn read(connection: &str) -> Option<Session> {
    let words: Vec<&str> = connection.split(' ').collect();
    let [client, _, server, _] = words[..] else { return None };
    // A link-local address carries its interface.
    let address = |text: &str| text.split('%').next().unwrap_or_default().parse().ok();
    Some(Session { client: address(client)?, server: address(server)? })
}

fn parent(process: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim();
    (parent != "0").then(|| parent.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_read_as_sshd_writes_it() {
        let session = |client: &str, server: &str| {
            Some(Session { client: client.parse().expect("one"), server: server.parse().expect("one") })
        };
        assert_eq!(read("203.0.113.9 50000 192.0.2.2 22"), session("203.0.113.9", "192.0.2.2"));
        assert_eq!(read("fe80::1%eth0 50000 fe80::2%eth0 22"), session("fe80::1", "fe80::2"));
        assert_eq!(read("203.0.113.9 50000"), None);
        assert_eq!(read("here 1 there 2"), None);
    }
}
