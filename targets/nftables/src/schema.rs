//! nft's JSON: the only file that uses the crate `nftables`.
//!
//! Its types are used where nft takes what they encode. Plain JSON stands where they encode something that
//! nft refuses (`notrack`, plain verdicts in a verdict map), have no place for it (the operator `!`,
//! `netmap`), or would print a set of flags in a random order. Protocols are written as numbers, because nft
//! looks their names up in `/etc/protocols`.

use crate::datatype::Datatype;
use crate::expr::{Ct, Expr, Fib, Meta, Payload, Rt};
use crate::interface::InterfaceName;
use crate::interval::{Interval, Point};
use crate::kind::SetKey;
use crate::matching::{Match, Operand, Test};
use crate::nat::{Nat, NatPrefix};
use crate::range::Ranges;
use crate::rule::Rule;
use crate::state::{BaseHook, ChainType, Family, Hook, Policy, TABLE};
use crate::statement::{Mark, MarkValue, Maxseg, SetMark, Statement, Verdict};
use crate::symbol::{bits_of, name_of};
use crate::values::Values;
use crate::vmap::Vmap;
use nftables::expr::{
    BinaryOperation, CT, Expression, Fib as FibExpr, FibFlag, FibResult, JHash, Meta as MetaExpr, MetaKey,
    NamedExpression, NgMode, Numgen, Payload as PayloadExpr, PayloadField, Prefix, RT, RTKey, Range, SetItem,
    TcpOption as TcpOptionExpr, Verdict as VerdictExpr,
};
use nftables::schema::{Chain, Set, SetFlag, SetType, SetTypeValue, Table};
use nftables::stmt::{AnonymousCounter, Counter, JumpTarget, Log, Mangle, Statement as NftStatement};
use nftables::types::{NfChainPolicy, NfChainType, NfFamily, NfHook};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::fmt::Display;

/// Returns a table as it stands in commands.
pub(crate) fn table(family: Family) -> Value {
    to_value(&Table { family: nf_family(family), name: TABLE.into(), handle: None })
}

/// Returns a chain as it stands in commands; without a hook where only the name matters.
pub(crate) fn chain(family: Family, name: &str, hook: Option<BaseHook>) -> Value {
    to_value(&Chain {
        family: nf_family(family),
        table: TABLE.into(),
        name: name.into(),
        newname: None,
        handle: None,
        _type: hook.map(|hook| match hook.kind {
            ChainType::Filter => NfChainType::Filter,
            ChainType::Nat => NfChainType::NAT,
            ChainType::Route => NfChainType::Route,
        }),
        hook: hook.map(|hook| match hook.hook {
            Hook::Prerouting => NfHook::Prerouting,
            Hook::Input => NfHook::Input,
            Hook::Forward => NfHook::Forward,
            Hook::Output => NfHook::Output,
            Hook::Postrouting => NfHook::Postrouting,
        }),
        prio: hook.map(|hook| hook.priority),
        dev: None,
        policy: hook.map(|hook| match hook.policy {
            Policy::Accept => NfChainPolicy::Accept,
            Policy::Drop => NfChainPolicy::Drop,
        }),
    })
}

/// Returns a set without its elements. Every set takes intervals, so that none has to be made anew when its
/// first prefix, range or wildcard comes.
pub(crate) fn set(family: Family, name: &str, key: SetKey) -> Value {
    to_value(&Set {
        family: nf_family(family),
        table: TABLE.into(),
        name: name.into(),
        handle: None,
        set_type: SetTypeValue::Single(match key {
            SetKey::Ipv4Addr => SetType::Ipv4Addr,
            SetKey::Ipv6Addr => SetType::Ipv6Addr,
            SetKey::InterfaceName => SetType::Ifname,
            SetKey::InetProto => SetType::InetProto,
            SetKey::InetService => SetType::InetService,
            SetKey::Mark => SetType::Mark,
        }),
        policy: None,
        flags: Some([SetFlag::Interval].into()),
        elem: None,
        timeout: None,
        gc_interval: None,
        size: None,
        comment: None,
    })
}

