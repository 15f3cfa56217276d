//! Statements.

use super::dynamic::set_update;
use super::expression::{expression, masked};
use super::nft_expr::Verdict as VerdictExpr;
use super::nft_stmt::{AnonymousCounter, Counter, JumpTarget, Log, Statement as NftStatement};
use super::to_value;
use super::values::{bit_list, items, prefix, right_side};
use crate::datatype::Datatype;
use crate::expr::{Ct, Expr, Meta, Rt, TcpOption};
use crate::limit::{Limit, LimitUnit};
use crate::matching::{Match, Test};
use crate::nat::{Nat, NatPrefix};
use crate::range::Ranges;
use crate::reject::Reject;
use crate::set_field::SetField;
use crate::statement::{Mark, MarkValue, Maxseg, SetMark, Statement, Verdict};
use crate::values::Values;
use crate::vmap::Vmap;
use serde_json::{Value, json};

/// Returns a statement.
pub(crate) fn statement(statement: &Statement) -> Value {
    match statement {
        Statement::Match(condition) => match_statement(condition),
        Statement::Limit(limit) => limit_statement(limit),
        Statement::SetUpdate(update) => set_update(update),
        Statement::Counter(counter) => {
            to_value(&NftStatement::Counter(Counter::Anonymous(Some(AnonymousCounter {
                packets: Some(counted(counter.packets)),
                bytes: Some(counted(counter.bytes)),
            }))))
        }
        Statement::Log(prefix) => to_value(&NftStatement::Log(
            prefix.as_ref().map(|prefix| Log { prefix: Some(prefix.as_str().into()), ..Log::new(None) }),
        )),
        Statement::Notrack => json!({ "notrack": null }),
        Statement::SetHelper(helper) => json!({ "ct helper": helper }),
        Statement::FlowAdd(flowtable) => {
            json!({ "flow": { "op": "add", "flowtable": format!("@{flowtable}") } })
        }
        Statement::SetMark(set) => set_mark(set),
        Statement::SetMaxseg(size) => {
            let size = match size {
                Maxseg::Bytes(bytes) => (*bytes).into(),
                Maxseg::RouteMtu => expression(&Expr::Rt(Rt::Mtu)),
            };
            mangle(&expression(&Expr::TcpOption(TcpOption::Maxseg)), &size)
        }
        Statement::SetField(set) => set_field(*set),
        Statement::Nat(nat) => nat_statement(nat),
        Statement::Reject(Reject::TcpReset) => json!({ "reject": { "type": "tcp reset" } }),
        Statement::Reject(Reject::Icmp(reason)) => reject("icmp", reason.code()),
        Statement::Reject(Reject::Icmpv6(reason)) => reject("icmpv6", reason.code()),
        Statement::Vmap(vmap) => vmap_statement(vmap),
        Statement::Verdict(verdict) => verdict_object(verdict),
        Statement::Opaque(opaque) => opaque.json().clone(),
    }
}

/// nft lists bytes in the greatest unit that leaves no rest, but takes them as they are.
pub(super) fn limit_statement(limit: &Limit) -> Value {
    let mut object = json!({ "rate": limit.rate, "burst": limit.burst, "per": limit.per.keyword() });
    if limit.unit == LimitUnit::Bytes {
        object["rate_unit"] = limit.unit.keyword().into();
        object["burst_unit"] = limit.unit.keyword().into();
    }
    if limit.over {
        object["inv"] = true.into();
    }
    json!({ "limit": object })
}

/// libnftables reads JSON numbers as signed 64-bit ones, and takes a greater one for no JSON at all.
fn counted(number: u64) -> usize {
    usize::try_from(number.min(i64::MAX as u64)).unwrap_or(usize::MAX)
}

fn match_statement(condition: &Match) -> Value {
    let datatype = condition.left.datatype();
    let (op, right) = match &condition.test {
        Test::In(operand) => ("==", right_side(datatype, operand)),
        Test::NotIn(operand) => ("!=", right_side(datatype, operand)),
        Test::AnyOf(bits) => ("in", bit_list(datatype, *bits)),
        Test::NoneOf(bits) => ("!", bit_list(datatype, *bits)),
    };
    json!({ "match": { "op": op, "left": expression(&condition.left), "right": to_value(&right) } })
}

