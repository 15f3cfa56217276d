//! What a command may do is what docs/privileges.md says, in its own process and in those that it starts.

use super::machine::Box;
use crate::cli::{Ended, Files, command};
use rosc::transaction::OWN_BPF_FS;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const NOBODY: u32 = 65534;
const ROUTER: &str = "/ip address add address=192.0.2.2/24 interface=ether1\n\
                      /ip route add gateway=192.0.2.1\n\
                      /ip firewall nat add action=masquerade chain=srcnat out-interface=ether1\n";
const OTHER: &str = "/ip address add address=198.51.100.2/24 interface=ether1\n";
/// `CAP_NET_ADMIN`, as a mask.
const NET_ADMIN: u64 = 1 << 12;
/// What a comparison keeps: `CAP_NET_ADMIN`, and `CAP_BPF` for a fast path.
const LOOKING: u64 = NET_ADMIN | 1 << 39;
/// What a change keeps: `CAP_NET_ADMIN`, and for a fast path `CAP_PERFMON` and `CAP_BPF`.
const CHANGING: u64 = NET_ADMIN | 1 << 38 | 1 << 39;
const LAB: [&str; 4] = ["net_admin", "sys_admin", "net_raw", "net_bind_service"];

/// A machine, and files that everybody may read.
fn machine() -> Option<(Box, Files)> {
    let machine = Box::with_ports(&["ether1"])?;
    let files = Files::new([("router.rsc", ROUTER), ("other.rsc", OTHER)]);
    let copied = Command::new("cp").args([env!("CARGO_BIN_EXE_rosc"), &files.path("rosc")]).status();
    assert!(copied.expect("cp can be started").success());
    open(Path::new(&files.path("")));
    Some((machine, files))
}

fn open(directory: &Path) {
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// The state directory becomes one of nobody's.
fn of_nobody(machine: &Box) {
    let given = Command::new("chown").args(["-R", "nobody"]).arg(machine.state_dir()).status();
    assert!(given.expect("chown can be started").success());
}

/// `rosc` as a user of no rights but these.
fn with(files: &Files, capabilities: &[&str], args: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    if !capabilities.is_empty() {
        let list: Vec<String> = capabilities.iter().map(|name| format!("+{name}")).collect();
        let list = list.join(",");
        command.args([format!("--inh-caps={list}"), format!("--ambient-caps={list}")]);
    }
    command.arg(files.path("rosc")).args(args).current_dir(files.path("")).stdin(Stdio::null());
    command
}

fn run(machine: &Box, command: &mut Command) -> Ended {
    command.env("ROSC_STATE_DIR", machine.state_dir());
    machine.namespace.run(|| command.output()).expect("the command can be started").into()
}

/// What the kernel tells of a process's rights.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rights {
    effective: u64,
    permitted: u64,
    inheritable: u64,
    ambient: u64,
    bounding: u64,
    no_new: bool,
}

impl Rights {
    /// These and no others, whatever is tried.
    fn only(mask: u64) -> Self {
        Self {
            effective: mask,
            permitted: mask,
            inheritable: mask,
            ambient: mask,
            bounding: mask,
            no_new: true,
        }
    }

    fn read(status: &str) -> Self {
        let fields: BTreeMap<&str, &str> = status.lines().filter_map(|line| line.split_once(":\t")).collect();
        let mask = |name: &str| u64::from_str_radix(fields[name], 16).expect("a mask");
        Self {
            effective: mask("CapEff"),
            permitted: mask("CapPrm"),
            inheritable: mask("CapInh"),
            ambient: mask("CapAmb"),
            bounding: mask("CapBnd"),
            no_new: fields["NoNewPrivs"] == "1",
        }
    }

    fn of(process: u32) -> Option<Self> {
        fs::read_to_string(format!("/proc/{process}/status")).ok().map(|status| Self::read(&status))
    }
}

