//! Confirming a change, or taking it back.
//!
//! Before a change that has to be confirmed is begun, a guard stands ready: a process of its own that ends with nothing but
//! its task. It takes the change back when its time is over, or as soon as the run that makes it is gone.

use super::{Failure, Lock, Machine, Options, Pending, recover};
use std::path::Path;
use std::process::ChildStdin;
use std::thread;
use std::time::Duration;

/// That a change has to be confirmed.
#[derive(Debug, Clone, Copy)]
pub struct Confirmation<'a> {
    /// In this time, once it is made.
    pub within: Duration,
    /// The guard, which begins when it is written to.
    pub guard: &'a ChildStdin,
}

/// Between two looks at what others do.
const PAUSE: Duration = Duration::from_millis(100);
/// So long the guard may be at its work when somebody confirms.
const PATIENCE: Duration = Duration::from_secs(5);

/// Says that the change that waits may stay. Returns whether there was one.
pub fn confirm(state_dir: &Path) -> Result<bool, Failure> {
    let _lock = Lock::take_within(state_dir, PATIENCE)?;
    let waits = Pending::read(state_dir)?.is_some_and(|pending| pending.left().is_some());
    if waits {
        // This first: whoever comes in between finds a change that is confirmed.
        Pending::Confirmed.write(state_dir)?;
        super::recovery::forget_journal(state_dir)?;
        super::history::keep(state_dir)?;
    }
    Ok(waits)
}

/// Takes the change that waits back now. Returns whether there was one.
pub fn take_back(machine: &mut Machine, state_dir: &Path) -> Result<bool, Failure> {
    let _lock = Lock::take_within(state_dir, PATIENCE)?;
    let waits = matches!(Pending::read(state_dir)?, Some(Pending::Waiting { .. }));
    if waits {
        undo(machine, state_dir)?;
    }
    Ok(waits)
}

/// Stands guard over a change until it is confirmed or taken back. Returns whether it had to take it back.
pub fn guard(machine: &mut Machine, state_dir: &Path) -> Result<bool, Failure> {
    loop {
        match Pending::read(state_dir)? {
            None | Some(Pending::Confirmed | Pending::Undone) => return Ok(false),
            Some(Pending::Applying) => {}
            Some(pending @ Pending::Waiting { .. }) => {
                if let Some(left) = pending.left() {
                    thread::sleep(left.min(PAUSE));
                    continue;
                }
            }
        }
        // The run is at work, or it is gone, or the time is over: who has the lock knows.
        match Lock::take(state_dir) {
            Ok(_lock) => {
                let is_over = match Pending::read(state_dir)? {
                    Some(Pending::Applying) => true,
                    Some(pending @ Pending::Waiting { .. }) => pending.left().is_none(),
                    None | Some(Pending::Confirmed | Pending::Undone) => false,
                };
                if is_over {
                    return undo(machine, state_dir).map(|()| true);
                }
            }
            Err(Failure::Locked(_)) => thread::sleep(PAUSE),
            Err(failure) => return Err(failure),
        }
    }
}

fn undo(machine: &mut Machine, state_dir: &Path) -> Result<(), Failure> {
    let options = Options { state_dir: state_dir.to_owned(), ..Options::default() };
    recover(machine, &options)?;
    Pending::Undone.write(state_dir)
}
