//! Over ssh, a change that could cut off the session has to be confirmed.

use super::machine::Box;
use crate::cli::{Ended, Files, command};
use rosc::transaction::Pending;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Somebody far away, and the address that he came to.
const FROM: &str = "203.0.113.9 50000 192.0.2.2 22";

const ROUTER: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n\
                      /ip route add gateway=192.0.2.1\n\
                      /ip firewall filter add chain=input protocol=tcp dst-port=22 action=accept\n";

fn machine(changed: &str) -> Option<(Box, Files)> {
    let machine = Box::with_ports(&["ether1"])?;
    let files =
        Files::new([("router.rsc", ROUTER.to_owned()), ("changed.rsc", format!("{ROUTER}{changed}"))]);
    assert_eq!(machine.rosc(&["apply", &files.path("router.rsc")]).code, Some(0));
    Some((machine, files))
}

/// `rosc apply` in a session.
fn apply(machine: &Box, more: &[&str], path: &str) -> Ended {
    let mut command = command(["apply"].iter().chain(more).copied().chain([path]));
    command.env("ROSC_STATE_DIR", machine.state_dir()).env("SSH_CONNECTION", FROM).stdin(Stdio::null());
    machine.namespace.run(|| command.output()).expect("rosc starts").into()
}

/// Changes that packets of the session, or the answers to them, could meet.
const TOUCHING: &[&str] = &[
    "/ip firewall filter add chain=input src-address=203.0.113.0/24 action=drop\n",
    "/ip firewall raw add chain=prerouting src-address=203.0.113.0/24 action=drop\n",
    "/ip firewall mangle add chain=output action=mark-routing new-routing-mark=other\n/routing table add name=other fib\n",
    "/ip route add dst-address=203.0.113.0/24 gateway=192.0.2.3\n",
    "/ip address add address=203.0.113.1/24 interface=ether1\n",
    "/routing table add name=other fib\n/routing rule add action=lookup table=other\n",
    "/interface bridge add name=bridge1\n",
    "/ip settings set rp-filter=strict\n",
];

/// Changes of what becomes of others.
const OTHER: &[&str] = &[
    "/ip firewall filter add chain=forward action=drop\n",
    "/ip firewall nat add chain=srcnat out-interface=ether1 action=masquerade\n",
    "/ip firewall address-list add list=some address=198.51.100.0/24\n\
     /ip firewall filter add chain=forward src-address-list=some action=drop\n",
    "/ip route add dst-address=198.51.100.0/24 gateway=192.0.2.3\n",
    "/ip address add address=198.51.100.1/24 interface=ether1\n",
    "/ipv6 firewall filter add chain=input action=drop\n",
];

#[test]
fn a_change_that_could_cut_it_off_has_to_be_confirmed() {
    for change in TOUCHING {
        let Some((machine, files)) = machine(change) else { return };
        let path = files.path("changed.rsc");
        let before = machine.dump();
        let refused = apply(&machine, &[], &path);
        assert!(refused.code == Some(1) && refused.err.contains("R0710"), "{change}: {}", refused.err);
        assert!(refused.err.contains("from 203.0.113.9 to 192.0.2.2"), "{}", refused.err);
        assert!(
            refused.err.contains("--confirm 60s") && refused.err.contains("--no-confirm"),
            "{}",
            refused.err
        );
        assert_eq!(machine.dump().differences(&before), "", "{change}");
        assert_eq!(apply(&machine, &["--dry-run"], &path).code, Some(0), "{change}: nothing is changed");
        let made = apply(&machine, &["--no-confirm"], &path);
        assert_eq!(made.code, Some(0), "{change}: {}", made.err);
    }
}

#[test]
fn a_change_that_could_not_is_made_at_once() {
    for change in OTHER {
        let Some((machine, files)) = machine(change) else { return };
        let made = apply(&machine, &[], &files.path("changed.rsc"));
        assert_eq!(made.code, Some(0), "{change}: {}", made.err);
        assert!(made.err.contains("applied and verified"), "{change}: {}", made.err);
        assert_eq!(apply(&machine, &[], &files.path("changed.rsc")).err, "nothing to change\n");
    }
}

#[test]
fn a_device_that_is_not_there_does_not_hide_it() {
    let change = "/ip address add address=10.9.0.1/24 interface=ether9\n\
                  /ip firewall filter add chain=input src-address=203.0.113.0/24 action=drop\n";
    let Some((machine, files)) = machine(change) else { return };
    let before = machine.dump();
    let refused = apply(&machine, &["--skip-missing"], &files.path("changed.rsc"));
    assert!(refused.code == Some(1) && refused.err.contains("R0710"), "{}", refused.err);
    assert_eq!(machine.dump().differences(&before), "");
}

#[test]
fn sudo_does_not_hide_it() {
    let Some((machine, files)) = machine(TOUCHING[0]) else { return };
    let rosc = env!("CARGO_BIN_EXE_rosc");
    let script = format!("env -i PATH=\"$PATH\" {rosc} apply {}; exit $?", files.path("changed.rsc"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).env("SSH_CONNECTION", FROM).stdin(Stdio::null());
    let ended: Ended = machine.namespace.run(|| shell.output()).expect("a shell").into();
    assert!(ended.code == Some(1) && ended.err.contains("R0710"), "{}", ended.err);
}

#[test]
fn on_a_terminal_it_is_taken_back_unless_somebody_is_still_there() {
    let Some((machine, files)) = machine(TOUCHING[0]) else { return };
    let before = machine.dump();
    let rosc = env!("CARGO_BIN_EXE_rosc");
    let line = format!("{rosc} apply {}", files.path("changed.rsc"));
    // A terminal, on which nobody writes.
    let mut terminal = Command::new("script");
    terminal.args(["-q", "-e", "-c", &line, "/dev/null"]).env("SSH_CONNECTION", FROM);
    terminal.env("ROSC_STATE_DIR", machine.state_dir()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = machine.namespace.run(|| terminal.spawn()).expect("a terminal");
    let waits = || matches!(Pending::read(machine.state_dir()), Ok(Some(Pending::Waiting { .. })));
    let start = Instant::now();
    while !waits() && child.try_wait().expect("it can be asked").is_none() {
        assert!(start.elapsed() < Duration::from_secs(300), "it never waits");
        thread::sleep(Duration::from_millis(20));
    }
    assert_ne!(machine.dump().differences(&before), "", "the change is made");
    assert_eq!(machine.rosc(&["confirm"]).code, Some(0));
    drop(child.stdin.take());
    let ended: Ended = child.wait_with_output().expect("it ends").into();
    assert!(ended.code == Some(0) && ended.out.contains("R0710"), "{}", ended.out);
    assert!(ended.out.contains("it is taken back in 60 seconds"), "{}", ended.out);
    assert_ne!(machine.dump().differences(&before), "", "it stays");
}
