//! Random configurations, random packets: the kernel does what the meaning says.
//!
//! `ROSC_CASES` asks for more of them than a run of the tests takes by itself, `ROSC_SEED` for others.

use crate::configurations::case;
use crate::fastpath::meaning::{ASKED, asking};
use crate::stages::text;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::host::Host;
use rosc::lab::verify::{Difference, Order, Seen, verify};
use rosc::lower::lower;
use rosc::render::trace::packet_words;
use rosc::trace::End;
use rosc_ebpf::Port;
use std::cell::Cell;
use std::fmt::Write;
use std::sync::atomic::AtomicBool;

const CASES: u32 = 150;
const PACKETS: u64 = 100;

/// A difference in a few lines.
fn told(difference: &Difference<'_>) -> String {
    let Difference { sent, expected, outcome, .. } = difference;
    let by = sent.interface.as_ref().map_or("the router".to_owned(), ToString::to_string);
    let mut out = format!("sent by {by}: {}\n", packet_words(&sent.packet));
    for end in expected {
        let line = match end {
            End::Leaves { interface, gateway, packet } => {
                format!("leaves by {interface} to {gateway:?}: {} ttl {}", packet_words(packet), packet.ttl)
            }
            End::Delivered(packet) => format!("delivered: {}", packet_words(packet)),
            End::Dropped(reason) => format!("dropped: {reason:?}"),
            End::Refused(error, reason) => format!("refused: {error:?} {reason:?}"),
            End::Reset(reason) => format!("reset: {reason:?}"),
        };
        writeln!(out, "expected: {line}").expect("writing");
    }
    for Seen { interface, neighbour, packet } in &outcome.seen {
        let (words, ttl) = (packet_words(&packet.packet), packet.packet.ttl);
        writeln!(out, "seen on {interface} to {neighbour:?}: {words} ttl {ttl} number {:?}", packet.number)
            .expect("writing");
    }
    writeln!(out, "heard: {:?}", outcome.delivered).expect("writing");
    out
}

/// What became of the cases.
#[derive(Debug, Default)]
struct Held {
    packets: Cell<u64>,
    refused: Cell<u32>,
    with_fast_path: Cell<u32>,
    with_marks: Cell<u32>,
    short: Cell<u64>,
}

#[test]
fn packets_do_in_random_configurations_what_their_traces_say() {
    let whole = case().prop_map(|case| (case.text(), case.seed));
    let Some(held) = hold(whole, CASES) else { return };
    println!("{held:?}");
}

#[test]
fn packets_do_so_on_a_fast_path_too() {
    let Some(held) = hold(asking(), CASES / 3) else { return };
    println!("{held:?}");
    let (with, packets) = (held.with_fast_path.get(), held.packets.get());
    assert!(u64::from(with) * PACKETS > packets / 2, "only {with} of them have one");
    let marked = held.with_marks.get();
    assert!(u64::from(marked) * PACKETS * 10 > packets, "packets are marked in {marked} of them alone");
}

#[test]
fn connections_do_so_on_the_fast_path_too() {
    let Some(held) = hold(fasttracking(), CASES / 3) else { return };
    println!("{held:?}");
    let (short, packets) = (held.short.get(), held.packets.get());
    assert!(short * 50 > packets, "only {short} of {packets} packets took the short cut");
}

/// Random configurations whose rules put connections on the fast path, before others have a say.
fn fasttracking() -> impl Strategy<Value = (String, u64)> {
    const RULES: &[&str] = &[
        "chain=forward action=fasttrack-connection",
        "chain=forward action=fasttrack-connection connection-state=established,related",
        "chain=forward action=fasttrack-connection in-interface=lan",
        "chain=forward action=fasttrack-connection protocol=tcp connection-state=established",
    ];
    let rules = (select(RULES), select(RULES));
    (case(), rules, select(ASKED), any::<u64>()).prop_map(|(mut case, (ipv4, ipv6), asked, seed)| {
        let rules = [("/ip firewall filter", ipv4), ("/ipv6 firewall filter", ipv6)];
        let first = rules.map(|(menu, rule)| (menu, format!("add {rule}")));
        case.lines.splice(0..0, first);
        (format!("{}/rosc fastpath set enabled=auto {asked}\n", case.text()), seed)
    })
}

/// Sends packets through the router of each configuration. `None` where no namespaces can be made.
fn hold(configurations: impl Strategy<Value = (String, u64)>, cases: u32) -> Option<Held> {
    rosc_target::netns::for_test()?;
    let share = |all: String| all.parse::<u32>().expect("a number of cases") * cases / CASES;
    let cases = std::env::var("ROSC_CASES").map_or(cases, share);
    let config = Config {
        cases,
        // Each that still fails waits in vain for a packet.
        max_shrink_iters: 60,
        failure_persistence: None,
        max_global_rejects: 1_000_000,
        ..Config::default()
    };
    let held = Held::default();
    let mut seed = [0; 32];
    let number: u64 = std::env::var("ROSC_SEED").map_or(0, |seed| seed.parse().expect("a number"));
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let numbers = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let result = TestRunner::new_with_rng(config, numbers).run(&configurations, |(configuration, seed)| {
        let sources = text(&configuration);
        let compiled = compile(&sources, Options::default());
        let lowered = lower(&compiled.router, &Host::unknown());
        if has_errors(&compiled.diagnostics) || has_errors(&lowered.diagnostics) {
            held.refused.set(held.refused.get() + 1);
            return Err(TestCaseError::reject("refused"));
        }
        held.with_fast_path.set(held.with_fast_path.get() + u32::from(!lowered.desired.ebpf.is_empty()));
        let marks = |port: &Port| port.takes.ipv4_marked || port.takes.ipv6_marked;
        let has_marks = lowered.desired.ebpf.ports.values().any(marks);
        held.with_marks.set(held.with_marks.get() + u32::from(has_marks));
        let (interrupted, progress) = (&AtomicBool::new(false), &|_| {});
        let order = Order { packets: PACKETS, seed, interrupted, progress };
        let verified =
            verify(&compiled.router, order).map_err(|error| TestCaseError::fail(error.to_string()))?;
        held.packets.set(held.packets.get() + verified.packets);
        held.short.set(held.short.get() + verified.short);
        match &verified.difference {
            None => Ok(()),
            Some(shown) => Err(TestCaseError::fail(format!("{configuration}{}", told(&shown.difference)))),
        }
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(held.packets.get() > u64::from(cases) * 20, "{held:?}");
    Some(held)
}
