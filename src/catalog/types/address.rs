//! Addresses, prefixes and ranges.

use super::{FromText, Mistake};
use crate::ir::firewall::{DnsName, IpRange, Listed};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A prefix of one family, host bits cleared; an address alone is the prefix of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix<const V6: bool>(pub IpNet);

/// A prefix of either family, host bits cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnyPrefix(pub IpNet);

/// An address of either family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostAddress(pub IpAddr);

/// An address with the length of its network, host bits kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterfaceAddress<const V6: bool> {
    /// The address.
    pub address: IpAddr,
    /// The length; 32 for IPv4 and 64 for IPv6 where none is written.
    pub prefix_len: u8,
}

/// A prefix, an address or, for IPv4, a range `a-b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range(pub IpRange);

/// What an address list holds: addresses, or a DNS name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAddress(pub Listed);

impl<const V6: bool> FromText for Prefix<V6> {
    const SHAPE: &'static str = if V6 { "an IPv6 prefix" } else { "an IPv4 prefix" };

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let (address, length) = text.split_once('/').unwrap_or((text, ""));
        let address =
            if address.is_empty() && length == "0" { unspecified(V6) } else { host::<V6>(address)? };
        let length = if text.contains('/') { prefix_len::<V6>(length)? } else { width(V6) };
        Ok(Self(IpNet::new(address, length).map_err(|_| Mistake::default())?.trunc()))
    }
}

impl FromText for AnyPrefix {
    const SHAPE: &'static str = "a prefix";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        if text.contains(':') {
            Prefix::<true>::from_text(text).map(|prefix| Self(prefix.0))
        } else {
            Prefix::<false>::from_text(text).map(|prefix| Self(prefix.0))
        }
    }
}

impl FromText for HostAddress {
    const SHAPE: &'static str = "an address";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        if text.contains(':') { host::<true>(text) } else { host::<false>(text) }.map(Self)
    }
}

impl<const V6: bool> FromText for InterfaceAddress<V6> {
    const SHAPE: &'static str =
        if V6 { "an IPv6 address with length" } else { "an IPv4 address with length" };

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let (address, length) = text.split_once('/').unwrap_or((text, if V6 { "64" } else { "32" }));
        let address = host::<V6>(address)?;
        let prefix_len = match length.parse::<Ipv4Addr>() {
            Ok(mask) if !V6 => netmask_len(mask)?,
            _ => prefix_len::<V6>(length)?,
        };
        Ok(Self { address, prefix_len })
    }
}

impl FromText for Range {
    const SHAPE: &'static str = "an address, a prefix or a range";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let Some((first, last)) = text.split_once('-') else {
            return AnyPrefix::from_text(text).map(|prefix| Self(prefix.0.into()));
        };
        if text.contains(':') {
            return Err(Mistake::with("IPv6 rules take prefixes, no ranges"));
        }
        let (first, last) = (host::<false>(first)?, host::<false>(last)?);
        IpRange::new(first, last).map(Self).ok_or_else(|| Mistake::with("the range ends before it begins"))
    }
}

impl FromText for ListedAddress {
    const SHAPE: &'static str = "an address, a prefix, a range or a DNS name";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        // Most are plain addresses, and lists are long.
        if let Ok(address) = text.parse() {
            return Ok(Self(Listed::Range(IpRange::V4(address, address))));
        }
        let has_letters = text.contains(|c: char| c.is_ascii_alphabetic());
        if has_letters && let Some(name) = DnsName::new(text) {
            return Ok(Self(Listed::Name(name)));
        }
        Range::from_text(text).map(|range| Self(Listed::Range(range.0)))
    }
}

fn unspecified(v6: bool) -> IpAddr {
    if v6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() }
}

fn width(v6: bool) -> u8 {
    if v6 { 128 } else { 32 }
}

