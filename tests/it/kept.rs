//! The form in which states are kept: a later rosc reads what an earlier one has kept, or says that it can't.

use crate::stages::{desired, files, root, sources_of, stem};
use rosc::lower::Desired;
use rosc::transaction::history::FORMAT;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// These hold most of what there is: sets that forget, look-ups, translations, ECMP, rules, bridges, both families.
const EXAMPLES: &[&str] = &["guarded-two-wan", "netmap-and-mss", "pcc-two-wan-ipv6", "rule-min-prefix"];

#[test]
fn a_state_is_read_as_it_was_kept() {
    /// An overlay, and what was pasted.
    const NO_ROUTERS: &[&str] = &["policy-443", "three-wan-ecmp-transcript"];
    for path in files("examples", "rsc").into_iter().filter(|path| !NO_ROUTERS.contains(&stem(path).as_str()))
    {
        let desired = desired(&sources_of(std::slice::from_ref(&path)));
        let text = serde_json::to_string(&desired).expect("text");
        let read: Desired = serde_json::from_str(&text).expect("it can be read");
        assert_eq!(serde_json::to_string(&read).expect("text"), text, "{}", path.display());
    }
}

#[test]
fn states_of_this_form_that_were_kept_long_ago_are_read() {
    let path = root().join(format!("tests/kept/form-{FORMAT}.json"));
    // A form that is new has no states yet; those of one that is there stay as they are.
    if !path.exists() && std::env::var_os("UPDATE_PAGES").is_some_and(|value| value == "1") {
        let state = |name: &str| {
            let example = root().join(format!("examples/{name}.rsc"));
            (name.to_owned(), desired(&sources_of(&[example])))
        };
        let states: BTreeMap<String, Desired> = EXAMPLES.iter().map(|name| state(name)).collect();
        fs::write(&path, serde_json::to_string(&states).expect("text")).expect("it can be written");
    }
    let kept =
        fs::read_to_string(&path).expect("states; UPDATE_PAGES=1 cargo test writes those of a new form");
    let kept: BTreeMap<String, Value> = serde_json::from_str(&kept).expect("states");
    assert_eq!(kept.len(), EXAMPLES.len());
    for (name, state) in kept {
        let read = serde_json::from_value::<Desired>(state.clone());
        let again = read.map(|desired| serde_json::to_value(desired).expect("text"));
        let is_the_same = again.as_ref().is_ok_and(|again| *again == state);
        assert!(is_the_same, "{name} is kept in another form now: FORMAT takes another number ({again:?})");
    }
}
