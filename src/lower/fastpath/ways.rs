//! Who decides about which destinations, in as few prefixes as say it.

use super::groups::several;
use crate::ir::{FastPath, HashPolicy};
use crate::lower::Context;
use ipnet::{IpNet, Ipv4Net};
use rosc_ebpf::{By, GroupName, Way};
use rosc_route::{Family, Route};
use rosc_target::Origin;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Destinations that no router forwards, or not as others: IANA's registries of special addresses.
const OF_THE_STACK: &[&str] = &[
    // "This network", loopback, the link, multicast, reserved with the limited broadcast.
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/4",
    "240.0.0.0/4",
    // Unspecified, loopback and what once stood for IPv4; IPv4 as IPv6; the link; multicast.
    "::/96",
    "::ffff:0:0/96",
    "fe80::/10",
    "ff00::/8",
];

impl Context<'_> {
    /// The kernel's routes answer for all that is not of a group, and tell the program where the stack is needed: what
    /// they drop, what is of the router itself, and what they do not lead anywhere.
    pub(super) fn ways(
        &self,
        family: Family,
        asked: &FastPath,
        route: &rosc_route::State,
        used: BTreeMap<IpNet, &Route>,
        mut shared: BTreeMap<IpNet, GroupName>,
    ) -> BTreeMap<IpNet, Way> {
        let everything = IpNet::new(unspecified(family), 0).expect("a prefix of everything");
        let mut ways = BTreeMap::from([(everything, Way { origin: asked.origin, by: By::Fib })]);
        // The kernel's routes are asked by what is outside of a tunnel.
        let is_inner = self.kernel_hash_policy(family).value == HashPolicy::L3Inner;
        let needs_stack = |route: &Route| is_inner && several(route).is_some();
        let mine: BTreeSet<IpNet> = used.keys().copied().collect();
        for (destination, route) in used {
            let by = match shared.remove(&destination) {
                Some(group) => By::Group(group),
                None if needs_stack(route) => By::Stack,
                None => By::Fib,
            };
            ways.insert(destination, Way { origin: route.origin, by });
        }
        // The routes of connected networks, and those of the router's own addresses, come before others.
        for (prefix, origin) in self.connected(route) {
            if Family::of_net(&prefix) == family {
                ways.insert(prefix, Way { origin, by: By::Fib });
            }
        }
        // So do those of others, of which only the kernel knows whether they share packets. Where they lead to the same destination as
        // one of ours, the lower metric counts.
        let by = if is_inner { By::Stack } else { By::Fib };
        for destination in self.host.foreign.destinations.keys() {
            if Family::of_net(destination) == family && !mine.contains(destination) {
                ways.insert(*destination, Way { origin: Origin::IMPLIED, by: by.clone() });
            }
        }
        for (address, origin) in self.own(route) {
            if Family::of_net(&address) == family {
                ways.insert(address, Way { origin, by: By::Own });
            }
        }
        for prefix in OF_THE_STACK {
            let prefix: IpNet = prefix.parse().expect("a prefix");
            if Family::of_net(&prefix) == family {
                ways.insert(prefix, Way { origin: asked.origin, by: By::Stack });
            }
        }
        compressed(ways)
    }

    /// The addresses that are known.
    fn own(&self, route: &rosc_route::State) -> Vec<(IpNet, Origin)> {
        let wanted = route.addresses().iter().map(|address| (address.local.into(), address.origin));
        let devices = self.host.devices.iter().flat_map(BTreeMap::values);
        let there =
            devices.flat_map(|device| &device.own).map(|address| ((*address).into(), Origin::IMPLIED));
        there.chain(wanted).collect()
    }

    /// The networks of these addresses, and where one shouts to all in the network.
    fn connected(&self, route: &rosc_route::State) -> Vec<(IpNet, Origin)> {
        let mut prefixes = Vec::new();
        for address in route.addresses() {
            let network = IpNet::new(address.peer.unwrap_or(address.local), address.prefix_len);
            let network = network.expect("the state checks the length").trunc();
            prefixes.push((network, address.origin));
            prefixes.extend(broadcasts(network).map(|prefix| (prefix, address.origin)));
        }
        for device in self.host.devices.iter().flat_map(BTreeMap::values) {
            let networks = device.addresses.iter().map(IpNet::trunc);
            let all = networks.clone().chain(networks.flat_map(broadcasts));
            prefixes.extend(all.map(|prefix| (prefix, Origin::IMPLIED)));
        }
        prefixes
    }
}

/// The kernel takes the first and the last address of a network for all of its hosts.
fn broadcasts(network: IpNet) -> impl Iterator<Item = IpNet> {
    let ends = match network {
        IpNet::V4(network) if network.prefix_len() <= 30 => Some([network.network(), network.broadcast()]),
        IpNet::V4(_) | IpNet::V6(_) => None,
    };
    ends.into_iter().flatten().map(|address| IpNet::V4(Ipv4Net::from(address)))
}

fn unspecified(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => std::net::Ipv4Addr::UNSPECIFIED.into(),
        Family::Ipv6 => std::net::Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// Leaves out what the next shorter prefix says already, and all that is inside of a prefix of the stack.
fn compressed(ways: BTreeMap<IpNet, Way>) -> BTreeMap<IpNet, Way> {
    let mut kept: BTreeMap<IpNet, Way> = BTreeMap::new();
    // A prefix comes before those that it holds, so these are the ones around the next.
    let mut around: Vec<(IpNet, By)> = Vec::new();
    for (prefix, way) in ways {
        while around.pop_if(|(outer, _)| !outer.contains(&prefix)).is_some() {}
        let said = around.last().is_some_and(|(_, by)| *by == By::Stack || *by == way.by);
        if !said {
            around.push((prefix, way.by.clone()));
            kept.insert(prefix, way);
        }
    }
    kept
}

#[cfg(test)]
mod tests;
