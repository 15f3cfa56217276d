//! What a state takes and what it refuses.

use super::*;
use crate::{Bridge, NextHop, NextHops, RouteKind};
use ipnet::IpNet;
use std::num::NonZeroU32;

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

fn device(name: &str) -> DeviceName {
    DeviceName::new(name).unwrap()
}

fn route(destination: &str) -> Route {
    Route {
        origin: Origin::IMPLIED,
        table: 254,
        destination: net(destination),
        metric: NonZeroU32::MIN,
        preferred_source: None,
        kind: RouteKind::Blackhole,
    }
}

fn via(destination: &str, gateway: &str) -> Route {
    let next_hop = NextHop::via(gateway.parse().unwrap(), device("eth0"));
    Route { kind: RouteKind::Unicast(NextHops::one(next_hop)), ..route(destination) }
}

fn address(local: &str, prefix_len: u8) -> Address {
    Address {
        origin: Origin::IMPLIED,
        device: device("eth0"),
        local: local.parse().unwrap(),
        prefix_len,
        peer: None,
        duplicate_detection: DuplicateDetection::Perform,
    }
}

fn rule(family: Family, from: Option<&str>, table: u32) -> Rule {
    let action = RuleAction::Lookup { table, suppress_prefixlength: None };
    let (origin, from) = (Origin::IMPLIED, from.map(net));
    Rule { origin, family, from, to: None, iif: None, fwmark: None, action }
}

fn link(name: &str, kind: LinkKind) -> Link {
    Link { origin: Origin::IMPLIED, name: device(name), kind, master: None }
}

fn routes(routes: Vec<Route>) -> Result<State, Vec<InvalidObject>> {
    State::new(Vec::new(), Vec::new(), routes, Vec::new())
}

fn rules(rules: Vec<Rule>) -> Result<State, Vec<InvalidObject>> {
    State::new(Vec::new(), Vec::new(), Vec::new(), rules)
}

fn errors(state: Result<State, Vec<InvalidObject>>) -> Vec<String> {
    state.unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn states_that_ask_for_the_same_are_equal() {
    let (a, b) = (via("10.0.0.0/8", "192.0.2.1"), via("10.1.2.3/16", "192.0.2.1"));
    let same = via("10.1.0.0/16", "192.0.2.1");
    assert_eq!(routes(vec![b.clone(), a.clone(), b]), routes(vec![a, same]));
}

#[test]
fn every_invalid_object_is_reported() {
    let no_table = Route { table: 0, ..route("10.0.0.0/8") };
    let peer = Some("2001:db8::1".parse().unwrap());
    let state = State::new(
        vec![Link { master: Some(device("br0")), ..link("br0", LinkKind::Existing) }],
        vec![address("192.0.2.1", 33), Address { peer, ..address("192.0.2.2", 32) }],
        vec![no_table, via("2001:db8::/32", "192.0.2.1")],
        vec![rule(Family::Ipv6, Some("192.0.2.0/24"), 100), rule(Family::Ipv4, None, 0)],
    );
    assert_eq!(
        errors(state),
        [
            "br0: a device is no port of itself",
            "192.0.2.1/33 dev eth0: a prefix of an IPv4 address has at most 32 bits",
            "192.0.2.2 peer 2001:db8::1/32 dev eth0: 2001:db8::1 is no IPv4 address",
            "blackhole 10.0.0.0/8 table 0 metric 1: there is no table 0",
            "2001:db8::/32 metric 1 via 192.0.2.1 dev eth0: 192.0.2.1 is no IPv6 address",
            "from 192.0.2.0/24 lookup 100: 192.0.2.0 is no IPv6 address",
            "from all lookup 0: there is no table 0",
        ]
    );
}

#[test]
fn an_ipv4_route_may_have_an_ipv6_gateway() {
    assert!(routes(vec![via("10.0.0.0/8", "2001:db8::1")]).is_ok());
}

#[test]
fn two_routes_of_one_key_name_each_other() {
    let mut second = via("10.0.0.0/8", "192.0.2.2");
    second.origin = Origin { file: 1, start: 7, end: 9 };
    let error = routes(vec![via("10.0.0.0/8", "192.0.2.1"), second]).unwrap_err();
    assert_eq!(
        error.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "10.0.0.0/8 metric 1 via 192.0.2.2 dev eth0: `10.0.0.0/8 metric 1 via 192.0.2.1 dev eth0` is asked \
          for as well, and there can be only one of the two"
        ]
    );
    assert!(error.iter().all(|error| error.origin.start == 7));
}

#[test]
fn a_device_has_an_ipv6_address_only_once() {
    let state = |a, b| State::new(Vec::new(), vec![a, b], Vec::new(), Vec::new());
    assert!(state(address("2001:db8::1", 64), address("2001:db8::1", 48)).is_err());
    assert!(state(address("192.0.2.1", 24), address("192.0.2.1", 25)).is_ok());
}

#[test]
fn a_device_that_is_asked_for_in_two_ways_is_refused() {
    let (bridge, existing) = (LinkKind::Bridge(Bridge::default()), LinkKind::Existing);
    let links = vec![link("br0", bridge), link("br0", existing)];
    assert!(State::new(links, Vec::new(), Vec::new(), Vec::new()).is_err());
}

#[test]
fn rules_keep_their_order_and_lose_their_repetitions() {
    let (a, b) = (rule(Family::Ipv4, None, 1), rule(Family::Ipv4, None, 2));
    let c = rule(Family::Ipv6, None, 1);
    let state = rules(vec![b.clone(), c.clone(), a.clone(), b.clone()]).unwrap();
    assert_eq!(state.rules(), [b, a, c]);
}

#[test]
fn what_means_nothing_in_a_rule_is_left_out() {
    let mut vague = rule(Family::Ipv4, Some("10.1.2.3/0"), 1);
    vague.fwmark = Some(FwMark { value: 7, mask: 0 });
    let mut loose = rule(Family::Ipv4, Some("10.1.2.3/8"), 2);
    loose.fwmark = Some(FwMark { value: 0x1ff, mask: 0xff });
    let state = rules(vec![vague, loose]).unwrap();
    let strict = Rule {
        fwmark: Some(FwMark { value: 0xff, mask: 0xff }),
        ..rule(Family::Ipv4, Some("10.0.0.0/8"), 2)
    };
    assert_eq!(state.rules(), [rule(Family::Ipv4, None, 1), strict]);
}

#[test]
fn more_rules_than_places_are_refused() {
    let many = |count: u32| (1..=count).map(|table| rule(Family::Ipv4, None, table)).collect();
    assert!(rules(many(20_000)).is_ok());
    assert_eq!(
        errors(rules(many(20_001))),
        ["from all lookup 20001: there are more IPv4 rules than the 20000 preferences for them"]
    );
}

#[test]
fn a_file_is_checked_like_any_other_source() {
    let state = routes(vec![via("10.0.0.0/8", "192.0.2.1")]).unwrap();
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state);
    let broken = text.replace("10.0.0.0/8", "2001:db8::/32");
    assert!(serde_json::from_str::<State>(&broken).is_err());
}
