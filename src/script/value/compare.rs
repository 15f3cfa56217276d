//! Which values are the same, and which comes first.

use super::{Mistake, Value};
use std::cmp::Ordering;
use std::rc::Rc;

/// Whether `a = b`: text is read as the other side's type, and values of different types are not the same.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Nothing | Value::Nil, Value::Nothing | Value::Nil) => true,
        (Value::Num(a), Value::Num(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Ip(a), Value::Ip(b)) => a == b,
        (Value::IpPrefix(a), Value::IpPrefix(b)) => a == b,
        (Value::Ip6(a), Value::Ip6(b)) => a == b,
        (Value::Ip6Prefix(a), Value::Ip6Prefix(b)) => a == b,
        (Value::Id(a), Value::Id(b)) => a == b,
        (Value::Array(a), Value::Array(b)) => {
            Rc::ptr_eq(a, b)
                || a.items().len() == b.items().len()
                    && a.len() == b.len()
                    && a.items().iter().zip(b.items()).all(|(a, b)| equal(a, b))
                    && a.keyed().zip(b.keyed()).all(|((ka, a), (kb, b))| ka == kb && equal(a, b))
        }
        (Value::Code(a), Value::Code(b)) => Rc::ptr_eq(a, b),
        // `[find ...] = ""` is how scripts ask whether there is no such item.
        (array @ Value::Array(_), Value::Str(text)) | (Value::Str(text), array @ Value::Array(_)) => {
            array.text().is_ok_and(|array| *array == **text)
        }
        (Value::Array(array), one) | (one, Value::Array(array)) => {
            array.keyed().next().is_none() && matches!(array.items(), [only] if equal(only, one))
        }
        (Value::Str(text), other) | (other, Value::Str(text)) => {
            let read = match other {
                Value::Num(_) => Value::Str(Rc::clone(text)).as_number().map(Value::Num),
                Value::Nothing | Value::Nil | Value::Code(_) => None,
                _ => Some(Value::literal(text)),
            };
            read.is_some_and(|read| !matches!(read, Value::Str(_)) && equal(&read, other))
        }
        _ => false,
    }
}

/// The order of two values. `None` where one of them is no value, of which nothing holds.
pub(crate) fn order(a: &Value, b: &Value) -> Result<Option<Ordering>, Mistake> {
    let order = match (a, b) {
        (Value::Nothing | Value::Nil, _) | (_, Value::Nothing | Value::Nil) => return Ok(None),
        (Value::Num(a), Value::Num(b)) | (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Ip(a), Value::Ip(b)) => a.cmp(b),
        (Value::Ip6(a), Value::Ip6(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Id(a), Value::Id(b)) => a.cmp(b),
        (Value::Time(time), Value::Num(seconds)) => i128::from(*time).cmp(&nanos(*seconds)),
        (Value::Num(seconds), Value::Time(time)) => nanos(*seconds).cmp(&i128::from(*time)),
        (Value::Str(text), other) if !matches!(other, Value::Str(_)) => match readable(text) {
            Some(read) => return order_of_read(&read, other, a, b),
            None => return Err(incomparable(a, b)),
        },
        (other, Value::Str(text)) => match (readable(text), other) {
            (Some(read), Value::Str(left)) => match readable(left) {
                Some(left) => return order_of_read(&left, &read, a, b),
                None => return Err(incomparable(a, b)),
            },
            (Some(read), other) => return order_of_read(other, &read, a, b),
            (None, _) => return Err(incomparable(a, b)),
        },
        _ => return Err(incomparable(a, b)),
    };
    Ok(Some(order))
}

fn order_of_read(left: &Value, right: &Value, a: &Value, b: &Value) -> Result<Option<Ordering>, Mistake> {
    order(left, right).map_err(|_| incomparable(a, b))
}

fn readable(text: &Rc<str>) -> Option<Value> {
    let number = Value::Str(Rc::clone(text)).as_number().map(Value::Num);
    number.or_else(|| Some(Value::literal(text)).filter(|value| !matches!(value, Value::Str(_))))
}

fn nanos(seconds: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000
}

fn incomparable(a: &Value, b: &Value) -> Mistake {
    let mistake = Mistake::new(format!("cannot compare if {} is less than {}", a.kind(), b.kind()));
    if matches!((a, b), (Value::Str(_), _) | (_, Value::Str(_))) {
        mistake.help("make numbers of them first: [:tonum ...]")
    } else {
        mistake
    }
}

#[cfg(test)]
mod tests {
    use super::super::Array;
    use super::*;

    fn same(a: &str, b: Value) -> bool {
        equal(&Value::literal(a), &b)
    }

    #[test]
    fn text_is_read_as_the_other_type() {
        assert!(same("5", Value::str("5")));
        assert!(same("yes", Value::str("true")));
        assert!(same("192.0.2.1", Value::str("192.0.2.1")));
        assert!(same("*1F", Value::str("*1F")));
        assert!(!same("5", Value::str("5x")));
        assert!(!same("5", Value::Time(5)));
        assert!(!equal(&Value::Nothing, &Value::str("")));
        assert!(equal(&Value::Nothing, &Value::Nil));
    }

    #[test]
    fn an_empty_find_is_the_empty_text() {
        let none = Value::Array(Array::default().into());
        assert!(equal(&none, &Value::str("")));
        let one = Value::Array(Array::of([Value::Id(3)]).expect("room").into());
        assert!(!equal(&one, &Value::str("")));
        assert!(equal(&one, &Value::Id(3)));
    }

    #[test]
    fn numbers_times_and_addresses_have_an_order_and_text_has_none() {
        let less = |a: &str, b: &str| order(&Value::literal(a), &Value::literal(b)).expect("an order");
        assert_eq!(less("2", "10"), Some(Ordering::Less));
        assert_eq!(less("1m", "59s"), Some(Ordering::Greater));
        assert_eq!(less("192.0.2.9", "192.0.2.10"), Some(Ordering::Less));
        assert_eq!(order(&Value::str("2"), &Value::Num(10)), Ok(Some(Ordering::Less)));
        assert_eq!(order(&Value::str("2"), &Value::str("10")), Ok(Some(Ordering::Less)));
        assert_eq!(order(&Value::Nothing, &Value::Num(1)), Ok(None));
        let mistake = order(&Value::str("a"), &Value::str("b")).expect_err("text has no order");
        assert_eq!(mistake.message, "cannot compare if str is less than str");
    }
}
