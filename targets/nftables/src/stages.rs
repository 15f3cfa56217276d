//! States on the way from one state to another, for those who change routes in between.

use crate::sequence;
use crate::state::{Chain, ChainType, Family, State, Table};
use crate::statement::Statement;
use crate::{Name, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// The states between which routes come and go.
///
/// A packet that finds a new route needs its new translation, one that finds an old route the old one, and a mark is
/// worth nothing without the route that it leads to. No packet may get past a filter that is to be there: new filters
/// come with the translations, and old ones that are not to be there any more go last. So there are three transactions:
///
/// 1. to `translating`, then addresses and routes are added;
/// 2. to `deciding`, then stale routes are deleted;
/// 3. to the wanted state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stages {
    /// New translations stand in front of the old ones, and filters are as wanted; everything else is as before.
    pub translating: State,
    /// The same translations and filters; everything else is as wanted.
    pub deciding: State,
}

impl Stages {
    /// Works the stages out. Where nothing but translations is wanted, or nothing but other rules, a stage may equal
    /// the state before or behind it.
    pub fn between(from: &State, to: &State) -> Self {
        let stage = |others: Others| {
            let families: BTreeSet<Family> = from.tables.keys().chain(to.tables.keys()).copied().collect();
            let nothing = Table::default();
            let merged = |family| {
                let (old, new) = (from.tables.get(family), to.tables.get(family));
                merge(old.unwrap_or(&nothing), new.unwrap_or(&nothing), others)
            };
            State { tables: families.iter().map(|family| (*family, merged(family))).collect() }
        };
        Self { translating: stage(Others::Old), deciding: stage(Others::New) }
    }
}

/// Which of the chains that translate nothing a stage has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    Old,
    New,
}

fn merge(old: &Table, new: &Table, others: Others) -> Table {
    let translating = &translating_chains(old) | &translating_chains(new);
    let mut chains: BTreeMap<Name, Chain> = BTreeMap::new();
    for name in &translating {
        chains.extend(
            merge_chain(old.chains.get(name), new.chains.get(name)).map(|chain| (name.clone(), chain)),
        );
    }
    let source = match others {
        Others::Old => old,
        Others::New => new,
    };
    let guarding = &guarding_chains(old) | &guarding_chains(new);
    for name in guarding.difference(&translating) {
        let chain = new.chains.get(name).or_else(|| old.chains.get(name));
        chains.extend(chain.map(|chain| (name.clone(), chain.clone())));
    }
    let rest = source.chains.iter().filter(|(name, _)| !chains.contains_key(*name)).collect::<Vec<_>>();
    chains.extend(rest.into_iter().map(|(name, chain)| (name.clone(), chain.clone())));
    // Rules of both sides may look into sets of both sides.
    let mut sets = old.sets.clone();
    sets.extend(new.sets.iter().map(|(name, set)| (name.clone(), set.clone())));
    let mut helpers = old.helpers.clone();
    helpers.extend(new.helpers.iter().map(|(name, helper)| (name.clone(), helper.clone())));
    Table { sets, helpers, chains, objects: old.objects.clone() }
}

/// The chains of type nat, and those that they jump to.
fn translating_chains(table: &Table) -> BTreeSet<Name> {
    let is_nat = |chain: &Chain| chain.hook.is_some_and(|hook| hook.kind == ChainType::Nat);
    reached(table, table.chains.iter().filter(|(_, chain)| is_nat(chain)).map(|(name, _)| name))
}

/// The chains that only let packets pass or not, with those that they jump to.
fn guarding_chains(table: &Table) -> BTreeSet<Name> {
    let bases = table.chains.iter().filter(|(_, chain)| {
        chain.hook.is_some_and(|hook| hook.kind == ChainType::Filter) && !changes_packets(chain)
    });
    let guarding = bases.map(|(name, _)| reached(table, [name])).filter(|chains| {
        chains.iter().filter_map(|name| table.chains.get(name)).all(|chain| !changes_packets(chain))
    });
    guarding.flatten().collect()
}

fn changes_packets(chain: &Chain) -> bool {
    chain.rules.iter().flat_map(Rule::statements).any(|statement| match statement {
        Statement::SetMark(_)
        | Statement::SetMaxseg(_)
        | Statement::SetField(_)
        | Statement::SetHelper(_)
        | Statement::Nat(_)
        | Statement::Opaque(_) => true,
        Statement::Match(_)
        | Statement::Limit(_)
        | Statement::SetUpdate(_)
        | Statement::Counter(_)
        | Statement::Log(_)
        | Statement::Notrack
        | Statement::Vmap(_)
        | Statement::Reject(_)
        | Statement::Verdict(_) => false,
    })
}

