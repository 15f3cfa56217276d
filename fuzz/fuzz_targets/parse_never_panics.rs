//! Any text parses, and to a bounded number of errors.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    assert!(rosc_grammar::parse(text).errors.len() <= rosc_grammar::MAX_ERRORS + 1);
});
