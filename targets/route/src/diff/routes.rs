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
    let mut steps = Vec::new();
    loop {
        let order = match (wanted.peek(), found.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(wanted), Some(found)) => wanted.key().cmp(&found.key()),
        };
        match order {
            Ordering::Less => steps.extend(wanted.next().map(|to| Step { from: None, to })),
            Ordering::Equal => {
                let pair = wanted.next().zip(found.next()).filter(|(to, from)| to != from);
                steps.extend(pair.map(|(to, from)| Step { from: Some(from), to }));
            }
            Ordering::Greater => {
                let stale = found.next().cloned();
                comparison.changes.extend(stale.map(|route| Change::Route(Action::Delete(route))));
            }
        }
    }
    let is_taken = meet_foreign(&steps, observed, comparison);
    for (step, is_taken) in steps.into_iter().zip(is_taken) {
        if !is_taken && has_devices(step.to, desired, observed, comparison) {
            let to = step.to.clone();
            comparison.changes.push(Change::Route(match step.from.cloned() {
                None => Action::Create(to),
                Some(from) => Action::Modify { from, to },
            }));
        }
    }
}

/// A route that is not as it should be.
struct Step<'a> {
    /// What rosc has in its place.
    from: Option<&'a Route>,
    to: &'a Route,
}

/// Finds the routes that someone else has a route of the same key for, one flag for each. The steps are
/// sorted by key.
///
/// Even where rosc has its own in that place, someone may have put another before it; replacing would hit
/// that one.
fn meet_foreign(steps: &[Step<'_>], observed: &Observed, comparison: &mut Comparison) -> Vec<bool> {
    let mut is_taken = vec![false; steps.len()];
    if steps.is_empty() {
        return is_taken;
    }
    let foreign = &observed.foreign.routes;
    for record in foreign.iter() {
        let place = record.key().map(|key| steps.binary_search_by(|step| step.to.key().cmp(&key)));
        let Some(Ok(place)) = place else { continue };
        // Of several foreign routes of one key, the kernel lists the one in use first.
        if std::mem::replace(&mut is_taken[place], true) {
            continue;
        }
        let Step { from, to } = &steps[place];
        if from.is_none() && record.to_route(foreign.names()).as_ref() == Some(to) {
            let object = format!("route {to}");
            comparison.satisfied.push(Satisfied { origin: to.origin, object });
        } else {
            comparison.conflicts.push(Conflict {
                origin: to.origin,
                wanted: format!("route {to}"),
                foreign: record.describe(foreign.names()),
            });
        }
    }
    is_taken
}

fn has_devices(route: &Route, desired: &State, observed: &Observed, comparison: &mut Comparison) -> bool {
    let missing = route.next_hops().find(|next_hop| !will_exist(&next_hop.device, desired, observed));
    if let Some(next_hop) = missing {
        comparison.conflicts.push(no_device(route.origin, &format!("route {route}"), &next_hop.device));
    }
    missing.is_none()
}
