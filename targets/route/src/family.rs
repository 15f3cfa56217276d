//! Address families.

use ipnet::IpNet;
use netlink_packet_route::AddressFamily;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// IPv4 or IPv6. The kernel keeps routes and rules of the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// `AF_INET`.
    Ipv4,
    /// `AF_INET6`.
    Ipv6,
}

impl Family {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ipv4, Self::Ipv6];

    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }

    /// The family of a prefix.
    pub fn of_net(net: &IpNet) -> Self {
        Self::of(net.addr())
    }

    /// The family in the kernel's terms.
    pub(crate) fn to_kernel(self) -> AddressFamily {
        match self {
            Self::Ipv4 => AddressFamily::Inet,
            Self::Ipv6 => AddressFamily::Inet6,
        }
    }

    /// The length of an address in bits.
    pub fn max_prefix_len(self) -> u8 {
        match self {
            Self::Ipv4 => 32,
            Self::Ipv6 => 128,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}
