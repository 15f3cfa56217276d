//! What the kernel does of its own accord when an address or a link goes.
//!
//! - With the last IPv4 address of a device go the IPv4 routes out of it, in every table (`fib_disable_ip`).
//! - With an IPv4 address go the routes with it as preferred source, unless another device has it too; IPv6
//!   routes stay, but lose their preferred source.
//! - With a bridge goes all that is on it: addresses, routes, the devices stacked on it. Its ports are free.
//! - A device that is set down loses its IPv4 routes and its IPv6 addresses.
//!
//! Our own objects that are to stay are put back; where a foreign one would suffer, the cause is not touched,
//! and that is a conflict. The secondary addresses of a subnet are not among these, because an address is
//! deleted in a way that keeps them.

use crate::change::{Action, Change};
use crate::read::KERNEL_PROTOCOL;
use crate::read::route::RouteRecord;
use crate::{Address, AddressOwner, Device, DeviceName, Family, Observed, Route, RouteKey};
use rosc_target::Conflict;
use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

/// Removes the changes that would harm foreign objects and reports them; adds what puts our own back.
pub(crate) fn settle(changes: &mut Vec<Change>, conflicts: &mut Vec<Conflict>, observed: &Observed) {
    if !changes.iter().any(has_consequences) {
        return;
    }
    let after = AddressesAfter::new(changes, observed);
    changes.retain(|change| match harmed(change, &after, observed) {
        None => true,
        Some(foreign) => {
            let wanted = change.to_string();
            conflicts.push(Conflict { origin: change.origin(), wanted, foreign });
            false
        }
    });
    let restored = restored(changes, &after, observed);
    changes.extend(restored);
}

fn has_consequences(change: &Change) -> bool {
    match change {
        Change::Link(Action::Delete(_)) | Change::Address(Action::Delete(_) | Action::Modify { .. }) => true,
        Change::Device(change) => change.from.up && !change.to.up,
        Change::Link(_) | Change::Address(_) | Change::Route(_) | Change::Rule(_) => false,
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
        for change in changes {
            match change {
                Change::Address(Action::Create(address)) => there.push(address),
                Change::Address(Action::Modify { from, to }) => {
                    gone.insert(from.key());
                    there.push(to);
                }
                Change::Address(Action::Delete(address)) => {
                    gone.insert(address.key());
                }
                Change::Link(_) | Change::Device(_) | Change::Route(_) | Change::Rule(_) => {}
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

/// Returns the first foreign object that the change would harm.
fn harmed(change: &Change, after: &AddressesAfter, observed: &Observed) -> Option<String> {
    match change {
        Change::Address(Action::Delete(address) | Action::Modify { from: address, .. }) => {
            let index = observed.device(&address.device)?.index;
            let is_modified = matches!(change, Change::Address(Action::Modify { .. }));
            let loses_source = is_modified || !after.local.contains(&address.local);
            let ends_ipv4 = after.ends_ipv4(address);
            foreign_route(observed, |route| {
                let is_source = route.preferred_source == Some(address.local);
                (loses_source && is_source) || (ends_ipv4 && !route.is_ipv6() && route.uses_device(index))
            })
        }
        Change::Link(Action::Delete(link)) => {
            let device = observed.device(&link.name)?;
            foreign_on(device, observed)
                .or_else(|| foreign_route(observed, |route| route.uses_device(device.index)))
        }
        Change::Device(change) if change.from.up && !change.to.up => {
            let device = observed.device(&change.device)?;
            foreign_address(device, observed)
                .or_else(|| foreign_route(observed, |route| route.uses_device(device.index)))
        }
        Change::Device(_) | Change::Link(_) | Change::Address(_) | Change::Route(_) | Change::Rule(_) => None,
    }
}

/// What the kernel made by itself comes and goes with its cause, and harms nobody.
fn foreign_route(observed: &Observed, is_harmed: impl Fn(&RouteRecord<'_>) -> bool) -> Option<String> {
    let routes = &observed.foreign.routes;
    let route = routes.iter().find(|route| route.protocol != KERNEL_PROTOCOL && is_harmed(route))?;
    Some(format!("{} depends on it", route.describe(routes.names())))
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
fn restored(changes: &[Change], after: &AddressesAfter, observed: &Observed) -> Vec<Change> {
    let mut without_ipv4: HashSet<&DeviceName> = HashSet::new();
    let mut sources: HashSet<IpAddr> = HashSet::new();
    let mut touched: BTreeSet<RouteKey> = BTreeSet::new();
    let mut added: Vec<&Route> = Vec::new();
    for change in changes {
        match change {
            Change::Address(Action::Delete(address)) if after.ends_ipv4(address) => {
                without_ipv4.insert(&address.device);
            }
            Change::Address(Action::Modify { from, .. }) => {
                sources.insert(from.local);
            }
            Change::Route(Action::Create(route) | Action::Modify { to: route, .. }) => {
                touched.insert(route.key());
                added.push(route);
            }
            Change::Route(Action::Delete(route)) => {
                touched.insert(route.key());
            }
            Change::Link(_) | Change::Device(_) | Change::Address(_) | Change::Rule(_) => {}
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
    // Addresses are modified before routes are added, so only those that were there are altered; they are
    // deleted behind everything.
    kept.filter(|route| vanishes(route) || is_altered(route))
        .chain(added.into_iter().filter(vanishes))
        .map(|route| Change::Route(Action::Modify { from: route.clone(), to: route.clone() }))
        .collect()
}
