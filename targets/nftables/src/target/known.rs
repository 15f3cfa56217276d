//! What is known of the kernel from what it has acknowledged.

use crate::edit::{After, Made};
use crate::name::Name;
use crate::observed::Observed;
use crate::state::Family;
use crate::values::Values;
use std::collections::{BTreeMap, BTreeSet};

/// The elements of sets at a generation that came of our own transactions alone.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) generation: u32,
    /// What was read before.
    pub(super) before: Observed,
    /// What of it may be other elements now.
    pub(super) touched: BTreeSet<(Family, Name)>,
    /// Sets that were filled element by element as the kernel has them, each of which it has acknowledged.
    pub(super) filled: BTreeMap<(Family, Name), Values>,
    /// After an edit of rules, what all is to be, and the rules that came.
    pub(super) after: Option<(After, Made)>,
}

impl Known {
    pub(super) fn elements(&self, generation: u32, family: Family, name: &Name) -> Option<&Values> {
        if self.generation != generation || self.after.is_some() {
            return None;
        }
        let key = (family, name.clone());
        if let Some(values) = self.filled.get(&key) {
            return Some(values);
        }
        let set = self.before.state.tables.get(&family)?.sets.get(name)?;
        let is_as_it_was = !self.touched.contains(&key) && !self.before.is_uneven(family, name);
        is_as_it_was.then(|| set.elements())
    }
}
