//! Comparing rules.

use super::Comparison;
use super::preferences::{self, Full};
use crate::change::{Change, RuleChange};
use crate::{Family, Observed, PREFERENCES, PlacedRule, Rule, State};
use rosc_target::Conflict;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Compares the two families as two lists.
///
/// The preference of a rule is no part of what is wanted, only the order of rules is. As many rules as
/// possible stay where they are (the longest common subsequence of the two lists); the others are put into
/// the gaps between them.
pub(super) fn compare(desired: &State, observed: &Observed, comparison: &mut Comparison) {
    for family in Family::ALL {
        let wanted: Vec<&Rule> = desired.rules().iter().filter(|rule| rule.family == family).collect();
        let found: Vec<PlacedRule> =
            observed.placed_rules().filter(|placed| placed.rule.family == family).collect();
        let foreign = observed.foreign.rules.iter().filter(|rule| rule.family == family);
        let taken: BTreeSet<u32> =
            foreign.map(|rule| rule.preference).chain(found.iter().map(|placed| placed.preference)).collect();

        let mut places = vec![None; wanted.len()];
        for (place, kept) in longest_common_subsequence(&wanted, &found) {
            places[place] = Some(found[kept].preference);
        }
        let placed = match preferences::place(places, &taken) {
            Ok(placed) => placed,
            Err(Full) => {
                comparison.conflicts.extend(wanted.first().map(|rule| no_room(family, rule)));
                continue;
            }
        };
        push_changes(&wanted, &placed, &found, comparison);
    }
}

/// Gives the rules of a state the preferences that they get where there are no others.
pub(crate) fn place_all(state: &State) -> Vec<PlacedRule> {
    let mut placed = Vec::with_capacity(state.rules().len());
    for family in Family::ALL {
        let rules: Vec<&Rule> = state.rules().iter().filter(|rule| rule.family == family).collect();
        let preferences = preferences::place(vec![None; rules.len()], &BTreeSet::new())
            .expect("a state holds no more rules of a family than there are preferences");
        let pairs = rules.into_iter().zip(preferences);
        placed.extend(pairs.map(|(rule, preference)| PlacedRule { preference, rule: rule.clone() }));
    }
    placed
}

/// Creates what is not there and deletes what did not stay, in the order that [`super::compare`] gives reasons
/// for.
fn push_changes(wanted: &[&Rule], placed: &[u32], found: &[PlacedRule], comparison: &mut Comparison) {
    let place =
        |(rule, preference): (&&Rule, &u32)| PlacedRule { preference: *preference, rule: (*rule).clone() };
    let wanted: Vec<PlacedRule> = wanted.iter().zip(placed).map(place).collect();
    let created = in_order_of_creation(&wanted, found).into_iter().cloned();
    comparison.changes.extend(created.map(|rule| Change::Rule(RuleChange::Create(rule))));
    let deleted = in_order_of_creation(found, &wanted).into_iter().rev().cloned();
    comparison.changes.extend(deleted.map(|rule| Change::Rule(RuleChange::Delete(rule))));
}

/// Returns the rules of a list that are not in another one, as they are tried, but each refusal before the
/// look-up that it guards.
fn in_order_of_creation<'a>(list: &'a [PlacedRule], other: &[PlacedRule]) -> Vec<&'a PlacedRule> {
    let other: HashSet<_> = other.iter().map(|placed| (placed.preference, placed.rule.content())).collect();
    let is_new = |placed: &PlacedRule| !other.contains(&(placed.preference, placed.rule.content()));
    let mut ordered = Vec::new();
    let mut rest = list;
    while let [first, behind @ ..] = rest {
        rest = behind;
        match behind {
            [second, behind @ ..] if second.rule.guards(&first.rule) => {
                ordered.extend([second, first].into_iter().filter(|placed| is_new(placed)));
                rest = behind;
            }
            _ => ordered.extend(Some(first).filter(|placed| is_new(placed))),
        }
    }
    ordered
}

/// Pairs the rules that can stay: places in `wanted` and in `found`, both ascending, as many as possible.
///
/// Rules are distinct but for what others did, so this follows Hunt and Szymanski: list for each wanted rule
/// where it is found, and take the longest ascending run through these places.
fn longest_common_subsequence(wanted: &[&Rule], found: &[PlacedRule]) -> Vec<(usize, usize)> {
    let mut found_at: HashMap<_, usize> = HashMap::new();
    for (place, placed) in found.iter().enumerate() {
        // The first of two equal rules is the one that decides.
        found_at.entry(placed.rule.content()).or_insert(place);
    }
    let matches: Vec<(usize, usize)> = wanted
        .iter()
        .enumerate()
        .filter_map(|(place, rule)| Some((place, *found_at.get(&rule.content())?)))
        .collect();

    // tails[n] is the match that ends the best run of n + 1 matches so far: the one found furthest ahead.
    let mut tails: Vec<usize> = Vec::new();
    let mut predecessors: Vec<Option<usize>> = Vec::new();
    for (index, (_, kept)) in matches.iter().enumerate() {
        let length = tails.partition_point(|tail| matches[*tail].1 < *kept);
        predecessors.push(length.checked_sub(1).map(|shorter| tails[shorter]));
        match tails.get_mut(length) {
            Some(tail) => *tail = index,
            None => tails.push(index),
        }
    }
    let mut run = Vec::new();
    let mut next = tails.last().copied();
    while let Some(index) = next {
        run.push(matches[index]);
        next = predecessors[index];
    }
    run.reverse();
    run
}

fn no_room(family: Family, rule: &Rule) -> Conflict {
    let (first, last) = PREFERENCES.into_inner();
    Conflict {
        origin: rule.origin,
        wanted: format!("rule {rule}"),
        foreign: format!("{family} rules leave no room between the preferences {first} and {last}"),
    }
}

#[cfg(test)]
mod tests;
