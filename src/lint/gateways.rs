//! Sets of gateways that lead to one neighbour, so that none of them stands in for another.

use crate::diagnostic::{Code, Diagnostic};
use crate::ir::nexthop::{Hop, NextHops};
use crate::ir::{Gateway, GatewayHop, Route, RouteTarget, Router};

pub(super) fn look(router: &Router, next_hops: &NextHops<'_>, found: &mut Vec<Diagnostic>) {
    let is_used = |(_, route): &(usize, &Route)| {
        let is_used = route.distance.is_usable() && matches!(route.target, RouteTarget::Via(_));
        is_used && router.tables.get(&route.table).is_some_and(|table| table.fib)
    };
    let mut routes: Vec<(usize, &Route)> = router.routes.iter().enumerate().filter(is_used).collect();
    routes.sort_by_key(|(_, route)| (&route.table, route.destination));
    // Of a table to one destination.
    let is_same = |(_, a): &(usize, &Route), (_, b): &(usize, &Route)| {
        a.destination == b.destination && a.table == b.table
    };
    for set in routes.chunk_by(is_same) {
        found.extend(only_neighbour(set, next_hops).filter(|_| !is_probing(set)).map(|hop| told(set, hop)));
    }
}

/// The one neighbour that several different gateways lead to.
fn only_neighbour<'n>(set: &[(usize, &Route)], next_hops: &'n NextHops<'_>) -> Option<&'n Hop> {
    let mut gateways = set.iter().flat_map(|(_, route)| gateways(route));
    let first = gateways.next()?;
    // A gateway that stands twice has a weight, or is there with its check and without.
    gateways.find(|gateway| gateway.hop != first.hop)?;
    let all_lead_somewhere = set.iter().all(|(index, _)| next_hops.of(*index).unresolved.is_empty());
    let mut hops = set.iter().flat_map(|(index, _)| &next_hops.of(*index).hops);
    let hop = hops.next()?;
    let is_one = all_lead_somewhere && hops.all(|other| other == hop);
    Some(hop).filter(|hop| is_one && matches!(hop, Hop::Interface { .. }))
}

/// Several hosts beyond one provider may be probed for it, so that the silence of one of them is no outage. In main, with
/// different distances, another provider was meant.
fn is_probing(set: &[(usize, &Route)]) -> bool {
    let all_check = set.iter().all(|(_, route)| route.check_gateway.is_some());
    let is_failover = set.iter().any(|(_, route)| route.distance != set[0].1.distance);
    all_check && !(is_failover && set[0].1.table.is_main())
}

fn gateways(route: &Route) -> &[Gateway] {
    match &route.target {
        RouteTarget::Via(gateways) => gateways,
        RouteTarget::Blackhole | RouteTarget::Unreachable | RouteTarget::Prohibit => &[],
    }
}

fn told(set: &[(usize, &Route)], hop: &Hop) -> Diagnostic {
    let (table, destination) = (&set[0].1.table, set[0].1.destination);
    let neighbour = match hop {
        Hop::Interface { interface, gateway: Some(gateway) } => format!("{gateway} on `{interface}`"),
        Hop::Interface { interface, gateway: None } => format!("`{interface}`"),
        Hop::Blackhole => "nowhere".to_owned(),
    };
    let message = format!("all gateways to {destination} in table `{table}` lead to {neighbour}");
    let mut diagnostic = Diagnostic::new(Code::SameNextHop, message);
    let mut is_first = true;
    for gateway in set.iter().flat_map(|(_, route)| gateways(route)) {
        let text = if is_first { "one way".to_owned() } else { "the same way again".to_owned() };
        is_first = false;
        diagnostic = diagnostic.label(gateway.origin, text);
    }
    let is_recursive = set.iter().flat_map(|(_, route)| gateways(route)).any(|gateway| {
        matches!((&gateway.hop, hop), (GatewayHop::Address { address, .. }, Hop::Interface { gateway, .. })
            if Some(*address) != *gateway)
    });
    diagnostic.help(if is_recursive {
        "if one is to stand in for the other: give the route to each gateway a provider of its own"
    } else {
        "if one is to stand in for the other: name a gateway of another network"
    })
}
