//! What is exported can be imported, and is the same configuration: it exports the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rosc::diagnostic::has_errors;
use rosc::export::export;
use rosc::script::evaluate;
use rosc::source::Sources;

fuzz_target!(|text: &str| {
    let Some(once) = exported(text) else { return };
    assert_eq!(exported(&once).as_ref(), Some(&once));
});

fn exported(text: &str) -> Option<String> {
    let mut sources = Sources::default();
    sources.add("fuzz.rsc", text);
    let evaluated = evaluate(&sources, None);
    (!has_errors(&evaluated.diagnostics)).then(|| export(&evaluated.database, true).text)
}
