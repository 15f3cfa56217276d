//! Reading expressions: the left sides of matches and the keys of maps.

use super::operand;
use crate::datatype::Datatype;
use crate::expr::{Ct, Expr, Exthdr, Fib, IpOption, Jhash, Meta, Numgen, NumgenMode, Payload, Rt, TcpOption};
use serde_json::{Map, Value};

/// Returns the expression, if all of it is known.
pub(super) fn read(json: &Value) -> Option<Expr> {
    let (kind, body) = only_property(json)?;
    match kind {
        "meta" => Meta::from_keyword(only_text(body, "key")?).map(Expr::Meta),
        "ct" => Ct::from_keyword(only_text(body, "key")?).map(Expr::Ct),
        "rt" => Rt::from_keyword(only_text(body, "key")?).map(Expr::Rt),
        "payload" => payload(body).map(Expr::Payload),
        "ip option" => IpOption::from_keyword(only_text(body, "name")?).map(Expr::IpOption),
        "exthdr" => Exthdr::from_keyword(only_text(body, "name")?).map(Expr::Exthdr),
        "tcp option" => match properties(body, ["name", "field"])? {
            [name, Some(field)] if field == "size" => {
                TcpOption::from_keyword(name?.as_str()?).map(Expr::TcpOption)
            }
            _ => None,
        },
        "fib" => fib(body),
        "jhash" => jhash(body),
        "numgen" => match properties(body, ["mode", "mod", "offset"])? {
            [Some(mode), Some(modulus), offset] if offset.is_none_or(|offset| offset == 0) => {
                let mode = NumgenMode::from_keyword(mode.as_str()?)?;
                let modulus = operand::number(Datatype::Integer, modulus)?;
                Some(Expr::Numgen(Numgen { mode, modulus }))
            }
            _ => None,
        },
        "&" => {
            let [inner, mask] = body.as_array()?.as_slice() else { return None };
            let inner = read(inner).filter(|inner| !matches!(inner, Expr::Masked(..)))?;
            let mask = operand::bits(inner.datatype(), mask)?;
            Some(Expr::Masked(Box::new(inner), mask))
        }
        _ => None,
    }
}

/// Returns the only property of an object.
pub(super) fn only_property(json: &Value) -> Option<(&str, &Value)> {
    let object = json.as_object().filter(|object| object.len() == 1)?;
    object.iter().next().map(|(kind, body)| (kind.as_str(), body))
}

/// Returns the properties with these names, if the object has no others.
pub(super) fn properties<'a, const N: usize>(
    json: &'a Value,
    names: [&str; N],
) -> Option<[Option<&'a Value>; N]> {
    let object: &Map<String, Value> = json.as_object()?;
    object.keys().all(|name| names.contains(&name.as_str())).then(|| names.map(|name| object.get(name)))
}

fn only_text<'a>(json: &'a Value, name: &str) -> Option<&'a str> {
    let [value] = properties(json, [name])?;
    value?.as_str()
}

/// Returns a field of a header.
pub(super) fn payload(json: &Value) -> Option<Payload> {
    let [protocol, field] = properties(json, ["protocol", "field"])?;
    Payload::from_keywords(protocol?.as_str()?, field?.as_str()?)
}

fn fib(json: &Value) -> Option<Expr> {
    let [result, flags] = properties(json, ["result", "flags"])?;
    let mut flags = operand::words(flags?)?;
    match (result?.as_str()?, flags.next()?, flags.next()) {
        ("type", "saddr", None) => Some(Expr::Fib(Fib::SaddrType)),
        ("type", "daddr", None) => Some(Expr::Fib(Fib::DaddrType)),
        ("oif", "saddr", Some("iif")) if flags.next().is_none() => Some(Expr::Fib(Fib::SaddrByIif)),
        _ => None,
    }
}

fn jhash(json: &Value) -> Option<Expr> {
    let [modulus, seed, offset, over] = properties(json, ["mod", "seed", "offset", "expr"])?;
    if offset.is_some_and(|offset| offset != 0) {
        return None;
    }
    let over = match over?.get("concat") {
        Some(fields) => fields.as_array()?.as_slice(),
        None => std::slice::from_ref(over?),
    };
    let field = |field: &Value| payload(field.get("payload")?);
    Some(Expr::Jhash(Jhash {
        over: over.iter().map(field).collect::<Option<_>>()?,
        modulus: operand::number(Datatype::Integer, modulus?)?,
        seed: operand::number(Datatype::Integer, seed?)?,
    }))
}
