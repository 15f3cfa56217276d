//! Static routes.

use super::{Context, diagnostics};
use crate::ir::nexthop::{Hop, NextHops, Unresolved, is_own_address};
use crate::ir::{Dialect, Distance, GatewayHop, Route, RouteTarget, TableName};
use ipnet::IpNet;
use rosc_route::{NextHop, RouteKind, Weight};
use std::net::IpAddr;
use std::num::NonZeroU32;

/// The kernel puts IPv6 routes to connected networks at this metric, so static ones have to come behind it:
/// RouterOS prefers what is connected.
const IPV6_CONNECTED_METRIC: u32 = 256;

/// Returns the kernel metric for a distance.
///
/// Lower wins on both sides, so IPv4 keeps the number; IPv6 counts from the metric of connected routes. A route of
/// distance 255 is never chosen, hence `None`.
/// Source: RouterOS "IP Routing", property `distance`; kernel `RTA_PRIORITY`, `IP6_RT_PRIO_ADDRCONF`.
fn metric(distance: Distance, ipv6: bool) -> Option<NonZeroU32> {
    let base = if ipv6 { IPV6_CONNECTED_METRIC } else { 0 };
    distance.is_usable().then(|| NonZeroU32::new(base + u32::from(distance.get()))).flatten()
}

