//! Who decides about which destinations.

use super::{ROUTER, by_default, router, state, ways};
use rosc::compile::{Options, compile};
use rosc::host::{Host, HostDevice};
use rosc::lower::lower;
use rosc_ebpf::{By, State};
use std::fmt::Write;
use std::net::IpAddr;

/// Who decides about an address: the longest prefix.
fn decides(state: &State, address: &str) -> Option<By> {
    let address: IpAddr = address.parse().expect("an address");
    let holding = state.ways.iter().filter(|(prefix, _)| prefix.contains(&address));
    holding.max_by_key(|(prefix, _)| prefix.prefix_len()).map(|(_, way)| way.by.clone())
}

fn is_shared(state: &State, address: &str) -> bool {
    matches!(decides(state, address), Some(By::Group(_)))
}

#[test]
fn what_is_not_forwarded_or_not_as_others_is_the_stacks() {
    let state = state(&router(
        "/ip route add dst-address=169.254.8.0/24 gateway=192.0.2.1,192.0.2.9\n\
         /ip route add dst-address=128.0.0.0/1 gateway=192.0.2.1,192.0.2.9",
    ));
    for address in [
        "0.0.0.1",
        "127.0.0.1",
        "169.254.8.1",
        "224.0.0.5",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:192.0.2.1",
        "fe80::1",
        "ff02::1",
    ] {
        assert_eq!(decides(&state, address), Some(By::Stack), "{address}");
    }
    for address in ["1.1.1.1", "198.51.100.1", "2001:db8:ffff::1"] {
        assert!(is_shared(&state, address), "{address}");
    }
}

#[test]
fn what_is_near_is_looked_up_by_the_kernel() {
    let state = state(&router(
        "/ip address add address=198.51.100.1/32 interface=lo\n\
         /ip address add address=198.51.100.2/32 interface=ether4 network=198.51.100.3",
    ));
    // Neighbours, and the other end of a link.
    for address in ["192.0.2.1", "203.0.113.255", "198.51.100.3"] {
        assert_eq!(decides(&state, address), Some(By::Fib), "{address}");
    }
    for address in ["192.0.2.2", "198.51.100.1", "198.51.100.2", "2001:db8:1::2"] {
        assert_eq!(decides(&state, address), Some(By::Own), "{address}");
    }
    assert!(is_shared(&state, "198.51.100.4"));
}

#[test]
fn a_group_inside_of_a_connected_network_leaves_out_the_router_and_all_hosts() {
    let state = state(&router(
        "/ip route add dst-address=203.0.113.0/24 gateway=192.0.2.1,192.0.2.9\n\
                               /ip route add dst-address=203.0.113.0/25 gateway=192.0.2.1,192.0.2.9\n\
                               /ip route add dst-address=203.0.113.128/25 gateway=192.0.2.1,192.0.2.9",
    ));
    // Of the whole network, the connected route comes first.
    assert_eq!(by_default(&state, "203.0.113.0/24"), Some(By::Fib));
    for address in ["203.0.113.0", "203.0.113.255"] {
        assert_eq!(decides(&state, address), Some(By::Fib), "{address}");
    }
    assert_eq!(decides(&state, "203.0.113.1"), Some(By::Own));
    assert!(is_shared(&state, "203.0.113.2") && is_shared(&state, "203.0.113.254"));
}

#[test]
fn routes_are_stated_only_where_the_shorter_one_says_something_else() {
    let state = state(&router(
        "/ip route add dst-address=10.0.0.0/8 gateway=192.0.2.1\n\
         /ip route add dst-address=10.1.0.0/16 gateway=192.0.2.9\n\
         /ip route add blackhole dst-address=10.1.2.0/24\n\
         /ip route add dst-address=10.1.2.128/25 gateway=192.0.2.1,192.0.2.9\n\
         /ip route add dst-address=10.1.2.192/26 gateway=192.0.2.9",
    ));
    let inside = "10.0.0.0/8".parse::<ipnet::IpNet>().expect("a prefix");
    let stated: Vec<String> =
        state.ways.keys().filter(|prefix| inside.contains(*prefix)).map(ToString::to_string).collect();
    assert_eq!(stated, ["10.0.0.0/8", "10.1.2.128/25", "10.1.2.192/26"]);
}

#[test]
fn without_a_default_route_the_kernel_says_that_there_is_none() {
    let state =
        state(&router("/ip route remove [find]\n/ip route add dst-address=10.0.0.0/8 gateway=192.0.2.1"));
    assert_eq!(by_default(&state, "0.0.0.0/0"), Some(By::Fib));
    // And what is the stack's, and the router's own addresses.
    assert_eq!(ways(&state).0, 6 + 3);
}

