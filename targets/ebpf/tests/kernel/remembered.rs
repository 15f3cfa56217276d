//! What the programs remember of connections on the short cut, and how long.

use crate::entries::{CONNECTIONS, Entry, back, conntrack, one_hop_later, routed, taking, translated};
use crate::frame::{Extras, flow, packet, plain, tcp, with_flags};
use crate::world::{TC_REDIRECT, World, XDP_PASS, XDP_REDIRECT, ip, mac_of};
use rosc_ebpf::{Flow, Hook, Reason};
use rosc_target::DeviceName;
use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

/// A little longer than the programs rely on what they remember.
pub(crate) const LONG: Duration = Duration::from_millis(1_200);

const SHORT: Option<Reason> = Some(Reason::ForwardedByConnection);
const RULES: Option<Reason> = Some(Reason::Rules);

/// Has the kernel forget all connections.
fn flush() {
    conntrack(&["-F".to_owned()]);
}

/// A connection of which one end is translated, as its packets come and as they leave.
fn masqueraded(family: u8, number: u32) -> (Flow, Flow) {
    let (came, left) = translated(family, number);
    (came, Flow { source: left.source, source_port: left.source_port, ..came })
}

fn says(world: &World, came: Flow) -> Option<Reason> {
    world.send(Hook::Tc, &plain(came)).2
}

/// Gives a packet to the driver's program once its connection is remembered. A machine may stand still in between for longer
/// than that lasts, so it is tried again where the program leaves it to traffic control.
fn by_driver(world: &World, came: Flow, frame: &[u8]) -> (u32, Vec<u8>, Option<Reason>) {
    const TIMES: usize = 20;
    for _ in 1..TIMES {
        assert_eq!(says(world, came), SHORT, "{came:?}");
        let outcome = world.send(Hook::Xdp, frame);
        if outcome.2.is_some() {
            return outcome;
        }
    }
    panic!("the driver's program leaves {came:?} to others")
}

#[test]
fn for_a_second_the_kernel_is_not_asked_again() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        for (family, number) in [(4, 7), (6, 7)] {
            let (datagram, sent) = masqueraded(family, number);
            for (came, left) in [(datagram, sent), (tcp(datagram), tcp(sent))] {
                Entry::short(came, back(left)).insert();
                for (came, left) in [(came, left), (back(left), back(came))] {
                    assert_eq!(says(world, came), SHORT, "{came:?}");
                    let (_, out, counted) = world.send(Hook::Tc, &plain(came));
                    assert_eq!((counted, &out[14..]), (SHORT, &one_hop_later(left)[..]), "{came:?}");
                }
                flush();
                let (verdict, out, counted) = world.send(Hook::Tc, &plain(came));
                // A machine that has stood still for a second has made the programs ask.
                if counted == SHORT {
                    assert_eq!((verdict, &out[14..]), (TC_REDIRECT, &one_hop_later(left)[..]), "{came:?}");
                }
                thread::sleep(LONG);
                assert_eq!(says(world, came), RULES, "{came:?}");
                assert_eq!(says(world, back(left)), RULES, "{came:?}");
            }
        }
    });
}

/// It is remembered for as long as something asks, from many packets.
#[test]
fn what_is_remembered_is_asked_for_again_while_packets_come() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        let (came, left) = masqueraded(4, 7);
        Entry::short(came, back(left)).insert();
        for _ in 0..8 {
            assert_eq!(says(world, came), SHORT);
            thread::sleep(LONG / 4);
        }
        flush();
        let mut last = SHORT;
        for _ in 0..8 {
            last = says(world, came);
            thread::sleep(LONG / 4);
        }
        assert_eq!(last, RULES, "packets alone keep nothing alive");
    });
}

#[test]
fn a_change_of_the_fast_path_has_all_asked_again() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        let (came, left) = masqueraded(4, 7);
        Entry::short(came, back(left)).insert();
        assert_eq!(says(world, came), SHORT);
        flush();
        let mut other = taking(CONNECTIONS);
        other.connections.as_mut().expect("connections").udp_timeout += 1;
        world.set(&other);
        assert_eq!(says(world, came), RULES);
    });
}

