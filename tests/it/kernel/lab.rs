//! `rosc lab` as a user meets it.

use super::machine::Box;
use crate::cli::{Ended, Files, command, rosc};
use rosc_target::netns::for_test;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const EXAMPLE: &str = "examples/three-wan-ecmp.rsc";
const FAILOVER: &str = "examples/failover-src-nat.rsc";

#[test]
fn the_report_tells_shares_sources_and_what_became_of_the_flows() {
    if for_test().is_none() {
        return;
    }
    let ended = rosc(&["lab", EXAMPLE, "--flows", "60", "--format", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let document = ended.json();
    let group = &document["report"]["groups"][0];
    assert_eq!(group["flows"], 180);
    assert_eq!((&group["unanswered"], &group["changed_uplink"]), (&Value::from(0), &Value::from(0)));
    let uplinks = group["uplinks"].as_array().expect("uplinks");
    let shares: f64 = uplinks.iter().map(|uplink| uplink["share"].as_f64().expect("a share")).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    for (uplink, own) in uplinks.iter().zip(["172.16.5.2", "172.16.6.2", "172.16.7.2"]) {
        let sources: Vec<&String> = uplink["sources"].as_object().expect("sources").keys().collect();
        assert_eq!(sources, [own], "masquerade takes the address of the uplink");
        let of_kind = |kind: &str| uplink["flows"][kind].as_u64().expect("a number");
        assert!(["tcp", "udp", "icmp"].iter().all(|kind| of_kind(kind) > 0), "{uplink}");
    }
}

#[test]
fn a_failing_gateway_is_told_from_those_that_stay() {
    if for_test().is_none() {
        return;
    }
    let ended = rosc(&["lab", FAILOVER, "--flows", "30", "--fail", "100.64.1.1"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let shown = ended.out;
    assert!(shown.contains("100.64.1.1  ether1     30     30     30  100.0%"), "{shown}");
    assert!(shown.contains("0 flows changed their uplink, 0 were not answered"), "{shown}");
    // A TCP connection can't follow to another source address; what has no state at the far side can.
    let fates: Vec<&str> = shown.lines().filter(|line| line.contains("flows of the failed one")).collect();
    let words: Vec<&str> = fates.first().expect("a line").split_whitespace().skip(5).collect();
    assert_eq!(words, ["30", "died", "30", "moved", "30", "moved"], "{shown}");
}

#[test]
fn a_gateway_that_is_none_is_reported_with_those_that_are() {
    if for_test().is_none() {
        return;
    }
    let ended = rosc(&["lab", FAILOVER, "--flows", "1", "--fail", "192.0.2.1", "--format", "json"]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.codes(), ["R0801"]);
    let diagnostic = &ended.json()["diagnostics"][0];
    assert_eq!(diagnostic["message"], "192.0.2.1 is no gateway of this configuration");
    assert_eq!(diagnostic["help"], "one of 100.64.1.1, 100.64.2.1");
}

#[test]
fn a_configuration_with_nothing_to_balance_is_told_so() {
    if for_test().is_none() {
        return;
    }
    let files = Files::new([("lan.rsc", "/ip address add address=192.0.2.1/24 interface=ether1\n")]);
    let ended = rosc(&["lab", &files.path("lan.rsc"), "--format", "json"]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.codes(), ["R0801"]);
}

/// The lab on a machine with some state, with a directory of its own for what it writes.
fn in_box(machine: &Box, args: &[&str]) -> (Ended, Vec<String>) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = command(args);
    command.env("TMPDIR", directory.path());
    let ended = machine.namespace.run(|| command.output()).expect("the command can be started");
    (ended.into(), left_in(directory.path()))
}

fn left_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn the_machine_that_it_runs_on_is_not_touched() {
    let Some(machine) = Box::with_ports(&["ether1", "ether2", "ether3", "bridge1"]) else { return };
    machine.run("nft", &["add", "table", "ip", "mine"]);
    machine.run("ip", &["address", "add", "198.51.100.1/24", "dev", "ether1"]);
    let before = machine.dump();
    let (ended, left) = in_box(&machine, &["lab", EXAMPLE, "--flows", "10"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(left, Vec::<String>::new());
    let (ended, left) = in_box(&machine, &["lab", EXAMPLE, "--fail", "192.0.2.1"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(before, machine.dump());
}

#[test]
fn it_leaves_nothing_behind_when_it_is_told_to_end() {
    const PATIENCE: Duration = Duration::from_secs(60);
    if for_test().is_none() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = command(["lab", EXAMPLE, "--flows", "4000"]);
    command.env("TMPDIR", directory.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the command can be started");
    let deadline = Instant::now() + PATIENCE;
    while left_in(directory.path()).is_empty() {
        assert!(Instant::now() < deadline, "the lab does not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::TERM).expect("the command runs");
    let ended: Ended = child.wait_with_output().expect("the command ends").into();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("interrupted"), "{}", ended.err);
    assert_eq!(left_in(directory.path()), Vec::<String>::new());
}

#[test]
fn without_the_right_to_make_namespaces_it_says_what_works() {
    if for_test().is_none() {
        return;
    }
    let example = fs::read(crate::stages::root().join(EXAMPLE)).expect("an example");
    let files = Files::new([("example.rsc", example)]);
    let mut command = files.command_of_nobody(&["lab", "example.rsc", "--format", "json"]);
    let ended: Ended = command.output().expect("the command can be started").into();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert_eq!(ended.codes(), ["R0712"]);
    let help = ended.json()["diagnostics"][0]["help"].as_str().expect("help").to_owned();
    assert!(help.contains("takes root") && help.contains("rosc diff"), "{help}");
}

#[test]
fn several_addresses_in_one_network_and_on_the_loopback_device_are_no_hindrance() {
    const TEXT: &str = "/ip address
add address=192.0.2.2/24 interface=ether1
add address=192.0.2.3/24 interface=ether1
add address=203.0.113.1/32 interface=lo
add address=192.168.88.1/24 interface=ether2
add address=192.168.88.2/24 interface=ether2
/ip route add gateway=192.0.2.1
/ip firewall nat add chain=srcnat action=src-nat to-addresses=192.0.2.3 out-interface=ether1
";
    if for_test().is_none() {
        return;
    }
    let files = Files::new([("router.rsc", TEXT)]);
    let ended = rosc(&["lab", &files.path("router.rsc"), "--flows", "4", "--format", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    let group = &ended.json()["report"]["groups"][0];
    assert_eq!(group["unanswered"], 0);
    assert_eq!(group["uplinks"][0]["sources"], serde_json::json!({ "192.0.2.3": 12 }));
}
