//! Reading nft's listing back.
//!
//! The reader goes through plain JSON and takes only what it knows entirely: whatever else stands in a
//! statement makes the whole statement [opaque](crate::opaque::Opaque), and whatever else stands in a table
//! becomes an opaque object. So nothing that somebody put into our table keeps it from being read, and
//! nothing of it is taken for something else.

mod dynamic;
mod expression;
mod nat;
mod operand;
mod statement;

use crate::flowtable::Flowtable;
use crate::helper::{CtHelper, HelperName, HelperProtocol};
use crate::interface::InterfaceName;
use crate::kind::SetKey;
use crate::name::Name;
use crate::opaque::OpaqueObject;
use crate::quoted::Comment;
use crate::rule::Rule;
use crate::state::{BaseHook, Chain, ChainType, Hook, Policy, Set, Table};
use crate::values::Values;
use rosc_target::Origin;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A table as nft lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) table: Table,
    /// The handles of each chain's rules, in order.
    pub(crate) handles: BTreeMap<Name, Vec<u64>>,
    /// The sets whose elements in the kernel are not those of the state, because somebody added neighbours
    /// that the state holds merged. Single elements can't be deleted from them.
    pub(crate) uneven: Vec<Name>,
}

/// Returns the table of a name that nft listed with `--json`.
pub(crate) fn listing(json: &str, table: &str) -> Result<Listing, serde_json::Error> {
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
                listing.add(&kind, body, table);
            }
        }
    }
    Ok(listing)
}

