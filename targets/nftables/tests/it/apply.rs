//! Applying changes: what did not change is not touched.

use crate::build::{base_chain, input, interface, name, rule, rules_of};
use crate::kernel::{converge, nft, observe};
use rosc_nftables::select::{ip, meta, tcp};
use rosc_nftables::{
    Action, ChainType, Change, Family, Hook, Interval, Nftables, Ranges, Rule, SetName, State, Verdict, kind,
};
use rosc_target::{Origin, Target, netns};
use std::net::Ipv4Addr;

fn accept_port(port: u16) -> Rule {
    rule([tcp::dport().eq(port), Verdict::Accept.into()])
}

/// nft's listing of the rules with their handles and counters, by destination port.
fn listed(namespace: &netns::NetNs) -> Vec<String> {
    let listing = nft(namespace, &["--handle", "list", "table", "ip", "rosc"], "");
    listing.lines().filter(|line| line.contains("tcp dport")).map(|line| line.trim().to_owned()).collect()
}

fn addresses(texts: &[&str]) -> Ranges<Ipv4Addr> {
    texts.iter().map(|text| text.parse::<Interval<Ipv4Addr>>().unwrap()).collect()
}

fn with_set(elements: &[&str], rules: impl IntoIterator<Item = Rule>) -> State {
    let mut state = input(rules);
    let name = SetName::<kind::AddressV4>::new("u_list").unwrap();
    state.table(Family::Ip).add_set(Origin::IMPLIED, &name, addresses(elements));
    state
}

#[test]
fn an_edit_of_one_rule_keeps_handles_and_counters_of_the_others() {
    let Some(namespace) = netns::for_test() else { return };
    let script = "table ip rosc {\nchain filter_input {\ntype filter hook input priority 0; policy accept;
        tcp dport 1 counter packets 11 bytes 110 accept
        tcp dport 2 counter packets 22 bytes 220 accept
        tcp dport 3 counter packets 33 bytes 330 accept\n}\n}\n";
    nft(&namespace, &["-f", "-"], script);
    let before = listed(&namespace);

    converge(&namespace, &input([accept_port(1), accept_port(7), accept_port(3)])).unwrap();
    let after = listed(&namespace);
    assert_eq!(after[0], before[0]);
    assert!(after[1].starts_with("tcp dport 7 counter packets 0 bytes 0 accept"), "{after:?}");
    assert_eq!(after[2], before[2]);

    // A rule in front, one in the middle, one at the end.
    let ports = [9, 1, 8, 7, 3, 6];
    converge(&namespace, &input(ports.map(accept_port))).unwrap();
    let wider = listed(&namespace);
    assert_eq!([&wider[1], &wider[3], &wider[4]], [&after[0], &after[1], &after[2]]);
    let order: Vec<_> = rules_of(&observe(&namespace).state).iter().map(ToString::to_string).collect();
    let wanted = ports.map(|port| format!("tcp dport {port} counter"));
    assert!(order.iter().zip(&wanted).all(|(found, wanted)| found.starts_with(wanted)), "{order:?}");
}

#[test]
fn a_moved_rule_goes_on_counting() {
    let Some(namespace) = netns::for_test() else { return };
    let script = "table ip rosc {\nchain filter_input {\ntype filter hook input priority 0; policy accept;
        tcp dport 1 counter packets 11 bytes 110 accept\ntcp dport 2 counter accept\ntcp dport 3 counter accept\n}\n}\n";
    nft(&namespace, &["-f", "-"], script);
    converge(&namespace, &input([2, 3, 1].map(accept_port))).unwrap();
    assert!(listed(&namespace)[2].starts_with("tcp dport 1 counter packets 11 bytes 110 accept"));
}

#[test]
fn applying_what_is_there_changes_nothing() {
    let Some(namespace) = netns::for_test() else { return };
    let state = with_set(&["192.0.2.0/24"], [accept_port(1)]);
    assert!(!converge(&namespace, &state).unwrap().is_empty());
    let generation = observe(&namespace).generation;
    assert_eq!(converge(&namespace, &state).unwrap(), []);
    assert_eq!(observe(&namespace).generation, generation);
}

#[test]
fn observing_an_empty_namespace_finds_nothing() {
    let Some(namespace) = netns::for_test() else { return };
    assert_eq!(*observe(&namespace).state, State::default());
}

