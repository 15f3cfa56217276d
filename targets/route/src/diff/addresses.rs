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
            (None, Some(found)) if found.is_replaceable_by(wanted) => {
                // It has been through the detection of duplicates, or was excused: which, no longer matters.
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
    // Last first, so that the primary address of a subnet stays until those behind it are gone.
    let is_stale = |address: &&Address| owned.contains_key(&address.key());
    let stale = observed.addresses.iter().rev().map(|observed| &observed.address).filter(is_stale);
    comparison.changes.extend(stale.map(|address| Change::Address(Action::Delete(address.clone()))));
}
