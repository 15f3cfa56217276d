//! A run that is killed at any system call leaves nothing behind that the next run does not take back.
//!
//! `strace` kills it at the first call of a kind, then at the second, and so on, for each kind that the run makes. By itself
//! a run of the tests does so at every seventh of these; with `ROSC_EVERY_CALL=1` at all of them.

use super::machine::Box;
use crate::cli::Files;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const ROUTER: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n\
                      /ip route add gateway=192.0.2.1\n\
                      /ip firewall nat add action=masquerade chain=srcnat out-interface=ether1\n";

/// Runs `rosc apply` under `strace` with some arguments of its own. Says whether it got to its end.
fn traced(machine: &Box, arguments: &[&str], path: &str) -> bool {
    let mut command = Command::new("strace");
    command.args(arguments).args([env!("CARGO_BIN_EXE_rosc"), "apply", path]);
    command.env("ROSC_STATE_DIR", machine.state_dir()).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    machine.namespace.run(|| command.status()).expect("strace, from the package of that name").success()
}

/// The kinds of calls that a run makes.
fn calls(machine: &Box, path: &str) -> Vec<String> {
    let counted = machine.state_dir().join("calls");
    let into = counted.to_str().expect("a plain path");
    assert!(traced(machine, &["-c", "-U", "name,calls", "-o", into], path), "it is not killed yet");
    let text = fs::read_to_string(&counted).expect("what strace has counted");
    let call = |line: &str| {
        let (name, count) = line.trim().split_once(char::is_whitespace)?;
        // Neither the heading nor the sum.
        count.trim().parse::<u64>().ok().filter(|_| name != "total").map(|_| name.to_owned())
    };
    text.lines().filter_map(call).collect()
}

/// Goes back to what was before, as soon as nothing that a killed run has started is at work any more.
fn go_back(machine: &Box, arguments: &[&str]) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let ended = machine.rosc(arguments);
        if ended.code == Some(0) {
            return;
        }
        assert!(ended.err.contains("R0703") && Instant::now() < deadline, "{}", ended.err);
        thread::sleep(Duration::from_millis(20));
    }
}

/// Applies a file again and again, each time killed somewhere else, and goes back by a command. Says where it was killed.
fn kill_everywhere(machine: &Box, path: &str, back: &[&str]) -> String {
    const SOME: usize = 7;
    let calls = calls(machine, path);
    go_back(machine, back);
    let before = machine.dump();
    let every = if std::env::var_os("ROSC_EVERY_CALL").is_some() { 1 } else { SOME };
    let mut killed = 0;
    for name in &calls {
        // A call that the kernel begins anew counts again, so how many there are is not known before.
        for place in (1..).step_by(every) {
            let injection = format!("inject={name}:signal=KILL:when={place}");
            let survived = traced(machine, &["-o", "/dev/null", "-e", &injection], path);
            go_back(machine, back);
            assert_eq!(machine.dump().differences(&before), "", "killed at {name} {place}");
            assert!(!machine.state_dir().join("journal.json").exists(), "killed at {name} {place}");
            if survived {
                break;
            }
            killed += 1;
        }
    }
    assert!(killed > 100, "only {killed} were met");
    format!("killed at {killed} system calls of {} kinds", calls.len())
}

#[test]
fn a_run_that_is_killed_at_any_system_call_is_taken_back() {
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    machine.run("ip", &["link", "set", "ether1", "up"]);
    let files = Files::new([("router.rsc", ROUTER)]);
    println!("{}", kill_everywhere(&machine, &files.path("router.rsc"), &["apply", "--remove"]));
}

/// Where most rules stay, nft makes those that come in a table of their own.
#[test]
fn an_edit_that_is_killed_at_any_system_call_is_taken_back() {
    let Some(machine) = Box::with_ports(&["ether1"]) else { return };
    machine.run("ip", &["link", "set", "ether1", "up"]);
    let rules = |port: u16| {
        let rule = |port| format!("add action=accept chain=input protocol=tcp dst-port={port},80\n");
        format!("{ROUTER}/ip firewall filter\n{}{}{}", rule(1), rule(port), rule(3))
    };
    let files = Files::new([("router.rsc", rules(2)), ("edited.rsc", rules(4))]);
    let original = files.path("router.rsc");
    go_back(&machine, &["apply", &original]);
    println!("{}", kill_everywhere(&machine, &files.path("edited.rsc"), &["apply", &original]));
}
