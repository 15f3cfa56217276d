//! Bits of numbers and addresses.

use super::arithmetic::numeric;
use super::mismatch;
use crate::script::value::{Mistake, Value};
use rosc_grammar::ast::BinaryOp;
use std::net::{Ipv4Addr, Ipv6Addr};

/// `&`, `|` and `^`; of an address and a number, an address.
pub(super) fn combine(op: BinaryOp, a: &Value, b: &Value) -> Result<Value, Mistake> {
    let bits = |a: i64, b: i64| match op {
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        _ => a ^ b,
    };
    match (&numeric(a), &numeric(b)) {
        (Value::Num(a), Value::Num(b)) => Ok(Value::Num(bits(*a, *b))),
        (Value::Ip(a), Value::Ip(b)) => Ok(address(bits(a.to_bits().into(), b.to_bits().into()))),
        (Value::Ip(ip), Value::Num(n)) | (Value::Num(n), Value::Ip(ip)) => {
            Ok(address(bits(ip.to_bits().into(), *n)))
        }
        (Value::Ip6(a), Value::Ip6(b)) => {
            let (a, b) = (a.to_bits(), b.to_bits());
            Ok(Value::Ip6(Ipv6Addr::from_bits(match op {
                BinaryOp::BitAnd => a & b,
                BinaryOp::BitOr => a | b,
                _ => a ^ b,
            })))
        }
        _ => Err(mismatch(&format!("apply {} to", op.symbol()), a, "and", b)),
    }
}

/// `<<` and `>>`.
pub(super) fn shift(op: BinaryOp, a: &Value, b: &Value) -> Result<Value, Mistake> {
    let shifted = |bits: i64, by: i64| {
        let by = u32::try_from(by).map_err(|_| Mistake::new("cannot shift by a negative number of bits"))?;
        Ok(match op {
            BinaryOp::ShiftLeft => bits.checked_shl(by).unwrap_or(0),
            _ => bits.checked_shr(by).unwrap_or(if bits < 0 { -1 } else { 0 }),
        })
    };
    match (&numeric(a), &numeric(b)) {
        (Value::Num(a), Value::Num(by)) => shifted(*a, *by).map(Value::Num),
        (Value::Ip(a), Value::Num(by)) => shifted(a.to_bits().into(), *by).map(address),
        _ => Err(mismatch("shift", a, "by", b)),
    }
}

/// `~`.
pub(super) fn complement(a: &Value) -> Result<Value, Mistake> {
    match numeric(a) {
        Value::Num(n) => Ok(Value::Num(!n)),
        Value::Ip(ip) => Ok(Value::Ip(!ip)),
        Value::Ip6(ip) => Ok(Value::Ip6(!ip)),
        _ => Err(Mistake::new(format!("cannot apply ~ to {}", a.kind()))),
    }
}

/// The address of the lower 32 bits.
fn address(bits: i64) -> Value {
    Value::Ip(Ipv4Addr::from_bits((bits & 0xffff_ffff) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(a: &str, op: BinaryOp, b: &str) -> String {
        let (a, b) = (Value::literal(a), Value::literal(b));
        let value = if matches!(op, BinaryOp::ShiftLeft | BinaryOp::ShiftRight) {
            shift(op, &a, &b)
        } else {
            combine(op, &a, &b)
        };
        value.map_or_else(|mistake| mistake.message, |value| value.text().expect("short").into_owned())
    }

    #[test]
    fn numbers() {
        assert_eq!(made("12", BinaryOp::BitAnd, "10"), "8");
        assert_eq!(made("12", BinaryOp::BitOr, "10"), "14");
        assert_eq!(made("12", BinaryOp::BitXor, "10"), "6");
        assert_eq!(made("1", BinaryOp::ShiftLeft, "10"), "1024");
        assert_eq!(made("1024", BinaryOp::ShiftRight, "3"), "128");
        assert_eq!(made("1", BinaryOp::ShiftLeft, "64"), "0");
        assert!(matches!(complement(&Value::Num(0)), Ok(Value::Num(-1))));
    }

    #[test]
    fn addresses() {
        assert_eq!(made("192.0.2.77", BinaryOp::BitAnd, "255.255.255.0"), "192.0.2.0");
        assert_eq!(made("192.0.2.0", BinaryOp::BitOr, "0.0.0.7"), "192.0.2.7");
        assert_eq!(made("192.0.2.77", BinaryOp::BitAnd, "0xFF"), "0.0.0.77");
        assert_eq!(made("0.0.1.0", BinaryOp::ShiftLeft, "8"), "0.1.0.0");
        assert_eq!(made("2001:db8::ff", BinaryOp::BitAnd, "ffff:ffff::"), "2001:db8::");
        let mask = complement(&Value::literal("0.0.0.255")).expect("an address");
        assert_eq!(mask.text().expect("short"), "255.255.255.0");
        assert_eq!(made("x", BinaryOp::BitAnd, "1"), "cannot apply & to str and num");
    }
}
