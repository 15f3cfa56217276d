//! Reading statements.

use super::dynamic;
use super::expression::{self, only_property, properties};
use super::nat::nat;
use super::operand;
use crate::datatype::Datatype;
use crate::expr::{Ct, Expr, IpField, Meta, Payload, PortField, Rt, TcpOption, Transport};
use crate::interval::{Interval, Point};
use crate::limit::{Limit, LimitPer};
use crate::matching::{Match, Operand, Test};
use crate::name::Name;
use crate::opaque::Opaque;
use crate::quoted::LogPrefix;
use crate::range::Ranges;
use crate::reject::{Reject, Unreachable, Unreachable6};
use crate::set_field::SetField;
use crate::statement::{Counter, Mark, MarkValue, Maxseg, SetMark, Statement, Verdict};
use crate::values::Values;
use crate::vmap::Vmap;
use serde_json::Value;

/// Returns the statements of a rule; those that are not known as they are.
pub(crate) fn read(listed: &[Value]) -> Vec<Statement> {
    let mut statements = Vec::with_capacity(listed.len());
    for json in listed {
        if let Some(ports) = merged_ports(json) {
            statements.extend(ports);
        } else {
            statements.push(known(json).unwrap_or_else(|| Statement::Opaque(Opaque(json.clone()))));
        }
    }
    statements
}

fn known(json: &Value) -> Option<Statement> {
    let (kind, body) = only_property(json)?;
    match kind {
        "match" => match_statement(body).map(Statement::Match),
        "limit" => limit(body).map(Statement::Limit),
        "set" => dynamic::set_update(body).map(Statement::SetUpdate),
        "counter" => counter(body).map(Statement::Counter),
        "log" => log(body).map(Statement::Log),
        "ct helper" => body.as_str().map(Name::listed).map(Statement::SetHelper),
        "flow" => flow_add(body).map(Statement::FlowAdd),
        "notrack" => body.is_null().then_some(Statement::Notrack),
        "mangle" => mangle(body),
        "snat" | "dnat" | "masquerade" | "redirect" => nat(kind, body).map(Statement::Nat),
        "reject" => reject(body).map(Statement::Reject),
        "vmap" => vmap(body).map(Statement::Vmap),
        _ => verdict(json).map(Statement::Verdict),
    }
}

/// nft merges `th sport 1 th dport 2` into one comparison of 32 bits, and lists that without taking it apart.
fn merged_ports(json: &Value) -> Option<[Statement; 2]> {
    let [op, left, right] = properties(json.get("match")?, ["op", "left", "right"])?;
    let [base, offset, length] = properties(left?.get("payload")?, ["base", "offset", "len"])?;
    if op? != "==" || base? != "th" || offset? != 0 || length? != 32 {
        return None;
    }
    let both = operand::number(Datatype::Integer, right?)?;
    let port = |field, number| {
        let left = Expr::Payload(Payload::Port(Transport::Any, field));
        let values = Values::Numbers(Ranges::from_iter([number]));
        Statement::Match(Match::new(left, Test::In(Operand::Values(values))))
    };
    Some([port(PortField::Sport, both >> 16), port(PortField::Dport, both & 0xffff)])
}

fn match_statement(json: &Value) -> Option<Match> {
    let [op, left, right] = properties(json, ["op", "left", "right"])?;
    let left = expression::read(left?)?;
    let datatype = left.datatype();
    let right = right?;
    if let Some((mask, value)) = number_prefix(datatype, right) {
        let masked = Expr::Masked(Box::new(left), mask);
        let value = Operand::Values(Values::Numbers(Ranges::from_iter([value])));
        return match op?.as_str()? {
            "==" => Some(Match::new(masked, Test::In(value))),
            "!=" => Some(Match::new(masked, Test::NotIn(value))),
            _ => None,
        };
    }
    let test = match op?.as_str()? {
        "==" => Test::In(operand(datatype, right)?),
        "!=" => Test::NotIn(operand(datatype, right)?),
        "<" | "<=" | ">" | ">=" if datatype == Datatype::Bytes => {
            compared(op?.as_str()?, operand::bytes(right)?, u64::MAX).map(Values::Bytes).map(within)?
        }
        "<" | "<=" | ">" | ">=" => {
            let number = operand::number(datatype, right)?;
            compared(op?.as_str()?, number, left.greatest()).map(Values::Numbers).map(within)?
        }
        // nft prints a plain comparison so in some places, but for sets of bits it means another test.
        "in" if datatype.is_flags() => Test::AnyOf(operand::bits(datatype, right)?),
        "!" if datatype.is_flags() => Test::NoneOf(operand::bits(datatype, right)?),
        _ => return None,
    };
    Some(Match::new(left, test))
}

