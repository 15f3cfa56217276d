//! The list of rules on its way from one configuration to another.

use super::*;
use crate::{DeviceName, Foreign, ForeignRule, RuleAction};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;
use rosc_target::Origin;

const DEVICES: [&str; 3] = ["eth0", "eth1", "eth2"];

fn rule(device: Option<&str>, action: RuleAction) -> Rule {
    let iif = device.map(|device| DeviceName::new(device).unwrap());
    let (origin, family) = (Origin::IMPLIED, Family::Ipv4);
    Rule { origin, family, from: None, to: None, iif, fwmark: None, action }
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let action = prop_oneof![
        3 => (1u32..5).prop_map(|table| RuleAction::Lookup { table, suppress_prefixlength: None }),
        1 => Just(RuleAction::Unreachable),
        1 => Just(RuleAction::Blackhole),
    ];
    let device = select(vec![None, Some("eth0"), Some("eth1"), Some("eth2")]);
    (device, action).prop_map(|(device, action)| rule(device, action))
}

fn state(rules: Vec<Rule>) -> State {
    State::new(Vec::new(), Vec::new(), Vec::new(), rules).unwrap()
}

/// What the kernel has, with rules of ours at these preferences and foreign ones at others.
fn observed(rules: &[Rule], preferences: &[u32], foreign: &BTreeSet<u32>) -> Observed {
    let state = state(rules.to_vec());
    let foreign = foreign.iter().filter(|preference| !preferences.contains(preference));
    let foreign = foreign.map(|preference| ForeignRule { family: Family::Ipv4, preference: *preference });
    Observed {
        rule_preferences: preferences.iter().copied().take(state.rules().len()).collect(),
        state,
        foreign: Foreign { rules: foreign.collect(), ..Foreign::default() },
        ..Observed::default()
    }
}

fn changes(desired: &State, observed: &Observed) -> Vec<RuleChange> {
    let mut comparison = Comparison::default();
    compare(desired, observed, &mut comparison);
    assert!(comparison.conflicts.is_empty());
    let of_rule = |change| match change {
        Change::Rule(change) => change,
        other => panic!("no rule: {other}"),
    };
    comparison.changes.into_iter().map(of_rule).collect()
}

fn step(list: &mut Vec<PlacedRule>, change: &RuleChange) {
    match change {
        RuleChange::Create(rule) => {
            let behind = list.partition_point(|other| other.preference <= rule.preference);
            list.insert(behind, rule.clone());
        }
        RuleChange::Delete(rule) => list.retain(|other| other != rule),
    }
}

/// What becomes of a packet. Each table lacks a route for some of the packets.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Routed(u32),
    Refused(RuleAction),
    MainTable,
}

fn fate<'a>(rules: impl IntoIterator<Item = &'a Rule>, device: &str, number: u32) -> Fate {
    for rule in rules {
        if rule.iif.as_ref().is_some_and(|iif| iif.as_str() != device) {
            continue;
        }
        match rule.action {
            RuleAction::Lookup { table, .. } if (table + number).is_multiple_of(2) => {
                return Fate::Routed(table);
            }
            RuleAction::Lookup { .. } => {}
            refusal => return Fate::Refused(refusal),
        }
    }
    Fate::MainTable
}

/// Whether a refusal behind a look-up with the same selectors is there for packets of this device.
fn is_guarded(rules: &[Rule], device: &str) -> bool {
    rules.windows(2).any(|pair| {
        let is_met = pair[1].iif.as_ref().is_none_or(|iif| iif.as_str() == device);
        is_met && pair[1].guards(&pair[0])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_list_becomes_what_is_wanted_and_no_foreign_place_is_taken(
        before in vec(any_rule(), 0..10),
        after in vec(any_rule(), 0..10),
        preferences in btree_set(10_990u32..11_040, 10),
        foreign in btree_set(10_990u32..11_040, 0..20),
    ) {
        let preferences: Vec<u32> = preferences.into_iter().collect();
        let (desired, observed) = (state(after), observed(&before, &preferences, &foreign));
        let mut list: Vec<PlacedRule> = observed.placed_rules().collect();
        for change in changes(&desired, &observed) {
            step(&mut list, &change);
        }
        let rules: Vec<Rule> = list.iter().map(|placed| placed.rule.clone()).collect();
        prop_assert_eq!(rules.as_slice(), desired.rules());
        let places: BTreeSet<u32> = list.iter().map(|placed| placed.preference).collect();
        prop_assert_eq!(places.len(), list.len());
        prop_assert!(observed.foreign.rules.iter().all(|rule| !places.contains(&rule.preference)));
    }

    #[test]
    fn a_packet_is_treated_as_before_or_as_after_or_refused_by_a_guard(
        before in vec(any_rule(), 0..8),
        after in vec(any_rule(), 0..8),
    ) {
        let preferences: Vec<u32> = (0..8).map(|nth| 11_000 + 10 * nth).collect();
        let (desired, observed) = (state(after), observed(&before, &preferences, &BTreeSet::new()));
        let mut list: Vec<PlacedRule> = observed.placed_rules().collect();
        for change in changes(&desired, &observed) {
            step(&mut list, &change);
            for (device, number) in DEVICES.iter().flat_map(|device| [(device, 0), (device, 1)]) {
                let now = fate(list.iter().map(|placed| &placed.rule), device, number);
                let old = fate(observed.state.rules(), device, number);
                let new = fate(desired.rules(), device, number);
                let is_guard = matches!(now, Fate::Refused(_))
                    && (is_guarded(observed.state.rules(), device) || is_guarded(desired.rules(), device));
                prop_assert!(now == old || now == new || is_guard, "{now:?}, neither {old:?} nor {new:?}");
            }
        }
    }

    #[test]
    fn as_many_rules_as_possible_stay(before in vec(any_rule(), 0..8), after in vec(any_rule(), 0..8)) {
        // With room for all new rules between any two, nothing has to move for lack of it.
        let preferences: Vec<u32> = (0..8).map(|nth| 12_000 + 100 * nth).collect();
        let (desired, observed) = (state(after), observed(&before, &preferences, &BTreeSet::new()));
        let created = changes(&desired, &observed)
            .iter()
            .filter(|change| matches!(change, RuleChange::Create(_)))
            .count();
        let longest = longest_common(observed.state.rules(), desired.rules());
        prop_assert_eq!(created, desired.rules().len() - longest);
    }
}

/// The length of the longest common subsequence, by definition.
fn longest_common(before: &[Rule], after: &[Rule]) -> usize {
    match (before, after) {
        ([first, before_rest @ ..], [other, after_rest @ ..]) if first == other => {
            1 + longest_common(before_rest, after_rest)
        }
        ([_, before_rest @ ..], [_, after_rest @ ..]) => {
            longest_common(before_rest, after).max(longest_common(before, after_rest))
        }
        _ => 0,
    }
}
