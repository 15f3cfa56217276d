//! Lists and negation.

use super::{FromText, Keyword, Mistake};
use crate::catalog::Field;
use crate::ir::firewall::Condition;
use rosc_target::Origin;
use std::collections::BTreeSet;

/// Values divided by commas; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<Piece<T>>);

/// A value of a list with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<T> {
    /// The value.
    pub value: T,
    /// Offsets in the decoded text of the list.
    at: (usize, usize),
    /// Length of the decoded text of the list.
    of: usize,
}

/// A set of words divided by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set<K>(pub BTreeSet<K>);

/// A value that `!` turns into its opposite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negatable<T>(pub Condition<T>);

impl<T: FromText> FromText for List<T> {
    const SHAPE: &'static str = T::SHAPE;

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let mut start = 0;
        let pieces = text.split(',').map(|part| {
            let at = (start, start + part.len());
            start += part.len() + 1;
            if part.is_empty() {
                return Err(Mistake::with("there is nothing between two commas"));
            }
            Ok(Piece { value: T::from_text(part)?, at, of: text.len() })
        });
        Ok(Self(pieces.collect::<Result<_, _>>()?))
    }
}

impl<T> Piece<T> {
    /// The origin of the piece inside its property's value: exact where the text needs no decoding.
    pub fn origin<U>(&self, field: &Field<U>) -> Origin {
        let whole = field.origin;
        let quotes = match (whole.end - whole.start) as usize {
            length if length == self.of => 0,
            length if length == self.of + 2 => 1,
            _ => return whole,
        };
        let offset = |at: usize| whole.start + quotes + u32::try_from(at).expect("texts are below 4 GiB");
        Origin { start: offset(self.at.0), end: offset(self.at.1), ..whole }
    }
}

impl<K: Keyword + Ord> FromText for Set<K> {
    const SHAPE: &'static str = <K as Keyword>::SHAPE;

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let List(pieces) = List::<K>::from_text(text)?;
        Ok(Self(pieces.into_iter().map(|piece| piece.value).collect()))
    }
}

impl<T: FromText> FromText for Negatable<T> {
    const SHAPE: &'static str = T::SHAPE;

    fn from_text(text: &str) -> Result<Self, Mistake> {
        Ok(Self(match text.strip_prefix('!') {
            Some("") => return Err(Mistake::with("a value follows the `!`")),
            Some(rest) => Condition::IsNot(T::from_text(rest)?),
            None => Condition::Is(T::from_text(text)?),
        }))
    }
}
