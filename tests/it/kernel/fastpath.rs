//! A fast path on a router with traffic: it forwards, and no connection leaves an uplink that stays.

pub(super) mod connections;
mod down;
mod edges;
pub(super) mod foreign;
mod hashed;
mod load;
mod translated;
mod tunnels;

use super::machine::Box;
use crate::cli::Files;
use connections::{Connections, LAN, UPLINKS, World};

/// A router without translations; `uplinks` share what has no route of its own, each as often as it is named.
pub(super) fn router(uplinks: &[usize]) -> String {
    let mut text = String::from("/rosc fastpath set enabled=yes drain-time=10m\n");
    text += "/ip settings set ipv4-multipath-hash-policy=l4\n/ipv6 settings set multipath-hash-policy=l4\n";
    text += &format!("/ip address add address={}.1/24 interface=lan\n", LAN.0);
    text += &format!("/ipv6 address add address={}::1/64 interface=lan advertise=no\n", LAN.1);
    for n in 1..=UPLINKS {
        text += &format!("/ip address add address=172.16.{n}.2/24 interface=wan{n}\n");
        text += &format!("/ipv6 address add address=2001:db8:{n}::2/64 interface=wan{n} advertise=no\n");
    }
    let list = |gateway: fn(&usize) -> String| uplinks.iter().map(gateway).collect::<Vec<_>>().join(",");
    text += &format!("/ip route add gateway={}\n", list(|n| format!("172.16.{n}.254")));
    text += &format!("/ipv6 route add gateway={}\n", list(|n| format!("2001:db8:{n}::fe")));
    text
}

#[test]
fn an_example_is_applied_shown_and_taken_away() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2", "ether3", "ether4"]) else { return };
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ecmp-fastpath.rsc");
    let none = machine.rosc(&["show", "fastpath"]);
    assert!(none.code == Some(1) && none.err.contains("R0607"), "{}", none.err);
    let ended = machine.rosc(&["apply", file]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("fastpath port ether4 tc"), "{}", ended.out);
    let again = machine.rosc(&["apply", file]);
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert!(again.out.contains("no changes") || again.err.contains("nothing"), "{}{}", again.out, again.err);
    let drift = machine.rosc(&["diff", "--live", file]);
    assert_eq!(drift.code, Some(0), "{}{}", drift.out, drift.err);
    let shown = machine.rosc(&["show", "fastpath"]);
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    assert!(shown.out.contains("via 192.0.2.17 dev ether3"), "{}", shown.out);
    assert!(shown.out.contains("50.0 %"), "the third uplink is named twice: {}", shown.out);
    let metrics = machine.rosc(&["show", "metrics"]);
    assert!(metrics.out.contains("rosc_fastpath_member_weight{"), "{}", metrics.out);
    let json = machine.rosc(&["show", "fastpath", "--format", "json"]);
    assert!(json.json()["groups"].as_object().is_some_and(|groups| groups.len() == 2), "{}", json.out);
    let removed = machine.rosc(&["apply", "--remove"]);
    assert_eq!(removed.code, Some(0), "{}", removed.err);
    assert!(!machine.state_dir().join("bpf/rosc").exists(), "something is still pinned");
}

#[test]
fn a_file_has_no_counters() {
    let files = Files::new([("router.rsc", "")]);
    let Some(machine) = Box::with_ports(&[]) else { return };
    let ended = machine.rosc(&["show", "fastpath", &files.path("router.rsc")]);
    assert!(ended.code == Some(1) && ended.err.contains("a file has counted nothing"), "{}", ended.err);
}

#[test]
fn connections_stay_on_their_uplinks_while_others_come_go_and_change() {
    let Some(world) = World::build() else { return };
    world.apply(&router(&[1, 2]));
    let mut connections = Connections::default();
    connections.open(&world, 60);
    for uplinks in [&[1, 2, 3][..], &[1, 1, 1, 2, 3], &[1, 3], &[1, 2, 3, 4], &[4, 3, 2, 2], &[2, 3]] {
        world.apply(&router(uplinks));
        connections.ask_all(&world, uplinks);
        connections.open(&world, 20);
    }
    let counters = world.counters();
    for group in counters.groups.values() {
        assert!(group.members.iter().all(|member| member.traffic.packets > 0), "{group:?}");
    }
    let forwarded = counters.reasons[&rosc_ebpf::Reason::ForwardedByGroup].packets;
    assert!(forwarded > 1_000, "{counters:?}");
}
