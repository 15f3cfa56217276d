//! Short ways to say what is wanted.

use ipnet::IpNet;
use rosc_route::{
    Address, Bridge, DeviceName, DuplicateDetection, Family, Link, LinkKind, MAIN_TABLE, MacAddress, NextHop,
    NextHops, Route, RouteKind, Rule, RuleAction, State,
};
use rosc_target::Origin;
use std::net::IpAddr;
use std::num::NonZeroU32;

pub(crate) fn device(name: &str) -> DeviceName {
    DeviceName::new(name).expect("a device name")
}

pub(crate) fn addr(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub(crate) fn net(text: &str) -> IpNet {
    text.parse().expect("a prefix")
}

pub(crate) fn state(
    links: impl Into<Vec<Link>>,
    addresses: impl Into<Vec<Address>>,
    routes: impl Into<Vec<Route>>,
    rules: impl Into<Vec<Rule>>,
) -> State {
    State::new(links.into(), addresses.into(), routes.into(), rules.into()).expect("a valid state")
}

pub(crate) fn routes(routes: impl Into<Vec<Route>>) -> State {
    state([], [], routes, [])
}

pub(crate) fn rules(rules: impl Into<Vec<Rule>>) -> State {
    state([], [], [], rules)
}

pub(crate) fn addresses(addresses: impl Into<Vec<Address>>) -> State {
    state([], addresses, [], [])
}

pub(crate) fn links(links: impl Into<Vec<Link>>) -> State {
    state(links, [], [], [])
}

/// A bridge with the kernel's defaults, and an address and MTU of its own.
pub(crate) fn bridge(name: &str) -> Link {
    let mac = Some(MacAddress([2, 0, 0, 0, 0, 1]));
    let kind = LinkKind::Bridge(Bridge { mac, mtu: Some(1500), ..Bridge::default() });
    Link { origin: Origin::IMPLIED, name: device(name), kind, master: None }
}

/// An existing device that is to be in a bridge.
pub(crate) fn port(name: &str, master: &str) -> Link {
    Link { master: Some(device(master)), ..existing(name) }
}

pub(crate) fn existing(name: &str) -> Link {
    Link { origin: Origin::IMPLIED, name: device(name), kind: LinkKind::Existing, master: None }
}

/// An address that is used at once.
pub(crate) fn address(name: &str, interface: &str) -> Address {
    let interface = net(interface);
    Address {
        origin: Origin::IMPLIED,
        device: device(name),
        local: interface.addr(),
        prefix_len: interface.prefix_len(),
        peer: None,
        duplicate_detection: DuplicateDetection::Skip,
    }
}

/// A route in the main table with metric 1.
pub(crate) fn route(destination: &str, kind: RouteKind) -> Route {
    Route {
        origin: Origin::IMPLIED,
        table: MAIN_TABLE,
        destination: net(destination),
        metric: NonZeroU32::MIN,
        preferred_source: None,
        kind,
    }
}

pub(crate) fn via(destination: &str, gateway: &str, name: &str) -> Route {
    let next_hop = NextHop::via(addr(gateway), device(name));
    route(destination, RouteKind::Unicast(NextHops::one(next_hop)))
}

/// A route to what is on the link of a device.
pub(crate) fn direct(destination: &str, name: &str) -> Route {
    route(destination, RouteKind::Unicast(NextHops::one(NextHop::direct(device(name)))))
}

pub(crate) fn multipath(destination: &str, next_hops: impl IntoIterator<Item = NextHop>) -> Route {
    route(destination, RouteKind::Unicast(NextHops::new(next_hops).expect("next hops")))
}

pub(crate) fn metric(metric: u32) -> NonZeroU32 {
    NonZeroU32::new(metric).expect("not zero")
}

/// A rule for what comes in by a device.
pub(crate) fn rule(name: &str, action: RuleAction) -> Rule {
    Rule {
        origin: Origin::IMPLIED,
        family: Family::Ipv4,
        from: None,
        to: None,
        iif: Some(device(name)),
        fwmark: None,
        action,
    }
}

pub(crate) fn lookup(table: u32) -> RuleAction {
    RuleAction::Lookup { table, suppress_prefixlength: None }
}

/// An origin that can be told from others.
pub(crate) fn line(number: u32) -> Origin {
    Origin { file: 1, start: number, end: number }
}
