//! A change that waits to be confirmed, on disk: it is taken back unless somebody says in time that it may stay.

use super::Failure;
use super::journal::boot_id;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a change stands that has to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Pending {
    /// It is being made.
    Applying,
    /// It is made and verified, and stays if it is confirmed.
    Waiting {
        /// Until then, in milliseconds since the machine started, those asleep among them.
        until: u64,
    },
    /// It was confirmed.
    Confirmed,
    /// It was taken back.
    Undone,
}

/// What stands in the file.
#[derive(Debug, Serialize, Deserialize)]
struct Record<P> {
    /// The run of the kernel: after another start there is no change that waits.
    boot: String,
    #[serde(flatten)]
    pending: P,
}

impl Pending {
    /// A change that waits from now on.
    pub(super) fn waiting(within: Duration) -> Self {
        let within = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        Self::Waiting { until: now().saturating_add(within) }
    }

    /// How long it waits still; `None` if it does not, or no longer.
    pub fn left(&self) -> Option<Duration> {
        let Self::Waiting { until } = self else { return None };
        until.checked_sub(now()).filter(|left| *left > 0).map(Duration::from_millis)
    }

    /// Reads where the change of a state directory stands; `None` if there is none since the machine started. A file that
    /// can't be understood is taken for one of a run that was cut off.
    pub fn read(state_dir: &Path) -> Result<Option<Self>, Failure> {
        let record = read_record(state_dir)?;
        let path = path(state_dir);
        let failed =
            |error| Failure::StateDir { operation: "tell the start of the machine for", path, error };
        let boot = boot_id().map_err(failed)?;
        Ok(match record {
            Some(Some(record)) => (record.boot == boot).then_some(record.pending),
            Some(None) => Some(Self::Applying),
            None => None,
        })
    }

    /// Says whether the last change was confirmed, be it before the machine started.
    pub(super) fn was_confirmed(state_dir: &Path) -> Result<bool, Failure> {
        let record = read_record(state_dir)?.flatten();
        Ok(record.is_some_and(|record| record.pending == Self::Confirmed))
    }

    /// Writes it down, and waits until it is on disk.
    pub(super) fn write(&self, state_dir: &Path) -> Result<(), Failure> {
        let path = path(state_dir);
        let write = || {
            let new = path.with_extension("new");
            let file = File::create(&new)?;
            serde_json::to_writer(&file, &Record { boot: boot_id()?, pending: self })?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            File::open(state_dir)?.sync_all()
        };
        write().map_err(|error| Failure::StateDir { operation: "write", path: path.clone(), error })
    }

    /// Forgets it, and waits until that is on disk: what comes next must not be taken for confirmed.
    pub(super) fn forget(state_dir: &Path) -> Result<(), Failure> {
        let path = path(state_dir);
        match fs::remove_file(&path).and_then(|()| File::open(state_dir)?.sync_all()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Failure::StateDir { operation: "remove", path, error })
            }
            _ => Ok(()),
        }
    }
}

/// What stands in the file, if there is one, and if it can be understood.
fn read_record(state_dir: &Path) -> Result<Option<Option<Record<Pending>>>, Failure> {
    let path = path(state_dir);
    match fs::read(&path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text).ok())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::StateDir { operation: "read", path, error }),
    }
}

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("pending.json")
}

/// Milliseconds since the machine started. No one can set this clock.
fn now() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    whole(time.tv_sec) * 1000 + whole(time.tv_nsec) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_waits_for_its_time() {
        let waiting = Pending::waiting(Duration::from_secs(60));
        assert!(waiting.left().is_some_and(|left| left > Duration::ZERO));
        assert_eq!(Pending::waiting(Duration::ZERO).left(), None);
        assert_eq!(Pending::Confirmed.left(), None);
    }

    #[test]
    fn after_another_start_of_the_machine_no_change_waits() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("pending.json");
        let written = |pending: &Pending| {
            pending.write(directory.path()).expect("it can be written");
            let text = fs::read_to_string(&file).expect("it can be read");
            fs::write(&file, text.replace(&boot_id().expect("a start"), "another"))
                .expect("it can be written");
            Pending::read(directory.path()).expect("it can be read")
        };
        assert_eq!(written(&Pending::waiting(Duration::from_secs(3600))), None);
        assert!(!Pending::was_confirmed(directory.path()).expect("it can be read"));
        assert_eq!(written(&Pending::Confirmed), None);
        assert!(Pending::was_confirmed(directory.path()).expect("it can be read"), "what was said is said");
    }

    #[test]
    fn what_was_written_is_read_and_rubbish_is_a_run_that_was_cut_off() {
        let directory = tempfile::tempdir().expect("a directory");
        let read = || Pending::read(directory.path()).expect("it can be read");
        assert_eq!(read(), None);
        Pending::Undone.write(directory.path()).expect("it can be written");
        assert_eq!(read(), Some(Pending::Undone));
        fs::write(directory.path().join("pending.json"), "{\"state\":").expect("it can be written");
        assert_eq!(read(), Some(Pending::Applying));
        Pending::forget(directory.path()).expect("it can be removed");
        assert_eq!(read(), None);
        Pending::forget(directory.path()).expect("it is gone already");
    }
}
