//! Pairs of states, the second made from the first by edits of all sorts.

use super::{Random, states};
use proptest::collection::vec;
use proptest::prelude::*;
use rosc_nftables::{Chain, Policy, Rule, Table};

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
