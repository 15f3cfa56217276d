//! Addresses: `struct ifaddrmsg` and its attributes.

use crate::netlink::attributes::{Attributes, ip_of, text_of, u32_of};
use crate::observed::{AddressOwner, ObservedAddress};
use crate::{Address, DeviceName, DuplicateDetection, Family, PROTOCOL};
use std::collections::HashMap;
use std::net::IpAddr;

// include/uapi/linux/if_addr.h
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_LABEL: u16 = 3;
const IFA_BROADCAST: u16 = 4;
const IFA_CACHEINFO: u16 = 6;
const IFA_FLAGS: u16 = 8;
const IFA_PROTO: u16 = 11;
/// A secondary address for IPv4, a temporary one (RFC 8981) for IPv6.
const IFA_F_SECONDARY: u32 = 0x01;
const IFA_F_NODAD: u32 = 0x02;
const IFA_F_DADFAILED: u32 = 0x08;
const IFA_F_TENTATIVE: u32 = 0x40;
const IFA_F_PERMANENT: u32 = 0x80;
/// The originators `IFAPROT_KERNEL_LO`, `_RA` and `_LL`.
const KERNEL_ORIGINATORS: std::ops::RangeInclusive<u8> = 1..=3;
const HEADER_LEN: usize = 8;

/// Reads an address; `None` if it is on a device that can't be named, or of another family.
pub(super) fn parse(payload: &[u8], names: &HashMap<u32, DeviceName>) -> Option<ObservedAddress> {
    let (header, attributes) = payload.split_at_checked(HEADER_LEN)?;
    let prefix_len = *header.get(1)?;
    let device = names.get(&u32_of(header.get(4..)?)?)?;
    let mut flags = u32::from(*header.get(2)?);
    let (mut address, mut local, mut protocol) = (None, None, 0);
    let mut is_plain = true;
    for (kind, value) in Attributes(attributes) {
        match kind {
            IFA_ADDRESS => address = ip_of(value),
            IFA_LOCAL => local = ip_of(value),
            IFA_FLAGS => flags = u32_of(value)?,
            IFA_PROTO => protocol = *value.first()?,
            IFA_LABEL => is_plain &= text_of(value) == device.as_str().as_bytes(),
            IFA_BROADCAST | IFA_CACHEINFO => {}
            _ => is_plain = false,
        }
    }
    let local = local.or(address)?;
    let transient = match local {
        IpAddr::V4(_) => IFA_F_SECONDARY,
        IpAddr::V6(_) => IFA_F_NODAD | IFA_F_DADFAILED | IFA_F_TENTATIVE,
    };
    let is_expressible = is_plain && flags & !transient == IFA_F_PERMANENT;
    let duplicate_detection = if local.is_ipv6() && flags & IFA_F_NODAD != 0 {
        DuplicateDetection::Skip
    } else {
        DuplicateDetection::Perform
    };
    let owner = match protocol {
        PROTOCOL if is_expressible => AddressOwner::Rosc,
        protocol if KERNEL_ORIGINATORS.contains(&protocol) => AddressOwner::Kernel,
        _ if is_link_local(local) => AddressOwner::Kernel,
        _ => AddressOwner::Other,
    };
    let peer = address.filter(|address| *address != local);
    let origin = Default::default();
    let address = Address { origin, device: device.clone(), local, prefix_len, peer, duplicate_detection };
    let secondary = address.family() == Family::Ipv4 && flags & IFA_F_SECONDARY != 0;
    Some(ObservedAddress { address, owner, protocol: is_expressible.then_some(protocol), secondary })
}

/// Reads an address that the kernel still checks for duplicates, with the number of its device; `None` for any other.
pub(super) fn parse_tentative(payload: &[u8]) -> Option<(u32, IpAddr)> {
    let (header, attributes) = payload.split_at_checked(HEADER_LEN)?;
    let mut flags = u32::from(*header.get(2)?);
    let mut address = None;
    for (kind, value) in Attributes(attributes) {
        match kind {
            IFA_ADDRESS => address = address.or(ip_of(value)),
            IFA_LOCAL => address = ip_of(value),
            IFA_FLAGS => flags = u32_of(value)?,
            _ => {}
        }
    }
    let is_tentative = flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED) == IFA_F_TENTATIVE;
    Some((u32_of(header.get(4..)?)?, address.filter(|_| is_tentative)?))
}

/// The kernel gives such an address to each device by itself. An older one does not sign it.
fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}