/// Puts an `nft` in front of the real one that writes down its own rights and those of whoever starts it.
fn recording(files: &Files, command: &mut Command) {
    const SCRIPT: &str = "#!/bin/sh\n\
                          cat /proc/self/status >>\"$RECORD/child\"\n\
                          cat /proc/$PPID/status >>\"$RECORD/parent\"\n\
                          PATH=\"${PATH#*:}\" exec nft \"$@\"\n";
    let (bin, record) = (files.path("bin"), files.path("record"));
    for directory in [&bin, &record] {
        fs::create_dir_all(directory).expect("a directory");
    }
    fs::set_permissions(&record, fs::Permissions::from_mode(0o777)).expect("permissions");
    fs::write(format!("{bin}/nft"), SCRIPT).expect("a script");
    open(Path::new(&format!("{bin}/nft")));
    let path = std::env::var("PATH").expect("a search path");
    command.env("RECORD", record).env("PATH", format!("{bin}:{path}:/usr/sbin"));
}

/// What was written down since the last look.
fn recorded(files: &Files, of: &str) -> Vec<Rights> {
    let path = format!("{}/{of}", files.path("record"));
    let text = fs::read_to_string(&path).expect("nft was started");
    fs::remove_file(&path).expect("a file");
    let mut rights: Vec<Rights> =
        text.split("Name:").skip(1).map(|status| Rights::read(&format!("Name:{status}"))).collect();
    rights.dedup();
    rights
}

