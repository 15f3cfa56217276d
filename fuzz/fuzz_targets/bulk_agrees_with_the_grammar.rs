//! The fast path for plain lines yields what the grammar does.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| assert_eq!(rosc_grammar::parse(text), rosc_grammar::parse_by_grammar(text)));
