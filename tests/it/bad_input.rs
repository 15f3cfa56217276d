//! Files with mistakes, files that can't be read and files that are no configuration: each is answered with a place,
//! and nothing is touched.

use crate::cli::{Ended, Files, command, rosc};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A file with one mistake: `§` stands in front of the place.
struct Case {
    name: &'static str,
    text: &'static str,
    code: &'static str,
    help: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "unknown menu",
        text: "/ip §adress\nadd address=192.0.2.2/24 interface=ether1\n",
        code: "R0201",
        help: "did you mean `address`?",
    },
    Case {
        name: "unknown command",
        text: "/ip address\n§adds address=192.0.2.2/24 interface=ether1\n",
        code: "R0201",
        help: "did you mean `add`?",
    },
    Case {
        name: "unknown property",
        text: "/ip address\nadd address=192.0.2.2/24 §interfce=ether1\n",
        code: "R0202",
        help: "did you mean `interface`?",
    },
    Case {
        name: "wrong value type",
        text: "/ip route\nadd blackhole distance=§far\n",
        code: "R0301",
        help: "a whole number from 0 to 255",
    },
    Case {
        name: "dangling table",
        text: "/routing table add fib name=wan2\n/routing rule\nadd table=§wan1 action=lookup\n",
        code: "R0305",
        help: "did you mean `wan2`?",
    },
    Case {
        name: "dangling interface list",
        text: "/ip firewall nat\nadd chain=srcnat action=masquerade out-interface-list=§WAN\n",
        code: "R0305",
        help: "/interface list add name=WAN",
    },
    Case {
        name: "duplicate address",
        text: "/ip address\nadd address=192.0.2.2/24 interface=ether1\n\
               §add address=192.0.2.2/24 interface=ether1\n",
        code: "R0306",
        help: "remove one of the two",
    },
    Case {
        name: "unreachable gateway",
        // `lo`, which every machine has: `apply` looks for the device too.
        text: "/ip address\nadd address=192.0.2.2/24 interface=lo\n/ip route\nadd gateway=§198.51.100.1\n",
        code: "R0401",
        help: "add an address in the gateway's network",
    },
];

#[test]
fn every_mistake_has_a_place_and_advice_and_changes_nothing() {
    for Case { name, text, code, help } in CASES {
        let (before, after) = text.split_once('§').expect("a marked place");
        let line = before.lines().count() + usize::from(before.ends_with('\n'));
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        let files = Files::new([("bad.rsc", format!("{before}{after}"))]);
        for ended in refused(&files, "bad.rsc") {
            let found = diagnostics(&ended);
            assert_eq!(found.len(), 1, "{name}: a mistake costs one diagnostic: {found:#?}");
            assert_eq!(found[0]["code"], *code, "{name}");
            assert_eq!(place(&found[0]), (line as u64, column as u64), "{name}");
            assert!(found[0]["help"].as_str().is_some_and(|text| text.contains(help)), "{name}: {found:#?}");
        }
    }
}

#[test]
fn every_mistake_of_a_file_is_reported_at_once() {
    let mut text = String::new();
    for Case { text: case, .. } in CASES.iter().filter(|case| case.code != "R0401") {
        text.push_str(&case.replace('§', ""));
    }
    let files = Files::new([("bad.rsc", text)]);
    let codes = refused(&files, "bad.rsc")[0].codes();
    let wanted = CASES.iter().filter(|case| case.code != "R0401").count();
    assert_eq!(codes.len(), wanted, "{codes:?}");
}

#[test]
fn what_can_not_be_read_is_named() {
    let files = Files::new([("secret.rsc", "/ip address\n")]);
    fs::create_dir(files.path("directory.rsc")).expect("a directory");
    fs::set_permissions(files.path("secret.rsc"), fs::Permissions::from_mode(0o000)).expect("a mode");
    let cases = [
        ("missing.rsc", "No such file"),
        ("directory.rsc", "Is a directory"),
        ("secret.rsc", "Permission denied"),
    ];
    for (name, why) in cases {
        if name == "secret.rsc" && rustix::process::geteuid().is_root() {
            continue; // Root reads it; the next test has a user who doesn't.
        }
        for ended in refused(&files, name) {
            let found = diagnostics(&ended);
            assert_eq!(found.len(), 1, "{found:#?}");
            let message = found[0]["message"].as_str().expect("a message");
            assert!(
                found[0]["code"] == "R0001" && message.contains(name) && message.contains(why),
                "{message}"
            );
        }
    }
}

