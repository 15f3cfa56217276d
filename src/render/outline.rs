//! Any value as an indented outline.

use serde::Serialize;
use serde_json::Value;
use std::fmt::Write;

/// Writes a value as an outline: a field a line, parts indented below. Fields without a value are left out.
pub fn outline(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).expect("values have text keys only");
    let mut out = String::new();
    write_value(&mut out, &value, 0);
    out
}

fn write_value(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter().filter(|(_, field)| !is_empty(field)) {
                pad(out, indent);
                // Names of a configuration are fields, too.
                write_text(out, name);
                out.push(':');
                write_behind(out, field, indent + 1);
            }
        }
        Value::Array(items) => {
            for item in items {
                pad(out, indent);
                out.push('-');
                write_item(out, item, indent + 1);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            pad(out, indent);
            write_scalar(out, value);
            out.push('\n');
        }
    }
}

/// Writes a value behind its name: on the same line if it is short.
fn write_behind(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(_) => {
            out.push('\n');
            write_value(out, value, indent);
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            out.push('\n');
            write_value(out, value, indent);
        }
        Value::Array(items) => {
            for item in items {
                out.push(' ');
                write_scalar(out, item);
            }
            out.push('\n');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push(' ');
            write_scalar(out, value);
            out.push('\n');
        }
    }
}

/// Writes an item of a list: its first field stands behind the dash.
fn write_item(out: &mut String, value: &Value, indent: usize) {
    let start = out.len();
    write_value(out, value, indent);
    let inner = out.split_off(start);
    out.push(' ');
    out.push_str(inner.trim_start());
    if inner.is_empty() {
        out.push('\n');
    }
}

fn write_scalar(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => write_text(out, text),
        _ => write!(out, "{value}").expect("writing to a string does not fail"),
    }
}

fn write_text(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text);
    } else {
        write!(out, "{}", Value::from(text)).expect("writing to a string does not fail");
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_control() || c == '"') && text.trim() == text
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(_) | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n("  ", indent));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_lists_and_nesting_are_shown_and_empty_parts_are_not() {
        let value = json!({
            "a": 1, "b": [], "c": null, "e": ["x", "y z"], "f": [{"g": true, "h": {"i": "line\nend"}}],
        });
        let wanted = "a: 1\ne: x y z\nf:\n  - g: true\n    h:\n      i: \"line\\nend\"\n";
        assert_eq!(outline(&value), wanted);
    }
}
