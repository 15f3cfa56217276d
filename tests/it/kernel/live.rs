//! `rosc show live FILE...`: what the kernel has counted stands behind the line that makes the rule.

use super::machine::Box;
use crate::cli::Files;
use crate::stages::{desired, root, sources_of};
use std::net::UdpSocket;

const RULES: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n\
                     /ip firewall mangle\n\
                     add action=passthrough chain=output dst-port=53 protocol=udp\n\
                     add action=passthrough chain=output port=53,123 protocol=udp comment=either\n\
                     add action=passthrough chain=output disabled=yes\n\
                     add action=passthrough chain=output out-interface-list=none\n\
                     /ip firewall nat\n\
                     add action=masquerade chain=srcnat out-interface=ether1 protocol=udp\n\
                     :foreach port in={1001;1002} do={\n\
                     /ip firewall mangle add action=passthrough chain=output dst-port=$port protocol=udp\n\
                     }\n";

/// Sends packets of ten bytes behind their headers, each a pair of a source port and a destination port; the source
/// port 0 is any.
pub(super) fn send(machine: &Box, ports: &[(u16, u16)]) {
    machine.namespace.run(|| {
        for &(from, to) in ports {
            let socket = UdpSocket::bind(("192.0.2.2", from)).expect("a port");
            socket.send_to(b"0123456789", ("192.0.2.77", to)).expect("a packet");
        }
    });
}

/// A line with its status, and its packets and bytes.
pub(super) type Line = (u64, String, Option<u64>, Option<u64>);

/// The lines with what is counted there, and how many rules of the kernel no line asks for.
pub(super) fn counted(machine: &Box, paths: &[&str]) -> (Vec<Line>, usize) {
    let ended = machine.rosc(&[&["show", "live", "--format", "json"], paths].concat());
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let document = ended.json();
    let rule = |rule: &serde_json::Value| {
        let number = |name: &str| rule[name].as_u64();
        let status = rule["status"].as_str().expect("a status").to_owned();
        (number("line").expect("a line"), status, number("packets"), number("bytes"))
    };
    let rules = document["live"]["rules"].as_array().expect("rules").iter().map(rule).collect();
    (rules, document["live"]["others"].as_array().expect("rules").len())
}

pub(super) fn line(line: u64, status: &str, packets: impl Into<Option<u64>>) -> Line {
    const LENGTH: u64 = 20 + 8 + 10;
    let packets = packets.into();
    (line, status.to_owned(), packets, packets.map(|packets| packets * LENGTH))
}

