//! Hostile strings on the real kernel: an apply makes of them what it makes of harmless ones, and nothing else anywhere.

use super::machine::Box;
use crate::cli::{Ended, Files, command};
use crate::hostile::{
    APART, BEGINNING, assert_is_text, assert_same, batch_shape, filled, lines, made_of, places, shape, told,
    values,
};
use crate::stages::text;
use rosc::lower::Desired;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// Words that mean something of RouterOS's own in the places, or would be the same name twice.
const OTHER_MEANING: &[&str] = &["", "main", "no-mark", "all", "lo", "!a", "-", "..", "."];

/// A configuration with all values of which something can be made, each in all places that take it, and its twin.
fn twins() -> &'static (String, String) {
    static TWINS: LazyLock<(String, String)> = LazyLock::new(make_twins);
    &TWINS
}

fn make_twins() -> (String, String) {
    let lines = lines(false);
    let (mut hostile, mut plain) = (BEGINNING.to_owned(), BEGINNING.to_owned());
    let places = places();
    let mut count = 0;
    for (number, value) in values().into_iter().enumerate() {
        if OTHER_MEANING.contains(&value.as_str()) || value.len() > 1000 {
            continue;
        }
        let takes = |taking: &[&str]| {
            let values = taking.iter().map(|place| (*place, value.as_str())).collect();
            made_of(&text(&(BEGINNING.to_owned() + &filled(&lines, number + 1, &values)))).0.is_some()
        };
        let names: Vec<&str> =
            places.iter().map(String::as_str).filter(|place| !APART.contains(place)).collect();
        let mut taken =
            if takes(&names) { names } else { names.into_iter().filter(|place| takes(&[place])).collect() };
        if takes(&["bridge"]) {
            taken.push("bridge");
        }
        if taken.contains(&"bridge") {
            taken.retain(|place| *place != "interface");
        }
        count += usize::from(taken.contains(&"bridge"));
        let values = taken.iter().map(|place| (*place, value.as_str())).collect();
        hostile.push_str(&filled(&lines, number + 1, &values));
        plain.push_str(&filled(&lines, number + 1, &BTreeMap::new()));
    }
    assert!(count > 5, "some of the values are names of bridges, which the kernel has then");
    (hostile, plain)
}

fn state(configuration: &str) -> Desired {
    let sources = text(configuration);
    let (desired, diagnostics) = made_of(&sources);
    desired.unwrap_or_else(|| panic!("{}", told(&diagnostics, &sources)))
}

/// Everything of a kind that a machine has, in numbers.
fn objects(machine: &Box) -> Vec<String> {
    let listing = serde_json::from_str(&machine.run("nft", &["-j", "list", "ruleset"])).expect("JSON");
    let mut all = shape(&listing);
    for args in [
        &["-o", "link"][..],
        &["-o", "-4", "address"],
        &["-o", "-6", "address", "show", "scope", "global"],
        &["-o", "-4", "route", "show", "table", "all", "proto", "200"],
        &["-o", "-6", "route", "show", "table", "all", "proto", "200"],
        &["-4", "rule"],
        &["-6", "rule"],
    ] {
        all.push(format!("{args:?} {}", machine.run("ip", args).lines().count()));
    }
    all
}

/// Runs `rosc` in a directory of its own, in which nothing may appear.
fn rosc(machine: &Box, empty: &Path, args: &[&str]) -> Ended {
    let mut command = command(args);
    command.env("ROSC_STATE_DIR", machine.state_dir()).current_dir(empty);
    machine.namespace.run(|| command.output()).expect("the command can be started").into()
}

