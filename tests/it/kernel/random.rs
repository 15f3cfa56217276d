//! Random configurations, random packets: the kernel does what the meaning says.
//!
//! `ROSC_CASES` asks for more of them than a run of the tests takes by itself.

use crate::stages::text;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::host::Host;
use rosc::lab::verify::{Difference, Seen, verify};
use rosc::lower::lower;
use rosc::render::trace::packet_words;
use rosc::trace::{End, Numbers};
use std::cell::Cell;
use std::fmt::Write;

/// What all configurations have: two uplinks and two networks, of both families.
const BASE: &str = "/ip address\n\
    add address=198.51.100.2/30 interface=wan1\n\
    add address=203.0.113.2/30 interface=wan2\n\
    add address=192.168.88.1/24 interface=lan\n\
    add address=10.9.0.1/24 interface=dmz\n\
    /ipv6 address\n\
    add address=2001:db8:1::2/64 interface=wan1 no-dad=yes advertise=no\n\
    add address=2001:db8:2::2/64 interface=wan2 no-dad=yes advertise=no\n\
    add address=2001:db8:88::1/64 interface=lan no-dad=yes advertise=no\n\
    add address=2001:db8:9::1/64 interface=dmz no-dad=yes advertise=no\n\
    /interface list\nadd name=WAN\nadd name=LAN\n\
    /interface list member\n\
    add list=WAN interface=wan1\nadd list=WAN interface=wan2\nadd list=LAN interface=lan\n\
    /routing table\nadd name=t1 fib\nadd name=t2 fib\nadd name=t3\n";

const CASES: u32 = 150;
const PACKETS: u64 = 60;

/// A configuration in lines, each with the menu that it stands in, and where its packets begin.
#[derive(Debug, Clone)]
struct Case {
    lines: Vec<(&'static str, String)>,
    seed: u64,
}

impl Case {
    fn configuration(&self) -> String {
        let mut out = BASE.to_owned();
        for (menu, line) in &self.lines {
            writeln!(out, "{menu} {line}").expect("writing to a string");
        }
        out
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

impl Family {
    fn pick<T>(self, v4: T, v6: T) -> T {
        match self {
            Self::V4 => v4,
            Self::V6 => v6,
        }
    }

    fn prefixes(self) -> &'static [&'static str] {
        self.pick(
            &[
                "0.0.0.0/0",
                "192.168.88.0/24",
                "192.168.88.128/25",
                "192.168.88.9",
                "10.0.0.0/8",
                "10.9.0.0/24",
                "198.18.0.0/16",
                "198.18.7.0/24",
                "198.51.100.2",
                "203.0.113.0/30",
            ],
            &[
                "::/0",
                "2001:db8:88::/64",
                "2001:db8:88::/65",
                "2001:db8:88::9/128",
                "2001:db8::/32",
                "2001:db8:9::/64",
                "2001:2::/64",
                "2001:2::77/128",
                "2001:db8:1::2/128",
                "2001:db8:2::/64",
            ],
        )
    }

    fn gateways(self) -> &'static [&'static str] {
        self.pick(
            &["198.51.100.1", "203.0.113.1", "192.168.88.9", "10.9.0.9", "198.51.100.1%wan1", "wan2"],
            &[
                "2001:db8:1::1",
                "2001:db8:2::1",
                "2001:db8:88::9",
                "2001:db8:9::9",
                "2001:db8:1::1%wan1",
                "wan2",
            ],
        )
    }

    fn firewall(self, v4: &'static str, v6: &'static str) -> &'static str {
        self.pick(v4, v6)
    }
}

fn family() -> impl Strategy<Value = Family> {
    prop_oneof![3 => Just(Family::V4), 2 => Just(Family::V6)]
}

/// `!` now and then.
fn maybe_not() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just(""), 1 => Just("!")]
}

/// What is behind a name, or nothing.
fn some(strategy: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    prop_oneof![2 => Just(String::new()), 1 => strategy].boxed()
}

