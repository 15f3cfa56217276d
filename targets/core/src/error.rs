//! How a target says what went wrong.

use crate::Origin;
use thiserror::Error;

/// A part of Linux refused something, or could not be read.
#[derive(Debug, Clone, Error)]
#[error("{operation} {object}: {message}")]
pub struct TargetError {
    /// The line that asked for the object at fault; `None` where no single object is at fault.
    pub origin: Option<Origin>,
    /// What was tried: `add`, `replace`, `delete`, `read`.
    pub operation: &'static str,
    /// The object in the words of Linux, as a listing tool would show it.
    pub object: String,
    /// The error number, where the kernel gave one.
    pub errno: Option<i32>,
    /// The kernel's own words where it has any (extended ack, the tool's message), else the text of `errno`.
    pub message: String,
}

/// An object that rosc did not make stands where one of ours has to go.
///
/// Nothing is applied while there is a conflict: foreign objects are never changed or removed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Conflict {
    /// The line that asks for our object.
    #[serde(skip)]
    pub origin: Origin,
    /// Our object, in the words of Linux.
    pub wanted: String,
    /// The foreign object, in the words of Linux.
    pub foreign: String,
}
