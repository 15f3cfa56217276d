//! What others route inside of a group's prefix.

use super::connections::World;
use super::router;
use crate::kernel::output_of;
use rosc::lab::Message;
use rosc_ebpf::Reason;
use std::collections::BTreeSet;

/// The uplinks by which datagrams to addresses of a network go, each with its own.
pub(in crate::kernel) fn uplinks(world: &World, first_flow: u32, network: &str) -> BTreeSet<usize> {
    let send = |n: u32| {
        let message = Message { flow: first_flow + n, round: 0 };
        world.send_in_parts(message, &format!("{network}.{}", n + 1))
    };
    (0..30).map(send).collect()
}

#[test]
fn routes_and_rules_of_others_lead_where_they_say() {
    let Some(world) = World::build() else { return };
    let ip = |args: &str| output_of(world.router(), "ip", &args.split(' ').collect::<Vec<_>>());
    let by_group = || world.counters().reasons[&Reason::ForwardedByGroup].packets;
    world.apply(&router(&[1, 2]));
    // By a gateway that no route of ours has.
    ip("route add 198.18.9.0/24 via 172.16.3.254");
    assert_eq!(world.apply_beside_others(&router(&[1, 2])), []);
    assert_eq!(uplinks(&world, 0, "198.18.9"), [3].into());
    assert_eq!(uplinks(&world, 100, "198.18.8"), [1, 2].into());
    assert!(by_group() >= 30 * 3, "the others are still shared");
    // A rule that asks another table, first of packets with a mark alone.
    ip("route add default via 172.16.4.254 table 77");
    ip("rule add fwmark 0x77 lookup 77 preference 9000");
    assert_eq!(world.apply_beside_others(&router(&[1, 2])), []);
    assert_eq!(uplinks(&world, 200, "198.18.7"), [1, 2].into());
    ip("rule add from 192.168.88.0/24 lookup 77 preference 9001");
    let told = world.apply_beside_others(&router(&[1, 2]));
    assert!(told.len() == 1 && told[0].message.contains("that of preference 9001"), "{told:?}");
    assert_eq!(uplinks(&world, 300, "198.18.6"), [4].into());
    let ways = world.counters().reasons;
    assert!(ways[&Reason::ForwardedByFib].packets >= 30, "the kernel's look-up finds the way: {ways:?}");
    ip("rule delete preference 9001");
    assert_eq!(world.apply_beside_others(&router(&[1, 2])), []);
    assert_eq!(uplinks(&world, 400, "198.18.5"), [1, 2].into());
}
