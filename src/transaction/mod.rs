//! Changes the machine, or leaves it as it was.
//!
//! lock → take back what an earlier run left half done → observe → plan → write the journal → apply → observe again
//! and compare → done, or undo. A change that has to be confirmed keeps its journal until it is. Everything acts in the network namespace of the calling thread.

mod confirm;
pub mod history;
mod journal;
mod lock;
mod machine;
mod names;
mod pending;
mod recovery;
mod verified;

pub use confirm::{Confirmation, confirm, guard, take_back};
pub use machine::{Machine, OWN_BPF_FS, Unread, bpf_fs};
pub use names::resolve_names;
pub use pending::Pending;
pub use recovery::recover;

use crate::lower::Desired;
use crate::plan::{Leeway, Plan, Planned, Step, plan, plan_with};
use history::{Entry, NotKept};
use journal::{Journal, JournalError};
use lock::Lock;
pub(crate) use lock::Quiet;
use rosc_target::TargetError;
use std::io;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use thiserror::Error;
use verified::Verified;

/// So long somebody may keep runs off who is none. Another run takes longer.
const PATIENCE: Duration = Duration::from_millis(500);

/// How to go about it.
#[derive(Debug, Default)]
pub struct Options<'a> {
    /// Where the journal and the record of former settings are kept.
    pub state_dir: PathBuf,
    /// Becomes true when somebody wants the run to stop: what was begun is taken back.
    pub interrupted: Option<&'a AtomicBool>,
    /// If the change is to be taken back unless somebody confirms it.
    pub confirmation: Option<Confirmation<'a>>,
    /// What may be done about what is in the way.
    pub leeway: Leeway,
    /// For tests: what to do before each change, counted from 0; an error is taken for a refusal by the kernel.
    pub fault: Option<Fault>,
}

/// For tests of the undo: the run fails once this many changes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The number of changes that still succeed.
    pub after: usize,
}

/// What was done.
#[derive(Debug)]
pub struct Applied {
    /// What had to be done.
    pub plan: Plan,
    /// Whether an earlier run had been cut off and was taken back first.
    pub recovered: bool,
    /// Whether the change waits to be confirmed.
    pub waits: bool,
    /// What was left for later.
    pub pending: Vec<rosc_route::Pending>,
    /// Kernel modules that are not there, without which addresses inside of connections are not translated.
    pub missing_modules: Vec<String>,
}

