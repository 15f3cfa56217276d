//! What the kernel has counted for the rules of a state.

use crate::diff::moved;
use crate::name::Name;
use crate::observed::Observed;
use crate::rule::Rule;
use crate::sequence;
use crate::state::{Chain, Family, State};
use crate::statement::Counter;
use std::collections::{BTreeMap, BTreeSet};

/// A rule with the chain that it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// The family of the table.
    pub family: Family,
    /// The chain.
    pub chain: &'a Name,
    /// The rule.
    pub rule: &'a Rule,
}

/// The rules of a state beside those of the kernel.
#[derive(Debug, Clone, Default)]
pub struct Counted<'a> {
    /// The rules of the state, each with what the kernel has counted for it, nothing for one without a
    /// counter; `None` if the kernel does not have it.
    pub wanted: Vec<(Placed<'a>, Option<Counter>)>,
    /// The rules in the kernel that the state does not have, with their counters.
    pub unwanted: Vec<Placed<'a>>,
}

impl Observed {
    /// Finds the rules of a state among those of the kernel, as a change to that state would: a rule that would stay
    /// with what it has counted, in its place or moved, is there.
    pub fn counted<'a>(&'a self, wanted: &'a State) -> Counted<'a> {
        let mut counted = Counted::default();
        for &family in Family::ALL {
            let chains = |state: &'a State| state.tables.get(&family).map(|table| &table.chains);
            let (old, new) = (chains(&self.state), chains(wanted));
            let names: BTreeSet<&Name> =
                old.into_iter().chain(new).flat_map(|chains| chains.keys()).collect();
            for chain in names {
                let rules = |chains: Option<&'a _>| rules_of(chains, chain);
                let (old, new) = (rules(old), rules(new));
                let placed = |rule| Placed { family, chain, rule };
                let pairs = pairs(old, new);
                let counters =
                    pairs.iter().map(|pair| pair.map(|place| old[place].counter().unwrap_or_default()));
                counted.wanted.extend(new.iter().map(placed).zip(counters));
                let found: BTreeSet<usize> = pairs.iter().flatten().copied().collect();
                let others = old.iter().enumerate().filter(|(place, _)| !found.contains(place));
                counted.unwanted.extend(others.map(|(_, rule)| placed(rule)));
            }
        }
        counted
    }
}

fn rules_of<'a>(chains: Option<&'a BTreeMap<Name, Chain>>, name: &Name) -> &'a [Rule] {
    chains.and_then(|chains| chains.get(name)).map_or(&[], |chain| &chain.rules)
}

/// For each new rule the place of the old one that it is.
fn pairs(old: &[Rule], new: &[Rule]) -> Vec<Option<usize>> {
    let mut pairs = vec![None; new.len()];
    let (mut going, mut coming) = (Vec::new(), Vec::new());
    let (mut next_old, mut next_new) = (0, 0);
    let end = sequence::Hunk { old: old.len()..old.len(), new: new.len()..new.len() };
    for hunk in sequence::compare(old, new, |_| true).into_iter().chain([end]) {
        for (place, pair) in (next_old..hunk.old.start).zip(&mut pairs[next_new..hunk.new.start]) {
            *pair = Some(place);
        }
        (next_old, next_new) = (hunk.old.end, hunk.new.end);
        going.extend(hunk.old.map(|place| (&old[place], place)));
        coming.extend(hunk.new);
    }
    let from = moved(going, coming.iter().map(|&place| &new[place]));
    for (place, from) in coming.into_iter().zip(from) {
        pairs[place] = from;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::meta;
    use crate::{InterfaceName, Statement, Verdict};
    use rosc_target::Origin;

    fn state(rules: &[(&str, u64)]) -> State {
        let mut state = State::default();
        let chain = state.table(Family::Ip).chain(&Name::new("chain").unwrap());
        for (interface, packets) in rules {
            let counter = Statement::Counter(Counter { packets: *packets, bytes: packets * 100 });
            let condition = meta::iifname().eq(InterfaceName::new(interface).unwrap());
            let rule = Rule::new(Origin::IMPLIED, [condition, counter, Verdict::Drop.into()]);
            chain.rules.push(rule.unwrap());
        }
        state
    }

    fn counted(kernel: &[(&str, u64)], wanted: &[&str]) -> (Vec<Option<u64>>, Vec<u64>) {
        let observed = Observed::from(state(kernel));
        let wanted = state(&wanted.iter().map(|&interface| (interface, 0)).collect::<Vec<_>>());
        let counted = observed.counted(&wanted);
        let packets = |counter: Counter| counter.packets;
        (
            counted.wanted.iter().map(|(_, counter)| counter.map(packets)).collect(),
            counted.unwanted.iter().map(|placed| placed.rule.counter().map_or(0, packets)).collect(),
        )
    }

    #[test]
    fn a_rule_without_a_counter_is_there_and_has_counted_nothing() {
        let uncounted = |interface| {
            let mut state = State::default();
            let condition = meta::iifname().eq(InterfaceName::new(interface).unwrap());
            let rule = Rule::uncounted(Origin::IMPLIED, [condition]).unwrap();
            assert_eq!(rule.counter(), None);
            state.table(Family::Ip).chain(&Name::new("chain").unwrap()).rules.push(rule);
            state
        };
        let observed = Observed::from(uncounted("a"));
        let counter_of = |wanted: &State| observed.counted(wanted).wanted[0].1;
        assert_eq!(counter_of(&uncounted("a")), Some(Counter::default()));
        assert_eq!(counter_of(&uncounted("b")), None);
        assert_eq!(counter_of(&state(&[("a", 0)])), None, "one that counts is another rule");
    }

    #[test]
    fn rules_are_found_in_their_places_and_where_they_would_be_moved_from() {
        assert_eq!(counted(&[("a", 1), ("b", 2)], &["a", "b"]), (vec![Some(1), Some(2)], vec![]));
        assert_eq!(
            counted(&[("a", 1), ("b", 2), ("c", 3)], &["b", "new", "a"]),
            (vec![Some(2), None, Some(1)], vec![3])
        );
        assert_eq!(counted(&[("a", 1), ("a", 2)], &["a", "a", "a"]), (vec![Some(1), Some(2), None], vec![]));
        assert_eq!(counted(&[], &["a"]), (vec![None], vec![]));
        assert_eq!(counted(&[("a", 7)], &[]), (vec![], vec![7]));
    }
}
