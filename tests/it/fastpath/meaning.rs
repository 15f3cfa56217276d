//! What the fast path takes fares as its trace says, in random configurations.

use crate::configurations::case;
use crate::stages::text;
use ipnet::IpNet;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::host::Host;
use rosc::ir::firewall::Protocol;
use rosc::ir::nexthop::Surroundings;
use rosc::ir::{InterfaceName, Router};
use rosc::lower::lower;
use rosc::trace::{
    Arrival, Detailed, End, Hints, Numbers, Packet, Payload, PortPair, Possible, Ranges, State as Memory,
    Step, Tracer, answer_to,
};
use rosc_ebpf::{By, State, Takes};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const CASES: u32 = 1_000;
const PACKETS: usize = 30;

/// Multipath routes, of which the random configurations have few.
const MULTIPATH: &[&str] = &[
    "/ip route add gateway=198.51.100.1,203.0.113.1",
    "/ip route add gateway=198.51.100.1,203.0.113.1,203.0.113.1 distance=2",
    "/ip route add dst-address=198.18.0.0/16 gateway=198.51.100.1,192.168.88.9,10.9.0.9",
    "/ip route add dst-address=192.168.88.128/25 gateway=198.51.100.1,10.9.0.9",
    "/ip route add dst-address=10.0.0.0/8 gateway=203.0.113.1,192.168.88.9",
    "/ipv6 route add gateway=2001:db8:1::1,2001:db8:2::1,2001:db8:2::1",
    "/ipv6 route add dst-address=2001:2::/48 gateway=2001:db8:1::1,2001:db8:88::9",
    "/ipv6 route add dst-address=2001:db8::/32 gateway=2001:db8:2::1,2001:db8:9::9",
];

pub(crate) const ASKED: &[&str] = &["", "interfaces=lan", "interfaces=lan,dmz", "interfaces=WAN"];

/// How many packets were held against their traces: of groups, and of the kernel's look-up.
#[derive(Default)]
struct Seen {
    shared: Cell<u32>,
    looked_up: Cell<u32>,
}

/// Random configurations that ask for a fast path, and mostly get one; each with a number.
pub(crate) fn asking() -> impl Strategy<Value = (String, u64)> {
    let multipath = prop::collection::vec(select(MULTIPATH), 1..4);
    // Many rules together leave no fast path.
    (case(), 0..3_usize, multipath, select(ASKED), any::<u64>()).prop_map(
        |(mut case, rules, multipath, asked, seed)| {
            let mut met = 0;
            case.lines.retain(|(menu, _)| {
                let is_rule = menu.contains("firewall") && !menu.contains("address-list");
                met += usize::from(is_rule);
                !is_rule || met <= rules
            });
            let multipath = multipath.join("\n");
            let own = case.text().replace("add chain=own action=passthrough", "add chain=own");
            (format!("{own}{multipath}\n/rosc fastpath set enabled=auto {asked}\n"), seed)
        },
    )
}

#[test]
fn what_the_fast_path_takes_fares_as_its_trace_says() {
    let seen = Seen::default();
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome =
        TestRunner::new(config).run(&asking(), |(configuration, seed)| hold(&configuration, seed, &seen));
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(seen.shared.get() > 500 && seen.looked_up.get() > 500, "{:?} {:?}", seen.shared, seen.looked_up);
}

fn hold(configuration: &str, seed: u64, seen: &Seen) -> Result<(), TestCaseError> {
    let sources = text(configuration);
    let compiled = compile(&sources, Options::default());
    let lowered = lower(&compiled.router, &Host::unknown());
    if has_errors(&compiled.diagnostics) || has_errors(&lowered.diagnostics) {
        return Ok(());
    }
    let router = &compiled.router;
    let state = &lowered.desired.ebpf;
    let tracer = Tracer::new(router, &Surroundings::default(), Detailed::Matched);
    let mut numbers = Numbers::new(seed);
    let prefixes: Vec<&IpNet> = state.ways.keys().collect();
    for port in router.interfaces.keys() {
        let Some(takes) = takes(state, port) else { continue };
        for _ in 0..PACKETS {
            let destination = match router.addresses.get(numbers.below(3 * router.addresses.len())) {
                Some(own) => own.address,
                None => address_in(prefixes[numbers.below(prefixes.len())], &mut numbers),
            };
            // What is marked comes by the rules.
            if if destination.is_ipv4() { takes.ipv4_marked } else { takes.ipv6_marked } {
                continue;
            }
            let Some(arrival) = arrival(router, port, destination, &mut numbers) else { continue };
            let is_own = is_own(router, destination);
            hold_packet(configuration, &tracer, state, &arrival, is_own, seen)?;
        }
    }
    Ok(())
}

