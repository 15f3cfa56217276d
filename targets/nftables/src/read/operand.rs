//! Reading values: the right sides of matches and the elements of sets.

use crate::datatype::Datatype;
use crate::helper::HelperName;
use crate::interface::{InterfaceName, Interfaces};
use crate::interval::{Interval, Point};
use crate::kind::SetKey;
use crate::range::Ranges;
use crate::symbol::value_of;
use crate::time::second_of;
use crate::values::Values;
use serde_json::Value;

/// Returns the values of a right side: one, an interval, or a set of them.
pub(super) fn values(datatype: Datatype, json: &Value) -> Option<Values> {
    match json.get("set") {
        Some(members) => many(datatype, members.as_array()?.iter()),
        None => many(datatype, std::iter::once(json)),
    }
}

/// Returns the elements of a named set.
pub(super) fn elements(key: SetKey, listed: &[Value]) -> Option<Values> {
    // An element with a comment or a counter stands in an object of its own.
    let value = |element| match Value::get(element, "elem") {
        Some(element) => element.get("val").unwrap_or(element),
        None => element,
    };
    many(key.datatype(), listed.iter().map(value))
}

/// Returns one number of a datatype, given as a number or by name.
pub(super) fn number(datatype: Datatype, json: &Value) -> Option<u32> {
    match json {
        Value::Number(number) => match number.as_i64()? {
            // nft prints some numbers of 32 bits as signed ones: a `jhash` modulus of 2^32 - 1 as -1.
            negative @ i64::MIN..0 => Some(i32::try_from(negative).ok()?.cast_unsigned()),
            other => u32::try_from(other).ok(),
        },
        Value::String(text) if datatype == Datatype::Priority => priority(text),
        Value::String(text) if datatype == Datatype::Hour => second_of(text).or_else(|| text.parse().ok()),
        Value::String(text) => value_of(datatype, text).or_else(|| text.parse().ok()),
        Value::Bool(yes) => (datatype == Datatype::Boolean).then_some(u32::from(*yes)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns a number of 64 bits, of bytes for instance.
pub(super) fn bytes(json: &Value) -> Option<u64> {
    match json {
        // nft prints numbers of 64 bits as signed ones.
        Value::Number(number) => number.as_u64().or_else(|| number.as_i64().map(i64::cast_unsigned)),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns a priority like `1:10`, with the two names that nft has (`tchandle_type_print`).
fn priority(text: &str) -> Option<u32> {
    let half = |digits: &str| if digits.is_empty() { Some(0) } else { u16::from_str_radix(digits, 16).ok() };
    match text {
        "none" => Some(0),
        "root" => Some(u32::MAX),
        numbers => {
            let (upper, lower) = numbers.split_once(':')?;
            Some(u32::from(half(upper)?) << 16 | u32::from(half(lower)?))
        }
    }
}

/// Returns a set of bits: one, a list of them, or a combination with `|`.
pub(super) fn bits(datatype: Datatype, json: &Value) -> Option<u32> {
    let members = match json {
        Value::Array(members) => members,
        Value::Object(operation) => operation.get("|")?.as_array()?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return number(datatype, json),
    };
    members.iter().try_fold(0, |all, member| Some(all | bits(datatype, member)?))
}

/// Returns words that stand alone or in a list.
pub(super) fn words(json: &Value) -> Option<impl Iterator<Item = &str>> {
    let listed = match json {
        Value::Array(words) => words.as_slice(),
        other => std::slice::from_ref(other),
    };
    let words: Option<Vec<&str>> = listed.iter().map(Value::as_str).collect();
    words.map(Vec::into_iter)
}

fn many<'a>(datatype: Datatype, members: impl Iterator<Item = &'a Value>) -> Option<Values> {
    match datatype {
        Datatype::Ifname => {
            let names: Option<Interfaces> =
                members.map(|name| InterfaceName::new(name.as_str()?).ok()).collect();
            names.map(Values::Interfaces)
        }
        Datatype::Ipv4Addr => ranges(members, address).map(Values::Ipv4),
        Datatype::Ipv6Addr => ranges(members, address).map(Values::Ipv6),
        Datatype::EtherAddr => ranges(members, address).map(Values::Macs),
        Datatype::Bytes => ranges(members, bytes).map(Values::Bytes),
        Datatype::Helper => {
            let names: Option<_> = members.map(|name| HelperName::new(name.as_str()?).ok()).collect();
            names.map(Values::Helpers)
        }
        Datatype::TcpFlag | Datatype::CtState | Datatype::CtStatus => {
            ranges(members, |json| bits(datatype, json)).map(Values::Numbers)
        }
        Datatype::InetProto
        | Datatype::InetService
        | Datatype::Mark
        | Datatype::Integer
        | Datatype::Priority
        | Datatype::Hour
        | Datatype::Day
        | Datatype::Boolean
        | Datatype::Dscp
        | Datatype::FibAddrtype
        | Datatype::CtDir => ranges(members, |json| number(datatype, json)).map(Values::Numbers),
    }
}

fn address<P: Point>(json: &Value) -> Option<P> {
    json.as_str()?.parse().ok()
}

fn ranges<'a, P: Point>(
    mut members: impl Iterator<Item = &'a Value>,
    value: impl Fn(&Value) -> Option<P>,
) -> Option<Ranges<P>> {
    let interval = |json: &Value| -> Option<Interval<P>> {
        if let Some(bounds) = json.get("range") {
            let [low, high] = bounds.as_array()?.as_slice() else { return None };
            return Interval::new(value(low)?, value(high)?);
        }
        if let Some(prefix) = json.get("prefix") {
            let length = prefix.get("len")?.as_u64()?;
            return P::prefix(value(prefix.get("addr")?)?, u8::try_from(length).ok()?);
        }
        value(json).map(Interval::from)
    };
    let ranges = members.try_fold(Vec::new(), |mut intervals, member| {
        intervals.push(interval(member)?);
        Some(intervals)
    });
    Some(ranges?.into_iter().collect::<Ranges<P>>()).filter(|ranges| !ranges.is_empty())
}