fn mangle(key: &Value, value: &Value) -> Value {
    json!({ "mangle": { "key": key, "value": value } })
}

fn mark(mark: Mark) -> Value {
    match mark {
        Mark::Packet => expression(&Expr::Meta(Meta::Mark)),
        Mark::Connection => expression(&Expr::Ct(Ct::Mark)),
    }
}

fn set_mark(set: &SetMark) -> Value {
    let value = match set.value {
        MarkValue::Constant(value) => value.into(),
        MarkValue::Bits { of, keep, set } => {
            // nft lists the bits that are set among those that are kept as well.
            let left = match keep.get() | set {
                u32::MAX => mark(of),
                bits => masked(&mark(of), &bits.into()),
            };
            if set == 0 { left } else { json!({ "|": [left, set] }) }
        }
    };
    mangle(&mark(set.mark), &value)
}

fn set_field(set: SetField) -> Value {
    let key = expression(&set.key());
    let value = match set.value() {
        Some(value) => value.into(),
        None => masked(&key, &SetField::ALL_BUT_DF.into()),
    };
    mangle(&key, &value)
}

fn reject(kind: &str, code: u8) -> Value {
    json!({ "reject": { "type": kind, "expr": code } })
}

fn nat_statement(nat: &Nat) -> Value {
    let (word, addresses, ports) = match nat {
        Nat::Snat(to, _) => ("snat", to.addresses(), to.ports()),
        Nat::Dnat(to, _) => ("dnat", to.addresses(), to.ports()),
        Nat::SnatPrefix(prefix) => return json!({ "snat": netmap(*prefix) }),
        Nat::DnatPrefix(prefix) => return json!({ "dnat": netmap(*prefix) }),
        Nat::Masquerade(ports, _) => ("masquerade", None, *ports),
        Nat::Redirect(ports, _) => ("redirect", None, *ports),
    };
    let mut object = serde_json::Map::new();
    if let Some(addresses) = addresses {
        let address = items(Datatype::Integer, &addresses.into()).remove(0);
        object.insert("addr".to_owned(), to_value(&address));
    }
    if let Some(ports) = ports {
        let ports = Values::Numbers(Ranges::from(ports).map(u32::from));
        object.insert("port".to_owned(), to_value(&items(Datatype::Integer, &ports).remove(0)));
    }
    match nat.flags().words().collect::<Vec<_>>().as_slice() {
        [] => {}
        [flag] => drop(object.insert("flags".to_owned(), json!(flag))),
        flags => drop(object.insert("flags".to_owned(), json!(flags))),
    }
    json!({ word: if object.is_empty() { Value::Null } else { Value::Object(object) } })
}

fn netmap(net: NatPrefix) -> Value {
    let addr = prefix(net.net().addr(), net.net().prefix_len());
    json!({ "addr": to_value(&addr), "flags": "netmap", "type_flags": "prefix" })
}

fn vmap_statement(vmap: &Vmap) -> Value {
    let datatype = vmap.key().datatype();
    let cases: Vec<Value> = vmap
        .cases()
        .into_iter()
        .flat_map(|(values, verdict)| {
            items(datatype, &values)
                .into_iter()
                .map(move |item| json!([to_value(&item), verdict_object(verdict)]))
        })
        .collect();
    json!({ "vmap": { "key": expression(vmap.key()), "data": { "set": cases } } })
}

fn verdict_object(verdict: &Verdict) -> Value {
    let target = |name: &str| JumpTarget { target: name.to_owned().into() };
    match verdict {
        Verdict::Accept => to_value(&NftStatement::Accept(None)),
        Verdict::Drop => to_value(&NftStatement::Drop(None)),
        Verdict::Continue => to_value(&NftStatement::Continue(None)),
        Verdict::Return => to_value(&NftStatement::Return(None)),
        Verdict::Jump(chain) => to_value(&VerdictExpr::Jump(target(chain.as_str()))),
        Verdict::Goto(chain) => to_value(&VerdictExpr::Goto(target(chain.as_str()))),
    }
}
