//! Statements in nft's language.

use crate::datatype::Datatype;
use crate::expr::{Ct, Expr, Fib, Meta, Payload, Rt, TcpOption};
use crate::interval::{Interval, Point};
use crate::limit::{Limit, LimitUnit};
use crate::matching::{Match, Operand, Test};
use crate::nat::{Nat, NatAddresses, NatTo};
use crate::quoted::LogPrefix;
use crate::range::Ranges;
use crate::reject::Reject;
use crate::set_field::SetField;
use crate::statement::{Counter, Mark, MarkValue, Maxseg, SetMark, Statement, Verdict};
use crate::symbol::{bits_of, name_of};
use crate::values::Values;
use crate::vmap::Vmap;
use std::fmt::{self, Display, Write};

impl Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Match(condition) => write!(f, "{condition}"),
            Self::Limit(limit) => write!(f, "{limit}"),
            Self::SetUpdate(update) => write!(f, "{update}"),
            Self::Counter(Counter { packets: 0, bytes: 0 }) => f.write_str("counter"),
            Self::Counter(Counter { packets, bytes }) => write!(f, "counter packets {packets} bytes {bytes}"),
            Self::Log(None) => f.write_str("log"),
            Self::Log(Some(prefix)) => {
                write!(f, "log prefix \"{}\"", LogPrefix::new(prefix.as_str()).as_str())
            }
            Self::Notrack => f.write_str("notrack"),
            Self::SetHelper(helper) => write!(f, "ct helper set \"{helper}\""),
            Self::FlowAdd(flowtable) => write!(f, "flow add @{flowtable}"),
            Self::SetMark(set) => write!(f, "{set}"),
            Self::SetMaxseg(Maxseg::Bytes(bytes)) => write!(f, "tcp option maxseg size set {bytes}"),
            Self::SetMaxseg(Maxseg::RouteMtu) => f.write_str("tcp option maxseg size set rt mtu"),
            Self::SetField(set) => write!(f, "{set}"),
            Self::Nat(nat) => write!(f, "{nat}"),
            Self::Reject(Reject::TcpReset) => f.write_str("reject with tcp reset"),
            Self::Reject(Reject::Icmp(reason)) => write!(f, "reject with icmp {reason}"),
            Self::Reject(Reject::Icmpv6(reason)) => write!(f, "reject with icmpv6 {reason}"),
            Self::Vmap(vmap) => write!(f, "{vmap}"),
            Self::Verdict(verdict) => write!(f, "{verdict}"),
            Self::Opaque(opaque) => write!(f, "{}", opaque.json()),
        }
    }
}

impl Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let datatype = self.left.datatype();
        // Without an operator nft takes flags for a test of any of them, and anything behind a hash's seed or
        // a mask reads as a part of those.
        let is_plain = match self.left {
            Expr::Meta(_) | Expr::Payload(_) | Expr::Ct(_) | Expr::Fib(_) => true,
            _ => datatype == Datatype::Boolean,
        };
        let equals = if is_plain && !datatype.is_flags() { "" } else { "== " };
        let left = ExprText(&self.left);
        match &self.test {
            Test::In(operand) => write!(f, "{left} {equals}{}", right_side(datatype, operand)),
            Test::NotIn(operand) => write!(f, "{left} != {}", right_side(datatype, operand)),
            Test::AnyOf(bits) => write!(f, "{left} {}", bit_list(datatype, *bits, ",")),
            Test::NoneOf(bits) => write!(f, "{left} ! {}", bit_list(datatype, *bits, ",")),
        }
    }
}

struct ExprText<'a>(&'a Expr);

