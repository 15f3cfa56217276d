//! The target itself: observe, diff, apply, undo.

use crate::change::Change;
use crate::command::{Command, commands};
use crate::diff;
use crate::kernel::{self, TableStatus};
use crate::nft::{Mode, Nft, Outcome};
use crate::observed::{Details, Observed};
use crate::read;
use crate::refusal;
use crate::revert::revert;
use crate::state::{Family, State, TABLE};
use rosc_target::{Diff, Target, TargetError};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::sync::Arc;

/// Our nftables tables in the calling thread's network namespace.
///
/// A value belongs to one namespace: what it remembers of one would be wrong in another.
#[derive(Debug, Clone)]
pub struct Nftables {
    nft: Nft,
    last: Option<Observed>,
}

/// How often reading starts again because somebody changed a rule meanwhile.
const MAX_ATTEMPTS: usize = 5;

impl Nftables {
    /// The target, with the program `nft` from the search path.
    pub fn new() -> Self {
        Self::with_program("nft")
    }

    /// The target, with another name or path of `nft`.
    pub fn with_program(program: impl Into<OsString>) -> Self {
        Self { nft: Nft::new(program), last: None }
    }

    /// Returns the number of the kernel's ruleset generation, which changes with every transaction of
    /// anybody.
    ///
    /// If it is that of an [`Observed`], observing again would bring the same. Takes microseconds.
    pub fn generation(&self) -> Result<u32, TargetError> {
        kernel::generation().map_err(kernel_error)
    }

    /// Returns a state as observed, without reading it, if the kernel is still at a generation at which it was found to
    /// hold that state: nobody has made a transaction since, and there are tables of ours where the state has any.
    ///
    /// The number belongs to the namespace in which it was read. Takes microseconds.
    pub fn observe_unchanged(&self, generation: u32, state: &State) -> Result<Option<Observed>, TargetError> {
        for family in Family::ALL {
            let is_there = kernel::table_status(*family).map_err(kernel_error)?;
            let expected = state.tables.get(family).map_or(TableStatus::Absent, |_| TableStatus::Active);
            if is_there != expected {
                return Ok(None);
            }
        }
        let is_unchanged = self.generation()? == generation;
        Ok(is_unchanged.then(|| Observed { generation, ..state.clone().into() }))
    }

    fn read(&self) -> Result<Observed, TargetError> {
        let mut attempt = 1;
        loop {
            let generation = self.generation()?;
            let tables = Family::ALL.iter().map(|&family| Ok((family, self.read_table(family)?)));
            let tables: Result<Vec<_>, TargetError> = tables.collect();
            let is_consistent = self.generation()? == generation;
            match tables {
                Ok(tables) if is_consistent || attempt == MAX_ATTEMPTS => {
                    return Ok(observed(generation, tables));
                }
                Err(error) if is_consistent || attempt == MAX_ATTEMPTS => return Err(error),
                Ok(_) | Err(_) => attempt += 1,
            }
        }
    }

    fn read_table(&self, family: Family) -> Result<Option<read::Listing>, TargetError> {
        let error = |message: String| TargetError {
            origin: None,
            operation: "read",
            object: format!("table {family} {TABLE}"),
            errno: None,
            message,
        };
        match kernel::table_status(family).map_err(kernel_error)? {
            TableStatus::Absent => return Ok(None),
            TableStatus::Active => {}
            TableStatus::Dormant => {
                let advice =
                    format!("somebody has made it dormant; nft add table {family} {TABLE} wakes it up");
                return Err(error(advice));
            }
        }
        match self.nft.list_table(family.keyword(), TABLE)? {
            Outcome::Done(json) => {
                read::listing(&json).map(Some).map_err(|e| error(format!("nft's listing: {e}")))
            }
            Outcome::Refused(message) | Outcome::Crashed(message) => Err(error(refusal::readable(&message))),
        }
    }

    /// Returns what the kernel has now, without reading it if nobody changed anything since the last time.
    fn current(&mut self) -> Result<Observed, TargetError> {
        match &self.last {
            Some(last) if last.generation == self.generation()? => Ok(last.clone()),
            Some(_) | None => self.observe(),
        }
    }

    fn load(&self, commands: &[Command<'_>]) -> Result<(), TargetError> {
        let before = self.generation()?;
        match self.nft.load(Mode::Apply, commands.iter().map(|command| command.json.as_str()))? {
            Outcome::Done(_) => {}
            Outcome::Refused(message) => return Err(refusal::explain(&self.nft, commands, &message)),
            Outcome::Crashed(message) if self.generation()? == before => {
                return Err(refusal::explain(&self.nft, commands, &message));
            }
            Outcome::Crashed(message) => {
                return Err(self
                    .nft
                    .error(None, format!("{message}, perhaps after it had made the changes")));
            }
        }
        // nft 1.0.6 takes standard input that it can't read as JSON for an empty script, and reports success.
        if self.generation()? == before {
            return Err(self.nft.error(None, "it reported success but changed nothing".to_owned()));
        }
        Ok(())
    }
}

impl Default for Nftables {
    fn default() -> Self {
        Self::new()
    }
}

impl Target for Nftables {
    const NAME: &'static str = "nftables";

    type State = State;
    type Observed = Observed;
    type Change = Change;

    /// Reads our tables. Other tables are not read, however large they are.
    fn observe(&mut self) -> Result<Observed, TargetError> {
        self.nft.require()?;
        let observed = self.read()?;
        self.last = Some(observed.clone());
        Ok(observed)
    }

    /// There are no conflicts: a table of another name or family never stands in the way of ours.
    fn diff(desired: &State, observed: &Observed) -> Diff<Change> {
        Diff { changes: diff::changes(&observed.state, desired), conflicts: Vec::new() }
    }

    /// Makes all changes in one transaction, or none of them.
    fn apply(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        if changes.is_empty() {
            return Ok(());
        }
        let current = self.current()?;
        let commands = commands(changes, &current)?;
        self.last = None;
        self.load(&commands)
    }

    /// Rules come back with what they had counted when the changes were planned.
    fn undo(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        let observed = self.observe()?;
        let mut before = State::clone(&observed.state);
        revert(&mut before, changes);
        self.apply(&diff::changes(&observed.state, &before))
    }
}

fn observed(generation: u32, tables: Vec<(Family, Option<read::Listing>)>) -> Observed {
    let mut state = State::default();
    let mut details = BTreeMap::new();
    for (family, listing) in tables {
        if let Some(listing) = listing {
            state.tables.insert(family, listing.table);
            let uneven = listing.uneven.into_iter().collect();
            details.insert(family, Details { handles: listing.handles, uneven });
        }
    }
    Observed { state: Arc::new(state), generation, details: Arc::new(details) }
}

fn kernel_error(error: io::Error) -> TargetError {
    TargetError {
        origin: None,
        operation: "read",
        object: "nf_tables".to_owned(),
        errno: error.raw_os_error(),
        message: error.to_string(),
    }
}
