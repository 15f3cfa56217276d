//! `rosc restore`: a machine that starts comes back as it was applied and confirmed last. Another start of the machine is
//! another namespace with the same state directory, whose files name another run of the kernel.

use super::apply::{kill_in_the_middle, long_work, rosc_when_unlocked};
use super::confirm::{end, start};
use super::history::numbers;
use super::machine::Box;
use crate::cli::Files;
use rosc::transaction::OWN_BPF_FS;
use std::fs;
use std::path::Path;

const FIRST: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n\
                     /ip route add gateway=192.0.2.1\n\
                     /ip firewall nat add action=masquerade chain=srcnat out-interface=ether1\n\
                     /ip firewall service-port disable pptp\n";
const SECOND: &str = "/ip address add address=198.51.100.2/24 interface=ether1\n\
                      /ip route add gateway=198.51.100.1\n";

fn machine() -> Option<(Box, Files)> {
    let machine = Box::with_ports(&["ether1"])?;
    Some((machine, Files::new([("first.rsc", FIRST), ("router.rsc", SECOND)])))
}

/// The machine after a power cut at this moment.
fn started_anew(machine: &Box) -> Box {
    let again = Box::with_ports(&["ether1"]).expect("there was one before");
    copy(machine.state_dir(), again.state_dir());
    again
}

fn copy(from: &Path, to: &Path) {
    let this_start = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("a start");
    for entry in fs::read_dir(from).expect("a directory") {
        let path = entry.expect("a file").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.ends_with(OWN_BPF_FS) {
            // With the power the kernel has gone, and all that it kept.
        } else if path.is_dir() {
            fs::create_dir(&to).expect("a directory");
            copy(&path, &to);
        } else {
            let text = fs::read_to_string(&path).expect("a file of text");
            fs::write(&to, text.replace(this_start.trim(), "another")).expect("a file");
        }
    }
}

/// That the machine is as a file says, and none of the changes of others is in the way.
#[track_caller]
fn assert_is(machine: &Box, file: &str) {
    let ended = machine.rosc(&["apply", file]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), "nothing to change\n"));
    assert!(!machine.state_dir().join("journal.json").exists(), "nothing is left to be taken back");
}

/// Restores, and expects the state of a number.
#[track_caller]
fn assert_restores(machine: &Box, files: &Files, number: u32) {
    let ended = machine.rosc(&["restore", &files.path("router.rsc")]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.starts_with(&format!("state {number}, which was applied at 2")), "{}", ended.err);
    assert!(ended.err.ends_with(": applied and verified\n"), "{}", ended.err);
}

#[test]
fn what_was_applied_last_comes_back_and_not_what_was_edited_since() {
    let Some((machine, files)) = machine() else { return };
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).code, Some(0));
    let mut machine = started_anew(&machine);
    for _ in 0..3 {
        let planned = machine.rosc(&["restore", "--dry-run"]);
        assert!(planned.out.contains("+ table ip rosc"), "{}", planned.out);
        assert_restores(&machine, &files, 1);
        assert_is(&machine, &files.path("first.rsc"));
        assert_eq!(numbers(&machine), [1], "the same state is kept once");
        let again = machine.rosc(&["restore"]);
        assert!(again.code == Some(0) && again.err.ends_with("nothing to change\n"), "{}", again.err);
        machine = started_anew(&machine);
    }
    // What was taken away stays away.
    assert_restores(&machine, &files, 1);
    assert_eq!(machine.rosc(&["apply", "--remove"]).code, Some(0));
    let machine = started_anew(&machine);
    let ended = machine.rosc(&["restore", &files.path("router.rsc")]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(machine.run("ip", &["-4", "route", "show"]), "");
}

#[test]
fn a_change_that_waited_when_the_power_went_neither_comes_back_nor_is_in_the_way() {
    let Some((machine, files)) = machine() else { return };
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).code, Some(0));
    let child = start(&machine, &files, "1h");
    let again = started_anew(&machine);
    let waits = machine.rosc(&["restore", "--format", "json"]);
    assert_eq!((waits.code, waits.codes()), (Some(1), vec!["R0708".to_owned()]), "as long as it waits");
    assert_restores(&again, &files, 1);
    assert_is(&again, &files.path("first.rsc"));
    assert_eq!(again.rosc(&["confirm"]).code, Some(1), "nothing waits any more");
    assert_eq!(numbers(&again), [1]);
    assert_eq!(again.rosc(&["apply", &files.path("router.rsc")]).code, Some(0));

    assert_eq!(machine.rosc(&["confirm"]).code, Some(0));
    end(child);
    let again = started_anew(&machine);
    assert_restores(&again, &files, 2);
    assert_is(&again, &files.path("router.rsc"));
}

