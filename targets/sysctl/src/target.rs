//! Reads and writes the settings of the calling thread's namespaces.

use crate::change::{Ownership, diff};
use crate::{Change, Key, Observed, Presence, Setting, State, originals};
use rosc_target::{Diff, Origin, Target, TargetError};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The settings of the network namespace (and the others) of the thread that uses the target.
#[derive(Debug)]
pub struct SysctlTarget {
    directory: PathBuf,
    originals: PathBuf,
    keys: BTreeSet<Key>,
}

impl SysctlTarget {
    /// Opens the settings under `/proc/sys`. `originals` is the file that keeps former values; `keys` are the
    /// settings to look at besides those that are owned already.
    pub fn open(originals: PathBuf, keys: impl IntoIterator<Item = Key>) -> Self {
        Self::in_directory(PathBuf::from("/proc/sys"), originals, keys)
    }

    fn in_directory(directory: PathBuf, originals: PathBuf, keys: impl IntoIterator<Item = Key>) -> Self {
        Self { directory, originals, keys: keys.into_iter().collect() }
    }

    /// Reads values without the record of former ones, as if every setting of a state were owned: for whoever may not
    /// read the record.
    pub fn observe_owned(&self, state: &State) -> Result<Observed, TargetError> {
        let mut values = BTreeMap::new();
        for key in self.keys.iter().chain(state.settings.keys()) {
            if let Some(value) = self.read(key)? {
                values.insert(key.clone(), value);
            }
        }
        let originals = state.settings.keys().map(|key| (key.clone(), String::new()));
        Ok(Observed { state: state.clone(), values, originals: originals.collect() })
    }

    fn read(&self, key: &Key) -> Result<Option<String>, TargetError> {
        match fs::read_to_string(self.path(key)) {
            Ok(text) => Ok(Some(text.trim_end().to_owned())),
            Err(error) if is_absent(&error) => Ok(None),
            // Some settings can only be written; what they hold is nobody's business.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(None),
            Err(error) => Err(failed("read", key, Origin::IMPLIED, &error)),
        }
    }

    fn write(&self, key: &Key, value: &str, origin: Origin) -> Result<(), TargetError> {
        fs::write(self.path(key), value).map_err(|error| failed("set", key, origin, &error))
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.directory.join(key.as_str())
    }

    fn record(&self) -> Result<BTreeMap<Key, String>, TargetError> {
        originals::read(&self.originals).map_err(|error| record_failed("read", &self.originals, &error))
    }

    fn keep_record(&self, record: &BTreeMap<Key, String>) -> Result<(), TargetError> {
        originals::write(&self.originals, record)
            .map_err(|error| record_failed("write", &self.originals, &error))
    }
}

impl Target for SysctlTarget {
    const NAME: &'static str = "sysctl";
    type State = State;
    type Observed = Observed;
    type Change = Change;

    fn observe(&mut self) -> Result<Observed, TargetError> {
        let originals = self.record()?;
        let mut values = BTreeMap::new();
        for key in self.keys.iter().chain(originals.keys()) {
            if let Some(value) = self.read(key)? {
                values.insert(key.clone(), value);
            }
        }
        let owned = originals.keys().filter_map(|key| {
            let value = values.get(key)?.clone();
            Some((key.clone(), Setting { origin: Origin::IMPLIED, value, presence: Presence::Required }))
        });
        Ok(Observed { state: State { settings: owned.collect() }, values, originals })
    }

    fn diff(desired: &State, observed: &Observed) -> Diff<Change> {
        diff(desired, observed)
    }

