//! What a service manager is told, where one has started the process.

use rosc_target::TargetError;
use sd_notify::{NotifyState, notify, watchdog_enabled};
use std::io;
use std::time::Duration;

/// The service that the process is, if it is one; without a manager nobody is told.
#[derive(Debug)]
pub(super) struct Service {
    /// In which time the manager wants to hear something, if it does.
    watchdog: Option<Duration>,
}

impl Service {
    pub(super) fn of_this_process() -> Self {
        Self { watchdog: watchdog_enabled() }
    }

    /// How long may be waited at most: half of what the manager waits.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.watchdog.map(|time| time / 2)
    }

    /// What is asked for is done from now on.
    pub(super) fn ready(&self) -> Result<(), TargetError> {
        tell(NotifyState::Ready)
    }

    /// It still is.
    pub(super) fn alive(&self) -> Result<(), TargetError> {
        self.watchdog.map_or(Ok(()), |_| tell(NotifyState::Watchdog))
    }

    /// It comes to its end.
    pub(super) fn stopping(&self) -> Result<(), TargetError> {
        tell(NotifyState::Stopping)
    }
}

fn tell(state: NotifyState<'_>) -> Result<(), TargetError> {
    notify(&[state]).map_err(|error| failed("tell", "the service manager", error))
}

/// The system refused something that is no target's.
pub(super) fn failed(operation: &'static str, object: &str, error: io::Error) -> TargetError {
    TargetError {
        origin: None,
        operation,
        object: object.to_owned(),
        errno: error.raw_os_error(),
        message: error.to_string(),
    }
}