#[test]
fn a_file_of_another_user_is_named() {
    if !rustix::process::geteuid().is_root() {
        return; // The test before has seen it.
    }
    let files = Files::new([("secret.rsc", "/ip address\n")]);
    fs::set_permissions(files.path("secret.rsc"), fs::Permissions::from_mode(0o600)).expect("a mode");
    let mut check = files.command_of_nobody(&["check", "secret.rsc"]);
    let ended: Ended = check.output().expect("a run").into();
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("R0001") && ended.err.contains("Permission denied"), "{}", ended.err);
}

#[test]
fn brackets_without_end_are_refused_at_the_first_that_is_too_many() {
    const MANY: usize = 100_000;
    for bracket in ["{", "[", "("] {
        for (line, column) in [("", 129), ("add address=", 141)] {
            let files = Files::new([("deep.rsc", format!("/ip address\n{line}{}\n", bracket.repeat(MANY)))]);
            for ended in refused(&files, "deep.rsc") {
                let found = diagnostics(&ended);
                assert_eq!(found.len(), 1, "{bracket}: {found:#?}");
                assert_eq!(
                    (found[0]["code"].as_str(), place(&found[0])),
                    (Some("R0101"), (2, column)),
                    "{bracket}"
                );
                assert!(found[0]["help"].as_str().is_some_and(|help| help.contains("never closed")));
            }
            let shown = rosc(&["check", &files.path("deep.rsc")]).err;
            assert!(shown.len() < 4000, "{bracket}: {} bytes are shown", shown.len());
        }
    }
}

#[test]
fn quotes_without_end_are_refused_at_the_first_that_is_out_of_place() {
    const MANY: usize = 100_000;
    for (line, behind_pairs) in [("", 1), ("add address=", 15)] {
        // An even number makes empty strings side by side; of an odd one, the last is never closed.
        let unclosed = (line.len() + MANY + 1) as u64;
        for (odd, column) in [(0, behind_pairs), (1, unclosed)] {
            let files =
                Files::new([("deep.rsc", format!("/ip address\n{line}{}\n", "\"".repeat(MANY + odd)))]);
            for ended in refused(&files, "deep.rsc") {
                let found = diagnostics(&ended);
                assert_eq!((found[0]["code"].as_str(), place(&found[0])), (Some("R0101"), (2, column)));
            }
            let shown = rosc(&["check", &files.path("deep.rsc")]).err;
            assert!(shown.len() < 8000, "{} bytes are shown", shown.len());
        }
    }
}

#[test]
fn a_word_without_end_is_refused_and_not_repeated_in_full() {
    let files = Files::new([("long.rsc", format!("/ip address\nadd {}=1\n", "a".repeat(1_000_000)))]);
    let shown = rosc(&["check", &files.path("long.rsc")]);
    assert!(shown.code == Some(1) && shown.err.contains("R0202"), "{:?}", shown.code);
    assert!(shown.err.len() < 4000, "{} bytes are shown", shown.err.len());
}

#[test]
fn a_hundred_megabytes_of_noise_are_refused_in_bounded_memory() {
    let any_byte: Vec<u8> = (0..=255).collect();
    // Without `@`: a line that looks like a prompt would make the text a session, and all before it output.
    let printable: Vec<u8> = (b' '..=b'~').chain([b'\n']).filter(|&byte| byte != b'@').collect();
    for (kind, alphabet) in [("any bytes", any_byte), ("printable", printable)] {
        let files = Files::new([("noise.rsc", noise(&alphabet))]);
        let path = files.path("noise.rsc");
        let human = bounded(&["check", &path]);
        assert_eq!(human.code, Some(1), "{kind}: {}", human.err);
        assert!(
            human.err.contains("R0101") && human.err.len() < 200_000,
            "{kind}: {} bytes",
            human.err.len()
        );
        assert!(!human.err.contains('\x1b'), "{kind}: what steers a terminal is not shown");
        let json = bounded(&["check", "--format", "json", &path]);
        assert_eq!(json.code, Some(1), "{kind}: {}", json.err);
        let found = diagnostics(&json);
        let places: usize = found.iter().map(|d| d["labels"].as_array().map_or(0, Vec::len)).sum();
        assert!((1..=2100).contains(&places), "{kind}: {places} places");
        let first = place(&found[0]);
        assert!(first.0 >= 1 && first.1 >= 1, "{kind}: {first:?}");
    }
}

