//! Having nft make rules in a table of their own, where nothing else stands that it would read.
//!
//! nft reads all rules of all tables to place one by the handle of another, and lists all of a table to show one. So it is
//! given the rules of an edit alone, in a chain that no packet enters, with the sets and chains that they name, empty. What
//! it made of them is listed and compared there, and put into our table as bytes.

use crate::kernel::batch::Batch;
use crate::kernel::copy::RuleCopy;
use crate::kernel::{self, TableStatus, rules};
use crate::nft::{Mode, Nft, Outcome};
use crate::read;
use crate::rule::Rule;
use crate::schema;
use crate::state::{Family, SetType, State, Table};
use rosc_target::TargetError;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// The table. It goes in the transaction that has the rules, and what a killed run has left of it with an undo.
const ASSEMBLY: &str = "rosc-assembly";

/// Where the rules stand in it: no chain of ours has such a name.
const CHAIN: &str = "rosc:new";

/// Has rules of a state made. `None` where nft does not make of them what they are, or something that can't be put elsewhere.
pub(crate) fn assemble(
    nft: &Nft,
    wanted: &BTreeMap<Family, Vec<&Rule>>,
    state: &State,
) -> Result<Option<BTreeMap<Family, Vec<RuleCopy>>>, TargetError> {
    let commands = wanted.iter().flat_map(|(family, rules)| {
        let table = state.tables.get(family);
        table.map(|table| commands(*family, rules, table)).unwrap_or_default()
    });
    let commands: Vec<String> = commands.map(|command| command.to_string()).collect();
    let Outcome::Done(_) = nft.load(Mode::Apply, commands.iter().map(String::as_str))? else {
        return Ok(None);
    };
    let mut copies = BTreeMap::new();
    for (family, rules) in wanted {
        let Some(made) = made(nft, *family, rules)? else { return Ok(None) };
        copies.insert(*family, made);
    }
    Ok(Some(copies))
}

/// What nft has made of the rules of a family, if it lists them as they are wanted.
fn made(nft: &Nft, family: Family, wanted: &[&Rule]) -> Result<Option<Vec<RuleCopy>>, TargetError> {
    let Outcome::Done(json) = nft.list_table(family.keyword(), ASSEMBLY)? else { return Ok(None) };
    let Ok(listing) = read::listing(&json, ASSEMBLY) else { return Ok(None) };
    let chain = listing.table.chains.into_iter().find(|(name, _)| name.as_str() == CHAIN);
    if !chain.is_some_and(|(_, chain)| chain.rules.iter().eq(wanted.iter().copied())) {
        return Ok(None);
    }
    let read = || {
        let made = rules::read(family, ASSEMBLY)?.remove(CHAIN).unwrap_or_default();
        made.iter().map(|rule| RuleCopy::of(family, ASSEMBLY, rule)).collect::<io::Result<Option<Vec<_>>>>()
    };
    let made = read().map_err(|error| kernel::error(&error))?;
    Ok(made.filter(|made| made.len() == wanted.len()))
}

/// Makes an end of the tables a part of a transaction.
pub(crate) fn clear(batch: &mut Batch, families: impl IntoIterator<Item = Family>) {
    for family in families {
        batch.delete_table(family, ASSEMBLY);
    }
}

/// Deletes what there is of the tables.
pub(crate) fn clear_left() -> io::Result<()> {
    let mut batch = Batch::new();
    for &family in Family::ALL {
        if kernel::status_of(family, ASSEMBLY)? != TableStatus::Absent {
            clear(&mut batch, [family]);
        }
    }
    batch.commit_at_once()
}

fn commands(family: Family, rules: &[&Rule], table: &Table) -> Vec<Value> {
    let mut commands = Vec::new();
    let mut add = |operation: &str, mut object: Value| {
        // What the schema makes stands in our table.
        if let Some(body) = object.as_object_mut().and_then(|object| object.values_mut().next())
            && let Some(place) = body.get_mut("table")
        {
            *place = ASSEMBLY.into();
        }
        commands.push(json!({ operation: object }));
    };
    let own = json!({ "table": { "family": family, "name": ASSEMBLY } });
    add("add", own);
    let sets: BTreeSet<_> = rules.iter().flat_map(|rule| rule.sets()).collect();
    for (name, set) in sets.iter().filter_map(|name| table.sets.get_key_value(*name)) {
        match set.kind() {
            SetType::Listed(key) => {
                add("add", json!({ "set": schema::set(family, name.as_str(), *key) }));
            }
            SetType::Dynamic(kind) => {
                for (operation, object) in schema::create_commands(family, name.as_str(), kind) {
                    add(operation, object);
                }
            }
        }
    }
    let helpers: BTreeSet<_> = rules.iter().flat_map(|rule| rule.helpers()).collect();
    for (name, helper) in helpers.iter().filter_map(|name| table.helpers.get_key_value(*name)) {
        add("add", json!({ "ct helper": schema::helper(family, name.as_str(), helper) }));
    }
    let chains: BTreeSet<_> = rules.iter().flat_map(|rule| rule.targets()).collect();
    for chain in chains.iter().map(|name| name.as_str()).chain([CHAIN]) {
        add("add", json!({ "chain": schema::chain(family, chain, None) }));
    }
    for rule in rules {
        add("add", schema::rule(family, CHAIN, rule, None));
    }
    commands
}
