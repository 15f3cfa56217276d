//! Numbers and hardware addresses.

use super::{FromText, Mistake};

/// A number from `MIN` to `MAX`, decimal or `0x` hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number<const MIN: u32, const MAX: u32>(pub u32);

/// A number of bytes: `65536`, `64KiB`, `2048.0KiB`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size(pub f64);

/// A hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mac(pub [u8; 6]);

/// The MTU of a bridge: bytes, or `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BridgeMtu(pub Option<u32>);

impl<const MIN: u32, const MAX: u32> FromText for Number<MIN, MAX> {
    const SHAPE: &'static str = "a number in range";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let number = match text.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => text.parse(),
        };
        match number {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            _ => Err(Mistake::with(format!("a whole number from {MIN} to {MAX}"))),
        }
    }
}

impl FromText for Size {
    const SHAPE: &'static str = "a size";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (number, unit) = text.split_at(digits);
        let factor = match unit {
            "" => Some(1.0),
            "K" | "k" | "KiB" => Some(1024.0),
            "M" | "MiB" => Some(1024.0 * 1024.0),
            "G" | "GiB" => Some(1024.0 * 1024.0 * 1024.0),
            _ => None,
        };
        match (number.parse::<f64>(), factor) {
            (Ok(number), Some(factor)) => Ok(Self(number * factor)),
            _ => Err(Mistake::with("bytes, or a number with KiB, MiB or GiB")),
        }
    }
}

impl FromText for Mac {
    const SHAPE: &'static str = "a hardware address";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let mut bytes = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2).ok_or_else(Mistake::default)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| Mistake::default())?;
        }
        if parts.next().is_some() { Err(Mistake::default()) } else { Ok(Self(bytes)) }
    }
}

impl FromText for BridgeMtu {
    const SHAPE: &'static str = "an MTU";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        if text == "auto" {
            return Ok(Self(None));
        }
        Number::<68, 65535>::from_text(text).map(|bytes| Self(Some(bytes.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_or_hexadecimal_and_in_range() {
        assert_eq!(Number::<0, 65535>::from_text("0x8000"), Ok(Number(32768)));
        assert_eq!(Number::<1, 255>::from_text("7"), Ok(Number(7)));
        assert!(Number::<1, 255>::from_text("0").is_err());
        assert!(Number::<1, 255>::from_text("256").is_err());
        assert!(Number::<1, 255>::from_text("-1").is_err());
    }

    #[test]
    fn sizes_are_read_as_exports_write_them() {
        assert_eq!(Size::from_text("2048.0KiB"), Ok(Size(2048.0 * 1024.0)));
        assert_eq!(Size::from_text("65536"), Ok(Size(65536.0)));
        for text in ["KiB", "1.2.3", "64kB", "-1"] {
            assert!(Size::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_hardware_address_has_six_bytes() {
        assert_eq!(Mac::from_text("02:00:5E:00:53:01"), Ok(Mac([2, 0, 0x5e, 0, 0x53, 1])));
        assert!(Mac::from_text("02:00:5E:00:53").is_err());
        assert!(Mac::from_text("02:00:5E:00:53:01:02").is_err());
    }
}
