//! `rosc export`: importing what it prints gives the same configuration.

use crate::cli::{Files, rosc};
use crate::configurations::case;
use crate::stages::{desired, sources_of};
use crate::{corpus, examples};
use proptest::prop_assert_eq;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::export::export;
use rosc::ir::Router;
use rosc::render;
use rosc::script::evaluate;
use rosc::source::Sources;
use rosc_route::Family;
use std::path::Path;

/// The export of some sources; `None` if they have errors.
fn exported(sources: &Sources) -> Option<String> {
    let evaluated = evaluate(sources, None);
    (!has_errors(&evaluated.diagnostics)).then(|| export(&evaluated.database, true).text)
}

fn read(path: &Path) -> Sources {
    let mut sources = Sources::default();
    sources.read(path).expect("a readable file");
    sources
}

/// The sources that an export is.
fn imported(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add("export.rsc", text);
    sources
}

/// What Linux gets, without the places that ask for it.
fn on_linux(sources: &Sources) -> String {
    let desired = desired(sources);
    let nft = rosc_nftables::text::ruleset(&desired.nftables, &|_| None);
    format!("{}{}{nft}", render::sysctl(&desired), render::routes(&desired, &Family::ALL))
}

#[test]
fn an_imported_export_of_an_example_makes_the_same_router() {
    for (name, paths) in examples::all() {
        let sources = sources_of(&paths);
        let text = exported(&sources).unwrap_or_else(|| panic!("{name} has errors"));
        let again = imported(&text);
        assert_eq!(exported(&again).as_ref(), Some(&text), "{name}");
        assert_eq!(on_linux(&sources), on_linux(&again), "{name}");
    }
}

#[test]
fn an_imported_export_of_a_random_configuration_makes_the_same_router() {
    const CASES: u32 = 200;
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let made = TestRunner::new(config).run(&case(), |case| {
        let sources = imported(&case.text());
        let Some(text) = exported(&sources) else { return Err(TestCaseError::reject("it has errors")) };
        let again = imported(&text);
        prop_assert_eq!(exported(&again), Some(text));
        let (router, other) = (router(&sources), router(&again));
        prop_assert_eq!(render::outline(&router), render::outline(&other));
        Ok(())
    });
    made.unwrap_or_else(|error| panic!("{error}"));
}

/// What the router does, as far as it can be understood.
fn router(sources: &Sources) -> Router {
    compile(sources, Options::default()).router
}

#[test]
fn an_imported_export_of_a_published_configuration_exports_the_same() {
    let Some((_, paths)) = corpus::all_files() else { return };
    let mut broken = Vec::new();
    let mut count = 0;
    for path in paths {
        let Some(text) = exported(&read(&path)) else { continue };
        count += 1;
        if exported(&imported(&text)).as_ref() != Some(&text) {
            broken.push(path);
        }
    }
    assert!(broken.is_empty(), "{} of {count}: {broken:#?}", broken.len());
    assert!(count > 100, "only {count} files could be exported");
}

#[test]
fn version_6_becomes_version_7_and_defaults_are_left_out() {
    const TEXT: &str = "/ip route rule\nadd table=wan1 src-address=10.0.0.0/8 disabled=no\n\
                        /ip route add gateway=192.0.2.1 routing-mark=wan1 distance=1 comment=\"a b\"\n";
    let files = Files::new([("six.rsc", TEXT)]);
    let ended = rosc(&["export", &files.path("six.rsc"), "--routeros", "6"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let commands: Vec<&str> = ended.out.lines().skip(1).collect();
    assert_eq!(
        commands,
        [
            "/ip route",
            "add comment=\"a b\" gateway=192.0.2.1 routing-table=wan1",
            "/routing rule",
            "add src-address=10.0.0.0/8 table=wan1",
        ]
    );
}

#[test]
fn secrets_are_printed_on_demand_only() {
    let files = Files::new([("ppp.rsc", "/ppp secret add name=branch password=hunter2 service=l2tp\n")]);
    let path = files.path("ppp.rsc");
    let hidden = rosc(&["export", &path]);
    assert!(hidden.out.contains("add name=branch service=l2tp\n"), "{}", hidden.out);
    assert!(hidden.err.contains("1 secret is left out"), "{}", hidden.err);
    assert!(rosc(&["export", &path, "--show-sensitive"]).out.contains("password=hunter2"));
    let document = rosc(&["export", &path, "--format", "json"]).json();
    assert_eq!(document["hidden_secrets"], 1);
    assert!(!document.to_string().contains("hunter2"));
}

#[test]
fn a_configuration_with_errors_is_not_exported() {
    let files = Files::new([("wrong.rsc", "/ip address add address=192.0.2.1/24 interfce=ether1\n")]);
    let ended = rosc(&["export", &files.path("wrong.rsc"), "--format", "json"]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.codes(), ["R0202"]);
    assert_eq!(ended.json()["export"], serde_json::Value::Null);
}

#[test]
fn what_a_router_has_from_the_start_is_set_and_not_added() {
    const TEXT: &str = "/interface ethernet\nset [ find default-name=ether1 ] name=WAN\n/ip service\nset telnet disabled=yes\n";
    let text = exported(&imported(TEXT)).expect("no errors");
    let commands: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(
        commands,
        [
            "/interface ethernet",
            "set [find default-name=ether1] name=WAN",
            "/ip service",
            "set telnet disabled=yes"
        ]
    );
}

#[test]
fn secrets_are_shown_nowhere_else() {
    let text = "/ppp secret add name=branch password=\"hunter2\" servce=l2tp\n/ppp secret add password=hunter2 name=b\n";
    let files = Files::new([("ppp.rsc", text)]);
    let path = files.path("ppp.rsc");
    for args in [
        &["check", &path][..],
        &["check", "--format", "json", &path],
        &["show", "script", &path],
        &["show", "il", &path],
    ] {
        let ended = rosc(args);
        assert!(!ended.out.contains("hunter2") && !ended.err.contains("hunter2"), "{args:?}: {}", ended.err);
    }
    let shown = rosc(&["show", "database", &path]);
    assert!(shown.out.contains("password=***") && !shown.out.contains("hunter2"), "{}", shown.out);
}

#[test]
fn what_a_command_does_on_the_way_to_its_items_is_not_exported_twice() {
    let files = Files::new([("both.rsc", "/ppp secret\nset [ disable old ] comment=new\n")]);
    let ended = rosc(&["export", &files.path("both.rsc"), "--format", "json"]);
    assert_eq!((ended.code, ended.codes()), (Some(1), vec!["R0209".to_owned()]));
}

#[test]
fn a_second_selector_is_not_lost() {
    let files = Files::new([("two.rsc", "/user\nadd name=ops group=full\nset ops other comment=x\n")]);
    let ended = rosc(&["export", &files.path("two.rsc"), "--format", "json"]);
    assert_eq!((ended.code, ended.codes()), (Some(1), vec!["R0209".to_owned()]));
}
