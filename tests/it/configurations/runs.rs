//! Runs of rules that differ in one field, as they stand in real configurations.

use super::{Family, Line, family, plain, some};
use proptest::prelude::*;
use proptest::sample::select;

/// Rules that differ in one word each, in an order of their own.
pub(super) fn run() -> BoxedStrategy<Vec<Line>> {
    prop_oneof![2 => classes(), 1 => ports(), 1 => sources(), 1 => marks()].boxed()
}

/// All classes of a classifier, each with its mark.
fn classes() -> BoxedStrategy<Vec<Line>> {
    let fields = select(&["both-addresses-and-ports", "both-addresses", "src-address", "src-port"][..]);
    let common = (
        some(plain("in-interface", &["lan", "dmz"])),
        some(plain("connection-mark", &["no-mark"])),
        some(plain("connection-state", &["new", "!invalid"])),
    );
    let passthrough = some(plain("passthrough", &["no", "yes"]));
    (family(), fields, 3..6_usize, common, passthrough)
        .prop_map(|(family, fields, count, (a, b, c), passthrough)| {
            let line = |class| {
                let mark = class % 3 + 1;
                format!(
                    "add chain=prerouting{a}{b}{c} per-connection-classifier={fields}:{count}/{class} \
                     action=mark-connection new-connection-mark=c{mark}{passthrough}"
                )
            };
            let menu = family.firewall("/ip firewall mangle", "/ipv6 firewall mangle");
            (0..count).map(|class| (menu, line(class))).collect()
        })
        .boxed()
}

const PORTS: [&str; 10] =
    ["53", "80", "443", "1024-1030", "8080", "8443,9443", "20000-29999", "50000", "50001", "65535"];

fn ports() -> BoxedStrategy<Vec<Line>> {
    let end = select(&["accept", "drop", "return", "passthrough", "reject"][..]);
    let protocol = select(&["tcp", "udp"][..]);
    let side = select(&["dst-port", "src-port"][..]);
    let ends = prop::collection::vec(end, PORTS.len());
    (family(), protocol, side, Just(PORTS).prop_shuffle(), ends)
        .prop_map(|(family, protocol, side, ports, ends)| {
            let menu = family.firewall("/ip firewall filter", "/ipv6 firewall filter");
            let line =
                |(port, end)| format!("add chain=forward protocol={protocol} {side}={port} action={end}");
            ports.into_iter().zip(ends).map(|rule| (menu, line(rule))).collect()
        })
        .boxed()
}

fn sources() -> BoxedStrategy<Vec<Line>> {
    let end = prop_oneof![
        plain("action", &["accept", "drop", "passthrough"]),
        plain("action=reject reject-with", &["icmp-port-unreachable"]),
    ];
    // Some of them stand twice.
    let hosts = prop::collection::vec(5..20_u8, 10..14);
    (family(), hosts, prop::collection::vec(end, 14))
        .prop_map(|(family, hosts, ends)| {
            let menu = family.firewall("/ip firewall filter", "/ipv6 firewall filter");
            let address = |host: u8| match family {
                Family::V4 => format!("192.168.88.{host}"),
                Family::V6 => format!("2001:db8:88::{host:x}/128"),
            };
            let line = |(host, end)| format!("add chain=forward src-address={}{end}", address(host));
            hosts.into_iter().zip(ends).map(|rule| (menu, line(rule))).collect()
        })
        .boxed()
}

fn marks() -> BoxedStrategy<Vec<Line>> {
    let does = prop_oneof![
        4 => plain("action=mark-packet new-packet-mark", &["p1", "p2"]),
        4 => plain("action=mark-routing new-routing-mark", &["t1", "t2"]),
        1 => plain("action=mark-connection new-connection-mark", &["c2", "c9"]),
    ];
    let numbers: [u8; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    (
        family(),
        Just(numbers).prop_shuffle(),
        prop::collection::vec(does, 9),
        some(plain("passthrough", &["no"])),
    )
        .prop_map(|(family, marks, does, passthrough)| {
            let menu = family.firewall("/ip firewall mangle", "/ipv6 firewall mangle");
            let line =
                |(mark, does)| format!("add chain=prerouting connection-mark=c{mark}{does}{passthrough}");
            marks.into_iter().zip(does).map(|rule| (menu, line(rule))).collect()
        })
        .boxed()
}
