//! What a packet costs on its way through the router, with firewall rules merged and one by one:
//! `cargo bench --bench packets`.
//!
//! The devices of the router end in this process, and the kernel deals with what comes in before the call returns, so the
//! time is that of the whole way: from the wire over the rules to the wire. Both routers hold the same connections, and
//! what comes out is taken away outside of the measured time.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

#[path = "side_by_side/rounds.rs"]
mod rounds;

use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::ir::InterfaceName;
use rosc::ir::firewall::Protocol;
use rosc::lab::verify::{Bench, Incoming};
use rosc::lower::Rules;
use rosc::source::Sources;
use rosc::trace::{Arrival, Packet, Payload, PortPair};
use rounds::{Aim, compare, timed};
use std::fmt::Write;
use std::time::Duration;

const FLOWS: u16 = 4096;
const ROUNDS: usize = 15;
/// So many packets come in before what came out is taken away: fewer than a device holds.
const AT_A_TIME: usize = 128;
const MERGED: &str = "merged";
const ONE_BY_ONE: &str = "one by one";
const AIMS: &[Aim] = &[Aim { ours: MERGED, peer: ONE_BY_ONE, at_most: 1.0 }];

fn main() {
    for uplinks in [2, 3, 4, 16] {
        let pcc = pcc(uplinks);
        side_by_side(&format!("PCC over {uplinks} uplinks"), &pcc);
    }
    for rules in [8, 16, 200] {
        side_by_side(&format!("{rules} filter rules, 2 uplinks"), &format!("{}{}", pcc(2), filter(rules)));
    }
    side_by_side("200 filter rules, PCC over 16 uplinks", &format!("{}{}", pcc(16), filter(200)));
}

/// Connections that are known, then ones that begin.
fn side_by_side(title: &str, configuration: &str) {
    let mut merged = Side::build(Rules::Merged, configuration);
    let mut one_by_one = Side::build(Rules::OneByOne, configuration);
    compare(&format!("{title}, {FLOWS} packets of known connections"), ROUNDS, AIMS, None, || {
        vec![(MERGED, merged.send_known()), (ONE_BY_ONE, one_by_one.send_known())]
    });
    compare(&format!("{title}, {FLOWS} first packets"), ROUNDS, AIMS, None, || {
        vec![(MERGED, merged.send_first()), (ONE_BY_ONE, one_by_one.send_first())]
    });
}

struct Side {
    bench: Bench,
    lan: InterfaceName,
    known: Vec<Incoming>,
    round: u8,
}

impl Side {
    fn build(rules: Rules, configuration: &str) -> Self {
        let mut sources = Sources::default();
        sources.add("bench.rsc", configuration.to_owned());
        let compiled = compile(&sources, Options::default());
        assert!(!has_errors(&compiled.diagnostics), "{:?}", compiled.diagnostics);
        let router = compiled.router;
        let lan = router.interfaces.keys().find(|name| name.as_str() == "lan").expect("it is named").clone();
        let mut bench = Bench::build_with(rules, &router).expect("the right to make a network namespace");
        // Every uplink's neighbour is asked for, and every connection begun.
        for (packet, number) in flows(0).zip(0..) {
            let arrival = Arrival { interface: Some(lan.clone()), packet };
            let outcome = bench.send(&arrival, number).expect("it can be sent").expect("it can come in");
            assert_eq!(outcome.seen.len(), 1, "{arrival:?}");
        }
        let known = ready(&mut bench, &lan, 0);
        Self { bench, lan, known, round: 0 }
    }

    fn send_known(&mut self) -> Duration {
        send(&mut self.bench, &self.known)
    }

    fn send_first(&mut self) -> Duration {
        self.round += 1;
        let first = ready(&mut self.bench, &self.lan, self.round);
        send(&mut self.bench, &first)
    }
}

fn send(bench: &mut Bench, packets: &[Incoming]) -> Duration {
    let mut taken = Duration::ZERO;
    for some in packets.chunks(AT_A_TIME) {
        let (sent, time) = timed(|| some.iter().try_for_each(|packet| bench.push(packet)));
        sent.expect("it can come in");
        taken += time;
        let out = bench.forget().expect("what came out can be read");
        assert_eq!(out, some.len(), "all are forwarded");
    }
    taken
}

fn ready(bench: &mut Bench, lan: &InterfaceName, round: u8) -> Vec<Incoming> {
    let incoming = |(packet, number)| bench.incoming(lan, &packet, number);
    flows(round).zip(0..).map(incoming).collect::<Option<_>>().expect("it can come in")
}

/// Datagrams of 64 hosts to 64 others; another round has other ports.
fn flows(round: u8) -> impl Iterator<Item = Packet> {
    (0..FLOWS).map(move |flow| {
        let [from, to] = [flow / 64 + 2, flow % 64 + 1];
        let address = |text: String| text.parse().expect("an address");
        let source = address(format!("192.168.88.{from}"));
        let destination = address(format!("203.0.113.{to}"));
        let ports = PortPair { source: 20_000 + flow, destination: 40_000 + u16::from(round) };
        let payload = Payload::Datagram { protocol: Protocol::UDP, ports };
        Packet::new(source, destination, 64, payload)
    })
}

/// So many uplinks, among which connections are divided.
fn pcc(uplinks: u16) -> String {
    let mut text = "/ip address add address=192.168.88.1/24 interface=lan\n".to_owned();
    let mut line = |of: String| writeln!(text, "{of}").expect("writing to a string");
    for n in 0..uplinks {
        line(format!("/routing table add name=to{n} fib"));
        line(format!("/ip address add address=10.{n}.0.2/30 interface=wan{n}"));
        line(format!("/ip route add gateway=10.{n}.0.1 routing-table=to{n}"));
        line(format!("/ip firewall nat add chain=srcnat out-interface=wan{n} action=masquerade"));
    }
    for n in 0..uplinks {
        line(format!(
            "/ip firewall mangle add chain=prerouting in-interface=lan connection-mark=no-mark \
             per-connection-classifier=both-addresses-and-ports:{uplinks}/{n} action=mark-connection \
             new-connection-mark=c{n}"
        ));
    }
    for n in 0..uplinks {
        line(format!(
            "/ip firewall mangle add chain=prerouting in-interface=lan connection-mark=c{n} action=mark-routing \
             new-routing-mark=to{n} passthrough=no"
        ));
    }
    text
}

/// Rules that no packet meets: three of five about a port, then the others about where it comes from.
fn filter(rules: u16) -> String {
    let mut text = String::new();
    for n in 0..rules {
        let of = if n < rules * 3 / 5 || rules < 20 {
            format!("protocol=udp dst-port={}", n + 1000)
        } else {
            format!("src-address=10.99.{n}.0/24")
        };
        writeln!(text, "/ip firewall filter add chain=forward {of} action=drop")
            .expect("writing to a string");
    }
    text
}