/// Elements of a set, written without holding all of them as JSON: there may be a million.
pub(crate) struct Elements<'a>(pub(crate) &'a Values);

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Values::Interfaces(names) => serializer.collect_seq(names.as_slice().iter().map(interface)),
            Values::Ipv4(ranges) => serializer.collect_seq(ranges.iter().map(address)),
            Values::Ipv6(ranges) => serializer.collect_seq(ranges.iter().map(address)),
            Values::Numbers(ranges) => serializer.collect_seq(ranges.iter().map(plain_number)),
        }
    }
}

/// Returns the statements of a rule.
pub(crate) fn statements(rule: &Rule) -> Vec<Value> {
    rule.statements().iter().map(statement).collect()
}

/// Returns a statement.
pub(crate) fn statement(statement: &Statement) -> Value {
    match statement {
        Statement::Match(condition) => match_statement(condition),
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
        Statement::SetMark(set) => to_value(&NftStatement::Mangle(set_mark(set))),
        Statement::SetMaxseg(size) => to_value(&NftStatement::Mangle(Mangle {
            key: maxseg(),
            value: match size {
                Maxseg::Bytes(bytes) => Expression::Number((*bytes).into()),
                Maxseg::RouteMtu => expression(&Expr::Rt(Rt::Mtu)),
            },
        })),
        Statement::Nat(nat) => nat_statement(nat),
        Statement::Vmap(vmap) => vmap_statement(vmap),
        Statement::Verdict(verdict) => verdict_object(verdict),
        Statement::Opaque(opaque) => opaque.json().clone(),
    }
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
    json!({ "match": { "op": op, "left": to_value(&expression(&condition.left)), "right": to_value(&right) } })
}

fn right_side(datatype: Datatype, operand: &Operand) -> Expression<'static> {
    let values = match operand {
        Operand::Set(name) => return Expression::String(format!("@{name}").into()),
        Operand::Values(values) => values,
    };
    let mut items = items(datatype, values);
    if items.len() == 1 {
        items.remove(0)
    } else {
        let items = items.into_iter().map(SetItem::Element).collect();
        Expression::Named(NamedExpression::Set(items))
    }
}

/// Returns the values one by one, or interval by interval.
fn items(datatype: Datatype, values: &Values) -> Vec<Expression<'static>> {
    match values {
        Values::Interfaces(names) => names.as_slice().iter().map(interface).collect(),
        Values::Ipv4(ranges) => ranges.iter().map(address).collect(),
        Values::Ipv6(ranges) => ranges.iter().map(address).collect(),
        Values::Numbers(ranges) if datatype.is_enumerated() => {
            ranges.iter().flat_map(|i| i.low()..=i.high()).map(|number| scalar(datatype, number)).collect()
        }
        Values::Numbers(ranges) => ranges.iter().map(|interval| number(datatype, interval)).collect(),
    }
}

fn interface(name: &InterfaceName) -> Expression<'static> {
    Expression::String(name.as_str().to_owned().into())
}

fn address<P: Point + Display>(interval: Interval<P>) -> Expression<'static> {
    let text = |address: P| Expression::String(address.to_string().into());
    match (interval.single(), interval.prefix_length()) {
        (Some(address), _) => text(address),
        (None, Some(length)) => prefix(interval.low(), length),
        (None, None) => range(text(interval.low()), text(interval.high())),
    }
}

fn prefix(address: impl Display, length: u8) -> Expression<'static> {
    let addr = Box::new(Expression::String(address.to_string().into()));
    Expression::Named(NamedExpression::Prefix(Prefix { addr, len: length.into() }))
}

fn range(low: Expression<'static>, high: Expression<'static>) -> Expression<'static> {
    Expression::Range(Box::new(Range { range: [low, high] }))
}

fn plain_number(interval: Interval<u32>) -> Expression<'static> {
    number(Datatype::Integer, interval)
}

fn number(datatype: Datatype, interval: Interval<u32>) -> Expression<'static> {
    match interval.single() {
        Some(value) => scalar(datatype, value),
        None => range(scalar(datatype, interval.low()), scalar(datatype, interval.high())),
    }
}

fn scalar(datatype: Datatype, value: u32) -> Expression<'static> {
    // Names of protocols depend on a file of the machine, names of code points on the version of nft.
    let has_safe_names = !matches!(datatype, Datatype::InetProto | Datatype::Dscp);
    match name_of(datatype, value).filter(|_| has_safe_names) {
        Some(name) => Expression::String(name.into()),
        None => Expression::Number(value),
    }
}

