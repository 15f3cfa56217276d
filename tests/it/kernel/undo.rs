//! Whatever goes wrong, and wherever: the machine is as it was, and what others made is never touched.

use super::desired;
use super::machine::Box;
use crate::examples;
use crate::stages::{root, sources_of, text};
use rosc::lower::Desired;
use rosc::transaction::{Failure, Fault};
use std::fs;

/// What others have made: routes, rules and addresses that look much like ours, and tables of the firewall.
fn add_foreign_objects(machine: &Box, port: &str) {
    let ip = |line: &str| {
        machine.run("ip", &line.split(' ').collect::<Vec<_>>());
    };
    ip(&format!("link set {port} up"));
    ip(&format!("address add 203.0.113.77/24 dev {port}"));
    ip(&format!("-6 address add 2001:db8:77::77/64 dev {port} nodad"));
    ip(&format!("route add 198.51.100.0/24 via 203.0.113.1 dev {port} metric 77"));
    ip(&format!("route add default via 203.0.113.1 dev {port} table 77"));
    ip("route add blackhole 192.0.2.128/25 proto 77 table 100001");
    ip("-6 route add blackhole 2001:db8:dead::/48");
    ip("rule add from 203.0.113.0/24 lookup 77 preference 9000");
    ip("rule add from 203.0.113.0/24 lookup 77 preference 11005");
    ip("rule add fwmark 0x7 lookup 77 preference 32000");
    ip("-6 rule add from 2001:db8:77::/64 lookup 77 preference 11005");
    let tables = "table ip foreign {\n\
                  \tset blocked { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 172.16.0.1 }; }\n\
                  \tchain input { type filter hook input priority 0; policy accept; ip saddr @blocked counter; }\n\
                  \tchain nat { type nat hook postrouting priority 90; oifname \"none\" masquerade; }\n\
                  }\n\
                  table inet rosc { chain c { counter; }; }\n\
                  table ip6 foreign { chain c { ct mark set 0x10000; }; }\n";
    let file = machine.state_dir().join("foreign.nft");
    fs::write(&file, tables).expect("a file");
    machine.run("nft", &["-f", file.to_str().expect("a plain path")]);
    fs::remove_file(&file).expect("the file");
}

/// Lets a change fail after every number of its steps, and looks whether everything is as before. Returns how many steps
/// there are.
fn fail_everywhere(machine: &Box, desired: &Desired, what: &str) -> usize {
    let before = machine.dump();
    let mut after = 0;
    loop {
        match machine.apply_failing(desired, Some(Fault { after })) {
            Ok(applied) => {
                assert!(applied.plan.len() <= after, "{what}: {after} of {}", applied.plan.len());
                return after;
            }
            Err(Failure::Undone { left: None, .. }) => {}
            Err(other) => panic!("{what}, after {after} steps: {other:?}"),
        }
        let differences = machine.dump().differences(&before);
        assert_eq!(differences, "", "{what}, after {after} steps");
        after += 1;
    }
}

fn example(name: &str) -> Desired {
    desired(&sources_of(&[root().join(format!("examples/{name}.rsc"))]))
}

/// An example with a text replaced in it.
fn changed(name: &str, from: &str, to: &str) -> Desired {
    let source = fs::read_to_string(root().join(format!("examples/{name}.rsc"))).expect("an example");
    assert!(source.contains(from), "{name} has {from}");
    desired(&text(&source.replace(from, to)))
}

#[test]
fn a_first_apply_that_fails_at_any_step_leaves_no_trace() {
    for (name, paths) in examples::all() {
        let desired = desired(&sources_of(&paths));
        let Some(machine) = Box::for_state(&desired) else { return };
        add_foreign_objects(&machine, machine.first_port());
        let steps = fail_everywhere(&machine, &desired, &name);
        assert!(steps > 10, "{name} has {steps} steps");
    }
}

#[test]
fn an_edit_that_fails_at_any_step_leaves_the_old_configuration() {
    let edits = [
        ("three-wan-ecmp", "172.16.6.2/24 interface=ether2", "172.16.66.2/24 interface=ether2"),
        ("pcc-two-wan", "out-interface-list=WAN\n", "out-interface=ether1\n"),
        ("rule-min-prefix", "action=lookup-only-in-table", "action=lookup"),
        ("ecmp-fastpath-masquerade", "gateway=192.0.2.1,192.0.2.9,", "gateway=192.0.2.9,"),
    ];
    for (name, from, to) in edits {
        let before = example(name);
        let source = fs::read_to_string(root().join(format!("examples/{name}.rsc"))).expect("an example");
        let mended = source.replace("172.16.6.254", "172.16.66.254");
        let after = if name == "three-wan-ecmp" {
            desired(&text(&mended.replace(from, to)))
        } else {
            changed(name, from, to)
        };
        let Some(machine) = Box::for_state(&before) else { return };
        add_foreign_objects(&machine, "ether3");
        machine.apply(&before).expect("applied");
        let steps = fail_everywhere(&machine, &after, name);
        assert!(steps > 0, "{name} changes something");
    }
}

#[test]
fn taking_everything_away_fails_as_harmlessly_as_making_it() {
    let full = example("pcc-two-wan");
    let Some(machine) = Box::for_state(&full) else { return };
    add_foreign_objects(&machine, "ether2");
    let bare = machine.dump();
    machine.apply(&full).expect("applied");
    let steps = fail_everywhere(&machine, &desired(&text("/ip address\n")), "nothing");
    assert!(steps > 10, "{steps} steps");
    // A router without configuration has RouterOS's default settings, and devices stay up.
    let differences = machine.dump().differences(&bare);
    let is_expected = |line: &str| ["/proc/sys/net/", " ether"].iter().any(|part| line.contains(part));
    let left: Vec<&str> = differences.lines().filter(|line| !is_expected(line)).collect();
    assert_eq!(left, Vec::<&str>::new());
}

#[test]
fn every_example_is_applied_once_and_then_there_is_nothing_left_to_do() {
    for (name, paths) in examples::all() {
        let desired = desired(&sources_of(&paths));
        let Some(machine) = Box::for_state(&desired) else { return };
        add_foreign_objects(&machine, machine.first_port());
        let foreign = machine.run("nft", &["-s", "list", "table", "ip", "foreign"]);
        let first = machine.apply(&desired).unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        assert!(!first.plan.is_empty(), "{name}");
        let dump = machine.dump();
        let second = machine.apply(&desired).unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        assert!(second.plan.is_empty(), "{name}: {:?}", second.plan);
        assert_eq!(machine.dump().differences(&dump), "", "{name}");
        assert_eq!(machine.run("nft", &["-s", "list", "table", "ip", "foreign"]), foreign);
        for rule in ["9000:", "11005:", "32000:"] {
            assert!(machine.run("ip", &["rule", "show"]).contains(rule), "{name}: rule {rule}");
        }
    }
}
