//! Random configurations: of all that is carried over, drawn from few names and addresses, so that lines meet.

mod firewall;
mod runs;

use proptest::prelude::*;
use proptest::sample::select;
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

/// A menu, and a command in it.
type Line = (&'static str, String);

/// A configuration in lines, each with the menu that it stands in, and where its packets begin.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) lines: Vec<Line>,
    pub(crate) seed: u64,
}

impl Case {
    /// The configuration as text. Lists and chains that rules name are there, so that it is seldom refused for what another
    /// line lacks.
    pub(crate) fn text(&self) -> String {
        let mut out = BASE.to_owned();
        for (menu, line) in &self.lines {
            writeln!(out, "{menu} {line}").expect("writing to a string");
        }
        for (family, address) in [("ip", "192.0.2.99"), ("ipv6", "2001:db8:ff::99/128")] {
            for list in ["L1", "L2"] {
                writeln!(out, "/{family} firewall address-list add list={list} address={address}")
                    .expect("writing to a string");
            }
            writeln!(out, "/{family} firewall mangle add chain=own action=passthrough")
                .expect("writing to a string");
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
fn route() -> BoxedStrategy<Line> {
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

fn rule() -> BoxedStrategy<Line> {
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

fn list_entry() -> BoxedStrategy<Line> {
    family()
        .prop_flat_map(|family| {
            let menu = family.firewall("/ip firewall address-list", "/ipv6 firewall address-list");
            (select(&["L1", "L2"][..]), select(&family.prefixes()[1..]))
                .prop_map(move |(list, address)| (menu, format!("add list={list} address={address}")))
        })
        .boxed()
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let line = prop_oneof![4 => route(), 2 => rule(), 5 => firewall::mangle(), 3 => firewall::nat(), 3 => firewall::filter(), 2 => list_entry()];
    let lines = prop_oneof![40 => line.prop_map(|line| vec![line]), 1 => runs::run()];
    (prop::collection::vec(lines, 1..24), any::<u64>())
        .prop_map(|(lines, seed)| Case { lines: lines.concat(), seed })
}
