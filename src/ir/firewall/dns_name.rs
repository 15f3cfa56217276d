//! DNS names, which address lists hold beside addresses.

use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// A DNS name in small letters, without the dot that may stand at its end.
///
/// Only what no resolver can take for an address is one: C libraries read `127.1` and `0x7f.1` as addresses.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsName(Arc<str>);

/// RFC 1035, section 2.3.4: 255 bytes on the wire, of which the first length and the end take two.
const LONGEST: usize = 253;

impl DnsName {
    /// Takes a text for a name; `None` if it can't be one.
    pub fn new(text: &str) -> Option<Self> {
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_strange = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ':' | '/');
        let is_name = (1..=LONGEST).contains(&name.len())
            && !name.contains(is_strange)
            && name.split('.').all(|label| !label.is_empty())
            && !name.split('.').all(is_number);
        is_name.then(|| Self(name.to_ascii_lowercase().into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A number as C writes it.
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x").or_else(|| label.strip_prefix("0X")) {
        Some(digits) => digits.chars().all(|c| c.is_ascii_hexdigit()),
        None => label.chars().all(|c| c.is_ascii_digit()),
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DnsName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_written_in_several_ways() {
        let name = DnsName::new("WWW.Example.com.").expect("a name");
        assert_eq!(name.as_str(), "www.example.com");
        assert_eq!(Some(name), DnsName::new("www.example.com"));
    }

    #[test]
    fn what_may_be_taken_for_an_address_or_a_url_is_no_name() {
        for text in ["localhost", "1.pool.example", "0xcafe.example", "_dmarc.example", "4.com", "0xg"] {
            assert!(DnsName::new(text).is_some(), "{text}");
        }
        let long = "a.".repeat(130);
        for text in ["", ".", "a..b", "127.1", "0x7f.0X1", "2001:db8::1", "http://a.b", "a/24", "a b", &long]
        {
            assert!(DnsName::new(text).is_none(), "{text}");
        }
    }
}
