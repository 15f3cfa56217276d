//! `rosc apply` and `rosc diff` on a machine: what stands in the way is named, and nothing is half done.

use super::machine::Box;
use crate::cli::{Ended, Files, command};
use crate::stages::{desired, text};
use rosc::transaction::{Cause, Failure};
use rosc_sysctl::{Presence, Setting};
use rosc_target::Origin;
use std::fs;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// One uplink and a LAN.
const SMALL: &str = "/ip address\n\
                     add address=192.0.2.2/24 interface=ether1\n\
                     add address=192.168.88.1/24 interface=ether2\n\
                     /ip route add gateway=192.0.2.1\n\
                     /ip firewall nat add action=masquerade chain=srcnat out-interface=ether1\n\
                     /ip firewall service-port disable pptp\n";

fn small() -> (Files, String) {
    let files = Files::new([("small.rsc", SMALL)]);
    let path = files.path("small.rsc");
    (files, path)
}

/// Whether a run found these codes and left the machine as it was.
#[track_caller]
fn assert_unchanged(machine: &Box, run: impl FnOnce() -> Ended, exit: i32, codes: &[&str]) -> Ended {
    let before = machine.dump();
    let ended = run();
    assert_eq!(
        (ended.code, ended.codes()),
        (Some(exit), codes.iter().map(|&code| code.to_owned()).collect())
    );
    assert_eq!(machine.dump().differences(&before), "");
    ended
}

#[test]
fn a_first_apply_a_second_and_an_edit_exit_as_they_should() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let (_files, path) = small();
    assert_eq!(machine.rosc(&["diff", &path]).code, Some(2));
    let dry = machine.rosc(&["apply", "--dry-run", &path]);
    assert!(dry.code == Some(0) && dry.err.contains("nothing was changed"), "{}", dry.err);
    assert_eq!(machine.rosc(&["diff", &path]).code, Some(2), "the dry run changed nothing");
    let first = machine.rosc(&["apply", &path]);
    assert!(
        first.code == Some(0) && first.err.contains("applied and verified"),
        "{}{}",
        first.out,
        first.err
    );
    assert_eq!(dry.out, first.out, "the dry run shows what is done");
    let same = machine.rosc(&["diff", &path]);
    assert_eq!((same.code, same.out.as_str()), (Some(0), ""), "{}", same.err);
    let second = machine.rosc(&["apply", &path]);
    assert_eq!((second.code, second.err.as_str()), (Some(0), "nothing to change\n"));
    let state = machine.rosc(&["show", "live", "--format", "json"]);
    let saved = Files::new([("live.json", state.out)]);
    let against = machine.rosc(&["diff", &path, "--against", &saved.path("live.json")]);
    assert_eq!(
        (against.code, against.out.as_str()),
        (Some(0), ""),
        "a saved state is as good as the machine"
    );
}

#[test]
fn a_device_that_the_machine_lacks_is_named_before_anything_is_changed() {
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    let (_files, path) = small();
    let run = || machine.rosc(&["apply", "--format", "json", &path]);
    let ended = assert_unchanged(&machine, run, 1, &["R0601"]);
    assert_eq!(ended.json()["diagnostics"][0]["line"], 3);
    let overlay = Files::new([("site.rsc", "/rosc interface add name=ether2 device=lan0\n")]);
    let run = || machine.rosc(&["apply", "--format", "json", &path, &overlay.path("site.rsc")]);
    assert_unchanged(&machine, run, 1, &["R0601"]);
    machine.run("ip", &["link", "add", "lan0", "type", "bridge"]);
    assert_eq!(machine.rosc(&["apply", &path, &overlay.path("site.rsc")]).code, Some(0));
    assert!(machine.run("ip", &["address", "show", "dev", "lan0"]).contains("192.168.88.1/24"));
}

#[test]
fn a_foreign_route_in_the_way_stops_the_plan() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let (_files, path) = small();
    machine.run("ip", &["link", "set", "ether2", "up"]);
    machine.run("ip", &["address", "add", "198.51.100.2/24", "dev", "ether2"]);
    machine.run("ip", &["route", "add", "default", "via", "198.51.100.1", "metric", "1"]);
    let run = || machine.rosc(&["apply", "--format", "json", &path]);
    let ended = assert_unchanged(&machine, run, 1, &["R0602"]);
    let diagnostic = &ended.json()["diagnostics"][0];
    assert_eq!(diagnostic["line"], 4);
    assert!(
        diagnostic["message"].as_str().is_some_and(|text| text.contains("via 198.51.100.1")),
        "{diagnostic}"
    );
    assert_eq!(machine.rosc(&["diff", &path]).code, Some(1));
    machine.run("ip", &["route", "delete", "default"]);
    assert_eq!(machine.rosc(&["apply", &path]).code, Some(0));
}

