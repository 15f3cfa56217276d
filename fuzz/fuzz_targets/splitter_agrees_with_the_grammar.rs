//! What the splitter hands on as balanced, the grammar reads.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rosc_grammar::SyntaxErrorKind;

fuzz_target!(|text: &str| {
    let errors = rosc_grammar::parse_by_grammar(text).errors;
    assert!(errors.iter().all(|error| error.kind != SyntaxErrorKind::NotUnderstood), "{errors:?}");
});
