//! Comparing routes.

use super::{Comparison, Satisfied, no_device, will_exist};
use crate::change::{Action, Change};
use crate::{Observed, Route, State};
use rosc_target::Conflict;
use std::cmp::Ordering;

/// Walks along both sorted lists at once.
pub(crate) fn compare(desired: &State, observed: &Observed, comparison: &mut Comparison) {
    let mut wanted = desired.routes().iter().peekable();
    let mut found = observed.state.routes().iter().peekable();
    let mut missing = Vec::new();
    loop {
        let order = match (wanted.peek(), found.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(wanted), Some(found)) => wanted.key().cmp(&found.key()),
        };
        match order {
            Ordering::Less => missing.extend(wanted.next()),
            Ordering::Greater => {
                let stale = found.next().cloned();
                comparison.changes.extend(stale.map(|route| Change::Route(Action::Delete(route))));
            }
            Ordering::Equal => {
                if let (Some(wanted), Some(found)) = (wanted.next(), found.next())
                    && wanted != found
                    && has_devices(wanted, desired, observed, comparison)
                {
                    let (from, to) = (found.clone(), wanted.clone());
                    comparison.changes.push(Change::Route(Action::Modify { from, to }));
                }
            }
        }
    }
    create(&missing, desired, observed, comparison);
}

/// Creates the missing routes, except where someone else has a route of that key already.
fn create(missing: &[&Route], desired: &State, observed: &Observed, comparison: &mut Comparison) {
    let mut is_taken = vec![false; missing.len()];
    if !missing.is_empty() {
        let foreign = &observed.foreign.routes;
        for record in foreign.iter() {
            let Some(key) = record.key() else { continue };
            let Ok(place) = missing.binary_search_by(|route| route.key().cmp(&key)) else { continue };
            let (route, is_first) = (missing[place], !std::mem::replace(&mut is_taken[place], true));
            if !is_first {
                // The kernel lists the one in use first.
            } else if record.to_route(foreign.names()).as_ref() == Some(route) {
                let object = format!("route {route}");
                comparison.satisfied.push(Satisfied { origin: route.origin, object });
            } else {
                comparison.conflicts.push(Conflict {
                    origin: route.origin,
                    wanted: format!("route {route}"),
                    foreign: record.describe(foreign.names()),
                });
            }
        }
    }
    for (route, is_taken) in missing.iter().zip(is_taken) {
        if !is_taken && has_devices(route, desired, observed, comparison) {
            comparison.changes.push(Change::Route(Action::Create((*route).clone())));
        }
    }
}

fn has_devices(route: &Route, desired: &State, observed: &Observed, comparison: &mut Comparison) -> bool {
    let missing = route.next_hops().find(|next_hop| !will_exist(&next_hop.device, desired, observed));
    if let Some(next_hop) = missing {
        comparison.conflicts.push(no_device(route.origin, &format!("route {route}"), &next_hop.device));
    }
    missing.is_none()
}
