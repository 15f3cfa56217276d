//! What holds for every state.

use crate::host::{apply, assert_same, changes_to, lines, listing, observe, target, with_two_cables};
use crate::objects::{addr, device, net};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rosc_route::{
    Address, Bridge, Centiseconds, DuplicateDetection, Family, FwMark, Link, LinkKind, MacAddress, NextHop,
    NextHops, Route, RouteKind, Rule, RuleAction, State, Weight,
};
use rosc_target::{Origin, Target};
use std::num::NonZeroU32;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_observed_after_apply_is_what_was_asked_for(first in state(), second in state()) {
        with_two_cables(|| {
            for desired in [first, second] {
                apply(&desired);
                let observed = observe().state;
                assert_eq!(observed, desired.clone().owned());
                assert_eq!(lines(&changes_to(&desired)), "");
            }
        });
    }

    #[test]
    fn undo_restores_everything_however_far_apply_came(
        first in state(),
        second in state(),
        share in 0.0..=1.0,
    ) {
        with_two_cables(|| {
            apply(&first);
            let before = listing();
            let changes = changes_to(&second);
            let mut target = target();
            target.stop_after(Some((changes.len() as f64 * share) as usize));
            let _stopped = target.apply(&changes);
            target.stop_after(None);
            target.undo(&changes).expect("nothing stands in the way of undo");
            assert_same(&listing(), &before);
            target.undo(&changes).expect("undo can be repeated");
            assert_same(&listing(), &before);
        });
    }
}

/// Any state, less what contradicts something else in it.
fn state() -> impl Strategy<Value = State> {
    (vec(bridge(), 0..3), vec(address(), 0..8), vec(route(), 0..24), vec(rule(), 0..12)).prop_map(
        |(mut links, mut addresses, mut routes, rules)| {
            let mut next = 0;
            let mut numbered = || {
                next += 1;
                Origin { file: 1, start: next, end: next }
            };
            links.iter_mut().for_each(|link| link.origin = numbered());
            addresses.iter_mut().for_each(|address| address.origin = numbered());
            routes.iter_mut().for_each(|route| route.origin = numbered());
            let state = State::new(links.clone(), addresses.clone(), routes.clone(), rules.clone());
            let Err(errors) = state else { return state.expect("checked") };
            let is_right = |origin: Origin| errors.iter().all(|error| !error.origin.is_same_place(origin));
            links.retain(|link| is_right(link.origin));
            addresses.retain(|address| is_right(address.origin));
            routes.retain(|route| is_right(route.origin));
            State::new(links, addresses, routes, rules).expect("the errors are gone")
        },
    )
}

fn bridge() -> impl Strategy<Value = Link> {
    let name = select(vec!["br0", "br1"]);
    let times = (1u32..1000, 2u32..30);
    (name, times, any::<u16>(), any::<bool>(), any::<bool>(), 1300u32..1500).prop_map(
        |(name, (ageing, delay), priority, stp, multicast_snooping, mtu)| Link {
            origin: Origin::IMPLIED,
            name: device(name),
            kind: LinkKind::Bridge(Bridge {
                mac: Some(MacAddress([2, 0, 0, 0, 0, 1])),
                mtu: Some(mtu),
                stp,
                ageing_time: Centiseconds::from_secs(ageing),
                forward_delay: Centiseconds::from_secs(delay),
                priority,
                multicast_snooping,
            }),
            master: None,
        },
    )
}

/// Addresses on top of those that the devices have, some of one subnet.
fn address() -> impl Strategy<Value = Address> {
    let local = select(vec![
        ("10.0.1.1", 24, None),
        ("10.0.1.2", 24, None),
        ("10.0.1.3", 24, None),
        ("10.0.2.1", 32, None),
        ("10.0.3.1", 31, None),
        ("10.0.4.1", 30, Some("10.0.5.1")),
        ("2001:db8:2::1", 64, None),
        ("2001:db8:2::1", 48, None),
        ("2001:db8:3::1", 128, Some("2001:db8:3::2")),
    ]);
    (local, select(vec!["eth0", "eth1", "lo"])).prop_map(|((local, prefix_len, peer), name)| Address {
        origin: Origin::IMPLIED,
        device: device(name),
        local: addr(local),
        prefix_len,
        peer: peer.map(addr),
        duplicate_detection: DuplicateDetection::Skip,
    })
}

