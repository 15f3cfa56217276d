//! Devices that packets come in by.

use crate::layout::{
    PORT_CONNECTIONS4, PORT_CONNECTIONS6, PORT_ETHERNET, PORT_MARKS4, PORT_MARKS6, PORT_ROUTES,
};
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A device whose incoming packets the fast path looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// The line that asked for it.
    #[serde(skip)]
    pub origin: Origin,
    /// Where the program is attached.
    pub hook: Hook,
    /// Which of its packets it takes.
    pub takes: Takes,
}

/// Where a program is attached to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hook {
    /// At the ingress of traffic control: behind the driver, in front of netfilter. Every device has it.
    Tc,
    /// In the driver, and at the ingress of traffic control for what the driver's place can't forward.
    Xdp,
}

/// Which packets the fast path takes; all others take the stack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takes {
    /// Those that only routes decide about, but for families that are marked.
    pub routed: bool,
    /// Of IPv4, those of connections of TCP and UDP in whose mark the bit [`CONNECTION_SHORT`](crate::CONNECTION_SHORT) is
    /// set. They are translated as the kernel's connection tracking has it, sent as its routes have it, and meet no rule.
    pub ipv4_connections: bool,
    /// The same of IPv6.
    pub ipv6_connections: bool,
    /// Of IPv4, those to a group's destinations get the [mark](crate::Mark) of a member, by which the stack forwards them.
    #[serde(default)]
    pub ipv4_marked: bool,
    /// The same of IPv6.
    #[serde(default)]
    pub ipv6_marked: bool,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.hook {
            Hook::Tc => "tc",
            Hook::Xdp => "xdp",
        })?;
        write!(f, " takes {}", self.takes)
    }
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            (self.routed, "routed"),
            (self.ipv4_connections, "ipv4-connections"),
            (self.ipv6_connections, "ipv6-connections"),
            (self.ipv4_marked, "ipv4-marked"),
            (self.ipv6_marked, "ipv6-marked"),
        ];
        let names: Vec<&str> = kinds.iter().filter(|(taken, _)| *taken).map(|(_, name)| *name).collect();
        f.write_str(&names.join(","))
    }
}

/// The flags of a port, as the map holds them.
pub(crate) fn flags(has_ethernet: bool, takes: Takes) -> u8 {
    let Takes { routed, ipv4_connections, ipv6_connections, ipv4_marked, ipv6_marked } = takes;
    let bits = [
        (has_ethernet, PORT_ETHERNET),
        (routed, PORT_ROUTES),
        (ipv4_connections, PORT_CONNECTIONS4),
        (ipv6_connections, PORT_CONNECTIONS6),
        (ipv4_marked, PORT_MARKS4),
        (ipv6_marked, PORT_MARKS6),
    ];
    bits.iter().filter(|(is_set, _)| *is_set).fold(0, |all, (_, bit)| all | bit)
}

/// What the flags say of the packets that are taken.
pub(crate) fn takes(flags: u8) -> Takes {
    Takes {
        routed: flags & PORT_ROUTES != 0,
        ipv4_connections: flags & PORT_CONNECTIONS4 != 0,
        ipv6_connections: flags & PORT_CONNECTIONS6 != 0,
        ipv4_marked: flags & PORT_MARKS4 != 0,
        ipv6_marked: flags & PORT_MARKS6 != 0,
    }
}