fn named(name: &'static str, values: &'static [&'static str]) -> BoxedStrategy<String> {
    (maybe_not(), select(values)).prop_map(move |(not, value)| format!(" {name}={not}{value}")).boxed()
}

fn plain(name: &'static str, values: &'static [&'static str]) -> BoxedStrategy<String> {
    select(values).prop_map(move |value| format!(" {name}={value}")).boxed()
}

const TABLES: &[&str] = &["main", "t1", "t2", "t3"];
const INTERFACES: &[&str] = &["wan1", "wan2", "lan", "dmz"];
const LISTS: &[&str] = &["WAN", "LAN", "all", "none"];
const PORTS: &[&str] = &["53", "80,443", "1024-65535", "50000", "20000-29999,443"];
const CLASSES: &[&str] = &[
    "both-addresses-and-ports:2/0",
    "both-addresses-and-ports:2/1",
    "both-addresses:3/1",
    "src-address:2/0",
    "dst-address-and-port:4/2",
    "src-port:2/1",
    "both-ports:5/3",
    "src-address-and-port:3/2",
];

/// The side of the routing decision on which a chain stands: which interfaces its packets have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    Both,
    Behind,
}

fn matchers(family: Family, side: Side, is_nat: bool) -> BoxedStrategy<String> {
    let interface = |name, list| prop_oneof![named(name, INTERFACES), named(list, LISTS)].boxed();
    let incoming = match side {
        Side::Before | Side::Both => some(interface("in-interface", "in-interface-list")),
        Side::Behind => Just(String::new()).boxed(),
    };
    let outgoing = match side {
        Side::Behind | Side::Both => some(interface("out-interface", "out-interface-list")),
        Side::Before => Just(String::new()).boxed(),
    };
    let address =
        |name, list| some(prop_oneof![named(name, family.prefixes()), named(list, &["L1", "L2"])].boxed());
    let transport = prop_oneof![
        4 => Just(String::new()),
        1 => named("protocol", &["tcp", "udp", "253"]),
        1 => (named("dst-port", PORTS)).prop_map(|port| format!(" protocol=udp{port}")),
        1 => (named("src-port", PORTS)).prop_map(|port| format!(" protocol=tcp{port}")),
        1 => (named("port", PORTS)).prop_map(|port| format!(" protocol=tcp{port}")),
        1 => named("tcp-flags", &["syn", "syn,!ack", "ack", "!ece"]).prop_map(|f| format!(" protocol=tcp{}", f.replace("=!!", "=!"))),
    ];
    let marks = some(
        prop_oneof![
            named("connection-mark", &["no-mark", "c1", "c2"]),
            named("packet-mark", &["no-mark", "p1"]),
            named("routing-mark", &["t1", "t2"]),
        ]
        .boxed(),
    );
    let states = if is_nat {
        Just(String::new()).boxed()
    } else {
        some(
            prop_oneof![
                named(
                    "connection-state",
                    &["new", "established", "new,related", "invalid", "established,related"]
                ),
                named("connection-nat-state", &["srcnat", "dstnat", "srcnat,dstnat"]),
            ]
            .boxed(),
        )
    };
    // Whether an IPv6 address that no route leads to is `unicast` is not known of RouterOS.
    let kinds: &[&str] = family.pick(&["local", "unicast", "unicast,local"], &["local"]);
    let kind = some(prop_oneof![named("src-address-type", kinds), named("dst-address-type", kinds)].boxed());
    let class = some(named("per-connection-classifier", CLASSES));
    (
        incoming,
        outgoing,
        address("src-address", "src-address-list"),
        address("dst-address", "dst-address-list"),
        transport,
        marks,
        states,
        kind,
        class,
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i)| [a, b, c, d, e, f, g, h, i].concat())
        .boxed()
}

fn route() -> BoxedStrategy<(&'static str, String)> {
    let target = |family: Family| {
        prop_oneof![
            8 => select(family.gateways()).prop_map(|gateway| format!(" gateway={gateway}")),
            1 => Just(" blackhole".to_owned()),
        ]
    };
    family()
        .prop_flat_map(move |family| {
            let place = (select(family.prefixes()), select(TABLES), 1..4_u8, target(family));
            place.prop_map(move |(destination, table, distance, target)| {
                let menu = family.pick("/ip route", "/ipv6 route");
                (
                    menu,
                    format!(
                        "add dst-address={destination} routing-table={table} distance={distance}{target}"
                    ),
                )
            })
        })
        .boxed()
}

