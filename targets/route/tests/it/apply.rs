//! What the kernel has after an apply.

use crate::host::{apply, changes_to, ip, lines, observe, target, with_two_cables};
use crate::objects::{
    addr, address, addresses, bridge, device, direct, existing, links, lookup, metric, multipath, net, port,
    routes, rule, rules, state, via,
};
use rosc_route::{
    Address, Bridge, Change, DuplicateDetection, Link, LinkKind, NextHop, Route, Rule, RuleAction, State,
};
use rosc_target::Target;

#[test]
fn a_bridge_is_up_and_marked() {
    with_two_cables(|| {
        apply(&links([bridge("br0")]));
        let listed = ip("-o link show group 200");
        assert!(listed.contains("br0: <") && listed.contains("UP"), "{listed}");
        apply(&State::default());
        assert_eq!(ip("link show group 200"), "");
    });
}

#[test]
fn a_bridge_keeps_the_mtu_that_it_was_given_when_a_port_joins() {
    with_two_cables(|| {
        let kind = LinkKind::Bridge(Bridge { mtu: Some(1400), ..Bridge::default() });
        apply(&links([Link { kind, ..bridge("br0") }, port("eth0", "br0")]));
        assert!(ip("link show br0").contains("mtu 1400"));
        assert!(ip("link show eth0").contains("mtu 1500"));
    });
}

#[test]
fn a_port_joins_and_leaves_and_foreign_ports_stay() {
    with_two_cables(|| {
        apply(&links([bridge("br0"), port("eth0", "br0")]));
        ip("link set eth1 master br0");
        apply(&links([bridge("br0"), existing("eth0")]));
        assert!(!ip("link show eth0").contains("br0"));
        assert!(!ip("link show eth0").contains("altname"));
        assert!(ip("link show eth1").contains("master br0"));
    });
}

#[test]
fn a_port_moves_to_another_bridge() {
    with_two_cables(|| {
        apply(&links([bridge("br0"), bridge("br1"), port("eth0", "br0")]));
        let desired = links([bridge("br1"), port("eth0", "br1")]);
        apply(&desired);
        assert!(ip("link show eth0").contains("master br1"));
        assert_eq!(observe().state, desired);
    });
}

#[test]
fn a_device_that_is_used_is_set_up_and_stays_up() {
    with_two_cables(|| {
        ip("link set eth0 down");
        apply(&links([existing("eth0")]));
        assert!(ip("link show eth0").contains(",UP"));
        assert_eq!(lines(&changes_to(&State::default())), "");
    });
}

#[test]
fn a_bridge_gets_its_address_and_routes_in_the_apply_that_makes_it() {
    with_two_cables(|| {
        let desired = state(
            [bridge("br0"), port("eth1", "br0")],
            [address("br0", "203.0.113.1/24"), address("br0", "2001:db8:2::1/64")],
            [via("10.0.0.0/8", "203.0.113.9", "br0"), via("2001:db8:8::/48", "2001:db8:2::9", "br0")],
            [],
        );
        apply(&desired);
        assert_eq!(observe().state, desired);
    });
}

#[test]
fn an_ipv6_address_can_be_the_source_of_a_route_at_once() {
    with_two_cables(|| {
        let source = Some(addr("2001:db8:2::1"));
        let sourced = Route { preferred_source: source, ..via("2001:db8:8::/48", "2001:db8::9", "eth0") };
        let desired = state([], [address("eth0", "2001:db8:2::1/64")], [sourced], []);
        apply(&desired);
        assert_eq!(observe().state, desired);
    });
}

#[test]
fn an_ipv6_address_gets_another_prefix_and_its_routes_keep_their_source() {
    with_two_cables(|| {
        let source = Some(addr("2001:db8:2::1"));
        let sourced = Route { preferred_source: source, ..via("2001:db8:8::/48", "2001:db8::9", "eth0") };
        apply(&state([], [address("eth0", "2001:db8:2::1/64")], [sourced.clone()], []));
        let desired = state([], [address("eth0", "2001:db8:2::1/48")], [sourced], []);
        apply(&desired);
        assert_eq!(observe().state, desired);
    });
}

#[test]
fn an_ipv6_address_moves_to_another_device_and_routes_keep_it_as_source() {
    with_two_cables(|| {
        let source = Some(addr("2001:db8:2::1"));
        let sourced = Route { preferred_source: source, ..via("2001:db8:8::/48", "2001:db8::9", "eth0") };
        apply(&state([], [address("eth0", "2001:db8:2::1/64")], [sourced.clone()], []));
        let desired = state([], [address("eth1", "2001:db8:2::1/64")], [sourced], []);
        apply(&desired);
        assert_eq!(observe().state, desired);
    });
}