#[test]
fn an_apply_of_hostile_strings_makes_what_it_makes_of_harmless_ones() {
    let (hostile, plain) = twins();
    let (Some(machine), Some(twin)) = (Box::for_state(&state(hostile)), Box::for_state(&state(plain))) else {
        return;
    };
    let files = Files::new([("a\n+ \x1b[31mforged\u{202e}.rsc", hostile.as_str()), ("plain.rsc", plain)]);
    let empty = tempfile::tempdir().expect("a directory");
    let file = files.path("a\n+ \x1b[31mforged\u{202e}.rsc");
    let run = |args: &[&str]| rosc(&machine, empty.path(), args);

    let applied = run(&["apply", &file]);
    assert!(applied.code == Some(0) && applied.err.contains("applied and verified"), "{}", applied.err);
    let twin_applied = rosc(&twin, empty.path(), &["apply", &files.path("plain.rsc")]);
    assert_eq!(twin_applied.code, Some(0), "{}", twin_applied.err);
    assert_eq!(applied.out.lines().count(), twin_applied.out.lines().count());
    assert_same(&objects(&machine), &objects(&twin), "what is in the kernel");
    let again = run(&["apply", &file]);
    assert!(
        again.code == Some(0) && again.err.ends_with("nothing to change\n"),
        "{}{}",
        again.out,
        again.err
    );
    let same = run(&["diff", &file]);
    assert_eq!((same.code, same.out.as_str()), (Some(0), ""), "{}", same.err);

    let packet = ["in=ether1", "src=192.0.2.9", "dst=10.1.1.7", "proto=tcp", "dport=443"];
    let trace = [&["trace", "--all", file.as_str()], &packet[..]].concat();
    for shown in [
        &["check", &file][..],
        &["diff", &file, "--against", "/dev/null"],
        &["show", "live", &file],
        &["show", "ir", &file],
        &["show", "database", &file],
        &["show", "script", &file],
        &["history"],
        &["history", "1"],
        &trace,
    ] {
        let ended = run(shown);
        assert!(matches!(ended.code, Some(0 | 2)), "{shown:?}: {}", ended.err);
        assert_is_text(&ended.out);
        assert_is_text(&ended.err);
        if !matches!(shown, ["show", "ir" | "database" | "script", _]) {
            assert!(!ended.out.lines().any(|line| line.starts_with("+ ?[31mforged")), "{}", ended.out);
            let json = run(&[shown, &["--format", "json"]].concat());
            json.json();
            assert_is_text(&json.out);
        }
    }
    assert_is_text(&applied.out);
    assert_is_text(&applied.err);
    assert_eq!(fs::read_dir(empty.path()).expect("a directory").count(), 0, "nothing is written there");

    // The forms for other tools are exact where they go to one, and text on a terminal.
    // What colours diagnostics is miette's own.
    let colour = regex::Regex::new("\x1b\\[[0-9;]*m").expect("a pattern");
    for stage in ["nft", "routes", "sysctl", "linux", "live"] {
        let args = ["show", stage, &file];
        let args = &args[..if stage == "live" { 2 } else { 3 }];
        let program = env!("CARGO_BIN_EXE_rosc");
        let quoted: Vec<String> = args.iter().map(|arg| format!("'{arg}'")).collect();
        let mut script = Command::new("script");
        script.args(["-qec", &format!("'{program}' {} 2>&1", quoted.join(" ")), "/dev/null"]);
        script.env("ROSC_STATE_DIR", machine.state_dir()).env("SHELL", "/bin/sh").current_dir(empty.path());
        let shown: Ended = machine.namespace.run(|| script.output()).expect("script can be started").into();
        assert!(shown.out.lines().count() > 3, "{}", shown.out);
        assert_is_text(&colour.replace_all(&shown.out.replace("\r\n", "\n"), ""));
    }
    let removed = run(&["apply", "--remove"]);
    assert_eq!(removed.code, Some(0), "{}", removed.err);
    assert_is_text(&removed.out);
}

#[test]
fn other_tools_read_hostile_strings_as_strings() {
    let (hostile, plain) = twins();
    let load = |configuration: &str| {
        let machine = Box::for_state(&state(configuration))?;
        let files = Files::new([("router.rsc", configuration)]);
        let show = |what: &[&str]| {
            let ended = machine.rosc(&[what, &[&files.path("router.rsc")]].concat());
            assert_eq!(ended.code, Some(0), "{}", ended.err);
            ended.out
        };
        let mut shapes = Vec::new();
        for (what, commands) in [
            (&["show", "routes", "--family", "ipv4"][..], &[&["ip", "-4", "-batch"][..]][..]),
            (&["show", "routes", "--family", "ipv6"], &[&["ip", "-6", "-batch"]]),
            (&["show", "nft"], &[&["nft", "-c", "-f"], &["nft", "-f"]]),
            (&["show", "sysctl"], &[&["sysctl", "-qep"]]),
        ] {
            let shown = show(what);
            shapes.push(batch_shape(&shown).len());
            fs::write(files.path("shown"), shown).expect("a file");
            for command in commands {
                machine.run(command[0], &[&command[1..], &[&files.path("shown")]].concat());
            }
        }
        Some((shapes, objects(&machine)))
    };
    let (Some((hostile_lines, hostile)), Some((plain_lines, plain))) = (load(hostile), load(plain)) else {
        return;
    };
    assert_eq!(hostile_lines, plain_lines);
    assert_same(&hostile, &plain, "what other tools made");
}

/// Only the state directory and the settings of the network are written to.
#[test]
fn an_apply_writes_nowhere_else() {
    let (hostile, _) = twins();
    let Some(machine) = Box::for_state(&state(hostile)) else { return };
    let files = Files::new([("router.rsc", hostile.as_str()), ("calls", "")]);
    let mut strace = Command::new("strace");
    strace.args([
        "-f",
        "-qq",
        "-e",
        "trace=openat,open,creat,rename,renameat2,mkdir,mkdirat,unlink,unlinkat,link,symlink",
    ]);
    strace.args(["-o", &files.path("calls"), env!("CARGO_BIN_EXE_rosc"), "apply", &files.path("router.rsc")]);
    strace.env("ROSC_STATE_DIR", machine.state_dir());
    let ended: Ended = machine.namespace.run(|| strace.output()).expect("strace can be started").into();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let calls = fs::read_to_string(files.path("calls")).expect("calls");
    let state_dir = machine.state_dir().to_str().expect("a plain path");
    let may = [state_dir, "/proc/sys/net/", "/dev/null", "/proc/self/"];
    let writes =
        ["O_WRONLY", "O_RDWR", "O_CREAT", " creat(", " rename", " mkdir", " unlink", " link", " symlink"];
    let elsewhere: Vec<&str> = calls
        .lines()
        .filter(|call| writes.iter().any(|write| call.contains(write)))
        // Of a call that another one came between, the line before has the path.
        .filter(|call| !call.contains(" resumed>"))
        .filter(|call| !may.iter().any(|place| call.contains(&format!("\"{place}"))))
        .collect();
    assert_eq!(elsewhere, Vec::<&str>::new());
    assert!(calls.contains(state_dir), "what is written is seen");
}
