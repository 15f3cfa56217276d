//! Changing packets.

use crate::expr::{Expr, Ip6Field, IpField, Meta, Payload};
use crate::kind::Dscp;

/// Sets a field of the packet to a constant. The checksum of IPv4 is kept right.
///
/// A field of the header of the other family can't be set: nft refuses such a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetField {
    /// The differentiated services code point of IPv4.
    IpDscp(Dscp),
    /// The differentiated services code point of IPv6.
    Ip6Dscp(Dscp),
    /// The time to live.
    IpTtl(u8),
    /// The hop limit.
    Ip6Hoplimit(u8),
    /// Routers may divide the packet into fragments: the flag `DF` of IPv4 is cleared.
    IpMayFragment,
    /// The priority for queues: two numbers of 16 bits, which nft writes as `1:10`, the upper one first.
    Priority(u32),
}

impl SetField {
    /// All bits of the two bytes with the flags of IPv4 but `DF`.
    pub(crate) const ALL_BUT_DF: u32 = 0xbfff;

    /// Returns what is set.
    pub(crate) fn key(self) -> Expr {
        match self {
            Self::IpDscp(_) => Expr::Payload(Payload::Ip(IpField::Dscp)),
            Self::Ip6Dscp(_) => Expr::Payload(Payload::Ip6(Ip6Field::Dscp)),
            Self::IpTtl(_) => Expr::Payload(Payload::Ip(IpField::Ttl)),
            Self::Ip6Hoplimit(_) => Expr::Payload(Payload::Ip6(Ip6Field::Hoplimit)),
            Self::IpMayFragment => Expr::Payload(Payload::Ip(IpField::FragOff)),
            Self::Priority(_) => Expr::Meta(Meta::Priority),
        }
    }

    /// Returns what the field is set to; `None` where it depends on what it was.
    pub(crate) fn value(self) -> Option<u32> {
        match self {
            Self::IpDscp(dscp) | Self::Ip6Dscp(dscp) => Some(dscp.into()),
            Self::IpTtl(hops) | Self::Ip6Hoplimit(hops) => Some(hops.into()),
            Self::IpMayFragment => None,
            Self::Priority(priority) => Some(priority),
        }
    }

    /// Returns what sets that field to that number.
    pub(crate) fn of(key: &Expr, value: u32) -> Option<Self> {
        let dscp = || Dscp::new(u8::try_from(value).ok()?);
        match key {
            Expr::Payload(Payload::Ip(IpField::Dscp)) => dscp().map(Self::IpDscp),
            Expr::Payload(Payload::Ip6(Ip6Field::Dscp)) => dscp().map(Self::Ip6Dscp),
            Expr::Payload(Payload::Ip(IpField::Ttl)) => u8::try_from(value).ok().map(Self::IpTtl),
            Expr::Payload(Payload::Ip6(Ip6Field::Hoplimit)) => {
                u8::try_from(value).ok().map(Self::Ip6Hoplimit)
            }
            Expr::Meta(Meta::Priority) => Some(Self::Priority(value)),
            _ => None,
        }
    }
}
