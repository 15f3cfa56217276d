//! Matchers that divide traffic: per-connection-classifier and nth.

use serde::Serialize;
use std::net::IpAddr;
use std::num::NonZeroU32;

/// `per-connection-classifier=FIELDS:DENOMINATOR/REMAINDER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PerConnectionClassifier {
    /// What is hashed.
    pub fields: PccFields,
    /// Into how many classes.
    pub denominator: NonZeroU32,
    /// The class that matches, 0..denominator.
    pub remainder: u32,
}

/// The fields of a packet that a classifier hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum PccFields {
    SrcAddress,
    DstAddress,
    BothAddresses,
    SrcPort,
    SrcAddressAndPort,
    DstPort,
    DstAddressAndPort,
    BothPorts,
    BothAddressesAndPorts,
}

impl PccFields {
    /// Every choice of fields with its RouterOS name.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("src-address", Self::SrcAddress),
        ("dst-address", Self::DstAddress),
        ("both-addresses", Self::BothAddresses),
        ("src-port", Self::SrcPort),
        ("src-address-and-port", Self::SrcAddressAndPort),
        ("dst-port", Self::DstPort),
        ("dst-address-and-port", Self::DstAddressAndPort),
        ("both-ports", Self::BothPorts),
        ("both-addresses-and-ports", Self::BothAddressesAndPorts),
    ];

    /// Whether the source address is hashed.
    pub fn source_address(self) -> bool {
        self.bits() & 1 != 0
    }

    /// Whether the destination address is hashed.
    pub fn destination_address(self) -> bool {
        self.bits() & 2 != 0
    }

    /// Whether the source port is hashed.
    pub fn source_port(self) -> bool {
        self.bits() & 4 != 0
    }

    /// Whether the destination port is hashed.
    pub fn destination_port(self) -> bool {
        self.bits() & 8 != 0
    }

    /// RouterOS's own number of the choice, one bit for each field.
    fn bits(self) -> u8 {
        match self {
            Self::SrcAddress => 1,
            Self::DstAddress => 2,
            Self::BothAddresses => 3,
            Self::SrcPort => 4,
            Self::SrcAddressAndPort => 5,
            Self::DstPort => 8,
            Self::DstAddressAndPort => 10,
            Self::BothPorts => 12,
            Self::BothAddressesAndPorts => 15,
        }
    }
}

/// What a classifier hashes of a packet, in this order; what its fields leave out, or the packet has not, is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct PccKey {
    pub is_ipv6: bool,
    pub source_address: Option<IpAddr>,
    pub destination_address: Option<IpAddr>,
    pub source_port: Option<u16>,
    pub destination_port: Option<u16>,
}

/// `nth=EVERY,PACKET`: of each EVERY packets that reach the rule, the PACKETth matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Nth {
    /// Length of the cycle.
    pub every: NonZeroU32,
    /// Which packet of the cycle, 1..=every.
    pub packet: u32,
}
