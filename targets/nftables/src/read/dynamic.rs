//! Reading dynamic sets, and the statements that fill them.

use super::expression::{only_property, payload, properties};
use super::operand::{number, words};
use super::statement::limit;
use crate::datatype::Datatype;
use crate::dynamic::{CtCount, DynamicType, Key, KeyField, Lifetime, Meter, SetUpdate, UpdateOperation};
use crate::expr::Payload;
use crate::kind::SetKey;
use crate::name::Name;
use serde_json::{Map, Value};
use std::net::IpAddr;
use std::num::NonZeroU32;

/// Returns the type of a dynamic set, without its elements.
///
/// nft's JSON does not say that a set is dynamic. But it lists the size, which the kernel sets for those only.
pub(super) fn dynamic_type(body: &Map<String, Value>) -> Option<DynamicType> {
    let is_plain = body.keys().all(|property| {
        matches!(
            property.as_str(),
            "family" | "table" | "name" | "handle" | "type" | "flags" | "elem" | "size" | "comment"
        )
    });
    if !is_plain || *body.get("size")? != DynamicType::SIZE {
        return None;
    }
    let lifetime = match body.get("flags") {
        None => Lifetime::Permanent,
        Some(flags) if words(flags)?.eq(["timeout"]) => Lifetime::Timed,
        Some(_) => return None,
    };
    let keys = body.get("type")?;
    let keys: Option<Vec<SetKey>> = words(keys)?.map(SetKey::from_keyword).collect();
    DynamicType::listed(keys?, lifetime)
}

/// Returns a statement that adds to a dynamic set.
pub(super) fn set_update(json: &Value) -> Option<SetUpdate> {
    let [operation, element, set, statements] = properties(json, ["op", "elem", "set", "stmt"])?;
    let operation = match operation?.as_str()? {
        "add" => UpdateOperation::Add,
        "update" => UpdateOperation::Update,
        _ => return None,
    };
    let (value, timeout) = match element?.get("elem") {
        Some(element) => {
            let [value, timeout] = properties(element, ["val", "timeout"])?;
            (value?, Some(NonZeroU32::new(u32::try_from(timeout?.as_u64()?).ok()?)?))
        }
        None => (element?, None),
    };
    let meter = match statements {
        Some(statements) => {
            let [meter_statement] = statements.as_array()?.as_slice() else { return None };
            Some(meter(meter_statement)?)
        }
        None => None,
    };
    let set = Name::listed(set?.as_str()?.strip_prefix('@')?);
    Some(SetUpdate { operation, set, key: key(value)?, timeout, meter })
}

fn meter(json: &Value) -> Option<Meter> {
    match only_property(json)? {
        ("limit", body) => limit(body).map(Meter::Limit),
        ("ct count", body) => {
            let [count, inverted] = properties(body, ["val", "inv"])?;
            let count = number(Datatype::Integer, count?)?;
            let over = inverted.map_or(Some(false), Value::as_bool)?;
            Some(Meter::Connections(CtCount { count, over }))
        }
        _ => None,
    }
}

fn key(json: &Value) -> Option<Key> {
    let fields = match json.get("concat") {
        Some(fields) => fields.as_array()?.as_slice(),
        None => std::slice::from_ref(json),
    };
    Key::new(fields.iter().map(key_field).collect::<Option<Vec<_>>>()?)
}

fn key_field(json: &Value) -> Option<KeyField> {
    match only_property(json)? {
        ("payload", field) => KeyField::whole(payload(field)?),
        ("&", operands) => {
            let [field, mask] = operands.as_array()?.as_slice() else { return None };
            masked(payload(field.get("payload")?)?, mask)
        }
        _ => None,
    }
}

fn masked(field: Payload, mask: &Value) -> Option<KeyField> {
    let length = match mask.as_str()?.parse().ok()? {
        IpAddr::V4(mask) => prefix_length(mask.to_bits().into(), 32)?,
        IpAddr::V6(mask) => prefix_length(mask.to_bits(), 128)?,
    };
    KeyField::prefix(field, length)
}

/// Returns how many upper bits are set, if no other bit is.
fn prefix_length(mask: u128, bits: u32) -> Option<u8> {
    let host = mask.trailing_zeros().min(bits);
    let length = bits - host;
    let is_prefix = mask.count_ones() == length;
    is_prefix.then(|| u8::try_from(length).ok()).flatten()
}
