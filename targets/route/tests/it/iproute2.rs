//! A state in the words of `ip`.

use crate::host::{apply, assert_same, ip_batch, listing, with_two_cables};
use crate::objects::{
    addr, address, bridge, device, existing, lookup, metric, multipath, net, port, route, rule, state, via,
};
use rosc_route::{
    Address, Family, FwMark, NextHop, Route, RouteKind, Rule, RuleAction, State, Weight, batch_lines,
};
use std::sync::Mutex;

fn everything() -> State {
    let onlink = NextHop { onlink: true, ..NextHop::via(addr("10.66.0.9"), device("eth1")) };
    let heavy = NextHop {
        weight: Weight::new(3).expect("a weight"),
        ..NextHop::via(addr("2001:db8::9"), device("eth0"))
    };
    let peer = Some(addr("203.0.113.9"));
    let ipv6 = Rule { family: Family::Ipv6, ..rule("eth0", lookup(100)) };
    state(
        [bridge("br0"), port("eth1", "br0"), existing("eth0")],
        [
            address("br0", "10.8.0.1/24"),
            Address { peer, ..address("eth0", "10.9.0.1/32") },
            address("eth0", "2001:db8:2::1/64"),
        ],
        [
            Route { table: 70_000, ..via("0.0.0.0/0", "192.0.2.9", "eth0") },
            multipath("10.0.0.0/8", [onlink, heavy]),
            Route { preferred_source: Some(addr("10.8.0.1")), ..via("10.1.0.0/16", "192.0.2.9", "eth0") },
            Route { metric: metric(u32::MAX), ..route("10.2.0.0/16", RouteKind::Prohibit) },
            route("10.2.0.0/16", RouteKind::Unreachable),
            Route { table: 100, ..route("::/0", RouteKind::Blackhole) },
            Route { table: 100, metric: metric(2), ..via("::/0", "2001:db8::9", "eth0") },
        ],
        [
            Rule { fwmark: Some(FwMark { value: 1, mask: 0xff }), iif: None, ..rule("lo", lookup(100)) },
            Rule {
                from: Some(net("192.0.2.0/24")),
                to: Some(net("10.0.0.0/8")),
                ..rule("eth0", lookup(70_000))
            },
            rule("eth0", RuleAction::Lookup { table: 254, suppress_prefixlength: Some(0) }),
            rule("eth0", RuleAction::Unreachable),
            Rule { from: Some(net("2001:db8::/32")), ..ipv6.clone() },
            Rule { action: RuleAction::Blackhole, ..ipv6.clone() },
            Rule { action: RuleAction::Prohibit, iif: None, to: Some(net("2001:db8:9::/48")), ..ipv6 },
        ],
    )
}

#[test]
fn what_ip_makes_of_a_state_is_what_apply_makes_of_it() {
    let applied = Mutex::new(String::new());
    with_two_cables(|| {
        apply(&everything());
        *applied.lock().expect("no one panicked") = listing();
    });
    with_two_cables(|| {
        for (option, family) in [("-4", Family::Ipv4), ("-6", Family::Ipv6)] {
            ip_batch(option, &batch_lines(&everything(), family));
        }
        // Only the mark of the port is missing.
        let comparable = |listing: &str| {
            let unmarked = listing.lines().filter(|line| !line.starts_with("link eth1"));
            unmarked.collect::<Vec<_>>().join("\n")
        };
        let applied = applied.lock().expect("no one panicked");
        assert_same(&comparable(&listing()), &comparable(&applied));
    });
}

#[test]
fn links_come_with_ipv4_and_devices_before_what_is_on_them() {
    let lines = batch_lines(&everything(), Family::Ipv4);
    assert_eq!(
        lines.get(..5).expect("five lines"),
        [
            "link add name br0 group 200 address 02:00:00:00:00:01 mtu 1500 type bridge stp_state 0 \
             ageing_time 30000 forward_delay 1500 priority 32768 mcast_snooping 1",
            "link set dev br0 up",
            "link set dev eth0 up",
            "link set dev eth1 master br0 up",
            "address add 10.8.0.1/24 dev br0 broadcast 10.8.0.255",
        ]
    );
    assert!(batch_lines(&everything(), Family::Ipv6).iter().all(|line| !line.starts_with("link")));
}