#[test]
fn what_others_have_made_already_is_left_alone() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let (_files, path) = small();
    let nothing = Files::new([("nothing.rsc", "/ip address\n")]);
    machine.run("ip", &["link", "set", "ether1", "up"]);
    machine.run("ip", &["address", "add", "192.0.2.2/24", "dev", "ether1"]);
    let ended = machine.rosc(&["apply", "--format", "json", &path]);
    assert_eq!((ended.code, ended.codes()), (Some(0), vec!["R0603".to_owned()]));
    assert_eq!(machine.rosc(&["apply", &nothing.path("nothing.rsc")]).code, Some(0));
    let addresses = machine.run("ip", &["-o", "-4", "address", "show"]);
    assert!(addresses.contains("192.0.2.2/24") && !addresses.contains("192.168.88.1"), "{addresses}");
}

#[test]
fn a_refused_route_names_its_line_and_changes_nothing() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    // No interface has the source, which the kernel alone knows.
    let files = Files::new([(
        "refused.rsc",
        format!("{SMALL}/ip route add dst-address=10.0.0.0/8 gateway=192.0.2.1 pref-src=203.0.113.9\n"),
    )]);
    let run = || machine.rosc(&["apply", "--format", "json", &files.path("refused.rsc")]);
    let ended = assert_unchanged(&machine, run, 3, &["R0701"]);
    let diagnostic = &ended.json()["diagnostics"][0];
    assert_eq!(diagnostic["line"], 7);
    let message = diagnostic["message"].as_str().expect("a message");
    assert!(message.contains("prefsrc"), "the kernel's own words: {message}");
    let shown = machine.rosc(&["apply", &files.path("refused.rsc")]);
    assert!(shown.err.ends_with("the machine is as it was\n"), "{}", shown.err);
}

#[test]
fn a_change_that_does_not_hold_is_taken_back() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let mut wanted = desired(&text(SMALL));
    // The kernel takes the value, and shows it with other blanks.
    let range =
        Setting { origin: Origin::IMPLIED, value: "1024  65000".to_owned(), presence: Presence::Required };
    let key = "net/ipv4/ip_local_port_range".parse().expect("a key");
    wanted.sysctl.settings.insert(key, range);
    let before = machine.dump();
    match machine.apply(&wanted) {
        Err(Failure::Undone { cause, left: None }) if matches!(*cause, Cause::NotVerified { .. }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(machine.dump().differences(&before), "");
}

#[test]
fn two_runs_at_once_are_kept_apart() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let (_files, path) = small();
    let lock = fs::File::create(machine.state_dir().join("lock")).expect("a file");
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).expect("the lock");
    let run = || machine.rosc(&["apply", "--format", "json", &path]);
    assert_unchanged(&machine, run, 1, &["R0703"]);
    // Not left to closing: a program that another test starts meanwhile has the file open, too, for a moment.
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::Unlock).expect("the lock");
    assert_eq!(machine.rosc(&["apply", &path]).code, Some(0));
}

/// A configuration that takes a while, and its address list.
pub(super) fn long_work() -> Files {
    let addresses = (0..60_000u32)
        .map(|n| format!("add address=10.{}.{}.{} list=many\n", n / 16384, n / 128 % 128, n % 128 * 2));
    let list: String = addresses.collect();
    let rule = "/ip firewall mangle add action=accept chain=prerouting src-address-list=many\n";
    Files::new([("long.rsc", format!("{SMALL}{rule}/ip firewall address-list\n{list}"))])
}

