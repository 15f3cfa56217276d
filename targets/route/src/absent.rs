//! What of a state has to wait because a device is not there yet.

use crate::{Device, DeviceName, LinkKind, NextHop, NextHops, Route, RouteKind, State};
use rosc_target::Origin;
use std::collections::{BTreeSet, HashSet};

/// An object, or a part of one, that waits for a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The line that asks for it.
    pub origin: Origin,
    /// The device that is not there.
    pub device: DeviceName,
    /// The object in the words of `ip`.
    pub object: String,
}

impl State {
    /// The state without what needs devices that are not among these, and what that is. `None` if they are all there.
    ///
    /// A route loses the next hops by such a device, and goes with the last of them, or with the address that it prefers as
    /// source. Rules stay: one that names a device holds from when that comes.
    pub fn without_absent(&self, devices: &[Device]) -> Option<(Self, Vec<Pending>)> {
        let there: HashSet<&DeviceName> = devices.iter().map(|device| &device.name).collect();
        let needed = self.links().iter().filter(|link| link.kind == LinkKind::Existing);
        let absent = needed.map(|link| &link.name).filter(|name| !there.contains(name));
        let absent: BTreeSet<&DeviceName> = absent.collect();
        if absent.is_empty() {
            return None;
        }
        let mut pending = Vec::new();
        let mut wait = |origin: Origin, device: &DeviceName, object: String| {
            pending.push(Pending { origin, device: device.clone(), object });
        };
        let (waiting, links): (Vec<_>, Vec<_>) =
            self.links().iter().cloned().partition(|link| absent.contains(&link.name));
        for link in waiting.iter().filter(|link| link.master.is_some()) {
            wait(link.origin, &link.name, format!("link {link}"));
        }
        let (waiting, addresses): (Vec<_>, Vec<_>) =
            self.addresses().iter().cloned().partition(|address| absent.contains(&address.device));
        for address in &waiting {
            wait(address.origin, &address.device, format!("address {address}"));
        }
        let sources = waiting.iter().map(|address| (address.local, &address.device)).collect::<Vec<_>>();
        let mut routes = Vec::with_capacity(self.routes().len());
        for route in self.routes() {
            let source = sources.iter().find(|(source, _)| route.preferred_source == Some(*source));
            match (source, without(route, &absent)) {
                (Some((_, device)), _) => wait(route.origin, device, format!("route {route}")),
                (None, (kept, lost)) => {
                    for next_hop in lost {
                        wait(
                            route.origin,
                            &next_hop.device,
                            format!("route {} {next_hop}", route.destination),
                        );
                    }
                    routes.extend(kept);
                }
            }
        }
        let state = Self::new(links, addresses, routes, self.rules().to_vec());
        Some((state.expect("a part of a state is a state"), pending))
    }
}

/// A route without the next hops by some devices, if any is left, and those.
fn without(route: &Route, absent: &BTreeSet<&DeviceName>) -> (Option<Route>, Vec<NextHop>) {
    let (lost, kept): (Vec<NextHop>, Vec<NextHop>) =
        route.next_hops().cloned().partition(|next_hop| absent.contains(&next_hop.device));
    match &route.kind {
        RouteKind::Unicast(_) if !lost.is_empty() => {
            let kind = NextHops::new(kept).ok().map(RouteKind::Unicast);
            (kind.map(|kind| Route { kind, ..route.clone() }), lost)
        }
        _ => (Some(route.clone()), lost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, DeviceState, DuplicateDetection, Link};
    use std::num::NonZeroU32;

    fn name(text: &str) -> DeviceName {
        DeviceName::new(text).unwrap()
    }

    fn device(text: &str) -> Device {
        Device {
            name: name(text),
            index: 1,
            kind: None,
            state: DeviceState::default(),
            running: true,
            mac: None,
            mtu: 1500,
            parent: None,
            bridge: None,
            promotes_secondaries: false,
        }
    }

    fn route(destination: &str, next_hops: &[(&str, &str)]) -> Route {
        let next_hops =
            next_hops.iter().map(|(gateway, device)| NextHop::via(gateway.parse().unwrap(), name(device)));
        Route {
            origin: Origin::IMPLIED,
            table: 254,
            destination: destination.parse().unwrap(),
            metric: NonZeroU32::MIN,
            preferred_source: None,
            kind: RouteKind::Unicast(NextHops::new(next_hops).unwrap()),
        }
    }

    #[test]
    fn routes_keep_the_ways_that_are_there() {
        let link =
            |text| Link { origin: Origin::IMPLIED, name: name(text), kind: LinkKind::Existing, master: None };
        let address = |text: &str, local: &str| Address {
            device: name(text),
            origin: Origin::IMPLIED,
            local: local.parse().unwrap(),
            prefix_len: 24,
            peer: None,
            duplicate_detection: DuplicateDetection::Perform,
        };
        let sourced = Route {
            preferred_source: Some("192.0.2.2".parse().unwrap()),
            ..route("10.0.0.0/8", &[("198.51.100.1", "eth1")])
        };
        let state = State::new(
            vec![link("eth0"), link("eth1")],
            vec![address("eth0", "192.0.2.2"), address("eth1", "198.51.100.2")],
            vec![
                route("0.0.0.0/0", &[("192.0.2.1", "eth0"), ("198.51.100.1", "eth1")]),
                route("172.16.0.0/12", &[("192.0.2.1", "eth0")]),
                sourced,
            ],
            Vec::new(),
        )
        .unwrap();
        assert_eq!(state.without_absent(&[device("eth0"), device("eth1")]), None);
        let (left, pending) = state.without_absent(&[device("eth1")]).unwrap();
        assert_eq!(left.addresses(), [address("eth1", "198.51.100.2")]);
        assert_eq!(left.routes(), [route("0.0.0.0/0", &[("198.51.100.1", "eth1")])]);
        assert!(pending.iter().all(|pending| pending.device == name("eth0")));
        assert_eq!(pending.len(), 4, "{pending:?}");
    }
}
