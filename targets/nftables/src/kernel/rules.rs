//! Rules as bytes: read from the kernel, taken away and put in without nft, which reads all others to place one.

use super::batch::Batch;
use super::message::{
    CREATE, DUMP, Header, REQUEST, attribute, attributes, find, message, number_of, text, unreadable,
};
use super::{SUBSYSTEM, dump};
use crate::state::{Family, TABLE};
use crate::statement::Counter;
use std::collections::BTreeMap;
use std::io;

const DELETE_TABLE: u16 = SUBSYSTEM | 2;
const NEW_CHAIN: u16 = SUBSYSTEM | 3;
const DELETE_CHAIN: u16 = SUBSYSTEM | 5;
const GET_RULE: u16 = SUBSYSTEM | 7;
const DELETE_RULE: u16 = SUBSYSTEM | 8;
const DELETE_SET: u16 = SUBSYSTEM | 11;

/// `NFTA_RULE_*`.
pub(super) mod rule {
    pub(crate) const TABLE: u16 = 1;
    pub(crate) const CHAIN: u16 = 2;
    pub(crate) const HANDLE: u16 = 3;
    pub(crate) const EXPRESSIONS: u16 = 4;
    pub(crate) const POSITION: u16 = 6;
    pub(crate) const USERDATA: u16 = 7;
}

/// `NFTA_EXPR_*`.
pub(super) mod expression {
    pub(crate) const NAME: u16 = 1;
    pub(crate) const DATA: u16 = 2;
}

/// `NFTA_COUNTER_*`.
mod counter {
    pub(super) const BYTES: u16 = 1;
    pub(super) const PACKETS: u16 = 2;
}

/// `NFTA_TABLE_NAME`, and `NFTA_CHAIN_*`, and `NFTA_SET_*`.
mod named {
    pub(super) const TABLE: u16 = 1;
    pub(super) const CHAIN: u16 = 3;
    pub(super) const SET: u16 = 2;
}

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
    let mut request = Vec::new();
    let header = Header { flags: REQUEST | DUMP, family: number_of(family), ..Header::default() };
    message(&mut request, GET_RULE, header, |bytes| text(bytes, rule::TABLE, table));
    let mut chains: BTreeMap<String, Vec<RawRule>> = BTreeMap::new();
    dump(&request, |object| {
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
            text(bytes, named::TABLE, TABLE);
            text(bytes, named::CHAIN, name);
        });
    }

    /// Deletes a chain without rules.
    pub(crate) fn delete_chain(&mut self, family: Family, name: &str) {
        self.push(DELETE_CHAIN, 0, family, |bytes| {
            text(bytes, named::TABLE, TABLE);
            text(bytes, named::CHAIN, name);
        });
    }

    /// Deletes a set that nothing looks into.
    pub(crate) fn delete_set(&mut self, family: Family, name: &str) {
        self.push(DELETE_SET, 0, family, |bytes| {
            text(bytes, named::TABLE, TABLE);
            text(bytes, named::SET, name);
        });
    }

    /// Deletes a table with all that is in it.
    pub(crate) fn delete_table(&mut self, family: Family, name: &str) {
        self.push(DELETE_TABLE, 0, family, |bytes| text(bytes, named::TABLE, name));
    }
}