fn rule() -> BoxedStrategy<(&'static str, String)> {
    let action = prop_oneof![
        4 => (select(TABLES), some(plain("min-prefix", &["0", "8", "16", "24", "48", "64"])))
            .prop_map(|(table, least)| format!(" action=lookup table={table}{least}")),
        2 => select(TABLES).prop_map(|table| format!(" action=lookup-only-in-table table={table}")),
        1 => Just(" action=drop".to_owned()),
        1 => Just(" action=unreachable".to_owned()),
    ];
    (family(), action)
        .prop_flat_map(|(family, action)| {
            (
                some(plain("src-address", family.prefixes())),
                some(plain("dst-address", family.prefixes())),
                some(plain("interface", INTERFACES)),
                some(plain("routing-mark", &["t1", "t2"])),
            )
                .prop_map(move |(a, b, c, d)| ("/routing rule", format!("add{a}{b}{c}{d}{action}")))
        })
        .boxed()
}

fn mangle() -> BoxedStrategy<(&'static str, String)> {
    let chain = prop_oneof![
        4 => Just(("prerouting", Side::Before)),
        1 => Just(("input", Side::Before)),
        2 => Just(("forward", Side::Both)),
        2 => Just(("output", Side::Behind)),
        2 => Just(("postrouting", Side::Behind)),
        2 => Just(("own", Side::Before)),
    ];
    (family(), chain)
        .prop_flat_map(|(family, (chain, side))| {
            let is_early = matches!(chain, "prerouting" | "output" | "own");
            let passthrough = some(plain("passthrough", &["no", "yes"]));
            let mark = prop_oneof![
                plain("action=mark-connection new-connection-mark", &["c1", "c2", "no-mark"]),
                plain("action=mark-packet new-packet-mark", &["p1", "no-mark"]),
                plain(
                    "action=mark-routing new-routing-mark",
                    if is_early { &["t1", "t2", "main"] } else { &["main"] }
                ),
                Just(" action=change-mss new-mss=1200 protocol=tcp tcp-flags=syn".to_owned()),
            ];
            let action = prop_oneof![
                6 => (mark, passthrough).prop_map(|(mark, passthrough)| mark + &passthrough),
                1 => Just(" action=accept".to_owned()),
                1 => Just(" action=return".to_owned()),
                2 => if matches!(chain, "prerouting") {
                    Just(" action=jump jump-target=own".to_owned())
                } else {
                    Just(" action=passthrough".to_owned())
                },
            ];
            let nth = if chain == "prerouting" {
                some(plain("nth", &["2,1", "3,2", "3,3"]))
            } else {
                Just(String::new()).boxed()
            };
            (matchers(family, side, false), nth, action).prop_map(move |(matchers, nth, action)| {
                let menu = family.firewall("/ip firewall mangle", "/ipv6 firewall mangle");
                // A change of the MSS says its protocol itself.
                let matchers =
                    if action.contains("protocol=") { without_transport(&matchers) } else { matchers };
                (menu, format!("add chain={chain}{matchers}{nth}{action}"))
            })
        })
        .boxed()
}

fn without_transport(matchers: &str) -> String {
    let of_transport = ["protocol=", "dst-port=", "src-port=", "port=", "tcp-flags="];
    let words = matchers.split(' ').filter(|word| !word.is_empty());
    words
        .filter(|word| !of_transport.iter().any(|name| word.starts_with(name)))
        .map(|word| format!(" {word}"))
        .collect()
}

