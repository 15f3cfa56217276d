//! Packets that are not like the others: too large, and in parts.

use super::connections::{Connections, World};
use super::router;
use rosc::lab::Message;
use std::collections::BTreeSet;

#[test]
fn hosts_learn_how_large_packets_may_be() {
    let Some(world) = World::build() else { return };
    world.apply(&router(&[1, 2, 3]));
    let mut connections = Connections::default();
    connections.open(&world, 20);
    // Both ends of the connections have told each other that more would fit.
    for uplink in 1..=3 {
        world.set_mtu(&format!("wan{uplink}"), 1_280);
    }
    // Many requests at once make segments as large as they may be.
    connections.ask_much(500);
    let counters = world.counters();
    let too_large = counters.reasons[&rosc_ebpf::Reason::Mtu].packets;
    assert!(too_large > 0, "the stack has said so: {counters:?}");
    connections.ask_all(&world, &[1, 2, 3]);
}

#[test]
fn parts_of_a_datagram_arrive_at_the_same_place() {
    let Some(world) = World::build() else { return };
    world.apply(&router(&[1, 2, 3, 4]));
    let mut uplinks = BTreeSet::new();
    for flow in 0..40 {
        let message = Message { flow, round: 0 };
        uplinks.insert(world.send_in_parts(message, &format!("198.18.5.{}", flow + 1)));
    }
    assert_eq!(uplinks.len(), 4, "other addresses take other uplinks: {uplinks:?}");
    let forwarded = world.counters().reasons[&rosc_ebpf::Reason::ForwardedByGroup].packets;
    assert!(forwarded >= 40 * 3, "each datagram has three parts, and none took the stack: {forwarded}");
}
