//! Comparing rules.

use super::Comparison;
use super::preferences::{self, Full};
use crate::change::{Change, RuleChange};
use crate::{Family, Observed, PREFERENCES, PlacedRule, Rule, State};
use rosc_target::Conflict;
use std::collections::{BTreeSet, HashMap};

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
        let taken: BTreeSet<u32> = foreign
            .map(|rule| rule.preference)
            .chain(found.iter().map(|placed| placed.preference))
            .collect();

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

/// Deletes what did not stay, creates what is not there.
fn push_changes(wanted: &[&Rule], placed: &[u32], found: &[PlacedRule], comparison: &mut Comparison) {
    let mut stale: HashMap<_, _> =
        found.iter().map(|placed| ((placed.preference, placed.rule.content()), placed)).collect();
    for (rule, preference) in wanted.iter().zip(placed) {
        if stale.remove(&(*preference, rule.content())).is_none() {
            let created = PlacedRule { preference: *preference, rule: (*rule).clone() };
            comparison.changes.push(Change::Rule(RuleChange::Create(created)));
        }
    }
    for placed in found {
        if stale.contains_key(&(placed.preference, placed.rule.content())) {
            comparison.changes.push(Change::Rule(RuleChange::Delete(placed.clone())));
        }
    }
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