#[test]
fn only_the_elements_that_differ_are_changed() {
    let Some(namespace) = netns::for_test() else { return };
    converge(&namespace, &with_set(&["192.0.2.0/24", "198.51.100.1"], [])).unwrap();
    // One interval grows, one splits, one comes.
    let wanted = with_set(&["192.0.2.0/25", "192.0.2.200", "198.51.100.0/31", "203.0.113.5"], []);
    let changes = converge(&namespace, &wanted).unwrap();
    let [Change { action: Action::EditSet { removed, added, .. }, .. }] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    assert_eq!((removed.len(), added.len()), (2, 4));
    assert_eq!(*observe(&namespace).state, wanted);
    let changes =
        converge(&namespace, &with_set(&["192.0.2.0/25", "192.0.2.200", "198.51.100.0/31"], [])).unwrap();
    assert_eq!(changes[0].to_string(), "~ set ip rosc u_list: +0 -1 elements");
}

#[test]
fn elements_that_somebody_added_beside_ours_can_be_removed() {
    let Some(namespace) = netns::for_test() else { return };
    converge(&namespace, &with_set(&["192.0.2.0/25"], [])).unwrap();
    // The state holds the two neighbours as one interval, which the kernel does not have.
    nft(&namespace, &["add", "element", "ip", "rosc", "u_list", "{ 192.0.2.128/25 }"], "");
    let wanted = with_set(&["192.0.2.0/24", "198.51.100.1"], []);
    converge(&namespace, &wanted).unwrap();
    assert_eq!(*observe(&namespace).state, wanted);
    let wanted = with_set(&["192.0.2.0/25"], []);
    converge(&namespace, &wanted).unwrap();
    assert_eq!(*observe(&namespace).state, wanted);
}

#[test]
fn a_wildcard_can_leave_a_set() {
    let Some(namespace) = netns::for_test() else { return };
    let with = |texts: &[&str]| {
        let mut state = State::default();
        let name = SetName::<kind::Interface>::new("u_lan").unwrap();
        let names = texts.iter().map(|text| interface(text)).collect();
        state.table(Family::Ip).add_set(Origin::IMPLIED, &name, names);
        state
    };
    converge(&namespace, &with(&["lan", "ppp*"])).unwrap();
    converge(&namespace, &with(&["lan", "ppp1"])).unwrap();
    assert_eq!(*observe(&namespace).state, with(&["lan", "ppp1"]));
}

#[test]
fn a_set_of_another_type_takes_its_rules_with_it() {
    let Some(namespace) = netns::for_test() else { return };
    let by_address = ip::saddr().in_set(&SetName::new("u_list").unwrap());
    converge(&namespace, &with_set(&["192.0.2.1"], [rule([by_address]), accept_port(1)])).unwrap();
    let kept = listed(&namespace);

    let ports = SetName::<kind::Port>::new("u_list").unwrap();
    let mut wanted = input([rule([tcp::dport().in_set(&ports)]), accept_port(1)]);
    wanted.table(Family::Ip).add_set(Origin::IMPLIED, &ports, [80u16].into_iter().collect());
    converge(&namespace, &wanted).unwrap();
    assert_eq!(*observe(&namespace).state, wanted);
    assert_eq!(listed(&namespace)[1], kept[0]);
}

#[test]
fn a_chain_with_another_priority_is_made_anew_and_goes_on_counting() {
    let Some(namespace) = netns::for_test() else { return };
    let with = |priority| {
        let mut state = State::default();
        let chain = base_chain(ChainType::Filter, Hook::Input, priority, [accept_port(1)]);
        state.table(Family::Ip).chains.insert(name("c_in"), chain);
        state
    };
    let script = "table ip rosc {\nchain c_in {\ntype filter hook input priority 0; policy accept;
        tcp dport 1 counter packets 11 bytes 110 accept\n}\n}\n";
    nft(&namespace, &["-f", "-"], script);
    let changes = converge(&namespace, &with(5)).unwrap();
    let lines: Vec<_> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "- chain ip rosc c_in: filter input 0 accept, 1 rule",
            "+ chain ip rosc c_in: filter input 5 accept, 1 rule"
        ]
    );
    assert_eq!(*observe(&namespace).state, with(5));
    assert!(listed(&namespace)[0].starts_with("tcp dport 1 counter packets 11 bytes 110 accept"));
}