#[test]
fn an_ipv6_address_can_be_excused_from_duplicate_detection_later() {
    with_two_cables(|| {
        let skipping = address("eth0", "2001:db8:2::1/64");
        let performing = Address { duplicate_detection: DuplicateDetection::Perform, ..skipping.clone() };
        apply(&addresses([performing]));
        let changes = apply(&addresses([skipping.clone()]));
        assert_eq!(lines(&changes), "address replace 2001:db8:2::1/64 dev eth0 nodad\n");
        assert_eq!(observe().state, addresses([skipping]));
    });
}

#[test]
fn a_subnet_survives_the_change_of_its_primary_address() {
    with_two_cables(|| {
        let outward = via("10.0.0.0/8", "203.0.113.9", "eth0");
        let routes = [outward, direct("10.1.0.0/16", "eth0")];
        ip("address flush dev eth0");
        apply(&state([], [address("eth0", "203.0.113.1/24")], routes.clone(), []));
        ip("address add 203.0.113.3/24 dev eth0");
        let desired = state([], [address("eth0", "203.0.113.2/24")], routes, []);
        apply(&desired);
        assert_eq!(observe().state, desired);
        assert!(ip("address show eth0").contains("203.0.113.3/24"), "a foreign address went along");
        assert_eq!(read("/proc/sys/net/ipv4/conf/eth0/promote_secondaries"), "0\n");
    });
}

#[test]
fn routes_without_a_gateway_outlive_the_last_address_of_their_device() {
    with_two_cables(|| {
        ip("address flush dev eth0");
        let direct = Route { table: 100, ..direct("10.1.0.0/16", "eth0") };
        apply(&state([], [address("eth0", "203.0.113.1/24")], [direct.clone()], []));
        let changes = apply(&routes([direct.clone()]));
        assert_eq!(
            lines(&changes),
            "address delete 203.0.113.1/24 dev eth0\n\
             route replace 10.1.0.0/16 table 100 metric 1 dev eth0\n"
        );
        assert_eq!(observe().state, routes([direct]));
    });
}

#[test]
fn a_route_may_depend_on_a_route_without_a_gateway() {
    with_two_cables(|| {
        let inner = Route { table: 100, ..via("0.0.0.0/0", "203.0.113.9", "eth0") };
        let desired = routes([inner, direct("203.0.113.0/24", "eth0")]);
        apply(&desired);
        assert_eq!(observe().state, desired);
    });
}

#[test]
fn an_onlink_gateway_is_accepted_whatever_the_rules_say() {
    with_two_cables(|| {
        ip("rule add unreachable preference 5");
        ip("-6 rule add unreachable preference 5");
        let gateways = [("0.0.0.0/0", "192.0.2.9"), ("2001:db8:8::/48", "2001:db8::9")];
        for (destination, gateway) in gateways {
            let next_hop = NextHop::via(addr(gateway), device("eth0"));
            let unicast = |onlink| Route {
                table: 100,
                ..multipath(destination, [NextHop { onlink, ..next_hop.clone() }])
            };
            target().apply(&changes_to(&routes([unicast(false)]))).expect_err("the rule is in the way");
            apply(&routes([unicast(true)]));
            assert_eq!(observe().state, routes([unicast(true)]));
        }
    });
}

#[test]
fn a_route_of_another_metric_is_there_before_the_old_one_goes() {
    with_two_cables(|| {
        apply(&routes([via("0.0.0.0/0", "192.0.2.9", "eth0")]));
        let changes = apply(&routes([Route { metric: metric(2), ..via("0.0.0.0/0", "192.0.2.9", "eth0") }]));
        assert_eq!(
            lines(&changes),
            "route add default metric 2 via 192.0.2.9 dev eth0\n\
             route delete default metric 1 via 192.0.2.9 dev eth0\n"
        );
    });
}

#[test]
fn a_rule_in_the_middle_moves_no_other() {
    with_two_cables(|| {
        let (first, last) = (rule("eth0", lookup(100)), rule("eth1", lookup(100)));
        apply(&rules([first.clone(), last.clone()]));
        let changes = apply(&rules([first, rule("far0", lookup(101)), last]));
        assert_eq!(lines(&changes), "rule add from all iif far0 lookup 101 preference 11005\n");
    });
}

#[test]
fn rules_keep_their_order_through_any_number_of_insertions() {
    with_two_cables(|| {
        let mut wanted = vec![rule("eth0", lookup(1)), rule("eth0", lookup(2))];
        apply(&rules(wanted.clone()));
        for table in 3..30 {
            wanted.insert(1, rule("eth0", lookup(table)));
            let changes = apply(&rules(wanted.clone()));
            assert!(changes.len() < 2 * wanted.len());
            assert_eq!(observe().state.rules(), wanted);
        }
    });
}

