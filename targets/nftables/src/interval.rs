//! Intervals of addresses and numbers.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt::{self, Debug, Display};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use thiserror::Error;

/// A value that has a next one, so that intervals of it can touch.
pub trait Point: Copy + Ord + Debug + Display + FromStr {
    /// The smallest value.
    const MIN: Self;

    /// The greatest value.
    const MAX: Self;

    /// Returns the next greater value; `None` behind the greatest.
    fn successor(self) -> Option<Self>;

    /// Returns the next smaller value; `None` before the smallest.
    fn predecessor(self) -> Option<Self>;

    /// Returns the length of the prefix that is exactly `low` to `high`; always `None` for plain numbers.
    fn prefix_length(_low: Self, _high: Self) -> Option<u8> {
        None
    }

    /// Returns the prefix of that length around a value; `None` if the length is impossible.
    fn prefix(value: Self, length: u8) -> Option<Interval<Self>>;

    /// Writes the value as its `Display` does.
    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// All values from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval<P> {
    pub(crate) low: P,
    pub(crate) high: P,
}

impl<P: Point> Interval<P> {
    /// All values there are.
    pub const ALL: Self = Self { low: P::MIN, high: P::MAX };

    /// Returns the interval, or `None` where `low` is greater than `high`.
    pub fn new(low: P, high: P) -> Option<Self> {
        (low <= high).then_some(Self { low, high })
    }

    /// The smallest value in it.
    pub fn low(self) -> P {
        self.low
    }

    /// The greatest value in it.
    pub fn high(self) -> P {
        self.high
    }

    /// Returns the value, if there is only one.
    pub fn single(self) -> Option<P> {
        (self.low == self.high).then_some(self.low)
    }

    /// Returns the length of the prefix that the interval is, if it is one of more than one address.
    pub fn prefix_length(self) -> Option<u8> {
        if self.low == self.high { None } else { P::prefix_length(self.low, self.high) }
    }
}

impl<P> From<P> for Interval<P>
where
    P: Point,
{
    fn from(value: P) -> Self {
        Self { low: value, high: value }
    }
}

impl From<Ipv4Net> for Interval<Ipv4Addr> {
    fn from(net: Ipv4Net) -> Self {
        Self { low: net.network(), high: net.broadcast() }
    }
}

impl From<Ipv6Net> for Interval<Ipv6Addr> {
    fn from(net: Ipv6Net) -> Self {
        Self { low: net.network(), high: net.broadcast() }
    }
}

/// As nft writes it: `192.0.2.1`, `192.0.2.0/24` or `192.0.2.1-192.0.2.9`.
impl<P: Point> Display for Interval<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.single(), self.prefix_length()) {
            (Some(value), _) => value.write(f),
            (None, Some(length)) => {
                self.low.write(f)?;
                write!(f, "/{length}")
            }
            (None, None) => {
                self.low.write(f)?;
                f.write_str("-")?;
                self.high.write(f)
            }
        }
    }
}

/// A text is no value, prefix or range of the kind that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no value, prefix or range")]
pub struct InvalidInterval(String);

impl<P: Point> FromStr for Interval<P> {
    type Err = InvalidInterval;

    fn from_str(text: &str) -> Result<Self, InvalidInterval> {
        let parsed = if let Some((address, length)) = text.split_once('/') {
            match (address.parse(), length.parse()) {
                (Ok(address), Ok(length)) => P::prefix(address, length),
                _ => None,
            }
        } else if let Some((low, high)) = text.split_once('-') {
            match (low.parse(), high.parse()) {
                (Ok(low), Ok(high)) => Self::new(low, high),
                _ => None,
            }
        } else {
            text.parse::<P>().ok().map(Self::from)
        };
        parsed.ok_or_else(|| InvalidInterval(text.to_owned()))
    }
}

impl<P: Point> Serialize for Interval<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, P: Point> Deserialize<'de> for Interval<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

