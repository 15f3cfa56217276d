//! `check --routeros`: what a router's own parser refuses is an error.

use crate::cli::{Files, rosc};
use crate::stages::{check, check_as_router, text};
use rosc::diagnostic::{Code, Severity, has_errors, render};
use rosc::ir::Dialect;

/// Compares what is shown of a text that is held to a router's rules.
fn assert_shown(name: &str, script: &str) {
    let sources = text(script);
    let shown = render::render(&check_as_router(&sources, Dialect::V7), &sources, render::Style::PLAIN);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/strict");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, format!("{script}---\n{shown}")));
}

/// Codes and lines of the errors.
fn errors(script: &str, version: Dialect) -> Vec<(Code, u32)> {
    let sources = text(script);
    let found = check_as_router(&sources, version);
    let errors = found.iter().filter(|error| error.severity == Severity::Error);
    let line = |origin| sources.locate(origin).expect("an error has a place").line;
    let places = errors.flat_map(|error| error.labels.iter().map(|label| (error.code, line(label.origin))));
    places.collect()
}

#[test]
fn a_place_is_told_of_once_under_the_words_of_the_router() {
    let script = "/ip route\nadd gateway=192.0.2.1 foo=bar\nadd gateway=192.0.2.1 distance=2\n:put 1 # one\n";
    assert_shown("one-place", script);
}

#[test]
fn each_line_that_a_router_refuses_is_told_of() {
    let script =
        "/ip route add foo=1\n:local a [/ip route get 0 bar=1]\n{\n  :put (1 + )\n  /ip route add foo=1\n}\n";
    assert_eq!(
        errors(script, Dialect::V7),
        [
            (Code::RouterRefuses, 1),
            (Code::RouterRefuses, 5),
            (Code::RouterRefuses, 2),
            (Code::RouterRefuses, 4)
        ]
    );
}

#[test]
fn a_session_is_no_script_to_a_router() {
    let session =
        "[admin@MikroTik] > /ip address print\nFlags: X - DISABLED\n[admin@MikroTik] > /ip route print\n";
    assert!(!has_errors(&check(&text(session))));
    assert_shown("session", session);
}

#[test]
fn what_a_router_reads_and_rosc_does_not_is_a_warning() {
    let script = ":put 1 }\n";
    assert!(has_errors(&check(&text(script))));
    assert_shown("router-reads-on", script);
}

#[test]
fn of_version_6_only_the_syntax_is_held_to_the_rules() {
    let script = "/ip route add gateway=192.0.2.1 routing-mark=uplink\n:put 'a'\n";
    assert_eq!(errors(script, Dialect::V7)[0], (Code::RouterRefuses, 1));
    assert!(errors(script, Dialect::V6).iter().all(|(_, line)| *line == 2));
}

#[test]
fn the_version_may_be_left_out() {
    let files = Files::new([("edge.rsc", "/ip route add gateway=192.0.2.1 routing-mark=uplink\n")]);
    let edge = files.path("edge.rsc");
    for options in [&["--routeros"][..], &["--routeros", "7"], &["--routeros=7"]] {
        let ended = rosc(&[&["check", "--format", "json"], options, &[edge.as_str()]].concat());
        assert_eq!((ended.code, ended.codes().contains(&"R0103".to_owned())), (Some(1), true), "{options:?}");
    }
    let six = rosc(&["check", "--format", "json", "--routeros", "6", &edge]);
    assert!(!six.codes().contains(&"R0103".to_owned()));
    let other = rosc(&["check", "--routeros", "8", &edge]);
    assert!(other.err.contains("8"), "8 is no version, and no file either: {}", other.err);
}
