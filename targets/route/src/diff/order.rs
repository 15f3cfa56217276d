//! Putting changes into an order that is safe for traffic; the reasons stand at [`super::compare`].

use crate::change::{Action, Change};
use crate::{MAIN_TABLE, Route};

/// Sorts the changes. Those that have no order among each other keep the one that they are in, as do rules,
/// whose order only the comparison of the whole lists can tell.
pub(crate) fn arrange(changes: &mut [Change]) {
    changes.sort_by_cached_key(|change| (change.phase(), rank(change)));
}

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
