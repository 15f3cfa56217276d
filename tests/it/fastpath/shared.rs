//! Which multipath routes the fast path shares among their gateways, and which the kernel does.

use super::{by_default, router, shown, state, told};
use rosc_ebpf::{By, Slots, State};
use std::fmt::Write;

/// Each with the code and the place that is named, which turns off groups of IPv4 and no more.
pub(super) const LEFT_TO_THE_KERNEL: &[&str] = &[
    "/routing rule add action=drop dst-address=198.18.0.0/15",
    "/routing rule add action=unreachable interface=ether3 src-address=203.0.113.128/25",
    "/routing rule add action=lookup-only-in-table min-prefix=0 src-address=203.0.113.0/24 table=main",
    "/routing table add fib name=other\n/routing rule add action=lookup src-address=203.0.113.0/24 table=other",
];

#[test]
fn a_gateway_that_is_named_again_has_more_weight() {
    let again = router("/ip route set [find] gateway=192.0.2.1,192.0.2.9,192.0.2.9,192.0.2.9");
    let shown = shown(&again);
    let wanted = "group \"main 0.0.0.0/0\" hash source,destination slots 4099 drain 300s\n  \
                  via 192.0.2.1 dev ether1 weight 1\n  \
                  via 192.0.2.9 dev ether2 weight 3\n";
    assert!(shown.contains(wanted), "{shown}");
}

#[test]
fn equal_routes_are_one_group() {
    let listed = router("/ip route add dst-address=198.51.100.0/24 gateway=192.0.2.1,192.0.2.9");
    let equal = router(
        "/ip route add dst-address=198.51.100.0/24 gateway=192.0.2.1\n\
         /ip route add dst-address=198.51.100.0/24 gateway=192.0.2.9",
    );
    assert_eq!(state(&equal), state(&listed));
    assert_eq!(state(&equal).groups.len(), 3);
}

#[test]
fn gateways_behind_others_are_the_neighbours_that_lead_there() {
    let recursive = router(
        "/ip route add dst-address=198.51.100.1/32 gateway=192.0.2.1 scope=10\n\
         /ip route add dst-address=198.51.100.2/32 gateway=192.0.2.9 scope=10\n\
         /ip route add check-gateway=ping dst-address=198.18.0.0/15 gateway=198.51.100.1,198.51.100.2 target-scope=11",
    );
    let shown = shown(&recursive);
    let wanted = "group \"main 198.18.0.0/15\" hash source,destination slots 4099 drain 300s\n  \
                  via 192.0.2.1 dev ether1 weight 1\n  via 192.0.2.9 dev ether2 weight 1\n";
    assert!(shown.contains(wanted), "{shown}");
}

#[test]
fn one_neighbour_is_no_group() {
    let state = state(&router("/ip route set [find] gateway=192.0.2.1,192.0.2.1"));
    assert_eq!(by_default(&state, "0.0.0.0/0"), Some(By::Fib));
    assert_eq!(state.groups.len(), 1);
}

#[test]
fn tables_are_large_for_many_members_or_on_demand() {
    let with = |members: u8, more: &str| {
        let mut gateways = String::new();
        for member in 0..members {
            write!(gateways, "{}203.0.113.{}", if member == 0 { "" } else { "," }, member + 10)
                .expect("writing to a string");
        }
        router(&format!("/ip route set [find] gateway={gateways}\n/rosc fastpath set drain-time=10s {more}"))
    };
    let slots = |configuration: &str| {
        let state = state(configuration);
        let group = &state.groups[&"main 0.0.0.0/0".parse().expect("a name")];
        assert_eq!(group.drain, 10);
        group.slots
    };
    assert_eq!(slots(&with(16, "")), Slots::Small);
    assert_eq!(slots(&with(17, "")), Slots::Large);
    assert_eq!(slots(&with(2, "table-size=65537")), Slots::Large);
    assert_eq!(slots(&with(64, "table-size=4099")), Slots::Small);
    // More than a group can have.
    let many = with(65, "");
    assert_eq!(by_default(&state(&many), "0.0.0.0/0"), Some(By::Fib));
    assert!(matches!(told(&many).as_slice(), [("R0505", _)]), "{:?}", told(&many));
}

