//! Addresses of devices.

use crate::{DeviceName, Family};
use ipnet::IpNet;
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// An address on a device.
///
/// Which of several IPv4 addresses of one subnet is the primary one, which the kernel prefers as source, is not
/// part of what is wanted: the one that was there first is. On a fresh system that is the lowest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The line that asked for it.
    #[serde(skip)]
    pub origin: Origin,
    /// The device that has it.
    pub device: DeviceName,
    /// The address itself.
    pub local: IpAddr,
    /// The length of the subnet's prefix, 0..=32 or 0..=128. With a peer the prefix is the peer's.
    pub prefix_len: u8,
    /// The other end of a point-to-point link, of the same family.
    pub peer: Option<IpAddr>,
    /// Whether the kernel asks the network first if the address is free. IPv4 knows no such thing and always
    /// has [`DuplicateDetection::Perform`].
    pub duplicate_detection: DuplicateDetection,
}

/// Whether the kernel performs IPv6 duplicate address detection (RFC 4862) for an address.
///
/// While it does, the address is tentative, and a route with it as preferred source is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DuplicateDetection {
    /// The address is used only after nobody on the link objected.
    #[default]
    Perform,
    /// The address is used at once (`IFA_F_NODAD`).
    Skip,
}

impl Address {
    /// The family of the address.
    pub fn family(&self) -> Family {
        Family::of(self.local)
    }

    /// The address whose network becomes a connected route: the peer's if there is one.
    pub(crate) fn network(&self) -> IpAddr {
        self.peer.unwrap_or(self.local)
    }

    /// The address of everyone in the subnet.
    ///
    /// The kernel derives none by itself, and daemons that ask the device for one are helpless without. A
    /// subnet of two addresses has none (RFC 3021), nor has a point-to-point link or the loopback device.
    pub(crate) fn broadcast(&self) -> Option<Ipv4Addr> {
        let IpAddr::V4(local) = self.local else { return None };
        let host_bits = u32::MAX.checked_shr(u32::from(self.prefix_len)).filter(|bits| *bits > 1)?;
        let has_subnet = self.peer.is_none() && !local.is_loopback();
        has_subnet.then(|| Ipv4Addr::from(u32::from(local) | host_bits))
    }

    /// Says whether the kernel can turn this address into the other where it is. It replaces the flags of an
    /// IPv6 address; another prefix or peer it ignores without a word.
    pub(crate) fn is_replaceable_by(&self, other: &Self) -> bool {
        (self.prefix_len, self.peer) == (other.prefix_len, other.peer)
    }

    /// Says whether the two are addresses of one subnet of a device: one of them is its primary address.
    pub(crate) fn shares_subnet(&self, other: &Self) -> bool {
        let subnet =
            |address: &Self| IpNet::new(address.network(), address.prefix_len).map(|net| net.trunc());
        self.device == other.device && subnet(self) == subnet(other)
    }

    /// What the kernel tells two addresses apart by.
    pub(crate) fn key(&self) -> AddressKey {
        match self.local {
            IpAddr::V4(_) => (self.device.clone(), self.local, self.prefix_len, self.peer),
            // A device has an IPv6 address only once, whatever its prefix and peer.
            IpAddr::V6(_) => (self.device.clone(), self.local, 0, None),
        }
    }
}

pub(crate) type AddressKey = (DeviceName, IpAddr, u8, Option<IpAddr>);

/// The words that `ip address add` takes.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.peer {
            Some(peer) => write!(f, "{} peer {peer}/{}", self.local, self.prefix_len)?,
            None => write!(f, "{}/{}", self.local, self.prefix_len)?,
        }
        write!(f, " dev {}", self.device)?;
        match self.duplicate_detection {
            DuplicateDetection::Perform => Ok(()),
            DuplicateDetection::Skip => f.write_str(" nodad"),
        }
    }
}
