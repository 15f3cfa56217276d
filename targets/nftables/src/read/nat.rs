//! Reading translations.

use super::expression::properties;
use super::operand;
use crate::datatype::Datatype;
use crate::interval::Interval;
use crate::nat::{Nat, NatAddresses, NatFlags, NatPrefix, NatTo};
use crate::values::Values;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde_json::Value;

/// Returns the translation that stands under one of nft's four words.
pub(super) fn nat(kind: &str, json: &Value) -> Option<Nat> {
    if json.is_null() {
        return nat_without_addresses(kind, None, NatFlags::NONE);
    }
    let [address, port, flags, kinds] = properties(json, ["addr", "port", "flags", "type_flags"])?;
    let is =
        |value: Option<&Value>, word| value.and_then(operand::words).is_some_and(|words| words.eq([word]));
    if let (Some(address), None) = (address, port)
        && is(flags, "netmap")
        && is(kinds, "prefix")
    {
        let prefix = prefix(addresses(address)?)?;
        return match kind {
            "snat" => Some(Nat::SnatPrefix(prefix)),
            "dnat" => Some(Nat::DnatPrefix(prefix)),
            _ => None,
        };
    }
    let flags = match flags {
        Some(flags) => nat_flags(flags)?,
        None => NatFlags::NONE,
    };
    let to = match (address, port, kinds) {
        (Some(address), None, None) => NatTo::Addresses(addresses(address)?),
        (Some(address), Some(port), None) => NatTo::AddressesAndPorts(addresses(address)?, ports(port)?),
        (None, Some(port), None) => NatTo::Ports(ports(port)?),
        (None, None, None) => return nat_without_addresses(kind, None, flags),
        (_, _, Some(_)) => return None,
    };
    match (kind, &to) {
        ("snat", _) => Some(Nat::Snat(to, flags)),
        ("dnat", _) => Some(Nat::Dnat(to, flags)),
        (_, NatTo::Ports(ports)) => nat_without_addresses(kind, Some(*ports), flags),
        (_, NatTo::Addresses(_) | NatTo::AddressesAndPorts(..)) => None,
    }
}

fn nat_without_addresses(kind: &str, ports: Option<Interval<u16>>, flags: NatFlags) -> Option<Nat> {
    match kind {
        "masquerade" => Some(Nat::Masquerade(ports, flags)),
        "redirect" => Some(Nat::Redirect(ports, flags)),
        _ => None,
    }
}

fn nat_flags(json: &Value) -> Option<NatFlags> {
    operand::words(json)?.try_fold(NatFlags::NONE, |flags, word| Some(flags | NatFlags::from_word(word)?))
}

fn ports(json: &Value) -> Option<Interval<u16>> {
    let values = operand::values(Datatype::InetService, json)?;
    let [interval] = values.numbers()?.as_slice() else { return None };
    Interval::new(u16::try_from(interval.low()).ok()?, u16::try_from(interval.high()).ok()?)
}

fn addresses(json: &Value) -> Option<NatAddresses> {
    let v4 = || match operand::values(Datatype::Ipv4Addr, json)? {
        Values::Ipv4(ranges) => ranges.iter().next().map(NatAddresses::Ipv4),
        _ => None,
    };
    let v6 = || match operand::values(Datatype::Ipv6Addr, json)? {
        Values::Ipv6(ranges) => ranges.iter().next().map(NatAddresses::Ipv6),
        _ => None,
    };
    if json.get("set").is_some() { None } else { v4().or_else(v6) }
}

fn prefix(addresses: NatAddresses) -> Option<NatPrefix> {
    let net = match addresses {
        NatAddresses::Ipv4(interval) => {
            let length = interval.prefix_length().or(interval.single().map(|_| 32))?;
            IpNet::V4(Ipv4Net::new(interval.low(), length).ok()?)
        }
        NatAddresses::Ipv6(interval) => {
            let length = interval.prefix_length().or(interval.single().map(|_| 128))?;
            IpNet::V6(Ipv6Net::new(interval.low(), length).ok()?)
        }
    };
    Some(NatPrefix::from(net))
}
