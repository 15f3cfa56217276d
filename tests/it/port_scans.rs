//! What of `psd` has no form on Linux, or another one, is said.

use crate::stages::{check, text};

/// The messages about a rule beside the one that every `psd` has.
fn said_of(rule: &str) -> Vec<String> {
    let config = format!("/ip firewall filter add chain=input action=drop {rule}\n");
    let found = check(&text(&config)).into_iter().filter(|found| found.code.as_str() != "R0304");
    found.map(|found| format!("{}: {}", found.code, found.message)).collect()
}

#[test]
fn weights_that_take_few_rules_are_carried_over() {
    for psd in ["21,3s,3,1", "100,1m,11,1", "1000,3s,100,200", "1,3s,500,500", "0,3s,0,0", "5,3s,0,0"] {
        assert_eq!(said_of(&format!("psd={psd}")), [""; 0], "{psd}");
    }
    for others in ["protocol=tcp nth=2,1", "random=50", "protocol=udp dst-port=1-2000 limit=5,5:packet"] {
        assert_eq!(said_of(&format!("psd=21,3s,3,1 {others}")), [""; 0], "{others}");
    }
}

#[test]
fn what_takes_too_many_rules_is_refused() {
    let many = "R0502: psd with these weights of ports takes 12 rules on Linux";
    assert_eq!(said_of("psd=21,3s,12,1"), [many]);
    assert_eq!(said_of("psd=1101,3s,100,1200"), [many]);
    assert_eq!(
        said_of("psd=100000,3s,3,1"),
        ["R0502: the rate or the burst of the limit is too large for the kernel"]
    );
    assert_eq!(
        said_of("psd=21,3s,3,1 nth=2,1"),
        ["R0502: nth or limit together with a matcher that takes several rules on Linux"]
    );
}

#[test]
fn ports_that_weigh_nothing_are_warned_of() {
    let warned = "R0503: psd with ports that weigh nothing, which never match on Linux";
    assert_eq!(said_of("psd=21,3s,0,1"), [warned]);
    assert_eq!(said_of("psd=21,3s,1,0"), [warned]);
}
