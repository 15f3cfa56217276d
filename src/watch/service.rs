//! What a service manager is told, where one has started the process.

use rosc_target::TargetError;
use sd_notify::{NotifyState, notify, watchdog_enabled};
use std::io;
use std::time::{Duration, Instant};

/// The service that the process is, if it is one; without a manager nobody is told.
#[derive(Debug)]
pub(super) struct Service {
    /// How often the manager is told that the process is alive, if it wants to hear it, and when it was last.
    alive: Option<(Duration, Instant)>,
}

impl Service {
    pub(super) fn of_this_process() -> Self {
        // Twice in the time in which it has to be.
        Self { alive: watchdog_enabled().map(|time| (time / 2, Instant::now())) }
    }

    /// How long may be waited at most until there is something to tell.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.alive.map(|(every, told)| every.saturating_sub(told.elapsed()))
    }

    /// What is asked for is done from now on.
    pub(super) fn ready(&self) -> Result<(), TargetError> {
        tell(NotifyState::Ready)
    }

    /// It still is. However often this is called, the manager is told no more often than it wants: its queue is short.
    pub(super) fn alive(&mut self) -> Result<(), TargetError> {
        match &mut self.alive {
            Some((every, told)) if told.elapsed() >= *every => {
                *told = Instant::now();
                tell(NotifyState::Watchdog)
            }
            _ => Ok(()),
        }
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
