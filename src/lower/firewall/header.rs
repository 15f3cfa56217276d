//! What rules ask of packets' headers.

use super::matchers::{Lowered, compare};
use crate::ir::firewall::{Condition, HeaderMatchers, IcmpOptions, Ipv4Options, Ipv6Header, Ipv6Headers};
use crate::lower::{Context, diagnostics};
use rosc_nftables::kind::IcmpNumber;
use rosc_nftables::select::{Selector, ether, icmp, icmpv6, ip, ip6, meta};
use rosc_nftables::{Dscp, Exthdr, Family, Interval, IpOption, MacAddress};
use rosc_target::Origin;

const ORDERED: &str = "ranges begin before they end";

impl Context<'_> {
    /// Lowers the conditions on headers.
    pub(super) fn header(
        &mut self,
        family: Family,
        matchers: &HeaderMatchers,
        origin: Origin,
    ) -> Vec<Lowered> {
        let mut lowered = fields(family, matchers);
        let mut refuse = |message: &str, help: &str| {
            self.diagnostics.push(diagnostics::no_linux_form(message, origin, help));
        };
        if let Some(wanted) = matchers.ipv4_options {
            match options(wanted) {
                Some(options) => lowered.push(options),
                None => {
                    refuse("nftables has no match on this option", "name one of the options that it knows")
                }
            }
        }
        if let Some(condition) = &matchers.ipv6_headers {
            match extension_headers(condition) {
                Some(headers) => lowered.push(headers),
                None => refuse(
                    "nftables has no match on these headers",
                    "name hop, dst, route or frag, with contains",
                ),
            }
        }
        lowered
    }
}

/// `None` for what nftables has no form of.
fn options(wanted: Ipv4Options) -> Option<Lowered> {
    let with = |option| ip::option(option).exists();
    let without = |option| ip::option(option).missing();
    Some(match wanted {
        Ipv4Options::LooseSourceRouting => with(IpOption::Lsrr).into(),
        Ipv4Options::StrictSourceRouting => with(IpOption::Ssrr).into(),
        Ipv4Options::NoSourceRouting => Lowered::All(vec![without(IpOption::Lsrr), without(IpOption::Ssrr)]),
        Ipv4Options::RecordRoute => with(IpOption::Rr).into(),
        Ipv4Options::NoRecordRoute => without(IpOption::Rr).into(),
        Ipv4Options::RouterAlert => with(IpOption::Ra).into(),
        Ipv4Options::NoRouterAlert => without(IpOption::Ra).into(),
        Ipv4Options::Any | Ipv4Options::None | Ipv4Options::Timestamp | Ipv4Options::NoTimestamp => {
            return None;
        }
    })
}

/// All of the headers have to be there; the opposite of several would be that one is missing, whichever.
fn extension_headers(condition: &Condition<Ipv6Headers>) -> Option<Lowered> {
    let (Ipv6Headers { headers, exact }, inverted) = condition.parts();
    if *exact || (inverted && headers.len() > 1) {
        return None;
    }
    let statement = |header: &Ipv6Header| {
        let of = match header {
            Ipv6Header::Hop => Exthdr::Hbh,
            Ipv6Header::Dst => Exthdr::Dst,
            Ipv6Header::Route => Exthdr::Rt,
            Ipv6Header::Frag => Exthdr::Frag,
            Ipv6Header::Auth | Ipv6Header::Esp | Ipv6Header::None | Ipv6Header::Proto => return None,
        };
        let presence = ip6::exthdr(of);
        Some(if inverted { presence.missing() } else { presence.exists() })
    };
    headers.iter().map(statement).collect::<Option<Vec<_>>>().map(Lowered::All)
}

fn fields(family: Family, matchers: &HeaderMatchers) -> Vec<Lowered> {
    let HeaderMatchers {
        src_mac_address,
        icmp_options,
        packet_size,
        dscp,
        ttl,
        ipv4_options: _,
        ipv6_headers: _,
        fragment,
    } = matchers;
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
