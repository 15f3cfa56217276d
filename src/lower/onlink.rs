//! IPv6 gateways that the kernel would look for elsewhere.
//!
//! RouterOS looks for a gateway among routes of small scope, which are the connected ones unless somebody says otherwise.
//! The kernel takes our word for the device of an IPv6 gateway (`onlink`) only if its main table does not know better: where
//! its longest match for the gateway, the default route aside, leads to another device or drops, it refuses the route.
//! Source: `ip6_route_check_nh_onlink`.

use super::{Context, diagnostics};
use ipnet::IpNet;
use rosc_route::{DeviceName, MAIN_TABLE, Route, RouteKind};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

impl Context<'_> {
    /// Reports the routes that the kernel would refuse.
    pub(super) fn report_gateways_elsewhere(&mut self, routes: &[Route]) {
        let main = Main::new(routes, self.connected_devices());
        let mut seen: HashSet<(IpAddr, &DeviceName)> = HashSet::new();
        for route in routes.iter().filter(|route| route.destination.addr().is_ipv6()) {
            for hop in route.next_hops().filter(|hop| hop.onlink) {
                let Some(gateway) = hop.gateway else { continue };
                if !seen.insert((gateway, &hop.device)) {
                    continue;
                }
                if let Some(prefix) = main.leads_elsewhere(gateway, &hop.device) {
                    let message = format!(
                        "the gateway {gateway} is on {}, but Linux finds it by the route to {prefix}",
                        hop.device
                    );
                    let help = format!(
                        "give the gateway a route of its own: dst-address={gateway}/128 gateway={}",
                        hop.device
                    );
                    self.diagnostics.push(diagnostics::no_linux_form(message, route.origin, &help));
                }
            }
        }
    }

    fn connected_devices(&self) -> Vec<(IpNet, DeviceName)> {
        let addresses = self.router.addresses.iter().filter(|address| address.address.is_ipv6());
        let device = |interface| self.devices.named(interface).cloned();
        addresses.filter_map(|address| Some((address.connected(), device(&address.interface)?))).collect()
    }
}

/// The IPv6 routes of the kernel's main table but for the default, by prefix: the devices that they lead to.
struct Main {
    prefixes: HashMap<IpNet, Vec<DeviceName>>,
    lengths: BTreeSet<u8>,
}

impl Main {
    fn new(routes: &[Route], connected: Vec<(IpNet, DeviceName)>) -> Self {
        let mut prefixes: HashMap<IpNet, Vec<DeviceName>> = HashMap::new();
        for (prefix, device) in connected {
            prefixes.entry(prefix).or_insert_with(|| vec![device]);
        }
        let in_main = routes.iter().filter(|route| {
            let prefix = route.destination;
            route.table == MAIN_TABLE && prefix.addr().is_ipv6() && prefix.prefix_len() > 0
        });
        for route in in_main {
            let devices = match &route.kind {
                RouteKind::Unicast(hops) => hops.iter().map(|hop| hop.device.clone()).collect(),
                RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit => Vec::new(),
            };
            // What is connected, or of a smaller metric, comes first.
            prefixes.entry(route.destination).or_insert(devices);
        }
        let lengths = prefixes.keys().map(IpNet::prefix_len).collect();
        Self { prefixes, lengths }
    }

    fn leads_elsewhere(&self, gateway: IpAddr, device: &DeviceName) -> Option<IpNet> {
        let longest = self.lengths.iter().rev().filter_map(|&length| IpNet::new(gateway, length).ok());
        let (prefix, devices) =
            longest.map(|net| net.trunc()).find_map(|net| self.prefixes.get_key_value(&net))?;
        (devices.is_empty() || devices.iter().any(|other| other != device)).then_some(*prefix)
    }
}
