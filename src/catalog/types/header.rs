//! Values of conditions on headers, and of actions that change them.

use super::{FromText, Mistake, Set};
use crate::ir::firewall::{Condition, IcmpOptions, Ipv6Header, Ipv6Headers};

/// Smallest and largest length of a packet in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeRange(pub u16, pub u16);

/// Fewest and most bytes of a connection; no bound above where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange(pub u64, pub Option<u64>);

/// A test of the time to live: smallest and largest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TtlTest(pub Condition<(u8, u8)>);

/// What the time to live becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum NewTtl {
    Set(u8),
    Increment(u8),
    Decrement(u8),
}

/// A number from 0 to 63, or a word for where it is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Derived {
    Number(u8),
    From,
}

/// The words that a [`Derived`] number takes, of all properties that have one.
const SOURCES: [&str; 5] =
    ["from-priority", "from-priority-to-high-3-bits", "from-dscp", "from-dscp-high-3-bits", "from-ingress"];

impl FromText for SizeRange {
    const SHAPE: &'static str = "a range of lengths";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self(first, last)),
            _ => Err(Mistake::with("bytes such as 1400, or 0-500; at most 65535")),
        }
    }
}

impl FromText for ByteRange {
    const SHAPE: &'static str = "a range of bytes";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let help = || Mistake::with("from-to such as 0-1000000, where to is 0 for no end");
        let (first, last) = text.split_once('-').unwrap_or((text, "0"));
        match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(0)) => Ok(Self(first, None)),
            (Ok(first), Ok(last)) if first <= last => Ok(Self(first, Some(last))),
            _ => Err(help()),
        }
    }
}

impl FromText for TtlTest {
    const SHAPE: &'static str = "a test of the time to live";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let help = || Mistake::with("for example equal:64, not-equal:1, less-than:5 or greater-than:1");
        let (test, number) = text.split_once(':').unwrap_or(("equal", text));
        let number: u8 = number.parse().map_err(|_| help())?;
        match test {
            "equal" => Ok(Self(Condition::Is((number, number)))),
            "not-equal" => Ok(Self(Condition::IsNot((number, number)))),
            "less-than" => Ok(Self(Condition::IsNot((number, u8::MAX)))),
            "greater-than" => Ok(Self(Condition::IsNot((0, number)))),
            _ => Err(help()),
        }
    }
}

impl FromText for NewTtl {
    const SHAPE: &'static str = "a change of the time to live";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let help = || Mistake::with("for example set:64, increment:1 or decrement:1");
        let (change, number) = text.split_once(':').ok_or_else(help)?;
        let number = number.parse().map_err(|_| help())?;
        match change {
            "set" => Ok(Self::Set(number)),
            "increment" => Ok(Self::Increment(number)),
            "decrement" => Ok(Self::Decrement(number)),
            _ => Err(help()),
        }
    }
}

impl FromText for Derived {
    const SHAPE: &'static str = "a number from 0 to 63";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        if SOURCES.contains(&text) {
            return Ok(Self::From);
        }
        match text.parse() {
            Ok(number @ 0..64) => Ok(Self::Number(number)),
            _ => Err(Mistake::with("a whole number from 0 to 63")),
        }
    }
}

impl FromText for IcmpOptions {
    const SHAPE: &'static str = "an ICMP type with its codes";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let help = || Mistake::with("type:code, type:code-code or type alone, such as 8:0 or 3:0-15");
        let (kind, codes) = text.split_once(':').unwrap_or((text, "0-255"));
        let (first, last) = codes.split_once('-').unwrap_or((codes, codes));
        match (kind.parse(), first.parse(), last.parse()) {
            (Ok(kind), Ok(first), Ok(last)) if first <= last => Ok(Self { kind, codes: (first, last) }),
            _ => Err(help()),
        }
    }
}

impl FromText for Ipv6Headers {
    const SHAPE: &'static str = "a list of extension headers";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let (headers, how) = text.split_once(':').unwrap_or((text, "contains"));
        let Set(headers) = Set::<Ipv6Header>::from_text(headers)?;
        match how {
            "contains" => Ok(Self { headers, exact: false }),
            "exact" => Ok(Self { headers, exact: true }),
            _ => Err(Mistake::with("for example hop,frag:contains or frag:exact")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icmp_type_without_a_code_has_any() {
        assert_eq!(IcmpOptions::from_text("8"), Ok(IcmpOptions { kind: 8, codes: (0, 255) }));
        assert_eq!(IcmpOptions::from_text("3:1-4"), Ok(IcmpOptions { kind: 3, codes: (1, 4) }));
        for text in ["", "x", "3:", "3:4-1", "256:0"] {
            assert!(IcmpOptions::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_test_of_the_time_to_live_is_a_range() {
        let holds = |text: &str, ttl: u8| {
            TtlTest::from_text(text).expect("a test").0.holds(|&(low, high)| (low..=high).contains(&ttl))
        };
        assert!(holds("equal:5", 5) && !holds("equal:5", 6));
        assert!(holds("less-than:5", 4) && !holds("less-than:5", 5));
        assert!(holds("greater-than:5", 6) && !holds("greater-than:5", 5));
        assert!(!holds("less-than:0", 0) && !holds("greater-than:255", 255));
    }

    #[test]
    fn no_end_is_a_zero() {
        assert_eq!(ByteRange::from_text("1000-0"), Ok(ByteRange(1000, None)));
        assert_eq!(ByteRange::from_text("0-1000"), Ok(ByteRange(0, Some(1000))));
        assert!(ByteRange::from_text("5-3").is_err());
    }
}
