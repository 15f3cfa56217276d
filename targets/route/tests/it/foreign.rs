//! Objects of others.

use crate::host::{apply, assert_same, changes_to, ip, lines, listing, observe, with_two_cables};
use crate::objects::{
    addr, address, addresses, bridge, existing, links, lookup, port, route, routes, rule, rules, state, via,
};
use rosc_route::{Comparison, DeviceName, Route, RouteKind, Satisfied, State, compare};
use rosc_target::Conflict;

fn comparison(desired: &State) -> Comparison {
    compare(desired, &observe())
}

/// What stands in the way, as `wanted | foreign`.
fn conflicts(desired: &State) -> Vec<String> {
    let describe = |Conflict { wanted, foreign, .. }| format!("{wanted} | {foreign}");
    comparison(desired).conflicts.into_iter().map(describe).collect()
}

fn satisfied(desired: &State) -> Vec<String> {
    comparison(desired).satisfied.into_iter().map(|Satisfied { object, .. }| object).collect()
}

#[test]
fn another_route_of_the_same_key_is_a_conflict() {
    with_two_cables(|| {
        ip("route add 10.0.0.0/8 via 192.0.2.8 metric 1 proto static");
        ip("route add blackhole 2001:db8:8::/48 metric 1 proto bgp");
        let desired =
            routes([via("10.0.0.0/8", "192.0.2.9", "eth0"), via("2001:db8:8::/48", "2001:db8::9", "eth0")]);
        assert_eq!(
            conflicts(&desired),
            [
                "route 10.0.0.0/8 metric 1 via 192.0.2.9 dev eth0 | \
                 route 10.0.0.0/8 table 254 metric 1 via 192.0.2.8 dev eth0 proto 4",
                "route 2001:db8:8::/48 metric 1 via 2001:db8::9 dev eth0 | \
                 route blackhole 2001:db8:8::/48 table 254 metric 1 dev lo proto 186",
            ]
        );
        assert_eq!(lines(&comparison(&desired).changes), "");
    });
}

#[test]
fn a_route_that_someone_put_before_ours_is_not_replaced() {
    with_two_cables(|| {
        apply(&routes([via("10.0.0.0/8", "192.0.2.9", "eth0")]));
        ip("route prepend 10.0.0.0/8 via 192.0.2.7 metric 1");
        let desired = routes([via("10.0.0.0/8", "192.0.2.8", "eth0")]);
        assert_eq!(
            conflicts(&desired),
            ["route 10.0.0.0/8 metric 1 via 192.0.2.8 dev eth0 | \
              route 10.0.0.0/8 table 254 metric 1 via 192.0.2.7 dev eth0 proto 3"]
        );
        apply(&State::default());
        assert!(ip("route show 10.0.0.0/8").contains("192.0.2.7"));
    });
}

#[test]
fn the_same_route_by_someone_else_satisfies() {
    with_two_cables(|| {
        ip("route add 10.0.0.0/8 via 192.0.2.9 metric 1");
        let desired = routes([via("10.0.0.0/8", "192.0.2.9", "eth0")]);
        assert_eq!(satisfied(&desired), ["route 10.0.0.0/8 metric 1 via 192.0.2.9 dev eth0"]);
        assert_eq!(lines(&changes_to(&desired)), "");
    });
}

#[test]
fn a_route_with_our_mark_that_we_can_not_have_made_is_foreign() {
    with_two_cables(|| {
        ip("route add 10.0.0.0/8 via 192.0.2.9 metric 1 proto 200 mtu 1400");
        ip("route add 10.1.0.0/16 via 192.0.2.9 metric 1 proto 200 tos 4");
        ip("rule add from 10.0.0.0/8 tos 4 lookup 100 preference 11000 protocol 200");
        ip("rule add from 10.0.0.0/8 lookup 100 preference 40000 protocol 200");
        assert_eq!(lines(&changes_to(&State::default())), "");
        assert_eq!(conflicts(&routes([via("10.0.0.0/8", "192.0.2.9", "eth0")])).len(), 1);
        // The type of service is part of the key.
        assert!(conflicts(&routes([via("10.1.0.0/16", "192.0.2.9", "eth0")])).is_empty());
    });
}

#[test]
fn the_same_address_by_someone_else_satisfies() {
    with_two_cables(|| {
        let desired = addresses([address("eth0", "192.0.2.1/24"), address("eth0", "2001:db8::1/64")]);
        assert_eq!(
            satisfied(&desired),
            ["address 192.0.2.1/24 dev eth0", "address 2001:db8::1/64 dev eth0 nodad"]
        );
        assert_eq!(lines(&changes_to(&desired)), "");
    });
}

#[test]
fn the_same_ipv6_address_with_another_prefix_is_a_conflict() {
    with_two_cables(|| {
        let desired = addresses([address("eth0", "2001:db8::1/48")]);
        assert_eq!(
            conflicts(&desired),
            ["address 2001:db8::1/48 dev eth0 nodad | address 2001:db8::1/64 dev eth0 nodad"]
        );
    });
}

#[test]
fn a_device_with_the_name_of_our_bridge_is_a_conflict() {
    with_two_cables(|| {
        ip("link add br0 type bridge");
        let conflicts = conflicts(&links([bridge("br0"), bridge("eth0")]));
        let foreign: Vec<_> =
            conflicts.iter().filter_map(|text| text.split_once(" | ")).map(|(_, foreign)| foreign).collect();
        assert_eq!(
            foreign,
            ["link br0 is a bridge that rosc did not make", "link eth0 is a veth that rosc did not make"]
        );
    });
}

