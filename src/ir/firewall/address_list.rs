//! Address lists and address ranges.

use super::DnsName;
use rosc_target::Origin;
use serde::{Serialize, Serializer};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The entries of one `/ip firewall address-list` name, in their order; they may overlap.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct AddressList {
    /// The entries that are not disabled. A name whose every entry is disabled is a list too: an empty one.
    pub entries: Vec<AddressEntry>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct AddressEntry {
    /// The item.
    #[serde(skip)]
    pub origin: Origin,
    /// What it puts on the list.
    pub listed: Listed,
}

/// What an entry puts on its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Listed {
    /// Addresses.
    Range(IpRange),
    /// Whatever addresses of the list's family a name has.
    Name(DnsName),
}

impl AddressList {
    /// The addresses that are written down.
    pub fn ranges(&self) -> impl Iterator<Item = IpRange> {
        self.entries.iter().filter_map(|entry| match &entry.listed {
            Listed::Range(range) => Some(*range),
            Listed::Name(_) => None,
        })
    }

    /// The names, each with its entry's origin.
    pub fn names(&self) -> impl Iterator<Item = (&DnsName, Origin)> {
        self.entries.iter().filter_map(|entry| match &entry.listed {
            Listed::Range(_) => None,
            Listed::Name(name) => Some((name, entry.origin)),
        })
    }
}

/// Consecutive addresses of one family, both ends included.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum IpRange {
    /// IPv4, from the smaller to the larger.
    V4(Ipv4Addr, Ipv4Addr),
    /// IPv6, from the smaller to the larger.
    V6(Ipv6Addr, Ipv6Addr),
}

impl IpRange {
    /// The range between two addresses of one family; `None` if the families differ or the first is larger.
    pub fn new(first: IpAddr, last: IpAddr) -> Option<Self> {
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => Some(Self::V4(first, last)),
            (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => Some(Self::V6(first, last)),
            (IpAddr::V4(_) | IpAddr::V6(_), IpAddr::V4(_) | IpAddr::V6(_)) => None,
        }
    }

    /// The first address.
    pub fn first(&self) -> IpAddr {
        match *self {
            Self::V4(first, _) => first.into(),
            Self::V6(first, _) => first.into(),
        }
    }

    /// The last address.
    pub fn last(&self) -> IpAddr {
        match *self {
            Self::V4(_, last) => last.into(),
            Self::V6(_, last) => last.into(),
        }
    }

    /// Says whether the range is IPv6.
    pub fn is_ipv6(&self) -> bool {
        matches!(self, Self::V6(..))
    }

    /// Says whether an address is in the range; none of the other family is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::V4(first, last), IpAddr::V4(address)) => (first..=last).contains(&&address),
            (Self::V6(first, last), IpAddr::V6(address)) => (first..=last).contains(&&address),
            (Self::V4(..), IpAddr::V6(_)) | (Self::V6(..), IpAddr::V4(_)) => false,
        }
    }

    /// The prefix that holds exactly these addresses, if there is one.
    pub fn as_prefix(&self) -> Option<ipnet::IpNet> {
        let len = match *self {
            Self::V4(first, last) => prefix_len(first.to_bits().into(), last.to_bits().into(), 32),
            Self::V6(first, last) => prefix_len(first.to_bits(), last.to_bits(), 128),
        }?;
        ipnet::IpNet::new(self.first(), len).ok()
    }
}

impl From<ipnet::IpNet> for IpRange {
    fn from(prefix: ipnet::IpNet) -> Self {
        Self::new(prefix.network(), prefix.broadcast()).expect("a prefix begins before it ends")
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_prefix() {
            Some(prefix) if self.first() == self.last() => write!(f, "{}", prefix.addr()),
            Some(prefix) => write!(f, "{prefix}"),
            None => write!(f, "{}-{}", self.first(), self.last()),
        }
    }
}

impl fmt::Debug for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for IpRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn prefix_len(first: u128, last: u128, width: u32) -> Option<u8> {
    let host_bits = 128 - (first ^ last).leading_zeros();
    let host_mask = if host_bits == 128 { u128::MAX } else { (1 << host_bits) - 1 };
    let whole = first & host_mask == 0 && last & host_mask == host_mask;
    whole.then(|| u8::try_from(width - host_bits).expect("a width of at most 128"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(first: &str, last: &str) -> String {
        let parse = |text: &str| text.parse::<IpAddr>().expect("an address");
        IpRange::new(parse(first), parse(last)).map_or_else(|| "none".to_owned(), |range| range.to_string())
    }

    #[test]
    fn a_range_that_is_a_prefix_shows_as_one() {
        assert_eq!(shown("198.51.100.0", "198.51.100.63"), "198.51.100.0/26");
        assert_eq!(shown("198.51.100.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(shown("0.0.0.0", "255.255.255.255"), "0.0.0.0/0");
        assert_eq!(shown("2001:db8::", "2001:db8::ffff"), "2001:db8::/112");
        assert_eq!(shown("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "::/0");
    }

    #[test]
    fn any_other_range_shows_both_ends() {
        assert_eq!(shown("198.51.100.1", "198.51.100.9"), "198.51.100.1-198.51.100.9");
        assert_eq!(shown("198.51.100.32", "198.51.100.95"), "198.51.100.32-198.51.100.95");
    }

    #[test]
    fn ends_in_the_wrong_order_or_of_two_families_are_no_range() {
        assert_eq!(shown("198.51.100.9", "198.51.100.1"), "none");
        assert_eq!(shown("198.51.100.9", "2001:db8::"), "none");
    }
}
