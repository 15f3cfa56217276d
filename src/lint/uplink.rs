//! The interfaces by which a router reaches the rest of the world.

use crate::ir::nexthop::{Hop, NextHops};
use crate::ir::{Address, InterfaceName, Route, Router};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// An interface with a gateway of a default route, in one family.
#[derive(Debug)]
pub(super) struct Uplink<'r> {
    pub(super) interface: InterfaceName,
    pub(super) is_ipv6: bool,
    /// The neighbour that takes the packets.
    pub(super) gateway: Option<IpAddr>,
    /// The first default route that leads here, of `main` if there is one.
    pub(super) route: &'r Route,
    /// The router's own address here: the one that the gateway sees, or else the first.
    pub(super) address: Option<&'r Address>,
}

/// A router with more is none of the kind that the lints are about, and each costs a look at all rules.
const MOST: usize = 16;

impl<'r> Uplink<'r> {
    /// All of them, in the order of their names.
    pub(super) fn all(router: &'r Router, next_hops: &NextHops<'r>) -> Vec<Self> {
        let mut places: BTreeMap<(bool, &InterfaceName), (&'r Route, Option<IpAddr>)> = BTreeMap::new();
        for (index, route) in router.routes.iter().enumerate() {
            let has_fib = router.tables.get(&route.table).is_some_and(|table| table.fib);
            if route.destination.prefix_len() > 0 || !has_fib || !next_hops.is_candidate(index) {
                continue;
            }
            for hop in &next_hops.of(index).hops {
                let Hop::Interface { interface, gateway } = hop else { continue };
                let Some((interface, _)) = router.interfaces.get_key_value(interface) else { continue };
                let known = places
                    .entry((route.destination.addr().is_ipv6(), interface))
                    .or_insert((route, *gateway));
                if route.table.is_main() && !known.0.table.is_main() {
                    *known = (route, *gateway);
                }
            }
        }
        let uplinks = places.into_iter().map(|((is_ipv6, interface), (route, gateway))| {
            let mut here = router
                .addresses
                .iter()
                .filter(|address| address.interface == *interface && address.address.is_ipv6() == is_ipv6);
            let sees =
                |address: &&&Address| gateway.is_some_and(|gateway| address.connected().contains(&gateway));
            let address = here.clone().find(|address| sees(&address)).or_else(|| here.next());
            Self { interface: interface.clone(), is_ipv6, gateway, route, address }
        });
        uplinks.take(MOST).collect()
    }

    /// Says whether the Internet may send to the router's address here by itself. To a private one that `main` leaves to
    /// others, such as that of a tunnel, it hardly does.
    pub(super) fn is_reached(&self) -> bool {
        self.is_public() || self.route.table.is_main()
    }

    /// Says whether a provider is at the other side, as far as the addresses tell: it routes none of ours but those that
    /// it gave, also where it translates itself (RFC 6598).
    pub(super) fn is_of_provider(&self) -> bool {
        self.addresses().any(|address| !is_private(address) || is_shared(address))
    }

    /// Says whether the other side is part of the public Internet, as far as the addresses tell.
    fn is_public(&self) -> bool {
        self.addresses().any(|address| !is_private(address))
    }

    fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.gateway.into_iter().chain(self.address.map(|address| address.address))
    }
}

/// Says whether the machine alone knows where some default routes lead: then any of them may be better than those that are
/// known.
pub(super) fn is_uncertain(router: &Router, next_hops: &NextHops<'_>, ipv6: bool) -> bool {
    let defaults = router.routes.iter().enumerate().filter(|(_, route)| {
        route.destination.prefix_len() == 0 && route.destination.addr().is_ipv6() == ipv6
    });
    defaults.into_iter().any(|(index, _)| !next_hops.of(index).unresolved.is_empty())
}

/// Whether nobody in the Internet answers to an address: RFC 1918, RFC 6598, RFC 4193, and link-local ones.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local() || is_shared(address),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Whether an address is one that providers give to customers behind their translation.
fn is_shared(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 100 && (64..128).contains(&v4.octets()[1]))
}
