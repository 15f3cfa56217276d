//! That the firewall was found to be as wanted, and when: nft takes seconds to list a large one only to say so again.
//!
//! The kernel counts the transactions of its ruleset, whoever makes them. If the count is what it was when everything
//! was read and nothing differed, nothing differs now. The file is a cache: it says nothing that the kernel does not
//! say again, may be deleted at any time, and wherever it is missing or does not fit in any part, everything is read.

use super::history;
use super::journal::boot_id;
use rosc_nftables::{Observed, State};
use rosc_target::netns::NetNs;
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What a run wants, and the file that tells what an earlier one has found.
#[derive(Debug)]
pub(super) struct Verified<'a> {
    state_dir: &'a Path,
    path: PathBuf,
    wanted: &'a State,
    digest: OnceCell<Digest>,
}

/// What stands in the file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    found: Found,
    /// Of the state that the kernel held.
    digest: Digest,
    /// Whether its sets have the very elements of that state.
    is_even: bool,
}

/// Who found it, and where and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    /// Another version may read the same listing otherwise.
    version: String,
    /// The kernel counts anew at each start,
    boot: String,
    /// and in each network namespace.
    namespace: u64,
    /// The number of the ruleset generation.
    generation: u32,
}

/// 128 bits, so that no two states that ever come by have the same.
type Digest = [u64; 2];

impl<'a> Verified<'a> {
    pub(super) fn new(state_dir: &'a Path, wanted: &'a State) -> Self {
        Self { state_dir, path: state_dir.join("verified.json"), wanted, digest: OnceCell::new() }
    }

    /// What was found in this namespace at a generation of its ruleset.
    pub(super) fn record(&self, generation: u32) -> Option<Record> {
        let record: Record = serde_json::from_slice(&fs::read(&self.path).ok()?).ok()?;
        (Found::here(generation).ok()? == record.found).then_some(record)
    }

    /// Whether that is what is wanted.
    pub(super) fn is_wanted(&self, record: &Record) -> bool {
        record.digest == self.digest()
    }

    /// What it was, where that is the state that was kept last and an edit can start from there.
    pub(super) fn state(&self, record: &Record) -> Option<State> {
        let fits = |text: &str| digest_of(|writer| writer.write_all(text.as_bytes())) == record.digest;
        record.is_even.then(|| history::last_firewall(self.state_dir, fits)).flatten()
    }

    /// Keeps for the next run that nothing differs from what is wanted at a generation.
    pub(super) fn keep(&self, observed: &Observed) {
        self.keep_at(observed.generation, observed.is_even());
    }

    fn keep_at(&self, generation: u32, is_even: bool) {
        if self.record(generation).is_some_and(|record| self.is_wanted(&record)) {
            return;
        }
        let write = || {
            let record = Record { found: Found::here(generation)?, digest: self.digest(), is_even };
            // Written aside, so that a run that is killed leaves all of it or nothing.
            let new = self.path.with_extension("new");
            fs::write(&new, serde_json::to_vec(&record)?)?;
            fs::rename(&new, &self.path)
        };
        let outcome: io::Result<()> = write();
        if outcome.is_err() {
            // The next run reads everything.
        }
    }

    pub(super) fn wanted(&self) -> &State {
        self.wanted
    }

    fn digest(&self) -> Digest {
        *self.digest.get_or_init(|| digest(self.wanted))
    }
}

impl Found {
    fn here(generation: u32) -> io::Result<Self> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Self { version, boot: boot_id()?, namespace: NetNs::cookie()?, generation })
    }
}

/// The digest of all that the journal would hold of a state. The hash of the standard library may be another one in
/// another build, which then finds that nothing fits.
fn digest(state: &State) -> Digest {
    digest_of(|writer| Ok(serde_json::to_writer(writer, state)?))
}

fn digest_of(write: impl FnOnce(&mut BufWriter<&mut Halves>) -> io::Result<()>) -> Digest {
    let mut halves = Halves([DefaultHasher::new(), DefaultHasher::new()]);
    halves.0[1].write_u8(1);
    let mut writer = BufWriter::with_capacity(1 << 16, &mut halves);
    write(&mut writer).expect("a state has string keys only, and hashing does not fail");
    writer.flush().expect("hashing does not fail");
    drop(writer);
    halves.0.map(|half| half.finish())
}

/// Two hashes of the same bytes.
struct Halves([DefaultHasher; 2]);

impl Write for Halves {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.iter_mut().for_each(|half| half.write(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::Desired;
    use rosc_nftables::Family;

    fn is_found(verified: &Verified<'_>, generation: u32) -> bool {
        verified.record(generation).is_some_and(|record| verified.is_wanted(&record))
    }

    fn state(families: &[Family]) -> State {
        let mut state = State::default();
        for &family in families {
            state.table(family);
        }
        state
    }

    #[test]
    fn what_was_kept_is_found_only_for_the_same_state() {
        let directory = tempfile::tempdir().expect("a directory");
        let (one, other) = (state(&[Family::Ip]), state(&[Family::Ip6]));
        let [one, other] = [&one, &other].map(|wanted| Verified::new(directory.path(), wanted));
        assert!(!is_found(&one, 7));
        one.keep_at(7, true);
        // Without cookies of namespaces nothing is kept.
        let can_know = NetNs::cookie().is_ok();
        assert_eq!([&one, &other].map(|verified| is_found(verified, 7)), [can_know, false]);
        assert!(!is_found(&one, 8));
    }

    #[test]
    fn what_does_not_fit_in_any_part_is_not_found() {
        let directory = tempfile::tempdir().expect("a directory");
        let wanted = state(&[Family::Ip]);
        let verified = Verified::new(directory.path(), &wanted);
        verified.keep_at(7, true);
        let Ok(text) = fs::read_to_string(&verified.path) else { return };
        let kept: serde_json::Value = serde_json::from_str(&text).expect("a record");
        for place in ["/found/version", "/found/boot", "/found/namespace", "/digest/0", "/digest/1"] {
            let mut record = kept.clone();
            let value = record.pointer_mut(place).expect("a part of the record");
            *value = if value.is_string() { "other".into() } else { 1.into() };
            fs::write(&verified.path, record.to_string()).expect("a file");
            assert!(!is_found(&verified, 7), "{place}");
        }
        for broken in [&text[..text.len() / 2], "", "[]", "{}"] {
            fs::write(&verified.path, broken).expect("a file");
            assert!(!is_found(&verified, 7), "{broken}");
        }
    }

    #[test]
    fn the_state_that_was_kept_last_is_told_if_it_is_the_one_that_was_found() {
        let directory = tempfile::tempdir().expect("a directory");
        let directory = directory.path();
        let keep = |nftables: &State| {
            let desired = Desired { nftables: nftables.clone(), ..Desired::default() };
            history::propose(directory, &desired, 1).expect("it can be written");
            history::keep(directory).expect("it can be kept");
        };
        let (one, other) = (state(&[Family::Ip]), state(&[Family::Ip6]));
        let [of_one, of_other] = [&one, &other].map(|wanted| Verified::new(directory, wanted));
        let Ok(found) = Found::here(7) else { return };
        let record = |is_even| Record { found: found.clone(), digest: digest(&one), is_even };
        assert_eq!(of_one.state(&record(true)), None);
        keep(&one);
        assert_eq!(of_other.state(&record(true)), Some(one.clone()));
        assert_eq!(of_other.state(&record(false)), None);
        keep(&other);
        assert_eq!(of_one.state(&record(true)), None);
    }
}
