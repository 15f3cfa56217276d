//! `rosc apply --remove`: all that rosc made goes, and nothing else.

use super::desired;
use super::machine::Box;
use crate::stages::{root, sources_of};
use rosc_route::LinkKind;

/// Somebody else's: devices that are up, a table, a route, an address, a rule, a setting.
fn furnish(machine: &Box, ports: &[&str]) {
    for port in ports {
        machine.run("ip", &["link", "set", port, "up"]);
    }
    let port = "lo";
    machine.run("nft", &["add table ip mine; add chain ip mine c; add rule ip mine c counter"]);
    machine.run("ip", &["address", "add", "198.18.0.1/24", "dev", port]);
    machine.run("ip", &["route", "add", "198.18.1.0/24", "dev", port, "proto", "static"]);
    machine.run("ip", &["rule", "add", "from", "198.18.2.0/24", "lookup", "77", "priority", "30000"]);
    machine.set("net/ipv4/conf/all/log_martians", "1");
}

#[test]
fn the_machine_is_as_if_rosc_had_never_been_there() {
    for name in ["pcc-two-wan", "guarded-two-wan", "three-wan-ecmp-ipv6", "recursive-failover"] {
        let path = root().join(format!("examples/{name}.rsc"));
        let wanted = desired(&sources_of(std::slice::from_ref(&path)));
        let Some(machine) = Box::for_state(&wanted) else { return };
        let existing = wanted.route.links().iter().filter(|link| link.kind == LinkKind::Existing);
        furnish(&machine, &existing.map(|link| link.name.as_str()).collect::<Vec<_>>());
        let before = machine.dump();
        let path = path.to_str().expect("a plain path");
        assert_eq!(machine.rosc(&["apply", path]).code, Some(0), "{name}");
        let applied = machine.dump();
        assert_ne!(applied.differences(&before), "", "{name}");

        let planned = machine.rosc(&["apply", "--remove", "--dry-run"]);
        assert!(planned.code == Some(0) && planned.err.ends_with("nothing was changed\n"), "{}", planned.err);
        assert_eq!(machine.dump().differences(&applied), "", "{name}");
        let removed = machine.rosc(&["apply", "--remove"]);
        assert!(removed.err.ends_with("applied and verified\n"), "{name}: {}", removed.err);
        assert_eq!(planned.out, removed.out, "{name}: the dry run shows what is done");
        assert_eq!(machine.dump().differences(&before), "", "{name}");
        assert_eq!(machine.rosc(&["apply", "--remove"]).err, "nothing to change\n", "{name}");
    }
}

#[test]
fn a_file_makes_no_sense_beside_it_and_without_it_one_is_needed() {
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    for line in [&["apply", "--remove", "router.rsc"][..], &["apply"], &["apply", "--remove", "--strict"]] {
        let ended = machine.rosc(line);
        assert!(ended.code != Some(0) && ended.err.starts_with("error: "), "{line:?}: {}", ended.err);
    }
}
