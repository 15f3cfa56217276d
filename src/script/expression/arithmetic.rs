//! Arithmetic on numbers, times and addresses.

use super::mismatch;
use crate::script::value::{Mistake, Value};
use std::net::{Ipv4Addr, Ipv6Addr};

const NANOS: i64 = 1_000_000_000;

pub(super) fn add(a: &Value, b: &Value) -> Result<Value, Mistake> {
    match (&numeric(a), &numeric(b)) {
        (Value::Num(a), Value::Num(b)) => fits(a.checked_add(*b).map(Value::Num)),
        (Value::Time(a), Value::Time(b)) => fits(a.checked_add(*b).map(Value::Time)),
        (Value::Time(time), Value::Num(n)) | (Value::Num(n), Value::Time(time)) => {
            fits(n.checked_mul(NANOS).and_then(|n| time.checked_add(n)).map(Value::Time))
        }
        (Value::Ip(ip), Value::Num(n)) | (Value::Num(n), Value::Ip(ip)) => moved(*ip, Some(*n)),
        (Value::Ip6(ip), Value::Num(n)) | (Value::Num(n), Value::Ip6(ip)) => moved6(*ip, i128::from(*n)),
        _ => Err(mismatch("add", a, "to", b)),
    }
}

pub(super) fn subtract(a: &Value, b: &Value) -> Result<Value, Mistake> {
    match (&numeric(a), &numeric(b)) {
        (Value::Num(a), Value::Num(b)) => fits(a.checked_sub(*b).map(Value::Num)),
        (Value::Time(a), Value::Time(b)) => fits(a.checked_sub(*b).map(Value::Time)),
        (Value::Time(time), Value::Num(n)) => {
            fits(n.checked_mul(NANOS).and_then(|n| time.checked_sub(n)).map(Value::Time))
        }
        (Value::Ip(a), Value::Ip(b)) => Ok(Value::Num(i64::from(a.to_bits()) - i64::from(b.to_bits()))),
        (Value::Ip(ip), Value::Num(n)) => moved(*ip, n.checked_neg()),
        (Value::Ip6(ip), Value::Num(n)) => moved6(*ip, -i128::from(*n)),
        _ => Err(mismatch("subtract", b, "from", a)),
    }
}

pub(super) fn multiply(a: &Value, b: &Value) -> Result<Value, Mistake> {
    match (&numeric(a), &numeric(b)) {
        (Value::Num(a), Value::Num(b)) => fits(a.checked_mul(*b).map(Value::Num)),
        (Value::Time(time), Value::Num(n)) | (Value::Num(n), Value::Time(time)) => {
            fits(time.checked_mul(*n).map(Value::Time))
        }
        _ => Err(mismatch("multiply", a, "by", b)),
    }
}

pub(super) fn divide(a: &Value, b: &Value) -> Result<Value, Mistake> {
    match (&numeric(a), &numeric(b)) {
        (_, Value::Num(0) | Value::Time(0)) => Err(Mistake::new("division by zero")),
        (Value::Num(a), Value::Num(b)) => fits(a.checked_div(*b).map(Value::Num)),
        (Value::Time(a), Value::Time(b)) => fits(a.checked_div(*b).map(Value::Num)),
        (Value::Time(time), Value::Num(n)) => fits(time.checked_div(*n).map(Value::Time)),
        _ => Err(mismatch("divide", a, "by", b)),
    }
}

pub(super) fn modulo(a: &Value, b: &Value) -> Result<Value, Mistake> {
    match (&numeric(a), &numeric(b)) {
        (_, Value::Num(0)) => Err(Mistake::new("division by zero")),
        (Value::Num(a), Value::Num(b)) => fits(a.checked_rem(*b).map(Value::Num)),
        _ => Err(mismatch("divide", a, "by", b)),
    }
}

