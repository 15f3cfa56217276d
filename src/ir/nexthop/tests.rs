//! Routes as text, and the hops that they come to.

use super::*;
use crate::ir::{Distance, Interface, InterfaceKind};
use rosc_target::Origin;

/// `DESTINATION GATEWAY scope target-scope distance`, one route a line, beside 198.51.100.2/30 on ether1 and
/// 203.0.113.2/30 on ether2. Shows the hops of each.
fn hops_of(dialect: Dialect, routes: &str) -> String {
    hops_around(dialect, routes, &Surroundings::default())
}

fn hops_around(dialect: Dialect, routes: &str, surroundings: &Surroundings) -> String {
    let mut router = Router::empty(dialect);
    for (interface, address) in [("ether1", "198.51.100.2"), ("ether2", "203.0.113.2")] {
        let name = InterfaceName::new(interface);
        let port = Interface { origin: Origin::IMPLIED, device: None, kind: InterfaceKind::Port };
        router.interfaces.insert(name.clone(), port);
        router.addresses.push(Address {
            origin: Origin::IMPLIED,
            interface: name,
            address: address.parse().expect("an address"),
            prefix_len: 30,
            peer: None,
            detect_duplicates: true,
        });
    }
    router.routes = routes.lines().map(str::trim).filter(|line| !line.is_empty()).map(route).collect();
    let nexthops = NextHops::resolve(&router, surroundings);
    let shown = (0..router.routes.len()).map(|index| {
        let resolved = nexthops.of(index);
        let hops = resolved.hops.iter().map(|hop| match hop {
            Hop::Interface { interface, gateway: Some(gateway), .. } => format!("{gateway}%{interface}"),
            Hop::Interface { interface, gateway: None, .. } => interface.to_string(),
            Hop::Blackhole => "blackhole".to_owned(),
        });
        let lost = resolved.unresolved.iter().map(|(_, why)| format!("{why:?}"));
        hops.chain(lost).collect::<Vec<_>>().join(" ")
    });
    shown.collect::<Vec<_>>().join(" | ")
}

fn route(line: &str) -> Route {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize, default: u8| words.get(at).map_or(default, |n| n.parse().expect("a number"));
    let gateway = |text: &str| {
        let hop = match (text.parse(), text.split_once('%')) {
            (Ok(address), _) => GatewayHop::Address { address, table: TableName::main() },
            (Err(_), Some((address, interface))) => GatewayHop::OnInterface {
                address: address.parse().expect("an address"),
                interface: InterfaceName::new(interface),
            },
            (Err(_), None) => GatewayHop::Interface { interface: InterfaceName::new(text) },
        };
        Gateway { origin: Origin::IMPLIED, hop }
    };
    let target = match words[1] {
        "blackhole" => RouteTarget::Blackhole,
        gateways => RouteTarget::Via(gateways.split(',').map(gateway).collect()),
    };
    Route {
        origin: Origin::IMPLIED,
        table: TableName::main(),
        destination: words[0].parse().expect("a prefix"),
        target,
        distance: Distance::new(number(4, 1)).expect("a distance"),
        scope: number(2, 30),
        target_scope: number(3, 10),
        preferred_source: None,
        check_gateway: Some(crate::ir::CheckGateway::Ping),
    }
}

#[test]
fn a_gateway_in_a_connected_network_is_a_neighbour() {
    assert_eq!(hops_of(Dialect::V7, "0.0.0.0/0 198.51.100.1"), "198.51.100.1%ether1");
}

#[test]
fn a_gateway_that_nothing_holds_is_unresolved() {
    assert_eq!(hops_of(Dialect::V7, "0.0.0.0/0 192.0.2.1"), "NoRoute");
    let by_default = "0.0.0.0/0 198.51.100.1\n10.0.0.0/8 192.0.2.1";
    assert_eq!(hops_of(Dialect::V7, by_default), "198.51.100.1%ether1 | NoRoute");
}

#[test]
fn a_helper_of_scope_10_needs_target_scope_11_in_version_7_only() {
    let plain = "192.0.2.53/32 198.51.100.1 10\n0.0.0.0/0 192.0.2.53 30 10";
    assert_eq!(hops_of(Dialect::V6, plain), "198.51.100.1%ether1 | 198.51.100.1%ether1");
    assert_eq!(hops_of(Dialect::V7, plain), "198.51.100.1%ether1 | ScopeTooSmall(11)");
    let repaired = "192.0.2.53/32 198.51.100.1 10\n0.0.0.0/0 192.0.2.53 30 11";
    assert_eq!(hops_of(Dialect::V7, repaired), "198.51.100.1%ether1 | 198.51.100.1%ether1");
}

#[test]
fn recursion_has_several_levels() {
    let routes = "192.0.2.53/32 198.51.100.1 10
                  10.1.1.1/32 192.0.2.53 11 11
                  0.0.0.0/0 10.1.1.1 30 12";
    let hop = "198.51.100.1%ether1";
    assert_eq!(hops_of(Dialect::V7, routes), format!("{hop} | {hop} | {hop}"));
}

#[test]
fn a_route_inherits_all_gateways_of_its_helper() {
    let routes = "192.0.2.53/32 198.51.100.1,203.0.113.1 10\n0.0.0.0/0 192.0.2.53 30 11";
    let both = "198.51.100.1%ether1 203.0.113.1%ether2";
    assert_eq!(hops_of(Dialect::V7, routes), format!("{both} | {both}"));
}

#[test]
fn only_the_active_route_of_a_prefix_resolves() {
    let routes = "192.0.2.53/32 203.0.113.1 10 10 5
                  192.0.2.53/32 198.51.100.1 10 10 2
                  0.0.0.0/0 192.0.2.53 30 11";
    assert!(hops_of(Dialect::V7, routes).ends_with("| 198.51.100.1%ether1"));
    let hidden = "192.0.2.53/32 203.0.113.1 30 10 1
                  192.0.2.53/32 198.51.100.1 10 10 2
                  0.0.0.0/0 192.0.2.53 30 11";
    assert!(hops_of(Dialect::V7, hidden).ends_with("| NoRoute"));
}

#[test]
fn a_helper_with_an_interface_makes_the_gateway_a_neighbour_there() {
    let routes = "192.0.2.53/32 ether2 10\n0.0.0.0/0 192.0.2.53 30 11";
    assert_eq!(hops_of(Dialect::V7, routes), "ether2 | 192.0.2.53%ether2");
}

#[test]
fn a_blackhole_helper_makes_a_blackhole() {
    let routes = "192.0.2.53/32 blackhole 10\n0.0.0.0/0 192.0.2.53 30 11";
    assert_eq!(hops_of(Dialect::V7, routes), " | blackhole");
}

#[test]
fn routes_in_a_circle_lead_nowhere() {
    let routes = "10.1.1.1/32 10.2.2.2 10 10\n10.2.2.2/32 10.1.1.1 10 10";
    assert_eq!(hops_of(Dialect::V6, routes), "NoRoute | NoRoute");
}

#[test]
fn a_silent_gateway_takes_its_route_out_and_what_depends_on_it() {
    let silent = Surroundings {
        unanswering: BTreeSet::from(["198.51.100.1".parse().expect("an address")]),
        ..Surroundings::default()
    };
    let routes = "192.0.2.53/32 198.51.100.1 10
                  192.0.2.53/32 203.0.113.1 10 10 2
                  0.0.0.0/0 192.0.2.53 30 11";
    assert_eq!(
        hops_around(Dialect::V7, routes, &silent),
        "NotAnswering | 203.0.113.1%ether2 | 203.0.113.1%ether2"
    );
}
