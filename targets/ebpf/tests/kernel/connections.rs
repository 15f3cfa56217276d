//! Connections on the short cut: what the kernel's connection tracking says of them is done to their packets.

use crate::frame::{Extras, flow, fragment, packet, plain, tcp, with_flags};
use crate::shared::LAN;
use crate::world::{TC_NEXT, TC_REDIRECT, World, in_world, ip, shared_among};
use rosc_ebpf::{CONNECTION_SHORT, Connections, Flow, Hook, Reason, Slots, State, Takes};
use rosc_target::Origin;
use std::net::IpAddr;
use std::process::Command;

const TIMEOUTS: Connections = Connections { origin: Origin::IMPLIED, tcp_timeout: 5000, udp_timeout: 3000 };

/// All connections are taken, and what takes says of the rest.
fn taking(takes: Takes) -> State {
    let mut state = shared_among(&[(1, 1)], Slots::Small, Hook::Tc);
    for port in state.ports.values_mut() {
        port.takes = takes;
    }
    state.connections = Some(TIMEOUTS);
    state
}

const CONNECTIONS: Takes = Takes { routed: false, ipv4_connections: true, ipv6_connections: true };

/// Makes the namespace forward, hosts behind the second uplink and all others behind the first.
fn routed(test: impl FnOnce(&mut World) + Send) {
    in_world(|world| {
        ip("address add 192.0.2.100/24 dev wan1");
        ip("address add 2001:db8::100/64 dev wan1 nodad");
        ip("route add default via 192.0.2.1");
        ip("route add default via 2001:db8::1");
        ip("address add 192.0.3.100/24 dev wan2");
        ip("address add 2001:db8:0:3::100/64 dev wan2 nodad");
        ip("route add 10.0.0.0/8 via 192.0.3.1");
        ip("route add 2001:db8:1::/48 via 2001:db8:0:3::1");
        for setting in ["ipv4/conf/all/forwarding", "ipv6/conf/all/forwarding"] {
            std::fs::write(format!("/proc/sys/net/{setting}"), "1").expect("a setting");
        }
        test(world);
    });
}

fn conntrack(arguments: &[String]) -> String {
    let output = Command::new("conntrack").args(arguments).output().expect("conntrack can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "conntrack {arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

/// What the kernel is to know of a connection: both directions, what it is like, its mark.
struct Entry {
    original: Flow,
    reply: Flow,
    status: &'static str,
    state: &'static str,
    mark: u32,
}

impl Entry {
    /// A connection on the short cut.
    fn short(original: Flow, reply: Flow) -> Self {
        Self { original, reply, status: "SEEN_REPLY,ASSURED", state: "ESTABLISHED", mark: CONNECTION_SHORT }
    }

    fn insert(&self) {
        let Self { original, reply, status, state, mark } = self;
        let protocol = if original.protocol == 6 { "tcp" } else { "udp" };
        let mut arguments = format!(
            "-I -p {protocol} -s {} -d {} --sport {} --dport {} -r {} -q {} --reply-port-src {} \
             --reply-port-dst {} -t 600",
            original.source,
            original.destination,
            original.source_port,
            original.destination_port,
            reply.source,
            reply.destination,
            reply.source_port,
            reply.destination_port,
        );
        if !status.is_empty() {
            arguments += &format!(" -u {status}");
        }
        // conntrack takes the bits of a status behind a mark for that.
        arguments += &format!(" -m {mark}");
        if protocol == "tcp" {
            arguments += &format!(" --state {state}");
        }
        conntrack(&arguments.split(' ').map(ToOwned::to_owned).collect::<Vec<_>>());
    }
}

/// The packets of the other direction.
fn back(flow: Flow) -> Flow {
    Flow {
        source: flow.destination,
        destination: flow.source,
        source_port: flow.destination_port,
        destination_port: flow.source_port,
        ..flow
    }
}

/// A connection's packets as they come and as they leave, translated at both ends.
fn translated(family: u8, number: u32) -> (Flow, Flow) {
    let came = flow(family, number);
    let of = |ipv4: [u8; 4], ipv6: [u16; 8]| {
        if family == 4 { IpAddr::from(ipv4) } else { IpAddr::from(ipv6) }
    };
    let left = Flow {
        source: of([192, 0, 2, 100], [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x100]),
        destination: of([203, 0, 113, 77], [0x2001, 0xdb8, 0x2, 0, 0, 0, 0, 0x77]),
        source_port: 40_000 + u16::try_from(number).expect("a small number"),
        destination_port: 8443,
        ..came
    };
    (came, left)
}

/// The packet behind Ethernet's header, one hop later.
fn one_hop_later(flow: Flow) -> Vec<u8> {
    packet(flow, Extras { payload: 12, ttl: Some(63), ..Extras::default() })[14..].to_vec()
}

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
