//! What holds for the whole compiler, whatever it is given.

use crate::cli::rosc;
use crate::examples::all;
use crate::stages::{check, desired, files, root, sources_of, text};
use proptest::prelude::*;
use regex::Regex;
use rosc::compile::{Compiled, Options, compile};
use rosc::diagnostic::{Diagnostic, json, render};
use rosc::host::Host;
use rosc::lower::{known_settings, lower};
use rosc::source::Sources;
use rosc_route::DeviceName;
use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

/// The lines of all examples and of all cases with mistakes: what random configurations are made of.
static LINES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let paths = files("examples", "rsc").into_iter().chain(files("tests/diagnostics", "rsc"));
    // Of the case with thousands of errors, the beginning will do.
    let text = |path| fs::read_to_string(path).expect("a readable file");
    let lines = paths.flat_map(|path| text(path).lines().take(200).map(str::to_owned).collect::<Vec<_>>());
    lines.collect()
});

/// Commands that real files hold, in an order and with cuts that they don't.
fn configuration() -> impl Strategy<Value = String> {
    let line =
        (prop::sample::select(LINES.as_slice()), prop::option::weighted(0.1, any::<prop::sample::Index>()));
    let cut = |(line, cut): (String, Option<prop::sample::Index>)| match cut {
        Some(cut) if !line.is_empty() => line.chars().take(cut.index(line.chars().count())).collect(),
        _ => line,
    };
    prop::collection::vec(line.prop_map(cut), 0..60).prop_map(|lines| lines.join("\n"))
}

/// Everything that compiling a text yields, as text, with the diagnostics of all stages.
fn everything(sources: &Sources) -> (String, Vec<Diagnostic>) {
    let Compiled { database, router, mut diagnostics } = compile(sources, Options::default());
    let lowered = lower(&router, &Host::unknown());
    diagnostics.extend(lowered.diagnostics);
    let shown = [
        database.to_string(),
        render::render(&diagnostics, sources, render::Style::PLAIN),
        serde_json::to_string(&json::document(&diagnostics, sources)).expect("a document"),
        rosc::render::outline(&router),
        rosc::render::il(sources),
        serde_json::to_string(&lowered.desired).expect("a document"),
    ];
    (shown.join("\n"), diagnostics)
}

/// Every label of every diagnostic marks characters of its file.
fn assert_places(diagnostics: &[Diagnostic], sources: &Sources) {
    for diagnostic in diagnostics {
        for label in &diagnostic.labels {
            let file =
                sources.file_of(label.origin).unwrap_or_else(|| panic!("{diagnostic:?} is in no file"));
            let (start, end) = (label.origin.start as usize, label.origin.end as usize);
            assert!(file.text().get(start..end).is_some(), "{diagnostic:?} is outside its file");
            sources.locate(label.origin).expect("a place in a file has a line and a column");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_bytes_are_compiled_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), bytes).expect("a file can be written");
        let mut sources = Sources::default();
        sources.read(file.path()).expect("a file can be read");
        assert_places(&everything(&sources).1, &sources);
    }

    #[test]
    fn any_commands_are_compiled_the_same_each_time(configuration in configuration()) {
        let sources = text(&configuration);
        let (first, diagnostics) = everything(&sources);
        assert_places(&diagnostics, &sources);
        prop_assert_eq!(first, everything(&text(&configuration)).0);
    }
}

#[test]
fn every_example_is_lowered_the_same_each_time() {
    for (name, paths) in all() {
        let first = everything(&sources_of(&paths));
        let second = everything(&sources_of(&paths));
        assert_eq!(first.0, second.0, "{name}");
        assert_eq!(desired(&sources_of(&paths)), desired(&sources_of(&paths)), "{name}");
    }
}

#[test]
fn no_example_differs_from_itself() {
    for (name, paths) in all() {
        let paths: Vec<&str> = paths.iter().map(|path| path.to_str().expect("a plain path")).collect();
        // An overlay goes on top of its base; the saved state has both.
        let state = rosc(&[&["show", "linux", "--format", "json"], paths.as_slice()].concat());
        assert_eq!(state.code, Some(0), "{name}: {}", state.err);
        let saved = tempfile::Builder::new().suffix(".json").tempfile().expect("a file");
        fs::write(saved.path(), state.out).expect("a file can be written");
        let saved = saved.path().to_str().expect("a plain path");
        let against_state = rosc(&[&["diff"], paths.as_slice(), &["--against", saved]].concat());
        assert_eq!((against_state.code, against_state.out.as_str()), (Some(0), ""), "{name}");
        if let [path] = paths.as_slice() {
            let against_itself = rosc(&["diff", path, "--against", path]);
            assert_eq!((against_itself.code, against_itself.out.as_str()), (Some(0), ""), "{name}");
        }
    }
}

