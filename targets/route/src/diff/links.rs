//! Comparing links.

use super::{Comparison, Satisfied, no_device, will_exist};
use crate::change::{Action, Change, DeviceChange};
use crate::{Bridge, Device, DeviceState, Link, LinkKind, Observed, ObservedBridge, State};
use rosc_target::{Conflict, Origin};

pub(super) fn compare(desired: &State, observed: &Observed, comparison: &mut Comparison) {
    for link in desired.links() {
        match (&link.kind, observed.device(&link.name)) {
            (LinkKind::Existing, None) => {
                comparison.conflicts.push(no_device(link.origin, &format!("link {link}"), &link.name));
            }
            (LinkKind::Existing, Some(device)) if device.is_owned() => {
                let foreign = format!("link {link} is a bridge of rosc that nothing asks for any more");
                comparison.conflicts.push(conflict(link, foreign));
            }
            (LinkKind::Existing, Some(device)) => {
                use_device(link, device.state.clone(), desired, observed, comparison);
            }
            (LinkKind::Bridge(bridge), None) => {
                let created = bridge_link(link.origin, link, bridge.clone());
                comparison.changes.push(Change::Link(Action::Create(created)));
                let fresh = DeviceState { up: true, ..DeviceState::default() };
                use_device(link, fresh, desired, observed, comparison);
            }
            (LinkKind::Bridge(bridge), Some(device)) => match owned_bridge(device) {
                None => {
                    let kind = device.kind.as_deref().unwrap_or("device");
                    let foreign = format!("link {} is a {kind} that rosc did not make", device.name);
                    comparison.conflicts.push(conflict(link, foreign));
                }
                Some(found) => {
                    modify(link, bridge, &found.bridge, comparison);
                    use_device(link, device.state.clone(), desired, observed, comparison);
                }
            },
        }
    }
    let is_wanted =
        |device: &Device| desired.links().binary_search_by(|link| link.name.cmp(&device.name)).is_ok();
    for device in observed.devices.iter().filter(|device| !is_wanted(device)) {
        release(device, comparison);
    }
}

/// Gives a bridge the properties that it has not. What is left to the kernel stays as it is.
fn modify(link: &Link, wanted: &Bridge, found: &Bridge, comparison: &mut Comparison) {
    let to = Bridge { mac: wanted.mac.or(found.mac), mtu: wanted.mtu.or(found.mtu), ..wanted.clone() };
    if to != *found {
        let from = bridge_link(Origin::IMPLIED, link, found.clone());
        let to = bridge_link(link.origin, link, to);
        comparison.changes.push(Change::Link(Action::Modify { from, to }));
    }
}

/// Brings a device up and into its bridge.
fn use_device(
    link: &Link,
    from: DeviceState,
    desired: &State,
    observed: &Observed,
    comparison: &mut Comparison,
) {
    let foreign_master = from.master.as_ref().filter(|_| !from.marked);
    let (master, marked) = match (&link.master, foreign_master) {
        (Some(wanted), Some(found)) if wanted == found => {
            let object = format!("link {} master {wanted}", link.name);
            comparison.satisfied.push(Satisfied { origin: link.origin, object });
            (Some(wanted), false)
        }
        (Some(_), Some(found)) => {
            let foreign = format!("link {} master {found}, which is not of rosc's making", link.name);
            return comparison.conflicts.push(conflict(link, foreign));
        }
        (Some(wanted), None) if will_exist(wanted, desired, observed) => (Some(wanted), true),
        (Some(wanted), None) => {
            let object = format!("link {} master {wanted}", link.name);
            return comparison.conflicts.push(no_device(link.origin, &object, wanted));
        }
        (None, found) => (found, false),
    };
    let to = DeviceState { up: true, master: master.cloned(), marked };
    if to != from {
        let device = link.name.clone();
        comparison.changes.push(Change::Device(DeviceChange { origin: link.origin, device, from, to }));
    }
}

/// Takes a device that nothing asks for out of the bridge that rosc put it into, and deletes it if rosc made
/// it.
fn release(device: &Device, comparison: &mut Comparison) {
    if device.state.marked {
        let from = device.state.clone();
        let to = DeviceState { up: from.up, master: None, marked: false };
        let device = device.name.clone();
        comparison.changes.push(Change::Device(DeviceChange { origin: Origin::IMPLIED, device, from, to }));
    }
    if let Some(found) = owned_bridge(device) {
        let kind = LinkKind::Bridge(found.bridge.clone());
        let link = Link { origin: Origin::IMPLIED, name: device.name.clone(), kind, master: None };
        comparison.changes.push(Change::Link(Action::Delete(link)));
    }
}

/// A bridge by itself: whose port it is, is a change of its own.
fn bridge_link(origin: Origin, link: &Link, bridge: Bridge) -> Link {
    Link { origin, name: link.name.clone(), kind: LinkKind::Bridge(bridge), master: None }
}

fn owned_bridge(device: &Device) -> Option<&ObservedBridge> {
    device.bridge.as_ref().filter(|bridge| bridge.owned)
}

fn conflict(link: &Link, foreign: String) -> Conflict {
    let wanted = match &link.master {
        Some(master) => format!("link {link} master {master}"),
        None => format!("link {link}"),
    };
    Conflict { origin: link.origin, wanted, foreign }
}
