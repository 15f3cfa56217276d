//! Connection tracking helpers: kernel code that looks into connections and expects others that they announce.

use crate::keyword::keywords;
use crate::symbol::is_number_in_json;
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// The kernel's name of a connection tracking helper, as in `ftp`, `sip` or `Q.931`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HelperName(String);

/// A text can't be the name of a connection tracking helper.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} can't be the name of a connection tracking helper: it has to be 1 to 15 letters, digits, _ . -"
)]
pub struct InvalidHelper(String);

impl HelperName {
    /// `NF_CT_HELPER_NAME_LEN` of the kernel, less the final zero byte.
    const MAX_LENGTH: usize = 15;

    /// Returns the name, if both the kernel and nft can take it.
    pub fn new(text: &str) -> Result<Self, InvalidHelper> {
        let is_short = (1..=Self::MAX_LENGTH).contains(&text.len());
        let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        if is_short && is_plain && !is_number_in_json(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidHelper(text.to_owned()))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A helper that rules can assign to connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CtHelper {
    /// The line that asks for it.
    #[serde(skip)]
    pub origin: Origin,
    /// The kernel's name for it. The kernel must have it, for this protocol and the family of the table.
    #[serde(rename = "type")]
    pub helper: HelperName,
    /// The transport protocol of the connections.
    pub protocol: HelperProtocol,
}

keywords! {
    /// A transport protocol that helpers look into.
    pub enum HelperProtocol {
        /// TCP.
        Tcp = "tcp",
        /// UDP.
        Udp = "udp",
    }
}

/// Its name and protocol.
impl fmt::Display for CtHelper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.helper, self.protocol)
    }
}

impl fmt::Display for HelperName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_nft_can_write_are_taken() {
        for text in ["ftp", "ftp-2121", "Q.931", "netbios-ns"] {
            assert_eq!(HelperName::new(text).unwrap().as_str(), text);
        }
        for text in ["", "a b", "a\"", "@ftp", "tcp", "0123456789abcdef"] {
            assert!(HelperName::new(text).is_err(), "{text:?}");
        }
    }
}
