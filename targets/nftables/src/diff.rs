//! Comparing two states.

use crate::change::{Action, Change, Run};
use crate::name::Name;
use crate::opaque::OpaqueObject;
use crate::rule::Rule;
use crate::sequence;
use crate::state::{Chain, Family, Set, SetType, State, Table};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// Returns the changes that turn `from` into `to`; none if they are equal.
pub(crate) fn changes(from: &State, to: &State) -> Vec<Change> {
    Family::ALL.iter().flat_map(|&family| family_changes(family, from, to)).collect()
}

fn family_changes(family: Family, from: &State, to: &State) -> Vec<Change> {
    let nothing = Table::default();
    let (old, new) = (from.tables.get(&family), to.tables.get(&family));
    let mut actions = Vec::new();
    if let (None, Some(_)) = (old, new) {
        actions.push(Action::CreateTable {});
    }
    table_actions(old.unwrap_or(&nothing), new.unwrap_or(&nothing), &mut actions);
    if let (Some(_), None) = (old, new) {
        actions.push(Action::DeleteTable {});
    }
    actions.into_iter().map(|action| Change { family, action }).collect()
}

/// What is replaced goes first, then comes what is new, and what is not wanted any more goes last.
fn table_actions(old: &Table, new: &Table, actions: &mut Vec<Action>) {
    let replaced = Replaced::between(old, new);
    delete_actions(old, new, &replaced, Fate::Replaced, actions);
    for (name, set) in &new.sets {
        match old.sets.get(name) {
            Some(before) if !replaced.sets.contains(name.as_str()) => {
                actions.extend(set_edit(name, before, set));
            }
            Some(_) | None => actions.push(Action::CreateSet { name: name.clone(), set: set.clone() }),
        }
    }
    for (name, helper) in &new.helpers {
        if !old.helpers.contains_key(name) || replaced.helpers.contains(name.as_str()) {
            actions.push(Action::CreateHelper { name: name.clone(), helper: helper.clone() });
        }
    }
    for (name, flowtable) in &new.flowtables {
        if !old.flowtables.contains_key(name) || replaced.flowtables.contains(name.as_str()) {
            actions.push(Action::CreateFlowtable { name: name.clone(), flowtable: flowtable.clone() });
        }
    }
    for (name, chain) in &new.chains {
        match old.chains.get(name) {
            Some(before) if !replaced.chains.contains(name.as_str()) => {
                chain_actions(name, before, chain, &replaced, actions);
            }
            before => {
                let mut chain = chain.clone();
                keep_counting(before.into_iter().flat_map(|before| &before.rules), &mut chain.rules);
                actions.push(Action::CreateChain { name: name.clone(), chain });
            }
        }
    }
    for object in new.objects.iter().filter(|object| !old.objects.contains(object)) {
        actions.push(Action::CreateObject { object: object.clone() });
    }
    delete_actions(old, new, &replaced, Fate::Unwanted, actions);
}

/// Why an object goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Another one of its name comes.
    Replaced,
    /// Nobody wants it.
    Unwanted,
}

fn delete_actions(old: &Table, new: &Table, replaced: &Replaced<'_>, fate: Fate, actions: &mut Vec<Action>) {
    let fits = |is_replaced: bool, is_wanted: bool| match fate {
        Fate::Replaced => is_replaced,
        Fate::Unwanted => !is_replaced && !is_wanted,
    };
    for (name, chain) in &old.chains {
        if fits(replaced.chains.contains(name.as_str()), new.chains.contains_key(name)) {
            actions.push(Action::DeleteChain { name: name.clone(), chain: chain.clone() });
        }
    }
    for object in &old.objects {
        if fits(replaced.is_replaced(object), new.objects.contains(object)) {
            actions.push(Action::DeleteObject { object: object.clone() });
        }
    }
    for (name, helper) in &old.helpers {
        if fits(replaced.helpers.contains(name.as_str()), new.helpers.contains_key(name)) {
            actions.push(Action::DeleteHelper { name: name.clone(), helper: helper.clone() });
        }
    }
    for (name, flowtable) in &old.flowtables {
        if fits(replaced.flowtables.contains(name.as_str()), new.flowtables.contains_key(name)) {
            actions.push(Action::DeleteFlowtable { name: name.clone(), flowtable: flowtable.clone() });
        }
    }
    for (name, set) in &old.sets {
        if fits(replaced.sets.contains(name.as_str()), new.sets.contains_key(name)) {
            actions.push(Action::DeleteSet { name: name.clone(), set: set.clone() });
        }
    }
}

/// Objects that can't be changed in place: they are deleted and made anew, and so are the rules that use
/// them.
struct Replaced<'a> {
    sets: BTreeSet<&'a str>,
    helpers: BTreeSet<&'a str>,
    flowtables: BTreeSet<&'a str>,
    chains: BTreeSet<&'a str>,
}

