//! Edits of rules, for which nft is not asked about those that stay.

use crate::build::{input, rule, rules_of};
use crate::generate::{Random, edited_rules};
use crate::kernel::{converge, nft, observe};
use proptest::prelude::*;
use rosc_nftables::select::tcp;
use rosc_nftables::{Nftables, Ranges, State, Verdict, text};
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

fn accept_ports(ports: &[u16]) -> State {
    // Sets without a name are made again with their rules.
    let either = |port: u16| tcp::dport().one_of(Ranges::from_iter([port, 60_000])).unwrap();
    input(ports.iter().map(|port| rule([either(*port), Verdict::Accept.into()])))
}

#[test]
fn rules_that_stay_keep_handle_and_counter_and_moved_ones_go_on_counting() {
    let Some(namespace) = netns::for_test() else { return };
    let first = accept_ports(&[1, 2, 3, 4]);
    let script = text::ruleset(&first, &|_| None).replace("counter", "counter packets 5 bytes 300");
    nft(&namespace, &["-f", "-"], &script);
    let handles = || {
        let listed = nft(&namespace, &["--handle", "list", "ruleset"], "");
        let of = |port: u16| {
            let line = listed.lines().find(|line| line.contains(&format!("{{ {port}, 60000 }}")));
            line.and_then(|line| line.rsplit_once("handle ")).map(|(_, handle)| handle.to_owned())
        };
        [1, 2, 3, 4, 5].map(of)
    };
    let before = handles();
    let found = edit(&namespace, &accept_ports(&[4, 5, 1, 3]));
    let counted: Vec<_> = rules_of(&found).iter().map(|rule| rule.counter().unwrap().packets).collect();
    assert_eq!(counted, [5, 0, 5, 5]);
    let after = handles();
    assert_eq!([&after[0], &after[2]], [&before[0], &before[2]]);
    assert!(after[1].is_none() && after[3] != before[3] && after[4].is_some(), "{before:?} {after:?}");
}

#[test]
fn what_somebody_changes_behind_an_edit_is_seen() {
    let Some(namespace) = netns::for_test() else { return };
    converge(&namespace, &accept_ports(&[1, 2, 3])).unwrap();
    let wanted = accept_ports(&[1, 4, 3]);
    let found = namespace.run(|| {
        let mut target = Nftables::new();
        let before = target.observe().unwrap();
        target.apply(&Nftables::diff(&wanted, &before).changes).unwrap();
        nft(&namespace, &["insert rule ip rosc filter_input accept"], "");
        target.observe().unwrap()
    });
    assert_eq!(rules_of(&found.state).len(), 4);
    assert_eq!(rules_of(&found.state)[1..], *rules_of(&wanted));
}

#[test]
fn what_a_killed_edit_has_left_goes_with_its_undo() {
    let Some(namespace) = netns::for_test() else { return };
    let first = accept_ports(&[1, 2, 3]);
    converge(&namespace, &first).unwrap();
    let before = listing(&namespace);
    let changes = Nftables::diff(&accept_ports(&[1, 4, 3]), &observe(&namespace)).changes;
    nft(&namespace, &["add table ip rosc-assembly; add chain ip rosc-assembly left"], "");
    namespace.run(|| Nftables::new().undo(&changes)).unwrap();
    assert_eq!(listing(&namespace), before);
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