#[test]
fn what_begins_or_ends_a_connection_has_both_directions_asked_again() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        for family in [4, 6] {
            let (came, left) = masqueraded(family, 7);
            let (came, left) = (tcp(came), tcp(left));
            for (name, ends) in [
                ("FIN", with_flags(came, |tcp| tcp.fin = true)),
                ("RST", with_flags(came, |tcp| tcp.rst = true)),
                ("the other side's FIN", with_flags(back(left), |tcp| tcp.fin = true)),
            ] {
                let mut entry = Entry::short(came, back(left));
                entry.insert();
                assert_eq!([says(world, came), says(world, back(left))], [SHORT, SHORT], "{name}");
                conntrack(&["-D".to_owned(), "-f".to_owned(), format!("ipv{family}")]);
                entry.state = "FIN_WAIT";
                entry.insert();
                assert_eq!(world.send(Hook::Tc, &ends).2, RULES, "{name}");
                // Twice, and nothing is known again.
                assert_eq!(world.send(Hook::Tc, &ends).2, RULES, "{name}");
                assert_eq!([says(world, came), says(world, back(left))], [RULES, RULES], "{name}");
                conntrack(&["-D".to_owned(), "-f".to_owned(), format!("ipv{family}")]);
            }
            // Nobody is left to say what answers look like.
            Entry::short(came, back(left)).insert();
            assert_eq!(says(world, came), SHORT);
            conntrack(&["-D".to_owned(), "-f".to_owned(), format!("ipv{family}")]);
            assert_eq!(world.send(Hook::Tc, &with_flags(came, |tcp| tcp.syn = true)).2, RULES);
            assert_eq!(says(world, came), RULES);
        }
    });
}

#[test]
fn where_both_ends_change_the_kernel_is_asked_each_time() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        let (came, left) = translated(4, 7);
        Entry::short(came, back(left)).insert();
        assert_eq!(says(world, came), SHORT);
        flush();
        assert_eq!(says(world, came), RULES);
    });
}

/// More connections than there are places for all have what is theirs.
#[test]
fn connections_that_share_places_are_told_apart() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        let all: Vec<(Flow, Flow)> = (0..40).map(|number| masqueraded(4, number)).collect();
        for (came, left) in &all {
            Entry::short(*came, back(*left)).insert();
        }
        for (came, left) in all.iter().chain(&all) {
            let (_, out, counted) = world.send(Hook::Tc, &plain(*came));
            assert_eq!((counted, &out[14..]), (SHORT, &one_hop_later(*left)[..]), "{came:?}");
        }
    });
}

#[test]
fn drivers_send_what_is_remembered_by_devices_that_take_frames() {
    const NEIGHBOUR: [u8; 6] = [2, 0, 0, 0, 1, 1];
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        for gateway in ["192.0.2.1", "2001:db8::1"] {
            ip(&format!("neighbour replace {gateway} lladdr 02:00:00:00:01:01 dev wan1 nud permanent"));
        }
        let takers = |names: &[&str]| -> BTreeSet<DeviceName> {
            names.iter().map(|name| name.parse().expect("a name")).collect()
        };
        for family in [4, 6] {
            let (datagram, sent) = masqueraded(family, 7);
            for (came, left) in [(datagram, sent), (tcp(datagram), tcp(sent))] {
                let frame = plain(came);
                Entry::short(came, back(left)).insert();
                world.target.tell_takers(&takers(&["wan1"])).expect("it can be told");
                assert_eq!(world.send(Hook::Xdp, &frame).0, XDP_PASS, "nothing is remembered of {came:?}");
                let (verdict, out, counted) = by_driver(world, came, &frame);
                assert_eq!((verdict, counted), (XDP_REDIRECT, SHORT), "{came:?}");
                assert_eq!(out[14..], one_hop_later(left), "{came:?}");
                assert_eq!((&out[..6], &out[6..12]), (&NEIGHBOUR[..], &mac_of("wan1")[..]));
                world.target.tell_takers(&takers(&["wan2"])).expect("it can be told");
                let unresolved = (XDP_PASS, frame.clone(), Some(Reason::Unresolved));
                assert_eq!(by_driver(world, came, &frame), unresolved, "{came:?}");
                world.target.tell_takers(&takers(&["wan1"])).expect("it can be told");
                world.target.keep_for(Duration::ZERO).expect("it can be told");
                // The clock that programs read is behind by some milliseconds.
                thread::sleep(Duration::from_millis(20));
                assert_eq!(by_driver(world, came, &frame), unresolved, "nobody keeps it up: {came:?}");
                world.target.keep_for(Duration::MAX).expect("it can be told");
            }
        }
    });
}