#[test]
fn a_comment_decides_about_nothing() {
    let comment = Regex::new(r#"comment=("[^"]*"|\S+)"#).expect("a pattern");
    let comment_of_rule = Regex::new(r#" comment "[^"]*""#).expect("a pattern");
    let mut tried = 0;
    for (name, paths) in all().into_iter().filter(|(_, paths)| paths.len() == 1) {
        let original = fs::read_to_string(&paths[0]).expect("an example is readable");
        if original.contains("find comment") || original.contains("] > ") {
            continue; // Comments that decide, and a session, whose lines begin otherwise.
        }
        let renamed = comment.replace_all(&original, "comment=\"renamed\"");
        let renamed: String = renamed
            .lines()
            .map(|line| match line.strip_prefix("add ") {
                Some(rest) if !line.contains("comment=") => format!("add comment=\"new\" {rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        assert_ne!(original, renamed, "{name}");
        let (before, after) = (desired(&text(&original)), desired(&text(&renamed)));
        assert_eq!(before.route, after.route, "{name}");
        assert_eq!(before.sysctl, after.sysctl, "{name}");
        // A rule's comment is its own; nothing else changes.
        let ruleset = |desired, written: &str| {
            let listed = rosc::render::nft(desired, &text(written));
            comment_of_rule.replace_all(&listed, "").into_owned()
        };
        assert_eq!(ruleset(&before, &original), ruleset(&after, &renamed), "{name}");
        tried += 1;
    }
    assert!(tried > 10, "{tried} examples have been tried");
}

/// The identity of what is there must not hang on what else is there: table numbers and marks are in use on the
/// machine, on connections above all.
#[test]
fn what_is_added_leaves_numbers_and_marks_as_they_are() {
    const ADDED: &str = "
/routing table
add fib name=aaa-first
/ip firewall address-list
add list=aaa-first address=192.0.2.99
/ip firewall mangle
add chain=forward action=mark-connection new-connection-mark=aaa-first dst-address-list=aaa-first
";
    let mut tried = 0;
    for (name, paths) in all().into_iter().filter(|(_, paths)| paths.len() == 1) {
        let original = fs::read_to_string(&paths[0]).expect("an example is readable");
        if original.contains("] > ") || original.contains("RouterOS 6") {
            continue; // A session, or without tables of its own.
        }
        let lines = |written: &str| -> BTreeSet<String> {
            let sources = text(written);
            let desired = desired(&sources);
            let routes = rosc::render::routes(&desired, &rosc_route::Family::ALL);
            let all = format!("{routes}{}", rosc::render::nft(&desired, &sources));
            all.lines().map(str::to_owned).collect()
        };
        let (before, after) = (lines(&original), lines(&format!("{original}{ADDED}")));
        let lost: Vec<&String> = before.difference(&after).collect();
        assert!(lost.is_empty(), "{name}: {lost:#?}");
        assert!(after.len() > before.len(), "{name}: nothing was added");
        tried += 1;
    }
    assert!(tried > 10, "{tried} examples have been tried");
}

#[test]
fn every_setting_that_an_example_asks_for_is_one_that_is_watched() {
    for (name, paths) in all() {
        let sources = sources_of(&paths);
        let Compiled { router, .. } = compile(&sources, Options::default());
        let desired = lower(&router, &Host::unknown()).desired;
        let interfaces = router.interfaces.keys().filter_map(|name| DeviceName::new(name.as_str()).ok());
        let links = desired.route.links().iter().map(|link| link.name.clone());
        let known: BTreeSet<_> = known_settings(interfaces.chain(links)).into_iter().collect();
        let unknown: Vec<_> = desired.sysctl.settings.keys().filter(|key| !known.contains(key)).collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
    }
}

#[test]
fn every_mistake_of_every_case_has_a_place_in_its_file() {
    for path in files("tests/diagnostics", "rsc").into_iter().chain(files("examples", "rsc")) {
        let sources = sources_of(std::slice::from_ref(&path));
        let diagnostics = check(&sources);
        assert_places(&diagnostics, &sources);
        let placeless = diagnostics.iter().find(|diagnostic| diagnostic.labels.is_empty());
        assert_eq!(
            placeless,
            None,
            "{}",
            path.strip_prefix(root()).expect("a file of the project").display()
        );
    }
}
