//! Rules as bytes: read from the kernel, taken away and put in without nft, which reads all others to place one.

use super::batch::Batch;
use super::dump;
use super::message::{attribute, attributes, find, text, unreadable};
use super::numbers::{
    CREATE, DELETE_CHAIN, DELETE_RULE, DELETE_SET, DELETE_TABLE, GET_RULE, NEW_CHAIN, chain, counter,
    expression, rule, set, table,
};
use crate::state::{Family, TABLE};
use crate::statement::Counter;
use std::collections::BTreeMap;
use std::io;

/// A rule as the kernel has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawRule {
    pub(crate) handle: u64,
    pub(super) expressions: Vec<u8>,
    /// What nft keeps there, comments above all.
    pub(super) userdata: Option<Vec<u8>>,
}

impl RawRule {
    /// What its counters have counted, in order.
    pub(crate) fn counters(&self) -> impl Iterator<Item = Counter> {
        expressions(&self.expressions).filter(|(name, _)| *name == COUNTER).map(|(_, data)| {
            let count = |kind| find(data, kind).and_then(long).unwrap_or_default();
            Counter { packets: count(counter::PACKETS), bytes: count(counter::BYTES) }
        })
    }
}

/// What an expression that counts is called.
pub(super) const COUNTER: &[u8] = b"counter\0";

/// The expressions of a rule, each with its name, which a zero byte ends, and what belongs to it.
pub(super) fn expressions(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    attributes(bytes).map(|(_, one)| {
        let part = |kind| find(one, kind).unwrap_or_default();
        (part(expression::NAME), part(expression::DATA))
    })
}

/// Numbers of 64 bits are in network byte order too.
fn long(value: &[u8]) -> Option<u64> {
    value.try_into().ok().map(u64::from_be_bytes)
}

/// Reads the rules of all chains of a table that have any, in order.
pub(crate) fn read(family: Family, table: &str) -> io::Result<BTreeMap<String, Vec<RawRule>>> {
    let of_table = |bytes: &mut Vec<u8>| text(bytes, rule::TABLE, table);
    let mut chains: BTreeMap<String, Vec<RawRule>> = BTreeMap::new();
    dump(GET_RULE, family, of_table, |object| {
        let part = |kind| find(object, kind);
        let read = || {
            let chain = std::str::from_utf8(part(rule::CHAIN)?.strip_suffix(&[0])?).ok()?;
            let handle = part(rule::HANDLE).and_then(long)?;
            let expressions = part(rule::EXPRESSIONS).unwrap_or_default().to_vec();
            let userdata = part(rule::USERDATA).map(<[u8]>::to_vec);
            Some((chain, RawRule { handle, expressions, userdata }))
        };
        let (chain, rule) = read().ok_or_else(unreadable)?;
        match chains.get_mut(chain) {
            Some(rules) => rules.push(rule),
            None => {
                chains.insert(chain.to_owned(), vec![rule]);
            }
        }
        Ok(())
    })?;
    Ok(chains)
}

/// Where a rule of our table stands or comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) family: Family,
    pub(crate) chain: &'a str,
    /// The rule itself, or the one in front of which it comes; `None` for all rules of the chain, or its end.
    pub(crate) handle: Option<u64>,
}

impl Batch {
    /// Takes a rule away, or all of a chain.
    pub(crate) fn delete_rules(&mut self, place: Place<'_>) {
        self.push(DELETE_RULE, 0, place.family, |bytes| {
            text(bytes, rule::TABLE, TABLE);
            text(bytes, rule::CHAIN, place.chain);
            if let Some(handle) = place.handle {
                attribute(bytes, rule::HANDLE, &handle.to_be_bytes());
            }
        });
    }

    /// Makes a chain that rules jump to.
    pub(crate) fn add_chain(&mut self, family: Family, name: &str) {
        self.push(NEW_CHAIN, CREATE, family, |bytes| {
            text(bytes, chain::TABLE, TABLE);
            text(bytes, chain::NAME, name);
        });
    }

    /// Deletes a chain without rules.
    pub(crate) fn delete_chain(&mut self, family: Family, name: &str) {
        self.push(DELETE_CHAIN, 0, family, |bytes| {
            text(bytes, chain::TABLE, TABLE);
            text(bytes, chain::NAME, name);
        });
    }

    /// Deletes a set that nothing looks into.
    pub(crate) fn delete_set(&mut self, family: Family, name: &str) {
        self.push(DELETE_SET, 0, family, |bytes| {
            text(bytes, set::TABLE, TABLE);
            text(bytes, set::NAME, name);
        });
    }

    /// Deletes a table with all that is in it.
    pub(crate) fn delete_table(&mut self, family: Family, name: &str) {
        self.push(DELETE_TABLE, 0, family, |bytes| text(bytes, table::NAME, name));
    }
}