fn hold_packet(
    configuration: &str,
    tracer: &Tracer<'_>,
    state: &State,
    arrival: &Arrival,
    is_own: bool,
    seen: &Seen,
) -> Result<(), TestCaseError> {
    let holding = state.ways.iter().filter(|(prefix, _)| prefix.contains(&arrival.packet.destination));
    let Some((_, way)) = holding.max_by_key(|(prefix, _)| prefix.prefix_len()) else { return Ok(()) };
    if way.by == By::Stack {
        return Ok(());
    }
    if is_own {
        // Where all of a network are meant, the kernel's look-up tells.
        prop_assert!(matches!(way.by, By::Own | By::Fib), "{}{:?}", configuration, arrival);
        return Ok(());
    }
    prop_assert_ne!(&way.by, &By::Own, "{}{:?}", configuration, arrival);
    let ways = ways(tracer, &Memory::default(), arrival);
    for Possible { trace, effect, .. } in &ways {
        let met: Vec<&Step<'_>> = trace.steps.iter().filter(|it| matches!(it, Step::Rule { .. })).collect();
        prop_assert!(met.is_empty(), "{configuration}{arrival:?} meets {met:?}");
        let End::Leaves { packet, .. } = &trace.end else { continue };
        let mut forwarded = arrival.packet.clone();
        forwarded.ttl -= 1;
        prop_assert_eq!(packet, &forwarded, "{}", configuration);
        // It leaves nothing behind that its answer would need.
        if let Some(answer) = answer_to(&trace.end) {
            let mut after = Memory::default();
            after.keep(effect);
            let ends = |memory: &Memory| -> Vec<End<'_>> {
                self::ways(tracer, memory, &answer).into_iter().map(|way| way.trace.end).collect()
            };
            prop_assert_eq!(format!("{:?}", ends(&after)), format!("{:?}", ends(&Memory::default())));
        }
    }
    match &way.by {
        By::Group(name) => {
            let members = &state.groups[name].members;
            let all: u16 = members.values().map(|member| member.weight.get()).sum();
            let wanted: BTreeMap<(String, Option<IpAddr>), String> = members
                .iter()
                .map(|(next_hop, member)| {
                    ((next_hop.device.to_string(), next_hop.gateway), share(member.weight, all))
                })
                .collect();
            let taken: BTreeMap<_, _> = ways
                .iter()
                .filter_map(|way| match &way.trace.end {
                    End::Leaves { interface, gateway, .. } => {
                        Some(((interface.to_string(), *gateway), format!("{:.4}", way.share)))
                    }
                    _ => None,
                })
                .collect();
            prop_assert_eq!(wanted, taken, "{}{:?}", configuration, arrival);
            seen.shared.set(seen.shared.get() + 1);
        }
        By::Fib | By::Stack | By::Own => seen.looked_up.set(seen.looked_up.get() + 1),
    }
    Ok(())
}

fn share(weight: rosc_ebpf::Weight, all: u16) -> String {
    format!("{:.4}", f64::from(weight.get()) / f64::from(all))
}

/// What is taken by a port that forwards.
fn takes(state: &State, name: &InterfaceName) -> Option<Takes> {
    let port = state.ports.iter().find(|(device, _)| device.as_str() == name.as_str());
    port.map(|(_, port)| port.takes).filter(|takes| takes.routed)
}

fn ways<'r>(tracer: &Tracer<'r>, memory: &Memory, arrival: &Arrival) -> Vec<Possible<'r>> {
    tracer.ways(memory, arrival, Hints { classify: &|_, _| true, ranges: Ranges::First })
}

/// A packet from a host behind the port; `None` where there is none of the family.
fn arrival(
    router: &Router,
    port: &InterfaceName,
    destination: IpAddr,
    numbers: &mut Numbers,
) -> Option<Arrival> {
    let near = router
        .addresses
        .iter()
        .filter(|address| address.interface == *port && address.address.is_ipv4() == destination.is_ipv4());
    let near = near.map(rosc::ir::Address::connected).next()?;
    let source = address_in(&near, numbers);
    if is_own(router, source) {
        return None;
    }
    let ports = PortPair { source: 1024 + (numbers.draw() & 0x7fff) as u16, destination: 443 };
    let payload = Payload::Datagram { protocol: Protocol::UDP, ports };
    Some(Arrival { interface: Some(port.clone()), packet: Packet::new(source, destination, 64, payload) })
}

/// The router's own addresses, and those by which it is called with all in a network.
fn is_own(router: &Router, wanted: IpAddr) -> bool {
    router.addresses.iter().any(|address| {
        let network = address.connected();
        wanted == address.address || wanted == network.network() || wanted == network.broadcast()
    })
}

fn address_in(prefix: &IpNet, numbers: &mut Numbers) -> IpAddr {
    let random = u128::from(numbers.draw()) << 64 | u128::from(numbers.draw());
    match prefix {
        IpNet::V4(prefix) => {
            let host = u32::try_from(random >> 96).expect("32 bits") & u32::from(prefix.hostmask());
            Ipv4Addr::from(u32::from(prefix.network()) | host).into()
        }
        IpNet::V6(prefix) => {
            let host = random & u128::from(prefix.hostmask());
            Ipv6Addr::from(u128::from(prefix.network()) | host).into()
        }
    }
}
