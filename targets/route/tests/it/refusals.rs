//! What the kernel says when it refuses, and whom it blames.

use crate::host::{ip, target, with_two_cables};
use crate::objects::{addr, address, device, direct, line, lookup, multipath, route, rule, via};
use rosc_route::{Action, Address, Change, NextHop, PlacedRule, Route, RouteKind, RuleChange};
use rosc_target::{Target, TargetError};

fn refusal(change: Change) -> TargetError {
    target().apply(&[change]).expect_err("a refusal")
}

fn add(route: Route) -> Change {
    Change::Route(Action::Create(Route { origin: line(7), ..route }))
}

#[test]
fn a_refused_route_names_its_line_and_the_words_of_the_kernel() {
    with_two_cables(|| {
        let error = refusal(add(via("10.0.0.0/8", "203.0.113.9", "eth0")));
        assert!(error.origin.is_some_and(|origin| origin.is_same_place(line(7))));
        assert_eq!(
            error.to_string(),
            "add route 10.0.0.0/8 metric 1 via 203.0.113.9 dev eth0: Nexthop has invalid gateway"
        );
    });
}

#[test]
fn the_first_of_several_refused_changes_is_named() {
    with_two_cables(|| {
        let wrong = |destination: &str, number| Route {
            origin: line(number),
            ..via(destination, "203.0.113.9", "eth0")
        };
        let changes = [wrong("10.0.0.0/8", 3), wrong("10.1.0.0/16", 4)]
            .map(|route| Change::Route(Action::Create(route)));
        let error = target().apply(&changes).expect_err("a refusal");
        assert!(error.origin.is_some_and(|origin| origin.is_same_place(line(3))));
    });
}

#[test]
fn an_ipv6_gateway_that_no_route_reaches_has_no_words_but_an_error_number() {
    with_two_cables(|| {
        let error = refusal(add(via("2001:db8:8::/48", "2001:db8:9::9", "eth0")));
        assert_eq!((error.errno, error.message.as_str()), (Some(113), "No route to host"));
    });
}

#[test]
fn a_device_that_is_down_takes_no_route() {
    with_two_cables(|| {
        ip("link set eth0 down");
        let error = refusal(add(direct("10.0.0.0/8", "eth0")));
        assert_eq!(error.message, "Device for nexthop is not up");
    });
}

#[test]
fn a_source_must_be_an_address_of_the_router() {
    with_two_cables(|| {
        let source = Some(addr("203.0.113.1"));
        let error =
            refusal(add(Route { preferred_source: source, ..via("10.0.0.0/8", "192.0.2.9", "eth0") }));
        assert_eq!(error.message, "Invalid prefsrc address");
    });
}

#[test]
fn ipv6_knows_no_multipath_route_without_gateways() {
    with_two_cables(|| {
        let error = refusal(add(multipath(
            "2001:db8:8::/48",
            ["eth0", "eth1"].map(|name| NextHop::direct(device(name))),
        )));
        assert_eq!(error.message, "Device only routes can not be added for IPv6 using the multipath API.");
    });
}

#[test]
fn what_appeared_since_the_comparison_is_not_overwritten() {
    with_two_cables(|| {
        ip("route add 10.0.0.0/8 via 192.0.2.8 metric 1");
        let error = refusal(add(via("10.0.0.0/8", "192.0.2.9", "eth0")));
        assert_eq!((error.errno, error.message.as_str()), (Some(17), "File exists"));

        let error = refusal(Change::Address(Action::Create(address("eth0", "192.0.2.1/24"))));
        // Older kernels, 6.1 for one, have only the number to say here.
        assert!(["ipv4: Address already assigned", "File exists"].contains(&&*error.message), "{error:?}");
        assert_eq!(error.errno, Some(17));

        let placed = PlacedRule { preference: 11_000, rule: rule("eth0", lookup(100)) };
        let create = Change::Rule(RuleChange::Create(placed));
        target().apply(std::slice::from_ref(&create)).expect("a rule");
        assert_eq!(refusal(create).message, "File exists");
    });
}

#[test]
fn what_vanished_since_the_comparison_can_not_be_deleted() {
    with_two_cables(|| {
        let error = refusal(Change::Route(Action::Delete(via("10.0.0.0/8", "192.0.2.9", "eth0"))));
        assert_eq!((error.errno, error.message.as_str()), (Some(3), "No such process"));
        assert!(error.origin.is_none(), "no line asks for a deletion");

        let placed = PlacedRule { preference: 11_000, rule: rule("eth0", lookup(100)) };
        let error = refusal(Change::Rule(RuleChange::Delete(placed)));
        assert_eq!((error.errno, error.message.as_str()), (Some(2), "No such file or directory"));

        let error = refusal(Change::Address(Action::Delete(address("eth0", "203.0.113.1/24"))));
        let words = ["ipv4: Address not found", "Cannot assign requested address"];
        assert!(words.contains(&&*error.message), "{error:?}");
        assert_eq!(error.errno, Some(99));
    });
}

#[test]
fn a_route_of_someone_else_is_neither_deleted_nor_an_address_of_someone_else_replaced() {
    with_two_cables(|| {
        ip("route add 10.0.0.0/8 via 192.0.2.9 metric 1");
        let error = refusal(Change::Route(Action::Delete(via("10.0.0.0/8", "192.0.2.9", "eth0"))));
        assert_eq!(error.errno, Some(3));
        assert!(ip("route show 10.0.0.0/8").contains("192.0.2.9"));
    });
}

#[test]
fn a_missing_device_is_named_and_what_came_before_took_place() {
    with_two_cables(|| {
        let fine = add(route("10.9.0.0/16", RouteKind::Blackhole));
        let wrong = add(via("10.0.0.0/8", "192.0.2.9", "wan7"));
        let error = target().apply(&[fine, wrong]).expect_err("a refusal");
        assert_eq!(
            error.to_string(),
            "add route 10.0.0.0/8 metric 1 via 192.0.2.9 dev wan7: there is no device `wan7`"
        );
        assert!(ip("route show 10.9.0.0/16").contains("blackhole"));
    });
}

#[test]
fn a_journal_with_mixed_families_is_refused_without_a_panic() {
    with_two_cables(|| {
        let peer = Some(addr("2001:db8::7"));
        let mixed = Address { peer, ..address("eth0", "203.0.113.1/24") };
        for change in [
            add(via("2001:db8:8::/48", "192.0.2.9", "eth0")),
            add(Route { preferred_source: peer, ..via("10.0.0.0/8", "192.0.2.9", "eth0") }),
            Change::Address(Action::Create(mixed)),
        ] {
            refusal(change);
        }
    });
}
