//! Network address translation.

use crate::interval::Interval;
use crate::range::Ranges;
use ipnet::IpNet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::BitOr;

/// How the first packet of a connection, and with it all others, is translated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Nat {
    /// A new source. Only in nat chains of the hooks input and postrouting.
    Snat(NatTo, NatFlags),
    /// A new destination. Only in nat chains of the hooks prerouting and output.
    Dnat(NatTo, NatFlags),
    /// The source moves into this prefix and keeps its host bits. There are no flags: nft's language has no
    /// way to write them beside it.
    SnatPrefix(NatPrefix),
    /// The destination moves into this prefix and keeps its host bits.
    DnatPrefix(NatPrefix),
    /// The address of the interface that the packet leaves by becomes the source; the connection is forgotten
    /// when the interface goes down. The ports are the source ports to choose from.
    Masquerade(Option<Interval<u16>>, NatFlags),
    /// The address of the interface that the packet came in by becomes the destination.
    Redirect(Option<Interval<u16>>, NatFlags),
}

/// What a source or destination is replaced by. A rule with ports needs a match on the transport protocol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NatTo {
    /// One of these addresses; the port stays, if it can.
    Addresses(NatAddresses),
    /// The same address and one of these ports.
    Ports(Interval<u16>),
    /// One of these addresses and one of these ports.
    AddressesAndPorts(NatAddresses, Interval<u16>),
}

/// A prefix to translate into; its own host bits are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NatPrefix(IpNet);

/// Addresses to translate to, in the family of the rule's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum NatAddresses {
    Ipv4(Interval<Ipv4Addr>),
    Ipv6(Interval<Ipv6Addr>),
}

/// How a port and an address are chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct NatFlags(u8);

impl NatFlags {
    /// As the kernel does by itself.
    pub const NONE: Self = Self(0);
    /// A port by a keyed hash of the connection.
    pub const RANDOM: Self = Self(1);
    /// A port by lot.
    pub const FULLY_RANDOM: Self = Self(2);
    /// The same address for all connections of a host.
    pub const PERSISTENT: Self = Self(4);

    /// nft's words, in nft's order.
    const WORDS: &[(Self, &'static str)] =
        &[(Self::RANDOM, "random"), (Self::FULLY_RANDOM, "fully-random"), (Self::PERSISTENT, "persistent")];

    /// Returns nft's words for the flags, in nft's order.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::WORDS.iter().filter(move |(flag, _)| self.0 & flag.0 != 0).map(|(_, word)| *word)
    }

    /// Returns the flag with that word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(flag, _)| *flag)
    }
}

impl BitOr for NatFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Nat {
    /// Says whether ports are translated to given ones, for which a match on the transport protocol is
    /// needed.
    pub fn sets_ports(&self) -> bool {
        match self {
            Self::Snat(to, _) | Self::Dnat(to, _) => to.ports().is_some(),
            Self::SnatPrefix(_) | Self::DnatPrefix(_) => false,
            Self::Masquerade(ports, _) | Self::Redirect(ports, _) => ports.is_some(),
        }
    }

    /// Returns the flags.
    pub fn flags(&self) -> NatFlags {
        match self {
            Self::Snat(_, flags) | Self::Dnat(_, flags) => *flags,
            Self::Masquerade(_, flags) | Self::Redirect(_, flags) => *flags,
            Self::SnatPrefix(_) | Self::DnatPrefix(_) => NatFlags::NONE,
        }
    }
}

impl NatTo {
    /// Returns the addresses, if they are translated.
    pub fn addresses(&self) -> Option<NatAddresses> {
        match self {
            Self::Addresses(addresses) | Self::AddressesAndPorts(addresses, _) => Some(*addresses),
            Self::Ports(_) => None,
        }
    }

    /// Returns the ports, if they are translated.
    pub fn ports(&self) -> Option<Interval<u16>> {
        match self {
            Self::Ports(ports) | Self::AddressesAndPorts(_, ports) => Some(*ports),
            Self::Addresses(_) => None,
        }
    }
}

impl NatPrefix {
    /// The prefix.
    pub fn net(self) -> IpNet {
        self.0
    }
}

impl From<IpNet> for NatPrefix {
    fn from(net: IpNet) -> Self {
        Self(net.trunc())
    }
}

impl From<Interval<Ipv4Addr>> for NatAddresses {
    fn from(addresses: Interval<Ipv4Addr>) -> Self {
        Self::Ipv4(addresses)
    }
}

impl From<Interval<Ipv6Addr>> for NatAddresses {
    fn from(addresses: Interval<Ipv6Addr>) -> Self {
        Self::Ipv6(addresses)
    }
}

impl From<NatAddresses> for crate::values::Values {
    fn from(addresses: NatAddresses) -> Self {
        match addresses {
            NatAddresses::Ipv4(interval) => Self::Ipv4(Ranges::from(interval)),
            NatAddresses::Ipv6(interval) => Self::Ipv6(Ranges::from(interval)),
        }
    }
}
