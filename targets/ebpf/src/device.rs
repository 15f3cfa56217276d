//! What the programs have to know of network devices.

use crate::maps::{Maps, is_missing};
use rosc_target::DeviceName;
use rustix::net::{AddressFamily, SocketType, netdevice, socket};
use std::collections::BTreeSet;
use std::error::Error;
use std::ffi::c_int;
use std::io;
use std::os::fd::AsRawFd;

/// A device at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) index: u32,
    /// Its address, if its frames have Ethernet's header.
    pub(crate) ethernet: Option<[u8; 6]>,
}

impl Device {
    /// Looks a device of the calling thread's namespace up.
    pub(crate) fn of(name: &DeviceName) -> io::Result<Self> {
        let socket = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
        let index = netdevice::name_to_index(&socket, name.as_str())?;
        Ok(Self { index, ethernet: ethernet_address(socket.as_raw_fd(), name)? })
    }
}

/// The name of a device; `None` if it is gone.
pub(crate) fn name_of(index: u32) -> Option<DeviceName> {
    let socket = socket(AddressFamily::INET, SocketType::DGRAM, None).ok()?;
    netdevice::index_to_name(&socket, index).ok()?.parse().ok()
}

/// Makes the devices that programs in drivers may send by those that are named and whose frames have Ethernet's header. Returns
/// how many that changed.
pub(crate) fn tell_takers(maps: &mut Maps, names: &BTreeSet<DeviceName>) -> Result<usize, Box<dyn Error>> {
    // One that has just gone is none.
    let found = names.iter().filter_map(|name| Device::of(name).ok());
    let wanted: BTreeSet<u32> =
        found.filter(|device| device.ethernet.is_some()).map(|device| device.index).collect();
    let told: BTreeSet<u32> = maps.takers.keys().collect::<Result<_, _>>()?;
    for index in wanted.difference(&told) {
        maps.takers.insert(*index, *index, None, 0)?;
    }
    for index in told.difference(&wanted) {
        match maps.takers.remove(*index) {
            // With the device its entry has gone.
            Err(error) if is_missing(&error) => {}
            outcome => outcome?,
        }
    }
    Ok(wanted.symmetric_difference(&told).count())
}

fn ethernet_address(socket: c_int, name: &DeviceName) -> io::Result<Option<[u8; 6]>> {
    // SAFETY: a request of zeros is one without a name, which is put in below.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    // A device's name leaves room for the zero behind it.
    for (to, from) in request.ifr_name.iter_mut().zip(name.as_str().bytes()) {
        *to = from.cast_signed();
    }
    // SAFETY: the kernel writes at most one request there, which lives here.
    if unsafe { libc::ioctl(socket, libc::SIOCGIFHWADDR, &raw mut request) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: this is what the call that has succeeded writes.
    let address = unsafe { request.ifr_ifru.ifru_hwaddr };
    if address.sa_family != libc::ARPHRD_ETHER {
        return Ok(None);
    }
    let mut bytes = [0; 6];
    for (to, from) in bytes.iter_mut().zip(address.sa_data) {
        *to = from.cast_unsigned();
    }
    Ok(Some(bytes))
}
