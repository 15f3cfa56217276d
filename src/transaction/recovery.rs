//! An earlier run that was cut off is brought to its end.
//!
//! As long as there is a journal, a change is not decided: its state is proposed to the history and no more. Removing the
//! journal decides it, and so does the word that it is confirmed. What is proposed without a journal stays.

use super::journal::{Found, Journal};
use super::{Failure, Machine, Options, Pending, history, journal_failure, undo};
use std::path::Path;

/// Takes back what a run that was cut off has left. Returns whether there was any.
pub fn recover(machine: &mut Machine, options: &Options<'_>) -> Result<bool, Failure> {
    let state_dir = &options.state_dir;
    let found = Journal::find(state_dir).map_err(journal_failure)?;
    let is_decided = Pending::was_confirmed(state_dir)?;
    let (journal, steps) = match found {
        // Whoever made or confirmed it was cut off before it was kept.
        Found::Nothing => return history::keep(state_dir).map(|()| false),
        Found::EarlierStart(journal) | Found::CutOff(journal, _) if is_decided => {
            journal.remove().map_err(journal_failure)?;
            return history::keep(state_dir).map(|()| false);
        }
        // The kernel has forgotten it.
        Found::EarlierStart(journal) => (journal, Vec::new()),
        Found::CutOff(journal, steps) => (journal, steps),
    };
    undo(machine, &steps).map_err(Failure::NotRecovered)?;
    history::discard(state_dir)?;
    journal.remove().map_err(journal_failure)?;
    Ok(!steps.is_empty())
}

/// There is nothing to take back any more.
pub(super) fn forget_journal(state_dir: &Path) -> Result<(), Failure> {
    match Journal::find(state_dir).map_err(journal_failure)? {
        Found::Nothing => Ok(()),
        Found::EarlierStart(journal) | Found::CutOff(journal, _) => journal.remove().map_err(journal_failure),
    }
}
