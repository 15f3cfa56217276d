//! What addresses are to the router: its own, broadcast, somebody else's.

use crate::ir::firewall::AddressType;
use crate::ir::{Address, InterfaceName, Router};
use ipnet::IpNet;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

/// The router's own addresses.
#[derive(Debug)]
pub(super) struct Own {
    addresses: HashMap<IpAddr, InterfaceName>,
    broadcasts: HashMap<IpAddr, InterfaceName>,
}

impl Own {
    pub(super) fn new(router: &Router) -> Self {
        let of = |address: &Address| (address.address, address.interface.clone());
        let broadcast = |address: &Address| match address.connected() {
            // A network of two addresses or one has no broadcast address.
            IpNet::V4(net) if net.prefix_len() < 31 => {
                Some((IpAddr::V4(net.broadcast()), address.interface.clone()))
            }
            IpNet::V4(_) | IpNet::V6(_) => None,
        };
        Self {
            addresses: router.addresses.iter().map(of).collect(),
            broadcasts: router.addresses.iter().filter_map(broadcast).collect(),
        }
    }

    /// Says whether an address is one of the router's, or is of the router by its kind.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        self.addresses.contains_key(&address) || address.is_loopback()
    }

    /// What kind of address it is, by the router's own addresses alone.
    pub(super) fn kind(&self, address: IpAddr) -> AddressType {
        match address {
            _ if self.has(address) => AddressType::Local,
            IpAddr::V4(v4) if v4 == Ipv4Addr::BROADCAST || self.broadcasts.contains_key(&address) => {
                AddressType::Broadcast
            }
            // The address of no host stands for this one, which a broadcast may come from.
            IpAddr::V4(v4) if v4.is_unspecified() => AddressType::Broadcast,
            _ if address.is_multicast() => AddressType::Multicast,
            IpAddr::V4(_) | IpAddr::V6(_) => AddressType::Unicast,
        }
    }
}

/// The address that a router uses on an interface: the one of the network that holds the neighbour, or else the first.
/// `None` if the configuration gives it none of the neighbour's family.
///
/// Further addresses of a network are secondary, and not used by themselves.
pub(super) fn address_on(router: &Router, interface: &InterfaceName, neighbour: IpAddr) -> Option<IpAddr> {
    let is_there = |address: &&Address| {
        address.interface == *interface && address.address.is_ipv6() == neighbour.is_ipv6()
    };
    let mut there = router.addresses.iter().filter(is_there);
    let in_network = there.clone().find(|address| address.connected().contains(&neighbour));
    in_network.or_else(|| there.next()).map(|address| address.address)
}