fn route() -> impl Strategy<Value = Route> {
    prop_oneof![
        route_of(
            vec!["0.0.0.0/0", "203.0.113.0/24", "203.0.113.77/28", "203.0.113.1/32"],
            vec!["192.0.2.1", "198.51.100.1"],
            vec![
                (Some("192.0.2.8"), "eth0", false),
                (Some("192.0.2.9"), "eth0", false),
                (Some("198.51.100.9"), "eth1", false),
                (Some("203.0.113.254"), "eth1", true),
                (Some("2001:db8::9"), "eth0", false),
                (None, "eth0", false),
                (None, "eth1", false),
            ],
        ),
        route_of(
            vec!["::/0", "2001:db8:f::/48", "2001:db8:f::1/128"],
            vec!["2001:db8::1", "2001:db8:1::1"],
            vec![
                (Some("2001:db8::8"), "eth0", false),
                (Some("2001:db8::9"), "eth0", false),
                (Some("2001:db8:1::9"), "eth1", false),
                (Some("2001:db8:e::9"), "eth1", true),
            ],
        ),
    ]
}

fn route_of(
    destinations: Vec<&'static str>,
    sources: Vec<&'static str>,
    next_hops: Vec<(Option<&'static str>, &'static str, bool)>,
) -> impl Strategy<Value = Route> {
    let next_hop = (select(next_hops), 1u16..=256).prop_map(|((gateway, name, onlink), weight)| NextHop {
        gateway: gateway.map(addr),
        device: device(name),
        onlink,
        weight: Weight::new(weight).expect("in range"),
    });
    let unicast = vec(next_hop, 1..4).prop_filter_map("too heavy", |next_hops| NextHops::new(next_hops).ok());
    let kind = prop_oneof![
        6 => unicast.prop_map(RouteKind::Unicast),
        1 => Just(RouteKind::Blackhole),
        1 => Just(RouteKind::Unreachable),
        1 => Just(RouteKind::Prohibit),
    ];
    let table = select(vec![254, 100, 70_000]);
    let metric = select(vec![1, 1024, u32::MAX]);
    (select(destinations), table, metric, option::of(select(sources)), kind).prop_map(
        |(destination, table, metric, source, kind)| Route {
            origin: Origin::IMPLIED,
            table,
            destination: net(destination),
            metric: NonZeroU32::new(metric).expect("not zero"),
            preferred_source: source.map(addr),
            kind,
        },
    )
}

/// Rules that the kernel's own look-up of a gateway does not meet: they would decide whether it accepts a
/// route whose gateway is not on-link.
fn rule() -> impl Strategy<Value = Rule> {
    let family = prop_oneof![Just(Family::Ipv4), Just(Family::Ipv6)];
    let from = option::of(select(vec![("192.0.2.0/25", "2001:db8::/32"), ("10.0.0.7/8", "::/0")]));
    let to = option::of(select(vec![("203.0.113.1/32", "2001:db8:f::1/128"), ("0.0.0.0/0", "::/0")]));
    let iif = select(vec!["eth0", "eth1", "absent0"]);
    let mark = select(vec![(0, 0xff), (1, 0xff), (0x1ff, 0xff), (7, u32::MAX)]);
    let suppress = option::of(0u8..=32);
    let action = prop_oneof![
        4 => (select(vec![254u32, 100, 70_000]), suppress)
            .prop_map(|(table, suppress_prefixlength)| RuleAction::Lookup { table, suppress_prefixlength }),
        1 => Just(RuleAction::Unreachable),
        1 => Just(RuleAction::Blackhole),
        1 => Just(RuleAction::Prohibit),
    ];
    (family, from, to, iif, option::of(mark), action).prop_map(|(family, from, to, iif, mark, action)| {
        let of_family = |(ipv4, ipv6)| match family {
            Family::Ipv4 => net(ipv4),
            Family::Ipv6 => net(ipv6),
        };
        Rule {
            origin: Origin::IMPLIED,
            family,
            from: from.map(of_family),
            to: to.map(of_family),
            iif: Some(device(iif)),
            fwmark: mark.map(|(value, mask)| FwMark { value, mask }),
            action,
        }
    })
}
