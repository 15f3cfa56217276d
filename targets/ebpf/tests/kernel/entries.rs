//! Connections as the kernel's connection tracking is told of them.

use crate::frame::{Extras, flow, packet};
use crate::world::{World, in_world, ip, shared_among};
use rosc_ebpf::{CONNECTION_SHORT, Connections, Flow, Hook, Slots, State, Takes};
use rosc_target::Origin;
use std::net::IpAddr;
use std::process::Command;

pub(crate) const TIMEOUTS: Connections =
    Connections { origin: Origin::IMPLIED, tcp_timeout: 5000, udp_timeout: 3000 };

/// All connections are taken, and what takes says of the rest.
pub(crate) fn taking(takes: Takes) -> State {
    let mut state = shared_among(&[(1, 1)], Slots::Small, Hook::Tc);
    for port in state.ports.values_mut() {
        port.takes = takes;
    }
    state.connections = Some(TIMEOUTS);
    state
}

pub(crate) const CONNECTIONS: Takes = Takes {
    routed: false,
    ipv4_connections: true,
    ipv6_connections: true,
    ipv4_marked: false,
    ipv6_marked: false,
};

/// Makes the namespace forward, hosts behind the second uplink and all others behind the first.
pub(crate) fn routed(test: impl FnOnce(&mut World) + Send) {
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

pub(crate) fn conntrack(arguments: &[String]) -> String {
    let output = Command::new("conntrack").args(arguments).output().expect("conntrack can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "conntrack {arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

/// What the kernel is to know of a connection: both directions, what it is like, its mark.
pub(crate) struct Entry {
    pub(crate) original: Flow,
    pub(crate) reply: Flow,
    pub(crate) status: &'static str,
    pub(crate) state: &'static str,
    pub(crate) mark: u32,
}

impl Entry {
    /// A connection on the short cut.
    pub(crate) fn short(original: Flow, reply: Flow) -> Self {
        Self { original, reply, status: "SEEN_REPLY,ASSURED", state: "ESTABLISHED", mark: CONNECTION_SHORT }
    }

    pub(crate) fn insert(&self) {
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
pub(crate) fn back(flow: Flow) -> Flow {
    Flow {
        source: flow.destination,
        destination: flow.source,
        source_port: flow.destination_port,
        destination_port: flow.source_port,
        ..flow
    }
}

/// A connection's packets as they come and as they leave, translated at both ends.
pub(crate) fn translated(family: u8, number: u32) -> (Flow, Flow) {
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
pub(crate) fn one_hop_later(flow: Flow) -> Vec<u8> {
    packet(flow, Extras { payload: 12, ttl: Some(63), ..Extras::default() })[14..].to_vec()
}
