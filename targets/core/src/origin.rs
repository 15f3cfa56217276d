//! Where an object comes from.

use std::fmt;

/// The piece of source text that an object comes from.
///
/// Targets carry it and hand it back; only the compiler's source table turns it into file, line and column.
/// An origin is no part of what an object *is*: two objects that differ by nothing else are equal, which is
/// why every origin equals every other. [`Origin::is_same_place`] compares the places.
#[derive(Clone, Copy, Default)]
pub struct Origin {
    /// Index of the file in the compiler's source table, counted from 1; 0 for an object that no line asked
    /// for (a default).
    pub file: u32,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Origin {
    /// An object that no line asked for: it follows from a default.
    pub const IMPLIED: Self = Self { file: 0, start: 0, end: 0 };

    /// Says whether no line asked for the object.
    pub fn is_implied(self) -> bool {
        self.file == 0
    }

    /// Says whether both are the same piece of the same file.
    pub fn is_same_place(self, other: Self) -> bool {
        (self.file, self.start, self.end) == (other.file, other.start, other.end)
    }

    /// The smallest piece that holds both, if they lie in the same file; otherwise this one.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origin {}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_implied() {
            f.write_str("implied")
        } else {
            write!(f, "{}:{}..{}", self.file, self.start, self.end)
        }
    }
}