/// The rights of a process once it has given up the others.
fn settled(child: &mut Child) -> Rights {
    let start = Instant::now();
    loop {
        let rights = Rights::of(child.id()).expect("the process is there");
        if rights.no_new {
            return rights;
        }
        assert!(child.try_wait().expect("a process").is_none(), "it has ended");
        assert!(start.elapsed() < Duration::from_secs(300), "it keeps {rights:x?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_reads_files_has_no_rights_of_root() {
    let Some((machine, files)) = machine() else { return };
    let router = files.path("router.rsc");
    let waits: [&[&str]; 8] = [
        &["check", "-"],
        &["show", "nft", "-"],
        &["show", "database", "-"],
        &["fmt", "-"],
        &["export", "-"],
        &["trace", "-", "in=ether1", "src=192.0.2.9", "dst=192.0.2.2"],
        &["diff", "-", "--against", &router],
        &["diff", &router, "--against", "-"],
    ];
    for args in waits {
        let mut child = start(&machine, command(args));
        assert_eq!(settled(&mut child), Rights::only(0), "{args:?}");
        end(child);
    }
    // What reads no files but those of the state directory waits for one of these.
    fs::create_dir(machine.state_dir().join("history")).expect("a directory");
    for (args, waited_for) in [(["history"].as_slice(), "history/1.json"), (&["confirm"], "pending.json")] {
        let pipe = machine.state_dir().join(waited_for);
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let mut child = start(&machine, command(args));
        assert_eq!(settled(&mut child), Rights::only(0), "{args:?}");
        fs::write(&pipe, "").expect("somebody reads");
        end(child);
        fs::remove_file(&pipe).expect("a pipe");
    }
}

fn start(machine: &Box, mut command: Command) -> Child {
    command.env("ROSC_STATE_DIR", machine.state_dir());
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    machine.namespace.run(|| command.spawn()).expect("the command can be started")
}

/// Lets a run read on, and waits for its end.
fn end(mut child: Child) {
    drop(child.stdin.take());
    child.wait().expect("an end");
}

#[test]
fn root_changes_a_machine_by_one_of_its_rights() {
    let Some((machine, files)) = machine() else { return };
    let router = files.path("router.rsc");
    let other = files.path("other.rsc");
    for args in [["apply", &router].as_slice(), &["apply", &other], &["rollback"], &["diff", &router]] {
        let mut rosc = command(args);
        recording(&files, &mut rosc);
        let ended = run(&machine, &mut rosc);
        assert_eq!(ended.code, Some(0), "{args:?}: {}", ended.err);
        let rights = if args[0] == "diff" { LOOKING } else { CHANGING };
        for of in ["child", "parent"] {
            assert_eq!(recorded(&files, of), [Rights::only(rights)], "{args:?}: {of}");
        }
    }
}

#[test]
fn the_guard_of_a_change_has_what_it_takes_to_undo_it() {
    let Some((machine, files)) = machine() else { return };
    let router = files.path("router.rsc");
    let waiting = start(&machine, command(["apply", "--confirm", "300s", &router]));
    let beginning = format!("guard\0--state-dir\0{}", machine.state_dir().display());
    let begun = Instant::now();
    let guard = loop {
        let is_guard = |process: &u32| {
            let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&beginning)
                && Rights::of(*process).is_some_and(|rights| rights.no_new)
        };
        let processes = fs::read_dir("/proc").expect("processes").filter_map(Result::ok);
        let mut numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        if let Some(guard) = numbers.find(is_guard) {
            break guard;
        }
        assert!(begun.elapsed() < Duration::from_secs(300), "there is no guard");
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(Rights::of(guard), Some(Rights::only(CHANGING)));
    while run(&machine, &mut command(["confirm"])).code != Some(0) {
        assert!(begun.elapsed() < Duration::from_secs(300), "the change is not made");
        thread::sleep(Duration::from_millis(20));
    }
    end(waiting);
    // And with nothing but this right it does so.
    of_nobody(&machine);
    let before = machine.dump();
    let mut unconfirmed = with(&files, &["net_admin"], &["apply", "--confirm", "1s", "other.rsc"]);
    let ended = run(&machine, &mut unconfirmed);
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert_eq!(machine.dump().differences(&before), "");
}

#[test]
fn with_exactly_the_right_to_administer_the_network_a_user_applies() {
    let Some((machine, files)) = machine() else { return };
    of_nobody(&machine);
    for args in [["apply", "router.rsc"].as_slice(), &["apply", "other.rsc"], &["rollback"]] {
        let mut rosc = with(&files, &["net_admin"], args);
        recording(&files, &mut rosc);
        let ended = run(&machine, &mut rosc);
        assert!(ended.code == Some(0) && ended.err.contains("applied and verified"), "{}", ended.err);
        for of in ["child", "parent"] {
            // Only root may take from the bounding set; no program that is started can get more of it.
            let all = Rights::of(std::process::id()).expect("this process").bounding;
            let wanted = Rights { bounding: all, ..Rights::only(NET_ADMIN) };
            assert_eq!(recorded(&files, of), [wanted], "{args:?}: {of}");
        }
    }
    let same = run(&machine, &mut with(&files, &["net_admin"], &["diff", "router.rsc"]));
    assert_eq!((same.code, same.out.as_str()), (Some(0), ""), "{}", same.err);
    let live = run(&machine, &mut with(&files, &["net_admin"], &["show", "live", "router.rsc"]));
    assert!(live.code == Some(0) && live.out.contains("masquerade"), "{}", live.err);
}

#[test]
fn a_user_without_the_right_is_told_so_before_anything_is_read() {
    let Some((machine, files)) = machine() else { return };
    of_nobody(&machine);
    for args in [
        ["apply", "not-there.rsc"].as_slice(),
        &["apply", "--dry-run", "not-there.rsc"],
        &["apply", "--remove"],
        &["rollback"],
    ] {
        let ended = run(&machine, &mut with(&files, &[], &[args, &["--format", "json"]].concat()));
        assert_eq!((ended.code, ended.codes()), (Some(1), vec!["R0712".to_owned()]), "{args:?}");
        let message = ended.json()["diagnostics"][0]["message"].to_string();
        assert!(message.contains("CAP_NET_ADMIN"), "{message}");
    }
    let guard = run(&machine, &mut with(&files, &[], &["guard"]));
    assert!(guard.code == Some(1) && guard.err.contains("R0712"), "{}", guard.err);
    let files =
        fs::read_dir(machine.state_dir()).expect("a directory").map(|file| file.expect("a file").file_name());
    assert_eq!(files.collect::<Vec<_>>(), [OWN_BPF_FS], "nothing was begun");
}

#[test]
fn each_right_of_the_lab_is_needed_and_no_other() {
    let Some((machine, files)) = machine() else { return };
    for missing in LAB {
        let others: Vec<&str> = LAB.into_iter().filter(|name| *name != missing).collect();
        let ended = run(&machine, &mut with(&files, &others, &["lab", "--format", "json", "router.rsc"]));
        assert_eq!((ended.code, ended.codes()), (Some(1), vec!["R0712".to_owned()]), "{missing}");
        let message = ended.json()["diagnostics"][0]["message"].to_string();
        assert!(message.contains(&format!("CAP_{}, which", missing.to_uppercase())), "{message}");
    }
    let mut lab = with(&files, &LAB, &["lab", "--flows", "2", "router.rsc"]);
    recording(&files, &mut lab);
    // Devices that end in a process are root's own on some machines: so this one is root with these rights.
    let mut verify = Command::new("setpriv");
    let bounding: Vec<String> = LAB.iter().map(|name| format!("+{name}")).collect();
    verify.arg(format!("--bounding-set=-all,{}", bounding.join(",")));
    verify.arg(files.path("rosc")).args(["lab", "--verify", "30", "--seed", "1", &files.path("router.rsc")]);
    for mut tried in [lab, verify] {
        let ended = run(&machine, &mut tried);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    }
    let started = recorded(&files, "child");
    assert!(started.iter().all(|rights| rights.effective == NET_ADMIN && rights.no_new), "{started:x?}");
}

#[test]
fn what_a_user_may_not_see_is_named_and_the_rest_is_compared() {
    let Some((machine, files)) = machine() else { return };
    assert_eq!(machine.rosc(&["apply", &files.path("router.rsc")]).code, Some(0));
    open(machine.state_dir());
    let as_user = |args: &[&str]| run(&machine, &mut with(&files, &[], args));
    let same = as_user(&["diff", "router.rsc"]);
    assert!(same.code == Some(1) && same.out.is_empty(), "the firewall may differ: {}", same.out);
    assert!(
        same.err.contains("R0604") && same.err.contains("no changes in what could be read"),
        "{}",
        same.err
    );
    let other = as_user(&["diff", "--format", "json", "other.rsc"]);
    assert_eq!((other.code, other.codes()), (Some(2), vec!["R0604".to_owned()]), "{}", other.err);
    let live = as_user(&["show", "live"]);
    assert!(live.code == Some(1) && live.err.contains("R0604"), "{}", live.err);
    assert!(live.out.contains("192.0.2.2/24") && live.out.contains("# the firewall could not be read"));
    let rules = as_user(&["show", "live", "--format", "json", "router.rsc"]);
    assert_eq!((rules.code, rules.codes()), (Some(1), vec!["R0701".to_owned()]));
    // A state of which a part is not known is none to compare with.
    let saved = as_user(&["show", "live", "--format", "json"]);
    assert!(saved.json()["nftables"].is_null() && saved.json()["route"].is_object());
    fs::write(files.path("live.json"), saved.out).expect("a file");
    let against = as_user(&["diff", "--format", "json", "router.rsc", "--against", "live.json"]);
    assert_eq!((against.code, against.codes()), (Some(1), vec!["R0707".to_owned()]));
}

#[test]
fn where_the_record_of_settings_is_closed_the_rest_is_compared() {
    let Some((machine, files)) = machine() else { return };
    assert_eq!(machine.rosc(&["apply", &files.path("router.rsc")]).code, Some(0));
    fs::set_permissions(machine.state_dir(), fs::Permissions::from_mode(0o700)).expect("permissions");
    let diff =
        |file: &str| run(&machine, &mut with(&files, &["net_admin"], &["diff", "--format", "json", file]));
    let same = diff("router.rsc");
    assert_eq!((same.code, same.codes()), (Some(1), vec!["R0605".to_owned()]), "{}", same.out);
    machine.set("net/ipv4/ip_forward", "0");
    let other = diff("router.rsc");
    assert_eq!((other.code, other.codes()), (Some(2), vec!["R0605".to_owned()]), "{}", other.out);
}

#[test]
fn root_reads_the_files_of_a_user_for_a_change_and_gives_that_up_behind_them() {
    let Some((machine, files)) = machine() else { return };
    let home = Files::new([("router.rsc", ROUTER)]);
    let router = home.path("router.rsc");
    for path in [&home.path(""), &router] {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("a file of nobody");
    }
    for (path, mode) in [(&home.path(""), 0o700), (&router, 0o600)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
    }
    let mut apply = command(["apply", &router]);
    recording(&files, &mut apply);
    let applied = run(&machine, &mut apply);
    assert_eq!(applied.code, Some(0), "{}", applied.err);
    assert_eq!(recorded(&files, "parent"), [Rights::only(CHANGING)]);
    let check = run(&machine, &mut command(["check", "--format", "json", &router]));
    assert_eq!((check.code, check.codes()), (Some(1), vec!["R0001".to_owned()]));
}
