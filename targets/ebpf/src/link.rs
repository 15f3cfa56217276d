//! Links: what keeps a program attached to a device. aya tells neither the device of one nor whether it is still there.

use crate::syscall::{self, Command};
use rustix::path::Arg;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

/// The part of `union bpf_attr` that opens a pin.
#[repr(C)]
#[derive(Default)]
struct ObjGet {
    path: u64,
    fd: u32,
    flags: u32,
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
    let mut open = ObjGet { path: path.as_ptr() as u64, ..ObjGet::default() };
    // SAFETY: the path lives as long as the call, which opens what is pinned there.
    let link = unsafe { syscall::open(Command::ObjGet, &mut open) }?;
    let mut info = LinkInfo::default();
    // SAFETY: what the kernel tells of links begins so, without pointers.
    unsafe { syscall::info(link.as_fd(), &mut info) }?;
    Ok(info.ifindex)
}