fn within(values: Values) -> Test {
    Test::In(Operand::Values(values))
}

/// Returns the values that compare so with a bound, if there are any.
fn compared<P: Point>(op: &str, bound: P, greatest: P) -> Option<Ranges<P>> {
    let interval = match op {
        "<" => Interval::new(P::MIN, bound.predecessor()?),
        "<=" => Interval::new(P::MIN, bound),
        ">" => Interval::new(bound.successor()?, greatest),
        _ => Interval::new(bound, greatest),
    };
    interval.map(Ranges::from)
}

/// Returns the mask and the number of a right side like `0x12340000/16`.
///
/// nft lists a mask that leaves the upper bits of a mark in this form, although the number can have lower
/// bits.
fn number_prefix(datatype: Datatype, json: &Value) -> Option<(u32, u32)> {
    let prefix = json.get("prefix").filter(|_| datatype == Datatype::Mark)?;
    let length = u32::try_from(prefix.get("len")?.as_u64()?).ok().filter(|length| *length <= u32::BITS)?;
    let mask = u32::MAX.checked_shl(u32::BITS - length).unwrap_or(0);
    Some((mask, operand::number(datatype, prefix.get("addr")?)?))
}

fn operand(datatype: Datatype, json: &Value) -> Option<Operand> {
    match json.as_str().and_then(|text| text.strip_prefix('@')) {
        Some(name) => Some(Operand::Set(Name::listed(name))),
        None => operand::values(datatype, json).map(Operand::Values),
    }
}

/// Returns a limit that could have been made here.
pub(super) fn limit(json: &Value) -> Option<Limit> {
    let names = ["rate", "burst", "per", "inv", "rate_unit", "burst_unit"];
    let [rate, burst, per, inverted, rate_unit, burst_unit] = properties(json, names)?;
    let per = LimitPer::from_keyword(per?.as_str()?)?;
    let limit = match (rate_unit, burst_unit) {
        (None, None | Some(_)) => Limit::packets(rate?.as_u64()?, per, u32::try_from(burst?.as_u64()?).ok()?),
        (Some(rate_unit), burst_unit) => {
            let rate = rate?.as_u64()?.checked_mul(unit(rate_unit)?)?;
            let burst = match burst {
                Some(burst) => burst.as_u64()?.checked_mul(burst_unit.map_or(Some(1), unit)?)?,
                None => 0,
            };
            Limit::bytes(rate, per, u32::try_from(burst).ok()?)
        }
    };
    let over = inverted.map_or(Some(false), Value::as_bool)?;
    limit.ok().map(|limit| if over { limit.over() } else { limit })
}

/// Returns how many bytes a unit of a limit has.
fn unit(json: &Value) -> Option<u64> {
    match json.as_str()? {
        "bytes" => Some(1),
        "kbytes" => Some(1 << 10),
        "mbytes" => Some(1 << 20),
        _ => None,
    }
}

fn counter(json: &Value) -> Option<Counter> {
    if json.is_null() {
        return Some(Counter::default());
    }
    let [packets, bytes] = properties(json, ["packets", "bytes"])?;
    Some(Counter { packets: operand::bytes(packets?)?, bytes: operand::bytes(bytes?)? })
}

fn log(json: &Value) -> Option<Option<LogPrefix>> {
    if json.is_null() {
        return Some(None);
    }
    let [prefix] = properties(json, ["prefix"])?;
    Some(Some(LogPrefix::listed(prefix?.as_str()?)))
}

fn flow_add(json: &Value) -> Option<Name> {
    let [op, flowtable] = properties(json, ["op", "flowtable"])?;
    (op? == "add").then_some(flowtable?.as_str()?.strip_prefix('@')?).map(Name::listed)
}