#[test]
fn of_too_many_groups_those_of_the_shortest_prefixes_are_made() {
    let mut routes = String::new();
    for network in 0..State::MAX_GROUPS {
        writeln!(routes, "/ip route add dst-address=10.{network}.0.0/16 gateway=192.0.2.1,192.0.2.9")
            .expect("writing to a string");
    }
    let configuration = router(&routes);
    let state = state(&configuration);
    assert_eq!(state.groups.len(), State::MAX_GROUPS);
    assert!(matches!(by_default(&state, "0.0.0.0/0"), Some(By::Group(_))));
    assert_eq!(by_default(&state, "10.63.0.0/16"), Some(By::Fib));
    // The last of IPv4, and the one of IPv6.
    assert_eq!(told(&configuration).len(), 2);
}

#[test]
fn what_else_decides_about_the_way_leaves_multipath_routes_to_the_kernel() {
    let ipv6 = state(&router("")).groups.into_keys().filter(|name| name.as_str().contains(':'));
    let ipv6: Vec<_> = ipv6.collect();
    for lines in LEFT_TO_THE_KERNEL {
        let configuration = router(lines);
        let state = state(&configuration);
        assert_eq!(by_default(&state, "0.0.0.0/0"), Some(By::Fib), "{lines}");
        assert_eq!(state.groups.keys().cloned().collect::<Vec<_>>(), ipv6, "{lines}");
        let told = told(&configuration);
        let [(code, place)] = told.as_slice() else { panic!("{lines}: {told:?}") };
        assert!(*code == "R0505" && lines.ends_with(place.as_str()), "{lines}: {place}");
        let auto = configuration.replace("enabled=yes", "enabled=auto");
        assert_eq!(super::state(&auto), state, "{lines}");
        assert!(super::told(&auto).is_empty(), "{lines}");
    }
}

#[test]
fn what_can_be_learned_later_leaves_multipath_routes_to_the_kernel() {
    let client = router("/ip dhcp-client add interface=ether4");
    assert!(state(&client).groups.is_empty());
    assert_eq!(told(&client).len(), 2, "{:?}", told(&client));
    let listening = router("/ipv6 settings set accept-router-advertisements=yes");
    assert_eq!(by_default(&state(&listening), "0.0.0.0/0"), by_default(&state(&router("")), "0.0.0.0/0"));
    assert_eq!(by_default(&state(&listening), "::/0"), Some(By::Fib));
    assert!(matches!(told(&listening).as_slice(), [("R0505", place)] if place == "yes"));
}

#[test]
fn a_gateway_that_is_an_interface_leaves_its_route_to_the_kernel() {
    let configuration = router("/ip route add dst-address=198.18.0.0/15 gateway=ether1,ether2");
    let state = state(&configuration);
    assert_eq!(by_default(&state, "198.18.0.0/15"), Some(By::Fib));
    assert!(matches!(by_default(&state, "0.0.0.0/0"), Some(By::Group(_))));
    assert!(matches!(told(&configuration).as_slice(), [("R0505", _)]));
}

#[test]
fn rules_that_no_packet_on_the_fast_path_meets_change_nothing() {
    let plain = state(&router(""));
    for lines in [
        "/routing rule add action=lookup dst-address=0.0.0.0/0 min-prefix=0 table=main",
        "/routing rule add action=lookup-only-in-table src-address=203.0.113.0/24 table=main",
        "/routing rule add action=drop interface=ether9",
        "/routing table add fib name=other\n/routing rule add action=lookup routing-mark=other table=other",
    ] {
        assert_eq!(state(&router(lines)), plain, "{lines}");
        assert!(told(&router(lines)).is_empty(), "{lines}");
    }
    // A rule for IPv6 is none for IPv4.
    let ipv6 = state(&router("/routing rule add action=drop dst-address=2001:db8:f::/48"));
    assert!(matches!(by_default(&ipv6, "0.0.0.0/0"), Some(By::Group(_))));
    assert_eq!(by_default(&ipv6, "::/0"), Some(By::Fib));
}
