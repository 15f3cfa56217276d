//! Names of network devices.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use thiserror::Error;

/// The name of a network device, as the kernel would accept it. Cloning is cheap: clones share the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceName(Arc<str>);

/// A text that can't be the name of a network device.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{name}` is no device name: it takes 1 to 15 bytes, no blank, no `/` or `:`, and is not `.` or `..`"
)]
pub struct InvalidDeviceName {
    /// The text.
    pub name: String,
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
            Err(InvalidDeviceName { name: name.to_owned() })
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

impl From<DeviceName> for String {
    fn from(name: DeviceName) -> Self {
        name.as_str().to_owned()
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
        }
    }

    #[test]
    fn names_that_the_kernel_refuses_are_refused() {
        for name in ["", ".", "..", "a/b", "eth0:1", "two words", "tab\t", "sixteen-letters!", "voilà"] {
            assert!(DeviceName::new(name).is_err(), "{name}");
        }
    }
}
