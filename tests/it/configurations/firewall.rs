//! Random rules of raw, mangle, NAT and filter.

use super::{Family, INTERFACES, Line, family, named, plain, some};
use proptest::prelude::*;

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

/// The menu whose rules are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Menu {
    Raw,
    Mangle,
    Nat,
    Filter,
}

fn matchers(family: Family, side: Side, menu: Menu) -> BoxedStrategy<String> {
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
    let marks = if menu == Menu::Raw {
        Just(String::new()).boxed()
    } else {
        some(
            prop_oneof![
                named("connection-mark", &["no-mark", "c1", "c2"]),
                named("packet-mark", &["no-mark", "p1"]),
                named("routing-mark", &["t1", "t2"]),
            ]
            .boxed(),
        )
    };
    let icmp = family.pick("icmp", "icmpv6");
    let messages =
        family.pick::<&[&str]>(&["8:0", "8:0-255", "3:1-4", "11", "0"], &["128", "1:0-3", "3:0", "129:0"]);
    let header = prop_oneof![
        8 => Just(String::new()),
        1 => named("dscp", &["0", "10", "46"]),
        1 => named("packet-size", &["0-60", "100-200", "84"]),
        1 => plain(family.pick("ttl", "hop-limit"), &["equal:61", "not-equal:60", "less-than:5", "greater-than:60"]),
        // What else it decides is not seen of a packet that the router keeps.
        1 => if menu == Menu::Filter { plain("random", &["30"]) } else { Just(String::new()).boxed() },
        1 => plain("ipsec-policy", family.pick::<&[&str]>(&["in,none"], &["in,ipsec"])),
        1 => named("icmp-options", messages).prop_map(move |options| format!(" protocol={icmp}{options}")),
    ];
    let states = if matches!(menu, Menu::Nat | Menu::Raw) {
        Just(String::new()).boxed()
    } else {
        some(
            prop_oneof![
                named(
                    "connection-state",
                    &["new", "established", "new,related", "invalid", "established,related", "untracked"]
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
        (class, header),
    )
        .prop_map(|(a, b, c, d, transport, f, g, h, (i, header))| {
            // Both say a protocol.
            let transport = if header.contains("protocol=") { String::new() } else { transport };
            [a, b, c, d, transport, f, g, h, i, header].concat()
        })
        .boxed()
}

pub(super) fn mangle() -> BoxedStrategy<Line> {
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
                // In output it is known, and said, to differ.
                if chain == "output" {
                    plain("action=mark-connection new-connection-mark", &["c1"])
                } else {
                    plain("action=mark-packet new-packet-mark", &["p1", "no-mark"])
                },
                plain(
                    "action=mark-routing new-routing-mark",
                    if is_early { &["t1", "t2", "main"] } else { &["main"] }
                ),
                Just(" action=change-mss new-mss=1200 protocol=tcp tcp-flags=syn".to_owned()),
                plain("action=change-dscp new-dscp", &["0", "46"]),
                plain(
                    family.pick("action=change-ttl new-ttl", "action=change-hop-limit new-hop-limit"),
                    &["set:64", "set:5"],
                ),
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
            (matchers(family, side, Menu::Mangle), nth, action).prop_map(move |(matchers, nth, action)| {
                let menu = family.firewall("/ip firewall mangle", "/ipv6 firewall mangle");
                // A change of the MSS says its protocol itself.
                let matchers =
                    if action.contains("protocol=") { without_transport(&matchers) } else { matchers };
                // The router's own packets to itself come by prerouting a second time, from `lo`, which no trace tells: what
                // counts leaves them out.
                let may_be_lo = ["in-interface=!", "in-interface-list=!", "in-interface-list=all"];
                // Nor does one tell of the messages by which IPv6 neighbours find each other.
                let may_be_neighbours = family == Family::V6
                    && !["protocol=tcp", "protocol=udp"].iter().any(|protocol| matchers.contains(protocol));
                let is_open = may_be_neighbours || may_be_lo.iter().any(|from| matchers.contains(from));
                let nth = if is_open { "" } else { &nth };
                // What is known, and said, to differ; and with another hop limit neighbours do not hear each other.
                let is_early = family == Family::V6 && matches!(chain, "prerouting" | "input" | "own");
                let changes =
                    ["change-dscp", "change-hop-limit"].iter().any(|change| action.contains(change));
                let action = if is_early && changes { " action=passthrough".to_owned() } else { action };
                // The same holds for what the router says to them itself.
                let is_deaf = may_be_neighbours && action.contains("hop-limit");
                let matchers =
                    if is_deaf { without_transport(&matchers) + " protocol=udp" } else { matchers };
                let is_of_all = !nth.is_empty() && !matchers.contains(" in-interface");
                let from = if is_of_all { " in-interface-list=WAN" } else { "" };
                (menu, format!("add chain={chain}{from}{matchers}{nth}{action}"))
            })
        })
        .boxed()
}

fn without_transport(matchers: &str) -> String {
    let of_transport = ["protocol=", "dst-port=", "src-port=", "port=", "tcp-flags=", "icmp-options="];
    let words = matchers.split(' ').filter(|word| !word.is_empty());
    words
        .filter(|word| !of_transport.iter().any(|name| word.starts_with(name)))
        .map(|word| format!(" {word}"))
        .collect()
}

pub(super) fn nat() -> BoxedStrategy<Line> {
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
                1 => Just(" protocol=udp action=masquerade randomise-ports=yes".to_owned()),
                1 => Just(format!(" action=same {name}={range}")),
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
                (matchers(family, side, Menu::Nat), action)
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

/// Rules of raw and filter. The messages by which IPv6 neighbours find each other are left alone.
pub(super) fn filter() -> BoxedStrategy<Line> {
    let place = prop_oneof![
        2 => Just((Menu::Filter, "input", Side::Before)),
        5 => Just((Menu::Filter, "forward", Side::Both)),
        2 => Just((Menu::Filter, "output", Side::Behind)),
        2 => Just((Menu::Raw, "prerouting", Side::Before)),
        1 => Just((Menu::Raw, "output", Side::Behind)),
    ];
    (family(), place)
        .prop_flat_map(|(family, (menu, chain, side))| {
            let reject = family.pick::<&[&str]>(
                &["icmp-network-unreachable", "icmp-host-unreachable", "icmp-protocol-unreachable",
                  "icmp-port-unreachable", "icmp-net-prohibited", "icmp-host-prohibited", "icmp-admin-prohibited"],
                &["icmp-no-route", "icmp-admin-prohibited", "icmp-not-neighbour", "icmp-address-unreachable",
                  "icmp-port-unreachable"],
            );
            let action = match menu {
                Menu::Raw => plain("action", &["accept", "drop", "notrack", "notrack", "passthrough"]),
                _ => prop_oneof![
                    4 => plain("action", &["accept", "drop", "return", "passthrough", "fasttrack-connection"]),
                    2 => plain("action=reject reject-with", reject),
                    1 => Just(" action=reject protocol=tcp reject-with=tcp-reset".to_owned()),
                ]
                .boxed(),
            };
            (matchers(family, side, menu), action).prop_map(move |(matchers, action)| {
                let path = match menu {
                    Menu::Raw => family.firewall("/ip firewall raw", "/ipv6 firewall raw"),
                    _ => family.firewall("/ip firewall filter", "/ipv6 firewall filter"),
                };
                let matchers = if action.contains("protocol=") { without_transport(&matchers) } else { matchers };
                let says = ["protocol=tcp", "protocol=udp", "protocol=253", "icmp-options=1"];
                let may_be_neighbours = family == Family::V6
                    && chain != "forward"
                    && !says.iter().any(|word| matchers.contains(word) || action.contains(word));
                let only = if may_be_neighbours {
                    " protocol=udp"
                } else {
                    ""
                };
                let matchers = if may_be_neighbours { without_transport(&matchers) } else { matchers };
                (path, format!("add chain={chain}{matchers}{only}{action}"))
            })
        })
        .boxed()
}
