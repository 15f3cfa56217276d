//! Comparing addresses.

use super::{Comparison, Satisfied, no_device, will_exist};
use crate::change::{Action, Change};
use crate::{Address, AddressOwner, Observed, State};
use rosc_target::Conflict;
use std::collections::HashMap;

pub(crate) fn compare(desired: &State, observed: &Observed, comparison: &mut Comparison) {
    let mut owned: HashMap<_, _> =
        observed.state.addresses().iter().map(|address| (address.key(), address)).collect();
    let foreign: HashMap<_, _> = observed
        .addresses
        .iter()
        .filter(|observed| observed.owner != AddressOwner::Rosc)
        .map(|observed| (observed.address.key(), &observed.address))
        .collect();
    for wanted in desired.addresses() {
        match (owned.remove(&wanted.key()), foreign.get(&wanted.key())) {
            (Some(found), _) if found == wanted => {}
            (Some(found), _) => {
                let (from, to) = (found.clone(), wanted.clone());
                comparison.changes.push(Change::Address(Action::Modify { from, to }));
            }
            (None, Some(found)) if is_same(wanted, found) => {
                let object = format!("address {wanted}");
                comparison.satisfied.push(Satisfied { origin: wanted.origin, object });
            }
            (None, Some(found)) => comparison.conflicts.push(Conflict {
                origin: wanted.origin,
                wanted: format!("address {wanted}"),
                foreign: format!("address {found}"),
            }),
            (None, None) if will_exist(&wanted.device, desired, observed) => {
                comparison.changes.push(Change::Address(Action::Create(wanted.clone())));
            }
            (None, None) => {
                let object = format!("address {wanted}");
                comparison.conflicts.push(no_device(wanted.origin, &object, &wanted.device));
            }
        }
    }
    let is_stale = |address: &&Address| owned.contains_key(&address.key());
    for stale in observed.state.addresses().iter().filter(is_stale) {
        comparison.changes.push(Change::Address(Action::Delete(stale.clone())));
    }
}

/// An address that is there has been through the detection of duplicates, or was excused from it: which, no
/// longer matters.
fn is_same(wanted: &Address, found: &Address) -> bool {
    (wanted.prefix_len, wanted.peer) == (found.prefix_len, found.peer)
}
