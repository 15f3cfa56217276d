//! Where the fast path of a namespace is kept: a directory in the kernel's own file system for eBPF, so that it outlives the
//! process that made it.

use rosc_target::netns::NetNs;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// Where that file system is on any Linux that has mounted it.
pub const BPF_FS: &str = "/sys/fs/bpf";

/// The directory of the calling thread's namespace. No other namespace has had it until the machine starts again, when all
/// of them are gone.
pub(crate) fn directory(bpf_fs: &Path) -> io::Result<PathBuf> {
    Ok(bpf_fs.join("rosc").join(format!("netns-{}", NetNs::cookie()?)))
}

/// A file system of that kind somewhere else, as long as this value lives. With it goes all that is pinned there.
#[derive(Debug)]
pub struct BpfFs {
    path: PathBuf,
}

impl BpfFs {
    /// Mounts one at a directory, which is made. Needs `CAP_SYS_ADMIN`.
    pub fn mount(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        mount("bpf", path, "bpf", MountFlags::empty(), None)?;
        Ok(Self { path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for BpfFs {
    fn drop(&mut self) {
        // Who has unmounted it before has done the same.
        let _outcome = unmount(&self.path, UnmountFlags::DETACH);
    }
}

/// Whether a directory is of a file system of that kind.
pub fn is_bpf_fs(path: &Path) -> bool {
    /// `BPF_FS_MAGIC` of linux/magic.h.
    const MAGIC: i64 = 0xcafe_4a11;
    rustix::fs::statfs(path).is_ok_and(|found| found.f_type == MAGIC)
}

/// Waits until no other process changes what a directory's maps say of members, and keeps others from it as long as the value
/// lives: who writes a member has read it before. `None` where there is no directory.
pub(crate) fn lock(directory: &Path) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = match rustix::fs::open(directory, flags, Mode::empty()) {
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        opened => opened?,
    };
    rustix::io::retry_on_intr(|| flock(&opened, FlockOperation::LockExclusive))?;
    Ok(Some(opened))
}

/// The names of what a directory holds; nothing where there is none.
pub(crate) fn names(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// Removes a pin, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes the directory with all pins in it, and the one above if it is the last.
pub(crate) fn remove_all(directory: &Path) -> io::Result<()> {
    for name in names(directory)? {
        remove(&directory.join(name))?;
    }
    for directory in [Some(directory), directory.parent()].into_iter().flatten() {
        match fs::remove_dir(directory) {
            Ok(()) => {}
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
