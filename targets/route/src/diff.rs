//! Comparing what is wanted with what there is. Nothing here touches the kernel.

pub(crate) mod addresses;
mod cascade;
mod links;
mod order;
mod preferences;
pub(crate) mod routes;
mod rules;

pub(crate) use cascade::settle;
pub(crate) use order::arrange;
pub(crate) use rules::place_all;

use crate::{Change, DeviceName, LinkKind, Observed, State};
use rosc_target::{Conflict, Origin};
use serde::Serialize;

/// The outcome of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The changes, in an order in which they can be applied.
    pub changes: Vec<Change>,
    /// Foreign objects in the way; while there are any, the changes must not be applied.
    pub conflicts: Vec<Conflict>,
    /// Objects that are wanted and that someone else has made already. rosc leaves them alone: they neither
    /// get its mark nor go when they are no longer wanted.
    pub satisfied: Vec<Satisfied>,
}

/// A wanted object that someone else has made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Satisfied {
    /// The line that asks for it.
    #[serde(skip)]
    pub origin: Origin,
    /// The object in the words of `ip`.
    pub object: String,
}

/// Compares in time linear in the number of objects; only the rules, of which there are few, cost more.
///
/// # The order of the changes
///
/// At each instant on the way a packet is treated as by the old configuration or as by the new one:
///
/// - What packets need comes before what sends them there: links, addresses, routes, rules. What they no
///   longer need goes after nothing sends them there: rules, routes, addresses, links. See [`crate::Phase`].
/// - A route gets other next hops in one step. One with another metric is another route, and is there before
///   the old one goes.
/// - Routes without a gateway come before those whose gateway may be found by them, and the main table, on
///   which packets fall back, comes after the others. In the main table of
///   IPv6, whose gateways the kernel looks for even where it is told their link, longer prefixes come first.
/// - Rules are added in the order in which they are tried and deleted in the opposite order. With the first
///   so many new rules added, a packet meets either the first old rule that decides it, as before, or a new
///   one that no other new one precedes, as after; the same holds for deleting.
/// - The exception is a refusal directly behind a look-up with the same selectors, which keeps packets from
///   falling back on later rules: it is added just before its look-up and deleted just after it. In between
///   packets are refused rather than sent where neither configuration would have sent them.
pub fn compare(desired: &State, observed: &Observed) -> Comparison {
    let mut comparison = Comparison::default();
    links::compare(desired, observed, &mut comparison);
    addresses::compare(desired, observed, &mut comparison);
    routes::compare(desired, observed, &mut comparison);
    rules::compare(desired, observed, &mut comparison);
    settle(&mut comparison.changes, &mut comparison.conflicts, observed);
    arrange(&mut comparison.changes);
    comparison
}

/// Says whether there will be a device of this name once the changes are made.
fn will_exist(name: &DeviceName, desired: &State, observed: &Observed) -> bool {
    let link = desired
        .links()
        .binary_search_by(|link| link.name.cmp(name))
        .map(|place| &desired.links()[place].kind);
    match (link, observed.device(name)) {
        (Ok(LinkKind::Bridge(_)), _) => true,
        // A bridge of ours goes when nothing asks for it as a bridge.
        (Ok(LinkKind::Existing) | Err(_), device) => device.is_some_and(|device| !device.is_owned()),
    }
}

fn no_device(origin: Origin, wanted: &str, name: &DeviceName) -> Conflict {
    Conflict { origin, wanted: wanted.to_owned(), foreign: format!("there is no device `{name}`") }
}
