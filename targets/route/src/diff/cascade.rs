//! What the kernel does of its own accord when an address or a link goes.
//!
//! - With the last IPv4 address of a device go the IPv4 routes out of it, in every table (`fib_disable_ip`).
//! - With an IPv4 address go the routes with it as preferred source, unless another device has it too. Since
//!   Linux 6.2 that is so in the main table only; which kernel this is, is not asked.
//! - IPv6 routes stay, but those out of the same device lose the address as their preferred source.
//! - With a bridge goes all that is on it: addresses, routes, the devices stacked on it. Its ports are free.
//! - A device that is set down loses its IPv4 routes and its IPv6 addresses.
//!
//! Our own objects that are to stay are put back; where a foreign one would suffer, the cause is not touched,
//! and that is a conflict. The secondary addresses of a subnet are safe, because its primary one is deleted in
//! a way that keeps them; but one of them becomes the primary one.

use crate::address::AddressKey;
use crate::change::{Action, Change};
use crate::read::KERNEL_PROTOCOL;
use crate::read::route::RouteRecord;
use crate::{Address, AddressOwner, Device, DeviceName, Family, Observed, Route, RouteKey};
use rosc_target::Conflict;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// Removes the changes that would harm foreign objects and reports them; adds what puts our own back.
pub(crate) fn settle(changes: &mut Vec<Change>, conflicts: &mut Vec<Conflict>, observed: &Observed) {
    if !changes.iter().any(has_consequences) {
        return;
    }
    let after = AddressesAfter::new(changes, observed);
    let dependents = Dependents::find(changes, &after, observed);
    changes.retain(|change| match dependents.of(change, &after, observed) {
        None => true,
        Some(foreign) => {
            let wanted = change.to_string();
            conflicts.push(Conflict { origin: change.origin(), wanted, foreign });
            false
        }
    });
    let promoted = promoted_addresses(changes, observed);
    changes.extend(promoted);
    let restored = restored_routes(changes, &after, observed);
    changes.extend(restored);
}

fn has_consequences(change: &Change) -> bool {
    match change {
        Change::Link(Action::Delete(_)) | Change::Address(Action::Delete(_) | Action::Modify { .. }) => true,
        Change::Device(change) => change.goes_down(),
        Change::Link(_) | Change::Address(_) | Change::Route(_) | Change::Rule(_) => false,
        Change::Adopt(_) | Change::Release(_) => false,
    }
}

/// The addresses that will be there.
struct AddressesAfter {
    local: HashSet<IpAddr>,
    devices_with_ipv4: HashSet<DeviceName>,
}

impl AddressesAfter {
    fn new(changes: &[Change], observed: &Observed) -> Self {
        let mut gone = HashSet::new();
        let mut there: Vec<&Address> = Vec::new();
        for change in changes.iter().filter_map(Change::address) {
            match change {
                Action::Create(address) => there.push(address),
                Action::Modify { from, to } => {
                    gone.insert(from.key());
                    there.push(to);
                }
                Action::Delete(address) => {
                    gone.insert(address.key());
                }
            }
        }
        let kept = observed.addresses.iter().map(|observed| &observed.address);
        there.extend(kept.filter(|address| !gone.contains(&address.key())));
        let ipv4 = there.iter().filter(|address| address.family() == Family::Ipv4);
        Self {
            devices_with_ipv4: ipv4.map(|address| address.device.clone()).collect(),
            local: there.iter().map(|address| address.local).collect(),
        }
    }

    /// Says whether the address is the last IPv4 address of its device to go.
    fn ends_ipv4(&self, address: &Address) -> bool {
        address.family() == Family::Ipv4 && !self.devices_with_ipv4.contains(&address.device)
    }
}

/// Says whether an address is deleted and made again, so that routes lose it as their source. Where both sides
/// are equal, that is another change of the list.
fn goes_for_an_instant(from: &Address, to: &Address) -> bool {
    from == to || !from.is_replaceable_by(to)
}