#[test]
fn packets_are_counted_at_the_lines_that_they_matched_and_edits_elsewhere_leave_the_counters() {
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    machine.run("ip", &["link", "set", "ether1", "up"]);
    let other = RULES.replace("dst-port=53 ", "dst-port=54 ").replace(":foreach", "# more\n:foreach");
    let files = Files::new([("rules.rsc", RULES.to_owned()), ("other.rsc", other)]);
    let (path, other) = (files.path("rules.rsc"), files.path("other.rsc"));
    let nothing = |line_number, status| line(line_number, status, None);
    let before = [
        nothing(8, "not-applied"),
        nothing(3, "not-applied"),
        nothing(4, "not-applied"),
        nothing(5, "disabled"),
        nothing(6, "matches-nothing"),
        nothing(10, "not-applied"),
    ];
    assert_eq!(counted(&machine, &[&path]), (before.to_vec(), 0));

    assert_eq!(machine.rosc(&["apply", &path]).code, Some(0));
    // The second rule is two in the kernel, of which a packet between the ports meets one.
    send(&machine, &[(0, 53), (0, 53), (123, 53), (123, 9), (0, 1001), (0, 1002), (0, 1002)]);
    let ended = machine.rosc(&["show", "live", &path]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let after = [
        line(8, "applied", 7),
        line(3, "applied", 3),
        line(4, "applied", 4),
        nothing(5, "disabled"),
        nothing(6, "matches-nothing"),
        line(10, "applied", 3),
    ];
    let (rules, others) = counted(&machine, &[&path]);
    // What the kernel sends by itself is masqueraded too, and of connections only the first packet.
    assert_eq!((&rules[1..], others), (&after[1..], 0), "{}", ended.out);
    assert!(rules[0].1 == "applied" && rules[0].2 >= Some(5), "{}", ended.out);
    let shown: Vec<&str> = ended.out.lines().map(|line| line.split("  # ").next().expect("a part")).collect();
    let expected = "4    152  action=passthrough chain=output port=53,123 protocol=udp comment=either";
    assert!(shown.iter().any(|line| line.ends_with(expected)), "{}", ended.out);
    assert!(ended.out.contains("protocol=udp (2 rules)  # ") && ended.out.contains("/ip firewall mangle\n"));
    assert!(ended.out.contains("out-interface-list=none (matches nothing)"), "{}", ended.out);
    assert_eq!(ended.err, "7 rules\n");

    let (rules, others) = counted(&machine, &[&other]);
    assert_eq!(
        (&rules[1], others),
        (&nothing(3, "not-applied"), 1),
        "the other file's rule is not there yet"
    );
    assert_eq!(machine.rosc(&["apply", &other]).code, Some(0));
    let (rules, others) = counted(&machine, &[&other]);
    assert_eq!((&rules[1..3], others), (&[line(3, "applied", 0), line(4, "applied", 4)][..], 0));
    assert_eq!(rules[5], line(11, "applied", 3), "the same rules, a line further down");

    machine.run("nft", &["add", "rule", "ip", "rosc", "mangle_output", "udp", "dport", "7", "counter"]);
    let ended = machine.rosc(&["show", "live", &other]);
    let last: Vec<&str> = ended.out.lines().rev().take(3).collect();
    assert_eq!(last[2], "in the kernel, asked for by no line");
    assert!(last[0].ends_with("0      0  ip mangle_output: udp dport 7 counter"), "{}", ended.out);
    assert_eq!(ended.err, "7 rules, 1 in the kernel that no line asks for\n");
}

#[test]
fn rules_that_only_count_for_another_one_are_a_part_of_its_line_and_add_nothing() {
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    machine.run("ip", &["link", "set", "ether1", "up"]);
    let text = "/ip address add address=192.0.2.2/24 interface=ether1\n\
                /ip firewall mangle\n\
                add action=passthrough chain=output protocol=udp dst-address=192.0.2.77 psd=5,1h,3,1\n";
    let files = Files::new([("psd.rsc", text.to_owned())]);
    let path = files.path("psd.rsc");
    assert_eq!(machine.rosc(&["apply", &path]).code, Some(0));
    assert_eq!(counted(&machine, &[&path]), (vec![line(3, "applied", 0)], 0));
    // Three, six, seven.
    send(&machine, &[(0, 53), (0, 53), (0, 123), (0, 2000), (0, 53)]);
    assert_eq!(counted(&machine, &[&path]), (vec![line(3, "applied", 2)], 0));
    let rules = machine.run("nft", &["list", "chain", "ip", "rosc", "mangle_output"]);
    assert_eq!((rules.matches(" add @").count(), rules.matches(" counter ").count()), (3, 1), "{rules}");
    machine.run("nft", &["flush", "chain", "ip", "rosc", "mangle_output"]);
    assert_eq!(counted(&machine, &[&path]), (vec![line(3, "not-applied", None)], 0));
}

#[test]
fn every_rule_of_an_example_is_found_after_it_was_applied() {
    for name in ["pcc-two-wan", "pcc-two-wan-ipv6", "nth-two-wan"] {
        let path = root().join(format!("examples/{name}.rsc"));
        let Some(machine) = Box::for_state(&desired(&sources_of(std::slice::from_ref(&path)))) else {
            return;
        };
        let path = path.to_str().expect("a plain path");
        assert_eq!(machine.rosc(&["apply", path]).code, Some(0));
        let (rules, others) = counted(&machine, &[path]);
        assert!(rules.len() > 3 && rules.iter().all(|rule| rule.1 == "applied"), "{name}: {rules:?}");
        assert_eq!(others, 0, "{name}");
    }
}

#[test]
fn a_configuration_with_errors_has_nothing_to_show() {
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    let files = Files::new([(
        "wrong.rsc",
        "/ip firewall nat add action=masquerade chain=srcnat protocol=nonsense\n",
    )]);
    let path = files.path("wrong.rsc");
    let ended = machine.rosc(&["show", "live", &path]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.err.contains("`nonsense`"), "{}", ended.err);
    assert!(machine.rosc(&["show", "live", "--format", "json", &path]).json()["live"].is_null());
}
