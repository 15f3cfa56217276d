//! `rosc apply --confirm`: a change stays if somebody says so in time, and goes by itself otherwise, whatever becomes of the
//! run that made it.

use super::apply::{kill_in_the_middle, long_work};
use super::machine::Box;
use crate::cli::{Ended, Files, command};
use rosc::transaction::{Pending, bpf_fs};
use rosc_ebpf::EbpfTarget;
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const ROUTER: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n\
                      /ip route add gateway=192.0.2.1\n\
                      /ip firewall nat add action=masquerade chain=srcnat out-interface=ether1\n";
const OTHER: &str = "/ip address add address=198.51.100.2/24 interface=ether1\n";

fn machine() -> Option<(Box, Files)> {
    let machine = Box::with_ports(&["ether1"])?;
    machine.run("ip", &["link", "set", "ether1", "up"]);
    Some((machine, Files::new([("router.rsc", ROUTER), ("other.rsc", OTHER)])))
}

/// Starts a run, and waits until its change is made.
pub(super) fn start(machine: &Box, files: &Files, time: &str) -> Child {
    let mut command = command(["apply", "--confirm", time, &files.path("router.rsc")]);
    command.env("ROSC_STATE_DIR", machine.state_dir()).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = machine.namespace.run(|| command.spawn()).expect("rosc starts");
    // On a machine that stands still for a while its time is over before anybody has looked.
    until("the change is made", || {
        matches!(pending(machine), Some(Pending::Waiting { .. }))
            || child.try_wait().expect("it can be asked").is_some()
    });
    child
}

fn pending(machine: &Box) -> Option<Pending> {
    Pending::read(machine.state_dir()).expect("it can be read")
}

pub(super) fn end(child: Child) -> Ended {
    child.wait_with_output().expect("it ends").into()
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(300), "waited for too long until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn assert_as_before(machine: &Box, before: &super::machine::Dump) {
    assert_eq!(machine.dump().differences(before), "");
    assert!(!machine.state_dir().join("journal.json").exists(), "nothing is left to be taken back");
}

#[test]
fn a_change_that_is_confirmed_stays() {
    let Some((machine, files)) = machine() else { return };
    let child = start(&machine, &files, "5m");
    let confirmed = machine.rosc(&["confirm"]);
    assert_eq!((confirmed.code, confirmed.err.as_str()), (Some(0), "confirmed: the change stays\n"));
    let ended = end(child);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.err.contains("it is taken back in 300 seconds, unless rosc confirm keeps it"),
        "{}",
        ended.err
    );
    assert!(ended.err.ends_with("confirmed: the change stays\n"), "{}", ended.err);
    assert!(ended.out.contains("+ table ip rosc"), "{}", ended.out);
    assert_eq!(machine.rosc(&["apply", &files.path("router.rsc")]).err, "nothing to change\n");
    let again = machine.rosc(&["confirm"]);
    assert!(again.code == Some(1) && again.err.starts_with("R0708"), "{}", again.err);
}

#[test]
fn a_change_that_nobody_confirms_is_taken_back() {
    let Some((machine, files)) = machine() else { return };
    let before = machine.dump();
    let ended = end(start(&machine, &files, "1s"));
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert!(ended.err.ends_with("not confirmed: the machine is as it was\n"), "{}", ended.err);
    assert_as_before(&machine, &before);
    assert_eq!(machine.rosc(&["confirm"]).code, Some(1), "it is too late");
}

#[test]
fn a_change_whose_run_is_killed_is_taken_back_in_time() {
    let Some((machine, files)) = machine() else { return };
    let before = machine.dump();
    for signal in [Signal::KILL, Signal::HUP, Signal::TERM] {
        let child = start(&machine, &files, "2s");
        kill_process(Pid::from_child(&child), signal).expect("it runs");
        end(child);
        until("it is taken back", || pending(&machine) == Some(Pending::Undone));
        assert_as_before(&machine, &before);
    }
}

