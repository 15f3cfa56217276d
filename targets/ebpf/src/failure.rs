//! What the kernel said, as an error of a target.

use rosc_target::{Origin, TargetError};
use std::error::Error;
use std::io;

/// An error about an object, with the kernel's number where one is behind it.
pub(crate) fn failed(
    operation: &'static str,
    object: impl Into<String>,
    origin: Option<Origin>,
    error: &(dyn Error + 'static),
) -> TargetError {
    let mut message = error.to_string();
    let mut errno = None;
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            errno = io.raw_os_error();
            message = io.to_string();
        }
        cause = error.source();
    }
    TargetError { origin, operation, object: object.into(), errno, message }
}
