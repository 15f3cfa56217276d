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
        /// The run of the kernel; after another start there is nothing to take back.
        boot: String,
        /// Until then, in milliseconds since the machine started, those asleep among them.
        until: u64,
    },
    /// It was confirmed.
    Confirmed,
    /// It was taken back.
    Undone,
}

impl Pending {
    /// A change that waits from now on.
    pub(super) fn waiting(within: Duration) -> io::Result<Self> {
        let within = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        Ok(Self::Waiting { boot: boot_id()?, until: now().saturating_add(within) })
    }

    /// How long it waits still; `None` if it does not, or no longer.
    pub fn left(&self) -> Option<Duration> {
        let Self::Waiting { boot, until } = self else { return None };
        let is_this_run = boot_id().is_ok_and(|now| now == *boot);
        let left = until.checked_sub(now()).filter(|left| *left > 0 && is_this_run)?;
        Some(Duration::from_millis(left))
    }

    /// Reads where the change of a state directory stands; `None` if there is none. A file that can't be understood is
    /// taken for one of a run that was cut off.
    pub fn read(state_dir: &Path) -> Result<Option<Self>, Failure> {
        let path = path(state_dir);
        match fs::read(&path) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text).unwrap_or(Self::Applying))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::StateDir { operation: "read", path, error }),
        }
    }

    /// Writes it down, and waits until it is on disk.
    pub(super) fn write(&self, state_dir: &Path) -> Result<(), Failure> {
        let path = path(state_dir);
        let write = || {
            let new = path.with_extension("new");
            let file = File::create(&new)?;
            serde_json::to_writer(&file, self)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            File::open(state_dir)?.sync_all()
        };
        write().map_err(|error| Failure::StateDir { operation: "write", path: path.clone(), error })
    }

    /// Forgets it.
    pub(super) fn forget(state_dir: &Path) -> Result<(), Failure> {
        let path = path(state_dir);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Failure::StateDir { operation: "remove", path, error })
            }
            _ => Ok(()),
        }
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
    fn a_change_waits_for_its_time_and_in_its_run_of_the_kernel() {
        let waiting = Pending::waiting(Duration::from_secs(60)).expect("a kernel tells its run");
        assert!(waiting.left().is_some_and(|left| left > Duration::from_secs(50)));
        assert_eq!(Pending::waiting(Duration::ZERO).expect("a run").left(), None);
        let Pending::Waiting { until, .. } = waiting else { panic!("{waiting:?}") };
        assert_eq!(Pending::Waiting { boot: "another".to_owned(), until }.left(), None);
        assert_eq!(Pending::Confirmed.left(), None);
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
