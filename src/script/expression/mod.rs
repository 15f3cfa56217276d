//! What operators make of values.

mod arithmetic;
mod bits;
mod join;

use super::value::{Mistake, Value, equal, order};
use rosc_grammar::ast::{BinaryOp, UnaryOp};
use std::cmp::Ordering;

pub(crate) use join::{concat, element};

/// The value of `a op b`, of the operators that need nothing but the values. `None` is for the others: `and` and `or`,
/// which look at one side first, `~`, which needs a pattern, and `<%%`, which calls.
pub(crate) fn binary(op: BinaryOp, a: &Value, b: &Value) -> Option<Result<Value, Mistake>> {
    let compared =
        |wanted: fn(Ordering) -> bool| order(a, b).map(|order| Value::Bool(order.is_some_and(wanted)));
    Some(match op {
        BinaryOp::Arrow => Ok(element(a, b)),
        BinaryOp::Multiply => arithmetic::multiply(a, b),
        BinaryOp::Divide => arithmetic::divide(a, b),
        BinaryOp::Modulo => arithmetic::modulo(a, b),
        BinaryOp::Add => arithmetic::add(a, b),
        BinaryOp::Subtract => arithmetic::subtract(a, b),
        BinaryOp::ShiftLeft => bits::shift(op, a, b),
        BinaryOp::ShiftRight => bits::shift(op, a, b),
        BinaryOp::BitAnd | BinaryOp::BitXor | BinaryOp::BitOr => bits::combine(op, a, b),
        BinaryOp::Concat => concat(a, b),
        BinaryOp::Less => compared(Ordering::is_lt),
        BinaryOp::Greater => compared(Ordering::is_gt),
        BinaryOp::LessOrEqual => compared(Ordering::is_le),
        BinaryOp::GreaterOrEqual => compared(Ordering::is_ge),
        BinaryOp::Equal => Ok(Value::Bool(equal(a, b))),
        BinaryOp::NotEqual => Ok(Value::Bool(!equal(a, b))),
        BinaryOp::In => Ok(Value::Bool(join::lies_in(a, b))),
        BinaryOp::Comma => join::comma(a, b),
        BinaryOp::Match | BinaryOp::And | BinaryOp::Or | BinaryOp::Activate => return None,
    })
}

/// The value of `op a`; `None` for `>`, which is about the expression and not its value.
pub(crate) fn unary(op: UnaryOp, a: &Value) -> Option<Result<Value, Mistake>> {
    match op {
        UnaryOp::Not => Some(truth(a).map(|truth| Value::Bool(!truth))),
        UnaryOp::Negate => Some(arithmetic::negate(a)),
        UnaryOp::Complement => Some(bits::complement(a)),
        UnaryOp::Any => Some(Ok(Value::Bool(!a.is_none()))),
        UnaryOp::Quote => None,
    }
}

/// The truth of a condition.
pub(crate) fn truth(value: &Value) -> Result<bool, Mistake> {
    value.as_bool().ok_or_else(|| {
        let mistake = Mistake::new(format!("a condition is true or false, and this is {}", value.kind()));
        match value {
            Value::Nothing | Value::Nil => mistake.help("compare the value: ([:typeof $x] != \"nothing\")"),
            Value::Num(_) => mistake.help("compare the number: ($x != 0)"),
            _ => mistake,
        }
    })
}

fn mismatch(verb: &str, a: &Value, between: &str, b: &Value) -> Mistake {
    Mistake::new(format!("cannot {verb} {} {between} {}", a.kind(), b.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(a: &str, op: BinaryOp, b: &str) -> String {
        let value = binary(op, &Value::literal(a), &Value::literal(b)).expect("an operator on values");
        value.map_or_else(|mistake| mistake.message, |value| value.text().expect("short").into_owned())
    }

    #[test]
    fn comparisons() {
        assert_eq!(both("1", BinaryOp::Less, "2"), "true");
        assert_eq!(both("2", BinaryOp::Greater, "2"), "false");
        assert_eq!(both("2", BinaryOp::LessOrEqual, "2"), "true");
        assert_eq!(both("1", BinaryOp::GreaterOrEqual, "2"), "false");
        assert_eq!(both("1m", BinaryOp::Equal, "60s"), "true");
        assert_eq!(both("a", BinaryOp::NotEqual, "b"), "true");
        assert_eq!(both("192.0.2.7", BinaryOp::In, "192.0.2.0/24"), "true");
        assert_eq!(both("2001:db8::7", BinaryOp::In, "192.0.2.0/24"), "false");
    }

    #[test]
    fn truth_is_no_number() {
        let not = |text: &str| unary(UnaryOp::Not, &Value::literal(text)).expect("an operator on values");
        assert!(matches!(not("no"), Ok(Value::Bool(true))));
        assert!(not("1").is_err());
        assert!(truth(&Value::Nothing).is_err());
    }
}
