//! The target itself: observe, diff, apply, undo.

mod known;
mod rules;

use crate::assembly;
use crate::change::Change;
use crate::command::{
    Command, Filled, Subject, commands, commands_against, commands_for_sets, take_deletions,
};
use crate::diff;
use crate::helper::CtHelper;
use crate::kernel::elements;
use crate::kernel::{self, TableStatus};
use crate::nft::{Mode, Nft, Outcome};
use crate::observed::{Details, Observed};
use crate::read;
use crate::refusal;
use crate::revert::revert;
use crate::state::{Family, SetType, State, TABLE};
use known::Known;
use rosc_target::{Diff, Target, TargetError};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::sync::Arc;
use std::thread;

/// Our nftables tables in the calling thread's network namespace.
///
/// A value belongs to one namespace: what it remembers of one would be wrong in another.
#[derive(Debug, Clone)]
pub struct Nftables {
    nft: Nft,
    last: Option<Observed>,
    known: Option<Known>,
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
        Self { nft: Nft::new(program), last: None, known: None }
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
        let is_unchanged = self.generation()? == generation
            && kernel::flowtables::have_devices_of(state).map_err(kernel_error)?;
        Ok(is_unchanged.then(|| Observed { generation, ..state.clone().into() }))
    }

    /// Says which of some connection tracking helpers the kernel does not have, loading the modules of those that it has.
    /// Takes what a root of the namespace may.
    pub fn missing_helpers<'h>(
        &mut self,
        helpers: &'h [(Family, CtHelper)],
    ) -> Result<Vec<&'h (Family, CtHelper)>, TargetError> {
        if helpers.is_empty() {
            return Ok(Vec::new());
        }
        let are_there = thread::scope(|scope| {
            // The kernel takes some milliseconds to answer. An nft that can't be used is told of when it is.
            let _told_later = scope.spawn(|| self.nft.require());
            kernel::helpers::are_there(helpers)
        });
        let are_there = are_there.map_err(kernel_error)?;
        Ok(helpers
            .iter()
            .zip(are_there)
            .filter(|(_, is_there)| !is_there)
            .map(|(helper, _)| helper)
            .collect())
    }

    /// Says of which of some families the kernel has no flow tables; the same holds as for helpers.
    pub fn missing_flow_tables(&self, families: &[Family]) -> Result<Vec<Family>, TargetError> {
        let are_there = kernel::flowtables::are_there(families).map_err(kernel_error)?;
        Ok(families.iter().zip(are_there).filter_map(|(family, there)| (!there).then_some(*family)).collect())
    }

    /// Has the kernel's connection tracking take any segment for one of its connection's window, of all connections that have
    /// a bit in their marks: others have let their segments by without it.
    pub fn take_any_segment(&self, bit: u32) -> Result<(), TargetError> {
        let error = |error: std::io::Error| TargetError {
            origin: None,
            operation: "replace",
            object: "connections that were on the fast path".to_owned(),
            errno: error.raw_os_error(),
            message: error.to_string(),
        };
        kernel::connections::take_any_segment(bit).map_err(error)
    }

    fn read(&self) -> Result<Observed, TargetError> {
        let mut attempt = 1;
        loop {
            let generation = self.generation()?;
            // Each on a thread of this namespace, as most of the time is nft's.
            let read = |family: Family| Ok((family, self.read_table(family)?));
            let tables: Result<Vec<_>, TargetError> = thread::scope(|scope| {
                let all: Vec<_> =
                    Family::ALL.iter().map(|&family| scope.spawn(move || read(family))).collect();
                all.into_iter().map(|one| one.join().expect("reading does not panic")).collect()
            });
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
        if let Some(listing) = self.read_edited(family)? {
            return Ok(Some(listing));
        }
        if let Some(listing) = self.read_apart(family)? {
            return Ok(Some(listing));
        }
        match self.nft.list_table(family.keyword(), TABLE)? {
            Outcome::Done(json) => {
                read::listing(&json, TABLE).map(Some).map_err(|e| error(format!("nft's listing: {e}")))
            }
            Outcome::Refused(message) | Outcome::Crashed(message) => Err(error(refusal::readable(&message))),
        }
    }

    /// Reads a table by nft and the elements of its sets from the kernel, as far as they are not known. `None` where there
    /// is something that only nft can read.
    fn read_apart(&self, family: Family) -> Result<Option<read::Listing>, TargetError> {
        let is_alone = !kernel::has_other_tables(family).map_err(kernel_error)?;
        let listed = self.nft.list_table_tersely(family.keyword(), TABLE, is_alone)?;
        let Outcome::Done(json) = listed else { return Ok(None) };
        let Ok(mut listing) = read::listing(&json, TABLE) else { return Ok(None) };
        if !listing.table.objects.is_empty() {
            return Ok(None);
        }
        let generation = self.generation()?;
        for (name, set) in &mut listing.table.sets {
            let SetType::Listed(key) = *set.kind() else { continue };
            if let Some(known) =
                self.known.as_ref().and_then(|known| known.elements(generation, family, name))
            {
                *set.elements_mut() = known.clone();
                continue;
            }
            let Some((values, count)) = elements::read(family, name, key).map_err(kernel_error)? else {
                return Ok(None);
            };
            if values.len() != count {
                listing.uneven.push(name.clone());
            }
            *set.elements_mut() = values;
        }
        Ok(Some(listing))
    }

    /// Returns what the kernel has now, without reading it if nobody changed anything since the last time.
    fn current(&mut self) -> Result<Observed, TargetError> {
        match &self.last {
            Some(last) if last.generation == self.generation()? => Ok(last.clone()),
            Some(_) | None => self.observe(),
        }
    }

    /// Makes sets and fills them. Returns how many transactions that took; after an error they are gone again.
    fn fill(&self, filled: &[Filled<'_>], current: &Observed) -> Result<u32, TargetError> {
        if filled.is_empty() {
            return Ok(0);
        }
        self.load(&commands_for_sets(filled, current))?;
        let mut transactions = 1;
        for one in filled.iter().filter(|one| elements::can_add(one.set.elements())) {
            match elements::add(one.family, one.name, one.set.elements()) {
                Ok(count) => transactions += count,
                Err(error) => {
                    self.empty(filled, current);
                    let subject = Subject::Set(one.family, one.name, one.set.origin);
                    return Err(TargetError {
                        origin: subject.origin(),
                        operation: "fill",
                        object: subject.describe(),
                        errno: error.raw_os_error(),
                        message: error.to_string(),
                    });
                }
            }
        }
        Ok(transactions)
    }

    /// Takes back what [`Nftables::fill`] has made. That it fails too is no news to whoever learns why this is needed: what
    /// is left is in the journal, and nothing looks into it.
    fn empty(&self, filled: &[Filled<'_>], current: &Observed) {
        if !filled.is_empty() {
            let _left = self.load(&commands_against(filled, current));
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
        if !self.is_expected(self.generation()?) {
            self.nft.require()?;
        }
        let observed = self.read()?;
        self.last = Some(observed.clone());
        Ok(observed)
    }

    /// There are no conflicts: a table of another name or family never stands in the way of ours.
    fn diff(desired: &State, observed: &Observed) -> Diff<Change> {
        Diff { changes: diff::changes(&observed.state, desired), conflicts: Vec::new() }
    }

    /// Makes all changes in one transaction, or none of them; but new sets are filled before, while nothing looks into them,
    /// and stale ones are deleted when nothing does any more.
    fn apply(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        if changes.is_empty() {
            return Ok(());
        }
        let current = self.current()?;
        if self.edit_rules(changes, &current)? {
            return Ok(());
        }
        let filled = Filled::by(changes, &current);
        let mut commands = commands(changes, &current, &filled)?;
        let deletions = take_deletions(&mut commands, changes);
        self.last = None;
        self.known = None;
        let transactions = self.fill(&filled, &current)?;
        if !commands.is_empty()
            && let Err(error) = self.load(&commands)
        {
            self.empty(&filled, &current);
            return Err(error);
        }
        if !deletions.is_empty() {
            self.load(&deletions)?;
        }
        let own = transactions + u32::from(!commands.is_empty()) + u32::from(!deletions.is_empty());
        if self.generation()? == current.generation.wrapping_add(own) {
            let key = |filled: &Filled<'_>| (filled.family, filled.name.clone());
            let acknowledged = filled.iter().filter(|one| elements::can_add(one.set.elements()));
            let touched = changes.iter().filter_map(|change| Some((change.family, change.set()?.clone())));
            self.known = Some(Known {
                generation: current.generation.wrapping_add(own),
                touched: touched.collect(),
                filled: acknowledged.map(|one| (key(one), one.set.elements().clone())).collect(),
                before: current,
                after: None,
            });
        }
        Ok(())
    }

    /// Rules come back with what they had counted when the changes were planned, and flow tables with those devices that
    /// there are: the others have left them by themselves.
    fn undo(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        assembly::clear_left().map_err(kernel_error)?;
        let observed = self.observe()?;
        let mut before = State::clone(&observed.state);
        revert(&mut before, changes);
        kernel::flowtables::leave_out_absent_devices(&mut before).map_err(kernel_error)?;
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
    kernel::error(&error)
}
