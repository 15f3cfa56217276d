//! Devices that come later, or without a carrier: the rest does not wait for them.

use super::machine::Box;
use crate::cli::Files;

const TWO_WAN: &str = "/interface bridge add name=lan protocol-mode=none\n\
                       /interface bridge port\nadd bridge=lan interface=ether3\nadd bridge=lan interface=ether4\n\
                       /ip address\nadd address=100.64.1.2/24 interface=ether1\n\
                       add address=100.64.2.2/24 interface=ether2\nadd address=192.168.88.1/24 interface=lan\n\
                       /ipv6 settings set disable-ipv6=no\n\
                       /ip settings set rp-filter=loose\n\
                       /routing table add name=second fib\n\
                       /ip route\nadd gateway=100.64.1.1,100.64.2.1\nadd gateway=100.64.2.1 routing-table=second\n\
                       add dst-address=10.0.0.0/8 gateway=100.64.1.1 pref-src=100.64.2.2\n\
                       /routing rule add action=lookup table=second src-address=192.168.88.9/32\n\
                       /ip firewall nat\nadd action=masquerade chain=srcnat out-interface=ether1\n\
                       add action=masquerade chain=srcnat out-interface=ether2\n";

#[test]
fn what_needs_a_device_that_is_not_there_waits_for_it() {
    let Some(machine) = Box::with_ports(&["ether1", "ether3"]) else { return };
    let files = Files::new([("two.rsc", TWO_WAN)]);
    let path = files.path("two.rsc");
    let refused = machine.rosc(&["apply", &path]);
    assert!(refused.code == Some(1) && refused.err.contains("R0601"), "{}", refused.err);
    let shown = machine.rosc(&["apply", "--skip-missing", "--dry-run", &path]);
    assert!(shown.code == Some(0) && shown.err.contains("R0606"), "{}", shown.err);

    let part = machine.rosc(&["apply", "--skip-missing", &path]);
    assert_eq!(part.code, Some(0), "{}", part.err);
    assert!(
        part.err.contains("there is no device `ether2`") && part.err.contains("100.64.2.2/24"),
        "{}",
        part.err
    );
    assert!(part.err.contains("there is no device `ether4`"), "{}", part.err);
    let routes = machine.run("ip", &["route", "show", "table", "all", "proto", "200"]);
    assert!(routes.contains("default via 100.64.1.1 dev ether1") && !routes.contains("ether2"), "{routes}");
    assert!(!routes.contains("10.0.0.0/8"), "its source is not there: {routes}");
    assert!(machine.run("nft", &["list", "ruleset"]).contains("\"ether2\""), "rules wait by themselves");
    let again = machine.rosc(&["apply", "--skip-missing", &path]);
    assert!(again.code == Some(0) && again.err.ends_with("nothing to change\n"), "{}", again.err);
    assert!(again.err.contains("R0606"), "it waits still: {}", again.err);

    machine.plug("ether2", 7);
    machine.plug("ether4", 8);
    let rest = machine.rosc(&["apply", "--skip-missing", &path]);
    assert!(rest.code == Some(0) && !rest.err.contains("R0606"), "{}", rest.err);
    let routes = machine.run("ip", &["route", "show", "table", "all", "proto", "200"]);
    for there in ["nexthop via 100.64.2.1 dev ether2", "10.0.0.0/8"] {
        assert!(routes.contains(there), "{there}: {routes}");
    }
    let settled = machine.rosc(&["apply", &path]);
    assert_eq!(
        (settled.code, settled.err.ends_with("nothing to change\n")),
        (Some(0), true),
        "{}",
        settled.err
    );
}

#[test]
fn an_uplink_without_a_carrier_is_no_hindrance() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2", "ether3", "ether4"]) else { return };
    machine.cut(1);
    let files = Files::new([("two.rsc", TWO_WAN)]);
    let made = machine.rosc(&["apply", &files.path("two.rsc")]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    let routes = machine.run("ip", &["route", "show", "table", "all", "proto", "200"]);
    assert!(routes.contains("100.64.2.1 dev ether2"), "{routes}");
    let again = machine.rosc(&["apply", &files.path("two.rsc")]);
    assert!(again.err.ends_with("nothing to change\n"), "{}", again.err);
}
