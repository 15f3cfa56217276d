//! Bridges, and the devices that others make.

use super::{Context, diagnostics};
use crate::ir::{Bridge, InterfaceKind, SpanningTree};
use rosc_route::{Address, Centiseconds, DeviceName, Link, LinkKind, MacAddress, Route};
use rosc_target::Origin;
use std::collections::BTreeMap;
use std::time::Duration;

impl Context<'_> {
    /// The bridges with their ports, and every device that something is put on: all of them have to be up, as an
    /// interface of RouterOS is unless it is disabled.
    pub(super) fn links(&mut self, addresses: &[Address], routes: &[Route]) -> Vec<Link> {
        let mut links: BTreeMap<DeviceName, Link> = BTreeMap::new();
        for (name, interface) in &self.router.interfaces {
            let InterfaceKind::Bridge(bridge) = &interface.kind else { continue };
            let Some(device) = self.devices.named(name).cloned() else { continue };
            for port in &bridge.ports {
                let port_device = self.devices.existing(&port.interface, port.origin, &mut self.diagnostics);
                let Some(port_device) = port_device else { continue };
                let master = Some(device.clone());
                let link =
                    Link { origin: port.origin, name: port_device.clone(), kind: LinkKind::Existing, master };
                links.insert(port_device, link);
            }
            let kind = LinkKind::Bridge(lowered_bridge(bridge));
            let link = Link { origin: interface.origin, name: device.clone(), kind, master: None };
            if let Some(other) = links.insert(device, link) {
                let message = format!("`{}` is a bridge and a port of one", other.name);
                let help = "give the bridge another name, or map the port to another device";
                self.diagnostics.push(diagnostics::no_linux_form(message, interface.origin, help));
            }
        }
        let carrying = addresses.iter().map(|address| (&address.device, address.origin));
        let leading =
            routes.iter().flat_map(|route| route.next_hops().map(|hop| (&hop.device, route.origin)));
        for (device, origin) in carrying.chain(leading) {
            if !links.contains_key(device) {
                links.insert(device.clone(), existing(device, origin));
            }
        }
        links.into_values().collect()
    }
}

fn existing(device: &DeviceName, origin: Origin) -> Link {
    Link { origin, name: device.clone(), kind: LinkKind::Existing, master: None }
}

fn lowered_bridge(bridge: &Bridge) -> rosc_route::Bridge {
    let Bridge { spanning_tree, mac, mtu, priority, ageing_time, forward_delay, igmp_snooping, ports: _ } =
        bridge;
    rosc_route::Bridge {
        mac: mac.map(MacAddress),
        mtu: *mtu,
        // The kernel's own protocol is the old STP; with it, ports would stay silent for half a minute, which
        // RSTP, RouterOS's default, spares them.
        stp: *spanning_tree == SpanningTree::Stp,
        ageing_time: centiseconds(*ageing_time),
        forward_delay: centiseconds(*forward_delay),
        priority: *priority,
        multicast_snooping: *igmp_snooping,
    }
}

fn centiseconds(time: Duration) -> Centiseconds {
    Centiseconds(u32::try_from(time.as_millis() / 10).unwrap_or(u32::MAX))
}
