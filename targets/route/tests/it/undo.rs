//! Taking changes back.

use crate::host::{apply, assert_same, changes_to, ip, lines, listing, target, with_two_cables};
use crate::objects::{
    addr, address, addresses, bridge, device, existing, lookup, metric, multipath, port, route, routes, rule,
    state, via,
};
use rosc_route::{Bridge, Change, Link, LinkKind, NextHop, Route, RouteKind, RuleAction, State};
use rosc_target::Target;

/// A change of nearly every kind, with objects of others around.
fn mixed() -> (State, State) {
    let tagged = |route: Route| Route { table: 100, ..route };
    let before = state(
        [bridge("br0"), bridge("br1"), port("far1", "br0")],
        [
            address("br0", "203.0.113.1/24"),
            address("eth0", "2001:db8:2::1/64"),
            address("eth0", "10.7.0.1/24"),
        ],
        [
            via("10.0.0.0/8", "203.0.113.9", "br0"),
            tagged(via("0.0.0.0/0", "192.0.2.9", "eth0")),
            Route {
                preferred_source: Some(addr("2001:db8:2::1")),
                ..via("2001:db8:8::/48", "2001:db8::9", "eth0")
            },
            multipath(
                "2001:db8:9::/48",
                [next_hop("2001:db8::9", "eth0"), next_hop("2001:db8:1::9", "eth1")],
            ),
        ],
        [rule("eth0", lookup(100)), rule("eth0", RuleAction::Unreachable), rule("eth1", lookup(100))],
    );
    let other = LinkKind::Bridge(Bridge { priority: 7, ..Bridge::default() });
    let after = state(
        [Link { kind: other, ..bridge("br1") }, bridge("br2"), port("far1", "br2"), existing("far0")],
        [
            address("br2", "203.0.113.1/24"),
            address("eth0", "2001:db8:2::1/48"),
            address("eth0", "10.7.0.2/24"),
        ],
        [
            via("10.0.0.0/8", "203.0.113.9", "br2"),
            tagged(Route { metric: metric(2), ..via("0.0.0.0/0", "192.0.2.9", "eth0") }),
            Route {
                preferred_source: Some(addr("2001:db8:2::1")),
                ..via("2001:db8:8::/48", "2001:db8::9", "eth0")
            },
            multipath(
                "2001:db8:9::/48",
                [next_hop("2001:db8:1::9", "eth1"), next_hop("2001:db8::9", "eth0")],
            ),
            route("10.6.0.0/16", RouteKind::Blackhole),
        ],
        [rule("eth1", lookup(100)), rule("eth0", lookup(101)), rule("eth0", RuleAction::Unreachable)],
    );
    (before, after)
}

fn next_hop(gateway: &str, name: &str) -> NextHop {
    NextHop::via(addr(gateway), device(name))
}

/// Runs a test with the first state applied and objects of others in place.
fn with_mixed(test: impl FnOnce(&[Change]) + Send) {
    with_two_cables(|| {
        let (before, after) = mixed();
        ip("link set far0 down");
        apply(&before);
        ip("link add br7 type bridge");
        ip("link set eth1 master br7");
        ip("route add 10.0.0.0/8 via 192.0.2.9 metric 5");
        ip("route add 10.5.0.0/16 via 192.0.2.9 metric 5 table 100");
        ip("route add 2001:db8:8::/48 via 2001:db8::8 metric 5");
        ip("rule add from 10.0.0.0/8 lookup 7 preference 11005");
        let changes = changes_to(&after);
        assert!(changes.len() > 15, "{}", lines(&changes));
        test(&changes);
    });
}

#[test]
fn an_apply_that_stops_anywhere_can_be_taken_back() {
    let mut count = 0;
    with_mixed(|changes| count = changes.len());
    for stop in 0..=count {
        with_mixed(|changes| {
            let before = listing();
            let mut target = target();
            target.stop_after(Some(stop));
            assert_eq!(target.apply(changes).is_ok(), stop == changes.len());
            target.stop_after(None);
            target.undo(changes).unwrap_or_else(|error| panic!("after {stop} changes: {error}"));
            assert_same(&listing(), &before);
        });
    }
}

