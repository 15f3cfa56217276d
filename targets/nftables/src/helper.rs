//! Names of connection tracking helpers.

use crate::symbol::is_number_in_json;
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
