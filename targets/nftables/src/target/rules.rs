//! Editing rules without nft but for those that come, and seeing that it was done.

use super::{Known, Nftables, kernel_error};
use crate::assembly;
use crate::change::Change;
use crate::command::Subject;
use crate::edit::{Edit, Made, listing};
use crate::kernel::batch::Batch;
use crate::kernel::copy::RuleCopy;
use crate::kernel::{elements, rules};
use crate::name::Name;
use crate::observed::{Details, Observed};
use crate::read::Listing;
use crate::state::{Family, SetType, State, TABLE};
use rosc_target::{Origin, TargetError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Nftables {
    /// Makes changes so, and says whether it could. If not, nothing is changed.
    pub(super) fn edit_rules(&mut self, changes: &[Change], current: &Observed) -> Result<bool, TargetError> {
        let Some(edit) = Edit::of(changes, current) else { return Ok(false) };
        (self.last, self.known) = (None, None);
        let wanted = edit.wanted();
        let mut made = Made::new();
        if !wanted.is_empty() {
            self.nft.require()?;
            assembly::clear_left().map_err(kernel_error)?;
            match assembly::assemble(&self.nft, &wanted, &edit.after.state)? {
                Some(all) => made = all,
                None => {
                    assembly::clear_left().map_err(kernel_error)?;
                    return Ok(false);
                }
            }
        }
        let filled = match self.fill(&edit.filled, current) {
            Ok(transactions) => transactions,
            Err(error) => {
                assembly::clear_left().map_err(kernel_error)?;
                return Err(error);
            }
        };
        let mut batch = edit.batch(&made);
        assembly::clear(&mut batch, made.keys().copied());
        let has_changes = u32::from(!batch.is_empty());
        if batch.commit_at_once().is_err() {
            // What it was, nft finds out.
            self.empty(&edit.filled, current);
            assembly::clear_left().map_err(kernel_error)?;
            return Ok(false);
        }
        let has_stale = u32::from(!edit.stale_sets.is_empty());
        delete_sets(&edit.stale_sets)?;
        let own = u32::from(!made.is_empty()) + filled + has_changes + has_stale;
        let generation = current.generation.wrapping_add(own);
        if self.generation()? == generation {
            let (touched, filled) = (BTreeSet::new(), BTreeMap::new());
            let after = Some((edit.after, made));
            self.known = Some(Known { generation, before: current.clone(), touched, filled, after });
        }
        Ok(true)
    }

    /// Whether what is there can be seen without nft.
    pub(super) fn is_expected(&self, generation: u32) -> bool {
        self.known.as_ref().is_some_and(|known| known.after.is_some() && known.generation == generation)
    }

    /// Reads the rules of a table as bytes. `None` if they are not what an edit is to have left, or there was none.
    pub(super) fn read_edited(&self, family: Family) -> Result<Option<Listing>, TargetError> {
        let Some(known) = &self.known else { return Ok(None) };
        let Some((after, made)) = &known.after else { return Ok(None) };
        if self.generation()? != known.generation {
            return Ok(None);
        }
        let read = || {
            let raw = rules::read(family, TABLE)?;
            let made = made.get(&family).map(Vec::as_slice).unwrap_or_default();
            let is_made = |rule: &rules::RawRule, number: usize| {
                let copy = RuleCopy::of(family, TABLE, rule)?;
                Ok(copy.is_some() && copy.as_ref() == made.get(number))
            };
            let Some(mut found) = after.found(family, &known.before, &raw, is_made)? else { return Ok(None) };
            for (name, set) in &mut found.table.sets {
                if known.before.is_uneven(family, name) {
                    found.uneven.push(name.clone());
                }
                if let SetType::Listed(key) = *set.kind()
                    && after.unread.contains(&(family, name.clone()))
                {
                    let Some((values, count)) = elements::read(family, name, key)? else { return Ok(None) };
                    if values.len() != count {
                        found.uneven.push(name.clone());
                    }
                    *set.elements_mut() = values;
                }
            }
            Ok(Some(found))
        };
        read().map_err(kernel_error)
    }

    /// Returns what was read last, if that was at a generation. Counters may have gone on since.
    pub fn seen(&self, generation: u32) -> Option<Observed> {
        self.last.clone().filter(|last| last.generation == generation)
    }

    /// Returns a state as observed, with what its rules have counted, if the kernel is still at a generation at which it was
    /// found to hold that state, element by element: nobody has made a transaction since.
    ///
    /// The number belongs to the namespace in which it was read. nft is not asked.
    pub fn observe_known(&mut self, generation: u32, state: State) -> Result<Option<Observed>, TargetError> {
        if self.observe_unchanged(generation, &state)?.is_none() {
            return Ok(None);
        }
        let mut details = BTreeMap::new();
        let mut tables = BTreeMap::new();
        for (family, table) in state.tables {
            let raw = rules::read(family, TABLE).map_err(kernel_error)?;
            let Some(Listing { table, handles, .. }) = listing(table, &raw) else { return Ok(None) };
            details.insert(family, Details { handles, uneven: BTreeSet::new() });
            tables.insert(family, table);
        }
        if self.generation()? != generation {
            return Ok(None);
        }
        let observed = Observed { state: Arc::new(State { tables }), generation, details: Arc::new(details) };
        self.last = Some(observed.clone());
        Ok(Some(observed))
    }
}

fn delete_sets(stale: &[(Family, &Name)]) -> Result<(), TargetError> {
    let mut batch = Batch::new();
    stale.iter().for_each(|(family, name)| batch.delete_set(*family, name.as_str()));
    batch.commit_at_once().map_err(|error| {
        // Which of several it was, the kernel does not say.
        let object = match stale {
            [(family, name)] => Subject::Set(*family, name, Origin::IMPLIED).describe(),
            _ => "some sets".to_owned(),
        };
        TargetError { operation: "delete", object, ..kernel_error(error) }
    })
}
