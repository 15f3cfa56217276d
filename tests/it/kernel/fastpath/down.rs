//! Uplinks whose links go down while a fast path forwards.

use super::connections::{Connections, World};
use super::router;
use crate::kernel::output_of;
use rosc_ebpf::Reason;
use std::thread;
use std::time::{Duration, Instant};

/// A wait that only a hang lasts as long as.
const PATIENCE: Duration = Duration::from_secs(300);

/// Waits until the kernel has taken an uplink out of its routes of both families.
fn wait_until_down(world: &World, uplink: &str) {
    let start = Instant::now();
    for family in ["-4", "-6"] {
        let is_down = || {
            let routes = output_of(world.router(), "ip", &[family, "route", "show", "default"]);
            let mut nexthops = routes.lines().filter(|line| line.contains(uplink));
            nexthops.all(|nexthop| nexthop.contains("linkdown"))
        };
        while !is_down() {
            assert!(start.elapsed() < PATIENCE, "the link of {uplink} is down");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Nobody but the kernel tells the programs.
#[test]
fn what_an_uplink_without_a_link_would_get_goes_by_the_others() {
    for mode in ["tc", "xdp"] {
        let Some(world) = World::build() else { return };
        world.apply(&router(&[1, 2]).replace("set enabled=yes", &format!("set enabled=yes mode={mode}")));
        let mut connections = Connections::default();
        connections.open(&world, 40);
        assert!(connections.count_on(2) > 0);
        output_of(world.behind("wan2"), "ip", &["link", "set", "wire0", "down"]);
        wait_until_down(&world, "wan2");
        // What a packet of the last moment has found out is over.
        thread::sleep(Duration::from_millis(100));
        let mut behind = Connections::beginning_at(1_000);
        behind.open(&world, 40);
        assert_eq!(behind.count_on(1), 40);
        behind.ask_all(&world, &[1]);
        connections.ask_all(&world, &[1]);
        let reasons = world.counters().reasons;
        assert!(reasons[&Reason::LinkDown].packets >= 20, "{reasons:?}");
        assert!(reasons[&Reason::ForwardedByGroup].packets > 100, "{reasons:?}");
    }
}
