//! What formatting promises, of random and of published texts: it changes nothing a second time, loses no comment, and
//! refuses nothing that can be read. That the meaning is kept is seen to by the formatter itself, which compares what it
//! prints.

use proptest::prelude::*;
use rosc_grammar::{NotFormatted, format, parse};

use crate::laws::pieces;
use crate::published::{files, folder};

const FOLDERS: [&str; 8] = [
    "dev/addrlist",
    "dev/export",
    "dev/firewall",
    "dev/misc",
    "dev/multiwan",
    "dev/routing",
    "dev/script",
    "routeros-parse",
];

/// What of the promises a text breaks, if any.
fn broken_promise(text: &str) -> Option<String> {
    match format(text) {
        Ok(once) => {
            let again = format(&once);
            if again.as_ref() != Ok(&once) {
                return Some(format!("the second time:\n{once}\n{again:#?}"));
            }
            let count = |text: &str| text.matches('#').count();
            (count(text) != count(&once)).then(|| format!("a comment was lost or made:\n{once}"))
        }
        Err(NotFormatted::Session(_)) => None,
        Err(NotFormatted::Syntax(errors)) => (errors.is_empty() || parse(text).errors != errors)
            .then(|| "refused without a mistake".to_owned()),
    }
}

#[test]
fn published_texts_keep_the_promises() {
    let mut broken = Vec::new();
    for name in FOLDERS {
        let Some(folder) = folder(name) else { return };
        for (path, text) in files(&folder) {
            broken.extend(broken_promise(&text).map(|why| (path, why)));
        }
    }
    let names: Vec<_> = broken.iter().map(|(path, _)| path).collect();
    assert!(broken.is_empty(), "{} files: {names:#?}\nthe first: {}", names.len(), broken[0].1);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn random_texts_keep_the_promises(text in pieces()) {
        prop_assert_eq!(broken_promise(&text), None);
    }
}