/// For everything that is about to go: the first foreign route that depends on it, if any does. One pass over
/// the foreign routes finds them all.
#[derive(Default)]
struct Dependents {
    sources: HashMap<IpAddr, Option<String>>,
    /// Devices, by index, that lose their IPv4 routes.
    ipv4_devices: HashMap<u32, Option<String>>,
    /// Devices that lose all their routes.
    devices: HashMap<u32, Option<String>>,
}

impl Dependents {
    fn find(changes: &[Change], after: &AddressesAfter, observed: &Observed) -> Self {
        let mut dependents = Self::default();
        let index = |name: &DeviceName| observed.device(name).map(|device| device.index);
        for change in changes {
            match change {
                Change::Address(Action::Delete(address)) => {
                    if address.family() == Family::Ipv6 || !after.local.contains(&address.local) {
                        dependents.sources.insert(address.local, None);
                    }
                    if after.ends_ipv4(address) {
                        dependents.ipv4_devices.extend(index(&address.device).map(|index| (index, None)));
                    }
                }
                Change::Address(Action::Modify { from, to }) if goes_for_an_instant(from, to) => {
                    dependents.sources.insert(from.local, None);
                }
                Change::Link(Action::Delete(link)) => {
                    dependents.devices.extend(index(&link.name).map(|index| (index, None)));
                }
                Change::Device(change) if change.goes_down() => {
                    dependents.devices.extend(index(&change.device).map(|index| (index, None)));
                }
                Change::Device(_)
                | Change::Link(_)
                | Change::Address(_)
                | Change::Route(_)
                | Change::Rule(_)
                | Change::Adopt(_)
                | Change::Release(_) => {}
            }
        }
        let routes = &observed.foreign.routes;
        // What the kernel made by itself comes and goes with its cause, and harms nobody.
        for route in routes.iter().filter(|route| route.protocol != KERNEL_PROTOCOL) {
            for dependent in dependents.causes(&route) {
                dependent.get_or_insert_with(|| format!("{} depends on it", route.describe(routes.names())));
            }
        }
        dependents
    }

    /// What the route would suffer from.
    fn causes(&mut self, route: &RouteRecord<'_>) -> impl Iterator<Item = &mut Option<String>> {
        let source = route.preferred_source.and_then(|source| self.sources.get_mut(&source));
        let uses = |(index, dependent)| route.uses_device(index).then_some(dependent);
        let ipv4 = self.ipv4_devices.iter_mut().filter(|_| route.family() == Family::Ipv4);
        let any = self.devices.iter_mut().chain(ipv4);
        source.into_iter().chain(any.filter_map(move |(index, dependent)| uses((*index, dependent))))
    }

    /// The first foreign object that the change would harm.
    fn of(&self, change: &Change, after: &AddressesAfter, observed: &Observed) -> Option<String> {
        match change {
            Change::Address(Action::Delete(address) | Action::Modify { from: address, .. }) => {
                let index = observed.device(&address.device)?.index;
                let on_device = || self.ipv4_devices.get(&index).filter(|_| after.ends_ipv4(address));
                self.sources.get(&address.local).cloned().flatten().or_else(|| on_device()?.clone())
            }
            Change::Link(Action::Delete(link)) => {
                let device = observed.device(&link.name)?;
                foreign_on(device, observed).or_else(|| self.devices.get(&device.index)?.clone())
            }
            Change::Device(change) if change.goes_down() => {
                let device = observed.device(&change.device)?;
                foreign_address(device, observed).or_else(|| self.devices.get(&device.index)?.clone())
            }
            Change::Device(_)
            | Change::Link(_)
            | Change::Address(_)
            | Change::Route(_)
            | Change::Rule(_)
            | Change::Adopt(_)
            | Change::Release(_) => None,
        }
    }
}

fn foreign_address(device: &Device, observed: &Observed) -> Option<String> {
    let mut addresses = observed.addresses_of(&device.name);
    let foreign = addresses.find(|observed| observed.owner == AddressOwner::Other)?;
    Some(format!("address {} is on it", foreign.address))
}