impl<'a> Replaced<'a> {
    fn between(old: &'a Table, new: &Table) -> Self {
        let sets = old
            .sets
            .iter()
            .filter(|(name, set)| new.sets.get(*name).is_some_and(|wanted| wanted.kind() != set.kind()));
        // Objects that rosc does not know and that have the name of one that is wanted.
        let unknown = |kind: &'static str, is_wanted: &dyn Fn(&Name) -> bool| -> Vec<&'a str> {
            let of_kind = old.objects.iter().filter(|object| object.kind() == kind);
            of_kind.map(OpaqueObject::name).filter(|name| is_wanted(&Name::listed(name))).collect()
        };
        let unknown_sets = unknown("set", &|name| new.sets.contains_key(name));
        let helpers = old.helpers.iter().filter(|(name, helper)| {
            new.helpers
                .get(*name)
                .is_some_and(|wanted| (&wanted.helper, wanted.protocol) != (&helper.helper, helper.protocol))
        });
        let unknown_helpers = unknown("ct helper", &|name| new.helpers.contains_key(name));
        // nft 1.0.6 has no JSON for a device that leaves a flow table.
        let flowtables = old
            .flowtables
            .iter()
            .filter(|(name, flowtable)| new.flowtables.get(*name).is_some_and(|wanted| wanted != *flowtable));
        let unknown_flowtables = unknown("flowtable", &|name| new.flowtables.contains_key(name));
        // The kernel can't change the hook or priority of a chain.
        let place = |chain: &Chain| chain.hook.map(|hook| (hook.kind, hook.hook, hook.priority));
        let chains = old.chains.iter().filter(|(name, chain)| {
            new.chains.get(*name).is_some_and(|wanted| place(wanted) != place(chain))
        });
        Self {
            sets: sets.map(|(name, _)| name.as_str()).chain(unknown_sets).collect(),
            helpers: helpers.map(|(name, _)| name.as_str()).chain(unknown_helpers).collect(),
            flowtables: flowtables.map(|(name, _)| name.as_str()).chain(unknown_flowtables).collect(),
            chains: chains.map(|(name, _)| name.as_str()).collect(),
        }
    }

    fn is_replaced(&self, object: &OpaqueObject) -> bool {
        match object.kind() {
            "set" => self.sets.contains(object.name()),
            "ct helper" => self.helpers.contains(object.name()),
            "flowtable" => self.flowtables.contains(object.name()),
            _ => false,
        }
    }

    fn leaves(&self, rule: &Rule) -> bool {
        (self.helpers.is_empty() || !rule.helpers().any(|helper| self.helpers.contains(helper.as_str())))
            && (self.flowtables.is_empty()
                || !rule.flowtables().any(|table| self.flowtables.contains(table.as_str())))
            && (self.sets.is_empty() || !rule.sets().any(|set| self.sets.contains(set.as_str())))
            && (self.chains.is_empty() || !rule.targets().any(|chain| self.chains.contains(chain.as_str())))
    }
}

fn set_edit(name: &Name, old: &Set, new: &Set) -> Option<Action> {
    let SetType::Listed(key) = *new.kind() else { return None };
    let removed = old.elements().without_elements(new.elements());
    let added = new.elements().without_elements(old.elements());
    (!removed.is_empty() || !added.is_empty()).then(|| Action::EditSet {
        origin: new.origin,
        name: name.clone(),
        key,
        removed,
        added,
    })
}

fn chain_actions(name: &Name, old: &Chain, new: &Chain, replaced: &Replaced<'_>, actions: &mut Vec<Action>) {
    if let (Some(before), Some(after)) = (old.hook, new.hook)
        && before.policy != after.policy
    {
        actions.push(Action::SetPolicy {
            origin: new.origin,
            chain: name.clone(),
            from: before.policy,
            to: after.policy,
        });
    }
    let hunks = sequence::compare(&old.rules, &new.rules, |rule| replaced.leaves(rule));
    let mut runs: Vec<Run> = hunks
        .into_iter()
        .map(|hunk| Run {
            at: hunk.old.start,
            removed: old.rules[hunk.old].to_vec(),
            inserted: new.rules[hunk.new].to_vec(),
        })
        .collect();
    if !runs.is_empty() {
        let removed: Vec<Rule> = runs.iter().flat_map(|run| &run.removed).cloned().collect();
        keep_counting(&removed, runs.iter_mut().flat_map(|run| &mut run.inserted));
        actions.push(Action::EditChain { chain: name.clone(), length: old.rules.len(), runs });
    }
}

/// A rule that was moved goes on from what it has counted.
fn keep_counting<'r>(
    removed: impl IntoIterator<Item = &'r Rule>,
    inserted: impl IntoIterator<Item = &'r mut Rule>,
) {
    let mut inserted: Vec<&mut Rule> = inserted.into_iter().collect();
    let before = moved(removed.into_iter().map(|rule| (rule, rule)), inserted.iter().map(|rule| &**rule));
    for (rule, before) in inserted.iter_mut().zip(before) {
        if let Some(before) = before {
            rule.count_as(before);
        }
    }
}

/// A rule that goes at one place and comes at another was moved: says for each that comes which one it was.
pub(crate) fn moved<'g, 'c, T>(
    going: impl IntoIterator<Item = (&'g Rule, T)>,
    coming: impl IntoIterator<Item = &'c Rule>,
) -> Vec<Option<T>> {
    let mut by_rule: HashMap<&Rule, VecDeque<T>> = HashMap::new();
    for (rule, one) in going {
        by_rule.entry(rule).or_default().push_back(one);
    }
    coming.into_iter().map(|rule| by_rule.get_mut(rule).and_then(VecDeque::pop_front)).collect()
}