impl Context<'_> {
    /// Each set of routes of equal table, destination and distance becomes one route of the kernel.
    pub(super) fn routes(&mut self) -> Vec<rosc_route::Route> {
        let router = self.router;
        let surroundings = self.host.surroundings(&self.devices.interfaces());
        let next_hops = NextHops::resolve(router, &surroundings);
        for (index, route) in router.routes.iter().enumerate() {
            self.report_gateways(route, &next_hops.of(index).unresolved);
        }
        let usable = router.routes.iter().enumerate().filter(|&(index, route)| {
            router.tables.get(&route.table).is_some_and(|table| table.fib) && next_hops.is_candidate(index)
        });
        let mut usable: Vec<(&Route, &[Hop])> =
            usable.map(|(index, route)| (route, next_hops.of(index).hops.as_slice())).collect();
        // Stable: the order of equal routes is the order of their gateways.
        usable.sort_by(|(a, _), (b, _)| place(a).cmp(&place(b)));
        let mut routes = Vec::with_capacity(usable.len());
        for group in usable.chunk_by(|(a, _), (b, _)| place(a) == place(b)) {
            let group = if router.dialect == Dialect::V6 { &group[..1] } else { group };
            let (first, _) = group[0];
            let Some(metric) = metric(first.distance, first.destination.addr().is_ipv6()) else { continue };
            let Some(kind) = self.kind(group) else { continue };
            routes.push(rosc_route::Route {
                origin: first.origin,
                table: self.marks.table(&first.table),
                destination: first.destination,
                metric,
                preferred_source: self.preferred_source(group),
                kind,
            });
        }
        routes
    }

    fn report_gateways(&mut self, route: &Route, unresolved: &[(usize, Unresolved)]) {
        let RouteTarget::Via(gateways) = &route.target else { return };
        for gateway in gateways {
            if let GatewayHop::Address { address, .. } | GatewayHop::OnInterface { address, .. } = gateway.hop
                && is_own_address(&self.router.addresses, address)
            {
                self.diagnostics.push(diagnostics::gateway_is_own_address(address, gateway.origin));
            }
        }
        for &(place, why) in unresolved {
            let gateway = &gateways[place];
            let (GatewayHop::Address { address, .. } | GatewayHop::OnInterface { address, .. }) =
                &gateway.hop
            else {
                continue;
            };
            if why != Unresolved::NotAnswering {
                let address = address.to_string();
                let client = self.router.address_clients.first().filter(|_| self.host.devices.is_none());
                self.diagnostics.push(match client {
                    Some(client) if why == Unresolved::NoRoute => {
                        diagnostics::gateway_not_known_to_be_reached(&address, gateway.origin, *client)
                    }
                    _ => diagnostics::unreachable_gateway(&address, why, gateway.origin),
                });
            }
        }
    }

    fn kind(&mut self, group: &[(&Route, &[Hop])]) -> Option<RouteKind> {
        let mut ways: Vec<NextHop> = Vec::new();
        for (route, hops) in group {
            for hop in *hops {
                let Hop::Interface { interface, gateway } = hop else { continue };
                let device = self.devices.existing(interface, route.origin, &mut self.diagnostics)?;
                // The device is known. Left to itself the kernel would look the gateway up again, by the policy
                // rules, which may lead elsewhere or refuse. A link-local gateway is on its link by definition, and
                // the kernel wants no flag that says so.
                let onlink = gateway.is_some_and(|gateway| !is_link_local(gateway));
                ways.push(NextHop { gateway: *gateway, device, onlink, weight: Weight::ONE });
            }
        }
        let (first, _) = group[0];
        if ways.is_empty() {
            return Some(match first.target {
                RouteTarget::Unreachable => RouteKind::Unreachable,
                RouteTarget::Prohibit => RouteKind::Prohibit,
                RouteTarget::Blackhole | RouteTarget::Via(_) => RouteKind::Blackhole,
            });
        }
        self.report_mixed(group);
        let needs_gateway = first.destination.addr().is_ipv6() && ways.len() > 1;
        if needs_gateway && ways.iter().any(|way| way.gateway.is_none()) {
            let message = "an IPv6 route with several ways needs an address for each gateway";
            let help = "write ADDRESS%INTERFACE instead of the interface alone";
            self.diagnostics.push(diagnostics::no_linux_form(message, first.origin, help));
            return None;
        }
        match rosc_route::NextHops::new(ways) {
            Ok(next_hops) => Some(RouteKind::Unicast(next_hops)),
            Err(error) => {
                let help = "give the gateways smaller weights of the same proportion";
                self.diagnostics.push(diagnostics::no_linux_form(error.to_string(), first.origin, help));
                None
            }
        }
    }

    /// The kernel has no multipath route of which one way drops.
    fn report_mixed(&mut self, group: &[(&Route, &[Hop])]) {
        let drops = |route: &Route, hops: &[Hop]| {
            !matches!(route.target, RouteTarget::Via(_)) || hops.contains(&Hop::Blackhole)
        };
        if let Some((route, _)) = group.iter().find(|(route, hops)| drops(route, hops)) {
            let message = "a route that drops has the distance of one that forwards; only the latter is used";
            let help = "give the route that drops a larger distance";
            self.diagnostics.push(diagnostics::differs(message, route.origin, help));
        }
    }

    /// The kernel has one preferred source for all ways of a route.
    fn preferred_source(&mut self, group: &[(&Route, &[Hop])]) -> Option<IpAddr> {
        let (first, _) = group[0];
        let other = group.iter().find(|(route, _)| route.preferred_source != first.preferred_source);
        if let Some((other, _)) = other {
            let message =
                "routes of one multipath route have different pref-src; the first one's is used for all";
            let help = "use the same pref-src, or none: masquerade picks the address of the way taken";
            self.diagnostics.push(diagnostics::differs(message, other.origin, help));
        }
        first.preferred_source
    }
}

/// What routes are equal by.
fn place(route: &Route) -> (&TableName, IpNet, Distance) {
    (&route.table, route.destination, route.distance)
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_keep_their_order_and_255_has_no_metric() {
        let metric_of =
            |distance, ipv6| metric(Distance::new(distance).expect("a distance"), ipv6).map(NonZeroU32::get);
        assert_eq!(metric_of(1, false), Some(1));
        assert_eq!(metric_of(254, false), Some(254));
        assert_eq!(metric_of(1, true), Some(257));
        assert_eq!(metric_of(255, false), None);
    }
}
