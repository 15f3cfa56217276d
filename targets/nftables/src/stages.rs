//! States on the way from one state to another, for those who change routes in between.

mod exemptions;
mod guards;
mod shortcuts;

use crate::state::{Chain, ChainType, Family, State, Table};
use crate::{Name, Rule};
use std::collections::BTreeSet;

/// The states between which routes come and go.
///
/// A packet that finds a new route needs its new translation, one that finds an old route the old one, and a mark is
/// worth nothing without the route that it leads to. No packet may get past a filter that is to be there: new filters
/// come with the translations, and old ones that are not to be there any more go last; those that ask for marks change with
/// what marks. So there are three transactions:
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
    let mut chains = exemptions::side_by_side(old, new, &translating);
    let source = match others {
        Others::Old => old,
        Others::New => new,
    };
    let guarding = guards::early(old, new, &translating);
    for name in guarding.difference(&translating) {
        let chain = new.chains.get(name).or_else(|| old.chains.get(name));
        chains.extend(chain.map(|chain| (name.clone(), chain.clone())));
    }
    // Rules of both sides may look into sets of both sides. What marks packets sees them as it did before.
    let seen = chains.values().flat_map(|chain| &chain.rules).flat_map(Rule::sets);
    let seen: BTreeSet<Name> = seen.cloned().collect();
    let mut sets = old.sets.clone();
    for (name, set) in &new.sets {
        if others == Others::New || seen.contains(name) || !old.sets.contains_key(name) {
            sets.insert(name.clone(), set.clone());
        }
    }
    let rest = source.chains.iter().filter(|(name, _)| !chains.contains_key(*name)).collect::<Vec<_>>();
    chains.extend(rest.into_iter().map(|(name, chain)| (name.clone(), chain.clone())));
    let mut helpers = old.helpers.clone();
    helpers.extend(new.helpers.iter().map(|(name, helper)| (name.clone(), helper.clone())));
    let flowtables = shortcuts::between(&old.flowtables, &new.flowtables);
    Table { sets, helpers, flowtables, chains, objects: old.objects.clone() }
}

impl State {
    /// The same with flow tables that have no devices yet: for a time at which these may not be there.
    #[must_use]
    pub fn without_flow_devices(&self) -> Self {
        let mut state = self.clone();
        for flowtable in state.tables.values_mut().flat_map(|table| table.flowtables.values_mut()) {
            flowtable.devices.clear();
        }
        state
    }
}

/// The chains of type nat, and those that they jump to.
fn translating_chains(table: &Table) -> BTreeSet<Name> {
    let is_nat = |chain: &Chain| chain.hook.is_some_and(|hook| hook.kind == ChainType::Nat);
    reached(table, table.chains.iter().filter(|(_, chain)| is_nat(chain)).map(|(name, _)| name))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::meta;
    use crate::state::{BaseHook, Hook, Policy};
    use crate::{Flowtable, InterfaceName, Mark, Nat, NatFlags, SetMark, Statement, Verdict};
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
        let random = || rule("a", Nat::Masquerade(None, NatFlags::FULLY_RANDOM));
        let stages = Stages::between(&state(vec![masquerade("a")], vec![]), &state(vec![random()], vec![]));
        assert_eq!(stages.translating, state(vec![random(), masquerade("a")], vec![]));
    }

    /// The chains of a table as text.
    fn shown(state: &State) -> String {
        let chains = state.tables[&Family::Ip].chains.iter();
        let rules = |chain: &Chain| {
            chain.rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ").replace("counter ", "")
        };
        chains.map(|(name, chain)| format!("{name}: {}\n", rules(chain))).collect()
    }

    #[test]
    fn what_only_one_side_leaves_untranslated_asks_the_other_side_first() {
        let (plain, exempt) =
            (state(vec![masquerade("a")], vec![]), state(vec![accept("a"), masquerade("a")], vec![]));
        let coming = Stages::between(&plain, &exempt);
        let expected = "mangle: \n\
                        nat: oifname \"a\" goto stage_old_nat; oifname \"a\" masquerade\n\
                        stage_old_nat: oifname \"a\" masquerade; accept\n";
        assert_eq!(shown(&coming.translating), expected);
        assert_eq!(coming.deciding, coming.translating);
        let going = Stages::between(&exempt, &plain);
        assert_eq!(shown(&going.deciding), expected.replace("old", "new"));
        // Where both leave it alone by the same rule, in its place, nothing is asked.
        let both = state(vec![accept("a"), masquerade("b"), masquerade("a")], vec![]);
        let merged = Stages::between(&exempt, &both).translating;
        assert_eq!(merged.tables[&Family::Ip].chains, both.tables[&Family::Ip].chains);
    }

    #[test]
    fn while_links_change_flow_tables_have_the_devices_of_both_states() {
        let with = |devices: &[&str]| {
            let mut state = state(vec![], vec![accept("a")]);
            let devices = devices.iter().map(|device| InterfaceName::new(device).unwrap()).collect();
            let flowtable = Flowtable { origin: Origin::IMPLIED, priority: 0, devices };
            state.table(Family::Ip).add_flowtable(&Name::new("ft").unwrap(), flowtable);
            state
        };
        let (old, new) = (with(&["a", "b"]), with(&["b", "c"]));
        let stages = Stages::between(&old, &new);
        assert_eq!((stages.translating, stages.deciding), (with(&["b"]), with(&["b"])));
        let none = state(vec![], vec![accept("a")]);
        assert_eq!(Stages::between(&none, &new).translating, with(&[]));
        assert_eq!(Stages::between(&old, &none).deciding, with(&[]));
        assert_eq!(new.without_flow_devices(), with(&[]));
    }

    #[test]
    fn a_chain_that_marks_in_one_state_only_waits_for_the_routes() {
        let (plain, marking) = (state(vec![], vec![accept("a")]), state(vec![], vec![marks("a")]));
        assert_eq!(Stages::between(&plain, &marking).translating, plain);
        assert_eq!(Stages::between(&marking, &plain).translating, marking);
    }

    #[test]
    fn a_filter_that_asks_for_marks_changes_with_what_marks() {
        let guard = |value| {
            let marked = meta::mark().eq(value);
            Rule::new(Origin::IMPLIED, [marked, Verdict::Accept.into()]).unwrap()
        };
        let with_filter = |mark: &str, value| {
            let mut state = state(vec![masquerade("a")], vec![marks(mark)]);
            let hook = BaseHook {
                kind: ChainType::Filter,
                hook: Hook::Forward,
                priority: 0,
                policy: Policy::Accept,
            };
            let chain = Chain { hook: Some(hook), rules: vec![guard(value)], ..Chain::default() };
            *state.table(Family::Ip).chain(&Name::new("filter").unwrap()) = chain;
            state
        };
        let (old, new) = (with_filter("a", 1), with_filter("b", 2));
        let Stages { translating, deciding } = Stages::between(&old, &new);
        assert_eq!((translating, deciding), (old.clone(), new));
        // With the marks as they are it comes first, like any other.
        let other = with_filter("a", 2);
        assert_eq!(Stages::between(&old, &other).translating, other);
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
