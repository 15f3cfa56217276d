//! Connections that stay with a member of a group, in drivers.

use crate::entries::{Entry, back, conntrack, one_hop_later, routed, translated};
use crate::frame::{Extras, packet, plain, tcp};
use crate::marks::{keeping, mark};
use crate::remembered::LONG;
use crate::shared::{LAN, group_name};
use crate::world::{World, XDP_PASS, XDP_REDIRECT, ip, mac_of, next_hop};
use rosc_ebpf::{CONNECTION_SHORT, Flow, Hook, Member, Neighbour, NextHop, Reason, State, Weight};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;

/// The neighbour behind the third uplink, as drivers are told of it, and as the kernel knows it.
const TOLD: [u8; 6] = [2, 0, 0, 0, 3, 3];
const KNOWN: [u8; 6] = [2, 0, 0, 0, 1, 3];

/// Connections stay with the first and the third uplink. The third one's table leads to it, and the kernel knows its neighbour.
fn with_members(test: impl FnOnce(&mut World, State) + Send) {
    routed(|world| {
        let state = keeping(&[(1, 1), (3, 1)]);
        world.set(&state);
        for (family, gateway) in [(4, "192.0.2.3"), (6, "fe80::3")] {
            ip(&format!("neighbour replace {gateway} lladdr 02:00:00:00:01:03 dev wan3 nud permanent"));
            let onlink = if family == 4 { "onlink " } else { "" };
            let table = mark(3, family).table;
            ip(&format!("route add default via {gateway} dev wan3 {onlink}table {table}"));
        }
        test(world, state);
    });
}

/// Tells drivers of the third uplink's neighbour in both families.
fn tell(world: &mut World, mtu: u32) {
    let known = [4, 6].map(|family| (next_hop(3, family), Neighbour { address: TOLD, mtu }));
    world.target.resolve(&known.into()).expect("they are told");
}

/// The part of a connection's mark that has it stay with an uplink.
fn on(uplink: u8, family: u8) -> u32 {
    u32::from(mark(uplink, family).value.get()) << 16
}

/// Begins a connection of which one end is translated, and which stays with an uplink. Returns its packets as they come and leave.
fn begin(family: u8, number: u32, uplink: u8) -> (Flow, Flow) {
    let (came, left) = translated(family, number);
    let left = Flow { source: left.source, source_port: left.source_port, ..came };
    let mut entry = Entry::short(came, back(left));
    entry.mark |= on(uplink, family);
    entry.insert();
    (came, left)
}

/// Gives a frame to the driver's program once its connection is remembered, until something comes of it: a machine may stand
/// still for longer than anything is remembered. Nothing has come of what has not left.
fn by_driver(world: &World, frame: &[u8], remembered_by: &[u8]) -> (u32, Vec<u8>) {
    const TIMES: usize = 20;
    let mut last = None;
    for _ in 0..TIMES {
        world.send(Hook::Tc, remembered_by);
        let (verdict, out, _) = world.send(Hook::Xdp, frame);
        if verdict == XDP_REDIRECT {
            return (verdict, out);
        }
        last = Some((verdict, out));
    }
    last.expect("it was tried")
}

/// Whether the driver has sent a packet of a connection to this neighbour of a device.
fn is_sent(outcome: &(u32, Vec<u8>), left: Flow, neighbour: [u8; 6], device: &str) -> bool {
    let (verdict, out) = outcome;
    *verdict == XDP_REDIRECT
        && (&out[..6], &out[6..12]) == (&neighbour[..], &mac_of(device)[..])
        && out[14..] == one_hop_later(left)
}

#[test]
fn drivers_hand_a_connection_to_the_neighbour_that_its_member_has_told_of() {
    with_members(|world, _| {
        tell(world, 1500);
        let untranslated = [4, 6].map(|family| {
            let came = tcp(translated(family, 8).0);
            let mut entry = Entry::short(came, back(came));
            entry.mark |= on(3, family);
            entry.insert();
            (came, came)
        });
        for (came, left) in [begin(4, 7, 3)].into_iter().chain(untranslated) {
            let frame = plain(came);
            let before = world.counters().reasons[&Reason::ForwardedByConnection].packets;
            // No device has been said to take frames: the member's is one, since its neighbour was told of.
            let outcome = by_driver(world, &frame, &frame);
            assert!(is_sent(&outcome, left, TOLD, "wan3"), "{came:?} {outcome:?}");
            let after = world.counters().reasons[&Reason::ForwardedByConnection].packets;
            assert!(after >= before + 2, "at traffic control, and in the driver");
        }
    });
}

