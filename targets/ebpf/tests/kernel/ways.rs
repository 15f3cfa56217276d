//! Which way a destination goes, with the digest of the ways and without.

use crate::frame::{flow, plain};
use crate::shared::group_name;
use crate::world::{World, in_world, shared_among};
use aya::maps::{Array, Map, MapData};
use rosc_ebpf::{By, Flow, Hook, Reason, Slots, State, Way};
use rosc_target::Origin;
use std::net::IpAddr;

/// The size of `struct digest`.
const DIGEST: usize = 12_800;

/// As one process has left it that was killed in a row of changes.
fn cut_off(world: &World) {
    let map = MapData::from_pin(world.pin("digests")).expect("a map");
    let map = Map::from_map_data(map).expect("a kind");
    let mut digests: Array<MapData, [u8; DIGEST]> = map.try_into().expect("an array");
    digests.set(0, [0; DIGEST], 0).expect("there is one");
}

fn with_ways(ways: &[(&str, By)]) -> State {
    let mut state = shared_among(&[(1, 1)], Slots::Small, Hook::Tc);
    state.ways = ways
        .iter()
        .map(|(prefix, by)| {
            (prefix.parse().expect("a prefix"), Way { origin: Origin::IMPLIED, by: by.clone() })
        })
        .collect();
    state
}

/// Checks where destinations go, as the map says from which the digest follows, too.
fn check(world: &World, expected: &[(&str, Reason)]) {
    for is_cut_off in [false, true] {
        if is_cut_off {
            cut_off(world);
        }
        for (destination, reason) in expected {
            let destination: IpAddr = destination.parse().expect("an address");
            let came = Flow { destination, ..flow(if destination.is_ipv4() { 4 } else { 6 }, 7) };
            let (_, _, counted) = world.send(Hook::Tc, &plain(came));
            assert_eq!(counted, Some(*reason), "{destination}, without a digest: {is_cut_off}");
        }
    }
}

#[test]
fn the_longest_prefix_says_where_a_destination_goes() {
    const SHARED: Reason = Reason::ForwardedByGroup;
    const FIB: Reason = Reason::Fib;
    const STACK: Reason = Reason::Way;
    in_world(|world| {
        let group = |family| By::Group(group_name(family));
        world.set(&with_ways(&[
            ("0.0.0.0/0", group(4)),
            ("198.16.0.0/12", By::Fib),
            ("198.18.0.0/15", By::Stack),
            ("198.18.7.0/24", group(4)),
            ("203.0.113.8/31", By::Fib),
            ("224.0.0.0/3", By::Stack),
            ("2000::/3", group(6)),
            ("2001:db8::/32", By::Fib),
            ("2001:db8:7::/48", group(6)),
            ("2001:db8:7::9/128", By::Own),
            ("3ffe::/16", By::Fib),
        ]));
        check(
            world,
            &[
                ("203.0.113.7", SHARED),
                ("203.0.113.8", FIB),
                ("203.0.113.10", SHARED),
                ("198.15.255.255", SHARED),
                ("198.17.0.1", FIB),
                ("198.18.0.1", STACK),
                ("198.18.7.1", SHARED),
                ("198.31.255.255", FIB),
                ("198.32.0.0", SHARED),
                ("223.255.255.1", SHARED),
                ("240.0.0.1", STACK),
                ("1fff::1", STACK),
                ("2000::1", SHARED),
                ("2001:db7:ffff::1", SHARED),
                ("2001:db8::1", FIB),
                ("2001:db8:7::1", SHARED),
                ("2001:db8:7::9", STACK),
                ("2001:db9::1", SHARED),
                ("3ffe::1", FIB),
                ("3fff::1", SHARED),
                ("4000::1", STACK),
            ],
        );
        // Ways that come and go again.
        world.set(&with_ways(&[
            ("0.0.0.0/1", group(4)),
            ("203.0.113.0/24", group(4)),
            ("2001:db8:7::/48", By::Fib),
        ]));
        check(
            world,
            &[
                ("203.0.113.8", SHARED),
                ("203.0.114.8", STACK),
                ("127.255.255.9", SHARED),
                ("128.0.0.1", STACK),
                ("2001:db8:7::9", FIB),
                ("2001:db8:8::9", STACK),
                ("3ffe::1", STACK),
            ],
        );
    });
}

#[test]
fn nothing_is_forwarded_in_the_name_of_an_own_address() {
    in_world(|world| {
        let own: Vec<String> = (0..40).map(|number| format!("10.{}.{}.1/32", number * 5, number)).collect();
        let mut ways: Vec<(&str, By)> = own.iter().map(|own| (own.as_str(), By::Own)).collect();
        ways.push(("0.0.0.0/0", By::Group(group_name(4))));
        let from = |world: &World, prefix: &str| {
            let source: ipnet::IpNet = prefix.parse().expect("a prefix");
            world.send(Hook::Tc, &plain(Flow { source: source.addr(), ..flow(4, 7) })).2
        };
        world.set(&with_ways(&ways));
        for is_cut_off in [false, true] {
            if is_cut_off {
                cut_off(world);
            }
            for own in &own {
                assert_eq!(from(world, own), Some(Reason::Invalid), "{own}");
            }
            assert_eq!(from(world, "10.0.0.2/32"), Some(Reason::ForwardedByGroup));
        }
        // One that is the router's no more, and one that has come.
        ways[0] = ("10.200.0.1/32", By::Own);
        world.set(&with_ways(&ways));
        assert_eq!(from(world, &own[0]), Some(Reason::ForwardedByGroup));
        assert_eq!(from(world, "10.200.0.1/32"), Some(Reason::Invalid));
    });
}
