//! Any text can be read, run, understood and lowered, and whatever is wrong with it can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rosc::compile::{Options, compile};
use rosc::diagnostic::{json, render};
use rosc::render::intermediate;
use rosc::source::Sources;

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    sources.add("fuzz.rsc", text);
    let diagnostics = compile(&sources, Options::default()).diagnostics;
    assert_eq!(json::document(&diagnostics, &sources).diagnostics.len(), diagnostics.len());
    assert_eq!(
        diagnostics.is_empty(),
        render::render(&diagnostics, &sources, render::Style::PLAIN).is_empty()
    );
    let _ = intermediate(text);
});
