//! What rules ask of packets' headers.

use super::matchers::{Lowered, compare};
use crate::ir::firewall::{Condition, HeaderMatchers, IcmpOptions};
use rosc_nftables::kind::IcmpNumber;
use rosc_nftables::select::{Selector, ether, icmp, icmpv6, ip, ip6, meta};
use rosc_nftables::{Dscp, Family, Interval, MacAddress};

const ORDERED: &str = "ranges begin before they end";

/// Lowers the conditions on header fields.
pub(super) fn header(family: Family, matchers: &HeaderMatchers) -> Vec<Lowered> {
    let HeaderMatchers { src_mac_address, icmp_options, packet_size, dscp, ttl, fragment } = matchers;
    let mut lowered = Vec::new();
    lowered.extend(src_mac_address.iter().map(|c| compare(ether::saddr(), c, |mac| MacAddress(*mac))));
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
    lowered.extend(icmp_options.iter().map(|condition| match family {
        Family::Ip => message(icmp::type_, icmp::code, condition),
        Family::Ip6 => message(icmpv6::type_, icmpv6::code, condition),
    }));
    lowered.extend(fragment.iter().map(|is_fragment| match is_fragment {
        true => ip::later_fragment().exists().into(),
        false => ip::later_fragment().missing().into(),
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

/// A type with some of its codes. The opposite is another type, or the type with other codes.
fn message(
    kind: fn() -> Selector<IcmpNumber>,
    code: fn() -> Selector<IcmpNumber>,
    condition: &Condition<IcmpOptions>,
) -> Lowered {
    let (&IcmpOptions { kind: wanted, codes: (low, high) }, inverted) = condition.parts();
    let codes = Interval::new(low, high).expect(ORDERED);
    let has_all_codes = (low, high) == (0, u8::MAX);
    match (inverted, has_all_codes) {
        (false, true) => kind().eq(wanted).into(),
        (false, false) => Lowered::All(vec![kind().eq(wanted), code().eq(codes)]),
        (true, true) => kind().ne(wanted).into(),
        (true, false) => {
            Lowered::One(vec![vec![kind().ne(wanted)], vec![kind().eq(wanted), code().ne(codes)]])
        }
    }
}