/// A foreign address on a device, a foreign port, or a device stacked on it.
fn foreign_on(device: &Device, observed: &Observed) -> Option<String> {
    let stacked = || observed.devices.iter().find(|other| other.parent == Some(device.index));
    let is_port = |other: &&Device| other.state.master.as_ref() == Some(&device.name) && !other.state.marked;
    let port = || observed.devices.iter().find(is_port);
    foreign_address(device, observed)
        .or_else(|| Some(format!("link {} is stacked on it", stacked()?.name)))
        .or_else(|| Some(format!("link {} is a port of it", port()?.name)))
}

/// Puts back the routes of ours that are to stay, and that the kernel drops or alters with an address.
fn restored_routes(changes: &[Change], after: &AddressesAfter, observed: &Observed) -> Vec<Change> {
    let mut without_ipv4: HashSet<&DeviceName> = HashSet::new();
    let mut sources: HashSet<IpAddr> = HashSet::new();
    let mut touched: HashSet<RouteKey> = HashSet::new();
    let mut added: Vec<&Route> = Vec::new();
    for change in changes {
        match change {
            Change::Address(Action::Delete(address)) => match address.family() {
                Family::Ipv4 if after.ends_ipv4(address) => {
                    without_ipv4.insert(&address.device);
                }
                // It may have moved to another device.
                Family::Ipv6 if after.local.contains(&address.local) => {
                    sources.insert(address.local);
                }
                Family::Ipv4 | Family::Ipv6 => {}
            },
            Change::Address(Action::Modify { from, to }) if goes_for_an_instant(from, to) => {
                sources.insert(from.local);
            }
            Change::Route(Action::Create(route) | Action::Modify { to: route, .. }) => {
                touched.insert(route.key());
                added.push(route);
            }
            Change::Route(Action::Delete(route)) => {
                touched.insert(route.key());
            }
            Change::Link(_)
            | Change::Device(_)
            | Change::Address(_)
            | Change::Rule(_)
            | Change::Adopt(_)
            | Change::Release(_) => {}
        }
    }
    if without_ipv4.is_empty() && sources.is_empty() {
        return Vec::new();
    }
    let kept = observed.state.routes().iter().filter(|route| !touched.contains(&route.key()));
    let vanishes = |route: &&Route| {
        route.family() == Family::Ipv4 && route.next_hops().any(|hop| without_ipv4.contains(&hop.device))
    };
    let is_altered = |route: &&Route| route.preferred_source.is_some_and(|source| sources.contains(&source));
    kept.chain(added)
        .filter(|route| vanishes(route) || is_altered(route))
        .map(|route| Change::Route(Action::Modify { from: route.clone(), to: route.clone() }))
        .collect()
}

/// Names the addresses of ours that are behind one that goes, and by that the routes whose source they are.
/// They would come to no harm; but for the one that goes to be primary again, undo has to take them away for
/// an instant, and needs to know what goes with them even if it is interrupted there.
fn promoted_addresses(changes: &[Change], observed: &Observed) -> Vec<Change> {
    let mut touched: HashSet<AddressKey> = HashSet::new();
    let mut deleted: Vec<&Address> = Vec::new();
    for action in changes.iter().filter_map(Change::address) {
        touched.insert(action.subject().key());
        deleted.extend(Some(action.subject()).filter(|_| matches!(action, Action::Delete(_))));
    }
    let secondary = observed.addresses.iter().filter(|observed| observed.secondary);
    let secondary: HashSet<AddressKey> = secondary.map(|observed| observed.address.key()).collect();
    deleted.retain(|address| !secondary.contains(&address.key()));
    let kept = observed.addresses.iter().filter(|observed| {
        observed.secondary
            && observed.owner == AddressOwner::Rosc
            && !touched.contains(&observed.address.key())
            && deleted.iter().any(|address| address.shares_subnet(&observed.address))
    });
    kept.map(|observed| {
        let address = &observed.address;
        Change::Address(Action::Modify { from: address.clone(), to: address.clone() })
    })
    .collect()
}
