//! What each stage makes of each example: a folder of snapshots for each.

use crate::stages::{check, desired, files, shown, sources_of, stem};
use crate::trace;
use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::export::export;
use rosc::render;
use rosc::source::Sources;
use std::path::PathBuf;

/// Examples that go after another one.
const OVERLAYS: &[(&str, &str)] = &[("policy-443", "three-wan-ecmp")];

/// All examples, each with the files that make it up.
pub(crate) fn all() -> Vec<(String, Vec<PathBuf>)> {
    let examples = files("examples", "rsc").into_iter().map(|path| {
        let name = stem(&path);
        let base = OVERLAYS.iter().find(|(overlay, _)| *overlay == name).map(|(_, base)| *base);
        let base = base.map(|base| path.with_file_name(format!("{base}.rsc")));
        (name, base.into_iter().chain([path]).collect())
    });
    examples.collect()
}

#[test]
fn every_stage_of_every_example_is_as_reviewed() {
    for (name, paths) in all() {
        let sources = sources_of(&paths);
        let compiled = compile(&sources, Options::default());
        let desired = desired(&sources);
        let stages = [
            ("1-script", render::script(&sources)),
            ("1-il", render::il(&sources)),
            ("2-database", compiled.database.to_string()),
            ("2-export", export(&compiled.database, true).text),
            ("3-ir", render::outline(&compiled.router)),
            ("4-nft", render::nft(&desired, &sources)),
            ("4-routes", render::routes(&desired, &rosc_route::Family::ALL)),
            ("4-sysctl", render::sysctl(&desired)),
            ("5-trace", trace::of_example(&sources)),
            ("check", shown(&sources)),
        ];
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(format!("../../snapshots/{name}"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        // Most have no fast path.
        let fastpath = render::fastpath(&desired, &sources);
        let fastpath = (!fastpath.is_empty()).then_some(("4-fastpath", fastpath));
        for (stage, text) in stages.into_iter().chain(fastpath) {
            settings.bind(|| insta::assert_snapshot!(stage, text));
        }
    }
}

#[test]
fn no_example_has_an_error() {
    for (name, paths) in all() {
        let sources = sources_of(&paths);
        assert!(!has_errors(&check(&sources)), "{name}\n{}", shown(&sources));
    }
}

#[test]
fn a_pasted_session_is_the_same_configuration_as_the_script_but_for_its_typing_error() {
    let script = sources_of(&[crate::stages::root().join("examples/three-wan-ecmp.rsc")]);
    let session = sources_of(&[crate::stages::root().join("examples/three-wan-ecmp-transcript.rsc")]);
    let (script, mut typed) = (desired(&script), desired(&session));
    assert_eq!(script.route, typed.route);
    assert_eq!(script.sysctl, typed.sysctl);
    let warnings = check(&session);
    let said: Vec<_> = warnings.iter().map(|d| (d.code.as_str(), d.help.as_deref().unwrap_or(""))).collect();
    assert_eq!(said, [("R0307", "did you mean `srcnat`?")]);
    // With the error mended it is the same to the last rule.
    let mended = sources_of_text(&session, "chain=srcnatr", "chain=srcnat");
    typed.nftables = desired(&mended).nftables;
    assert_eq!(script.nftables, typed.nftables);
}

fn sources_of_text(sources: &Sources, from: &str, to: &str) -> Sources {
    let id = sources.ids().next().expect("a file");
    crate::stages::text(&sources.file(id).text().replace(from, to))
}
