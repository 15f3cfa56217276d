//! Links: what keeps a program attached to a device. aya tells neither the device of one nor whether it is still there.

use rustix::path::Arg;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

/// `BPF_OBJ_GET` and `BPF_OBJ_GET_INFO_BY_FD` of linux/bpf.h.
const OBJ_GET: libc::c_int = 7;
const OBJ_GET_INFO_BY_FD: libc::c_int = 15;

/// The part of `union bpf_attr` that opens a pin.
#[repr(C)]
#[derive(Default)]
struct ObjGet {
    path: u64,
    fd: u32,
    flags: u32,
}

/// The part of `union bpf_attr` that asks about what is open.
#[repr(C)]
#[derive(Default)]
struct GetInfo {
    fd: u32,
    length: u32,
    info: u64,
}

/// The beginning of `struct bpf_link_info`, which is the same for XDP and traffic control.
#[repr(C)]
#[derive(Default)]
struct LinkInfo {
    kind: u32,
    id: u32,
    program: u32,
    padding: u32,
    ifindex: u32,
    attach_type: u32,
}

/// The number of the device that a pinned link is attached to; 0 once it has gone.
pub(crate) fn device(pin: &Path) -> io::Result<u32> {
    let path = pin.into_c_str()?;
    let open = ObjGet { path: path.as_ptr() as u64, ..ObjGet::default() };
    let fd = bpf(OBJ_GET, &open)?;
    // SAFETY: the kernel has just made it for us.
    let link = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut info = LinkInfo::default();
    let ask = GetInfo {
        fd: link.as_raw_fd().cast_unsigned(),
        length: u32::try_from(size_of::<LinkInfo>()).expect("a few bytes"),
        info: (&raw mut info) as u64,
    };
    bpf(OBJ_GET_INFO_BY_FD, &ask)?;
    Ok(info.ifindex)
}

fn bpf<T>(command: libc::c_int, attributes: &T) -> io::Result<libc::c_int> {
    // SAFETY: the kernel reads as many bytes as the attributes have, and what they point to lives as long as the call.
    let outcome =
        unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_ref(attributes), size_of::<T>()) };
    match libc::c_int::try_from(outcome) {
        Ok(value) if value >= 0 => Ok(value),
        _ => Err(io::Error::last_os_error()),
    }
}
