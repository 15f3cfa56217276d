//! Flow tables while links and routes change.

use crate::Name;
use crate::flowtable::Flowtable;
use crate::interface::InterfaceName;
use std::collections::BTreeMap;

/// The flow tables of both states, each with the devices that it has in both: those of one state alone come only later, or
/// are about to go. Rules of both sides find theirs.
pub(super) fn between(
    old: &BTreeMap<Name, Flowtable>,
    new: &BTreeMap<Name, Flowtable>,
) -> BTreeMap<Name, Flowtable> {
    let mut both = new.clone();
    both.extend(old.iter().filter(|(name, _)| !new.contains_key(*name)).map(|(n, t)| (n.clone(), t.clone())));
    for (name, flowtable) in &mut both {
        let has = |table: &BTreeMap<Name, Flowtable>, device: &InterfaceName| {
            table.get(name).is_some_and(|flowtable| flowtable.devices.contains(device))
        };
        *flowtable = flowtable.with_devices(|device| has(old, device) && has(new, device));
    }
    both
}