pub(super) fn negate(a: &Value) -> Result<Value, Mistake> {
    match numeric(a) {
        Value::Num(n) => fits(n.checked_neg().map(Value::Num)),
        Value::Time(time) => fits(time.checked_neg().map(Value::Time)),
        _ => Err(Mistake::new(format!("cannot negate {}", a.kind()))),
    }
}

/// Text that is a number, a time or an address counts as one.
pub(super) fn numeric(value: &Value) -> Value {
    match value {
        Value::Str(text) => match value.as_number() {
            Some(number) => Value::Num(number),
            None => Value::literal(text),
        },
        other => other.clone(),
    }
}

fn fits(value: Option<Value>) -> Result<Value, Mistake> {
    value.ok_or_else(|| Mistake::new("the result does not fit into 64 bits"))
}

fn moved(ip: Ipv4Addr, by: Option<i64>) -> Result<Value, Mistake> {
    let bits =
        by.and_then(|by| i64::from(ip.to_bits()).checked_add(by)).and_then(|bits| u32::try_from(bits).ok());
    bits.map(|bits| Value::Ip(Ipv4Addr::from_bits(bits)))
        .ok_or_else(|| Mistake::new(format!("no address lies that far from {ip}")))
}

fn moved6(ip: Ipv6Addr, by: i128) -> Result<Value, Mistake> {
    let bits = ip.to_bits().checked_add_signed(by);
    bits.map(|bits| Value::Ip6(Ipv6Addr::from_bits(bits)))
        .ok_or_else(|| Mistake::new(format!("no address lies that far from {ip}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Operator = fn(&Value, &Value) -> Result<Value, Mistake>;

    fn made(a: &str, op: Operator, b: &str) -> String {
        let value = op(&Value::literal(a), &Value::literal(b));
        value.map_or_else(|mistake| mistake.message, |value| value.text().expect("short").into_owned())
    }

    #[test]
    fn numbers() {
        assert_eq!(made("7", add, "5"), "12");
        assert_eq!(made("7", subtract, "9"), "-2");
        assert_eq!(made("7", multiply, "6"), "42");
        assert_eq!(made("7", divide, "2"), "3");
        assert_eq!(made("7", modulo, "4"), "3");
        assert_eq!(made("7", divide, "0"), "division by zero");
        assert_eq!(made("7", modulo, "0"), "division by zero");
        assert_eq!(made("9223372036854775807", add, "1"), "the result does not fit into 64 bits");
        assert!(matches!(negate(&Value::Num(5)), Ok(Value::Num(-5))));
    }

    #[test]
    fn text_that_is_a_number_counts_as_one() {
        assert!(matches!(add(&Value::str("5"), &Value::Num(1)), Ok(Value::Num(6))));
        assert_eq!(made("abc", add, "1"), "cannot add str to num");
    }

    #[test]
    fn times() {
        assert_eq!(made("1h", add, "30m"), "01:30:00");
        assert_eq!(made("1h", subtract, "30m"), "00:30:00");
        assert_eq!(made("1m", multiply, "90"), "01:30:00");
        assert_eq!(made("1h", divide, "4"), "00:15:00");
        assert_eq!(made("1h", divide, "15m"), "4");
        assert_eq!(made("1m", add, "5"), "00:01:05");
        assert!(matches!(negate(&Value::Time(5)), Ok(Value::Time(-5))));
    }

    #[test]
    fn addresses() {
        assert_eq!(made("192.0.2.1", add, "9"), "192.0.2.10");
        assert_eq!(made("192.0.2.255", add, "1"), "192.0.3.0");
        assert_eq!(made("192.0.2.1", subtract, "2"), "192.0.1.255");
        assert_eq!(made("192.0.2.9", subtract, "192.0.2.1"), "8");
        assert_eq!(made("2001:db8::1", add, "15"), "2001:db8::10");
        assert_eq!(made("0.0.0.1", subtract, "2"), "no address lies that far from 0.0.0.1");
        assert_eq!(made("192.0.2.1", multiply, "2"), "cannot multiply ip by num");
    }
}
