//! `rosc history` and `rosc rollback`: the machine goes back to what it was brought to before.

use super::machine::Box;
use crate::cli::Files;

const FIRST: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n\
                     /ip route add gateway=192.0.2.1\n\
                     /ip firewall nat add action=masquerade chain=srcnat out-interface=ether1\n\
                     /ip firewall address-list add list=friends address=198.51.100.0/24\n\
                     /ip firewall filter add chain=input src-address-list=friends action=accept comment=\"it's\"\n";
const SECOND: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n\
                      /ip route add dst-address=203.0.113.0/24 gateway=192.0.2.77\n";

fn machine() -> Option<(Box, Files)> {
    let machine = Box::with_ports(&["ether1"])?;
    machine.run("ip", &["link", "set", "ether1", "up"]);
    Some((machine, Files::new([("first.rsc", FIRST), ("second.rsc", SECOND)])))
}

/// The numbers that the history lists.
pub(super) fn numbers(machine: &Box) -> Vec<u64> {
    let document = machine.rosc(&["history", "--format", "json"]).json();
    let entries = document["history"].as_array().expect("a list");
    entries.iter().map(|entry| entry["number"].as_u64().expect("a number")).collect()
}

#[test]
fn a_machine_goes_back_to_earlier_states_and_forth() {
    let Some((machine, files)) = machine() else { return };
    assert_eq!(machine.rosc(&["history"]).err, "nothing was applied yet\n");
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).code, Some(0));
    let first = machine.dump();
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).err, "nothing to change\n");
    assert_eq!(machine.rosc(&["apply", &files.path("second.rsc")]).code, Some(0));
    let second = machine.dump();
    assert_ne!(second.differences(&first), "");
    assert_eq!(numbers(&machine), [1, 2], "what changed nothing is no state of its own");

    let shown = machine.rosc(&["history", "2"]);
    assert!(
        shown.out.contains("- table ip rosc") && shown.out.contains("+ route 203.0.113.0/24"),
        "{}",
        shown.out
    );
    let planned = machine.rosc(&["rollback", "--dry-run"]);
    assert!(planned.err.ends_with("nothing was changed\n"), "{}", planned.err);
    assert_eq!(machine.dump().differences(&second), "");

    let back = machine.rosc(&["rollback"]);
    assert!(back.code == Some(0) && back.err.ends_with("applied and verified\n"), "{}", back.err);
    assert_eq!((back.out, machine.dump().differences(&first)), (planned.out, String::new()));
    // And it is what the file asks for.
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).err, "nothing to change\n");
    assert_eq!(machine.rosc(&["rollback", "2"]).code, Some(0));
    assert_eq!(machine.dump().differences(&second), "");
    assert_eq!(numbers(&machine), [1, 2, 3, 4]);
    let listed = machine.rosc(&["history"]);
    assert_eq!(listed.out.lines().count(), 4);
    assert!(
        listed.out.lines().all(|line| line.ends_with(" changes") && line.contains('T')),
        "{}",
        listed.out
    );
}

#[test]
fn what_is_not_confirmed_is_no_state_of_the_history() {
    let Some((machine, files)) = machine() else { return };
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).code, Some(0));
    assert_eq!(machine.rosc(&["apply", "--confirm", "1s", &files.path("second.rsc")]).code, Some(3));
    assert_eq!(numbers(&machine), [1]);
    assert_eq!(machine.rosc(&["apply", "--remove"]).code, Some(0));
    assert_eq!(numbers(&machine), [1, 2]);
    let back = machine.rosc(&["rollback", "--confirm", "1s"]);
    assert_eq!(back.code, Some(3), "{}", back.err);
    assert_eq!(machine.rosc(&["rollback"]).code, Some(0));
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).err, "nothing to change\n");
}

#[test]
fn a_state_that_is_not_kept_is_named() {
    let Some((machine, files)) = machine() else { return };
    let refused = |line: &[&str]| {
        let ended = machine.rosc(line);
        assert!(ended.code == Some(1) && ended.err.starts_with("R0709"), "{line:?}: {}", ended.err);
    };
    refused(&["rollback"]);
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).code, Some(0));
    refused(&["rollback"]);
    refused(&["rollback", "2"]);
    refused(&["history", "7"]);
    let json = machine.rosc(&["rollback", "7", "--format", "json"]);
    assert_eq!((json.code, json.codes()), (Some(1), vec!["R0709".to_owned()]));
}

#[test]
fn a_state_that_can_not_be_kept_is_taken_back() {
    let Some((machine, files)) = machine() else { return };
    // Even root can make no directory where a file is.
    std::fs::write(machine.state_dir().join("history"), "").expect("a file");
    let before = machine.dump();
    let ended = machine.rosc(&["apply", "--format", "json", &files.path("first.rsc")]);
    assert_eq!((ended.code, ended.codes()), (Some(3), vec!["R0701".to_owned()]), "{}", ended.out);
    assert_eq!(machine.dump().differences(&before), "");
    assert!(!machine.state_dir().join("journal.json").exists());
}