#[test]
fn drivers_leave_to_the_stack_what_a_member_can_not_take() {
    with_members(|world, mut state| {
        tell(world, 200);
        let (came, left) = begin(4, 7, 3);
        let frame = plain(came);
        assert!(is_sent(&by_driver(world, &frame, &frame), left, TOLD, "wan3"));
        let large = packet(came, Extras { payload: 201 - 28, ..Extras::default() });
        assert_eq!(by_driver(world, &large, &frame), (XDP_PASS, large), "it does not fit");
        // Nobody has this uplink's mark.
        let (came, _) = begin(4, 8, 2);
        let frame = plain(came);
        assert_eq!(by_driver(world, &frame, &frame), (XDP_PASS, frame.clone()), "nobody is meant");
        // It would leave by where it came in.
        let back_again = NextHop { device: LAN.parse().expect("a name"), gateway: next_hop(2, 4).gateway };
        let group = state.groups.get_mut(&group_name(4)).expect("a group");
        let member = Member { weight: Weight::MIN, mark: Some(mark(2, 4)) };
        group.members.insert(back_again.clone(), member);
        world.set(&state);
        let known = [(back_again, Neighbour { address: TOLD, mtu: 1500 })];
        world.target.resolve(&known.into()).expect("they are told");
        assert_eq!(by_driver(world, &frame, &frame), (XDP_PASS, frame));
    });
}

#[test]
fn a_member_whose_neighbour_drivers_were_not_told_of_is_the_kernels_to_find() {
    with_members(|world, _| {
        let takers = ["wan2", "wan3"].map(|name| name.parse().expect("a name"));
        world.target.tell_takers(&takers.into()).expect("it can be told");
        // A line has no room for an address of IPv6 and the member.
        for (family, has_room) in [(4, true), (6, false)] {
            let (came, left) = begin(family, 7, 3);
            let frame = plain(came);
            let outcome = by_driver(world, &frame, &frame);
            assert_eq!(is_sent(&outcome, left, KNOWN, "wan3"), has_room, "{outcome:?}");
            // What is not to a group goes by the kernel's routes, whatever its connection says.
            let gateway = if family == 4 { "192.0.3.1" } else { "2001:db8:0:3::1" };
            ip(&format!("neighbour replace {gateway} lladdr 02:00:00:00:01:03 dev wan2 nud permanent"));
            let answer = plain(back(left));
            let outcome = by_driver(world, &answer, &answer);
            assert!(is_sent(&outcome, back(came), KNOWN, "wan2"), "{outcome:?}");
        }
    });
}

/// Of another member in the place of one that has gone nothing is known: connections are asked for anew.
#[test]
fn nobody_gets_the_connections_of_who_has_had_the_place_before() {
    with_members(|world, _| {
        tell(world, 1500);
        let (came, left) = begin(4, 7, 3);
        let frame = plain(came);
        assert!(is_sent(&by_driver(world, &frame, &frame), left, TOLD, "wan3"));
        world.set(&keeping(&[(1, 1), (4, 1)]));
        let known = [(next_hop(4, 4), Neighbour { address: TOLD, mtu: 1500 })];
        world.target.resolve(&known.into()).expect("they are told");
        assert_eq!(by_driver(world, &frame, &frame), (XDP_PASS, frame));
    });
}

/// The kernel keeps in mind by which device it has masqueraded a connection.
#[test]
fn a_masqueraded_connection_leaves_by_its_own_device_alone() {
    with_members(|world, _| {
        for device in ["all", "lan"] {
            std::fs::write(format!("/proc/sys/net/ipv4/conf/{device}/rp_filter"), "0").expect("a setting");
        }
        masquerade("wan3");
        ip(&format!("rule add fwmark {:#x} lookup {}", mark(3, 4).value, mark(3, 4).table));
        // The stack has a connection begin that the program chooses the third uplink for.
        let began = (0..50).map(|number| translated(4, number).0).find(|came| {
            world.send_marked(Hook::Tc, &plain(*came), 0).3 == u32::from(mark(3, 4).value.get())
        });
        let came = began.expect("half of all");
        world.receive(&plain(came));
        let entries = conntrack(&["-L".to_owned()]);
        assert!(entries.contains("dst=192.0.2.103"), "{entries}");
        let stay_with = |uplink| {
            let arguments = format!("-U -p udp -s {} -u SEEN_REPLY,ASSURED -m", came.source);
            let mark = (CONNECTION_SHORT | on(uplink, 4)).to_string();
            conntrack(&arguments.split(' ').map(ToOwned::to_owned).chain([mark]).collect::<Vec<_>>());
        };
        let frame = plain(came);
        let known = [1, 3].map(|uplink| (next_hop(uplink, 4), Neighbour { address: TOLD, mtu: 1500 }));
        world.target.resolve(&known.into()).expect("they are told");
        stay_with(1);
        assert_eq!(by_driver(world, &frame, &frame), (XDP_PASS, frame.clone()));
        stay_with(3);
        thread::sleep(LONG);
        let (verdict, out) = by_driver(world, &frame, &frame);
        assert_eq!((verdict, &out[..6], &out[26..30]), (XDP_REDIRECT, &TOLD[..], &[192, 0, 2, 103][..]));
    });
}

/// Has what leaves by a device come from an address of it.
fn masquerade(device: &str) {
    ip(&format!("address add 192.0.2.103/32 dev {device}"));
    let rules = format!(
        "table ip nat {{ chain srcnat {{ type nat hook postrouting priority srcnat\n oifname {device} masquerade\n}}\n}}"
    );
    let child = Command::new("nft").args(["-f", "-"]).stdin(Stdio::piped()).spawn();
    let mut child = child.expect("nft can be started");
    child.stdin.take().expect("a pipe").write_all(rules.as_bytes()).expect("it reads");
    assert!(child.wait().expect("it ends").success());
}
