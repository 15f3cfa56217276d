//! All rules of the tables at once: what is applied is listed as it was wanted, and an edit touches one rule.

use super::{BASE, Case, Family, actions, matchers};
use crate::cli::Files;
use crate::kernel::machine::Box;
use std::fmt::Write;

/// Every matcher in one chain of filter, and every action, in chains of their own menus.
fn everything(edited: &str) -> String {
    let mut text = BASE.to_owned();
    for Case { family, more, rule, .. } in matchers::CASES {
        writeln!(text, "{more}\n{} add chain=forward action=passthrough {rule}", family.menu())
            .expect("a text");
    }
    for actions::Case { lines, .. } in actions::CASES {
        // Each case has a chain `own` for itself.
        writeln!(text, "{lines}").expect("a text");
    }
    for family in [Family::Ip, Family::Ip6] {
        writeln!(text, "{} add chain=input action=drop protocol=tcp dst-port={edited}", family.menu())
            .expect("a text");
    }
    text
}

#[test]
fn a_second_apply_of_every_rule_changes_nothing_and_an_edit_changes_one() {
    let Some(machine) = Box::with_ports(&["wan1", "wan2", "lan", "dmz"]) else { return };
    let files = Files::new([("all.rsc", everything("23")), ("edited.rsc", everything("2323"))]);
    let (all, edited) = (files.path("all.rsc"), files.path("edited.rsc"));
    let first = machine.rosc(&["apply", &all]);
    assert!(
        first.code == Some(0) && first.err.contains("applied and verified"),
        "{}{}",
        first.out,
        first.err
    );
    let second = machine.rosc(&["apply", &all]);
    assert!(
        second.code == Some(0) && second.err.ends_with("nothing to change\n"),
        "{}{}",
        second.out,
        second.err
    );
    let change = machine.rosc(&["diff", &edited]);
    assert_eq!(change.code, Some(2), "{}", change.err);
    let rules: Vec<&str> = change.out.lines().filter(|line| line.contains(" rule ")).collect();
    assert_eq!(rules.len(), 4, "{rules:?}");
    assert!(rules.iter().all(|line| line.contains("filter_input: tcp dport 23")), "{rules:?}");
}
