//! Pairs of states, the second made from the first by edits of all sorts.

use super::{Random, states};
use proptest::collection::vec;
use proptest::prelude::*;
use rosc_nftables::{Chain, Name, Policy, Rule, Statement, Table, Verdict};
use rosc_target::Origin;

/// What happens to a set or chain, and a number to do it by.
type Edit = (u8, u64);

/// Two states, the second made from the first by keeping, dropping, moving and replacing parts of it.
pub(crate) fn edited() -> impl Strategy<Value = (Random, Random)> {
    let edits = vec((any::<u8>(), any::<u64>()), 16);
    (states(), states(), edits).prop_map(|(Random(mut old), Random(other), edits)| {
        let mut edits = edits.into_iter().cycle();
        let mut next = || edits.next().unwrap();
        let mut new = old.clone();
        for (family, table) in &mut new.tables {
            edit_table(table, &other.tables[family], &mut next);
        }
        // Sometimes a table is missing on one side.
        match next() {
            (0..25, _) => drop(old.tables.pop_first()),
            (25..50, _) => drop(new.tables.pop_last()),
            _ => {}
        }
        (Random(old), Random(new))
    })
}

/// Two states, the second made from the first by edits of some rules, of the elements of sets, and of what rules jump to.
pub(crate) fn edited_rules() -> impl Strategy<Value = (Random, Random)> {
    let edits = vec((any::<u8>(), any::<u64>()), 32);
    (states(), states(), edits).prop_map(|(Random(old), Random(other), edits)| {
        let mut edits = edits.into_iter().cycle();
        let mut next = || edits.next().unwrap();
        let mut new = old.clone();
        for (family, table) in &mut new.tables {
            let other = &other.tables[family];
            for (name, chain) in &mut table.chains {
                let (kind, number) = next();
                edit_some_rules(&mut chain.rules, &other.chains[name].rules, kind, number);
            }
            if next().0.is_multiple_of(2) {
                let name = Name::new("u_new").unwrap();
                let jump =
                    Rule::new(Origin::IMPLIED, [Statement::from(Verdict::Jump(name.clone()))]).unwrap();
                table.chain(&Name::new("c_fwd").unwrap()).rules.push(jump);
                table.chain(&name).rules = other.chains[&Name::new("c_fwd").unwrap()].rules.clone();
            }
            if next().0.is_multiple_of(2) {
                for name in ["s_v4", "s_v6"].map(|name| Name::new(name).unwrap()) {
                    table.sets.insert(Name::new(&format!("{name}_new")).unwrap(), other.sets[&name].clone());
                }
            }
        }
        (Random(old), Random(new))
    })
}

/// Most of the rules stay.
fn edit_some_rules(rules: &mut Vec<Rule>, others: &[Rule], kind: u8, number: u64) {
    let middle = usize::try_from(number % (rules.len() as u64 + 1)).unwrap();
    let few = usize::from(kind / 64);
    match kind % 4 {
        0 => {}
        1 => drop(rules.splice(middle..middle, others.iter().take(few).cloned())),
        2 => {
            let end = rules.len().min(middle + few);
            rules.splice(middle..end, others.iter().take(2).cloned());
        }
        _ => rules.rotate_left(middle.min(few)),
    }
}

fn edit_table(table: &mut Table, other: &Table, next: &mut impl FnMut() -> Edit) {
    for (name, set) in &mut table.sets {
        if next().0.is_multiple_of(2) {
            set.clone_from(&other.sets[name]);
        }
    }
    for (name, helper) in &mut table.helpers {
        if next().0.is_multiple_of(2) {
            helper.clone_from(&other.helpers[name]);
        }
    }
    for (name, chain) in &mut table.chains {
        let (kind, number) = next();
        edit_rules(&mut chain.rules, &other.chains[name].rules, kind, number);
        edit_hook(chain, next());
    }
    // Nothing jumps there.
    if next().0.is_multiple_of(4) {
        table.chains.retain(|name, _| name.as_str() != "c_out");
    }
}

fn edit_rules(rules: &mut Vec<Rule>, others: &[Rule], kind: u8, number: u64) {
    let middle = usize::try_from(number % (rules.len() as u64 + 1)).unwrap();
    match kind % 6 {
        0 => {}
        1 => *rules = others.to_vec(),
        // Keeps the order of most rules and moves some far away.
        2 => rules.sort_by_key(|rule| rule.to_string().len() % 5 == 0),
        3 => rules.rotate_left(middle),
        4 => drop(rules.splice(middle..middle, others.iter().take(3).cloned())),
        _ => {
            let mut index = 0;
            rules.retain(|_| {
                index += 1;
                (number >> (index % 64)) & 1 == 0
            });
        }
    }
}

fn edit_hook(chain: &mut Chain, (kind, _): Edit) {
    let Some(hook) = &mut chain.hook else { return };
    match kind % 8 {
        0 => hook.priority += 1,
        1 => {
            hook.policy = match hook.policy {
                Policy::Accept => Policy::Drop,
                Policy::Drop => Policy::Accept,
            }
        }
        _ => {}
    }
}
