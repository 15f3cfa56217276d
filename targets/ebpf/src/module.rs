//! The kernel's connection tracking, where it is a module: a program that calls a module's functions is loaded with the open types
//! of that module.
//!
//! To open them takes `CAP_SYS_ADMIN`. A process that gives it up opens them before, and they stay open as long as it lives.

use crate::syscall::{self, Command};
use crate::types::Types;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;

/// Its name.
pub(crate) const CONNECTION_TRACKING: &str = "nf_conntrack";

/// Its place among the modules that a program is loaded with; 0 means the kernel.
pub(crate) const PLACE: i16 = 1;

/// What was tried to open, if anybody has tried; nothing where there is no such module, or no right.
static OPENED: OnceLock<Option<OwnedFd>> = OnceLock::new();

/// Opens what loading programs for connections takes `CAP_SYS_ADMIN` for. Who gives that right up calls this before. Without the
/// right, or such a module, there is nothing to open.
pub fn open_modules() {
    // Who is refused is told by what `EbpfTarget` says of connections.
    OPENED.get_or_init(|| open().ok().flatten());
}

/// What [`open_modules`] has opened, for a process that is started without the right.
pub fn opened_modules() -> Option<BorrowedFd<'static>> {
    OPENED.get()?.as_ref().map(AsFd::as_fd)
}

/// Takes over what another process has [opened](open_modules). Anything else is left.
pub fn take_modules(fd: BorrowedFd<'_>) {
    let taken = fd.try_clone_to_owned().ok().filter(|taken| is_connection_tracking(taken.as_fd()));
    OPENED.get_or_init(|| taken);
}

/// Whether programs may call it. Whoever has not tried to open it may only want to know what others could do.
pub(crate) fn may_be_called() -> bool {
    OPENED.get().is_none_or(Option::is_some)
}

/// Its open types.
pub(crate) fn opened() -> io::Result<BorrowedFd<'static>> {
    open_modules();
    opened_modules().ok_or_else(|| io::ErrorKind::PermissionDenied.into())
}

/// The part of `union bpf_attr` that goes through all types that are loaded, and opens one of them.
#[repr(C)]
#[derive(Default)]
struct ById {
    /// Where to begin, or what to open.
    id: u32,
    next_id: u32,
    flags: u32,
}

/// `struct bpf_btf_info`.
#[repr(C)]
#[derive(Default)]
struct Info {
    types: u64,
    types_size: u32,
    id: u32,
    name: u64,
    name_length: u32,
    is_of_kernel: u32,
}

fn open() -> io::Result<Option<OwnedFd>> {
    if !Types::are_of_module(CONNECTION_TRACKING) {
        return Ok(None);
    }
    let mut id = 0;
    loop {
        let mut next = ById { id, ..ById::default() };
        // SAFETY: the attributes hold no pointer.
        match unsafe { syscall::bpf(Command::BtfGetNextId, &mut next) } {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            outcome => outcome?,
        };
        id = next.next_id;
        let mut which = ById { id, ..ById::default() };
        // SAFETY: the attributes hold no pointer, and the call opens something.
        let types = match unsafe { syscall::open(Command::BtfGetFdById, &mut which) } {
            // It has gone since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            types => types?,
        };
        if is_connection_tracking(types.as_fd()) {
            return Ok(Some(types));
        }
    }
}

/// Whether what is open are its types.
fn is_connection_tracking(types: BorrowedFd<'_>) -> bool {
    let mut name = [0_u8; CONNECTION_TRACKING.len() + 1];
    let mut info = Info {
        name: name.as_mut_ptr() as u64,
        name_length: u32::try_from(name.len()).expect("a short name"),
        ..Info::default()
    };
    // SAFETY: it is what the kernel tells of types; the name has room, and lives as long as the call. A longer name is cut off,
    // which is an error. Of anything else that is open the kernel says that this is not what it is.
    let told = unsafe { syscall::info(types, &mut info) };
    told.is_ok() && info.is_of_kernel == 1 && name.strip_suffix(&[0]) == Some(CONNECTION_TRACKING.as_bytes())
}
