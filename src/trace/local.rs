//! What addresses are to the router: its own, broadcast, somebody else's.

use crate::ir::firewall::AddressType;
use crate::ir::{Address, InterfaceName, Router};
use ipnet::IpNet;
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

/// The router's own addresses.
#[derive(Debug)]
pub(super) struct Own {
    addresses: HashSet<IpAddr>,
    /// IPv4: the last address of a network means all its hosts.
    broadcasts: HashSet<IpAddr>,
    /// IPv6: the first address of a network means any of its routers (RFC 4291, 2.6.1).
    anycasts: HashSet<IpAddr>,
}

impl Own {
    pub(super) fn new(router: &Router) -> Self {
        let broadcast = |address: &Address| match address.connected() {
            // A network of two addresses or one has no broadcast address.
            IpNet::V4(net) if net.prefix_len() < 31 => Some(IpAddr::V4(net.broadcast())),
            IpNet::V4(_) | IpNet::V6(_) => None,
        };
        let is_router = router.settings.ipv6.as_ref().is_none_or(|ipv6| ipv6.forward.value);
        let anycast = |address: &Address| match address.connected() {
            IpNet::V6(net) if net.prefix_len() < 127 && is_router => Some(IpAddr::V6(net.network())),
            IpNet::V4(_) | IpNet::V6(_) => None,
        };
        Self {
            addresses: router.addresses.iter().map(|own| own.address).collect(),
            broadcasts: router.addresses.iter().filter_map(broadcast).collect(),
            anycasts: router.addresses.iter().filter_map(anycast).collect(),
        }
    }

    /// Says whether packets to an address are the router's.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address) || address.is_loopback() || self.anycasts.contains(&address)
    }

    /// Says whether an address is written down as one of the router's own.
    pub(super) fn is_address(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address) || address.is_loopback()
    }

    /// What kind of address it is, by the router's own addresses alone.
    pub(super) fn kind(&self, address: IpAddr) -> AddressType {
        match address {
            _ if self.anycasts.contains(&address) && !self.addresses.contains(&address) => {
                AddressType::Anycast
            }
            _ if self.has(address) => AddressType::Local,
            IpAddr::V4(v4) if v4 == Ipv4Addr::BROADCAST || self.broadcasts.contains(&address) => {
                AddressType::Broadcast
            }
            // The address of no host stands for this one, which a broadcast may come from.
            IpAddr::V4(v4) if v4.is_unspecified() => AddressType::Broadcast,
            _ if address.is_multicast() => AddressType::Multicast,
            IpAddr::V4(_) | IpAddr::V6(_) => AddressType::Unicast,
        }
    }
}

/// The addresses of which the router gives one to a packet that leaves by an interface; none if the configuration knows none
/// of the destination's family.
///
/// IPv4 takes the address of the network that holds the neighbour, or else the interface's first; for `lo`, which has none
/// that is known outside, the first of another one. Further addresses of a network are secondary, and not used by
/// themselves. IPv6 takes the destination itself if it is the router's (rule 1), or else any address of its own, those of the interface first, and
/// among them what has most in common with the destination (RFC 6724, rules 5 and 8). Of several that are as good, the order
/// of the router's devices decides, which no configuration tells.
pub(super) fn sources_for(
    router: &Router,
    interface: Option<&InterfaceName>,
    neighbour: IpAddr,
    destination: IpAddr,
) -> Vec<IpAddr> {
    let is_there = |address: &Address| Some(&address.interface) == interface;
    let IpAddr::V6(to) = destination else {
        let mut there =
            router.addresses.iter().filter(|address| is_there(address) && address.address.is_ipv4());
        let in_network = there.clone().find(|address| address.connected().contains(&neighbour));
        if interface == Some(&InterfaceName::loopback()) && there.clone().next().is_none() {
            return first_of_each(router);
        }
        return in_network.or_else(|| there.next()).map(|address| address.address).into_iter().collect();
    };
    if router.addresses.iter().any(|own| own.address == destination) {
        return vec![destination];
    }
    let mut best: Vec<&Address> = Vec::new();
    let mut most = (false, 0);
    for address in &router.addresses {
        let IpAddr::V6(own) = address.address else { continue };
        let common = u8::try_from((own.to_bits() ^ to.to_bits()).leading_zeros()).unwrap_or(128);
        let fitness = (is_there(address), common.min(address.prefix_len));
        if best.is_empty() || fitness > most {
            (best, most) = (vec![address], fitness);
        } else if fitness == most && best.iter().all(|known| known.interface != address.interface) {
            best.push(address);
        }
    }
    best.into_iter().map(|address| address.address).collect()
}

/// The first IPv4 address of each interface.
fn first_of_each(router: &Router) -> Vec<IpAddr> {
    let mut seen = HashSet::new();
    let own = router.addresses.iter().filter(|address| address.address.is_ipv4());
    own.filter(|address| seen.insert(&address.interface)).map(|address| address.address).collect()
}
