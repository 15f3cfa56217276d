//! `.`, `,`, `->` and `in`.

use crate::script::value::{Array, MOST_TEXT, Mistake, Value};

/// `a . b`: text behind text; an array takes part with each of its elements.
pub(crate) fn concat(a: &Value, b: &Value) -> Result<Value, Mistake> {
    match (a, b) {
        (Value::Array(array), other) if !matches!(other, Value::Array(_)) => {
            each(array, |element| concat(element, other))
        }
        (other, Value::Array(array)) if !matches!(other, Value::Array(_)) => {
            each(array, |element| concat(other, element))
        }
        (a, b) => {
            let (a, b) = (a.text()?, b.text()?);
            if a.len() + b.len() > MOST_TEXT {
                return Err(Mistake::too_large("text", MOST_TEXT, "bytes"));
            }
            Ok(Value::str([&*a, &*b].concat()))
        }
    }
}

fn each(array: &Array, made: impl Fn(&Value) -> Result<Value, Mistake>) -> Result<Value, Mistake> {
    let mut out = Array::default();
    let mut bytes = 0;
    let mut add = |value: &Value| {
        let value = made(value)?;
        bytes += if let Value::Str(text) = &value { text.len() } else { 0 };
        if bytes > MOST_TEXT {
            return Err(Mistake::too_large("text", MOST_TEXT, "bytes"));
        }
        Ok(value)
    };
    for value in array.items() {
        out.push(add(value)?)?;
    }
    for (key, value) in array.keyed() {
        out.insert(key.clone(), add(value)?)?;
    }
    Ok(Value::Array(out.into()))
}

/// `a , b`: an array of both sides' elements.
pub(super) fn comma(a: &Value, b: &Value) -> Result<Value, Mistake> {
    let mut out = match a {
        Value::Array(array) => Array::clone(array),
        Value::Nothing | Value::Nil => Array::default(),
        one => Array::of([one.clone()])?,
    };
    match b {
        Value::Array(array) => {
            for value in array.items() {
                out.push(value.clone())?;
            }
            for (key, value) in array.keyed() {
                out.insert(key.clone(), value.clone())?;
            }
        }
        Value::Nothing | Value::Nil => {}
        one => out.push(one.clone())?,
    }
    Ok(Value::Array(out.into()))
}

/// `a -> b`: an element, or nothing.
pub(crate) fn element(a: &Value, key: &Value) -> Value {
    match a {
        Value::Array(array) => array.get(key).cloned().unwrap_or_default(),
        _ => Value::Nothing,
    }
}

/// `a in b`: whether an address or prefix lies in a prefix.
pub(super) fn lies_in(a: &Value, b: &Value) -> bool {
    matches!((a.to_network(), b.to_network()), (Some(inner), Some(outer)) if outer.contains(&inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(texts: &[&str]) -> Value {
        Value::Array(Array::of(texts.iter().map(|text| Value::literal(text))).expect("room").into())
    }

    fn text(value: Result<Value, Mistake>) -> String {
        let value = value.expect("no mistake");
        format!("{} {}", value.kind(), value.text().expect("short"))
    }

    #[test]
    fn text_is_joined_and_arrays_element_by_element() {
        assert_eq!(text(concat(&Value::str("ether"), &Value::Num(1))), "str ether1");
        assert_eq!(text(concat(&Value::literal("192.0.2.1"), &Value::str("/24"))), "str 192.0.2.1/24");
        assert_eq!(text(concat(&Value::str("a"), &array(&["1", "2"]))), "array a1;a2");
        assert_eq!(text(concat(&array(&["1", "2"]), &Value::str("b"))), "array 1b;2b");
        assert_eq!(text(concat(&Value::Nothing, &Value::str("b"))), "str b");
    }

    #[test]
    fn text_does_not_grow_without_end() {
        let mut value = Value::str("x");
        let limit = (0..40).find_map(|_| match concat(&value, &value) {
            Ok(doubled) => {
                value = doubled;
                None
            }
            Err(mistake) => Some(mistake),
        });
        assert!(limit.expect("a limit").is_limit);
    }

    #[test]
    fn commas_make_arrays() {
        assert_eq!(text(comma(&Value::Num(1), &Value::Num(2))), "array 1;2");
        assert_eq!(text(comma(&array(&["1", "2"]), &array(&["3"]))), "array 1;2;3");
        assert_eq!(text(comma(&Value::Nothing, &Value::Num(2))), "array 2");
    }

    #[test]
    fn elements_are_found_by_number_and_key() {
        let mut inner = Array::of([Value::str("x")]).expect("room");
        inner.insert("k".into(), Value::Num(7)).expect("room");
        let value = Value::Array(inner.into());
        assert!(matches!(element(&value, &Value::str("k")), Value::Num(7)));
        assert!(matches!(element(&value, &Value::Num(0)), Value::Str(_)));
        assert!(matches!(element(&value, &Value::Num(1)), Value::Nothing));
        assert!(matches!(element(&Value::Num(1), &Value::Num(1)), Value::Nothing));
    }

    #[test]
    fn addresses_and_prefixes_lie_in_prefixes() {
        let inside = |a: &str, b: &str| lies_in(&Value::literal(a), &Value::literal(b));
        assert!(inside("192.0.2.7", "192.0.2.0/24"));
        assert!(inside("192.0.2.128/25", "192.0.2.0/24"));
        assert!(!inside("192.0.0.0/16", "192.0.2.0/24"));
        assert!(inside("2001:db8::1", "2001:db8::/32"));
        assert!(lies_in(&Value::str("192.0.2.7"), &Value::literal("192.0.2.0/24")));
    }
}