#[test]
fn an_undo_that_stops_anywhere_can_be_repeated() {
    with_mixed(|changes| {
        let before = listing();
        let mut target = target();
        for stop in 0..=changes.len() {
            target.stop_after(None);
            target.apply(changes).expect("nothing is refused");
            target.stop_after(Some(stop));
            let _stopped = target.undo(changes);
            target.stop_after(None);
            target.undo(changes).expect("nothing stands in the way");
            assert_same(&listing(), &before);
        }
    });
}

#[test]
fn a_refused_change_leaves_nothing_behind_after_undo() {
    with_two_cables(|| {
        let before = listing();
        let fine = via("10.0.0.0/8", "192.0.2.9", "eth0");
        let wrong = via("10.1.0.0/16", "203.0.113.9", "eth0");
        let behind = via("10.2.0.0/16", "192.0.2.9", "eth0");
        let changes = changes_to(&routes([fine, wrong, behind]));
        let mut target = target();
        assert!(target.apply(&changes).is_err());
        target.undo(&changes).expect("nothing stands in the way");
        assert_same(&listing(), &before);
    });
}

#[test]
fn routes_that_went_with_an_address_come_back_with_it() {
    with_two_cables(|| {
        ip("address flush dev eth0");
        let gateway = via("10.0.0.0/8", "203.0.113.9", "eth0");
        apply(&state([], [address("eth0", "203.0.113.1/24")], [gateway], []));
        let before = listing();
        let changes = changes_to(&State::default());
        let mut target = target();
        target.apply(&changes).expect("nothing is refused");
        target.undo(&changes).expect("nothing stands in the way");
        assert_same(&listing(), &before);
    });
}

#[test]
fn a_primary_address_comes_back_before_those_that_stayed() {
    with_two_cables(|| {
        let interface = |host: u8| address("eth0", &format!("203.0.113.{host}/24"));
        let sourced =
            Route { preferred_source: Some(addr("203.0.113.3")), ..via("10.0.0.0/8", "203.0.113.9", "eth0") };
        apply(&state([], [interface(1), interface(2), interface(3)], [sourced.clone()], []));
        let before = listing();
        let desired = state([], [interface(2), interface(3)], [sourced], []);
        let changes = changes_to(&desired);
        assert_eq!(
            lines(&changes),
            "address delete 203.0.113.1/24 dev eth0\n\
             address replace 203.0.113.2/24 dev eth0\n\
             address replace 203.0.113.3/24 dev eth0\n\
             route replace 10.0.0.0/8 metric 1 src 203.0.113.3 via 203.0.113.9 dev eth0\n"
        );
        let mut target = target();
        for stop in 0..8 {
            target.apply(&changes).expect("nothing is refused");
            assert_eq!(lines(&changes_to(&desired)), "");
            target.stop_after(Some(stop));
            let _stopped = target.undo(&changes);
            target.stop_after(None);
            target.undo(&changes).expect("nothing stands in the way");
            assert_same(&listing(), &before);
        }
    });
}

#[test]
fn what_a_foreign_route_came_to_depend_on_stays_and_is_named() {
    with_two_cables(|| {
        let changes = apply(&state(
            [],
            [address("eth0", "203.0.113.1/24")],
            [via("10.0.0.0/8", "203.0.113.9", "eth0")],
            [],
        ));
        ip("route add 10.1.0.0/16 via 203.0.113.9 src 203.0.113.1");
        let error = target().undo(&changes).expect_err("a conflict");
        assert_eq!(
            error.to_string(),
            "undo address delete 203.0.113.1/24 dev eth0: route 10.1.0.0/16 table 254 via 203.0.113.9 \
             dev eth0 src 203.0.113.1 proto 3 depends on it"
        );
        assert_eq!(ip("route show proto 200"), "");
    });
}

#[test]
fn a_journal_brings_the_changes_back_as_they_were() {
    with_mixed(|changes| {
        let journal = serde_json::to_string(changes).expect("changes can be written");
        let read: Vec<Change> = serde_json::from_str(&journal).expect("and read");
        assert_eq!(read, changes);
    });
}

#[test]
fn undoing_what_never_took_place_changes_nothing() {
    with_two_cables(|| {
        let changes = changes_to(&addresses([address("eth0", "203.0.113.1/24")]));
        let before = listing();
        target().undo(&changes).expect("nothing stands in the way");
        assert_same(&listing(), &before);
    });
}