#[test]
fn a_route_behind_another_of_its_destination_is_not_stated() {
    let backup = router("/ip route add distance=2 gateway=192.0.2.1");
    assert_eq!(state(&backup), state(&router("")));
    let group_behind = router(
        "/ip route set [find] gateway=192.0.2.1\n/ip route add distance=2 gateway=192.0.2.1,192.0.2.9",
    );
    assert_eq!(by_default(&state(&group_behind), "0.0.0.0/0"), Some(By::Fib));
}

#[test]
fn routes_of_other_tables_are_none_of_main() {
    let more = "/routing table add fib name=other\n\
                /ip route add dst-address=198.18.0.0/15 gateway=192.0.2.1,192.0.2.9 routing-table=other";
    assert_eq!(state(&router(more)), state(&router("")));
}

#[test]
fn a_family_without_addresses_and_routes_has_no_ways() {
    let only_ipv4: String = ROUTER
        .lines()
        .take_while(|line| *line != "/ipv6 address")
        .fold(String::new(), |text, line| text + line + "\n");
    let configuration = format!("{only_ipv4}/rosc fastpath set enabled=yes\n");
    let (ipv4, ipv6) = ways(&state(&configuration));
    assert!(ipv4 > 0 && ipv6 == 0);
    assert!(super::told(&configuration).is_empty());
}

#[test]
fn a_large_table_takes_a_few_prefixes() {
    let mut routes = String::from("/ip route\n");
    for network in 0..20_000 {
        let (high, low) = (network / 256, network % 256);
        writeln!(routes, "add dst-address=20.{high}.{low}.0/24 gateway=192.0.2.9")
            .expect("writing to a string");
    }
    let one_way = "/ip route set [find] gateway=192.0.2.1\n".to_owned() + &routes;
    assert_eq!(
        ways(&state(&router(&one_way))),
        ways(&state(&router("/ip route set [find] gateway=192.0.2.1")))
    );
    // Inside of a group each has to be told apart from it, unless a prefix around them does.
    let inside = ways(&state(&router(&routes))).0;
    assert!(inside > 20_000);
    let around = format!("/ip route add dst-address=20.0.0.0/8 gateway=192.0.2.9\n{routes}");
    assert_eq!(ways(&state(&router(&around))).0, inside - 20_000 + 1);
}

#[test]
fn addresses_that_others_gave_the_machine_are_looked_up_by_the_kernel() {
    let sources = crate::stages::text(&router(""));
    let router = compile(&sources, Options::default()).router;
    let device = |networks: &[&str], own: &[&str]| HostDevice {
        addresses: networks.iter().map(|network| network.parse().expect("a network")).collect(),
        own: own.iter().map(|address| address.parse().expect("an address")).collect(),
    };
    let devices = [
        ("lo", device(&["127.0.0.1/8", "::1/128"], &["127.0.0.1", "::1"])),
        ("ether1", device(&[], &[])),
        ("ether2", device(&["198.18.0.7/24"], &["198.18.0.7"])),
        ("ether3", device(&["fe80::1/64"], &["fe80::1"])),
        // What the configuration does not know: a network of containers, and a link with another end.
        ("docker0", device(&["172.17.0.1/16"], &["172.17.0.1"])),
        ("ppp0", device(&["198.51.100.9/32"], &["100.64.3.7"])),
    ];
    let devices = devices.map(|(name, device)| (name.to_owned(), device)).into();
    let host = Host { devices: Some(devices), ..Host::default() };
    let state = lower(&router, &host).desired.ebpf;
    for address in ["198.18.0.255", "172.17.3.4", "198.51.100.9"] {
        assert_eq!(decides(&state, address), Some(By::Fib), "{address}");
    }
    for address in ["198.18.0.7", "172.17.0.1", "100.64.3.7"] {
        assert_eq!(decides(&state, address), Some(By::Own), "{address}");
    }
    assert_eq!(decides(&state, "127.0.0.1"), Some(By::Stack));
    assert!(is_shared(&state, "100.64.3.8"));
    // The program stands on devices that the configuration routes on, and on no others.
    let ports: Vec<&str> = state.ports.keys().map(rosc_route::DeviceName::as_str).collect();
    assert_eq!(ports, ["ether1", "ether2", "ether3"]);
}