    /// Writes the values in order. The former values are on disk before the first is written.
    fn apply(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        let mut record = self.record()?;
        let mut taken = false;
        for change in changes.iter().filter(|change| change.ownership == Ownership::Take) {
            // What is made in the same change has no value of its own to go back to: its default is kept.
            let original = match &change.from {
                Some(from) => from.clone(),
                None => match self.read(&change.key)? {
                    Some(default) => default,
                    None => continue,
                },
            };
            record.insert(change.key.clone(), original);
            taken = true;
        }
        if taken {
            self.keep_record(&record)?;
        }
        for change in changes {
            self.write(&change.key, &change.to, change.origin)?;
        }
        let released: Vec<_> = changes.iter().filter(|c| c.ownership == Ownership::Release).collect();
        if !released.is_empty() {
            record.retain(|key, _| !released.iter().any(|change| change.key == *key));
            self.keep_record(&record)?;
        }
        Ok(())
    }

    /// Writes the former values of those settings that have the new one, last changed first. Switching forwarding
    /// resets other settings, so the values are looked at again until all are right.
    fn undo(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        const PASSES: usize = 3;
        let mut record = self.record()?;
        for _ in 0..PASSES {
            let mut wrong = false;
            for change in changes.iter().rev() {
                // What was not there yet when the change was planned, and is now, has its default on record.
                let Some(from) = change.from.as_ref().or_else(|| record.get(&change.key)) else { continue };
                if self.read(&change.key)?.is_some_and(|now| now != *from) {
                    self.write(&change.key, from, change.origin)?;
                    wrong = true;
                }
            }
            if !wrong {
                break;
            }
        }
        for change in changes {
            match change.ownership {
                Ownership::Take => {
                    record.remove(&change.key);
                }
                Ownership::Keep => {}
                Ownership::Release => {
                    record.insert(change.key.clone(), change.to.clone());
                }
            }
        }
        self.keep_record(&record)
    }
}

/// The setting, or the device that it belongs to, does not exist.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn failed(operation: &'static str, key: &Key, origin: Origin, error: &io::Error) -> TargetError {
    TargetError {
        origin: (!origin.is_implied()).then_some(origin),
        operation,
        object: key.to_string(),
        errno: error.raw_os_error(),
        message: error.to_string(),
    }
}