fn host<const V6: bool>(text: &str) -> Result<IpAddr, Mistake> {
    let address = if V6 {
        text.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    } else {
        text.parse::<Ipv4Addr>().ok().or_else(|| abbreviated(text)).map(IpAddr::V4)
    };
    address.ok_or_else(|| match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => Mistake::with("this is an IPv4 address; the menu is for IPv6"),
        Ok(IpAddr::V6(_)) => Mistake::with("this is an IPv6 address; IPv6 has a menu of its own"),
        Err(_) => Mistake::default(),
    })
}

/// RouterOS fills an abbreviated address up before its last part: `10.1` is 10.0.0.1.
fn abbreviated(text: &str) -> Option<Ipv4Addr> {
    let (before, last) = text.rsplit_once('.')?;
    let mut bytes = [0; 4];
    let mut parts = before.split('.');
    for byte in bytes.iter_mut().take(3) {
        let Some(part) = parts.next() else { break };
        *byte = part.parse().ok()?;
    }
    bytes[3] = last.parse().ok()?;
    parts.next().is_none().then_some(Ipv4Addr::from(bytes))
}

fn prefix_len<const V6: bool>(text: &str) -> Result<u8, Mistake> {
    match text.parse() {
        Ok(length) if length <= width(V6) => Ok(length),
        _ => Err(Mistake::with(format!("the length is from 0 to {}", width(V6)))),
    }
}

fn netmask_len(mask: Ipv4Addr) -> Result<u8, Mistake> {
    let ones = mask.to_bits().leading_ones();
    let whole = mask.to_bits().checked_shl(ones).unwrap_or(0) == 0;
    let length = whole.then(|| u8::try_from(ones).ok()).flatten();
    length.ok_or_else(|| Mistake::with(format!("{mask} is not a netmask")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> String {
        Prefix::<false>::from_text(text).map_or_else(|_| "none".to_owned(), |prefix| prefix.0.to_string())
    }

    #[test]
    fn prefixes_lose_their_host_bits_and_addresses_get_a_length() {
        assert_eq!(prefix("192.0.2.7/24"), "192.0.2.0/24");
        assert_eq!(prefix("192.0.2.7"), "192.0.2.7/32");
        assert_eq!(prefix("/0"), "0.0.0.0/0");
        assert_eq!(prefix("10.1"), "10.0.0.1/32");
        assert_eq!(prefix("2.2/24"), "2.0.0.0/24");
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for text in ["192.0.2.0/33", "192.0.2", "192.0.2.0/", "/24", "256.1.1.1", "x", "192.0.2.0/-1"] {
            let shown = prefix(text);
            assert!(shown == "none" || text == "192.0.2", "{text}: {shown}");
        }
    }

    #[test]
    fn a_netmask_is_a_length() {
        let read = InterfaceAddress::<false>::from_text("192.0.2.1/255.255.255.252").expect("an address");
        assert_eq!(read.prefix_len, 30);
        assert!(InterfaceAddress::<false>::from_text("192.0.2.1/255.0.255.0").is_err());
    }

    #[test]
    fn the_other_family_is_pointed_out() {
        let mistake = Prefix::<false>::from_text("2001:db8::1").expect_err("IPv6");
        assert!(mistake.help.expect("advice").contains("IPv6"));
    }

    #[test]
    fn ranges_are_for_ipv4_only_and_begin_before_they_end() {
        assert!(Range::from_text("192.0.2.1-192.0.2.9").is_ok());
        assert!(Range::from_text("192.0.2.9-192.0.2.1").is_err());
        assert!(Range::from_text("2001:db8::1-2001:db8::9").is_err());
    }

    #[test]
    fn a_listed_name_is_told_from_an_address() {
        let listed = |text: &str| ListedAddress::from_text(text).map(|listed| listed.0);
        assert!(matches!(listed("www.example.com"), Ok(Listed::Name(_))));
        assert!(matches!(listed("192.0.2.1-192.0.2.9"), Ok(Listed::Range(_))));
        assert!(matches!(listed("2001:db8::/32"), Ok(Listed::Range(_))));
        assert!(listed("192.0.2.256").is_err() && listed("http://www.example.com").is_err());
    }
}
