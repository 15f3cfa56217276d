//! The contract between the compiler and a part of Linux.

use crate::{Conflict, TargetError};
use serde::{Serialize, de::DeserializeOwned};

/// What has to change, and what stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff<C> {
    /// The changes, in an order in which they can be applied.
    pub changes: Vec<C>,
    /// Foreign objects in the way; while there are any, the changes must not be applied.
    pub conflicts: Vec<Conflict>,
}

impl<C> Default for Diff<C> {
    fn default() -> Self {
        Self { changes: Vec::new(), conflicts: Vec::new() }
    }
}

/// One part of Linux that can be described as a value, compared and changed.
///
/// The law: after `apply(diff(desired, observe()))`, `diff(desired, observe())` is empty; and after `undo` of
/// the same changes, what is observed is what was observed before, whatever part of them took place.
pub trait Target {
    /// The name of the part in plans and journals.
    const NAME: &'static str;

    /// The objects that rosc owns in this part. Desired and observed state are this same type; whatever the
    /// kernel adds or reorders is normalised once, in [`Target::observe`].
    type State: Clone + Default + PartialEq + Serialize + DeserializeOwned;

    /// What there is: the owned state, and what must be known of foreign objects to keep clear of them.
    type Observed;

    /// One change with both of its sides, so that its inverse needs nothing else.
    type Change: Clone + PartialEq + Serialize + DeserializeOwned;

    /// Reads what the kernel has.
    fn observe(&mut self) -> Result<Self::Observed, TargetError>;

    /// Compares; pure.
    fn diff(desired: &Self::State, observed: &Self::Observed) -> Diff<Self::Change>;

    /// Makes the changes, in order, and stops at the first that is refused.
    fn apply(&mut self, changes: &[Self::Change]) -> Result<(), TargetError>;

    /// Takes the changes back. It reads the kernel first and reverts only what took place, so it can follow
    /// an apply that stopped or was killed at any point, and can itself be repeated.
    fn undo(&mut self, changes: &[Self::Change]) -> Result<(), TargetError>;
}