fn mangle(json: &Value) -> Option<Statement> {
    let [key, value] = properties(json, ["key", "value"])?;
    let value = value?;
    let key = expression::read(key?)?;
    match key {
        Expr::Meta(Meta::Mark) => mark_value(value).map(|value| SetMark { mark: Mark::Packet, value }.into()),
        Expr::Ct(Ct::Mark) => mark_value(value).map(|value| SetMark { mark: Mark::Connection, value }.into()),
        Expr::TcpOption(TcpOption::Maxseg) => match expression::read(value) {
            Some(Expr::Rt(Rt::Mtu)) => Some(Maxseg::RouteMtu.into()),
            Some(_) => None,
            None => Some(Maxseg::Bytes(u16::try_from(value.as_u64()?).ok()?).into()),
        },
        Expr::Payload(Payload::Ip(IpField::FragOff)) => {
            let field = Expr::Payload(Payload::Ip(IpField::FragOff));
            let kept = Expr::Masked(Box::new(field), SetField::ALL_BUT_DF);
            (expression::read(value)? == kept).then(|| SetField::IpMayFragment.into())
        }
        key => SetField::of(&key, operand::number(key.datatype(), value)?).map(Statement::SetField),
    }
}

fn reject(json: &Value) -> Option<Reject> {
    let [kind, code] = properties(json, ["type", "expr"])?;
    let named = |name: &str| Unreachable::from_keyword(name).map(Reject::Icmp);
    let named6 = |name: &str| Unreachable6::from_keyword(name).map(Reject::Icmpv6);
    match (kind?.as_str()?, code) {
        ("tcp reset", None) => Some(Reject::TcpReset),
        ("icmp", Some(Value::String(name))) => named(name),
        ("icmpv6", Some(Value::String(name))) => named6(name),
        ("icmp", Some(code)) => {
            let mut reasons = Unreachable::ALL.iter().copied();
            reasons.find(|reason| *code == reason.code()).map(Reject::Icmp)
        }
        ("icmpv6", Some(code)) => {
            let mut reasons = Unreachable6::ALL.iter().copied();
            reasons.find(|reason| *code == reason.code()).map(Reject::Icmpv6)
        }
        _ => None,
    }
}

fn mark_value(json: &Value) -> Option<MarkValue> {
    if json.is_number() {
        return operand::number(Datatype::Mark, json).map(MarkValue::Constant);
    }
    let (left, set) = match json.get("|") {
        Some(operands) => {
            let [left, set] = operands.as_array()?.as_slice() else { return None };
            (left, operand::number(Datatype::Mark, set)?)
        }
        None => (json, 0),
    };
    let (of, keep) = match expression::read(left)? {
        Expr::Masked(inner, keep) => (*inner, keep),
        other => (other, u32::MAX),
    };
    match of {
        Expr::Meta(Meta::Mark) => Some(MarkValue::bits(Mark::Packet, keep, set)),
        Expr::Ct(Ct::Mark) => Some(MarkValue::bits(Mark::Connection, keep, set)),
        _ => None,
    }
}

fn vmap(json: &Value) -> Option<Vmap> {
    let [key, data] = properties(json, ["key", "data"])?;
    let key = expression::read(key?)?;
    let datatype = key.datatype();
    let case = |case: &Value| {
        let [value, action] = case.as_array()?.as_slice() else { return None };
        Some((verdict(action)?, operand::values(datatype, value)?))
    };
    let cases: Option<Vec<_>> = data?.get("set")?.as_array()?.iter().map(case).collect();
    Vmap::new(key, cases?)
}

fn verdict(json: &Value) -> Option<Verdict> {
    let (kind, body) = only_property(json)?;
    let target = || body.get("target").and_then(Value::as_str).map(Name::listed);
    match kind {
        "accept" => Some(Verdict::Accept),
        "drop" => Some(Verdict::Drop),
        "continue" => Some(Verdict::Continue),
        "return" => Some(Verdict::Return),
        "jump" => target().map(Verdict::Jump),
        "goto" => target().map(Verdict::Goto),
        _ => None,
    }
}
