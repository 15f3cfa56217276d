//! Reading nft's listing back.
//!
//! The reader goes through plain JSON and takes only what it knows entirely: whatever else stands in a statement
//! makes the whole statement [opaque](crate::opaque::Opaque), and whatever else stands in a table becomes an
//! opaque object. So nothing that somebody put into our table keeps it from being read, and nothing of it is
//! taken for something else.

mod expression;
mod operand;
mod statement;

use crate::kind::SetKey;
use crate::name::Name;
use crate::opaque::OpaqueObject;
use crate::quoted::Comment;
use crate::rule::Rule;
use crate::state::{BaseHook, Chain, ChainType, Hook, Policy, Set, Table};
use crate::values::Values;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A table as nft lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) table: Table,
    /// The handles of each chain's rules, in order.
    pub(crate) handles: BTreeMap<Name, Vec<u64>>,
    /// The sets whose elements in the kernel are not those of the state, because somebody added neighbours that
    /// the state holds merged. Single elements can't be deleted from them.
    pub(crate) uneven: Vec<Name>,
}

/// Returns the table that nft listed with `--json`.
pub(crate) fn listing(json: &str) -> Result<Listing, serde_json::Error> {
    let mut document: Value = serde_json::from_str(json)?;
    let objects = match document.get_mut("nftables").map(Value::take) {
        Some(Value::Array(objects)) => objects,
        Some(_) | None => Vec::new(),
    };
    let mut listing = Listing::default();
    for object in objects {
        let Value::Object(object) = object else { continue };
        for (kind, body) in object {
            if let Value::Object(body) = body {
                listing.add(&kind, body);
            }
        }
    }
    Ok(listing)
}

impl Listing {
    fn add(&mut self, kind: &str, body: Map<String, Value>) {
        match kind {
            "metainfo" | "table" => {}
            "chain" => match chain(&body) {
                Some((name, chain)) => {
                    self.handles.entry(name.clone()).or_default();
                    self.table.chains.insert(name, chain);
                }
                None => self.add_opaque(kind, body),
            },
            "set" => match set(&body) {
                Some((name, set, elements)) => {
                    if elements != set.elements().len() {
                        self.uneven.push(name.clone());
                    }
                    self.table.sets.insert(name, set);
                }
                None => self.add_opaque(kind, body),
            },
            // Rules of a chain that is not known go with the chain.
            "rule" => {
                let Some(name) = text(&body, "chain").map(Name::listed) else { return };
                let Some(chain) = self.table.chains.get_mut(&name) else { return };
                chain.rules.push(rule(&body));
                let handle = body.get("handle").and_then(Value::as_u64).unwrap_or_default();
                self.handles.entry(name).or_default().push(handle);
            }
            _ => self.add_opaque(kind, body),
        }
    }

    fn add_opaque(&mut self, kind: &str, mut body: Map<String, Value>) {
        let name = text(&body, "name").unwrap_or_default().to_owned();
        body.remove("handle");
        self.table.objects.push(OpaqueObject { kind: kind.to_owned(), name, body: Value::Object(body) });
    }
}

/// Returns the rule with these properties of a listing.
pub(crate) fn rule(body: &Map<String, Value>) -> Rule {
    let comment = text(body, "comment").and_then(Comment::listed);
    let statements = body.get("expr").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Rule::listed(comment, statement::read(statements))
}

fn chain(body: &Map<String, Value>) -> Option<(Name, Chain)> {
    let hook = match text(body, "hook") {
        Some(hook) => Some(BaseHook {
            kind: ChainType::from_keyword(text(body, "type")?)?,
            hook: Hook::from_keyword(hook)?,
            priority: i32::try_from(body.get("prio")?.as_i64()?).ok()?,
            policy: Policy::from_keyword(text(body, "policy")?)?,
        }),
        None => None,
    };
    Some((Name::listed(text(body, "name")?), Chain { hook, ..Chain::default() }))
}

/// Returns a set and the number of its elements in the kernel; `None` for a set of a kind that we don't make.
fn set(body: &Map<String, Value>) -> Option<(Name, Set, usize)> {
    let key = SetKey::from_keyword(text(body, "type")?)?;
    let is_plain = body.keys().all(|property| {
        matches!(
            property.as_str(),
            "family"
                | "table"
                | "name"
                | "handle"
                | "type"
                | "flags"
                | "elem"
                | "policy"
                | "size"
                | "comment"
        )
    });
    let has_intervals = operand::words(body.get("flags")?)?.eq(["interval"]);
    if !is_plain || !has_intervals {
        return None;
    }
    let listed = body.get("elem").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let elements = if listed.is_empty() { Values::none_of(key) } else { operand::elements(key, listed)? };
    Some((Name::listed(text(body, "name")?), Set::listed(key, elements), listed.len()))
}

fn text<'a>(body: &'a Map<String, Value>, property: &str) -> Option<&'a str> {
    body.get(property)?.as_str()
}
