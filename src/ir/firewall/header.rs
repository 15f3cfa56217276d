//! What rules ask of packets' headers.

use serde::Serialize;
use std::collections::BTreeSet;

/// An IP protocol by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Protocol(pub u8);

impl Protocol {
    /// ICMP.
    pub const ICMP: Self = Self(1);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// DCCP.
    pub const DCCP: Self = Self(33);
    /// IPsec ESP.
    pub const ESP: Self = Self(50);
    /// IPsec AH.
    pub const AH: Self = Self(51);
    /// ICMPv6.
    pub const ICMPV6: Self = Self(58);
    /// SCTP.
    pub const SCTP: Self = Self(132);
    /// UDP-Lite.
    pub const UDP_LITE: Self = Self(136);

    /// The protocols whose headers begin with two ports, in the order of their numbers.
    pub const WITH_PORTS: [Self; 5] = [Self::TCP, Self::UDP, Self::DCCP, Self::SCTP, Self::UDP_LITE];

    /// Says whether the protocol's header begins with two ports.
    pub fn has_ports(self) -> bool {
        Self::WITH_PORTS.contains(&self)
    }
}

/// A set of ports: sorted ranges, both ends included, that neither touch nor overlap; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Ports(Vec<(u16, u16)>);

impl Ports {
    /// The set of all ports in these ranges; `None` if there is no range, or one that ends before it begins.
    pub fn new(mut ranges: Vec<(u16, u16)>) -> Option<Self> {
        if ranges.is_empty() || ranges.iter().any(|(first, last)| first > last) {
            return None;
        }
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if u32::from(first) <= u32::from(before.1) + 1 => before.1 = before.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Some(Self(merged))
    }

    /// The ranges in ascending order.
    pub fn ranges(&self) -> &[(u16, u16)] {
        &self.0
    }

    /// Says whether a port is in the set.
    pub fn contains(&self, port: u16) -> bool {
        self.0.iter().any(|&(first, last)| (first..=last).contains(&port))
    }

    /// The set as one range; `None` if there are gaps in it.
    pub fn as_range(&self) -> Option<PortRange> {
        match self.0[..] {
            [(first, last)] => Some(PortRange { first, last }),
            _ => None,
        }
    }
}

/// Ports from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// The first port.
    pub fn first(self) -> u16 {
        self.first
    }

    /// The last port, not below the first.
    pub fn last(self) -> u16 {
        self.last
    }
}

/// TCP flags that must be set and flags that must be clear; the others don't matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct TcpFlags {
    pub set: BTreeSet<TcpFlag>,
    pub clear: BTreeSet<TcpFlag>,
}

/// A flag of the TCP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the header's")]
pub enum TcpFlag {
    Fin,
    Syn,
    Rst,
    Psh,
    Ack,
    Urg,
    Ece,
    Cwr,
}

/// `icmp-options`: a type, and codes from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are the header's")]
pub struct IcmpOptions {
    pub kind: u8,
    /// The first and the last.
    pub codes: (u8, u8),
}

/// `ipv4-options`: an option that is there, or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum Ipv4Options {
    Any,
    None,
    LooseSourceRouting,
    StrictSourceRouting,
    NoSourceRouting,
    RecordRoute,
    NoRecordRoute,
    RouterAlert,
    NoRouterAlert,
    Timestamp,
    NoTimestamp,
}

/// `headers`: extension headers of IPv6.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ipv6Headers {
    /// Those that are named.
    pub headers: BTreeSet<Ipv6Header>,
    /// Whether there may be no others.
    pub exact: bool,
}

/// An extension header of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum Ipv6Header {
    Hop,
    Dst,
    Route,
    Frag,
    Auth,
    Esp,
    None,
    Proto,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_a_set() {
        let ports = Ports::new(vec![(80, 80), (8000, 8100), (81, 90), (8050, 9000)]).expect("ranges");
        assert_eq!(ports.ranges(), [(80, 90), (8000, 9000)]);
        assert_eq!(Ports::new(vec![(0, 65535), (1, 2)]).expect("ranges").ranges(), [(0, 65535)]);
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_no_set_of_ports() {
        assert_eq!(Ports::new(vec![(90, 80)]), None);
        assert_eq!(Ports::new(Vec::new()), None);
    }
}
