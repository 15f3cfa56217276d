//! Network namespaces without names: nothing to clean up, because the kernel ends a namespace with its last
//! holder, however the process ends.

use rustix::net::{AddressFamily, SocketType};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space, unshare_unsafe};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::thread::{self, JoinHandle};

/// A network namespace, alive as long as this value, a socket or a thread in it.
///
/// Code runs in it on threads of its own ([`NetNs::run`], [`NetNs::spawn`]), so the calling thread never
/// changes its namespace and nothing has to be restored.
#[derive(Debug)]
pub struct NetNs {
    file: File,
}

impl NetNs {
    /// Makes a new, empty namespace (only `lo`, which is down). Needs `CAP_SYS_ADMIN`.
    pub fn new() -> io::Result<Self> {
        in_thread(|| {
            // SAFETY: CLONE_NEWNET replaces only this thread's network namespace; file descriptors and
            // memory stay shared, and the thread ends right after.
            unsafe { unshare_unsafe(UnshareFlags::NEWNET) }?;
            Self::current()
        })
    }

    /// The namespace of the calling thread.
    pub fn current() -> io::Result<Self> {
        Ok(Self { file: File::open("/proc/thread-self/ns/net")? })
    }

    /// The kernel's number of the namespace (its inode): what tells two of them apart.
    pub fn inode(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.ino())
    }

    /// The kernel's cookie of the calling thread's namespace: unlike an inode, no other namespace has had or will have
    /// it until the machine starts again. Kernels before Linux 5.14 have none, which is an error.
    pub fn cookie() -> io::Result<u64> {
        let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::DGRAM, None)?;
        let mut cookie: u64 = 0;
        let mut length = libc::socklen_t::try_from(size_of::<u64>()).expect("eight");
        // SAFETY: the pointers are those of two variables that live here, and the kernel writes at most `length` bytes.
        let outcome = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_NETNS_COOKIE,
                (&raw mut cookie).cast(),
                &raw mut length,
            )
        };
        if outcome == 0 { Ok(cookie) } else { Err(io::Error::last_os_error()) }
    }

    /// Runs `f` on a thread inside the namespace and waits for it. A panic of `f` goes on in the caller.
    ///
    /// # Panics
    /// If the namespace can't be entered, which needs the same right as making it did.
    pub fn run<T: Send>(&self, f: impl FnOnce() -> T + Send) -> T {
        in_thread(|| {
            self.enter().expect("a namespace that this process made can be entered");
            f()
        })
    }

    /// Starts `f` on a thread inside the namespace. The namespace lives at least as long as the thread.
    pub fn spawn<T: Send + 'static>(
        &self,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<io::Result<T>>> {
        let file = self.file.try_clone()?;
        Ok(thread::spawn(move || {
            Self { file }.enter()?;
            Ok(f())
        }))
    }

    fn enter(&self) -> io::Result<()> {
        Ok(move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network))?)
    }
}

impl AsFd for NetNs {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn in_thread<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| match scope.spawn(f).join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// For tests: a new namespace, or `None` with the reason on standard error where this machine does not let
/// one be made. With `ROSC_REQUIRE_KERNEL` set, as in CI, a missing right is a failure instead of a skip.
///
/// # Panics
/// If the namespace can't be made although `ROSC_REQUIRE_KERNEL` is set.
#[expect(clippy::print_stderr, reason = "a skipped test has to say so")]
pub fn for_test() -> Option<NetNs> {
    match NetNs::new() {
        Ok(namespace) => Some(namespace),
        Err(error) => {
            assert!(
                std::env::var_os("ROSC_REQUIRE_KERNEL").is_none(),
                "no network namespace can be made here: {error}"
            );
            eprintln!("SKIPPED: needs the right to make a network namespace ({error})");
            None
        }
    }
}
