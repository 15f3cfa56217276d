//! Dynamic sets, and the statements that fill them.

use super::expression::{field, masked};
use super::nf_family;
use super::statement::limit_statement;
use crate::dynamic::{CtCount, DynamicType, KeyField, Lifetime, Meter, SetUpdate};
use crate::kind::SetKey;
use crate::state::{Family, TABLE};
use serde_json::{Map, Value, json};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Returns the bodies of the commands that make a dynamic set, each with nft's word for the command.
///
/// nft's JSON has no word for the flag `dynamic`, without which the kernel takes no limits into a set. But nft sets
/// that flag by itself if a rule of the same transaction adds to the set. So there is such a rule for a moment, in a
/// chain with a name that no chain of ours can have.
pub(crate) fn create_commands(family: Family, name: &str, kind: &DynamicType) -> [(&'static str, Value); 5] {
    const CHAIN: &str = "rosc:dynamic";
    let place = json!({ "family": nf_family(family), "table": TABLE, "name": CHAIN });
    let update = json!({ "set": { "op": "add", "elem": sample(kind), "set": format!("@{name}") } });
    let rule = json!({ "family": nf_family(family), "table": TABLE, "chain": CHAIN, "expr": [update] });
    [
        ("add", json!({ "set": set(family, name, kind) })),
        ("add", json!({ "chain": place })),
        ("add", json!({ "rule": rule })),
        ("flush", json!({ "chain": place })),
        ("delete", json!({ "chain": place })),
    ]
}

fn set(family: Family, name: &str, kind: &DynamicType) -> Value {
    let key = match kind.key() {
        [single] => json!(single.keyword()),
        several => several.iter().map(|key| key.keyword()).collect(),
    };
    let mut set = json!({ "family": nf_family(family), "table": TABLE, "name": name, "type": key });
    if kind.lifetime() == Lifetime::Timed {
        set["flags"] = json!(["timeout"]);
    }
    set
}

/// Returns an element that fits the set, of whatever family the table is.
fn sample(kind: &DynamicType) -> Value {
    let value = |key: &SetKey| match key {
        SetKey::Ipv4Addr => json!(Ipv4Addr::LOCALHOST),
        SetKey::Ipv6Addr => json!(Ipv6Addr::LOCALHOST),
        SetKey::InterfaceName => json!("lo"),
        SetKey::InetProto | SetKey::InetService | SetKey::Mark => json!(1),
    };
    concatenated(kind.key().iter().map(value).collect())
}

fn concatenated(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { json!({ "concat": values }) }
}

/// Returns a statement that adds to a dynamic set.
pub(super) fn set_update(update: &SetUpdate) -> Value {
    let key = concatenated(update.key.fields.iter().map(key_field).collect());
    let element = match update.timeout {
        Some(seconds) => json!({ "elem": { "val": key, "timeout": seconds } }),
        None => key,
    };
    let mut body = Map::new();
    body.insert("op".to_owned(), update.operation.keyword().into());
    body.insert("elem".to_owned(), element);
    body.insert("set".to_owned(), format!("@{}", update.set).into());
    if let Some(meter) = &update.meter {
        let meter = match meter {
            Meter::Limit(limit) => limit_statement(limit),
            Meter::Connections(count) => ct_count(*count),
        };
        body.insert("stmt".to_owned(), json!([meter]));
    }
    json!({ "set": body })
}

fn ct_count(CtCount { count, over }: CtCount) -> Value {
    let mut body = json!({ "val": count });
    if over {
        body["inv"] = true.into();
    }
    json!({ "ct count": body })
}

fn key_field(key: &KeyField) -> Value {
    match key.mask() {
        Some(mask) => masked(&field(key.payload), &mask.to_string().into()),
        None => field(key.payload),
    }
}
