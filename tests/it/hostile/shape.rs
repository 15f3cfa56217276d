//! How many objects of which form there are, whatever they are called.

use serde_json::Value;
use std::collections::BTreeMap;

/// The parts of a ruleset without its names: each chain with its rules, and each set, sorted. It is a state as rosc has it,
/// a table for each family with its parts by their names, or a listing of `nft -j`.
pub(crate) fn shape(ruleset: &Value) -> Vec<String> {
    let mut parts = match (ruleset["nftables"].as_array(), ruleset.as_object()) {
        (Some(objects), _) => listed(objects),
        (None, Some(tables)) => tables.iter().flat_map(|(family, table)| named(family, table)).collect(),
        (None, None) => panic!("no ruleset: {ruleset}"),
    };
    parts.sort();
    parts
}

fn named(family: &str, table: &Value) -> Vec<String> {
    let kinds = table.as_object().expect("a table").iter();
    let parts = kinds.flat_map(|(kind, parts)| match parts {
        Value::Object(parts) => {
            parts.values().map(|part| format!("{family} {kind} {}", bare(part))).collect()
        }
        other => vec![format!("{family} {kind} {}", bare(other))],
    });
    parts.collect()
}

/// The listing of `nft -j`: the rules stand behind all chains, and name theirs.
fn listed(objects: &[Value]) -> Vec<String> {
    let mut chains: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut parts = Vec::new();
    for object in objects {
        let Some((kind, body)) = object.as_object().and_then(|object| object.iter().next()) else { continue };
        match kind.as_str() {
            "rule" => {
                let chain = format!("{} {}", body["family"], body["chain"]);
                chains.entry(chain).or_default().push(bare(&body["expr"]).to_string());
            }
            _ => parts.push(format!("{kind} {}", bare(body))),
        }
    }
    parts.extend(chains.into_values().map(|rules| rules.join("\n")));
    parts
}

/// A value with its strings, numbers and names of objects left out, and with lists of elements in no order.
fn bare(value: &Value) -> Value {
    match value {
        Value::String(_) => Value::from("s"),
        Value::Number(_) => Value::from(0),
        Value::Array(items) => items.iter().map(bare).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), bare(field))).collect(),
        other => other.clone(),
    }
}

/// How many words each line has, sorted.
pub(crate) fn batch_shape(lines: &str) -> Vec<usize> {
    let mut words: Vec<usize> = lines.lines().map(|line| line.split(' ').count()).collect();
    words.sort_unstable();
    words
}
