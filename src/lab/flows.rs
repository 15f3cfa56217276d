//! Which flows are sent.

use super::client::{Kind, Plan};
use super::world::{Placed, SERVED_PORTS};
use super::{Destination, Role, Topology, topology};
use std::net::{IpAddr, SocketAddr};

/// The flows: from every host to every destination of its family, of every kind. The ports and addresses follow from the
/// number, so that what is decided by a hash comes out the same in every run.
pub(super) fn planned(topology: &Topology, stations: &[Placed], count: u32) -> Vec<(usize, Plan)> {
    const FIRST_PORT: u32 = 20_000;
    let mut plans = Vec::new();
    for (index, placed) in stations.iter().enumerate().filter(|(_, placed)| placed.station.role == Role::Host)
    {
        for destination in &topology.destinations {
            let is_ipv6 = destination.prefix.addr().is_ipv6();
            let own = placed.station.addresses.iter().map(ipnet::IpNet::addr);
            let sources: Vec<IpAddr> = own.filter(|address| address.is_ipv6() == is_ipv6).collect();
            if sources.is_empty() {
                continue;
            }
            for kind in [Kind::Tcp, Kind::Udp, Kind::Icmp] {
                for n in 0..count {
                    let id = u32::try_from(plans.len()).expect("fewer flows than u32 counts");
                    let at = |length: usize| n as usize % length;
                    let source_port =
                        if kind == Kind::Icmp { 0 } else { u16::try_from(FIRST_PORT + n).unwrap_or(0) };
                    let port = if kind == Kind::Icmp { 0 } else { SERVED_PORTS[at(SERVED_PORTS.len())] };
                    let plan = Plan {
                        id,
                        kind,
                        source: Some(SocketAddr::new(sources[at(sources.len())], source_port)),
                        destination: SocketAddr::new(nth_address(destination, n), port),
                    };
                    plans.push((index, plan));
                }
            }
        }
    }
    plans
}

/// Addresses of a destination, far apart from each other.
fn nth_address(destination: &Destination, n: u32) -> IpAddr {
    const STRIDE: u32 = 257;
    let bits = u32::from(destination.prefix.max_prefix_len() - destination.prefix.prefix_len());
    let hosts = 1u64 << bits.min(16);
    let place = match hosts {
        1 => 0,
        2..=3 => u64::from(n) % hosts,
        _ => 1 + u64::from(n) * u64::from(STRIDE) % (hosts - 2),
    };
    topology::host(&destination.prefix, u32::try_from(place).expect("at most 16 bits"))
}
