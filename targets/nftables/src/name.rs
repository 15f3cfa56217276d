//! Names of chains and sets.

use crate::kind::Named;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;
use thiserror::Error;

/// The name of a chain or a set.
///
/// The kernel takes any bytes, but nft can't read back its own listing unless a name is a letter followed by
/// letters, digits, `_`, `.`, `-` or `/`; so only such names can be made, with at most 255 bytes. Words of
/// nft's language (`drop`, `mark`) work nevertheless only in JSON: names with an underscore are never one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

/// A text can't be the name of a chain or set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} can't be the name of a chain or set: it has to be a letter followed by letters, digits, _ . - /"
)]
pub struct InvalidName(String);

impl Name {
    /// `NFT_NAME_MAXLEN` of the kernel, less the final zero byte.
    const MAX_LENGTH: usize = 255;

    /// Returns the name, if nft can read it back.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
        let goes_on_well = text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-/".contains(c));
        if starts_well && goes_on_well && text.len() <= Self::MAX_LENGTH {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName(text.to_owned()))
        }
    }

    /// Takes a name from the kernel, where somebody else may have chosen it.
    pub(crate) fn listed(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a set of values of the kind `K`, so that only fitting selectors can look into it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetName<K: Named> {
    name: Name,
    kind: PhantomData<K>,
}

impl<K: Named> SetName<K> {
    /// Returns the name, if nft can read it back.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        Ok(Self { name: Name::new(text)?, kind: PhantomData })
    }

    /// The name without the kind.
    pub fn name(&self) -> &Name {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_nft_cannot_read_back_are_refused() {
        for text in ["", "1a", "a b", "rosc:x", "é", "a\"", "-a", &"a".repeat(256)] {
            assert!(Name::new(text).is_err(), "{text:?}");
        }
        for text in ["a", "u_web.in-1/2", &"a".repeat(255)] {
            assert_eq!(Name::new(text).unwrap().as_str(), text);
        }
    }
}
