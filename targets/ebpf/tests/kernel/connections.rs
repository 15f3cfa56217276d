//! Connections on the short cut: what the kernel's connection tracking says of them is done to their packets.

use crate::entries::{
    CONNECTIONS, Entry, TIMEOUTS, back, conntrack, one_hop_later, routed, taking, translated,
};
use crate::frame::{Extras, flow, fragment, packet, plain, tcp, with_flags};
use crate::shared::LAN;
use crate::world::{TC_NEXT, TC_REDIRECT, World, ip};
use rosc_ebpf::{CONNECTION_SHORT, Flow, Hook, Reason, Takes};

#[test]
fn packets_leave_as_the_kernel_knows_their_connection() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        for family in [4, 6] {
            let (datagram, sent) = translated(family, 7);
            for (came, left) in [(datagram, sent), (tcp(datagram), tcp(sent))] {
                Entry::short(came, back(left)).insert();
                for (came, left) in [(came, left), (back(left), back(came))] {
                    let (verdict, out, counted) = world.send(Hook::Tc, &plain(came));
                    assert_eq!(counted, Some(Reason::ForwardedByConnection), "{came:?}");
                    assert_eq!(verdict, TC_REDIRECT, "{came:?}");
                    assert_eq!(out[14..], one_hop_later(left), "{came:?}");
                }
            }
        }
    });
}

#[test]
fn a_connection_without_translation_leaves_as_it_came() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        for came in [flow(4, 7), flow(6, 7), tcp(flow(4, 8)), tcp(flow(6, 8))] {
            Entry::short(came, back(came)).insert();
            let (verdict, out, counted) = world.send(Hook::Tc, &plain(came));
            assert_eq!((verdict, counted), (TC_REDIRECT, Some(Reason::ForwardedByConnection)), "{came:?}");
            assert_eq!(out[14..], one_hop_later(came), "{came:?}");
        }
    });
}

#[test]
fn a_datagram_without_a_checksum_stays_without() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        let (came, left) = translated(4, 7);
        Entry::short(came, back(left)).insert();
        let mut frame = plain(came);
        frame[40..42].fill(0);
        let (_, out, counted) = world.send(Hook::Tc, &frame);
        assert_eq!(counted, Some(Reason::ForwardedByConnection));
        let mut expected = one_hop_later(left);
        expected[26..28].fill(0);
        assert_eq!(out[14..], expected);
    });
}

#[test]
fn what_is_not_on_the_short_cut_is_left_to_the_rules() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        for family in [4, 6] {
            let connection = |number| translated(family, number);
            let with = |change: fn(&mut Entry), (came, left): (Flow, Flow)| {
                let mut entry = Entry::short(came, back(left));
                change(&mut entry);
                entry.insert();
                plain(came)
            };
            let of_tcp = |number| {
                let (came, left) = connection(number);
                (tcp(came), tcp(left))
            };
            let segment = with(|_| {}, of_tcp(20)).len();
            let (ended, _) = of_tcp(20);
            let cases = [
                ("of no connection", plain(flow(family, 10)), Reason::Rules),
                ("not marked", with(|entry| entry.mark = 0, connection(11)), Reason::Rules),
                (
                    "with another mark",
                    with(|entry| entry.mark = !CONNECTION_SHORT, connection(12)),
                    Reason::Rules,
                ),
                ("not answered", with(|entry| entry.status = "", connection(13)), Reason::Rules),
                ("being opened", with(|entry| entry.state = "SYN_RECV", of_tcp(14)), Reason::Rules),
                ("being closed", with(|entry| entry.state = "FIN_WAIT", of_tcp(15)), Reason::Rules),
                ("a segment that closes", with_flags(ended, |tcp| tcp.fin = true), Reason::Rules),
                ("a segment that resets", with_flags(ended, |tcp| tcp.rst = true), Reason::Rules),
                ("its last hop", packet(ended, Extras { ttl: Some(1), ..Extras::default() }), Reason::Ttl),
                (
                    "too large",
                    packet(ended, Extras { payload: 1501 - (segment - 14 - 12), ..Extras::default() }),
                    Reason::Mtu,
                ),
            ];
            for (name, frame, reason) in cases {
                let (verdict, out, counted) = world.send(Hook::Tc, &frame);
                assert_eq!(counted, Some(reason), "{name}");
                assert_eq!((verdict, out), (TC_NEXT, frame), "{name}");
            }
        }
        let (came, left) = translated(4, 30);
        Entry::short(came, back(left)).insert();
        assert_eq!(world.send(Hook::Tc, &plain(came)).2, Some(Reason::ForwardedByConnection));
        assert_eq!(world.send(Hook::Tc, &fragment(came, 0, true)).2, Some(Reason::Rules), "a part of it");
    });
}

