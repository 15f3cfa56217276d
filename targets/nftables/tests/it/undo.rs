//! Taking changes back.

use crate::build::{input, name, rule, rules_of};
use crate::kernel::{converge, nft, observe};
use rosc_nftables::select::{tcp, udp};
use rosc_nftables::{Change, Nftables, Rule, Verdict};
use rosc_target::netns::NetNs;
use rosc_target::{Target, netns};

fn accept_port(port: u16) -> Rule {
    rule([tcp::dport().eq(port), Verdict::Accept.into()])
}

fn undo(namespace: &NetNs, changes: &[Change]) {
    namespace.run(|| Nftables::new().undo(changes)).unwrap();
}

#[test]
fn a_deleted_rule_comes_back_with_what_it_had_counted() {
    let Some(namespace) = netns::for_test() else { return };
    let script = "table ip rosc {\nchain filter_input {\ntype filter hook input priority 0; policy accept;
        tcp dport 1 counter packets 11 bytes 110 accept\ntcp dport 2 counter accept\n}\n}\n";
    nft(&namespace, &["-f", "-"], script);
    let changes = converge(&namespace, &input([accept_port(2)])).unwrap();
    assert_eq!(rules_of(&observe(&namespace).state).len(), 1);
    undo(&namespace, &changes);
    let state = observe(&namespace).state;
    let counter = rules_of(&state)[0].counter().unwrap();
    assert_eq!((counter.packets, counter.bytes), (11, 110));
    assert_eq!(*state, input([accept_port(1), accept_port(2)]));
}

#[test]
fn a_hand_written_rule_that_is_not_known_differs_and_comes_back() {
    let Some(namespace) = netns::for_test() else { return };
    let wanted = input([accept_port(1)]);
    converge(&namespace, &wanted).unwrap();
    let rule = "limit rate 3/second meta hour 8:00-10:00 reject with icmp host-prohibited";
    nft(&namespace, &[&format!("insert rule ip rosc filter_input tcp dport 7 {rule}")], "");
    nft(
        &namespace,
        &["add map ip rosc u_map { type ipv4_addr : verdict; elements = { 192.0.2.1 : drop }; }"],
        "",
    );
    nft(&namespace, &["add set ip rosc u_set { type ipv4_addr; flags timeout; }"], "");
    let before = nft(&namespace, &["list", "table", "ip", "rosc"], "");
    assert_ne!(*observe(&namespace).state, wanted);

    let changes = converge(&namespace, &wanted).unwrap();
    let lines: Vec<_> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        ["~ chain ip rosc filter_input: +0 -1 rules", "- map ip rosc u_map", "- set ip rosc u_set"]
    );
    assert_eq!(*observe(&namespace).state, wanted);

    undo(&namespace, &changes);
    let sorted = |listing: &str| {
        let mut lines: Vec<_> = listing.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&nft(&namespace, &["list", "table", "ip", "rosc"], "")), sorted(&before));
}

#[test]
fn undoing_what_never_took_place_changes_nothing() {
    let Some(namespace) = netns::for_test() else { return };
    converge(&namespace, &input([1, 2, 3].map(accept_port))).unwrap();
    let observed = observe(&namespace);
    let mut wanted = input([3, 1, 4].map(accept_port));
    wanted.table(rosc_nftables::Family::Ip6).chain(&name("u_new"));
    let diff = Nftables::diff(&wanted, &observed);
    undo(&namespace, &diff.changes);
    assert_eq!(observe(&namespace).generation, observed.generation);
}

#[test]
fn an_undo_keeps_what_somebody_else_has_added_meanwhile() {
    let Some(namespace) = netns::for_test() else { return };
    converge(&namespace, &input([1, 2, 3].map(accept_port))).unwrap();
    let changes = converge(&namespace, &input([1, 7, 3].map(accept_port))).unwrap();
    nft(&namespace, &["insert rule ip rosc filter_input udp dport 9 counter drop"], "");
    undo(&namespace, &changes);
    let theirs = rule([udp::dport().eq(9u16), Verdict::Drop.into()]);
    let [one, two, three] = [1, 2, 3].map(accept_port);
    let state = observe(&namespace).state;
    let rules = rules_of(&state);
    assert_eq!(rules.len(), 4);
    assert!([theirs, one, two, three].iter().all(|rule| rules.contains(rule)), "{rules:?}");
}
