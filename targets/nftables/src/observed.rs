//! What was read from the kernel.

use crate::name::Name;
use crate::state::{Family, State};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the kernel has in our tables. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Our tables.
    pub state: Arc<State>,
    /// The number of the ruleset generation that was read: as long as the kernel's own is the same, nobody
    /// has changed any rule.
    pub generation: u32,
    pub(crate) details: Arc<BTreeMap<Family, Details>>,
}

/// What the kernel has beside the state, by which its objects are addressed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Details {
    /// The handles of each chain's rules, in order.
    pub(crate) handles: BTreeMap<Name, Vec<u64>>,
    /// The sets from which single elements can't be deleted.
    pub(crate) uneven: BTreeSet<Name>,
}

impl Observed {
    pub(crate) fn handles(&self, family: Family, chain: &Name) -> &[u64] {
        let handles = self.details.get(&family).and_then(|details| details.handles.get(chain));
        handles.map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether all sets have the very elements of the state in the kernel: somebody may have divided an interval in two.
    pub fn is_even(&self) -> bool {
        self.details.values().all(|details| details.uneven.is_empty())
    }

    pub(crate) fn is_uneven(&self, family: Family, set: &Name) -> bool {
        self.details.get(&family).is_some_and(|details| details.uneven.contains(set))
    }
}

/// A state that was not read from the kernel, to compare with.
impl From<State> for Observed {
    fn from(state: State) -> Self {
        Self { state: Arc::new(state), ..Self::default() }
    }
}