/// Why the machine is not as asked.
#[derive(Debug, Error)]
pub enum Failure {
    /// Someone else is at it.
    #[error("{0}")]
    Locked(String),
    /// A change waits to be confirmed; nothing was changed.
    #[error("a change waits to be confirmed, for {} seconds more", left.as_secs())]
    Waiting {
        /// How long it waits still.
        left: Duration,
    },
    /// There is no state to go back to; nothing else was changed.
    #[error("no state is kept that can be restored")]
    NothingKept {
        /// Why there is none.
        why: NotKept,
        /// Whether an earlier run had been cut off and was taken back first.
        recovered: bool,
    },
    /// The state directory can't be used.
    #[error("{operation} {}: {error}", path.display())]
    StateDir {
        /// What was tried.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// The machine could not be read; nothing was changed.
    #[error(transparent)]
    Observe(TargetError),
    /// What an earlier run left half done could not be taken back, and nothing else was changed.
    #[error("could not take back what an earlier run has left: {0}")]
    NotRecovered(TargetError),
    /// Foreign objects are in the way; nothing was changed.
    #[error("{} foreign objects are in the way", plan.conflicts.len())]
    Conflicts {
        /// The plan that names them.
        plan: Box<Plan>,
    },
    /// A change was refused, or the run was stopped; everything that was done is taken back.
    #[error("{cause}")]
    Undone {
        /// What went wrong.
        cause: Box<Cause>,
        /// What could not be taken back, if anything.
        left: Option<Box<TargetError>>,
    },
}

/// What made a run take everything back.
#[derive(Debug, Error)]
pub enum Cause {
    /// The kernel refused a change.
    #[error(transparent)]
    Refused(TargetError),
    /// After all changes the machine was not as asked.
    #[error("after the change, {} differences are left", left.len())]
    NotVerified {
        /// The differences.
        left: Plan,
    },
    /// Somebody wanted the run to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Brings the machine to the desired state, or leaves it as it was.
pub fn apply(machine: &mut Machine, desired: &Desired, options: &Options<'_>) -> Result<Applied, Failure> {
    let (_lock, recovered) = begin(machine, options)?;
    bring_to(machine, desired, options, recovered)
}

/// Brings the machine to the state that was kept last, or leaves it as it was. Returns which one it is, too.
pub fn restore(machine: &mut Machine, options: &Options<'_>) -> Result<(Entry, Applied), Failure> {
    let (_lock, recovered) = begin(machine, options)?;
    let (entry, desired) =
        history::last(&options.state_dir)?.map_err(|why| Failure::NothingKept { why, recovered })?;
    Ok((entry, bring_to(machine, &desired, options, recovered)?))
}

/// Takes the lock, and brings an earlier run to an end. Says whether that took anything back.
fn begin(machine: &mut Machine, options: &Options<'_>) -> Result<(Lock, bool), Failure> {
    let lock = Lock::take_within(&options.state_dir, PATIENCE)?;
    if let Some(left) = Pending::read(&options.state_dir)?.and_then(|pending| pending.left()) {
        return Err(Failure::Waiting { left });
    }
    let recovered = recover(machine, options)?;
    Pending::forget(&options.state_dir)?;
    Ok((lock, recovered))
}

fn bring_to(
    machine: &mut Machine,
    desired: &Desired,
    options: &Options<'_>,
    recovered: bool,
) -> Result<Applied, Failure> {
    machine.look_at(desired.sysctl.settings.keys().cloned());
    let verified = Verified::new(&options.state_dir, &desired.nftables);
    let observed = machine.observe_knowing(&verified).map_err(Failure::Observe)?;
    let Planned { wanted, pending, plan } = plan_with(desired, &observed, options.leeway);
    if !plan.conflicts.is_empty() {
        return Err(Failure::Conflicts { plan: Box::new(plan) });
    }
    if plan.steps.is_empty() {
        verified.keep(&observed.nftables);
        // It is asked for all the same: another state may have been the last to be kept.
        history::propose(&options.state_dir, desired, 0)?;
        history::keep(&options.state_dir)?;
        return Ok(Applied { plan, recovered, waits: false, pending, missing_modules: Vec::new() });
    }
    let journal = Journal::write(&options.state_dir, &plan.steps).map_err(journal_failure)?;
    if let Some(Confirmation { mut guard, .. }) = options.confirmation {
        Pending::Applying.write(&options.state_dir)?;
        let path = options.state_dir.clone();
        let deaf = |error| Failure::StateDir { operation: "wake the guard of", path, error };
        guard.write_all(b"!").map_err(deaf)?;
    }
    let (outcome, missing_modules) = thread::scope(|scope| {
        // It takes the kernel some time to tell, and the changes need no answer.
        let modules = scope.spawn(|| machine::missing_modules(&wanted, &plan.steps));
        let outcome = execute(machine, &plan.steps, options)
            .and_then(|()| verify(machine, &wanted, &verified))
            .and_then(|()| history::propose(&options.state_dir, desired, plan.len()).map_err(not_proposed));
        (outcome, modules.join().expect("reading does not panic"))
    });
    match outcome {
        Ok(()) => {
            match options.confirmation {
                Some(Confirmation { within, .. }) => Pending::waiting(within).write(&options.state_dir)?,
                None => {
                    journal.remove().map_err(journal_failure)?;
                    history::keep(&options.state_dir)?;
                }
            }
            let waits = options.confirmation.is_some();
            Ok(Applied { plan, recovered, waits, pending, missing_modules })
        }
        Err(cause) => {
            let left = undo(machine, &plan.steps).err();
            if left.is_none() {
                history::discard(&options.state_dir)?;
                journal.remove().map_err(journal_failure)?;
                Pending::forget(&options.state_dir)?;
            }
            Err(Failure::Undone { cause: Box::new(cause), left: left.map(Box::new) })
        }
    }
}

fn execute(machine: &mut Machine, steps: &[Step], options: &Options<'_>) -> Result<(), Cause> {
    let mut done = 0;
    for step in steps {
        if options.interrupted.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Err(Cause::Interrupted);
        }
        match options.fault {
            Some(Fault { after }) if after < done + step.len() => {
                return Err(machine.apply_part(step, after - done));
            }
            Some(_) | None => machine.apply(step).map_err(Cause::Refused)?,
        }
        done += step.len();
    }
    Ok(())
}

/// The kernel may have taken a change and still not hold what was asked for.
fn verify(machine: &mut Machine, desired: &Desired, verified: &Verified<'_>) -> Result<(), Cause> {
    let observed = machine.observe_knowing(verified).map_err(Cause::Refused)?;
    let left = plan(desired, &observed);
    if !left.is_empty() {
        return Err(Cause::NotVerified { left });
    }
    verified.keep(&observed.nftables);
    Ok(())
}

/// What can't be gone back to later is taken back now.
fn not_proposed(failure: Failure) -> Cause {
    Cause::Refused(TargetError {
        origin: None,
        operation: "keep",
        object: "the state for the history".to_owned(),
        errno: None,
        message: failure.to_string(),
    })
}

/// Takes the steps back, last first. Goes on after a failure, so that as much as possible is as it was.
fn undo(machine: &mut Machine, steps: &[Step]) -> Result<(), TargetError> {
    let mut first_error = None;
    for step in steps.iter().rev() {
        if let Err(error) = machine.undo(step) {
            first_error.get_or_insert(error);
        }
    }
    first_error.map_or(Ok(()), Err)
}

fn journal_failure(JournalError { operation, path, error }: JournalError) -> Failure {
    Failure::StateDir { operation, path, error }
}