#[test]
fn a_change_whose_confirmation_was_cut_off_by_a_power_cut_comes_back() {
    let Some((machine, files)) = machine() else { return };
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).code, Some(0));
    let child = start(&machine, &files, "1h");
    // The word was on disk, and nothing that follows from it.
    let again = started_anew(&machine);
    let confirmed = "{\"boot\":\"another\",\"state\":\"confirmed\"}";
    fs::write(again.state_dir().join("pending.json"), confirmed).expect("a file");
    assert_restores(&again, &files, 2);
    assert_is(&again, &files.path("router.rsc"));
    assert_eq!(machine.rosc(&["confirm"]).code, Some(0));
    end(child);
}

#[test]
fn a_run_that_was_cut_off_by_a_power_cut_leaves_nothing() {
    let Some((machine, files)) = machine() else { return };
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).code, Some(0));
    let child = start(&machine, &files, "1h");
    // What a run has left that was made and verified, and no more.
    let again = started_anew(&machine);
    fs::remove_file(again.state_dir().join("pending.json")).expect("a file");
    assert!(again.state_dir().join("journal.json").exists());
    assert_restores(&again, &files, 1);
    assert_is(&again, &files.path("first.rsc"));
    assert_eq!(numbers(&again), [1]);
    assert_eq!(machine.rosc(&["confirm"]).code, Some(0));
    end(child);
}

#[test]
fn a_run_that_was_killed_since_the_start_is_taken_back_first() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let files = Files::new([("first.rsc", FIRST)]);
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).code, Some(0));
    assert_eq!(machine.rosc(&["apply", "--remove"]).code, Some(0));
    kill_in_the_middle(&machine, &long_work().path("long.rsc"));
    let ended = rosc_when_unlocked(&machine, &["restore", "--format", "json"]);
    assert_eq!((ended.code, ended.codes()), (Some(0), vec!["R0704".to_owned()]));
    assert_eq!(machine.run("ip", &["-4", "address", "show", "dev", "ether1"]), "");
}

#[test]
fn where_no_state_is_kept_the_files_are_applied() {
    let Some((machine, files)) = machine() else { return };
    let first = files.path("first.rsc");
    let nothing = machine.rosc(&["restore", "--format", "json"]);
    assert_eq!((nothing.code, nothing.codes()), (Some(1), vec!["R0709".to_owned()]));
    let planned = machine.rosc(&["restore", "--dry-run", &first]);
    assert!(planned.code == Some(0) && planned.err.ends_with("nothing was changed\n"), "{}", planned.err);
    let ended = machine.rosc(&["restore", &first]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.starts_with("no state is kept yet: the files are applied\n"), "{}", ended.err);
    assert_is(&machine, &first);
    assert_restores(&started_anew(&machine), &files, 1);
}

#[test]
fn where_the_last_state_can_not_be_read_the_files_are_applied() {
    let Some((machine, files)) = machine() else { return };
    assert_eq!(machine.rosc(&["apply", &files.path("first.rsc")]).code, Some(0));
    assert_eq!(machine.rosc(&["apply", &files.path("router.rsc")]).code, Some(0));
    let second = machine.state_dir().join("history/2.json");
    let kept = fs::read_to_string(&second).expect("a state");
    fs::write(&second, kept.replace("\"format\":1", "\"format\":0")).expect("a file");
    let listed = machine.rosc(&["history", "--format", "json"]);
    assert_eq!((listed.code, listed.codes()), (Some(0), vec!["R0711".to_owned()]));
    assert_eq!(numbers(&machine), [1]);

    let again = started_anew(&machine);
    let alone = again.rosc(&["restore", "--format", "json"]);
    assert_eq!((alone.code, alone.codes()), (Some(1), vec!["R0711".to_owned(), "R0709".to_owned()]));
    let ended = again.rosc(&["restore", "--format", "json", &files.path("first.rsc")]);
    assert_eq!((ended.code, ended.codes()), (Some(0), vec!["R0711".to_owned()]));
    assert_is(&again, &files.path("first.rsc"));
    assert_eq!(numbers(&again), [1, 3], "no number comes twice");
    assert_restores(&started_anew(&again), &files, 3);

    // An apply that changes nothing keeps in today's form what is there.
    assert_is(&machine, &files.path("router.rsc"));
    assert_eq!(numbers(&machine), [1, 3]);
    assert_restores(&started_anew(&machine), &files, 3);
}

#[test]
fn a_device_that_comes_later_holds_up_nothing_else() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let both = format!("{FIRST}/ip address add address=198.51.100.2/24 interface=ether2\n");
    let files = Files::new([("router.rsc", both)]);
    let path = files.path("router.rsc");
    assert_eq!(machine.rosc(&["apply", &path]).code, Some(0));
    // This one has the first port only.
    let again = started_anew(&machine);
    let restored = again.rosc(&["restore", &path]);
    assert_eq!(restored.code, Some(0), "{}", restored.err);
    assert!(restored.err.contains("R0606") && restored.err.contains("198.51.100.2/24"), "{}", restored.err);
    assert!(again.run("ip", &["route", "show"]).contains("default via 192.0.2.1"), "what can be there is");
    again.plug("ether2", 1);
    assert_eq!(again.rosc(&["restore", &path]).code, Some(0));
    assert_is(&again, &path);
}
