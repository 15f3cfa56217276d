//! What rules ask of addresses: ranges, lists and types.

use super::Side;
use super::matchers::Lowered;
use super::sets::{CONFIGURED, REMEMBERED, set_name};
use crate::ir::AddressListName;
use crate::ir::firewall::{AddressMatch, AddressSide, AddressType, Condition, IpRange};
use rosc_nftables::kind::{AddressKind, AddressV4, AddressV6};
use rosc_nftables::select::{Selector, ip, ip6};
use rosc_nftables::{Family, Interval, Ip6Field, IpField, Payload, Statement};
use std::collections::BTreeSet;

/// An address field of a family.
#[derive(Clone)]
pub(super) enum Address {
    V4(Selector<AddressV4>),
    V6(Selector<AddressV6>),
}

impl Address {
    /// The source.
    pub(super) fn source(family: Family) -> Self {
        match family {
            Family::Ip => Self::V4(ip::saddr()),
            Family::Ip6 => Self::V6(ip6::saddr()),
        }
    }

    /// The destination.
    pub(super) fn destination(family: Family) -> Self {
        match family {
            Family::Ip => Self::V4(ip::daddr()),
            Family::Ip6 => Self::V6(ip6::daddr()),
        }
    }

    /// Lowers a condition on the address.
    pub(super) fn lower(self, side: &Side<'_>, condition: &Condition<AddressMatch>) -> Lowered {
        const ORDERED: &str = "a range begins before it ends";
        let (wanted, inverted) = condition.parts();
        match (self, wanted) {
            (Self::V4(field), AddressMatch::Range(IpRange::V4(first, last))) => {
                let range = Interval::new(*first, *last).expect(ORDERED);
                if inverted { field.ne(range) } else { field.eq(range) }.into()
            }
            (Self::V6(field), AddressMatch::Range(IpRange::V6(first, last))) => {
                let range = Interval::new(*first, *last).expect(ORDERED);
                if inverted { field.ne(range) } else { field.eq(range) }.into()
            }
            // No address is of the other family.
            (Self::V4(_) | Self::V6(_), AddressMatch::Range(_)) => {
                if inverted {
                    Lowered::Always
                } else {
                    Lowered::Never
                }
            }
            (field, AddressMatch::List(list)) => field.listed(side, list, inverted),
        }
    }

    /// An address can be on a list by the configuration, or because a rule has put it there: the two are in sets of their
    /// own.
    fn listed(self, side: &Side<'_>, list: &AddressListName, inverted: bool) -> Lowered {
        let by_rule = |inverted| self.clone().in_set(REMEMBERED, list, inverted);
        let configured = |inverted| self.clone().in_set(CONFIGURED, list, inverted);
        let is_filled = side.filled.contains(list);
        let is_empty = side.firewall.address_lists.get(list).is_none_or(|list| list.entries.is_empty());
        match (is_filled, is_empty, inverted) {
            (false, ..) => configured(inverted).into(),
            (true, true, _) => by_rule(inverted).into(),
            (true, false, true) => Lowered::All(vec![configured(true), by_rule(true)]),
            (true, false, false) => {
                Lowered::One(vec![vec![configured(false)], vec![configured(true), by_rule(false)]])
            }
        }
    }

    fn in_set(self, prefix: &str, list: &AddressListName, inverted: bool) -> Statement {
        match self {
            Self::V4(field) => {
                let set = set_name(prefix, list.as_str());
                if inverted { field.not_in_set(&set) } else { field.in_set(&set) }
            }
            Self::V6(field) => {
                let set = set_name(prefix, list.as_str());
                if inverted { field.not_in_set(&set) } else { field.in_set(&set) }
            }
        }
    }
}

/// An address of a packet, as a part of a key.
pub(super) fn payload(family: Family, side: AddressSide) -> Payload {
    match (family, side) {
        (Family::Ip, AddressSide::Source) => Payload::Ip(IpField::Saddr),
        (Family::Ip, AddressSide::Destination) => Payload::Ip(IpField::Daddr),
        (Family::Ip6, AddressSide::Source) => Payload::Ip6(Ip6Field::Saddr),
        (Family::Ip6, AddressSide::Destination) => Payload::Ip6(Ip6Field::Daddr),
    }
}

/// What the routing tables take an address for.
pub(super) fn address_type(
    selector: Selector<AddressKind>,
    condition: &Condition<BTreeSet<AddressType>>,
) -> Lowered {
    use rosc_nftables::kind::AddressType as Linux;
    let (wanted, inverted) = condition.parts();
    let kinds: Vec<Linux> = wanted
        .iter()
        .map(|kind| match kind {
            AddressType::Unicast => Linux::Unicast,
            AddressType::Local => Linux::Local,
            AddressType::Broadcast => Linux::Broadcast,
            AddressType::Multicast => Linux::Multicast,
            AddressType::Anycast => Linux::Anycast,
            AddressType::Blackhole => Linux::Blackhole,
            AddressType::Unreachable => Linux::Unreachable,
            AddressType::Prohibit => Linux::Prohibit,
        })
        .collect();
    if inverted {
        selector.none_of(kinds).map_or(Lowered::Always, Lowered::from)
    } else {
        selector.one_of(kinds).map_or(Lowered::Never, Lowered::from)
    }
}
