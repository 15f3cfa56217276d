//! Flow tables: on a kernel that has them what they do, on another one that it is told.

use crate::build::{base_chain, interface, name, origin, rule};
use crate::kernel::{converge, nft, observe};
use rosc_nftables::select::meta;
use rosc_nftables::{
    ChainType, Change, Counter, Family, Flowtable, Hook, Nftables, Protocol, State, Statement, Verdict, text,
};
use rosc_target::netns::NetNs;
use rosc_target::{Target, netns};
use std::process::Command;

/// A table with one flow table, and a rule that puts connections there.
fn state(devices: &[&str]) -> State {
    let mut state = State::default();
    let table = state.table(Family::Ip);
    let devices = devices.iter().map(|device| interface(device)).collect();
    table.add_flowtable(&name("ft_x"), Flowtable { origin: origin(6), priority: 0, devices });
    let short_cut = [meta::l4proto().eq(Protocol::TCP), Statement::FlowAdd(name("ft_x"))];
    let counted = Statement::Counter(Counter { packets: 7, bytes: 700 });
    let accepts = rule([counted, Verdict::Accept.into()]);
    let rules = [rule(short_cut), accepts];
    table.chains.insert(name("c_forward"), base_chain(ChainType::Filter, Hook::Forward, 0, rules));
    state
}

fn ip(namespace: &NetNs, arguments: &str) {
    let outcome = namespace.run(|| Command::new("ip").args(arguments.split(' ')).status());
    assert!(outcome.unwrap().success(), "ip {arguments}");
}

/// A namespace with two devices, and whether its kernel has flow tables.
#[expect(clippy::print_stdout, reason = "a test that takes the other branch says so")]
fn machine() -> Option<(NetNs, bool)> {
    let namespace = netns::for_test()?;
    for device in ["dev0", "dev1"] {
        ip(&namespace, &format!("link add name {device} type veth peer name far-{device}"));
    }
    let before = namespace.run(|| Nftables::new().generation()).unwrap();
    let missing = namespace.run(|| Nftables::new().missing_flow_tables(Family::ALL)).unwrap();
    assert_eq!(namespace.run(|| Nftables::new().generation()).unwrap(), before, "to ask changes nothing");
    assert_eq!(nft(&namespace, &["list", "ruleset"], ""), "");
    if !missing.is_empty() {
        println!("this kernel has no flow tables for {missing:?}: it is tested that it refuses them");
        let error = converge(&namespace, &state(&["dev0"])).unwrap_err();
        assert!(error.origin.unwrap().is_same_place(origin(6)), "{error:?}");
        assert_eq!(error.to_string(), "add flowtable ip rosc ft_x: No such file or directory");
        assert_eq!(*observe(&namespace).state, State::default());
    }
    Some((namespace, missing.is_empty()))
}

fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_loaded_is_listed_however_it_was_loaded() {
    let Some((namespace, true)) = machine() else { return };
    for devices in [&["dev0", "dev1"][..], &["dev1"], &[]] {
        let wanted = state(devices);
        converge(&namespace, &wanted).unwrap();
        assert_eq!(Nftables::diff(&wanted, &observe(&namespace)).changes, []);
        converge(&namespace, &State::default()).unwrap();
        assert_eq!(*observe(&namespace).state, State::default());
        nft(&namespace, &["-f", "-"], &text::ruleset(&wanted, &|_| Some("edge.rsc:1".to_owned())));
        assert_eq!(Nftables::diff(&wanted, &observe(&namespace)).changes, [], "{devices:?}");
        converge(&namespace, &State::default()).unwrap();
    }
}

#[test]
fn other_devices_take_another_table_and_its_rules_go_on_counting() {
    let Some((namespace, true)) = machine() else { return };
    converge(&namespace, &state(&["dev0"])).unwrap();
    let after = state(&["dev0", "dev1"]);
    let changes = converge(&namespace, &after).unwrap();
    assert_eq!(
        lines(&changes),
        [
            "- flowtable ip rosc ft_x: dev0",
            "+ flowtable ip rosc ft_x: dev0, dev1",
            "~ chain ip rosc c_forward: +1 -1 rules"
        ]
    );
    assert_eq!(Nftables::diff(&after, &observe(&namespace)).changes, []);
    namespace.run(|| Nftables::new().undo(&changes)).unwrap();
    assert_eq!(Nftables::diff(&state(&["dev0"]), &observe(&namespace)).changes, []);
}

#[test]
fn a_device_that_goes_is_missed_although_no_transaction_was_made() {
    let Some((namespace, true)) = machine() else { return };
    let wanted = state(&["dev0", "dev1"]);
    let changes = converge(&namespace, &wanted).unwrap();
    let generation = observe(&namespace).generation;
    let unchanged = || namespace.run(|| Nftables::new().observe_unchanged(generation, &wanted)).unwrap();
    assert!(unchanged().is_some());
    ip(&namespace, "link del dev dev1");
    assert!(unchanged().is_none());
    let without = Nftables::diff(&wanted, &observe(&namespace)).changes;
    assert_eq!(lines(&without)[0], "- flowtable ip rosc ft_x: dev0");
    let error = namespace.run(|| Nftables::new().apply(&without)).unwrap_err();
    assert!(error.origin.unwrap().is_same_place(origin(6)), "{error:?}");
    // What is taken back comes as far as it can.
    let gone = converge(&namespace, &State::default()).unwrap();
    namespace.run(|| Nftables::new().undo(&gone)).unwrap();
    assert_eq!(*observe(&namespace).state, state(&["dev0"]));
    namespace.run(|| Nftables::new().undo(&changes)).unwrap();
    assert_eq!(*observe(&namespace).state, State::default());
}