#[test]
fn a_base_chain_can_become_one_to_jump_to_and_back() {
    let Some(namespace) = netns::for_test() else { return };
    let with = |outer: &str, inner: &str| {
        let mut state = State::default();
        let jump = rule([Verdict::Jump(name(inner)).into()]);
        let table = state.table(Family::Ip);
        table.chain(&name(inner)).rules = vec![accept_port(1)];
        table.chains.insert(name(outer), base_chain(ChainType::Filter, Hook::Input, 0, [jump]));
        state
    };
    converge(&namespace, &with("c_a", "c_b")).unwrap();
    converge(&namespace, &with("c_b", "c_a")).unwrap();
    assert_eq!(*observe(&namespace).state, with("c_b", "c_a"));
}

#[test]
fn a_state_that_is_empty_again_leaves_no_table() {
    let Some(namespace) = netns::for_test() else { return };
    converge(&namespace, &with_set(&["192.0.2.1"], [accept_port(1)])).unwrap();
    let changes = converge(&namespace, &State::default()).unwrap();
    assert_eq!(changes.last().unwrap().to_string(), "- table ip rosc");
    assert_eq!(nft(&namespace, &["list", "ruleset"], ""), "");
}

#[test]
fn handles_from_the_last_observing_are_used_only_if_nothing_changed_since() {
    let Some(namespace) = netns::for_test() else { return };
    converge(&namespace, &input([accept_port(1), accept_port(2)])).unwrap();
    namespace.run(|| {
        let mut target = Nftables::new();
        let observed = target.observe().unwrap();
        let diff = Nftables::diff(&input([accept_port(1)]), &observed);
        // The table is made anew with the same rules, whose handles are others.
        nft_here("delete table ip rosc");
        converge_here(&input([accept_port(1), accept_port(2)]));
        target.apply(&diff.changes).unwrap();
        assert_eq!(*target.observe().unwrap().state, input([accept_port(1)]));
    });
}

#[test]
fn a_chain_that_changed_since_the_plan_is_left_alone() {
    let Some(namespace) = netns::for_test() else { return };
    converge(&namespace, &input([accept_port(1), accept_port(2)])).unwrap();
    namespace.run(|| {
        let mut target = Nftables::new();
        let observed = target.observe().unwrap();
        let diff = Nftables::diff(&input([accept_port(1)]), &observed);
        nft_here("insert rule ip rosc filter_input tcp dport 9 drop");
        let error = target.apply(&diff.changes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "edit chain ip rosc filter_input: it is not as it was when the changes were planned; plan them again"
        );
        assert_eq!(rules_of(&target.observe().unwrap().state).len(), 3);
    });
}

/// Rules of other tables with sets of code points make nft 1.0.6 crash where a rule is placed before another.
#[test]
fn a_rule_can_be_inserted_beside_rules_that_nft_crashes_on() {
    let Some(namespace) = netns::for_test() else { return };
    nft(&namespace, &["-f", "-"], "table inet other {\nchain c {\nip dscp { cs1, ef } counter\n}\n}\n");
    converge(&namespace, &input([accept_port(1), accept_port(3)])).unwrap();
    let wanted = input([accept_port(1), accept_port(2), accept_port(3)]);
    converge(&namespace, &wanted).unwrap();
    assert_eq!(*observe(&namespace).state, wanted);
}

#[test]
fn a_rule_about_an_interface_that_is_not_there_is_loaded() {
    let Some(namespace) = netns::for_test() else { return };
    let wanted = input([rule([meta::iifname().eq(interface("ppp*")), Verdict::Drop.into()])]);
    converge(&namespace, &wanted).unwrap();
    assert_eq!(*observe(&namespace).state, wanted);
}

fn nft_here(command: &str) {
    assert!(std::process::Command::new("nft").arg(command).status().unwrap().success());
}

fn converge_here(desired: &State) {
    let mut target = Nftables::new();
    let observed = target.observe().unwrap();
    target.apply(&Nftables::diff(desired, &observed).changes).unwrap();
}

/// Between its two generations of rules the kernel fills interval sets last: a packet that met a rule together with its set
/// would find it empty.
#[test]
fn a_set_is_there_before_the_rules_that_look_into_it_and_goes_after_them() {
    let Some(namespace) = netns::for_test() else { return };
    let list = SetName::<kind::AddressV4>::new("u_list").unwrap();
    let with = with_set(&["192.0.2.0/24"], [rule([ip::saddr().in_set(&list), Verdict::Drop.into()])]);
    let without = input([accept_port(80)]);
    converge(&namespace, &without).unwrap();
    for wanted in [&with, &without] {
        let before = observe(&namespace).generation;
        converge(&namespace, wanted).unwrap();
        let after = observe(&namespace);
        assert_eq!(*after.state, *wanted);
        assert!(after.generation.wrapping_sub(before) >= 2, "rules and set in one transaction");
    }
}