/// Some chains, and those that they jump to.
fn reached<'t>(table: &'t Table, from: impl IntoIterator<Item = &'t Name>) -> BTreeSet<Name> {
    let mut found: BTreeSet<Name> = BTreeSet::new();
    let mut pending: Vec<&Name> = from.into_iter().collect();
    while let Some(name) = pending.pop() {
        if found.insert(name.clone()) {
            let rules = table.chains.get(name).into_iter().flat_map(|chain| &chain.rules);
            pending.extend(rules.flat_map(Rule::targets));
        }
    }
    found
}

fn merge_chain(old: Option<&Chain>, new: Option<&Chain>) -> Option<Chain> {
    match (old, new) {
        (Some(old), Some(new)) => {
            let mut rules = Vec::with_capacity(old.rules.len() + new.rules.len());
            let mut next = 0;
            for hunk in sequence::compare(&old.rules, &new.rules, |_| true) {
                rules.extend_from_slice(&new.rules[next..hunk.new.end]);
                rules.extend_from_slice(&old.rules[hunk.old]);
                next = hunk.new.end;
            }
            rules.extend_from_slice(&new.rules[next..]);
            Some(Chain { rules, ..new.clone() })
        }
        (only, None) | (None, only) => only.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::meta;
    use crate::state::{BaseHook, Hook, Policy};
    use crate::{InterfaceName, Mark, Nat, NatFlags, SetMark, Verdict};
    use rosc_target::Origin;

    fn rule(interface: &str, action: impl Into<Statement>) -> Rule {
        let condition = meta::oifname().eq(InterfaceName::new(interface).unwrap());
        Rule::new(Origin::IMPLIED, [condition, action.into()]).unwrap()
    }

    fn masquerade(interface: &str) -> Rule {
        rule(interface, Nat::Masquerade(None, NatFlags::NONE))
    }

    fn accept(interface: &str) -> Rule {
        rule(interface, Verdict::Accept)
    }

    fn state(nat: Vec<Rule>, mangle: Vec<Rule>) -> State {
        let mut state = State::default();
        let table = state.table(Family::Ip);
        for (name, kind, rules) in [("nat", ChainType::Nat, nat), ("mangle", ChainType::Filter, mangle)] {
            let (hook, priority) = (Hook::Postrouting, if kind == ChainType::Nat { 100 } else { -150 });
            let hook = Some(BaseHook { kind, hook, priority, policy: Policy::Accept });
            *table.chain(&Name::new(name).unwrap()) = Chain { hook, rules, ..Chain::default() };
        }
        state
    }

    /// What changes packets, and so guards nothing.
    fn marks(interface: &str) -> Rule {
        rule(interface, SetMark::constant(Mark::Packet, 1))
    }

    #[test]
    fn translations_of_both_sides_are_there_while_routes_change() {
        let from = state(vec![masquerade("a"), masquerade("b")], vec![marks("a")]);
        let to = state(vec![masquerade("b"), masquerade("c")], vec![marks("c")]);
        let both = vec![masquerade("a"), masquerade("b"), masquerade("c")];
        let stages = Stages::between(&from, &to);
        assert_eq!(stages.translating, state(both.clone(), vec![marks("a")]));
        assert_eq!(stages.deciding, state(both, vec![marks("c")]));
    }

    #[test]
    fn a_new_translation_stands_in_front_of_the_one_that_it_replaces() {
        let stages =
            Stages::between(&state(vec![masquerade("a")], vec![]), &state(vec![accept("a")], vec![]));
        assert_eq!(stages.translating, state(vec![accept("a"), masquerade("a")], vec![]));
    }

    #[test]
    fn what_only_one_side_has_comes_in_time_and_goes_last() {
        let (nothing, full) = (State::default(), state(vec![masquerade("a")], vec![marks("a")]));
        let Stages { translating, deciding } = Stages::between(&nothing, &full);
        assert!(translating.tables[&Family::Ip].chains.keys().map(Name::as_str).eq(["nat"]));
        assert_eq!(deciding, full);
        let Stages { translating, deciding } = Stages::between(&full, &nothing);
        assert_eq!(translating, full);
        assert!(deciding.tables[&Family::Ip].chains.keys().map(Name::as_str).eq(["nat"]));
    }

    #[test]
    fn a_filter_comes_first_and_goes_last() {
        let drop = |interface| rule(interface, Verdict::Drop);
        let (open, closed) = (state(vec![], vec![marks("a")]), state(vec![], vec![drop("a")]));
        let nothing = State::default();
        let coming = Stages::between(&nothing, &closed);
        assert_eq!((&coming.translating, &coming.deciding), (&closed, &closed));
        let going = Stages::between(&closed, &nothing);
        assert_eq!((&going.translating, &going.deciding), (&closed, &closed));
        assert_eq!(
            Stages::between(&closed, &state(vec![], vec![drop("b")])).translating.tables[&Family::Ip].chains
                [&Name::new("mangle").unwrap()]
                .rules,
            [drop("b")]
        );
        // One that changes packets waits for the routes, whatever else it does.
        assert_eq!(Stages::between(&nothing, &open).translating.tables[&Family::Ip].chains.len(), 1);
    }
}
