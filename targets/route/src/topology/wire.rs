//! How a cable is, for programs in drivers: what an Ethernet device of hardware is anyway, a `veth` has to be told.

use super::tap::InterfaceRequest;
use crate::DeviceName;
use rustix::ioctl::{Opcode, Updater, ioctl};
use rustix::net::{AddressFamily, SocketType, socket};
use std::io;

/// `SIOCETHTOOL` of `linux/sockios.h`.
const ETHTOOL: Opcode = 0x8946;
/// `ETHTOOL_STXCSUM` and `ETHTOOL_SGRO` of `linux/ethtool.h`.
const SET_CHECKSUMS_OF_SENT: u32 = 0x17;
const SET_RECEIVE_OFFLOAD: u32 = 0x2c;

/// `struct ethtool_value`.
#[repr(C)]
struct Value {
    command: u32,
    value: u32,
}

/// Has a device of the calling thread's namespace take frames that a driver hands to the device at the other end of its
/// cable, or take none any more. Needs `CAP_NET_ADMIN`.
pub fn take_frames(device: &DeviceName, takes: bool) -> io::Result<()> {
    set(device, SET_RECEIVE_OFFLOAD, takes.into())
}

/// Has the kernel write the whole checksum into what it sends by a device, which it otherwise leaves to the device. Needs
/// `CAP_NET_ADMIN`.
pub fn send_with_checksums(device: &DeviceName) -> io::Result<()> {
    set(device, SET_CHECKSUMS_OF_SENT, 0)
}

fn set(device: &DeviceName, command: u32, value: u32) -> io::Result<()> {
    let any = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    let mut value = Value { command, value };
    let mut request = InterfaceRequest::for_device(device);
    let place = (&raw mut value) as usize;
    request.rest[..size_of::<usize>()].copy_from_slice(&place.to_ne_bytes());
    // SAFETY: the request has the layout of `struct ifreq` with a pointer to a `struct ethtool_value`, of which the kernel reads
    // and writes the eight bytes; both live until the call returns.
    unsafe { ioctl(&any, Updater::<ETHTOOL, InterfaceRequest>::new(&mut request)) }?;
    Ok(())
}
