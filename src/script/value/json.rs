//! `:serialize to=json` and `:deserialize from=json`.

use super::{Array, MOST_TEXT, Mistake, Value};
use serde_json::Value as Json;
use std::rc::Rc;

/// What becomes of text that looks like something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strings {
    /// Numbers become numbers, and on the way back addresses and times values of their types.
    Converted,
    /// They stay text.
    Kept,
}

/// A value as JSON.
pub(crate) fn to_json(value: &Value, strings: Strings) -> Result<String, Mistake> {
    let mut out = String::new();
    write(&mut out, value, strings)?;
    Ok(out)
}

fn write(out: &mut String, value: &Value, strings: Strings) -> Result<(), Mistake> {
    match value {
        Value::Nothing | Value::Nil => out.push_str("null"),
        Value::Num(_) | Value::Bool(_) => out.push_str(&value.text()?),
        Value::Str(text) if strings == Strings::Converted && is_number(text) => {
            // A router has no fractions elsewhere: it prints them with six digits.
            let number: f64 = text.parse().expect("digits, and one point among them");
            out.push_str(&format!("{number:.6}"));
        }
        Value::Str(_)
        | Value::Time(_)
        | Value::Ip(_)
        | Value::IpPrefix(_)
        | Value::Ip6(_)
        | Value::Ip6Prefix(_)
        | Value::Id(_) => out.push_str(&Json::from(&*value.text()?).to_string()),
        Value::Array(array) => write_array(out, array, strings)?,
        Value::Code(_) => return Err(Mistake::unknown("the JSON of code is not known to rosc")),
    }
    if out.len() > MOST_TEXT {
        return Err(Mistake::too_large("text", MOST_TEXT, "bytes"));
    }
    Ok(())
}

fn write_array(out: &mut String, array: &Rc<Array>, strings: Strings) -> Result<(), Mistake> {
    let is_object = array.keyed().next().is_some();
    if is_object && !array.items().is_empty() {
        return Err(Mistake::unknown("the JSON of an array with and without keys is not known to rosc"));
    }
    out.push(if is_object { '{' } else { '[' });
    for (index, (key, value)) in array.pairs().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if let Value::Str(key) = key {
            out.push_str(&Json::from(&*key).to_string());
            out.push(':');
        }
        write(out, value, strings)?;
    }
    out.push(if is_object { '}' } else { ']' });
    Ok(())
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match digits.split_once('.') {
        Some((whole, rest)) => is_whole(whole) && is_whole(rest),
        None => is_whole(digits),
    }
}

/// The value that JSON stands for.
pub(crate) fn from_json(text: &str, strings: Strings) -> Result<Value, Mistake> {
    let json: Json =
        serde_json::from_str(text).map_err(|error| Mistake::new(format!("this is not JSON: {error}")))?;
    read(json, strings)
}

fn read(json: Json, strings: Strings) -> Result<Value, Mistake> {
    Ok(match json {
        Json::Null => Value::Nothing,
        Json::Bool(truth) => Value::Bool(truth),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Num(number),
            None => {
                return Err(Mistake::unknown(format!(
                    "what a router makes of the number {number} is not known"
                )));
            }
        },
        Json::String(text) => match Value::literal(&text) {
            value @ (Value::Num(_)
            | Value::Time(_)
            | Value::Ip(_)
            | Value::IpPrefix(_)
            | Value::Ip6(_)
            | Value::Ip6Prefix(_))
                if strings == Strings::Converted =>
            {
                value
            }
            _ => Value::str(text),
        },
        Json::Array(items) => {
            let mut array = Array::default();
            for item in items {
                array.push(read(item, strings)?)?;
            }
            Value::Array(array.into())
        }
        Json::Object(members) => {
            let mut array = Array::default();
            for (key, value) in members {
                array.insert(key.into(), read(value, strings)?)?;
            }
            Value::Array(array.into())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_a_json() {
        let list =
            Array::of([Value::Num(1), Value::str("a\"b"), Value::Bool(true), Value::Nil]).expect("room");
        assert_eq!(
            to_json(&Value::Array(list.into()), Strings::Converted).expect("known"),
            r#"[1,"a\"b",true,null]"#
        );
        let mut object = Array::default();
        object.insert("z".into(), Value::literal("192.0.2.1")).expect("room");
        object.insert("a".into(), Value::str("1234")).expect("room");
        let object = Value::Array(object.into());
        assert_eq!(
            to_json(&object, Strings::Converted).expect("known"),
            r#"{"a":1234.000000,"z":"192.0.2.1"}"#
        );
        assert_eq!(to_json(&object, Strings::Kept).expect("known"), r#"{"a":"1234","z":"192.0.2.1"}"#);
    }

    #[test]
    fn json_is_read_with_the_types_that_texts_look_like() {
        let kinds = |strings: Strings| {
            let read = from_json(r#"["123","192.0.2.1","01:30:00","x",5,null,{"a":[]}]"#, strings);
            let Value::Array(array) = read.expect("JSON") else { panic!("an array") };
            array.items().iter().map(Value::kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(Strings::Converted), ["num", "ip", "time", "str", "num", "nothing", "array"]);
        assert_eq!(kinds(Strings::Kept), ["str", "str", "str", "str", "num", "nothing", "array"]);
    }

    #[test]
    fn what_is_no_json_fails_and_depth_is_bounded() {
        assert!(from_json("{invalid}", Strings::Kept).is_err());
        assert!(from_json(&"[".repeat(100_000), Strings::Kept).is_err());
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert!(from_json(&deep, Strings::Kept).expect_err("too deep").is_limit);
    }
}