#[test]
fn a_device_in_a_foreign_bridge_is_a_conflict_or_satisfies() {
    with_two_cables(|| {
        ip("link add br7 type bridge");
        ip("link set eth0 master br7");
        assert_eq!(
            conflicts(&links([bridge("br0"), port("eth0", "br0")])),
            ["link eth0 master br0 | link eth0 master br7, which is not of rosc's making"]
        );
        let desired = links([port("eth0", "br7")]);
        assert_eq!(satisfied(&desired), ["link eth0 master br7"]);
        assert_eq!(lines(&changes_to(&desired)), "");
    });
}

#[test]
fn missing_devices_are_conflicts() {
    with_two_cables(|| {
        let desired = state(
            [existing("wan1"), port("eth0", "br9")],
            [address("wan2", "203.0.113.1/24")],
            [via("10.0.0.0/8", "192.0.2.9", "wan3")],
            [rule("wan4", lookup(100))],
        );
        assert_eq!(
            conflicts(&desired),
            [
                "link eth0 master br9 | there is no device `br9`",
                "link wan1 | there is no device `wan1`",
                "address 203.0.113.1/24 dev wan2 | there is no device `wan2`",
                "route 10.0.0.0/8 metric 1 via 192.0.2.9 dev wan3 | there is no device `wan3`",
            ]
        );
    });
}

#[test]
fn an_address_that_is_the_source_of_a_foreign_route_stays() {
    with_two_cables(|| {
        apply(&addresses([address("eth0", "203.0.113.1/24"), address("eth0", "2001:db8:2::1/64")]));
        ip("route add 10.0.0.0/8 via 192.0.2.9 src 203.0.113.1 metric 5");
        ip("route add 2001:db8:8::/48 via 2001:db8::9 src 2001:db8:2::1 metric 5");
        assert_eq!(
            conflicts(&State::default()),
            [
                "address delete 2001:db8:2::1/64 dev eth0 nodad | route 2001:db8:8::/48 table 254 metric 5 \
                 via 2001:db8::9 dev eth0 src 2001:db8:2::1 proto 3 depends on it",
                "address delete 203.0.113.1/24 dev eth0 | route 10.0.0.0/8 table 254 metric 5 \
                 via 192.0.2.9 dev eth0 src 203.0.113.1 proto 3 depends on it",
            ]
        );
    });
}

#[test]
fn the_last_address_of_a_device_with_foreign_routes_stays() {
    with_two_cables(|| {
        ip("address flush dev eth0");
        apply(&addresses([address("eth0", "203.0.113.1/24"), address("eth0", "10.8.0.1/24")]));
        ip("route add 10.0.0.0/8 via 203.0.113.9 table 77");
        // One of two may go: the kernel keeps routes as long as the device has an address.
        let desired = addresses([address("eth0", "10.8.0.1/24")]);
        assert_eq!(lines(&changes_to(&desired)), "address delete 203.0.113.1/24 dev eth0\n");
        let conflicts = conflicts(&State::default());
        assert_eq!(conflicts.len(), 2, "{conflicts:?}");
        assert!(conflicts.iter().all(|text| text.contains("table 77 via 203.0.113.9 dev eth0 proto 3")));
    });
}

#[test]
fn a_bridge_that_someone_else_uses_stays() {
    for use_it in [
        "address add 203.0.113.1/24 dev br0",
        "route add 10.0.0.0/8 dev br0",
        "link set eth0 master br0",
        "link add mac0 link br0 type macvlan",
    ] {
        with_two_cables(|| {
            apply(&links([bridge("br0")]));
            ip(use_it);
            let conflicts = conflicts(&State::default());
            assert!(
                matches!(&conflicts[..], [one] if one.starts_with("link delete br0 | ")),
                "{conflicts:?}"
            );
        });
    }
}

#[test]
fn preferences_of_foreign_rules_are_not_used() {
    with_two_cables(|| {
        ip("rule add from 10.0.0.0/8 lookup 7 preference 11000");
        ip("-6 rule add from 2001:db8::/32 lookup 7 preference 11010");
        let changes = apply(&rules([rule("eth0", lookup(100)), rule("eth1", lookup(100))]));
        assert_eq!(
            lines(&changes),
            "rule add from all iif eth0 lookup 100 preference 11001\n\
             rule add from all iif eth1 lookup 100 preference 11010\n"
        );
    });
}

#[test]
fn nothing_foreign_changes_in_an_apply() {
    with_two_cables(|| {
        ip("link add br7 type bridge");
        ip("address add 203.0.113.5/24 dev eth0");
        ip("route add 10.0.0.0/8 via 192.0.2.9 metric 5");
        ip("rule add from 10.0.0.0/8 lookup 7 preference 12000");
        let before = listing();
        let desired = state(
            [bridge("br0"), existing("eth0")],
            [address("eth0", "203.0.113.1/24")],
            [
                via("10.0.0.0/8", "192.0.2.8", "eth0"),
                Route { table: 100, ..route("0.0.0.0/0", RouteKind::Prohibit) },
            ],
            [rule("eth0", lookup(100))],
        );
        apply(&desired);
        apply(&State::default());
        assert_same(&listing(), &before);
    });
}

#[test]
fn the_devices_of_the_host_are_told_with_their_addresses() {
    with_two_cables(|| {
        let observed = observe();
        let names: Vec<_> = observed.devices.iter().map(|device| device.name.as_str()).collect();
        assert_eq!(names, ["eth0", "eth1", "far0", "far1", "lo"]);
        let eth0 = DeviceName::new("eth0").expect("a name");
        let locals: Vec<_> = observed.addresses_of(&eth0).map(|observed| observed.address.local).collect();
        assert_eq!(locals, [addr("192.0.2.1"), addr("2001:db8::1")]);
        let device = observed.device(&eth0).expect("it is there");
        assert_eq!((device.kind.as_deref(), device.state.up, device.mtu), (Some("veth"), true, 1500));
    });
}