fn nat() -> BoxedStrategy<(&'static str, String)> {
    family()
        .prop_flat_map(|family| {
            let inside = family.pick("192.168.88.9", "2001:db8:88::9");
            let outside = family.pick("198.51.100.2", "2001:db8:1::2");
            let range = family.pick("192.168.88.9-192.168.88.12", "2001:db8:88::8/126");
            let net = family.pick("10.77.0.0/24", "2001:db8:77::/64");
            let name = family.pick("to-addresses", "to-addresses");
            let source = prop_oneof![
                4 => Just(" action=masquerade".to_owned()),
                2 => Just(format!(" action=src-nat {name}={outside}")),
                1 => Just(format!(" action=netmap {name}={net}")),
                1 => Just(" action=accept".to_owned()),
                1 => Just(" protocol=udp action=masquerade to-ports=30000-30100".to_owned()),
            ];
            let destination = prop_oneof![
                3 => Just(format!(" action=dst-nat {name}={inside}")),
                1 => Just(format!(" action=dst-nat {name}={range}")),
                3 => Just(format!(" protocol=tcp action=dst-nat {name}={inside} to-ports=8080")),
                1 => Just(" protocol=udp action=redirect to-ports=53".to_owned()),
                1 => Just(" action=redirect".to_owned()),
                1 => Just(" action=accept".to_owned()),
            ];
            let rule = |chain: &'static str, side, action: BoxedStrategy<String>| {
                (matchers(family, side, true), action)
                    .prop_map(move |(matchers, action)| {
                        let matchers = if action.contains("protocol=") {
                            without_transport(&matchers)
                        } else {
                            matchers
                        };
                        format!("add chain={chain}{matchers}{action}")
                    })
                    .boxed()
            };
            let menu = family.firewall("/ip firewall nat", "/ipv6 firewall nat");
            prop_oneof![
                rule("srcnat", Side::Behind, source.boxed()),
                rule("dstnat", Side::Before, destination.boxed()),
            ]
            .prop_map(move |line| (menu, line))
        })
        .boxed()
}

fn list_entry() -> BoxedStrategy<(&'static str, String)> {
    family()
        .prop_flat_map(|family| {
            let menu = family.firewall("/ip firewall address-list", "/ipv6 firewall address-list");
            (select(&["L1", "L2"][..]), select(&family.prefixes()[1..]))
                .prop_map(move |(list, address)| (menu, format!("add list={list} address={address}")))
        })
        .boxed()
}

fn case() -> impl Strategy<Value = Case> {
    let line = prop_oneof![4 => route(), 2 => rule(), 5 => mangle(), 3 => nat(), 2 => list_entry()];
    (prop::collection::vec(line, 1..24), any::<u64>()).prop_map(|(lines, seed)| Case { lines, seed })
}

/// Lists and chains that rules name are there, so that a random rule is seldom refused for what another lacks.
fn completed(case: &Case) -> String {
    let mut out = case.configuration();
    for (family, address) in [("ip", "192.0.2.99"), ("ipv6", "2001:db8:ff::99/128")] {
        for list in ["L1", "L2"] {
            writeln!(out, "/{family} firewall address-list add list={list} address={address}")
                .expect("writing");
        }
        writeln!(out, "/{family} firewall mangle add chain=own action=passthrough").expect("writing");
    }
    out
}

/// A difference in a few lines.
fn told(difference: &Difference<'_>) -> String {
    let Difference { sent, expected, outcome } = difference;
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

#[test]
fn packets_do_in_random_configurations_what_their_traces_say() {
    if rosc_target::netns::for_test().is_none() {
        return;
    }
    let cases = std::env::var("ROSC_CASES").map_or(CASES, |cases| cases.parse().expect("a number of cases"));
    let config = Config {
        cases,
        max_shrink_iters: 600,
        failure_persistence: None,
        max_global_rejects: 1_000_000,
        ..Config::default()
    };
    let (packets, refused) = (Cell::new(0), Cell::new(0));
    let result = TestRunner::new(config).run(&case(), |case| {
        let sources = text(&completed(&case));
        let compiled = compile(&sources, Options::default());
        let lowered = lower(&compiled.router, &Host::unknown());
        if has_errors(&compiled.diagnostics) || has_errors(&lowered.diagnostics) {
            refused.set(refused.get() + 1);
            return Err(TestCaseError::reject("refused"));
        }
        let verified = verify(&compiled.router, PACKETS, &mut Numbers::new(case.seed)).map_err(|error| {
            if error.to_string().contains("device mismatch") {
                TestCaseError::reject("x")
            } else {
                TestCaseError::fail(format!("{error}"))
            }
        })?;
        packets.set(packets.get() + verified.packets);
        match verified.differences.first() {
            None => Ok(()),
            Some(difference) => {
                let lines: String =
                    case.lines.iter().map(|(menu, line)| format!("{menu} {line}\n")).collect();
                Err(TestCaseError::fail(format!("{lines}{}", told(difference))))
            }
        }
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (packets, refused) = (packets.get(), refused.get());
    assert!(packets > u64::from(cases) * 20, "{packets} packets, {refused} configurations refused");
    println!("{packets} packets in {cases} configurations; {refused} were refused");
}
