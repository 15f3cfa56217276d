//! Names of network interfaces, and sets of them.

use crate::symbol::is_number_in_json;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::fmt;
use thiserror::Error;

/// The name of a network interface, or, with a `*` at its end, the start of several names (`ppp*`).
///
/// Names sort bytewise, as in the kernel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct InterfaceName(String);

/// A text can't be the name of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} can't be the name of an interface: {reason}")]
pub struct InvalidInterface {
    text: String,
    reason: &'static str,
}

impl InterfaceName {
    /// `IFNAMSIZ` of the kernel, less the final zero byte. nft counts the `*` of a wildcard as well.
    const MAX_LENGTH: usize = 15;

    /// Returns the name, if both the kernel and nft take it.
    ///
    /// The kernel refuses `/`, `:`, blanks, `.` and `..`. nft has no way to write a `"` or `\`, takes a `*`
    /// alone for an error, a `@` in front for the name of a set, and some words for numbers: given `"esp"` among
    /// several names, nft 1.0.6 loads a rule about an interface called `2`.
    pub fn new(text: &str) -> Result<Self, InvalidInterface> {
        let stem = text.strip_suffix('*').unwrap_or(text);
        let reason = if text.is_empty() || text == "*" {
            "it is empty"
        } else if text.len() > Self::MAX_LENGTH {
            "it is longer than 15 bytes"
        } else if matches!(text, "." | "..") {
            "the kernel refuses that name"
        } else if stem.contains('*') {
            "a * can only stand at the end"
        } else if stem.contains(|c: char| c.is_whitespace() || c.is_control() || "/:\"\\".contains(c)) {
            "it has a character that no name can have"
        } else if text.starts_with('@') {
            "nft takes a name that starts with @ for a set"
        } else if is_number_in_json(text) {
            "nft takes that name for the number of a protocol"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(InvalidInterface { text: text.to_owned(), reason })
    }

    /// The name, with the `*` of a wildcard.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether it stands for all interfaces whose names start so.
    pub fn is_wildcard(&self) -> bool {
        self.0.ends_with('*')
    }

    /// Says whether all interfaces that `other` stands for have this name.
    pub fn covers(&self, other: &Self) -> bool {
        match self.0.strip_suffix('*') {
            Some(stem) => other.0.starts_with(stem),
            None => self == other,
        }
    }
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for InterfaceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A set of interface names, sorted, without those that a wildcard of the set covers.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Interfaces(Vec<InterfaceName>);

impl Interfaces {
    /// The names, ascending.
    pub fn as_slice(&self) -> &[InterfaceName] {
        &self.0
    }

    /// Returns a wildcard and the name that comes directly behind all names it stands for, if there are such
    /// two: `eth0*` and `eth1`, or `eth1*`.
    ///
    /// To the kernel a wildcard is an interval of names. In the sets that stand in rules nft 1.0.6 merges
    /// neighbouring intervals, and then it has no way to write the result.
    pub(crate) fn neighbours(&self) -> Option<(&InterfaceName, &InterfaceName)> {
        let behind = |wildcard: &InterfaceName| {
            let mut bytes = stem(wildcard).as_bytes().to_vec();
            // The last byte of a name is never 0xff, which occurs in no text.
            *bytes.last_mut()? += 1;
            let neighbour = self.0.iter().find(|name| stem(name).as_bytes() == bytes)?;
            Some(neighbour)
        };
        let wildcards = self.0.iter().filter(|name| name.is_wildcard());
        wildcards.filter_map(|wildcard| Some((wildcard, behind(wildcard)?))).next()
    }

    /// Says whether no interface is in both.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.0.iter().all(|mine| other.0.iter().all(|their| !mine.covers(their) && !their.covers(mine)))
    }

    /// Returns the names that do not stand in `other` as well.
    #[must_use]
    pub fn without_elements(&self, other: &Self) -> Self {
        let unmatched = self.0.iter().filter(|name| other.0.binary_search(name).is_err());
        Self(unmatched.cloned().collect())
    }

    /// Returns the names of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.0.iter().chain(&other.0).cloned().collect()
    }
}

impl FromIterator<InterfaceName> for Interfaces {
    fn from_iter<I: IntoIterator<Item = InterfaceName>>(names: I) -> Self {
        let mut names: Vec<InterfaceName> = names.into_iter().collect();
        // `*` sorts before nearly every character that a name can go on with, but not before `!` or `#`; the
        // stem always sorts first, so what a wildcard covers follows it directly when stems are compared.
        names.sort_unstable_by(|a, b| {
            stem(a).cmp(stem(b)).then_with(|| b.is_wildcard().cmp(&a.is_wildcard()))
        });
        names.dedup_by(|next, kept| kept.covers(next));
        names.sort_unstable();
        Self(names)
    }
}

impl<'de> Deserialize<'de> for Interfaces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<InterfaceName>::deserialize(deserializer)?.into_iter().collect())
    }
}

fn stem(name: &InterfaceName) -> &str {
    name.0.strip_suffix('*').unwrap_or(&name.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interfaces(texts: &[&str]) -> Vec<String> {
        let names: Interfaces = texts.iter().map(|text| InterfaceName::new(text).unwrap()).collect();
        names.as_slice().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_wildcard_swallows_the_names_it_covers() {
        assert_eq!(interfaces(&["ppp1", "wan", "ppp*", "ppp-a*", "lan", "lan"]), ["lan", "ppp*", "wan"]);
        assert_eq!(interfaces(&["a!b", "a*", "a#", "a"]), ["a*"]);
        assert_eq!(interfaces(&["pp", "ppp*"]), ["pp", "ppp*"]);
    }

    #[test]
    fn names_that_the_kernel_or_nft_refuses_are_errors() {
        for text in [
            "",
            "*",
            ".",
            "..",
            "a/b",
            "a b",
            "a:b",
            "a\nb",
            "a\"b",
            "a\\b",
            "a*b",
            "@set",
            "esp",
            "redirect",
            "1234567890123456",
        ] {
            assert!(InterfaceName::new(text).is_err(), "{text:?}");
        }
        for text in ["a", "ether1", "ppp*", "$x", "123456789012345", "br-lan.10", "é"] {
            assert!(InterfaceName::new(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn the_name_directly_behind_a_wildcard_is_its_neighbour() {
        let neighbours = |texts: &[&str]| {
            let names: Interfaces = texts.iter().map(|text| InterfaceName::new(text).unwrap()).collect();
            names.neighbours().map(|(a, b)| format!("{a} {b}"))
        };
        assert_eq!(neighbours(&["eth0*", "eth1"]).as_deref(), Some("eth0* eth1"));
        assert_eq!(neighbours(&["eth0*", "eth1*"]).as_deref(), Some("eth0* eth1*"));
        assert_eq!(neighbours(&["eth0*", "eth10", "eth2"]), None);
        assert_eq!(neighbours(&["eth0", "eth1"]), None);
    }

    #[test]
    fn a_wildcard_overlaps_with_its_names() {
        let one = |text| Interfaces::from_iter([InterfaceName::new(text).unwrap()]);
        assert!(!one("ppp*").is_disjoint(&one("ppp7")));
        assert!(!one("ppp7").is_disjoint(&one("pp*")));
        assert!(one("ppp*").is_disjoint(&one("wan")));
    }
}