impl Display for ExprText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // The interfaces are the only ones that nft lists without `meta`.
            Expr::Meta(key @ (Meta::Iifname | Meta::Oifname)) => write!(f, "{key}"),
            Expr::Meta(key) => write!(f, "meta {key}"),
            Expr::Payload(payload) => payload_text(f, *payload),
            Expr::IpOption(option) => write!(f, "ip option {option}"),
            Expr::Exthdr(header) => write!(f, "exthdr {header}"),
            Expr::TcpOption(TcpOption::Maxseg) => f.write_str("tcp option maxseg size"),
            Expr::Ct(key) => write!(f, "ct {key}"),
            Expr::Rt(key @ (Rt::Mtu | Rt::Ipsec)) => write!(f, "rt {key}"),
            Expr::Fib(key @ (Fib::SaddrType | Fib::DaddrType)) => write!(f, "fib {key} type"),
            Expr::Fib(key @ Fib::SaddrByIif) => write!(f, "fib {key} oif"),
            Expr::Jhash(jhash) => {
                f.write_str("jhash ")?;
                for (index, payload) in jhash.over.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { " . " })?;
                    payload_text(f, *payload)?;
                }
                write!(f, " mod {} seed {:#x}", jhash.modulus, jhash.seed)
            }
            Expr::Numgen(numgen) => write!(f, "numgen {} mod {}", numgen.mode, numgen.modulus),
            Expr::Masked(inner, mask) if inner.datatype().is_flags() => {
                write!(f, "{} & ({})", ExprText(inner), bit_list(inner.datatype(), *mask, " | "))
            }
            Expr::Masked(inner, mask) => write!(f, "{} & {mask:#010x}", ExprText(inner)),
        }
    }
}

pub(super) fn payload_text(f: &mut fmt::Formatter<'_>, payload: Payload) -> fmt::Result {
    let (header, field) = payload.keywords();
    write!(f, "{header} {field}")
}

fn right_side(datatype: Datatype, operand: &Operand) -> String {
    let values = match operand {
        Operand::Set(name) => return format!("@{name}"),
        Operand::Values(values) => values,
    };
    match items(datatype, values).as_slice() {
        [single] => single.clone(),
        several => format!("{{ {} }}", several.join(", ")),
    }
}

/// Returns the values one by one, or interval by interval.
fn items(datatype: Datatype, values: &Values) -> Vec<String> {
    let mut items = Vec::with_capacity(values.len());
    let collected = each_item(datatype, values, |item| {
        items.push(item.to_owned());
        Ok(())
    });
    collected.expect("collecting does not fail");
    items
}

/// Hands over the values one by one, or interval by interval: a set may have a million, which need not all be texts of
/// their own at the same time.
pub(super) fn each_item(
    datatype: Datatype,
    values: &Values,
    mut take: impl FnMut(&str) -> fmt::Result,
) -> fmt::Result {
    match values {
        Values::Interfaces(names) => {
            names.as_slice().iter().try_for_each(|name| take(&format!("\"{name}\"")))
        }
        Values::Ipv4(ranges) => each_interval(ranges, take),
        Values::Ipv6(ranges) => each_interval(ranges, take),
        Values::Macs(ranges) => each_interval(ranges, take),
        Values::Bytes(ranges) => each_interval(ranges, take),
        Values::Helpers(names) => names.iter().try_for_each(|name| take(&format!("\"{name}\""))),
        Values::Numbers(ranges) if datatype.is_enumerated() => {
            let mut numbers = ranges.iter().flat_map(|i| i.low()..=i.high());
            numbers.try_for_each(|number| take(&scalar(datatype, number)))
        }
        Values::Numbers(ranges) => {
            ranges.iter().try_for_each(|interval| take(&number_interval(datatype, interval)))
        }
    }
}

fn each_interval<P: Point>(ranges: &Ranges<P>, mut take: impl FnMut(&str) -> fmt::Result) -> fmt::Result {
    let mut text = String::new();
    for interval in ranges.iter() {
        text.clear();
        write!(text, "{interval}")?;
        take(&text)?;
    }
    Ok(())
}

fn number_interval(datatype: Datatype, interval: Interval<u32>) -> String {
    // nft does not take names as the bounds of a range.
    let bound = |number: u32| match datatype {
        Datatype::Mark | Datatype::Priority => scalar(datatype, number),
        _ => number.to_string(),
    };
    match interval.single() {
        Some(value) => scalar(datatype, value),
        None => format!("{}-{}", bound(interval.low()), bound(interval.high())),
    }
}

fn scalar(datatype: Datatype, value: u32) -> String {
    match (name_of(datatype, value), datatype) {
        (Some(name), _) => name.to_owned(),
        (None, Datatype::Mark) => format!("{value:#010x}"),
        (None, Datatype::Priority) => format!("{:x}:{:x}", value >> 16, value & 0xffff),
        (None, _) if datatype.is_flags() => format!("{value:#x}"),
        (None, _) => value.to_string(),
    }
}

