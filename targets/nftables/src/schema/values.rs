//! Values: right sides of comparisons, and the elements of sets.

use super::nft_expr::{Expression, NamedExpression, Prefix, Range, SetItem};
use crate::datatype::Datatype;
use crate::helper::HelperName;
use crate::interface::InterfaceName;
use crate::interval::{Interval, Point};
use crate::matching::Operand;
use crate::symbol::{bits_of, name_of};
use crate::values::Values;
use serde::{Serialize, Serializer};
use std::fmt::Display;

/// Elements of a set, written without holding all of them as JSON: there may be a million.
pub(crate) struct Elements<'a>(pub(crate) &'a Values);

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Values::Interfaces(names) => serializer.collect_seq(names.as_slice().iter().map(interface)),
            Values::Ipv4(ranges) => serializer.collect_seq(ranges.iter().map(address)),
            Values::Ipv6(ranges) => serializer.collect_seq(ranges.iter().map(address)),
            Values::Macs(ranges) => serializer.collect_seq(ranges.iter().map(wide)),
            Values::Bytes(ranges) => serializer.collect_seq(ranges.iter().map(wide)),
            Values::Helpers(names) => serializer.collect_seq(names.iter().map(helper)),
            Values::Numbers(ranges) => serializer.collect_seq(ranges.iter().map(plain_number)),
        }
    }
}

/// Returns the right side of a comparison.
pub(super) fn right_side(datatype: Datatype, operand: &Operand) -> Expression<'static> {
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
pub(super) fn items(datatype: Datatype, values: &Values) -> Vec<Expression<'static>> {
    match values {
        Values::Interfaces(names) => names.as_slice().iter().map(interface).collect(),
        Values::Ipv4(ranges) => ranges.iter().map(address).collect(),
        Values::Ipv6(ranges) => ranges.iter().map(address).collect(),
        Values::Macs(ranges) => ranges.iter().map(wide).collect(),
        Values::Bytes(ranges) => ranges.iter().map(wide).collect(),
        Values::Helpers(names) => names.iter().map(helper).collect(),
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

fn helper(name: &HelperName) -> Expression<'static> {
    Expression::String(name.as_str().to_owned().into())
}

/// Numbers of 64 bits are written as texts: libnftables reads JSON numbers as signed ones, and takes a greater one
/// for no JSON at all.
fn wide<P: Point>(interval: Interval<P>) -> Expression<'static> {
    let text = |value: P| Expression::String(value.to_string().into());
    match interval.single() {
        Some(value) => text(value),
        None => range(text(interval.low()), text(interval.high())),
    }
}

pub(super) fn prefix(address: impl Display, length: u8) -> Expression<'static> {
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
    if datatype == Datatype::Boolean {
        return Expression::Boolean(value != 0);
    }
    // Names of protocols depend on a file of the machine, names of code points on the version of nft.
    let has_safe_names = !matches!(datatype, Datatype::InetProto | Datatype::Dscp);
    match name_of(datatype, value).filter(|_| has_safe_names) {
        Some(name) => Expression::String(name.into()),
        None => Expression::Number(value),
    }
}

pub(super) fn bit_list(datatype: Datatype, bits: u32) -> Expression<'static> {
    let mut bits: Vec<_> = bits_of(bits).map(|bit| scalar(datatype, bit)).collect();
    if bits.len() == 1 { bits.remove(0) } else { Expression::List(bits) }
}
