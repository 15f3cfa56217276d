//! Putting changes into an order that is safe for traffic; the reasons stand at [`super::compare`].

use crate::change::{Action, Change, RuleChange};
use crate::{PlacedRule, Route};

/// Sorts the changes. Those that have no order among each other keep the one that they are in.
pub(crate) fn arrange(changes: &mut Vec<Change>) {
    arrange_rules(changes);
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
        Change::Address(_) | Change::Rule(_) => 0,
    }
}

fn route_rank(route: &Route) -> u8 {
    match (route.has_gateway(), route.is_in_main_table()) {
        (false, false) => 0,
        (false, true) => 1,
        (true, false) => 2,
        (true, true) => 3,
    }
}

/// Brings new rules into the order in which they are tried, stale ones into the opposite one, and each
/// refusal that guards a look-up to the other side of it. The order among other changes stays.
fn arrange_rules(changes: &mut Vec<Change>) {
    let mut created = Vec::new();
    let mut deleted = Vec::new();
    changes.retain(|change| match change {
        Change::Rule(RuleChange::Create(rule)) => {
            created.push(rule.clone());
            false
        }
        Change::Rule(RuleChange::Delete(rule)) => {
            deleted.push(rule.clone());
            false
        }
        Change::Link(_) | Change::Device(_) | Change::Address(_) | Change::Route(_) => true,
    });
    guards_first(&mut created);
    guards_first(&mut deleted);
    changes.extend(created.into_iter().map(|rule| Change::Rule(RuleChange::Create(rule))));
    changes.extend(deleted.into_iter().rev().map(|rule| Change::Rule(RuleChange::Delete(rule))));
}

fn guards_first(rules: &mut [PlacedRule]) {
    rules.sort_by_key(|placed| (placed.rule.family, placed.preference));
    let mut rest = rules;
    while let [first, second, ..] = rest {
        let mut step = 1;
        if second.rule.guards(&first.rule) {
            std::mem::swap(first, second);
            step = 2;
        }
        rest = &mut rest[step..];
    }
}
