//! What rules ask of packets' headers.

use super::matchers::{Lowered, compare};
use crate::ir::firewall::{Condition, HeaderMatchers};
use rosc_nftables::select::{ip, ip6, meta};
use rosc_nftables::{Dscp, Family, Interval};

const ORDERED: &str = "ranges begin before they end";

/// Lowers the conditions on header fields.
pub(super) fn header(family: Family, matchers: &HeaderMatchers) -> Vec<Lowered> {
    let HeaderMatchers { src_mac_address: _, icmp_options: _, packet_size, dscp, ttl, fragment: _ } =
        matchers;
    let mut lowered = Vec::new();
    lowered.extend(ttl.iter().map(|condition| time_to_live(family, condition)));
    lowered.extend(dscp.iter().map(|condition| {
        let value = |dscp: &u8| Dscp::new(*dscp).expect("resolve checks the range");
        match family {
            Family::Ip => compare(ip::dscp(), condition, value),
            Family::Ip6 => compare(ip6::dscp(), condition, value),
        }
    }));
    lowered.extend(packet_size.iter().map(|condition| {
        compare(meta::length(), condition, |&(low, high)| {
            Interval::new(u32::from(low), u32::from(high)).expect(ORDERED)
        })
    }));
    lowered
}

/// A range of all numbers says nothing, and its opposite lets nothing pass: nft has no form of either.
fn time_to_live(family: Family, condition: &Condition<(u8, u8)>) -> Lowered {
    match condition {
        Condition::Is((0, u8::MAX)) => return Lowered::Always,
        Condition::IsNot((0, u8::MAX)) => return Lowered::Never,
        Condition::Is(_) | Condition::IsNot(_) => {}
    }
    let range = |&(low, high): &(u8, u8)| Interval::new(low, high).expect(ORDERED);
    match family {
        Family::Ip => compare(ip::ttl(), condition, range),
        Family::Ip6 => compare(ip6::hoplimit(), condition, range),
    }
}
