//! Changes that go into the kernel as bytes, so that what stays is not read: rules that come and go, chains that others jump
//! to, elements, and sets.

use crate::change::{Action, Change, Run};
use crate::command::Filled;
use crate::kernel::batch::Batch;
use crate::kernel::copy::RuleCopy;
use crate::kernel::elements;
use crate::kernel::rules::{Place, RawRule};
use crate::name::Name;
use crate::observed::Observed;
use crate::read::Listing;
use crate::revert::stand_at;
use crate::rule::Rule;
use crate::state::{Chain, Family, SetType, State, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Rules that nft has made, by family, in the order in which an edit inserts them.
pub(crate) type Made = BTreeMap<Family, Vec<RuleCopy>>;

/// The rules of each chain as the kernel has them.
pub(crate) type Raw = BTreeMap<String, Vec<RawRule>>;

/// Such changes, in parts that the kernel takes one after another.
#[derive(Debug)]
pub(crate) struct Edit<'a> {
    /// New sets, which are there and full before.
    pub(crate) filled: Vec<Filled<'a>>,
    removed: Vec<Place<'a>>,
    stale_chains: Vec<(Family, &'a Name)>,
    elements: Vec<elements::Edit<'a>>,
    new_chains: Vec<(Family, &'a Name)>,
    inserted: Vec<(Place<'a>, &'a Rule)>,
    /// Sets that go a transaction after the rules that looked into them.
    pub(crate) stale_sets: Vec<(Family, &'a Name)>,
    /// What the kernel has then.
    pub(crate) after: After,
}

/// What the kernel has after an edit, if nobody has made another one.
#[derive(Debug, Clone)]
pub(crate) struct After {
    pub(crate) state: State,
    /// The places of chains with rules that came or went, and of new ones.
    places: BTreeMap<(Family, Name), Vec<Slot>>,
    /// Sets whose elements nft has put there.
    pub(crate) unread: BTreeSet<(Family, Name)>,
}

/// A place in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// Of a rule that has stayed.
    Kept(u64),
    /// Of one that came, by its number in what was [`Made`].
    Made(usize),
}

impl<'a> Edit<'a> {
    /// The changes, if they all are such ones and most rules stay: nft takes longer for each rule than for reading one.
    pub(crate) fn of(changes: &'a [Change], current: &Observed) -> Option<Self> {
        let tables = &current.state.tables;
        let after =
            After { state: State::clone(&current.state), places: BTreeMap::new(), unread: BTreeSet::new() };
        let mut edit = Self {
            filled: Vec::new(),
            removed: Vec::new(),
            stale_chains: Vec::new(),
            elements: Vec::new(),
            new_chains: Vec::new(),
            inserted: Vec::new(),
            stale_sets: Vec::new(),
            after,
        };
        for Change { family, action } in changes {
            let before = tables.get(family)?;
            edit.add(*family, action, before, current)?;
        }
        let chains = tables.values().flat_map(|table| table.chains.values());
        let kept = chains.map(|chain| chain.rules.len()).sum::<usize>().saturating_sub(edit.removed.len());
        (edit.inserted.len() <= kept && elements::fits(&edit.elements)).then_some(edit)
    }

    fn add(&mut self, family: Family, action: &'a Action, before: &Table, current: &Observed) -> Option<()> {
        let table = self.after.state.tables.get_mut(&family)?;
        match action {
            Action::CreateSet { name, set } => {
                // One of the same name has to go first.
                if before.sets.contains_key(name) {
                    return None;
                }
                if matches!(set.kind(), SetType::Listed(_)) && !elements::can_add(set.elements()) {
                    self.after.unread.insert((family, name.clone()));
                }
                self.filled.push(Filled { family, name, set });
                table.sets.insert(name.clone(), set.clone());
            }
            Action::DeleteSet { name, .. } => {
                self.stale_sets.push((family, name));
                table.sets.remove(name);
            }
            Action::EditSet { name, removed, added, .. } => {
                let edit = elements::Edit { family, set: name, removed, added };
                if !edit.is_possible() || current.is_uneven(family, name) {
                    return None;
                }
                self.elements.push(edit);
                let set = table.sets.get_mut(name)?;
                *set.elements_mut() = set.elements().without_elements(removed).union(added);
            }
            Action::CreateChain { name, chain } => {
                if before.chains.contains_key(name) || chain.hook.is_some() {
                    return None;
                }
                self.new_chains.push((family, name));
                table.chains.insert(name.clone(), chain.clone());
                let first = self.count(family);
                let place = Place { family, chain: name.as_str(), handle: None };
                self.inserted.extend(chain.rules.iter().map(|rule| (place, rule)));
                let places = (first..first + chain.rules.len()).map(Slot::Made).collect();
                self.after.places.insert((family, name.clone()), places);
            }
            Action::DeleteChain { name, .. } => {
                if !table.chains.remove(name)?.rules.is_empty() {
                    self.removed.push(Place { family, chain: name.as_str(), handle: None });
                }
                self.stale_chains.push((family, name));
            }
            Action::EditChain { chain, length, runs } => {
                let rules = &before.chains.get(chain)?.rules;
                let handles = current.handles(family, chain);
                if rules.len() != *length || !stand_at(rules, runs) || handles.len() != *length {
                    return None;
                }
                let behind = table.chains.get_mut(chain)?;
                for run in runs.iter().rev() {
                    behind.rules.splice(run.at..run.at + run.removed.len(), run.inserted.iter().cloned());
                }
                self.edit_chain(family, chain, handles, runs);
            }
            Action::CreateTable {}
            | Action::DeleteTable {}
            | Action::CreateHelper { .. }
            | Action::DeleteHelper { .. }
            | Action::CreateFlowtable { .. }
            | Action::DeleteFlowtable { .. }
            | Action::SetPolicy { .. }
            | Action::CreateObject { .. }
            | Action::DeleteObject { .. } => return None,
        }
        Some(())
    }

    fn edit_chain(&mut self, family: Family, chain: &'a Name, handles: &[u64], runs: &'a [Run]) {
        let place = |handle| Place { family, chain: chain.as_str(), handle };
        let (mut next, mut places) = (0, Vec::with_capacity(handles.len()));
        for run in runs {
            let behind = run.at + run.removed.len();
            places.extend(handles[next..run.at].iter().copied().map(Slot::Kept));
            self.removed.extend(handles[run.at..behind].iter().map(|handle| place(Some(*handle))));
            let first = self.count(family);
            places.extend((first..first + run.inserted.len()).map(Slot::Made));
            let before = place(handles.get(behind).copied());
            self.inserted.extend(run.inserted.iter().map(|rule| (before, rule)));
            next = behind;
        }
        places.extend(handles[next..].iter().copied().map(Slot::Kept));
        self.after.places.insert((family, chain.clone()), places);
    }

    /// How many rules come to a family so far.
    fn count(&self, family: Family) -> usize {
        self.inserted.iter().filter(|(place, _)| place.family == family).count()
    }

    /// The rules that come.
    pub(crate) fn wanted(&self) -> BTreeMap<Family, Vec<&'a Rule>> {
        let mut wanted: BTreeMap<Family, Vec<&'a Rule>> = BTreeMap::new();
        for (place, rule) in &self.inserted {
            wanted.entry(place.family).or_default().push(rule);
        }
        wanted
    }

    /// The transaction, of which a packet sees nothing or all. What goes makes room first: the kernel looks at each message
    /// as it comes.
    pub(crate) fn batch(&self, made: &Made) -> Batch {
        let mut batch = Batch::new();
        self.removed.iter().for_each(|place| batch.delete_rules(*place));
        self.stale_chains.iter().for_each(|(family, name)| batch.delete_chain(*family, name.as_str()));
        elements::add_edits(&mut batch, &self.elements);
        self.new_chains.iter().for_each(|(family, name)| batch.add_chain(*family, name.as_str()));
        let mut made: BTreeMap<_, _> = made.iter().map(|(family, made)| (*family, made.iter())).collect();
        let mut sets = 0;
        for (place, _) in &self.inserted {
            if let Some(copy) = made.get_mut(&place.family).and_then(Iterator::next) {
                copy.put(&mut batch, *place, &mut sets);
            }
        }
        batch
    }
}

impl After {
    /// The table of a family with what the kernel counts, if all of its rules are those that are expected. `is_made` compares
    /// one that came with what nft has made, by its number.
    pub(crate) fn found(
        &self,
        family: Family,
        before: &Observed,
        raw: &Raw,
        is_made: impl Fn(&RawRule, usize) -> io::Result<bool>,
    ) -> io::Result<Option<Listing>> {
        let Some(table) = self.state.tables.get(&family) else { return Ok(None) };
        for name in table.chains.keys() {
            let rules = raw.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
            let kept = before.handles(family, name);
            let Some(places) = self.places.get(&(family, name.clone())) else {
                if !rules.iter().map(|rule| rule.handle).eq(kept.iter().copied()) {
                    return Ok(None);
                }
                continue;
            };
            if places.len() != rules.len() {
                return Ok(None);
            }
            for (rule, place) in rules.iter().zip(places) {
                let is_expected = match place {
                    // Rules don't change: another one would have another handle.
                    Slot::Kept(handle) => rule.handle == *handle,
                    Slot::Made(number) => is_made(rule, *number)?,
                };
                if !is_expected {
                    return Ok(None);
                }
            }
        }
        Ok(listing(table.clone(), raw))
    }
}

/// A table as it would be listed, with the handles and counters that its rules have in the kernel. `None` if there are others.
pub(crate) fn listing(mut table: Table, raw: &Raw) -> Option<Listing> {
    if !table.objects.is_empty() || raw.keys().any(|chain| !table.chains.contains_key(&Name::listed(chain))) {
        return None;
    }
    let mut handles = BTreeMap::new();
    for (name, Chain { rules, .. }) in &mut table.chains {
        let raw = raw.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let are_these = raw.len() == rules.len()
            && rules.iter_mut().zip(raw).all(|(rule, raw)| rule.count(raw.counters()));
        if !are_these {
            return None;
        }
        handles.insert(name.clone(), raw.iter().map(|rule| rule.handle).collect());
    }
    Some(Listing { table, handles, uneven: Vec::new() })
}
