//! Runs of rules that became one look-up: each rule is counted at its line, and an edit of one leaves the others alone.

use super::live::{counted, line, send};
use super::machine::Box;
use crate::cli::Files;

const ADDRESS: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n/ip firewall mangle\n";
/// On which line a port stands is its number less this.
const BEHIND: u16 = 1000;

fn rules(odd: u16, does: &str) -> String {
    let rule = |port: u16| {
        let action = if port == odd { does } else { "passthrough" };
        format!("add action={action} chain=output dst-port={port} protocol=udp\n")
    };
    let rules: String = (1003..1012).map(rule).collect();
    format!("{ADDRESS}{rules}")
}

#[test]
fn merged_rules_are_counted_each_and_edited_each() {
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    machine.run("ip", &["link", "set", "ether1", "up"]);
    let edited = rules(1005, "mark-packet new-packet-mark=p");
    let files = Files::new([("rules.rsc", rules(0, "")), ("edited.rsc", edited)]);
    let (path, edited) = (files.path("rules.rsc"), files.path("edited.rsc"));
    assert_eq!(machine.rosc(&["apply", &path]).code, Some(0));
    let listed = machine.run("nft", &["list", "chain", "ip", "rosc", "mangle_output"]);
    assert!(listed.contains("vmap") && listed.contains("one look-up for 9 rules"), "{listed}");
    assert_eq!(machine.rosc(&["apply", &path]).err, "nothing to change\n");

    send(&machine, &[(0, 1003), (0, 1005), (0, 1005), (0, 1011), (0, 1012)]);
    let counts = |port: u16| match port {
        1003 | 1011 => 1,
        1005 => 2,
        _ => 0,
    };
    let expected = |edited: Option<u16>| {
        let of = |port| {
            line(u64::from(port - BEHIND), "applied", if edited == Some(port) { 0 } else { counts(port) })
        };
        (1003..1012).map(of).collect::<Vec<_>>()
    };
    assert_eq!(counted(&machine, &[&path]), (expected(None), 0));

    let ended = machine.rosc(&["apply", &edited]);
    assert!(
        ended.err.contains("1 to create, 1 to delete: applied and verified"),
        "{}{}",
        ended.out,
        ended.err
    );
    assert_eq!(counted(&machine, &[&edited]), (expected(Some(1005)), 0));
}

#[test]
fn rules_are_not_merged_where_nobody_wants_it() {
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    let files = Files::new([("rules.rsc", rules(0, ""))]);
    let path = files.path("rules.rsc");
    assert_eq!(machine.rosc(&["apply", "--no-merge", &path]).code, Some(0));
    let listed = machine.run("nft", &["list", "chain", "ip", "rosc", "mangle_output"]);
    assert!(!listed.contains("vmap") && listed.matches("udp dport").count() == 9, "{listed}");
    assert_eq!(machine.rosc(&["apply", "--no-merge", &path]).err, "nothing to change\n");
    assert_eq!(machine.rosc(&["diff", "--no-merge", &path]).code, Some(0));
    assert_eq!(machine.rosc(&["diff", &path]).code, Some(2));
    let (lines, others) = counted(&machine, &[&path, "--no-merge"]);
    assert!(lines.iter().all(|line| line.1 == "applied") && others == 0, "{lines:?}");
}
