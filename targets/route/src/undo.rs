//! Working out what of a list of changes took place, and what takes it back.

use crate::change::{Action, Change, DeviceChange, RuleChange};
use crate::diff::{Comparison, addresses, arrange, routes, settle};
use crate::{Address, Adopted, DeviceName, Link, LinkKind, Observed, Route, State};
use rosc_target::{Conflict, Origin};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Compares what was there before the changes with what is there now.
///
/// Every change says what was there before, so the state of its object then is known whether or not the
/// change took place. Objects that no change names were not touched.
pub(crate) fn plan(changes: &[Change], observed: &Observed) -> Comparison {
    let mut comparison = Comparison::default();
    let before = before(changes, observed);
    bridges(&before, observed, &mut comparison);
    devices(changes, observed, &mut comparison);
    addresses::compare(&before, observed, &mut comparison);
    ranks(changes, observed, &mut comparison);
    routes::compare(&before, observed, &mut comparison);
    rules(changes, observed, &mut comparison);
    released(changes, observed, &mut comparison);
    settle(&mut comparison.changes, &mut comparison.conflicts, observed);
    arrange(&mut comparison.changes);
    comparison
}

/// The bridges, addresses and routes that rosc owned before the changes.
fn before(changes: &[Change], observed: &Observed) -> State {
    let bridges = observed.state.links().iter().filter_map(bridge);
    let mut links = Before::new(bridges, |link: &Link| link.name.clone());
    let mut addresses = Before::new(observed.state.addresses().iter().cloned(), Address::key);
    let mut routes = Before::new(observed.state.routes().iter().cloned(), Route::key);
    for change in changes {
        match change {
            Change::Link(action) => links.take_back(action),
            Change::Address(action) => addresses.take_back(action),
            Change::Route(action) => routes.take_back(action),
            Change::Device(_) | Change::Rule(_) => {}
            // It was there before, with another mark: that is put back once everything else is.
            Change::Adopt(_) | Change::Release(_) => {}
        }
    }
    State::observed(links.into_objects(), addresses.into_objects(), routes.into_objects(), Vec::new())
}

/// A bridge by itself: whose port it is, is a change of its own.
fn bridge(link: &Link) -> Option<Link> {
    match &link.kind {
        LinkKind::Bridge(_) => Some(Link { master: None, ..link.clone() }),
        LinkKind::Existing => None,
    }
}

/// Objects of one kind by their keys, as they were before.
struct Before<T, K> {
    key: fn(&T) -> K,
    /// What was there; `None` where nothing was.
    objects: HashMap<K, Option<T>>,
    /// The keys that a change has named. Of several changes of one object, the first knows.
    named: HashSet<K>,
}

impl<T: Clone, K: Eq + Hash> Before<T, K> {
    fn new(now: impl Iterator<Item = T>, key: fn(&T) -> K) -> Self {
        let objects = now.map(|object| (key(&object), Some(object))).collect();
        Self { key, objects, named: HashSet::new() }
    }

    fn take_back(&mut self, action: &Action<T>) {
        let (key, before) = match action {
            Action::Create(object) => ((self.key)(object), None),
            Action::Modify { from: object, .. } | Action::Delete(object) => {
                ((self.key)(object), Some(object))
            }
        };
        if self.named.insert((self.key)(action.subject())) {
            self.objects.insert(key, before.cloned());
        }
    }

    fn into_objects(self) -> Vec<T> {
        self.objects.into_values().flatten().collect()
    }
}

fn bridges(before: &State, observed: &Observed, comparison: &mut Comparison) {
    let now: Vec<Link> = observed.state.links().iter().filter_map(bridge).collect();
    for link in before.links() {
        match (now.iter().find(|found| found.name == link.name), observed.device(&link.name)) {
            (Some(found), _) if found == link => {}
            (Some(found), _) => {
                let (from, to) = (found.clone(), link.clone());
                comparison.changes.push(Change::Link(Action::Modify { from, to }));
            }
            (None, None) => comparison.changes.push(Change::Link(Action::Create(link.clone()))),
            (None, Some(device)) => {
                let foreign = format!("link {} is not of rosc's making", device.name);
                let wanted = format!("link {link}");
                comparison.conflicts.push(Conflict { origin: link.origin, wanted, foreign });
            }
        }
    }
    let was_there = |link: &&Link| before.links().iter().all(|before| before.name != link.name);
    let created = now.iter().filter(was_there).cloned();
    comparison.changes.extend(created.map(|link| Change::Link(Action::Delete(link))));
}

