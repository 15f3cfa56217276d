//! Edits of rules, for which nft is not asked about those that stay.

use crate::generate::{Random, edited_rules};
use crate::kernel::{converge, nft, observe};
use proptest::prelude::*;
use rosc_nftables::{Nftables, State};
use rosc_target::netns::NetNs;
use rosc_target::{Target, netns};
use serde_json::Value;

/// Refuses to list or change our tables.
const ASSEMBLING_NFT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/assembling-nft");

/// Makes the changes that lead from what there is to a state without asking nft for anything but to make new rules, and
/// returns what there is then.
fn edit(namespace: &NetNs, wanted: &State) -> State {
    let before = observe(namespace);
    namespace.run(|| {
        let mut target = Nftables::with_program(ASSEMBLING_NFT);
        let state = State::clone(&before.state);
        let known = target.observe_known(before.generation, state).unwrap().expect("nothing has changed");
        let changes = Nftables::diff(wanted, &known).changes;
        target.apply(&changes).unwrap();
        State::clone(&target.observe().unwrap().state)
    })
}

/// All that nft lists, without handles and in an order in which objects need not have been made.
fn listing(namespace: &NetNs) -> Vec<(String, Value)> {
    let json = nft(namespace, &["--json", "--numeric", "list", "ruleset"], "");
    let mut document: Value = serde_json::from_str(&json).unwrap();
    let objects = document["nftables"].as_array_mut().unwrap();
    let mut listed = Vec::new();
    for object in objects {
        for (kind, body) in object.as_object_mut().unwrap() {
            body.as_object_mut().unwrap().remove("handle");
            let name = if kind == "rule" { &body["chain"] } else { &body["name"] };
            listed.push((format!("{kind} {} {name}", body["family"]), body.clone()));
        }
    }
    listed.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed
}

proptest! {
    #![proptest_config(crate::laws::config())]

    #[test]
    fn an_edit_leaves_what_a_fresh_load_would((Random(old), Random(new)) in edited_rules()) {
        let (Some(namespace), Some(fresh)) = (netns::for_test(), netns::for_test()) else { return Ok(()) };
        converge(&namespace, &old).unwrap();
        let found = edit(&namespace, &new);
        prop_assert!(found == new);
        converge(&fresh, &new).unwrap();
        let listed = listing(&namespace);
        for (edited, loaded) in listed.iter().zip(&listing(&fresh)) {
            prop_assert_eq!(edited, loaded);
        }
        prop_assert_eq!(listed.len(), listing(&fresh).len());
        prop_assert!(edit(&namespace, &old) == old);
        prop_assert!(*observe(&namespace).state == old);
    }
}
