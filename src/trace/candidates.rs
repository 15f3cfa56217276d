//! Why routes that hold a destination are not used for it.

use super::Tracer;
use super::fib::Entry;
use crate::ir::nexthop::Unresolved;
use crate::ir::{Route, TableName};
use std::cmp::Reverse;
use std::net::IpAddr;
use std::rc::Rc;

/// A route that lost, and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loser<'r> {
    /// The route.
    pub route: &'r Route,
    /// Why it is not used.
    pub why: Lost,
}

/// Why a route is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// A longer prefix holds the destination too.
    LongerPrefix,
    /// What is connected comes first.
    Connected,
    /// Another route has a smaller distance.
    Distance,
    /// Its distance of 255 says that it is never used.
    NeverUsed,
    /// Its gateways lead nowhere; this is why the first one does not.
    Gateway(Unresolved),
    /// Its table is not used for forwarding.
    NoFib,
    /// Of equal routes, version 6 uses one.
    Arbitrary,
}

impl<'r> Tracer<'r> {
    /// The routes of a table that hold a destination and are not used for it, the most specific first. Linear in the
    /// routes.
    pub fn losers(&self, table: &TableName, destination: IpAddr) -> Vec<Loser<'r>> {
        let entry = self.routing.fib.look_up(table, destination);
        let routes = self.router.routes.iter().enumerate();
        let mut losers: Vec<Loser<'r>> = routes
            .filter(|(_, route)| route.table == *table && route.destination.contains(&destination))
            .filter_map(|(index, route)| {
                Some(Loser { route, why: self.why(index, route, entry.map(Rc::as_ref))? })
            })
            .collect();
        losers.sort_by_key(|loser| (Reverse(loser.route.destination.prefix_len()), loser.route.distance));
        losers
    }

    fn why(&self, index: usize, route: &'r Route, entry: Option<&Entry<'r>>) -> Option<Lost> {
        let is_used = |entry: &Entry<'r>| entry.routes.iter().any(|used| std::ptr::eq(*used, route));
        if !self.router.tables.get(&route.table).is_some_and(|table| table.fib) {
            return Some(Lost::NoFib);
        }
        if !route.distance.is_usable() {
            return Some(Lost::NeverUsed);
        }
        if !self.next_hops.is_candidate(index) {
            let first = self.next_hops.of(index).unresolved.first();
            return Some(Lost::Gateway(first.map_or(Unresolved::NoRoute, |(_, why)| *why)));
        }
        match entry {
            None => None,
            Some(entry) if is_used(entry) => None,
            Some(entry) if entry.prefix.prefix_len() > route.destination.prefix_len() => {
                Some(Lost::LongerPrefix)
            }
            Some(entry) => Some(match entry.routes.first() {
                None => Lost::Connected,
                Some(used) if used.distance < route.distance => Lost::Distance,
                Some(_) => Lost::Arbitrary,
            }),
        }
    }
}
