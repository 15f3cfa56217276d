//! What went wrong, in the terms of all targets.

use crate::Change;
use crate::netlink::Refusal;
use rosc_target::{Conflict, TargetError};
use std::io;

/// What is read and taken back: all of it at once.
const EVERYTHING: &str = "links, addresses, routes and rules";

/// The socket could not be opened.
pub(crate) fn opening(error: io::Error) -> TargetError {
    TargetError {
        origin: None,
        operation: "open",
        object: "the routing netlink socket".to_owned(),
        errno: error.raw_os_error(),
        message: error.to_string(),
    }
}

/// The kernel did not tell what it has.
pub(crate) fn reading(refusal: Refusal) -> TargetError {
    kernel("read", EVERYTHING.to_owned(), refusal)
}

/// The kernel refused something, in its own words.
pub(crate) fn kernel(operation: &'static str, object: String, refusal: Refusal) -> TargetError {
    let Refusal { errno, message } = refusal;
    TargetError { origin: None, operation, object, errno: Some(errno), message }
}

/// The kernel refused a change.
pub(crate) fn refused(change: &Change, refusal: Refusal) -> TargetError {
    let origin = Some(change.origin()).filter(|origin| !origin.is_implied());
    TargetError { origin, ..kernel(change.operation(), change.object(), refusal) }
}

/// The change was not even sent.
pub(crate) fn not_sent(change: &Change, message: String) -> TargetError {
    let origin = Some(change.origin()).filter(|origin| !origin.is_implied());
    TargetError { origin, operation: change.operation(), object: change.object(), errno: None, message }
}

/// A change was not taken back, because a foreign object would suffer.
pub(crate) fn left_in_place(conflict: Conflict) -> TargetError {
    let Conflict { origin, wanted, foreign } = conflict;
    TargetError { origin: Some(origin), operation: "undo", object: wanted, errno: None, message: foreign }
}

/// Taking back did not come to an end.
pub(crate) fn not_settled() -> TargetError {
    TargetError {
        origin: None,
        operation: "undo",
        object: EVERYTHING.to_owned(),
        errno: None,
        message: "someone else keeps changing them".to_owned(),
    }
}
