//! What aya has no words for of the system call `bpf`.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Commands of linux/bpf.h, `enum bpf_cmd`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Command {
    ProgLoad = 5,
    ObjPin = 6,
    ObjGet = 7,
    ObjGetInfoByFd = 15,
    BtfGetFdById = 19,
    BtfGetNextId = 23,
}

/// The part of `union bpf_attr` that asks about what is open.
#[repr(C)]
struct GetInfo {
    fd: u32,
    length: u32,
    info: u64,
}

/// Asks about what is open.
///
/// # Safety
///
/// `T` is, or begins, what the kernel tells of such an object, and what it points to may be written.
pub(crate) unsafe fn info<T>(of: BorrowedFd<'_>, info: &mut T) -> io::Result<()> {
    let mut ask = GetInfo {
        fd: of.as_raw_fd().cast_unsigned(),
        length: u32::try_from(size_of::<T>()).expect("a few bytes"),
        info: std::ptr::from_mut(info) as u64,
    };
    // SAFETY: the kernel writes as many bytes as are told.
    unsafe { bpf(Command::ObjGetInfoByFd, &mut ask) }.map(drop)
}

/// A call that opens something.
///
/// # Safety
///
/// As [`bpf`]'s; the command is one that returns a new file descriptor.
pub(crate) unsafe fn open<T>(command: Command, attributes: &mut T) -> io::Result<OwnedFd> {
    // SAFETY: the caller promises.
    let fd = unsafe { bpf(command, attributes) }?;
    // SAFETY: the kernel has just made it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The system call.
///
/// # Safety
///
/// The attributes are those of the command, as a beginning of `union bpf_attr`, and what they point to lives as long as the call.
pub(crate) unsafe fn bpf<T>(command: Command, attributes: &mut T) -> io::Result<libc::c_int> {
    let command = command as libc::c_int;
    // SAFETY: the kernel reads and writes as many bytes as the attributes have.
    let outcome =
        unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size_of::<T>()) };
    match libc::c_int::try_from(outcome) {
        Ok(value) if value >= 0 => Ok(value),
        _ => Err(io::Error::last_os_error()),
    }
}
