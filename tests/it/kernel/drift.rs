//! `rosc diff --live`: what somebody has changed by hand, with the line that it contradicts.

use super::machine::Box;
use crate::cli::Files;

const ROUTER: &str = "/ip address\nadd address=192.0.2.2/24 interface=ether1\nadd address=10.9.0.1/24 interface=ether1\n\
                      /routing table add name=other fib\n\
                      /ip route\nadd gateway=192.0.2.1\nadd gateway=192.0.2.3 routing-table=other\n\
                      /routing rule add action=lookup table=other src-address=10.9.0.9/32\n\
                      /ip firewall address-list add list=friends address=198.51.100.0/24\n\
                      /ip firewall filter\nadd chain=input src-address-list=friends action=accept\n\
                      add chain=input protocol=tcp dst-port=23 action=drop comment=\"no telnet\"\n";

#[test]
fn what_somebody_has_changed_by_hand_is_told_with_its_line() {
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    let files = Files::new([("router.rsc", ROUTER)]);
    let path = files.path("router.rsc");
    assert_eq!(machine.rosc(&["apply", &path]).code, Some(0));
    let same = machine.rosc(&["diff", "--live", &path]);
    assert_eq!((same.code, same.out.as_str()), (Some(0), ""), "{}", same.err);

    machine.run("ip", &["route", "delete", "default"]);
    machine.run("ip", &["address", "delete", "10.9.0.1/24", "dev", "ether1"]);
    machine.run("ip", &["rule", "delete", "from", "10.9.0.9"]);
    machine.run(
        "nft",
        &["add rule ip rosc filter_input udp dport 53 accept; \
                          add element ip rosc al_friends { 203.0.113.7 }"],
    );
    machine.set("net/ipv4/ip_forward", "0");
    let drift = machine.rosc(&["diff", "--live", &path]);
    assert_eq!(drift.code, Some(2), "{}", drift.err);
    let line = |starts: &str| {
        drift
            .out
            .lines()
            .find(|line| line.starts_with(starts))
            .unwrap_or_else(|| panic!("{starts}: {}", drift.out))
    };
    for (starts, ends) in [
        ("missing: route default", "router.rsc:6"),
        ("missing: address 10.9.0.1/24", "router.rsc:3"),
        ("missing: rule from 10.9.0.9", "router.rsc:8"),
        ("nobody asks for: rule ip filter_input", "udp dport 53 accept"),
        ("changed: set ip al_friends (+0 -1 elements)", "router.rsc:9"),
        ("changed: sysctl net/ipv4/ip_forward", "(is 0)"),
    ] {
        let found = line(starts);
        assert!(found.trim_end().ends_with(ends), "{found}");
    }
    assert!(drift.err.ends_with("differences on this machine\n"), "{}", drift.err);
    let json = machine.rosc(&["diff", "--live", "--format", "json", &path]).json();
    assert_eq!(json["plan"]["steps"].as_array().map(Vec::len), Some(3), "{json}");
    // The way back is an apply, as ever.
    assert_eq!(machine.rosc(&["apply", &path]).code, Some(0));
    assert_eq!(machine.rosc(&["diff", "--live", &path]).code, Some(0));
    let both = machine.rosc(&["diff", "--live", "--against", &path, &path]);
    assert_eq!(both.code, Some(1), "{}", both.err);
}