#[test]
fn drivers_leave_to_the_stack_what_it_has_to_see() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        ip("neighbour replace 192.0.2.1 lladdr 02:00:00:00:01:01 dev wan1 nud permanent");
        world.target.tell_takers(&["wan1".parse().expect("a name")].into()).expect("it can be told");
        let (came, left) = masqueraded(4, 7);
        let (came, left) = (tcp(came), tcp(left));
        Entry::short(came, back(left)).insert();
        assert_eq!(by_driver(world, came, &plain(came)).0, XDP_REDIRECT);
        let large = packet(came, Extras { payload: 1501 - 40, ..Extras::default() });
        let last_hop = packet(came, Extras { ttl: Some(1), ..Extras::default() });
        for (name, frame) in [
            ("ends", with_flags(came, |tcp| tcp.fin = true)),
            ("too large", large),
            ("its last hop", last_hop),
            ("another connection", plain(flow(4, 8))),
        ] {
            let (verdict, out, _) = world.send(Hook::Xdp, &frame);
            assert_eq!((verdict, out), (XDP_PASS, frame), "{name}");
        }
        assert_eq!(by_driver(world, came, &plain(came)).0, XDP_REDIRECT);
        // Where there is no route, the kernel says so.
        ip("route del default via 192.0.2.1");
        ip("route del default metric 4000");
        assert_eq!(world.send(Hook::Xdp, &plain(came)).0, XDP_PASS);
    });
}

/// With UDP, a sum that comes out as zero is written as all ones, which drivers do by themselves.
#[test]
fn a_datagram_in_a_driver_keeps_what_its_checksum_says() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        ip("neighbour replace 192.0.2.1 lladdr 02:00:00:00:01:01 dev wan1 nud permanent");
        world.target.tell_takers(&["wan1".parse().expect("a name")].into()).expect("it can be told");
        let (came, left) = masqueraded(4, 7);
        Entry::short(came, back(left)).insert();
        let mut without = plain(came);
        without[40..42].fill(0);
        let (_, out, counted) = by_driver(world, came, &without);
        let mut expected = one_hop_later(left);
        expected[26..28].fill(0);
        assert_eq!((counted, &out[14..]), (SHORT, &expected[..]));
        // Two bytes of data make the sum behind the translation what it takes.
        let mut zero = plain(came);
        let data = zero.len() - 2;
        let behind = one_hop_later(left);
        let sum = u16::from_be_bytes([behind[26], behind[27]]);
        let [high, low] = add(u16::from_be_bytes([zero[data], zero[data + 1]]), sum).to_be_bytes();
        zero[data..].copy_from_slice(&[high, low]);
        let before = u16::from_be_bytes([zero[40], zero[41]]);
        zero[40..42].copy_from_slice(&add(before, !sum).to_be_bytes());
        let (_, out, _) = by_driver(world, came, &zero);
        assert_eq!(out[40..42], [0xff, 0xff]);
    });
}

/// Words of ones' complement (RFC 1071).
fn add(one: u16, other: u16) -> u16 {
    let (sum, carry) = one.overflowing_add(other);
    sum + u16::from(carry)
}
