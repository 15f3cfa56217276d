//! Laws that hold for whatever the constructors can make.

use crate::generate::{Random, edited, states};
use crate::kernel::{converge, nft, observe};
use proptest::prelude::*;
use rosc_nftables::{Change, Nftables, Rule, State, text};
use rosc_target::{Target, netns};

/// Shows only the rules that differ, as a state has hundreds of them.
fn assert_same(wanted: &State, found: &State) {
    let mut differing = Vec::new();
    for (family, table) in &wanted.tables {
        let other = found.tables.get(family).expect("the table should be there");
        assert_eq!(table.sets, other.sets);
        assert_eq!(table.helpers, other.helpers);
        for (name, chain) in &table.chains {
            let pairs = chain.rules.iter().zip(&other.chains[name].rules).filter(|(a, b)| a != b);
            differing.extend(pairs.map(|(a, b)| format!("{family} {name}\n  wanted {a}\n  found  {b}\n")));
        }
    }
    assert!(
        differing.is_empty(),
        "{} rules differ:\n{}",
        differing.len(),
        differing[..differing.len().min(9)].concat()
    );
    assert!(wanted == found);
}

/// Some cases with hundreds of rules each; `PROPTEST_CASES` asks for more. A failing case names its rule, so
/// there is nothing to shrink.
pub(crate) fn config() -> ProptestConfig {
    let mut config =
        ProptestConfig { max_shrink_iters: 0, max_local_rejects: u32::MAX, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 16;
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_loaded_as_json_is_listed_as_it_was_asked_for(Random(state) in states()) {
        let Some(namespace) = netns::for_test() else { return Ok(()) };
        converge(&namespace, &state).unwrap();
        let observed = observe(&namespace);
        assert_same(&state, &observed.state);
        prop_assert!(Nftables::diff(&state, &observed).changes.is_empty());
    }

    #[test]
    fn what_is_loaded_as_text_is_listed_as_it_was_asked_for(Random(state) in states()) {
        let Some(namespace) = netns::for_test() else { return Ok(()) };
        nft(&namespace, &["-f", "-"], &text::ruleset(&state, &|_| Some("edge.rsc:1\n".to_owned())));
        assert_same(&state, &observe(&namespace).state);
    }

    #[test]
    fn any_change_converges_and_can_be_undone((Random(old), Random(new)) in edited()) {
        let Some(namespace) = netns::for_test() else { return Ok(()) };
        converge(&namespace, &old).unwrap();
        let changes = converge(&namespace, &new).unwrap();
        let after = observe(&namespace);
        assert_same(&new, &after.state);
        prop_assert!(Nftables::diff(&new, &after).changes.is_empty());

        // As it comes back from a journal.
        let journal = serde_json::to_string(&changes).unwrap();
        let changes: Vec<Change> = serde_json::from_str(&journal).unwrap();
        namespace.run(|| Nftables::new().undo(&changes)).unwrap();
        let undone = observe(&namespace);
        assert_same(&old, &undone.state);

        // Undoing again finds nothing to undo.
        namespace.run(|| Nftables::new().undo(&changes)).unwrap();
        prop_assert_eq!(observe(&namespace).generation, undone.generation);
    }

    #[test]
    fn the_inverse_of_all_changes_is_the_way_back((Random(old), Random(new)) in edited()) {
        let Some(namespace) = netns::for_test() else { return Ok(()) };
        converge(&namespace, &old).unwrap();
        let changes = converge(&namespace, &new).unwrap();
        let inverse: Vec<Change> = changes.iter().rev().map(Change::inverse).collect();
        namespace.run(|| Nftables::new().apply(&inverse)).unwrap();
        assert_same(&old, &observe(&namespace).state);
    }

    #[test]
    fn a_serialised_state_reads_back_as_it_was(Random(state) in states()) {
        let json = serde_json::to_string(&state).unwrap();
        let back: State = serde_json::from_str(&json).unwrap();
        assert_same(&state, &back);
    }

    #[test]
    fn making_a_rule_of_its_own_statements_changes_nothing(Random(state) in states()) {
        for chain in state.tables.values().flat_map(|table| table.chains.values()) {
            for rule in &chain.rules {
                let again = Rule::new(rule.origin(), rule.statements().iter().cloned()).unwrap();
                prop_assert_eq!(again.statements(), rule.statements());
            }
        }
    }
}
