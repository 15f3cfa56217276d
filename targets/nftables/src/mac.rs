//! Ethernet addresses.

use crate::interval::{Interval, Point};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// An Ethernet address, as in `00:00:5e:00:53:01`. Addresses sort as their bytes stand in the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddress(pub [u8; 6]);

/// A text is no Ethernet address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no Ethernet address: it has to be six hexadecimal numbers with colons in between")]
pub struct InvalidMac(String);

impl MacAddress {
    fn to_bits(self) -> u64 {
        self.0.into_iter().fold(0, |bits, byte| bits << 8 | u64::from(byte))
    }

    /// The upper 16 bits are ignored.
    fn from_bits(bits: u64) -> Self {
        let [_, _, address @ ..] = bits.to_be_bytes();
        Self(address)
    }
}

impl Point for MacAddress {
    const MIN: Self = Self([0; 6]);
    const MAX: Self = Self([0xff; 6]);

    fn successor(self) -> Option<Self> {
        (self < Self::MAX).then(|| Self::from_bits(self.to_bits() + 1))
    }

    fn predecessor(self) -> Option<Self> {
        self.to_bits().checked_sub(1).map(Self::from_bits)
    }

    /// nft writes no prefixes of Ethernet addresses, but reads them.
    fn prefix(address: Self, length: u8) -> Option<Interval<Self>> {
        let rest = 48_u32.checked_sub(length.into())?;
        let host = (1 << rest) - 1;
        let bits = address.to_bits();
        Some(Interval { low: Self::from_bits(bits & !host), high: Self::from_bits(bits | host) })
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for MacAddress {
    type Err = InvalidMac;

    fn from_str(text: &str) -> Result<Self, InvalidMac> {
        let byte = |digits: &str| {
            let is_plain = (1..=2).contains(&digits.len()) && !digits.starts_with('+');
            is_plain.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
        };
        let bytes: Option<Vec<u8>> = text.split(':').map(byte).collect();
        let address = bytes.and_then(|bytes| bytes.try_into().ok()).map(Self);
        address.ok_or_else(|| InvalidMac(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_in_lower_case() {
        let address: MacAddress = "00:00:5E:0:53:Ff".parse().unwrap();
        assert_eq!(address.to_string(), "00:00:5e:00:53:ff");
        assert_eq!(address.successor().unwrap().to_string(), "00:00:5e:00:54:00");
        assert_eq!(address.successor().unwrap().predecessor(), Some(address));
        for text in [
            "",
            "00:00:5e:00:53",
            "00:00:5e:00:53:01:02",
            "00:00:5e:00:53:+1",
            "0x:0:0:0:0:0",
            "1:2:3:4:5:678",
        ] {
            assert!(text.parse::<MacAddress>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_greatest_address_has_no_successor() {
        assert_eq!(MacAddress::MAX.successor(), None);
        assert_eq!(MacAddress::MIN.predecessor(), None);
        let all = MacAddress::prefix(MacAddress::MAX, 0).unwrap();
        assert_eq!(all, Interval::ALL);
    }
}
