//! Random values: addresses, numbers, names.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select as pick;
use rosc_nftables::{
    HelperName, InterfaceName, Interval, Limit, LimitPer, MacAddress, Name, Point, Ranges, SecondOfDay,
    TcpFlags, Verdict,
};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

pub(crate) fn verdicts() -> impl Strategy<Value = Verdict> + Clone {
    let chain = |name| Name::new(name).unwrap();
    pick(vec![
        Verdict::Accept,
        Verdict::Drop,
        Verdict::Continue,
        Verdict::Return,
        Verdict::Jump(chain("u_a")),
        Verdict::Goto(chain("u_b")),
    ])
}

pub(crate) fn ports() -> impl Strategy<Value = Ranges<u16>> {
    vec(intervals(any::<u16>()), 0..5).prop_map(|all| all.into_iter().collect())
}

pub(crate) fn tcp_flags() -> impl Strategy<Value = TcpFlags> {
    let all = [TcpFlags::FIN, TcpFlags::SYN, TcpFlags::RST, TcpFlags::PSH, TcpFlags::ACK, TcpFlags::URG];
    let all = all.into_iter().chain([TcpFlags::ECE, TcpFlags::CWR]).collect::<Vec<_>>();
    prop_oneof![
        vec(pick(all.clone()), 1..4).prop_map(|flags| flags.into_iter().reduce(|a, b| a | b).unwrap()),
        Just(all.into_iter().reduce(|a, b| a | b).unwrap()),
    ]
}

pub(crate) fn masks() -> impl Strategy<Value = NonZeroU32> {
    prop_oneof![pick(vec![1, 0xff, 0xffff, 0xffff_0000, u32::MAX]), 1u32..]
        .prop_map(|m| NonZeroU32::new(m).unwrap())
}

pub(crate) fn interfaces() -> impl Strategy<Value = InterfaceName> {
    prop_oneof!["[a-c$é_-][a-c0-9.@!-]{0,5}\\*?", "[!-~]{1,15}"]
        .prop_filter_map("no interface can have that name", |name| InterfaceName::new(&name).ok())
}

pub(crate) fn v4() -> impl Strategy<Value = Ipv4Addr> + Clone {
    prop_oneof![
        any::<u32>().prop_map(Ipv4Addr::from_bits),
        (0u8..8).prop_map(|last| Ipv4Addr::new(192, 0, 2, last)),
        pick(vec![Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST]),
    ]
}

pub(crate) fn v6() -> impl Strategy<Value = Ipv6Addr> + Clone {
    prop_oneof![
        any::<u128>().prop_map(Ipv6Addr::from_bits),
        (0u16..8).prop_map(|last| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last)),
        (0u32..4).prop_map(|last| Ipv4Addr::from_bits(0xc000_0200 + last).to_ipv6_mapped()),
        pick(vec![Ipv6Addr::UNSPECIFIED, Ipv6Addr::from_bits(u128::MAX)]),
    ]
}

pub(crate) fn macs() -> impl Strategy<Value = MacAddress> + Clone {
    prop_oneof![
        any::<[u8; 6]>().prop_map(MacAddress),
        (0u8..8).prop_map(|last| MacAddress([0, 0, 0x5e, 0, 0x53, last])),
        pick(vec![MacAddress::MIN, MacAddress::MAX]),
    ]
}

pub(crate) fn helpers() -> impl Strategy<Value = HelperName> {
    "[a-zA-Z0-9_.-]{1,15}".prop_filter_map("nft takes it for a number", |name| HelperName::new(&name).ok())
}

/// Numbers that need 64 bits, and such that do not.
pub(crate) fn bytes() -> impl Strategy<Value = u64> + Clone {
    prop_oneof![any::<u64>(), 0u64..2000, pick(vec![0, u64::MAX, 1 << 63, (1 << 63) - 1])]
}

/// Priorities with and without names of their own.
pub(crate) fn priorities() -> impl Strategy<Value = u32> + Clone {
    prop_oneof![any::<u32>(), 0u32..32, pick(vec![0, u32::MAX, 0x1_0000, 0x1_0010])]
}

/// Limits near the smallest and the greatest numbers, and of whole multiples of nft's units.
pub(crate) fn limits() -> impl Strategy<Value = Limit> + Clone {
    let rates = || prop_oneof![1u64..50, any::<u64>().prop_map(|n| n >> 1), 0u64..1 << 40];
    let multiples = || (1u64..3000, 0u32..3).prop_map(|(number, power)| number << (10 * power));
    let bursts = || prop_oneof![0u32..50, any::<u32>(), (0u32..300).prop_map(|number| number << 10)];
    let pers = || pick(LimitPer::ALL);
    let limits = prop_oneof![
        (rates(), pers(), bursts()).prop_map(|(rate, per, burst)| Limit::packets(rate, per, burst)),
        (rates(), pers(), bursts()).prop_map(|(rate, per, burst)| Limit::bytes(rate, per, burst)),
        (multiples(), pers(), bursts()).prop_map(|(rate, per, burst)| Limit::bytes(rate, per, burst)),
    ];
    (limits, any::<bool>()).prop_filter_map("the kernel could not count so", |(limit, over)| {
        limit.ok().map(|limit| if over { limit.over() } else { limit })
    })
}

pub(crate) fn seconds() -> impl Strategy<Value = SecondOfDay> + Clone {
    prop_oneof![0u32..86_400, (0u32..1440).prop_map(|minute| minute * 60), pick(vec![0, 1, 86_398, 86_399])]
        .prop_map(|second| SecondOfDay::new(second).unwrap())
}

/// Single values, neighbours, prefixes where there are any, and arbitrary ranges.
pub(crate) fn intervals<P: Point + 'static>(
    points: impl Strategy<Value = P> + Clone + 'static,
) -> BoxedStrategy<Interval<P>> {
    let single = points.clone().prop_map(Interval::from);
    let prefix = (points.clone(), 0u8..=128)
        .prop_map(|(point, length)| P::prefix(point, length).unwrap_or_else(|| Interval::from(point)));
    let range = (points.clone(), points).prop_map(|(a, b)| Interval::new(a.min(b), a.max(b)).unwrap());
    prop_oneof![3 => single, 2 => prefix, 1 => range].boxed()
}
