//! One run at a time.

use super::Failure;
use rustix::fs::{FlockOperation, flock};
use rustix::io::{FdFlags, fcntl_setfd};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// The lock, held as long as the value lives. The kernel takes it from a process that dies, and from the last of the
/// programs that it has started: what one of them is still doing to the machine then is part of the run.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of a state directory, or says who has it.
    pub(super) fn take(state_dir: &Path) -> Result<Self, Failure> {
        let path = state_dir.join("lock");
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
            Err(rustix::io::Errno::WOULDBLOCK) => {
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
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Not left to closing, since a program that somebody else has started meanwhile may have the file open, too.
        if flock(&self.file, FlockOperation::Unlock).is_err() {
            // Closing it is the next best.
        }
    }
}

fn write_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