impl Listing {
    fn add(&mut self, kind: &str, body: Map<String, Value>, table: &str) {
        // Somebody may make a table of his own while ours is listed as the only one.
        if text(&body, "table").is_some_and(|other| other != table) {
            return;
        }
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
            "ct helper" => match helper(&body) {
                Some((name, helper)) => {
                    self.table.helpers.insert(name, helper);
                }
                None => self.add_opaque(kind, body),
            },
            "flowtable" => match flowtable(&body) {
                Some((name, flowtable)) => {
                    self.table.flowtables.insert(name, flowtable);
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

/// Returns a connection tracking helper for the family of the table.
fn helper(body: &Map<String, Value>) -> Option<(Name, CtHelper)> {
    if text(body, "l3proto")? != text(body, "family")? {
        return None;
    }
    let helper = HelperName::new(text(body, "type")?).ok()?;
    let protocol = HelperProtocol::from_keyword(text(body, "protocol")?)?;
    Some((Name::listed(text(body, "name")?), CtHelper { origin: Origin::IMPLIED, helper, protocol }))
}

/// Returns a flow table. nft writes one device as a text, several as a list, and leaves out that there is none.
fn flowtable(body: &Map<String, Value>) -> Option<(Name, Flowtable)> {
    const PROPERTIES: [&str; 7] = ["family", "table", "name", "handle", "hook", "prio", "dev"];
    let is_plain = body.keys().all(|property| PROPERTIES.contains(&property.as_str()));
    if !is_plain || text(body, "hook")? != "ingress" {
        return None;
    }
    let listed = match body.get("dev") {
        None => &[],
        Some(Value::Array(devices)) => devices.as_slice(),
        Some(device) => std::slice::from_ref(device),
    };
    let devices = listed.iter().map(|device| InterfaceName::new(device.as_str()?).ok());
    let flowtable = Flowtable {
        origin: Origin::IMPLIED,
        priority: i32::try_from(body.get("prio")?.as_i64()?).ok()?,
        devices: devices.collect::<Option<_>>()?,
    };
    Some((Name::listed(text(body, "name")?), flowtable))
}

/// Returns a set and the number of its elements in the kernel; `None` for a set of a kind that we don't make.
fn set(body: &Map<String, Value>) -> Option<(Name, Set, usize)> {
    if let Some(kind) = dynamic::dynamic_type(body) {
        return Some((Name::listed(text(body, "name")?), Set::dynamic(Origin::IMPLIED, kind), 0));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::TABLE;
    use serde_json::json;

    /// The table that a listing of these objects reads as.
    fn listed(objects: &Value) -> Listing {
        listing(&json!({ "nftables": objects }).to_string(), TABLE).unwrap()
    }

    fn rule_of(expr: &Value) -> Rule {
        let mut body = Map::new();
        body.insert("expr".to_owned(), expr.clone());
        rule(&body)
    }

    fn matches(key: &Value, right: &Value) -> Rule {
        rule_of(&json!([{ "match": { "op": "==", "left": key, "right": right } }]))
    }

    #[test]
    fn names_and_numbers_read_alike_whether_or_not_there_is_an_etc_protocols() {
        let l4proto = json!({ "meta": { "key": "l4proto" } });
        for [name, number] in [["tcp", "6"], ["gre", "47"], ["ipv6-icmp", "58"], ["icmpv6", "58"]] {
            let number: u8 = number.parse().unwrap();
            assert_eq!(matches(&l4proto, &json!(name)), matches(&l4proto, &json!(number)));
            assert_eq!(matches(&l4proto, &json!(number.to_string())), matches(&l4proto, &json!(number)));
        }
        let dscp = json!({ "payload": { "protocol": "ip", "field": "dscp" } });
        assert_eq!(
            matches(&dscp, &json!({ "range": ["lephb", "cs1"] })),
            matches(&dscp, &json!({ "range": [1, 8] }))
        );
        let kind = json!({ "fib": { "result": "type", "flags": ["daddr"] } });
        assert_eq!(matches(&kind, &json!("local")), matches(&kind, &json!(2)));
    }

    #[test]
    fn large_numbers_are_read_although_nft_prints_them_as_negative_ones() {
        let hash = |modulus: i64| {
            let over = json!({ "payload": { "protocol": "ip", "field": "saddr" } });
            matches(&json!({ "jhash": { "mod": modulus, "seed": 7, "expr": over } }), &json!(1))
        };
        assert_eq!(hash(-1), hash(4_294_967_295));
        let counted = rule_of(&json!([{ "counter": { "packets": -1, "bytes": 0 } }]));
        assert_eq!(counted.counter().unwrap().packets, u64::MAX);
    }

    #[test]
    fn a_statement_with_anything_unknown_in_it_is_kept_as_it_is() {
        for unknown in [
            json!({ "limit": { "rate": 3, "burst": 5, "per": "fortnight" } }),
            json!({ "limit": { "rate": 0, "burst": 5, "per": "second" } }),
            json!({ "log": { "prefix": "x", "group": 2 } }),
            json!({ "match": { "op": "==", "left": { "meta": { "key": "hour" } }, "right": "tea time" } }),
            json!({ "match": { "op": "==", "left": { "meta": { "key": "mark" } }, "right": 1, "new": true } }),
            json!({ "snat": { "addr": "192.0.2.1", "flags": "unheard-of" } }),
            json!({ "jump": {} }),
            json!("notrack"),
            json!(null),
        ] {
            let rule = rule_of(&json!([unknown]));
            assert_eq!(crate::schema::statements(&rule), [unknown]);
        }
    }

    #[test]
    fn objects_that_are_not_known_stay_beside_those_that_are() {
        let place = |name: &str| json!({ "family": "ip", "table": "rosc", "name": name, "handle": 7 });
        let with = |mut object: Value, properties: &Value| {
            let properties = properties.as_object().unwrap().clone();
            object.as_object_mut().unwrap().extend(properties);
            object
        };
        let interval =
            json!({ "type": "ipv4_addr", "flags": ["interval"], "elem": ["192.0.2.0", "192.0.2.1"] });
        let found = listed(&json!([
            { "metainfo": { "version": "1.0.6" } },
            { "table": place("rosc") },
            { "set": with(place("u_list"), &interval) },
            { "set": with(place("u_timed"), &json!({ "type": "ipv4_addr", "flags": ["timeout"] })) },
            { "chain": place("u_web") },
            { "rule": with(place(""), &json!({ "chain": "u_web", "expr": [{ "accept": null }] })) },
            { "rule": with(place(""), &json!({ "chain": "u_gone", "expr": [] })) },
            { "flowtable": place("u_fast") },
            { "something new": 5 },
            "noise",
        ]));
        let kinds: Vec<_> = found.table.objects.iter().map(|object| (object.kind(), object.name())).collect();
        assert_eq!(kinds, [("set", "u_timed"), ("flowtable", "u_fast")]);
        assert_eq!(found.handles[&Name::listed("u_web")], [7]);
        // The two elements are one interval here, and two in the kernel.
        assert_eq!(found.table.sets[&Name::listed("u_list")].elements().len(), 1);
        assert_eq!(found.uneven, [Name::listed("u_list")]);
    }

    #[test]
    fn a_flow_table_has_one_device_several_or_none() {
        let devices = |more: &Value| {
            let mut body =
                json!({ "family": "ip", "table": TABLE, "name": "ft", "hook": "ingress", "prio": 5 });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let found = listed(&json!([{ "flowtable": body }])).table;
            found.flowtables.get(&Name::listed("ft")).map(ToString::to_string)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(devices(&json!({})), some("no devices"));
        assert_eq!(devices(&json!({ "dev": "a", "handle": 7 })), some("a"));
        assert_eq!(devices(&json!({ "dev": ["b", "a"] })), some("a, b"));
        assert_eq!(devices(&json!({ "dev": ["a"], "flags": "offload" })), None, "not one of ours");
        let rule = rule_of(&json!([{ "flow": { "op": "add", "flowtable": "@ft" } }]));
        assert_eq!(rule.to_string(), "flow add @ft");
    }

    #[test]
    fn what_stands_in_another_table_is_not_ours() {
        let of = |table: &str| {
            json!([
                { "chain": { "family": "ip", "table": table, "name": "c", "handle": 1 } },
                { "rule": { "family": "ip", "table": table, "chain": "c", "handle": 2, "expr": [{ "accept": null }] } },
                { "flowtable": { "family": "ip", "table": table, "name": "f" } },
            ])
        };
        assert_eq!(listed(&of("mine")), Listing::default());
        assert_eq!(listed(&of("rosc")).handles[&Name::listed("c")], [2]);
    }

    #[test]
    fn what_is_no_listing_is_an_error_or_empty() {
        assert!(listing("{\"nftables\": [{", TABLE).is_err());
        assert_eq!(listing("{}", TABLE).unwrap(), Listing::default());
        assert_eq!(listing("[1, 2]", TABLE).unwrap(), Listing::default());
    }
}
