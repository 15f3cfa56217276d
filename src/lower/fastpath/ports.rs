//! The interfaces whose incoming packets the fast path looks at.

use super::diagnostics;
use crate::ir::firewall::InterfaceMatch;
use crate::ir::{FastPath, FastPathMode, FastPathPort, InterfaceKind, InterfaceName, Router};
use crate::lower::Context;
use rosc_ebpf::{Hook, Port, Takes};
use rosc_route::{DeviceName, Family};
use rosc_target::Origin;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// By their names on the router, what is known of each.
#[derive(Debug, Clone, Default)]
pub(in crate::lower) struct Ports {
    ports: BTreeMap<InterfaceName, Found>,
    /// Whether others are routed on as well.
    leaves_out: bool,
}

#[derive(Debug, Clone)]
struct Found {
    device: DeviceName,
    /// The word that names it, or what asks for all.
    origin: Origin,
    is_bridge: bool,
}

impl Ports {
    pub(in crate::lower) fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &InterfaceName> + Clone {
        self.ports.keys()
    }

    pub(super) fn contains(&self, interface: &InterfaceName) -> bool {
        self.ports.contains_key(interface)
    }

    /// Whether one of them is this device.
    pub(super) fn have_device(&self, device: &DeviceName) -> bool {
        self.ports.values().any(|found| found.device == *device)
    }

    pub(super) fn contains_all(&self, others: &Self) -> bool {
        others.names().all(|port| self.contains(port))
    }

    /// Those among them.
    pub(super) fn only(&self, is_wanted: impl Fn(&InterfaceName) -> bool) -> Self {
        let wanted = self.ports.iter().filter(|(name, _)| is_wanted(name));
        let ports = wanted.map(|(name, found)| (name.clone(), found.clone())).collect();
        Self { ports, leaves_out: self.leaves_out }
    }

    /// Those that take anything: some what is routed, others mark it, all of them connections of some families. A bridge has no
    /// driver that a program could stand in.
    pub(super) fn lowered(
        &self,
        asked: &FastPath,
        routed: &Self,
        marked: &BTreeMap<Family, Self>,
        takes_connections: impl Fn(Family) -> bool,
    ) -> BTreeMap<DeviceName, Port> {
        let is_marked = |family, name| marked.get(&family).is_some_and(|ports: &Self| ports.contains(name));
        let ports = self.ports.iter().map(|(name, found)| {
            let takes = Takes {
                routed: routed.contains(name),
                ipv4_connections: takes_connections(Family::Ipv4),
                ipv6_connections: takes_connections(Family::Ipv6),
                ipv4_marked: is_marked(Family::Ipv4, name),
                ipv6_marked: is_marked(Family::Ipv6, name),
            };
            let hook = match asked.mode.value {
                FastPathMode::Xdp if !found.is_bridge => Hook::Xdp,
                FastPathMode::Xdp | FastPathMode::Tc | FastPathMode::Auto => Hook::Tc,
            };
            (found.device.clone(), Port { origin: found.origin, hook, takes })
        });
        ports.filter(|(_, port)| port.takes != Takes::default()).collect()
    }

    /// Whether packets come in by other interfaces too that are routed.
    pub(in crate::lower) fn leave_some_out(&self) -> bool {
        self.leaves_out
    }
}

impl Context<'_> {
    /// Without a word about interfaces, all that are routed on.
    pub(in crate::lower) fn fastpath_ports(&mut self, route: &rosc_route::State) -> Ports {
        let router = self.router;
        let Some(asked) = &router.fastpath else { return Ports::default() };
        let routed = self.routed_on(route);
        let may_be_learned = self.host.devices.is_none() && !self.router.address_clients.is_empty();
        let all = [FastPathPort { origin: asked.origin, wanted: InterfaceMatch::All }];
        let wanted = if asked.interfaces.is_empty() { &all[..] } else { &asked.interfaces };
        let mut ports = Ports::default();
        for FastPathPort { origin, wanted } in wanted {
            let meant: Vec<&InterfaceName> = match wanted {
                InterfaceMatch::Interface(name) => vec![name],
                InterfaceMatch::List(list) => {
                    self.router.interface_lists.get(list).into_iter().flat_map(|list| &list.members).collect()
                }
                InterfaceMatch::All => routed.iter().collect(),
                InterfaceMatch::None => Vec::new(),
            };
            let is_named = matches!(wanted, InterfaceMatch::Interface(_));
            for name in meant {
                let bridge = bridge_of(self.router, name);
                if routed.contains(name) || is_named && bridge.is_none() && may_be_learned {
                    self.add(&mut ports, name, *origin);
                } else if is_named {
                    self.diagnostics.push(diagnostics::not_routed_on(name, bridge, *origin));
                }
            }
        }
        ports.leaves_out = routed.iter().any(|name| !ports.contains(name));
        ports
    }

    fn add(&self, ports: &mut Ports, name: &InterfaceName, origin: Origin) {
        let Some(device) = self.devices.named(name).cloned() else { return };
        let interface = self.router.interfaces.get(name);
        let is_bridge = interface.is_some_and(|it| matches!(it.kind, InterfaceKind::Bridge(_)));
        ports.ports.entry(name.clone()).or_insert(Found { device, origin, is_bridge });
    }

    /// Interfaces with an address, or by which a route leads. Not ports of bridges, whose packets are the bridge's, and
    /// not that by which the router speaks to itself.
    fn routed_on(&self, route: &rosc_route::State) -> BTreeSet<InterfaceName> {
        let leading = route.routes().iter().flat_map(|route| route.next_hops().map(|hop| &hop.device));
        let carrying = route.addresses().iter().map(|address| &address.device);
        let mut devices: BTreeSet<&str> = carrying.chain(leading).map(DeviceName::as_str).collect();
        // What the machine has learned from others.
        let found = self.host.devices.iter().flatten();
        let found = found.filter(|(_, facts)| facts.own.iter().any(|address| !is_of_the_link(*address)));
        devices.extend(found.map(|(device, _)| device.as_str()));
        devices.remove("lo");
        let names = self.devices.interfaces();
        let routed = devices.into_iter().filter_map(|device| names.get(device));
        routed.filter(|name| bridge_of(self.router, name).is_none()).cloned().collect()
    }
}

/// The bridge that an interface is a port of.
fn bridge_of<'r>(router: &'r Router, port: &InterfaceName) -> Option<&'r InterfaceName> {
    let mut interfaces = router.interfaces.iter();
    let bridge = interfaces.find(|(_, interface)| match &interface.kind {
        InterfaceKind::Bridge(bridge) => bridge.ports.iter().any(|of_bridge| of_bridge.interface == *port),
        InterfaceKind::Port => false,
    });
    bridge.map(|(name, _)| name)
}

/// An address that every interface has, or one of the router to itself.
fn is_of_the_link(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_loopback(),
        IpAddr::V6(address) => address.is_unicast_link_local() || address.is_loopback(),
    }
}
