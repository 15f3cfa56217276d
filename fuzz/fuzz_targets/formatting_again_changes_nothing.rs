//! What is formatted is in the canonical style: formatting it again changes nothing, and no comment is lost or made.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(once) = rosc_grammar::format(text) else { return };
    assert_eq!(rosc_grammar::format(&once).as_ref(), Ok(&once));
    assert_eq!(text.matches('#').count(), once.matches('#').count());
});