#[test]
fn a_line_that_fills_the_file_is_answered_in_bounded_memory() {
    const BYTES: usize = 1_000_000;
    let filled = |before: &str, piece: &str, after: &str| {
        format!("{before}{}{after}\n", piece.repeat(BYTES / piece.len()))
    };
    for (kind, line, code) in [
        ("a value", filled("/ip route add gatewy=\"", "a", "\""), "R0202"),
        ("a word", filled("", "a", ""), "R0201"),
        ("commands", filled("/ip route\n", "add gatewy=192.0.2.1; ", ""), "R0202"),
        ("a list", filled("/ip firewall address-list add list=l address=", "192.0.2.1,", ""), "R0301"),
        ("a sum", filled(":put (1", " + 1", ")"), "R0101"),
        ("elements", filled(":foreach a in={", "1;", "} do={}"), "R0217"),
        ("what closes nothing", filled("", ")]}", ""), "R0002"),
        ("what opens and closes", filled(":put ", "([{\"", ""), "R0101"),
    ] {
        let files = Files::new([("line.rsc", line)]);
        let ended = bounded(&["check", "--format", "json", &files.path("line.rsc")]);
        assert_eq!(ended.code, Some(1), "{kind}: {}", ended.err);
        assert!(ended.codes().iter().any(|found| found == code), "{kind}: {:?}", ended.codes().first());
    }
}

#[test]
fn more_names_than_any_router_has_are_refused() {
    let names: String = (0..70_000).map(|number| format!(" name{number}=1")).collect();
    let files = Files::new([("names.rsc", format!("/ppp secret add{names}\n"))]);
    for ended in refused(&files, "names.rsc") {
        assert!(ended.codes().iter().any(|code| code == "R0217"), "{:?}", ended.codes().first());
    }
}

#[test]
fn an_expression_that_fills_the_file_is_refused_in_bounded_memory() {
    let files = Files::new([("line.rsc", format!(":put {{{}}}\n", "1;".repeat(50_000_000)))]);
    let ended = bounded(&["check", "--format", "json", &files.path("line.rsc")]);
    assert_eq!((ended.code, ended.codes()), (Some(1), vec!["R0101".to_owned()]), "{}", ended.err);
}

/// Runs `rosc` with 1 GiB of memory for a file of 100 MB, and ends it where it would never end.
fn bounded(args: &[&str]) -> Ended {
    const SCRIPT: &str = "ulimit -v 1048576; exec timeout 300 \"$0\" \"$@\"";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", SCRIPT, env!("CARGO_BIN_EXE_rosc")]).args(args);
    shell.output().expect("a shell").into()
}

/// 100 MB drawn from an alphabet, the same in every run.
fn noise(alphabet: &[u8]) -> Vec<u8> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        alphabet[(state >> 32) as usize % alphabet.len()]
    };
    (0..100_000_000).map(|_| next()).collect()
}

/// Has `check` and `apply` refuse a file: both exit with 1, and `apply` has not even made its directory. It runs in a
/// namespace of its own, so that a mistake of rosc costs nothing; where there is none, `check` has to do.
fn refused(files: &Files, name: &str) -> Vec<Ended> {
    let (path, state) = (files.path(name), files.path("state"));
    let checked = rosc(&["check", "--format", "json", &path]);
    assert_eq!((checked.code, checked.err.as_str()), (Some(1), ""), "check {name}");
    let Some(namespace) = rosc_target::netns::for_test() else { return vec![checked] };
    let mut apply = command(["apply", "--format", "json", "--state-dir", &state, &path]);
    let applied: Ended = namespace.run(|| apply.output()).expect("a run").into();
    assert_eq!((applied.code, applied.err.as_str()), (Some(1), ""), "apply {name}");
    assert!(!Path::new(&state).exists(), "apply {name} got as far as the machine");
    vec![checked, applied]
}

fn diagnostics(ended: &Ended) -> Vec<Value> {
    ended.json()["diagnostics"].as_array().expect("diagnostics").clone()
}

fn place(diagnostic: &Value) -> (u64, u64) {
    let number = |key: &str| diagnostic[key].as_u64().unwrap_or(0);
    (number("line"), number("column"))
}

#[test]
fn a_word_of_nothing_but_secrets_is_shown_in_time() {
    const MANY: usize = 500_000;
    let files = Files::new([("secrets.rsc", format!("/ppp secret add {}\n", "password=".repeat(MANY)))]);
    for ended in refused(&files, "secrets.rsc") {
        assert_eq!(diagnostics(&ended)[0]["code"], "R0101");
    }
    let shown = rosc(&["check", &files.path("secrets.rsc")]).err;
    assert!(shown.contains("****") && shown.len() < 4000, "{} bytes are shown", shown.len());
}