fn bit_list(datatype: Datatype, bits: u32, separator: &str) -> String {
    bits_of(bits).map(|bit| scalar(datatype, bit)).collect::<Vec<_>>().join(separator)
}

fn mark_text(mark: Mark) -> ExprText<'static> {
    match mark {
        Mark::Packet => ExprText(&Expr::Meta(Meta::Mark)),
        Mark::Connection => ExprText(&Expr::Ct(Ct::Mark)),
    }
}

impl Display for SetMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} set ", mark_text(self.mark))?;
        match self.value {
            MarkValue::Constant(value) => write!(f, "{value:#010x}"),
            MarkValue::Bits { of, keep, set } => {
                write!(f, "{}", mark_text(of))?;
                if keep.get() | set != u32::MAX {
                    write!(f, " & {:#010x}", keep.get() | set)?;
                }
                if set == 0 { Ok(()) } else { write!(f, " | {set:#010x}") }
            }
        }
    }
}

impl Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rate, unit, per, burst, over } = self;
        f.write_str(if *over { "limit rate over " } else { "limit rate " })?;
        match unit {
            LimitUnit::Packets => write!(f, "{rate}/{per} burst {burst} packets"),
            LimitUnit::Bytes => write!(f, "{rate} bytes/{per} burst {burst} bytes"),
        }
    }
}

impl Display for SetField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key();
        let field = ExprText(&key);
        match self.value() {
            Some(value) => write!(f, "{field} set {}", scalar(key.datatype(), value)),
            None => write!(f, "{field} set {field} & {:#x}", Self::ALL_BUT_DF),
        }
    }
}

impl Display for Nat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snat(to, _) => write!(f, "snat {to}")?,
            Self::Dnat(to, _) => write!(f, "dnat {to}")?,
            Self::SnatPrefix(prefix) => write!(f, "snat prefix to {}", prefix.net())?,
            Self::DnatPrefix(prefix) => write!(f, "dnat prefix to {}", prefix.net())?,
            Self::Masquerade(None, _) => f.write_str("masquerade")?,
            Self::Masquerade(Some(ports), _) => write!(f, "masquerade to :{ports}")?,
            Self::Redirect(None, _) => f.write_str("redirect")?,
            Self::Redirect(Some(ports), _) => write!(f, "redirect to :{ports}")?,
        }
        let flags: Vec<&str> = self.flags().words().collect();
        if flags.is_empty() { Ok(()) } else { write!(f, " {}", flags.join(",")) }
    }
}

impl Display for NatTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses(NatAddresses::Ipv4(addresses)) => write!(f, "to {addresses}"),
            Self::Addresses(NatAddresses::Ipv6(addresses)) => write!(f, "to {addresses}"),
            Self::Ports(ports) => write!(f, "to :{ports}"),
            Self::AddressesAndPorts(NatAddresses::Ipv4(addresses), ports) => {
                write!(f, "to {}:{ports}", bounds(*addresses, |address| address.to_string()))
            }
            Self::AddressesAndPorts(NatAddresses::Ipv6(addresses), ports) => {
                write!(f, "to {}:{ports}", bounds(*addresses, |address| format!("[{address}]")))
            }
        }
    }
}

/// A prefix can't stand in front of ports.
fn bounds<P: Point>(interval: Interval<P>, text: impl Fn(P) -> String) -> String {
    match interval.single() {
        Some(single) => text(single),
        None => format!("{}-{}", text(interval.low()), text(interval.high())),
    }
}

impl Display for Vmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let datatype = self.key.datatype();
        let case = |(values, verdict): (Values, &Verdict)| {
            items(datatype, &values).into_iter().map(|item| format!("{item} : {verdict}")).collect::<Vec<_>>()
        };
        let cases: Vec<String> = self.cases().into_iter().flat_map(case).collect();
        write!(f, "{} vmap {{ {} }}", ExprText(&self.key), cases.join(", "))
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept => f.write_str("accept"),
            Self::Drop => f.write_str("drop"),
            Self::Continue => f.write_str("continue"),
            Self::Return => f.write_str("return"),
            Self::Jump(chain) => write!(f, "jump {chain}"),
            Self::Goto(chain) => write!(f, "goto {chain}"),
        }
    }
}
