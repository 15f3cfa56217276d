//! Unquoted text: which value it is.

use super::Value;
use crate::catalog::types::FromText;
use ipnet::{Ipv4Net, Ipv6Net};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

impl Value {
    /// The value that an unquoted word stands for; a word that is no literal is text.
    pub(crate) fn literal(text: &str) -> Self {
        match text {
            "yes" | "true" => return Self::Bool(true),
            "no" | "false" => return Self::Bool(false),
            _ => {}
        }
        if let Some(negative) = text.strip_prefix('-').and_then(number) {
            return negative.checked_neg().map_or_else(|| Self::str(text), Self::Num);
        }
        let begins = text.as_bytes().first().copied().unwrap_or_default();
        if begins == b'*' {
            return id(&text[1..]).map_or_else(|| Self::str(text), Self::Id);
        }
        let scalar = || {
            number(text)
                .map(Self::Num)
                .or_else(|| time(text).map(Self::Time))
                .or_else(|| ip(text).map(Self::Ip))
                .or_else(|| ip_prefix(text).map(Self::IpPrefix))
        };
        let scalar = if begins.is_ascii_digit() { scalar() } else { None };
        let six = || {
            let address = || text.parse::<Ipv6Addr>().ok().map(Self::Ip6);
            text.contains(':')
                .then(|| address().or_else(|| text.parse::<Ipv6Net>().ok().map(Self::Ip6Prefix)))?
        };
        scalar.or_else(six).unwrap_or_else(|| Self::str(text))
    }
}

/// `42`, `0x2A`.
pub(super) fn number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with(['+', '-'])),
        None => text.parse().ok().filter(|_| !text.starts_with('+')),
    }
}

/// `1F` of `*1F`.
pub(super) fn id(digits: &str) -> Option<u32> {
    u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
}

/// `1d2h`, `00:10:00`; a bare number is none.
pub(super) fn time(text: &str) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Duration::from_text(text).ok().and_then(|time| i64::try_from(time.as_nanos()).ok())
}

/// `192.0.2.1`, and `10.1` for `10.0.0.1`: the last part fills the rest.
pub(super) fn ip(text: &str) -> Option<Ipv4Addr> {
    if !text.contains('.') {
        return None;
    }
    filled(text)
}

/// `192.0.2.0/24`, `2.2/24` for `2.0.0.2/24`.
pub(super) fn ip_prefix(text: &str) -> Option<Ipv4Net> {
    let (address, length) = text.split_once('/')?;
    if !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Ipv4Net::new(filled(address)?, length.parse().ok()?).ok()
}

fn filled(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text
        .split('.')
        .map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?)
        .collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    let bits = 32 - 8 * u32::try_from(first.len()).ok()?;
    if bits < 32 && *last >> bits != 0 {
        return None;
    }
    let high = first.iter().enumerate().fold(0, |sum, (index, part)| sum | part << (24 - 8 * index));
    Some(Ipv4Addr::from_bits(high | last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_and_text(text: &str) -> (&'static str, String) {
        let value = Value::literal(text);
        (value.kind(), value.text().expect("short").into_owned())
    }

    #[test]
    fn words_are_of_the_type_that_they_look_like() {
        for (word, kind, text) in [
            ("5", "num", "5"),
            ("0xFF", "num", "255"),
            ("-3", "num", "-3"),
            ("yes", "bool", "true"),
            ("false", "bool", "false"),
            ("ether1", "str", "ether1"),
            ("1w2d", "time", "1w2d00:00:00"),
            ("10:00", "time", "10:00:00"),
            ("500ms", "time", "00:00:00.500"),
            ("192.0.2.1", "ip", "192.0.2.1"),
            ("10.1", "ip", "10.0.0.1"),
            ("192.0.2.0/24", "ip-prefix", "192.0.2.0/24"),
            ("2.2/24", "ip-prefix", "2.0.0.2/24"),
            ("192.0.2.1-192.0.2.9", "str", "192.0.2.1-192.0.2.9"),
            ("2001:db8::1", "ip6", "2001:db8::1"),
            ("2001:db8::/32", "ip6-prefix", "2001:db8::/32"),
            ("00:00:5E:00:53:01", "str", "00:00:5E:00:53:01"),
            ("*1F", "id", "*1F"),
            ("*x", "str", "*x"),
            ("192.0.2.0/33", "str", "192.0.2.0/33"),
            ("300.1.1.1", "str", "300.1.1.1"),
        ] {
            assert_eq!(kind_and_text(word), (kind, text.to_owned()), "{word}");
        }
    }
}