/// The guard may not open what the program takes that it loads, where connection tracking is a module: the run gives it that.
#[test]
fn a_guard_brings_connections_back_to_the_fast_path() {
    const FAST: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n\
                        /ip address add address=198.51.100.2/24 interface=ether2\n\
                        /ip firewall filter add chain=forward action=fasttrack-connection\n\
                        /ip firewall connection tracking set liberal-tcp-tracking=yes\n\
                        /rosc fastpath set enabled=yes\n";
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let files = Files::new([("router.rsc", OTHER), ("fast.rsc", FAST)]);
    let hides = || EbpfTarget::open(&bpf_fs(machine.state_dir()))?.hides_connections();
    if let Some(hidden) = machine.namespace.run(hides).expect("an answer") {
        println!("SKIPPED: programs can't look into connection tracking: {hidden:?}");
        return;
    }
    let made = machine.rosc(&["apply", &files.path("fast.rsc")]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert!(made.out.contains("ipv4-connections"), "{}", made.out);
    let child = start(&machine, &files, "2s");
    assert!(machine.rosc(&["show", "fastpath"]).err.contains("R0607"), "the fast path is gone");
    kill_process(Pid::from_child(&child), Signal::KILL).expect("it runs");
    end(child);
    until("it is taken back", || pending(&machine) == Some(Pending::Undone));
    let drift = machine.rosc(&["diff", "--live", &files.path("fast.rsc")]);
    assert_eq!(drift.code, Some(0), "{}{}", drift.out, drift.err);
}

#[test]
fn a_run_that_is_killed_at_its_work_is_taken_back_at_once() {
    let Some((machine, _)) = machine() else { return };
    let before = machine.dump();
    // Long enough to be met in the middle.
    let routes: String = (0..30_000)
        .map(|n| format!("add dst-address=10.{}.{}.0/24 gateway=192.0.2.1\n", n / 256, n % 256))
        .collect();
    let files = Files::new([("long.rsc", format!("{ROUTER}/ip route\n{routes}"))]);
    loop {
        let mut command = command(["apply", "--confirm", "1h", &files.path("long.rsc")]);
        command.env("ROSC_STATE_DIR", machine.state_dir()).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = machine.namespace.run(|| command.spawn()).expect("rosc starts");
        until("the run is at work", || {
            matches!(pending(&machine), Some(Pending::Applying | Pending::Waiting { .. }))
        });
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        if !matches!(pending(&machine), Some(Pending::Waiting { .. })) {
            break;
        }
        // This test stood still for so long that the run has come to its end.
        assert_eq!(machine.rosc(&["confirm"]).code, Some(0));
        assert_eq!(machine.rosc(&["apply", "--remove"]).code, Some(0));
    }
    until("it is taken back", || pending(&machine) == Some(Pending::Undone));
    assert_as_before(&machine, &before);
}

#[test]
fn a_guard_that_the_killed_run_did_not_wake_takes_its_work_back() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    kill_in_the_middle(&machine, &long_work().path("long.rsc"));
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("a start");
    let applying = format!("{{\"boot\":\"{}\",\"state\":\"applying\"}}", boot.trim());
    std::fs::write(machine.state_dir().join("pending.json"), applying).expect("a file");
    // Its standard input is at its end at once.
    assert_eq!(machine.rosc(&["guard"]).code, Some(0));
    assert_eq!(pending(&machine), Some(Pending::Undone));
    assert_eq!(machine.run("ip", &["-4", "address", "show", "dev", "ether1"]), "");
    assert!(!machine.state_dir().join("journal.json").exists());
}

#[test]
fn while_a_change_waits_no_other_is_made() {
    let Some((machine, files)) = machine() else { return };
    let child = start(&machine, &files, "5m");
    let with_change = machine.dump();
    for line in [vec!["apply", "--remove"], vec!["apply", "--confirm", "9s"], vec!["apply"]] {
        let path = files.path("other.rsc");
        let files = if line.contains(&"--remove") { vec![] } else { vec![path.as_str()] };
        let refused = machine.rosc(&[line.as_slice(), &files].concat());
        let says = ["R0708", "rosc confirm keeps it", "nothing was changed"];
        assert!(
            refused.code == Some(1) && says.iter().all(|word| refused.err.contains(word)),
            "{}",
            refused.err
        );
    }
    assert_eq!(machine.dump().differences(&with_change), "");
    assert_eq!(machine.rosc(&["confirm"]).code, Some(0));
    end(child);
    assert_eq!(machine.rosc(&["apply", &files.path("other.rsc")]).code, Some(0));
}

#[test]
fn a_change_that_fails_or_is_none_waits_for_nobody() {
    let Some((machine, files)) = machine() else { return };
    let router = files.path("router.rsc");
    assert_eq!(machine.rosc(&["apply", &router]).code, Some(0));
    let nothing = machine.rosc(&["apply", "--confirm", "1h", &router]);
    assert_eq!((nothing.code, nothing.err.as_str()), (Some(0), "nothing to change\n"));
    assert_eq!(pending(&machine), None);
    for time in ["0s", "25h", "soon", "18446744073709551615h"] {
        let ended = machine.rosc(&["apply", "--confirm", time, &router]);
        assert!(
            ended.code == Some(1) && ended.err.contains("write a time from 1s to 24h"),
            "{time}: {}",
            ended.err
        );
    }
}
