//! Putting changes into an order that is safe for traffic; the reasons stand at [`super::compare`].

use crate::change::{Action, Change};
use crate::{MAIN_TABLE, Route};

/// Sorts the changes. Those that have no order among each other keep the one that they are in, as do rules,
/// whose order only the comparison of the whole lists can tell.
pub(crate) fn arrange(changes: &mut [Change]) {
    let on_link = changes
        .iter()
        .filter_map(added_route)
        .filter(|route| is_ipv6(route))
        .all(|route| route.next_hops().all(|hop| hop.gateway.is_none() || hop.onlink));
    changes.sort_by_key(|change| {
        let by_length = added_route(change).filter(|route| on_link && is_of_ipv6_main(route));
        let rank = by_length.map_or_else(|| rank(change), |_| OF_IPV6_MAIN);
        let order = by_length.map(|route| (u8::MAX - route.destination.prefix_len(), route.metric));
        (change.phase(), rank, order)
    });
}

fn added_route(change: &Change) -> Option<&Route> {
    match change {
        Change::Route(Action::Create(route) | Action::Modify { to: route, .. }) => Some(route),
        _ => None,
    }
}

fn is_ipv6(route: &Route) -> bool {
    route.destination.addr().is_ipv6()
}

fn is_of_ipv6_main(route: &Route) -> bool {
    is_ipv6(route) && route.table == MAIN_TABLE
}

/// The rank of routes in the main table of IPv6 if all gateways are said to be on their links.
///
/// The kernel takes such a gateway only if what its main table has for it so far leads to the same device
/// (`ip6_route_check_nh_onlink`). So the longest prefixes come first, and of one prefix the smallest metric: then what is
/// found for a gateway is what will be found for it in the end, or nothing.
const OF_IPV6_MAIN: u8 = 5;

/// The order within a phase.
fn rank(change: &Change) -> u8 {
    match change {
        // What is put into a bridge needs the bridge; what is taken out of one goes before it does.
        Change::Link(Action::Create(_)) => 0,
        Change::Link(Action::Modify { .. }) => 1,
        Change::Device(_) => 2,
        Change::Link(Action::Delete(_)) => 3,
        Change::Route(Action::Create(route) | Action::Modify { to: route, .. }) => route_rank(route),
        Change::Route(Action::Delete(route)) => u8::MAX - route_rank(route),
        // Where both are put back, routes need addresses.
        Change::Address(_) | Change::Rule(_) => 0,
        // In front of what changes them.
        Change::Adopt(_) | Change::Release(_) => 0,
    }
}

fn route_rank(route: &Route) -> u8 {
    // A gateway may be found by a route that has none.
    let has_gateway = route.next_hops().any(|next_hop| next_hop.gateway.is_some());
    match (has_gateway, route.table == MAIN_TABLE) {
        (false, false) => 1,
        (false, true) => 2,
        (true, false) => 3,
        (true, true) => 4,
    }
}
