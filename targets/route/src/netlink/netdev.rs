//! What drivers can do, of which routing netlink tells nothing: the kernel's generic netlink family `netdev`, since Linux 6.3.

use super::attributes::{Attributes, u16_of, u32_of};
use super::connection::Connection;
use super::refusal::Refusal;
use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST};
use rustix::io::Errno;
use std::collections::HashSet;

// include/uapi/linux/genetlink.h
const GENL_ID_CTRL: u16 = 0x10;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
// include/uapi/linux/netdev.h
const FAMILY: &[u8; 7] = b"netdev\0";
const NETDEV_CMD_DEV_GET: u8 = 1;
const NETDEV_A_DEV_IFINDEX: u16 = 1;
const NETDEV_A_DEV_XDP_FEATURES: u16 = 3;
const NETDEV_XDP_ACT_NDO_XMIT: u32 = 4;
/// The length of a `struct genlmsghdr`.
const HEADER_LEN: usize = 4;

/// Reads the numbers of the devices that send frames which XDP redirects to them. What is redirected to others is lost.
pub(crate) fn redirectable() -> Result<HashSet<u32>, Refusal> {
    let mut connection = Connection::open_generic().map_err(|error| {
        Errno::from_raw_os_error(error.raw_os_error().unwrap_or(Errno::IO.raw_os_error()))
    })?;
    let mut name = Vec::new();
    let length = u16::try_from(HEADER_LEN + FAMILY.len()).expect("a few bytes");
    name.extend(length.to_ne_bytes());
    name.extend(CTRL_ATTR_FAMILY_NAME.to_ne_bytes());
    name.extend(FAMILY);
    name.push(0);
    let family =
        connection.request(GENL_ID_CTRL, NLM_F_REQUEST, &payload(CTRL_CMD_GETFAMILY, &name), |found| {
            attribute(found, CTRL_ATTR_FAMILY_ID).and_then(u16_of)
        });
    let family = match family {
        Ok(family) => family.into_iter().next(),
        // An older kernel.
        Err(refusal) if refusal.errno == Errno::NOENT.raw_os_error() => None,
        Err(refusal) => return Err(refusal),
    };
    let Some(family) = family else { return Ok(HashSet::new()) };
    let devices = payload(NETDEV_CMD_DEV_GET, &[]);
    let devices = connection.request(family, NLM_F_REQUEST | NLM_F_DUMP, &devices, |device| {
        // All features that there are fit into the lower half of the number.
        let features = attribute(device, NETDEV_A_DEV_XDP_FEATURES)?;
        let lower = u64::from_ne_bytes(*features.first_chunk()?) & u64::from(NETDEV_XDP_ACT_NDO_XMIT);
        let index = u32_of(attribute(device, NETDEV_A_DEV_IFINDEX)?)?;
        (lower != 0).then_some(index)
    })?;
    Ok(devices.into_iter().collect())
}

/// A `struct genlmsghdr` and what follows it.
fn payload(command: u8, attributes: &[u8]) -> Vec<u8> {
    [&[command, 1, 0, 0], attributes].concat()
}

fn attribute(payload: &[u8], wanted: u16) -> Option<&[u8]> {
    let attributes = Attributes(payload.get(HEADER_LEN..)?);
    attributes.into_iter().find(|(kind, _)| *kind == wanted).map(|(_, value)| value)
}
