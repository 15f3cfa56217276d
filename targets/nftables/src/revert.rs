//! Taking changes back in a state, whatever part of them took place.

use crate::change::{Action, Change, Run, inverse_runs, length_behind};
use crate::rule::Rule;
use crate::state::{State, Table};

/// Takes the changes back, the last one first. What did not take place is left as it is.
pub(crate) fn revert(state: &mut State, changes: &[Change]) {
    for change in changes.iter().rev() {
        match &change.action {
            Action::CreateTable {} => {
                state.tables.remove(&change.family);
            }
            Action::DeleteTable {} => {
                state.table(change.family);
            }
            action => {
                if let Some(table) = state.tables.get_mut(&change.family) {
                    revert_in(table, action);
                }
            }
        }
    }
}

fn revert_in(table: &mut Table, action: &Action) {
    match action {
        Action::CreateTable {} | Action::DeleteTable {} => {}
        Action::CreateSet { name, .. } => {
            table.sets.remove(name);
        }
        Action::DeleteSet { name, set } => {
            table.sets.insert(name.clone(), set.clone());
        }
        Action::EditSet { name, removed, added, .. } => {
            if let Some(set) = table.sets.get_mut(name) {
                let before = set.elements().without_elements(added).union(removed);
                *set.elements_mut() = before;
            }
        }
        Action::CreateHelper { name, .. } => {
            table.helpers.remove(name);
        }
        Action::DeleteHelper { name, helper } => {
            table.helpers.insert(name.clone(), helper.clone());
        }
        Action::CreateFlowtable { name, .. } => {
            table.flowtables.remove(name);
        }
        Action::DeleteFlowtable { name, flowtable } => {
            table.flowtables.insert(name.clone(), flowtable.clone());
        }
        Action::CreateChain { name, .. } => {
            table.chains.remove(name);
        }
        Action::DeleteChain { name, chain } => {
            table.chains.insert(name.clone(), chain.clone());
        }
        Action::SetPolicy { chain, from, .. } => {
            if let Some(hook) = table.chains.get_mut(chain).and_then(|chain| chain.hook.as_mut()) {
                hook.policy = *from;
            }
        }
        Action::EditChain { chain, length, runs } => {
            if let Some(chain) = table.chains.get_mut(chain) {
                revert_rules(&mut chain.rules, *length, runs);
            }
        }
        Action::CreateObject { object } => table.objects.retain(|other| other != object),
        Action::DeleteObject { object } => {
            if !table.objects.contains(object) {
                table.objects.push(object.clone());
            }
        }
    }
}

fn revert_rules(rules: &mut Vec<Rule>, length: usize, runs: &[Run]) {
    if rules.len() == length && stand_at(rules, runs) {
        return;
    }
    let back = inverse_runs(runs.to_vec());
    if rules.len() == length_behind(length, runs) && stand_at(rules, &back) {
        for run in back.into_iter().rev() {
            rules.splice(run.at..run.at + run.removed.len(), run.inserted);
        }
    } else {
        // Somebody else has changed the chain as well. What the change inserted goes wherever it stands, and
        // what it removed comes back as near to its place as there is one.
        for run in back.into_iter().rev() {
            for rule in &run.removed {
                if let Some(index) = rules.iter().position(|other| other == rule) {
                    rules.remove(index);
                }
            }
            let missing: Vec<Rule> = run.inserted.into_iter().filter(|rule| !rules.contains(rule)).collect();
            let at = run.at.min(rules.len());
            rules.splice(at..at, missing);
        }
    }
}

/// Says whether the rules that each run removes stand where it removes them.
pub(crate) fn stand_at(rules: &[Rule], runs: &[Run]) -> bool {
    runs.iter().all(|run| rules.get(run.at..run.at + run.removed.len()) == Some(&run.removed[..]))
}