fn devices(changes: &[Change], observed: &Observed, comparison: &mut Comparison) {
    let mut named: HashSet<&DeviceName> = HashSet::new();
    for change in changes {
        let Change::Device(change) = change else { continue };
        // Of several changes of one device, the first knows what was before. A bridge that is gone has to
        // come back before it can be anyone's port.
        let Some(device) = observed.device(&change.device).filter(|_| named.insert(&change.device)) else {
            continue;
        };
        let now = &device.state;
        if *now == change.from {
            continue;
        }
        match now.master.as_ref().filter(|master| !now.marked && change.from.master.as_ref() != Some(*master))
        {
            Some(master) => comparison.conflicts.push(Conflict {
                origin: change.origin,
                wanted: format!("link {change}"),
                foreign: format!("link {} master {master}, which is not of rosc's making", device.name),
            }),
            None => comparison.changes.push(Change::Device(DeviceChange {
                origin: Origin::IMPLIED,
                device: device.name.clone(),
                from: now.clone(),
                to: change.from.clone(),
            })),
        }
    }
}

/// Gives the addresses of a subnet the order back that they had: the first is its primary one.
///
/// They were deleted last first, and come back the other way round. Those that stayed but were behind one that
/// went, which is what putting them back says, go for an instant if one of them is primary now.
fn ranks(changes: &[Change], observed: &Observed, comparison: &mut Comparison) {
    let mut deleted: Vec<&Address> = Vec::new();
    let mut behind: Vec<&Address> = Vec::new();
    for change in changes.iter().filter_map(Change::address) {
        match change {
            Action::Delete(address) => deleted.push(address),
            Action::Modify { from, to } if from == to => behind.push(from),
            Action::Create(_) | Action::Modify { .. } => {}
        }
    }
    let places: HashMap<_, _> =
        deleted.iter().enumerate().map(|(place, address)| (address.key(), place)).collect();
    comparison.changes.sort_by_cached_key(|change| match change.address() {
        Some(Action::Create(address)) => Reverse(places.get(&address.key()).copied()),
        _ => Reverse(None),
    });
    let primary = observed.addresses.iter().filter(|observed| !observed.secondary);
    let primary: HashSet<_> = primary.map(|observed| observed.address.key()).collect();
    let is_displaced = |address: &Address| {
        let is_mate = |mate: &&&Address| mate.shares_subnet(address);
        deleted.iter().filter(is_mate).any(|first| !primary.contains(&first.key()))
            && behind.iter().filter(is_mate).any(|mate| primary.contains(&mate.key()))
    };
    let is_there = |address: &&&Address| observed.state.addresses().contains(address);
    for address in behind.iter().filter(is_there).filter(|address| is_displaced(address)) {
        let (from, to) = ((*address).clone(), (*address).clone());
        comparison.changes.push(Change::Address(Action::Delete(from.clone())));
        comparison.changes.push(Change::Address(Action::Modify { from, to }));
    }
}

/// Gives back what was taken over, as soon as it is as it was then.
fn released(changes: &[Change], observed: &Observed, comparison: &mut Comparison) {
    let is_as_it_was = |adopted: &Adopted| match adopted {
        Adopted::Route { route, .. } => observed.state.routes().contains(route),
        Adopted::Address { address, .. } => observed.state.addresses().contains(address),
    };
    for change in changes {
        if let Change::Adopt(adopted) = change
            && is_as_it_was(adopted)
        {
            comparison.changes.push(Change::Release(adopted.clone()));
        }
    }
}

/// The way back leads through the same lists as the way there.
fn rules(changes: &[Change], observed: &Observed, comparison: &mut Comparison) {
    let now: Vec<_> = observed.placed_rules().collect();
    for change in changes.iter().rev() {
        let Change::Rule(change) = change else { continue };
        let is_there = now.contains(change.subject());
        match change {
            RuleChange::Create(rule) if is_there => {
                comparison.changes.push(Change::Rule(RuleChange::Delete(rule.clone())));
            }
            RuleChange::Delete(rule) if !is_there => {
                comparison.changes.push(Change::Rule(RuleChange::Create(rule.clone())));
            }
            RuleChange::Create(_) | RuleChange::Delete(_) => {}
        }
    }
}
