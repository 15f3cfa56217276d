//! Each span lies on character boundaries and inside the one around it, and what it holds can be decoded.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../grammar/tests/it/spans.rs"]
mod spans;

fuzz_target!(|text: &str| spans::check(text, &rosc_grammar::parse(text)));
