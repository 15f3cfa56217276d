//! By what connections of `fasttrack-connection` take their short cut.

use crate::host::Host;
use crate::ir::{InterfaceName, Router};
use crate::lower::Desired;
use crate::trace::{Means, ShortCuts};
use rosc_ebpf::Takes;
use std::collections::BTreeSet;

/// By what connections take a short cut where a machine is as a router was lowered for it.
pub fn short_cuts(router: &Router, host: &Host, desired: &Desired) -> ShortCuts {
    let means = |takes: fn(&Takes) -> bool, has_flow_tables: bool| {
        let ports = desired.ebpf.ports.iter().filter(|(_, port)| takes(&port.takes));
        let interfaces: BTreeSet<InterfaceName> =
            ports.map(|(device, _)| router.interface_of(device.as_str())).collect();
        match (interfaces.is_empty(), has_flow_tables) {
            (false, _) => Means::Programs(interfaces),
            (true, true) => Means::FlowTable,
            (true, false) => Means::None,
        }
    };
    ShortCuts {
        ipv4: means(|takes| takes.ipv4_connections, host.has_ipv4_flow_tables()),
        ipv6: means(|takes| takes.ipv6_connections, host.has_ipv6_flow_tables()),
    }
}
