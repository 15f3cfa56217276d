//! Members whose links go down.

use crate::frame::{flow, plain};
use crate::world::{
    REACH_IS_KNOWN, TC_NEXT, TC_REDIRECT, World, XDP_PASS, XDP_REDIRECT, in_world, ip, next_hop,
    route_all_ways, shared_among,
};
use rosc_ebpf::{Hook, Neighbour, Reason, Slots};
use std::time::{Duration, Instant};

/// A wait that only a hang lasts as long as.
const PATIENCE: Duration = Duration::from_secs(300);
const PACKETS: u32 = 100;

/// How many packets of connections of their own are left to the stack, at traffic control and in the driver, since their member's link
/// is down.
fn left_to_the_stack(world: &World, family: u8) -> u32 {
    let is_left = |number: &u32| {
        let frame = plain(flow(family, *number));
        let (verdict, out, reason) = world.send(Hook::Tc, &frame);
        let in_driver = world.send(Hook::Xdp, &frame).0;
        if verdict == TC_REDIRECT {
            assert_eq!((in_driver, reason), (XDP_REDIRECT, Some(Reason::ForwardedByGroup)));
            return false;
        }
        assert_eq!((verdict, in_driver, reason), (TC_NEXT, XDP_PASS, Some(Reason::LinkDown)));
        assert_eq!(out, frame);
        true
    };
    u32::try_from((0..PACKETS).filter(is_left).count()).expect("so many at most")
}

/// Waits until some are, or none. The kernel may take a second to notice; meanwhile the two places may say otherwise.
fn until(world: &World, family: u8, are_left: bool) -> u32 {
    let is_left = |number: u32| {
        let frame = plain(flow(family, number));
        world.send(Hook::Tc, &frame).2 == Some(Reason::LinkDown)
    };
    let start = Instant::now();
    while (0..PACKETS).any(is_left) != are_left {
        assert!(start.elapsed() < PATIENCE, "IPv{family}: are some left to the stack? not {are_left}");
    }
    // Drivers have asked by then, too.
    std::thread::sleep(REACH_IS_KNOWN);
    left_to_the_stack(world, family)
}

#[test]
fn nothing_is_sent_where_a_link_is_down() {
    in_world(|world| {
        for family in ["ipv4", "ipv6"] {
            let setting = format!("/proc/sys/net/{family}/conf/all/ignore_routes_with_linkdown");
            std::fs::write(setting, "1").expect("a setting");
        }
        world.set(&shared_among(&[(1, 1), (2, 1)], Slots::Small, Hook::Xdp));
        let neighbour = Neighbour { address: [2, 0, 0, 0, 1, 1], mtu: 1500 };
        let hops = [4, 6].into_iter().flat_map(|family| [1, 2].map(|uplink| next_hop(uplink, family)));
        world.target.resolve(&hops.map(|hop| (hop, neighbour)).collect()).expect("they are told");
        let about_half = PACKETS * 3 / 10..PACKETS * 7 / 10;
        for family in [4, 6] {
            assert_eq!(left_to_the_stack(world, family), 0);
        }
        // The cable's other end.
        ip("link set wan2-peer down");
        for family in [4, 6] {
            assert!(about_half.contains(&until(world, family, true)), "IPv{family}");
        }
        ip("link set wan2-peer up");
        for family in [4, 6] {
            assert_eq!(until(world, family, false), 0);
        }
        // This end: the kernel deletes ways by it.
        ip("link set wan2 down");
        for family in [4, 6] {
            assert!(about_half.contains(&until(world, family, true)), "IPv{family}");
        }
    });
}

/// As while somebody replaces the route.
#[test]
fn one_moment_without_a_way_is_not_believed() {
    in_world(|world| {
        world.set(&shared_among(&[(2, 1)], Slots::Small, Hook::Tc));
        let says = |world: &World| {
            std::thread::sleep(REACH_IS_KNOWN);
            world.send(Hook::Tc, &plain(flow(4, 7))).2
        };
        for _ in 0..2 {
            assert_eq!(says(world), Some(Reason::ForwardedByGroup));
            ip("route del default metric 4000");
            assert_eq!(says(world), Some(Reason::ForwardedByGroup));
            route_all_ways();
            assert_eq!(says(world), Some(Reason::ForwardedByGroup));
            ip("route del default metric 4000");
            assert_eq!(says(world), Some(Reason::ForwardedByGroup));
            assert_eq!(says(world), Some(Reason::LinkDown));
            assert_eq!(says(world), Some(Reason::LinkDown));
            route_all_ways();
        }
    });
}
