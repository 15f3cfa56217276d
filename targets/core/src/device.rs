//! Names of network devices.

use crate::steers_terminal;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use thiserror::Error;

/// The name of a network device, as the kernel would accept it. Cloning is cheap: clones share the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct DeviceName(Arc<str>);

/// A text that can't be the name of a network device, or better isn't.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidDeviceName {
    /// The kernel refuses it.
    #[error(
        "`{0}` is no device name: it takes 1 to 15 bytes, no blank, no `/` or `:`, and is not `.` or `..`"
    )]
    Refused(String),
    /// It stands for all devices, or for those to come, where settings are named by device.
    #[error("`{0}` is no device name: kernel settings mean other devices by it")]
    Reserved(String),
    /// The kernel would take it, but not every tool can write it.
    #[error("`{name}` is no good device name: {} means something else to tools that set networks up", shown(*.special))]
    NotPortable {
        /// The text.
        name: String,
        /// The character.
        special: char,
    },
}

impl DeviceName {
    /// The longest name, in bytes (`IFNAMSIZ` less the closing zero).
    pub const MAX_LEN: usize = 15;

    /// Takes a text as a device name, by the rules of the kernel's `dev_valid_name`.
    pub fn new(name: &str) -> Result<Self, InvalidDeviceName> {
        let fits = (1..=Self::MAX_LEN).contains(&name.len());
        if fits && name != "." && name != ".." && !name.bytes().any(is_refused) {
            Ok(Self(name.into()))
        } else {
            Err(InvalidDeviceName::Refused(name.to_owned()))
        }
    }

    /// Takes a text as the name that a configuration gives a device: one that every tool reads as it was meant.
    ///
    /// To the kernel `%` in the name of a new device is a place for a number, and the settings of `all` and `default` are
    /// those of other devices. `ip -batch` drops what is behind `#`, and ends words and lines by quotes and `\`. `sysctl -p`
    /// divides at `=` and expands patterns, and nft takes `*` for any ending, `@` in front for a set, and has no way to
    /// write quotes and `\`.
    pub fn portable(name: &str) -> Result<Self, InvalidDeviceName> {
        const SPECIAL: &[char] = &['"', '\'', '\\', '#', '%', '=', '*', '?', '[', ']', '$'];
        let device = Self::new(name)?;
        if matches!(name, "all" | "default") {
            return Err(InvalidDeviceName::Reserved(name.to_owned()));
        }
        let is_special = |c: &char| SPECIAL.contains(c) || steers_terminal(*c);
        match name.chars().find(is_special).or(name.starts_with('@').then_some('@')) {
            Some(special) => Err(InvalidDeviceName::NotPortable { name: name.to_owned(), special }),
            None => Ok(device),
        }
    }

    /// The loopback device, which every namespace has.
    pub fn loopback() -> Self {
        Self("lo".into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The kernel's `isspace` follows Latin-1, so the byte 0xa0 (no-break space) is a blank even inside a
/// character of several bytes; and a zero byte would end the name early.
fn is_refused(byte: u8) -> bool {
    matches!(byte, 0 | b'/' | b':' | b' ' | 0x09..=0x0d | 0xa0)
}

/// A character in a message; those that can't be seen by their number.
fn shown(c: char) -> String {
    if steers_terminal(c) { format!("U+{:04X}", u32::from(c)) } else { format!("`{c}`") }
}

impl FromStr for DeviceName {
    type Err = InvalidDeviceName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name)
    }
}

impl TryFrom<String> for DeviceName {
    type Error = InvalidDeviceName;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(&name)
    }
}

impl Serialize for DeviceName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_kernel_takes_are_taken() {
        for name in ["lo", "eth0.100", "wg-office", "a", "fifteen-letters", "größe"] {
            assert!(DeviceName::new(name).is_ok(), "{name}");
            assert!(DeviceName::portable(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_the_kernel_refuses_are_refused() {
        for name in ["", ".", "..", "a/b", "eth0:1", "two words", "tab\t", "sixteen-letters!", "voilà"] {
            assert!(DeviceName::new(name).is_err(), "{name}");
        }
    }

    #[test]
    fn names_that_some_tool_reads_otherwise_are_for_devices_that_are_there_only() {
        for name in [
            "all",
            "default",
            "eth*",
            "br%d",
            "a#b",
            "a=b",
            "'a",
            "a\"",
            "a\\",
            "[a]",
            "a?",
            "@a",
            "$a",
            "a\x1b[m",
            "a\u{202e}b",
            "a\u{2028}b",
        ] {
            assert!(DeviceName::new(name).is_ok(), "{name:?}");
            assert!(DeviceName::portable(name).is_err(), "{name:?}");
        }
    }
}
