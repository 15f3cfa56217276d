//! Expressions: left sides of comparisons, keys of maps, and what statements set.

use super::to_value;
use super::values::bit_list;
use crate::expr::{Expr, Fib, Jhash, Payload, Rt, TcpOption};
use serde_json::{Value, json};

/// Returns an expression.
pub(super) fn expression(expr: &Expr) -> Value {
    match expr {
        Expr::Meta(key) => json!({ "meta": { "key": key.keyword() } }),
        Expr::Payload(payload) => field(*payload),
        Expr::IpOption(option) => json!({ "ip option": { "name": option.keyword() } }),
        Expr::Exthdr(header) => json!({ "exthdr": { "name": header.keyword() } }),
        Expr::TcpOption(option @ TcpOption::Maxseg) => {
            json!({ "tcp option": { "name": option.keyword(), "field": "size" } })
        }
        Expr::Ct(key) => json!({ "ct": { "key": key.keyword() } }),
        Expr::Rt(key @ (Rt::Mtu | Rt::Ipsec)) => json!({ "rt": { "key": key.keyword() } }),
        Expr::Fib(fib @ (Fib::SaddrType | Fib::DaddrType)) => {
            json!({ "fib": { "result": "type", "flags": [fib.keyword()] } })
        }
        Expr::Fib(Fib::SaddrByIif) => json!({ "fib": { "result": "oif", "flags": ["saddr", "iif"] } }),
        Expr::Jhash(hash) => jhash(hash),
        Expr::Numgen(numgen) => {
            json!({ "numgen": { "mode": numgen.mode.keyword(), "mod": numgen.modulus, "offset": 0 } })
        }
        Expr::Masked(inner, mask) if inner.datatype().is_flags() => {
            masked(&expression(inner), &to_value(&bit_list(inner.datatype(), *mask)))
        }
        Expr::Masked(inner, mask) => masked(&expression(inner), &(*mask).into()),
    }
}

/// Returns some bits of an expression.
pub(super) fn masked(left: &Value, mask: &Value) -> Value {
    json!({ "&": [left, mask] })
}

/// Returns a field of a header.
pub(super) fn field(payload: Payload) -> Value {
    let (protocol, field) = payload.keywords();
    json!({ "payload": { "protocol": protocol, "field": field } })
}

fn jhash(Jhash { over, modulus, seed }: &Jhash) -> Value {
    let fields: Vec<Value> = over.iter().copied().map(field).collect();
    let over = match fields.as_slice() {
        [single] => single.clone(),
        several => json!({ "concat": several }),
    };
    json!({ "jhash": { "mod": modulus, "seed": seed, "expr": over } })
}