#[test]
fn where_the_routes_lead_nowhere_or_back_the_stack_decides() {
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        for family in [4, 6] {
            let (came, left) = translated(family, 7);
            Entry::short(came, back(left)).insert();
            let to = left.destination;
            let says = |world: &World| world.send(Hook::Tc, &plain(came)).2;
            ip(&format!("route add unreachable {to}"));
            assert_eq!(says(world), Some(Reason::Fib));
            ip(&format!("route del unreachable {to}"));
            ip(&format!("route add {to} dev {LAN}"));
            assert_eq!(says(world), Some(Reason::SameDevice));
            ip(&format!("route del {to} dev {LAN}"));
            assert_eq!(says(world), Some(Reason::ForwardedByConnection));
        }
    });
}

#[test]
fn a_port_takes_what_it_is_told_to_take() {
    routed(|world| {
        let all = [flow(4, 7), flow(6, 7)];
        for came in all {
            Entry::short(came, back(came)).insert();
        }
        let says = |world: &World| all.map(|came| world.send(Hook::Tc, &plain(came)).2.expect("a reason"));
        let (routed, taken, left) = (Reason::ForwardedByGroup, Reason::ForwardedByConnection, Reason::Rules);
        for (takes, expected) in [
            (Takes { ipv6_connections: false, ..CONNECTIONS }, [taken, left]),
            (Takes { ipv4_connections: false, ..CONNECTIONS }, [left, taken]),
            (Takes { ipv4_connections: false, routed: true, ..CONNECTIONS }, [routed, taken]),
        ] {
            world.set(&taking(takes));
            assert_eq!(says(world), expected, "{takes}");
        }
        // The other programs look at no connection.
        let mut state = taking(Takes { routed: true, ..Takes::default() });
        state.connections = None;
        world.set(&state);
        assert_eq!(says(world), [routed, routed]);
    });
}

#[test]
fn a_connection_lives_as_long_as_it_sends() {
    /// Seconds until the kernel forgets the only connection of a protocol.
    fn left(protocol: &str) -> u32 {
        let listed = conntrack(&["-L".to_owned(), "-p".to_owned(), protocol.to_owned()]);
        // The protocol's name, its number, the seconds.
        listed.split_whitespace().nth(2).expect("a connection").parse().expect("a number")
    }
    routed(|world| {
        world.set(&taking(CONNECTIONS));
        let some = translated(4, 7);
        for (protocol, came, sent, timeout) in [
            ("udp", some.0, some.1, TIMEOUTS.udp_timeout),
            ("tcp", tcp(some.0), tcp(some.1), TIMEOUTS.tcp_timeout),
        ] {
            Entry::short(came, back(sent)).insert();
            assert!(left(protocol) <= 600);
            assert_eq!(world.send(Hook::Tc, &plain(came)).2, Some(Reason::ForwardedByConnection));
            // A machine may stand still in between.
            assert!((timeout - 600..=timeout).contains(&left(protocol)), "{protocol}: {}", left(protocol));
        }
    });
}
