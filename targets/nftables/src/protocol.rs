//! Transport protocols by number.

use crate::interval::Interval;
use std::fmt;

/// An IP protocol number, as in the IPv4 protocol field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(pub u8);

impl Protocol {
    /// Internet Control Message Protocol.
    pub const ICMP: Self = Self(1);
    /// Internet Group Management Protocol.
    pub const IGMP: Self = Self(2);
    /// Transmission Control Protocol.
    pub const TCP: Self = Self(6);
    /// User Datagram Protocol.
    pub const UDP: Self = Self(17);
    /// Datagram Congestion Control Protocol.
    pub const DCCP: Self = Self(33);
    /// Generic Routing Encapsulation.
    pub const GRE: Self = Self(47);
    /// Encapsulating Security Payload.
    pub const ESP: Self = Self(50);
    /// Authentication Header.
    pub const AH: Self = Self(51);
    /// Internet Control Message Protocol for IPv6.
    pub const ICMPV6: Self = Self(58);
    /// IP Payload Compression Protocol.
    pub const COMP: Self = Self(108);
    /// Stream Control Transmission Protocol.
    pub const SCTP: Self = Self(132);
    /// Lightweight User Datagram Protocol.
    pub const UDPLITE: Self = Self(136);

    /// Returns the word of nft's language for the protocol.
    ///
    /// These words are part of nft's grammar. All other names come from `/etc/protocols`, which need not
    /// exist, so protocols without a word here are written as numbers.
    pub fn keyword(self) -> Option<&'static str> {
        KEYWORDS.iter().find(|(protocol, _)| *protocol == self).map(|(_, word)| *word)
    }

    /// Returns the protocol of a word of nft's language.
    pub(crate) fn from_keyword(word: &str) -> Option<Self> {
        KEYWORDS.iter().find(|(_, known)| *known == word).map(|(protocol, _)| *protocol)
    }

    /// Returns the protocol that a listing calls so.
    ///
    /// rosc lists with `--numeric`, so names only occur in JSON that people write.
    pub(crate) fn from_listed_name(name: &str) -> Option<Self> {
        let other = || OTHER_NAMES.iter().find(|(_, word)| *word == name).map(|(protocol, _)| *protocol);
        Self::from_keyword(name).or_else(other).or_else(|| name.parse().ok().map(Self))
    }
}

const KEYWORDS: &[(Protocol, &str)] = &[
    (Protocol::ICMP, "icmp"),
    (Protocol::TCP, "tcp"),
    (Protocol::UDP, "udp"),
    (Protocol::DCCP, "dccp"),
    (Protocol::ESP, "esp"),
    (Protocol::AH, "ah"),
    (Protocol::ICMPV6, "icmpv6"),
    (Protocol::COMP, "comp"),
    (Protocol::SCTP, "sctp"),
    (Protocol::UDPLITE, "udplite"),
];

/// Names of the usual `/etc/protocols` for protocols that firewalls speak about.
const OTHER_NAMES: &[(Protocol, &str)] = &[
    (Protocol(0), "ip"),
    (Protocol::IGMP, "igmp"),
    (Protocol(4), "ipencap"),
    (Protocol(4), "ipip"),
    (Protocol(41), "ipv6"),
    (Protocol::GRE, "gre"),
    (Protocol::ICMPV6, "ipv6-icmp"),
    (Protocol(89), "ospf"),
    (Protocol(103), "pim"),
    (Protocol::COMP, "ipcomp"),
    (Protocol(112), "vrrp"),
    (Protocol(115), "l2tp"),
];

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.keyword() {
            Some(word) => f.write_str(word),
            None => write!(f, "{}", self.0),
        }
    }
}

impl From<Protocol> for Interval<u32> {
    fn from(protocol: Protocol) -> Self {
        u32::from(protocol.0).into()
    }
}

impl From<Protocol> for u32 {
    fn from(protocol: Protocol) -> Self {
        Self::from(protocol.0)
    }
}