fn record_failed(operation: &'static str, path: &Path, error: &io::Error) -> TargetError {
    TargetError {
        origin: None,
        operation,
        object: format!("the record of former settings in {}", path.display()),
        errno: error.raw_os_error(),
        message: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const FORWARD: &str = "net/ipv4/ip_forward";
    const RP_FILTER: &str = "net/ipv4/conf/eth0/rp_filter";

    /// A directory that looks like `/proc/sys`, with these settings in it.
    struct Machine {
        root: TempDir,
    }

    impl Machine {
        fn with(settings: &[(&str, &str)]) -> Self {
            let machine = Self { root: tempfile::tempdir().unwrap() };
            for (key, value) in settings {
                let path = machine.root.path().join("sys").join(key);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, value).unwrap();
            }
            machine
        }

        fn value(&self, key: &str) -> String {
            fs::read_to_string(self.root.path().join("sys").join(key)).unwrap()
        }

        fn target(&self, keys: &[&str]) -> SysctlTarget {
            let keys = keys.iter().map(|key| key.parse().unwrap());
            SysctlTarget::in_directory(self.root.path().join("sys"), self.record(), keys)
        }

        fn record(&self) -> PathBuf {
            self.root.path().join("state/sysctl.json")
        }

        fn apply(&self, settings: &[(&str, &str)]) -> Vec<Change> {
            let mut target = self.target(&settings.iter().map(|(key, _)| *key).collect::<Vec<_>>());
            let observed = target.observe().unwrap();
            let changes = SysctlTarget::diff(&wanted(settings), &observed).changes;
            target.apply(&changes).unwrap();
            changes
        }
    }

    fn wanted(settings: &[(&str, &str)]) -> State {
        let mut state = State::default();
        for (key, value) in settings {
            state.set(key.parse().unwrap(), value, Origin::IMPLIED, Presence::Required);
        }
        state
    }

    #[test]
    fn what_is_wanted_is_observed_after_apply() {
        let machine = Machine::with(&[(FORWARD, "0\n"), (RP_FILTER, "2\n")]);
        machine.apply(&[(FORWARD, "1"), (RP_FILTER, "0")]);
        let mut target = machine.target(&[FORWARD, RP_FILTER]);
        let observed = target.observe().unwrap();
        assert_eq!(observed.state, wanted(&[(FORWARD, "1"), (RP_FILTER, "0")]));
        assert!(
            machine.apply(&[(FORWARD, "1"), (RP_FILTER, "0")]).is_empty(),
            "a second apply changes nothing"
        );
    }

    #[test]
    fn a_setting_that_is_no_longer_wanted_gets_its_old_value_back() {
        let machine = Machine::with(&[(FORWARD, "0\n"), (RP_FILTER, "2\n")]);
        machine.apply(&[(FORWARD, "1"), (RP_FILTER, "0")]);
        machine.apply(&[(FORWARD, "1")]);
        assert_eq!(machine.value(RP_FILTER), "2");
        assert_eq!(machine.value(FORWARD), "1");
        machine.apply(&[]);
        assert_eq!(machine.value(FORWARD), "0");
        assert!(!machine.record().exists(), "nothing is owned, nothing is recorded");
    }

    #[test]
    fn a_value_that_is_right_already_is_not_taken() {
        let machine = Machine::with(&[(FORWARD, "1\n")]);
        machine.apply(&[(FORWARD, "1")]);
        machine.apply(&[]);
        assert_eq!(machine.value(FORWARD), "1\n", "not written");
    }

    #[test]
    fn undo_restores_values_and_ownership_from_any_point() {
        for done in 0..=2 {
            let machine = Machine::with(&[(FORWARD, "0\n"), (RP_FILTER, "2\n")]);
            let mut target = machine.target(&[FORWARD, RP_FILTER]);
            let observed = target.observe().unwrap();
            let desired = wanted(&[(FORWARD, "1"), (RP_FILTER, "0")]);
            let changes = SysctlTarget::diff(&desired, &observed).changes;
            target.apply(&changes[..done]).unwrap();
            target.undo(&changes).unwrap();
            target.undo(&changes).unwrap();
            assert_eq!(target.observe().unwrap(), observed, "after {done} changes");
        }
    }

    #[test]
    fn undo_leaves_the_default_of_a_setting_that_came_with_the_change() {
        let machine = Machine::with(&[]);
        let mut target = machine.target(&[FORWARD]);
        let planned = SysctlTarget::diff(&wanted(&[(FORWARD, "1")]), &target.observe().unwrap()).changes;
        let loaded = Machine::with(&[(FORWARD, "7\n")]);
        let mut target = loaded.target(&[FORWARD]);
        target.apply(&planned).unwrap();
        assert_eq!(loaded.value(FORWARD), "1");
        target.undo(&planned).unwrap();
        assert_eq!(loaded.value(FORWARD), "7");
    }

    #[test]
    fn forwarding_comes_last_and_what_it_resets_after_it() {
        let machine = Machine::with(&[]);
        let redirects = "net/ipv4/conf/all/accept_redirects";
        let target = wanted(&[(redirects, "1"), (FORWARD, "1"), (RP_FILTER, "0")]);
        let observed = machine.target(&[]).observe().unwrap();
        let keys: Vec<String> =
            SysctlTarget::diff(&target, &observed).changes.iter().map(|c| c.key.to_string()).collect();
        assert_eq!(keys, [RP_FILTER, FORWARD, redirects]);
    }

    #[test]
    fn a_setting_that_the_kernel_lacks_is_an_error_only_where_it_is_required() {
        let machine = Machine::with(&[]);
        let mut state = State::default();
        state.set(FORWARD.parse().unwrap(), 1, Origin::IMPLIED, Presence::IfPresent);
        let mut target = machine.target(&[FORWARD]);
        let observed = target.observe().unwrap();
        assert!(SysctlTarget::diff(&state, &observed).changes.is_empty());
        let required = SysctlTarget::diff(&wanted(&[(FORWARD, "1")]), &observed).changes;
        let error = target.apply(&required).unwrap_err();
        assert_eq!((error.operation, error.object.as_str()), ("set", FORWARD));
    }
}
