//! `:tonum`, `:toip` and the like. What can't be converted becomes nil.

use super::literal::{id, ip, ip_prefix, number, time};
use super::{Array, Mistake, Value};
use std::net::Ipv4Addr;

const NANOS: i64 = 1_000_000_000;

impl Value {
    /// The number of a number or of text that is one; other values count as none.
    pub(crate) fn as_number(&self) -> Option<i64> {
        match self {
            Self::Num(number) => Some(*number),
            Self::Str(text) => number(text.trim()),
            _ => None,
        }
    }

    /// The truth of a truth value, or of text that is one.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            Self::Str(text) => match &**text {
                "yes" | "true" => Some(true),
                "no" | "false" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn to_num(&self) -> Self {
        let number = match self {
            Self::Bool(truth) => Some(i64::from(*truth)),
            Self::Ip(address) => Some(i64::from(address.to_bits())),
            Self::Time(nanos) => Some(nanos / NANOS),
            other => other.as_number(),
        };
        number.map_or(Self::Nil, Self::Num)
    }

    pub(crate) fn to_bool(&self) -> Self {
        let truth = self.as_bool().or_else(|| self.as_number().map(|number| number != 0));
        truth.map_or(Self::Nil, Self::Bool)
    }

    pub(crate) fn to_time(&self) -> Self {
        let nanos = match self {
            Self::Time(nanos) => Some(*nanos),
            Self::Str(text) => {
                time(text).or_else(|| number(text).and_then(|seconds| seconds.checked_mul(NANOS)))
            }
            Self::Num(seconds) => seconds.checked_mul(NANOS),
            _ => None,
        };
        nanos.map_or(Self::Nil, Self::Time)
    }

    pub(crate) fn to_ip(&self) -> Self {
        let address = match self {
            Self::Ip(address) => Some(*address),
            Self::IpPrefix(prefix) => Some(prefix.addr()),
            Self::Str(text) => ip(text),
            Self::Num(number) => u32::try_from(*number).ok().map(Ipv4Addr::from_bits),
            _ => None,
        };
        address.map_or(Self::Nil, Self::Ip)
    }

    pub(crate) fn to_ip6(&self) -> Self {
        match self {
            Self::Ip6(address) => Self::Ip6(*address),
            Self::Ip6Prefix(prefix) => Self::Ip6(prefix.addr()),
            Self::Str(text) => text.parse().map_or(Self::Nil, Self::Ip6),
            _ => Self::Nil,
        }
    }

    pub(crate) fn to_id(&self) -> Self {
        match self {
            Self::Id(id) => Self::Id(*id),
            Self::Str(text) => text.strip_prefix('*').and_then(id).map_or(Self::Nil, Self::Id),
            _ => Self::Nil,
        }
    }

    /// `:toarray`: text is taken apart at its commas.
    pub(crate) fn to_array(&self, delimiter: &str) -> Result<Self, Mistake> {
        let array = match self {
            Self::Array(_) => return Ok(self.clone()),
            Self::Nothing | Self::Nil => Array::default(),
            Self::Str(text) if text.is_empty() => Array::default(),
            Self::Str(text) if !delimiter.is_empty() => Array::of(text.split(delimiter).map(Self::str))?,
            other => Array::of([other.clone()])?,
        };
        Ok(Self::Array(array.into()))
    }

    /// An address or prefix of either family, for `in`.
    pub(crate) fn to_network(&self) -> Option<ipnet::IpNet> {
        match self {
            Self::Ip(address) => Some(std::net::IpAddr::from(*address).into()),
            Self::Ip6(address) => Some(std::net::IpAddr::from(*address).into()),
            Self::IpPrefix(prefix) => Some((*prefix).into()),
            Self::Ip6Prefix(prefix) => Some((*prefix).into()),
            Self::Str(text) => match ip(text) {
                Some(address) => Some(std::net::IpAddr::from(address).into()),
                None => ip_prefix(text).map(Into::into).or_else(|| match Self::literal(text) {
                    Self::Str(_) => None,
                    read => read.to_network(),
                }),
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Value) -> String {
        format!("{} {}", value.kind(), value.text().expect("short"))
    }

    #[test]
    fn text_becomes_what_it_says() {
        assert_eq!(text(Value::str("42").to_num()), "num 42");
        assert_eq!(text(Value::str("0x10").to_num()), "num 16");
        assert_eq!(text(Value::str("-7").to_num()), "num -7");
        assert_eq!(text(Value::str("yes").to_bool()), "bool true");
        assert_eq!(text(Value::str("1h").to_time()), "time 01:00:00");
        assert_eq!(text(Value::str("90").to_time()), "time 00:01:30");
        assert_eq!(text(Value::str("10.1").to_ip()), "ip 10.0.0.1");
        assert_eq!(text(Value::str("2001:db8::1").to_ip6()), "ip6 2001:db8::1");
        assert_eq!(text(Value::str("*A").to_id()), "id *A");
        assert_eq!(text(Value::str("a,b").to_array(",").expect("room")), "array a;b");
        assert_eq!(text(Value::str("").to_array(",").expect("room")), "array ");
    }

    #[test]
    fn a_number_is_an_address_and_the_other_way_round() {
        assert_eq!(text(Value::Num(1).to_ip()), "ip 0.0.0.1");
        assert_eq!(text(Value::literal("0.0.1.0").to_num()), "num 256");
        assert_eq!(text(Value::literal("192.0.2.1/24").to_ip()), "ip 192.0.2.1");
    }

    #[test]
    fn what_can_not_be_converted_becomes_nil() {
        assert_eq!(text(Value::str("x").to_num()), "nil ");
        assert_eq!(text(Value::str("x").to_bool()), "nil ");
        assert_eq!(text(Value::str("x").to_time()), "nil ");
        assert_eq!(text(Value::Num(-1).to_ip()), "nil ");
        assert_eq!(text(Value::Num(1).to_ip6()), "nil ");
    }
}
