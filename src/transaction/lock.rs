//! One run at a time.

use super::Failure;
use rustix::fs::{FlockOperation, flock};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks whether somebody still has it.
const PAUSE: Duration = Duration::from_millis(50);

/// The state directory's file that is locked.
fn path_of(state_dir: &Path) -> PathBuf {
    state_dir.join("lock")
}

/// The lock, held as long as the value lives. The kernel takes it from a process that dies, and from the last of the
/// programs that it has started: what one of them is still doing to the machine then is part of the run.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of a state directory, or says who has it.
    pub(super) fn take(state_dir: &Path) -> Result<Self, Failure> {
        let path = path_of(state_dir);
        let failed = |operation, error| Failure::StateDir { operation, path: path.clone(), error };
        fs::create_dir_all(state_dir).map_err(|error| failed("make", error))?;
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| failed("open", error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(|error| failed("read", error))?;
                return Err(Failure::Locked(format!("process {} is changing this machine", holder.trim())));
            }
            Err(error) => return Err(failed("lock", error.into())),
        }
        write_holder(&mut file).map_err(|error| failed("write", error))?;
        fcntl_setfd(&file, FdFlags::empty()).map_err(|error| failed("share", error.into()))?;
        Ok(Self { file })
    }

    /// Takes it, and waits for it so long if somebody has it.
    pub(super) fn take_within(state_dir: &Path, patience: Duration) -> Result<Self, Failure> {
        let deadline = Instant::now() + patience;
        loop {
            match Self::take(state_dir) {
                Err(Failure::Locked(_)) if Instant::now() < deadline => thread::sleep(PAUSE),
                outcome => return outcome,
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Not left to closing, since a program that somebody else has started meanwhile may have the file open, too.
        if flock(&self.file, FlockOperation::Unlock).is_err() {
            // Closing it is the next best.
        }
    }
}

/// That no run is at work, and that none begins as long as the value lives. It has to be short: runs don't wait for long.
#[derive(Debug)]
pub(crate) struct Quiet {
    /// `None` where nobody has ever begun a run.
    _file: Option<File>,
}

impl Quiet {
    /// `None` while a run is at work.
    pub(crate) fn take(state_dir: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path_of(state_dir)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(Self { _file: None })),
            opened => opened?,
        };
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(Some(Self { _file: Some(file) })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn write_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
