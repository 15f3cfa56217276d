//! Values as text.

use super::{MOST_TEXT, Mistake, Value};
use std::borrow::Cow;
use std::fmt::Write;

const NANOS: u64 = 1_000_000_000;

impl Value {
    /// The text that `:tostr` and `.` make of the value.
    pub(crate) fn text(&self) -> Result<Cow<'_, str>, Mistake> {
        Ok(match self {
            Self::Nothing | Self::Nil => Cow::Borrowed(""),
            Self::Num(number) => Cow::Owned(number.to_string()),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Str(text) => Cow::Borrowed(text),
            Self::Time(nanos) => Cow::Owned(time(*nanos)),
            Self::Ip(address) => Cow::Owned(address.to_string()),
            Self::IpPrefix(prefix) => Cow::Owned(prefix.to_string()),
            Self::Ip6(address) => Cow::Owned(address.to_string()),
            Self::Ip6Prefix(prefix) => Cow::Owned(prefix.to_string()),
            Self::Id(id) => Cow::Owned(format!("*{id:X}")),
            Self::Array(_) => {
                let mut out = String::new();
                self.write_joined(&mut out, ';', "true", "false")?;
                Cow::Owned(out)
            }
            Self::Code(_) => Cow::Borrowed("(code)"),
        })
    }

    /// The text that the value is as one of a property: lists have commas, and truth is `yes` or `no`.
    pub(crate) fn property_text(&self) -> Result<Cow<'_, str>, Mistake> {
        match self {
            Self::Bool(true) => Ok(Cow::Borrowed("yes")),
            Self::Bool(false) => Ok(Cow::Borrowed("no")),
            Self::Array(_) => {
                let mut out = String::new();
                self.write_joined(&mut out, ',', "yes", "no")?;
                Ok(Cow::Owned(out))
            }
            other => other.text(),
        }
    }

    fn write_joined(&self, out: &mut String, between: char, yes: &str, no: &str) -> Result<(), Mistake> {
        match self {
            Self::Array(array) => {
                let keyed = array.keyed().map(|(key, value)| (Some(key), value));
                let all = array.items().iter().map(|value| (None, value)).chain(keyed);
                for (index, (key, value)) in all.enumerate() {
                    if index > 0 {
                        out.push(between);
                    }
                    if let Some(key) = key {
                        out.push_str(key);
                        out.push('=');
                    }
                    value.write_joined(out, between, yes, no)?;
                }
            }
            Self::Bool(true) => out.push_str(yes),
            Self::Bool(false) => out.push_str(no),
            other => out.push_str(&other.text()?),
        }
        if out.len() > MOST_TEXT {
            return Err(Mistake::too_large("text", MOST_TEXT, "bytes"));
        }
        Ok(())
    }
}

/// `[Nw][Nd]hh:mm:ss[.fff]`.
fn time(nanos: i64) -> String {
    let mut out = String::new();
    if nanos < 0 {
        out.push('-');
    }
    let (seconds, fraction) = (nanos.unsigned_abs() / NANOS, nanos.unsigned_abs() % NANOS);
    let (days, seconds) = (seconds / 86_400, seconds % 86_400);
    let (weeks, days) = (days / 7, days % 7);
    for (count, unit) in [(weeks, 'w'), (days, 'd')] {
        if count > 0 {
            write!(out, "{count}{unit}").expect("writing to a string");
        }
    }
    write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
        .expect("writing to a string");
    if fraction > 0 {
        let digits = format!("{fraction:09}");
        let digits = if fraction % 1_000_000 == 0 { &digits[..3] } else { digits.as_str() };
        write!(out, ".{digits}").expect("writing to a string");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Array;
    use super::*;

    #[test]
    fn times_have_weeks_days_and_a_clock() {
        assert_eq!(time(0), "00:00:00");
        assert_eq!(time(90 * 1_000_000_000), "00:01:30");
        assert_eq!(time(-1_500_000_000), "-00:00:01.500");
        assert_eq!(time(8 * 86_400 * 1_000_000_000), "1w1d00:00:00");
        assert_eq!(time(1_000), "00:00:00.000001000");
    }

    #[test]
    fn lists_in_properties_have_commas() {
        let array = Array::of([Value::Bool(true), Value::Num(2)]).expect("room");
        let value = Value::Array(array.into());
        assert_eq!(value.text().expect("short"), "true;2");
        assert_eq!(value.property_text().expect("short"), "yes,2");
    }
}