/// Starts a long apply and kills it when the journal is there and the first changes are made.
pub(super) fn kill_in_the_middle(machine: &Box, path: &str) {
    let mut apply = command(["apply", path]);
    apply.env("ROSC_STATE_DIR", machine.state_dir()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child: Child = machine.namespace.run(|| apply.spawn()).expect("a run");
    let journal = machine.state_dir().join("journal.json");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !(journal.exists() && machine.run("ip", &["-o", "-4", "address", "show"]).contains("192.0.2.2")) {
        assert!(child.try_wait().expect("a child").is_none(), "the run is over before it could be killed");
        assert!(Instant::now() < deadline, "the run does not begin");
        thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("a living child");
    child.wait().expect("a child");
    assert!(journal.exists(), "the run was killed in the middle");
}

/// Runs `rosc` as soon as nothing that the killed run has started is at work any more.
pub(super) fn rosc_when_unlocked(machine: &Box, args: &[&str]) -> Ended {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let ended = machine.rosc(args);
        if !ended.out.contains("R0703") || Instant::now() > deadline {
            return ended;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_killed_run_is_taken_back_by_the_next() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let (_small, small) = small();
    let long = long_work();
    assert_eq!(machine.rosc(&["apply", &small]).code, Some(0));
    let before = machine.dump();
    let nothing = Files::new([("nothing.rsc", "/ip address\n")]);
    assert_eq!(machine.rosc(&["apply", &nothing.path("nothing.rsc")]).code, Some(0));
    kill_in_the_middle(&machine, &long.path("long.rsc"));
    let ended = rosc_when_unlocked(&machine, &["apply", "--format", "json", &small]);
    assert_eq!((ended.code, ended.codes()), (Some(0), vec!["R0704".to_owned()]));
    assert_eq!(machine.dump().differences(&before), "");
    assert!(!machine.state_dir().join("journal.json").exists());
}

#[test]
fn what_can_not_be_taken_back_is_said() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let (_small, small) = small();
    let long = long_work();
    kill_in_the_middle(&machine, &long.path("long.rsc"));
    // Somebody comes to rely on what the killed run has made.
    machine.run("ip", &["route", "add", "203.0.113.0/24", "via", "192.0.2.77", "src", "192.0.2.2"]);
    let ended = rosc_when_unlocked(&machine, &["apply", "--format", "json", &small]);
    assert_eq!((ended.code, ended.codes()), (Some(1), vec!["R0705".to_owned()]));
    assert!(machine.run("ip", &["route", "show"]).contains("203.0.113.0/24"), "it is not harmed");
    machine.run("ip", &["route", "delete", "203.0.113.0/24"]);
    let ended = machine.rosc(&["apply", "--format", "json", &small]);
    assert_eq!((ended.code, ended.codes()), (Some(0), vec!["R0704".to_owned()]));
}

#[test]
fn an_interrupted_run_takes_everything_back_by_itself() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let long = long_work();
    let before = machine.dump();
    let mut apply = command(["apply", "--format", "json", &long.path("long.rsc")]);
    apply.env("ROSC_STATE_DIR", machine.state_dir()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = machine.namespace.run(|| apply.spawn()).expect("a run");
    let journal = machine.state_dir().join("journal.json");
    while !journal.exists() {
        thread::sleep(Duration::from_millis(1));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a living child");
    let ended: Ended = child.wait_with_output().expect("an end").into();
    assert_eq!((ended.code, ended.codes()), (Some(3), vec!["R0701".to_owned()]));
    assert_eq!(machine.dump().differences(&before), "");
    assert!(!journal.exists());
}

#[test]
fn a_journal_of_another_namespace_is_left_to_it() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let Some(other) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let (_small, small) = small();
    kill_in_the_middle(&machine, &long_work().path("long.rsc"));
    let state_dir = machine.state_dir().to_str().expect("a plain path");
    let deadline = Instant::now() + Duration::from_secs(60);
    let ended = loop {
        let ended = other.rosc(&["apply", "--format", "json", "--state-dir", state_dir, &small]);
        if !ended.out.contains("R0703") || Instant::now() > deadline {
            break ended;
        }
    };
    assert_eq!((ended.code, ended.codes()), (Some(1), vec!["R0706".to_owned()]));
    assert!(ended.out.contains("another network namespace"), "{}", ended.out);
    assert_eq!(machine.rosc(&["apply", "--format", "json", &small]).codes(), ["R0704"]);
}

#[test]
fn an_edit_of_one_rule_leaves_the_counters_of_the_others() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    let rules = |port: u16| {
        format!(
            "{SMALL}/ip firewall mangle\nadd action=passthrough chain=prerouting comment=first\n\
             add action=passthrough chain=prerouting comment=edited dst-port={port} protocol=udp\n\
             add action=passthrough chain=prerouting comment=last\n/ip route rule add src-address=10.9.0.0/16 table=main\n"
        )
    };
    machine.apply(&desired(&text(&rules(53)))).expect("applied");
    let handles = || machine.run("nft", &["-a", "list", "chain", "ip", "rosc", "mangle_prerouting"]);
    let knock = || std::net::UdpSocket::bind("127.0.0.1:0")?.send_to(b"x", "192.168.88.1:53");
    machine.namespace.run(knock).expect("a packet to the machine itself");
    let before = handles();
    let counted = before.lines().find(|line| line.contains("first")).expect("a rule").to_owned();
    assert!(!counted.contains("packets 0 "), "{counted}");
    machine.apply(&desired(&text(&rules(54)))).expect("applied");
    let after = handles();
    let kept = |comment: &str| {
        let line = |text: &str| text.lines().find(|line| line.contains(comment)).map(str::to_owned);
        assert_eq!(line(&after), line(&before), "{comment}");
    };
    kept("first");
    kept("last");
    assert!(after.contains("udp dport 54") && !after.contains("udp dport 53"), "{after}");
}

#[test]
fn new_ipv6_addresses_can_be_used_when_apply_returns() {
    const TEXT: &str = "/ipv6 address\n\
                        add address=2001:db8:1::2/64 interface=ether1\n\
                        add address=2001:db8:2::2/64 interface=ether2\n";
    let Some(machine) = Box::with_ports(&["ether1", "ether2"]) else { return };
    machine.set("net/ipv6/conf/ether1/accept_dad", "1");
    let files = Files::new([("six.rsc", TEXT)]);
    let applied = machine.rosc(&["apply", &files.path("six.rsc")]);
    assert_eq!(applied.code, Some(0), "{}", applied.err);
    assert_eq!(machine.run("ip", &["-6", "address", "show", "tentative", "scope", "global"]), "");
}
