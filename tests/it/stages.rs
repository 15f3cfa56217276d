//! Each stage of the compiler as one function from text to text: the only callers of the API in these tests.

use rosc::compile::{Compiled, Options, compile};
use rosc::diagnostic::{Diagnostic, has_errors, render, tidy};
use rosc::host::Host;
use rosc::ir::Dialect;
use rosc::lint::lint;
use rosc::lower::{Desired, lower};
use rosc::resolve::resolve;
use rosc::script::evaluate;
use rosc::source::Sources;
use rosc::strict::hold_to_router;
use std::fs;
use std::path::{Path, PathBuf};

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder with this ending, sorted by name.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|e| e == ending)).collect();
    paths.sort();
    paths
}

/// A file's name without folder and ending.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().expect("a file").to_string_lossy().into_owned()
}

/// The sources of some files, under their bare names, so that snapshots hold no path of this machine.
pub(crate) fn sources_of(paths: &[PathBuf]) -> Sources {
    let mut sources = Sources::default();
    for path in paths {
        let text = fs::read_to_string(path).expect("an example is readable");
        sources.add(path.file_name().expect("a file").to_string_lossy(), text);
    }
    sources
}

/// The sources of one text.
pub(crate) fn text(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add("edge.rsc", text);
    sources
}

/// Everything that `rosc check` finds.
pub(crate) fn check(sources: &Sources) -> Vec<Diagnostic> {
    let Compiled { router, mut diagnostics, .. } = compile(sources, Options::default());
    if !has_errors(&diagnostics) {
        diagnostics.extend(lower(&router, &Host::unknown()).diagnostics);
        diagnostics.extend(lint(&router));
    }
    tidy(diagnostics)
}

/// Everything that `rosc check --routeros` finds.
pub(crate) fn check_as_router(sources: &Sources, version: Dialect) -> Vec<Diagnostic> {
    let options = Options { dialect: Some(version), strict: false };
    let compiled = compile(sources, options);
    tidy(hold_to_router(sources, version, compiled.diagnostics))
}

/// What is found on the way to the router, a diagnostic for each place; the router is lowered all the same, however
/// much of it is missing.
pub(crate) fn found_on_the_way(sources: &Sources) -> Vec<Diagnostic> {
    let mut evaluated = evaluate(sources, None);
    let resolved = resolve(&evaluated.database, evaluated.dialect);
    drop(lower(&resolved.router, &Host::unknown()));
    evaluated.diagnostics.extend(resolved.diagnostics);
    evaluated.diagnostics
}

/// What `rosc check` shows.
pub(crate) fn shown(sources: &Sources) -> String {
    render::render(&check(sources), sources, render::Style::PLAIN)
}

/// What Linux should have, for a machine of which nothing is known.
///
/// # Panics
/// If the text has errors.
pub(crate) fn desired(sources: &Sources) -> Desired {
    desired_on(&Host::unknown(), sources)
}

/// What Linux should have on a machine.
///
/// # Panics
/// If the text has errors.
pub(crate) fn desired_on(host: &Host, sources: &Sources) -> Desired {
    let compiled = compile(sources, Options::default());
    let lowered = lower(&compiled.router, host);
    let all: Vec<Diagnostic> = compiled.diagnostics.into_iter().chain(lowered.diagnostics).collect();
    assert!(!has_errors(&all), "{}", render::render(&all, sources, render::Style::PLAIN));
    lowered.desired
}
