//! Names of settings.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The path of a setting below `/proc/sys`: `net/ipv4/ip_forward`.
///
/// Slashes divide the parts, because a dot may be part of a device's name. sysctl(8) reads this form too.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

/// A text that is no path of a setting.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{text}` is no name of a kernel setting: it takes parts with slashes between, such as net/ipv4/ip_forward"
)]
pub struct InvalidKey {
    /// The text.
    pub text: String,
}

impl Key {
    /// The path below `/proc/sys`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The device that it is a setting of (`net/ipv4/conf/DEVICE/...`); `None` for what concerns all of them.
    pub fn device(&self) -> Option<&str> {
        let mut parts = self.0.split('/').skip_while(|part| *part != "conf").skip(1);
        parts.next().filter(|device| !matches!(*device, "all" | "default"))
    }
}

impl FromStr for Key {
    type Err = InvalidKey;

    /// Takes a path whose parts can't lead out of `/proc/sys`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_part =
            |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\0', '\n']);
        if text.split('/').count() > 1 && text.split('/').all(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidKey { text: text.to_owned() })
        }
    }
}

impl TryFrom<String> for Key {
    type Error = InvalidKey;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_may_have_a_dot_in_its_name() {
        assert!("net/ipv4/conf/eth0.100/rp_filter".parse::<Key>().is_ok());
    }

    #[test]
    fn a_setting_of_a_device_says_which_one() {
        let device = |key: &str| key.parse::<Key>().expect("a key").device().map(str::to_owned);
        assert_eq!(device("net/ipv4/conf/eth0.100/rp_filter").as_deref(), Some("eth0.100"));
        assert_eq!(device("net/ipv6/conf/all/forwarding"), None);
        assert_eq!(device("net/ipv4/ip_forward"), None);
    }

    #[test]
    fn a_key_can_not_lead_out_of_its_directory() {
        for text in
            ["net/../../etc/passwd", "/net/ipv4/ip_forward", "net//x", "ip_forward", "net/./x", "net/a\nb"]
        {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }
}
