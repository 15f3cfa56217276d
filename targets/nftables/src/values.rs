//! Values whose kind is known by where they stand: the right side of a match, the elements of a set.

use crate::helper::HelperName;
use crate::interface::{InterfaceName, Interfaces};
use crate::kind::SetKey;
use crate::mac::MacAddress;
use crate::range::Ranges;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Any number of values of one kind: sorted, merged, without duplicates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// Names of interfaces.
    Interfaces(Interfaces),
    /// IPv4 addresses.
    Ipv4(Ranges<Ipv4Addr>),
    /// IPv6 addresses.
    Ipv6(Ranges<Ipv6Addr>),
    /// Ethernet addresses.
    Macs(Ranges<MacAddress>),
    /// Numbers of bytes.
    Bytes(Ranges<u64>),
    /// Names of connection tracking helpers.
    Helpers(BTreeSet<HelperName>),
    /// All that is a number of 32 bits in the kernel: ports, marks, protocols, lengths, code points, types.
    Numbers(Ranges<u32>),
}

impl Values {
    /// Returns no values of a set's kind.
    pub fn none_of(key: SetKey) -> Self {
        match key {
            SetKey::Ipv4Addr => Self::Ipv4(Ranges::empty()),
            SetKey::Ipv6Addr => Self::Ipv6(Ranges::empty()),
            SetKey::InterfaceName => Self::Interfaces(Interfaces::default()),
            SetKey::InetProto | SetKey::InetService | SetKey::Mark => Self::Numbers(Ranges::empty()),
        }
    }

    /// The number of elements, which may be intervals.
    pub fn len(&self) -> usize {
        match self {
            Self::Interfaces(names) => names.as_slice().len(),
            Self::Ipv4(ranges) => ranges.len(),
            Self::Ipv6(ranges) => ranges.len(),
            Self::Macs(ranges) => ranges.len(),
            Self::Bytes(ranges) => ranges.len(),
            Self::Helpers(names) => names.len(),
            Self::Numbers(ranges) => ranges.len(),
        }
    }

    /// Says whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the elements that do not stand in `other` exactly as they are; all of them if the kinds
    /// differ.
    #[must_use]
    pub fn without_elements(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Interfaces(a), Self::Interfaces(b)) => Self::Interfaces(a.without_elements(b)),
            (Self::Ipv4(a), Self::Ipv4(b)) => Self::Ipv4(a.without_elements(b)),
            (Self::Ipv6(a), Self::Ipv6(b)) => Self::Ipv6(a.without_elements(b)),
            (Self::Macs(a), Self::Macs(b)) => Self::Macs(a.without_elements(b)),
            (Self::Bytes(a), Self::Bytes(b)) => Self::Bytes(a.without_elements(b)),
            (Self::Helpers(a), Self::Helpers(b)) => Self::Helpers(a - b),
            (Self::Numbers(a), Self::Numbers(b)) => Self::Numbers(a.without_elements(b)),
            _ => self.clone(),
        }
    }

    /// Returns the values of both; those of `self` if the kinds differ.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Interfaces(a), Self::Interfaces(b)) => Self::Interfaces(a.union(b)),
            (Self::Ipv4(a), Self::Ipv4(b)) => Self::Ipv4(a.union(b)),
            (Self::Ipv6(a), Self::Ipv6(b)) => Self::Ipv6(a.union(b)),
            (Self::Macs(a), Self::Macs(b)) => Self::Macs(a.union(b)),
            (Self::Bytes(a), Self::Bytes(b)) => Self::Bytes(a.union(b)),
            (Self::Helpers(a), Self::Helpers(b)) => Self::Helpers(a | b),
            (Self::Numbers(a), Self::Numbers(b)) => Self::Numbers(a.union(b)),
            _ => self.clone(),
        }
    }

    /// Returns the values of all; `None` if there are none. Pairs are united first, then pairs of pairs, so
    /// that each value takes part in few unions.
    pub(crate) fn merged(mut all: Vec<Self>) -> Option<Self> {
        while all.len() > 1 {
            let unite = |pair: &[Self]| match pair {
                [a, b] => a.union(b),
                rest => rest[0].clone(),
            };
            all = all.chunks(2).map(unite).collect();
        }
        all.pop()
    }

    /// Says whether no value is in both.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Interfaces(a), Self::Interfaces(b)) => a.is_disjoint(b),
            (Self::Ipv4(a), Self::Ipv4(b)) => a.is_disjoint(b),
            (Self::Ipv6(a), Self::Ipv6(b)) => a.is_disjoint(b),
            (Self::Macs(a), Self::Macs(b)) => a.is_disjoint(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.is_disjoint(b),
            (Self::Helpers(a), Self::Helpers(b)) => a.is_disjoint(b),
            (Self::Numbers(a), Self::Numbers(b)) => a.is_disjoint(b),
            _ => true,
        }
    }

    /// Returns each element as values of its own, ascending.
    pub(crate) fn split(&self) -> Vec<Self> {
        match self {
            Self::Interfaces(names) => {
                let one = |name: &InterfaceName| Self::Interfaces(Interfaces::from_iter([name.clone()]));
                names.as_slice().iter().map(one).collect()
            }
            Self::Ipv4(ranges) => ranges.iter().map(|interval| Self::Ipv4(interval.into())).collect(),
            Self::Ipv6(ranges) => ranges.iter().map(|interval| Self::Ipv6(interval.into())).collect(),
            Self::Macs(ranges) => ranges.iter().map(|interval| Self::Macs(interval.into())).collect(),
            Self::Bytes(ranges) => ranges.iter().map(|interval| Self::Bytes(interval.into())).collect(),
            Self::Helpers(names) => names.iter().map(|name| Self::Helpers([name.clone()].into())).collect(),
            Self::Numbers(ranges) => ranges.iter().map(|interval| Self::Numbers(interval.into())).collect(),
        }
    }

    /// Says whether one of the values stands for several interfaces.
    pub(crate) fn has_wildcard(&self) -> bool {
        match self {
            Self::Interfaces(names) => names.as_slice().iter().any(InterfaceName::is_wildcard),
            Self::Ipv4(_) | Self::Ipv6(_) | Self::Macs(_) => false,
            Self::Bytes(_) | Self::Helpers(_) | Self::Numbers(_) => false,
        }
    }

    /// Returns the number, if the values are only one number.
    pub(crate) fn single_number(&self) -> Option<u32> {
        match self {
            Self::Numbers(ranges) => ranges.single(),
            Self::Interfaces(_) | Self::Ipv4(_) | Self::Ipv6(_) => None,
            Self::Macs(_) | Self::Bytes(_) | Self::Helpers(_) => None,
        }
    }

    /// Returns the values as numbers.
    pub(crate) fn numbers(&self) -> Option<&Ranges<u32>> {
        match self {
            Self::Numbers(ranges) => Some(ranges),
            Self::Interfaces(_) | Self::Ipv4(_) | Self::Ipv6(_) => None,
            Self::Macs(_) | Self::Bytes(_) | Self::Helpers(_) => None,
        }
    }
}
