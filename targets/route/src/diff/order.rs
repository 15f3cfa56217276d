//! Putting changes into an order that is safe for traffic; the reasons stand at [`super::compare`].

use crate::change::{Action, Change};
use crate::{MAIN_TABLE, Route};
use ipnet::IpNet;
use std::collections::HashMap;
use std::num::NonZeroU32;

/// Sorts the changes. Those that have no order among each other keep the one that they are in, as do rules,
/// whose order only the comparison of the whole lists can tell.
pub(crate) fn arrange(changes: &mut [Change]) {
    let preferred = preferred(changes);
    changes.sort_by_key(|change| (change.phase(), rank(change, &preferred)));
}

/// Where a route with gateways on a link comes, the smallest metric of such a route to each IPv6 destination of the main
/// table.
///
/// The kernel takes such a gateway only if its main table does not lead to it by another device
/// (`ip6_route_check_nh_onlink`). It may be found by the route itself, so another one to the same destination that only
/// takes its place must not be there before it.
fn preferred(changes: &[Change]) -> HashMap<IpNet, NonZeroU32> {
    let mut preferred = HashMap::new();
    for change in changes {
        let Change::Route(Action::Create(route) | Action::Modify { to: route, .. }) = change else {
            continue;
        };
        let is_on_link = route.next_hops().any(|hop| hop.gateway.is_some() && hop.onlink);
        if is_on_link && route.table == MAIN_TABLE && route.destination.addr().is_ipv6() {
            let metric = preferred.entry(route.destination).or_insert(route.metric);
            *metric = route.metric.min(*metric);
        }
    }
    preferred
}

/// The order within a phase.
fn rank(change: &Change, preferred: &HashMap<IpNet, NonZeroU32>) -> u8 {
    match change {
        // What is put into a bridge needs the bridge; what is taken out of one goes before it does.
        Change::Link(Action::Create(_)) => 0,
        Change::Link(Action::Modify { .. }) => 1,
        Change::Device(_) => 2,
        Change::Link(Action::Delete(_)) => 3,
        Change::Route(Action::Create(route) | Action::Modify { to: route, .. }) => {
            let is_second = route.table == MAIN_TABLE
                && preferred.get(&route.destination).is_some_and(|metric| *metric < route.metric);
            if is_second { LAST_ROUTE } else { route_rank(route) }
        }
        Change::Route(Action::Delete(route)) => u8::MAX - route_rank(route),
        // Where both are put back, routes need addresses.
        Change::Address(_) | Change::Rule(_) => 0,
    }
}

/// Behind all that [`route_rank`] tells.
const LAST_ROUTE: u8 = 5;

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