#[test]
fn a_refusal_that_guards_a_lookup_comes_first_and_goes_last() {
    with_two_cables(|| {
        let guarded =
            [rule("eth0", lookup(100)), rule("eth0", RuleAction::Unreachable), rule("eth1", lookup(101))];
        assert_eq!(
            lines(&apply(&rules(guarded))),
            "rule add from all iif eth0 unreachable preference 11010\n\
             rule add from all iif eth0 lookup 100 preference 11000\n\
             rule add from all iif eth1 lookup 101 preference 11020\n"
        );
        assert_eq!(
            lines(&apply(&State::default())),
            "rule delete from all iif eth1 lookup 101 preference 11020\n\
             rule delete from all iif eth0 lookup 100 preference 11000\n\
             rule delete from all iif eth0 unreachable preference 11010\n"
        );
    });
}

#[test]
fn changes_come_in_an_order_that_is_safe_for_traffic() {
    with_two_cables(|| {
        let from = |net_: &str, action| Rule { from: Some(net(net_)), ..rule("eth1", action) };
        apply(&state(
            [bridge("br0"), port("eth1", "br0")],
            [address("br0", "203.0.113.1/24")],
            [
                via("0.0.0.0/0", "203.0.113.9", "br0"),
                Route { table: 100, ..via("0.0.0.0/0", "203.0.113.9", "br0") },
            ],
            [from("10.1.0.0/16", lookup(100))],
        ));
        let to_both =
            [NextHop::via(addr("192.0.2.9"), device("eth0")), NextHop::via(addr("10.2.0.9"), device("eth0"))];
        let changes = changes_to(&state(
            [bridge("br1"), existing("far1")],
            [address("eth0", "10.2.0.1/24")],
            [
                multipath("0.0.0.0/0", to_both),
                Route { table: 101, ..via("0.0.0.0/0", "192.0.2.9", "eth0") },
                direct("10.3.0.0/16", "eth0"),
            ],
            [from("10.1.0.0/16", lookup(101))],
        ));
        assert_eq!(
            lines(&changes),
            "link add br1 address 02:00:00:00:00:01 mtu 1500 type bridge stp_state 0 ageing_time 30000 forward_delay 1500 priority 32768 mcast_snooping 1\n\
             address add 10.2.0.1/24 dev eth0\n\
             route add 10.3.0.0/16 metric 1 dev eth0\n\
             route add default table 101 metric 1 via 192.0.2.9 dev eth0\n\
             route replace default metric 1 nexthop via 192.0.2.9 dev eth0 weight 1 nexthop via 10.2.0.9 dev eth0 weight 1\n\
             rule add from 10.1.0.0/16 iif eth1 lookup 101 preference 11001\n\
             rule delete from 10.1.0.0/16 iif eth1 lookup 100 preference 11000\n\
             route delete default table 100 metric 1 via 203.0.113.9 dev br0\n\
             address delete 203.0.113.1/24 dev br0\n\
             link set eth1 nomaster\n\
             link delete br0\n"
        );
        let phases: Vec<_> = changes.iter().map(Change::phase).collect();
        assert!(phases.is_sorted(), "{phases:?}");
    });
}

/// `/proc/sys/net` shows the namespace of the thread that reads.
fn read(path: &str) -> String {
    std::fs::read_to_string(path).expect("a readable setting")
}

/// The kernel asks its main table where the gateway is, and finds the route itself there or the one behind it.
#[test]
fn a_gateway_that_its_own_route_leads_to_is_taken() {
    with_two_cables(|| {
        let hop = NextHop { onlink: true, ..NextHop::via(addr("2001:db8:88::9"), device("eth0")) };
        let first = Route { metric: metric(257), ..multipath("2001:db8:88::/65", [hop]) };
        let second = Route { metric: metric(259), ..direct("2001:db8:88::/65", "eth1") };
        let desired = state(
            [existing("eth0"), existing("eth1")],
            [address("eth0", "2001:db8:88::1/64")],
            [second, first],
            [],
        );
        apply(&desired);
        assert_eq!(observe().state.routes(), desired.routes());
    });
    // Of a longer prefix.
    with_two_cables(|| {
        let hop = NextHop { onlink: true, ..NextHop::via(addr("2001:db8:88::9"), device("eth0")) };
        let [longer, shorter] = [multipath("2001:db8:88::9/128", [hop]), direct("2001:db8:88::/65", "eth1")];
        let own = address("eth0", "2001:db8:88::1/64");
        let desired = state([existing("eth0"), existing("eth1")], [own], [shorter, longer], []);
        apply(&desired);
        assert_eq!(observe().state.routes(), desired.routes());
    });
}