fn bit_list(datatype: Datatype, bits: u32) -> Expression<'static> {
    let mut bits: Vec<_> = bits_of(bits).map(|bit| scalar(datatype, bit)).collect();
    if bits.len() == 1 { bits.remove(0) } else { Expression::List(bits) }
}

fn expression(expr: &Expr) -> Expression<'static> {
    let named = match expr {
        Expr::Meta(key) => NamedExpression::Meta(MetaExpr {
            key: match key {
                Meta::Iifname => MetaKey::Iifname,
                Meta::Oifname => MetaKey::Oifname,
                Meta::L4proto => MetaKey::L4proto,
                Meta::Mark => MetaKey::Mark,
                Meta::Length => MetaKey::Length,
            },
        }),
        Expr::Payload(payload) => return payload_expression(*payload),
        Expr::TcpOption(_) => return maxseg(),
        Expr::Ct(key) => NamedExpression::CT(CT { key: key.keyword().into(), family: None, dir: None }),
        Expr::Rt(Rt::Mtu) => NamedExpression::RT(RT { key: RTKey::MTU, family: None }),
        Expr::Fib(fib) => NamedExpression::Fib(FibExpr {
            result: FibResult::Type,
            flags: [match fib {
                Fib::SaddrType => FibFlag::Saddr,
                Fib::DaddrType => FibFlag::Daddr,
            }]
            .into(),
        }),
        Expr::Jhash(jhash) => {
            let mut over: Vec<_> = jhash.over.iter().copied().map(payload_expression).collect();
            let over = if over.len() == 1 {
                over.remove(0)
            } else {
                Expression::Named(NamedExpression::Concat(over))
            };
            NamedExpression::JHash(JHash {
                hash_mod: jhash.modulus,
                offset: None,
                expr: Box::new(over),
                seed: Some(jhash.seed),
            })
        }
        Expr::Numgen(numgen) => {
            NamedExpression::Numgen(Numgen { mode: NgMode::Inc, ng_mod: numgen.modulus, offset: Some(0) })
        }
        Expr::Masked(inner, mask) => {
            let mask = if inner.datatype().is_flags() {
                bit_list(inner.datatype(), *mask)
            } else {
                Expression::Number(*mask)
            };
            return masked(expression(inner), mask);
        }
    };
    Expression::Named(named)
}

fn payload_expression(payload: Payload) -> Expression<'static> {
    let (protocol, field) = payload.keywords();
    let field = PayloadField { protocol: protocol.into(), field: field.into() };
    Expression::Named(NamedExpression::Payload(PayloadExpr::PayloadField(field)))
}

fn maxseg() -> Expression<'static> {
    let option = TcpOptionExpr { name: "maxseg".into(), field: Some("size".into()) };
    Expression::Named(NamedExpression::TcpOption(option))
}

fn masked(left: Expression<'static>, mask: Expression<'static>) -> Expression<'static> {
    Expression::BinaryOperation(Box::new(BinaryOperation::AND(left, mask)))
}

fn mark(mark: Mark) -> Expression<'static> {
    match mark {
        Mark::Packet => expression(&Expr::Meta(Meta::Mark)),
        Mark::Connection => expression(&Expr::Ct(Ct::Mark)),
    }
}

fn set_mark(set: &SetMark) -> Mangle<'static> {
    let value = match set.value {
        MarkValue::Constant(value) => Expression::Number(value),
        MarkValue::Bits { of, keep, set } => {
            // nft lists the bits that are set among those that are kept as well.
            let left = match keep.get() | set {
                u32::MAX => mark(of),
                bits => masked(mark(of), Expression::Number(bits)),
            };
            if set == 0 {
                left
            } else {
                let operands = vec![left, Expression::Number(set)];
                Expression::BinaryOperation(Box::new(BinaryOperation::OR(operands)))
            }
        }
    };
    Mangle { key: mark(set.mark), value }
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
    json!({ "vmap": { "key": to_value(&expression(vmap.key())), "data": { "set": cases } } })
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

fn nf_family(family: Family) -> NfFamily {
    match family {
        Family::Ip => NfFamily::IP,
        Family::Ip6 => NfFamily::IP6,
    }
}

fn to_value(schema: &impl Serialize) -> Value {
    serde_json::to_value(schema).expect("the schema has string keys only")
}
