//! What is being done, on disk before it is begun, so that any later run can take it back.

use crate::plan::Step;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// A journal of a hundred thousand routes has some 20 MB.
const WRITE_BUFFER: usize = 1 << 20;

/// The journal of a run.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
}

/// The journal could not be read or written.
#[derive(Debug)]
pub(super) struct JournalError {
    pub(super) operation: &'static str,
    pub(super) path: PathBuf,
    pub(super) error: io::Error,
}

/// What stands in the file. Each change has both of its sides, so its inverse needs nothing else.
#[derive(Debug, Serialize, Deserialize)]
struct Entry<S> {
    /// The kernel forgets at a reboot what the journal would take back.
    boot: String,
    /// The inode of the network namespace: another one has its own objects.
    namespace: u64,
    steps: S,
}

/// What an earlier run has left.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing: it came to its end.
    Nothing,
    /// The journal of a run before the machine started anew, which the kernel has forgotten.
    EarlierStart(Journal),
    /// That of a run that was cut off since then, with its steps.
    CutOff(Journal, Vec<Step>),
}

impl Journal {
    /// Writes what is going to be done, and waits until it is on disk.
    pub(super) fn write(state_dir: &Path, steps: &[Step]) -> Result<Self, JournalError> {
        let journal = Self { path: state_dir.join("journal.json") };
        let write = || {
            let entry = Entry { boot: boot_id()?, namespace: namespace()?, steps };
            let new = journal.path.with_extension("new");
            let mut file = BufWriter::with_capacity(WRITE_BUFFER, File::create(&new)?);
            serde_json::to_writer(&mut file, &entry)?;
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&new, &journal.path)?;
            File::open(state_dir)?.sync_all()
        };
        match write() {
            Ok(()) => Ok(journal),
            Err(error) => Err(journal.failed("write the undo journal", error)),
        }
    }

    /// Looks for the journal of an earlier run. One of another network namespace is an error: its changes can only be
    /// taken back there.
    pub(super) fn find(state_dir: &Path) -> Result<Found, JournalError> {
        let journal = Self { path: state_dir.join("journal.json") };
        let text = match fs::read(&journal.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(journal.failed("read the undo journal", error)),
        };
        let read = || {
            // Another version may have written the steps of a run before.
            let entry: Entry<IgnoredAny> = serde_json::from_slice(&text)?;
            if entry.boot != boot_id()? {
                return Ok(None);
            }
            if entry.namespace != namespace()? {
                let message = "a run in another network namespace was cut off: run rosc there to take it back, \
                               or use another directory here";
                return Err(io::Error::other(message));
            }
            let entry: Entry<Vec<Step>> = serde_json::from_slice(&text)?;
            Ok(Some(entry.steps))
        };
        match read() {
            Ok(Some(steps)) => Ok(Found::CutOff(journal, steps)),
            Ok(None) => Ok(Found::EarlierStart(journal)),
            Err(error) => Err(journal.failed("read the undo journal", error)),
        }
    }

    /// Removes the journal: the run is over.
    pub(super) fn remove(self) -> Result<(), JournalError> {
        fs::remove_file(&self.path).map_err(|error| self.failed("remove the undo journal", error))
    }

    fn failed(&self, operation: &'static str, error: io::Error) -> JournalError {
        JournalError { operation, path: self.path.clone(), error }
    }
}

/// The kernel's name of its run since the machine started.
pub(super) fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

fn namespace() -> io::Result<u64> {
    rosc_target::netns::NetNs::current()?.inode()
}