macro_rules! number_points {
    ($($number:ty),*) => {$(
        impl Point for $number {
            const MIN: Self = Self::MIN;
            const MAX: Self = Self::MAX;

            fn successor(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn predecessor(self) -> Option<Self> {
                self.checked_sub(1)
            }

            fn prefix(number: Self, length: u8) -> Option<Interval<Self>> {
                let rest = Self::BITS.checked_sub(length.into())?;
                let host = Self::MAX.checked_shr(length.into()).filter(|_| rest > 0).unwrap_or(0);
                Some(Interval { low: number & !host, high: number | host })
            }
        }
    )*};
}

macro_rules! address_point {
    ($address:ty, $net:ty, $bits:ty, $min:expr, $max:expr $(, $write:expr)?) => {
        impl Point for $address {
            const MIN: Self = $min;
            const MAX: Self = $max;

            fn successor(self) -> Option<Self> {
                self.to_bits().checked_add(1).map(Self::from_bits)
            }

            fn predecessor(self) -> Option<Self> {
                self.to_bits().checked_sub(1).map(Self::from_bits)
            }

            fn prefix_length(low: Self, high: Self) -> Option<u8> {
                let host = low.to_bits() ^ high.to_bits();
                let is_prefix = host & host.wrapping_add(1) == 0 && low.to_bits() & host == 0;
                // At most 128, so the cast is exact.
                is_prefix.then_some(host.leading_zeros() as u8)
            }

            fn prefix(address: Self, length: u8) -> Option<Interval<Self>> {
                <$net>::new(address, length).ok().map(Interval::from)
            }

            $(fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $write(self, f)
            })?
        }
    };
}

/// Writes an address at once. The standard library formats each of its numbers on its own, which takes several times
/// as long, and the text of a set is mostly addresses.
fn write_ipv4(address: Ipv4Addr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [b'.'; 15];
    let mut end = 0;
    for (index, octet) in address.octets().into_iter().enumerate() {
        end += usize::from(index > 0);
        for (is_written, digit) in
            [(octet >= 100, octet / 100), (octet >= 10, octet / 10 % 10), (true, octet % 10)]
        {
            if is_written {
                text[end] = b'0' + digit;
                end += 1;
            }
        }
    }
    f.write_str(str::from_utf8(&text[..end]).expect("digits and dots"))
}

number_points!(u8, u16, u32, u64);
address_point!(Ipv4Addr, Ipv4Net, u32, Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST, write_ipv4);
address_point!(Ipv6Addr, Ipv6Net, u128, Ipv6Addr::UNSPECIFIED, Ipv6Addr::from_bits(u128::MAX));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_written_as_a_prefix_where_it_is_one() {
        for text in ["192.0.2.1", "192.0.2.0/24", "192.0.2.1-192.0.2.9", "0.0.0.0/0", "192.0.2.0/31"] {
            assert_eq!(text.parse::<Interval<Ipv4Addr>>().unwrap().to_string(), text);
        }
        let range = Interval::new(Ipv4Addr::new(192, 0, 2, 0), Ipv4Addr::new(192, 0, 2, 255)).unwrap();
        assert_eq!(range.to_string(), "192.0.2.0/24");
        assert_eq!(Interval::<Ipv6Addr>::ALL.to_string(), "::/0");
        assert_eq!(Interval::new(80u16, 81).unwrap().to_string(), "80-81");
        assert_eq!("81/15".parse::<Interval<u16>>().unwrap().to_string(), "80-81");
        assert_eq!("81/16".parse::<Interval<u16>>().unwrap().to_string(), "81");
        assert_eq!("81/0".parse::<Interval<u16>>().unwrap(), Interval::ALL);
    }

    #[test]
    fn an_address_is_written_as_the_standard_library_does() {
        for octet in 0..=u8::MAX {
            let address = Ipv4Addr::new(octet, 255 - octet, 0, octet);
            assert_eq!(Interval::from(address).to_string(), address.to_string());
        }
    }

    #[test]
    fn host_bits_of_a_prefix_are_cleared() {
        assert_eq!("192.0.2.77/24".parse::<Interval<Ipv4Addr>>().unwrap().to_string(), "192.0.2.0/24");
    }

    #[test]
    fn reversed_ranges_and_nonsense_are_errors() {
        for text in ["9-5", "", "-", "70000", "1-", "a", "80/17"] {
            assert!(text.parse::<Interval<u16>>().is_err(), "{text:?}");
        }
        assert!("192.0.2.0/33".parse::<Interval<Ipv4Addr>>().is_err());
    }
}
