//! The conditions of a rule as they are read.

use crate::catalog::{
    FlagsMatcherItem, Ipv4MatcherItem, Ipv6MatcherItem, MatcherItem, NatStateMatcherItem, Reader,
    StateMatcherItem, TrackedMatcherItem,
};

/// The matchers of a rule as read; a menu that lacks some leaves their fields empty.
pub(super) struct MatcherFields {
    pub(super) common: MatcherItem,
    pub(super) flags: Option<FlagsMatcherItem>,
    pub(super) tracked: Option<TrackedMatcherItem>,
    pub(super) state: Option<StateMatcherItem>,
    pub(super) nat_state: Option<NatStateMatcherItem>,
    pub(super) of_family: OfFamily,
}

/// What only one family has.
pub(super) enum OfFamily {
    Ip(Ipv4MatcherItem),
    Ipv6(Ipv6MatcherItem),
}

impl MatcherFields {
    /// Of a rule of `filter` or `mangle`, which have them all.
    pub(super) fn of_filter(reader: &mut Reader<'_, '_>, ipv6: bool) -> Self {
        Self {
            flags: Some(FlagsMatcherItem::read(reader)),
            tracked: Some(TrackedMatcherItem::read(reader)),
            state: Some(StateMatcherItem::read(reader)),
            nat_state: Some(NatStateMatcherItem::read(reader)),
            ..Self::of_all(reader, ipv6)
        }
    }

    /// Of a rule of `nat`, which sees the first packet of a connection only.
    pub(super) fn of_nat(reader: &mut Reader<'_, '_>, ipv6: bool) -> Self {
        Self {
            flags: ipv6.then(|| FlagsMatcherItem::read(reader)),
            tracked: Some(TrackedMatcherItem::read(reader)),
            state: ipv6.then(|| StateMatcherItem::read(reader)),
            ..Self::of_all(reader, ipv6)
        }
    }

    /// Of a rule of `raw`, which knows of no connection.
    pub(super) fn of_raw(reader: &mut Reader<'_, '_>, ipv6: bool) -> Self {
        Self { flags: Some(FlagsMatcherItem::read(reader)), ..Self::of_all(reader, ipv6) }
    }

    fn of_all(reader: &mut Reader<'_, '_>, ipv6: bool) -> Self {
        let of_family = if ipv6 {
            OfFamily::Ipv6(Ipv6MatcherItem::read(reader))
        } else {
            OfFamily::Ip(Ipv4MatcherItem::read(reader))
        };
        let common = MatcherItem::read(reader);
        Self { common, flags: None, tracked: None, state: None, nat_state: None, of_family }
    }
}
