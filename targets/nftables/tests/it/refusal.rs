//! Transactions that are refused: nothing changes, and the object at fault is named.

use crate::build::{base_chain, input, name, origin, rule, rule_at};
use crate::kernel::{converge, nft, observe};
use rosc_nftables::select::{ip, ip6, tcp};
use rosc_nftables::{Chain, ChainType, Family, Hook, Nat, NatFlags, Nftables, SetName, State, Verdict, kind};
use rosc_target::{Origin, Target, TargetError, netns};
use std::net::Ipv6Addr;

fn refused(desired: &State) -> Option<TargetError> {
    let namespace = netns::for_test()?;
    converge(&namespace, &input([rule([Verdict::Accept.into()])])).unwrap();
    let before = nft(&namespace, &["--handle", "list", "ruleset"], "");
    let generation = observe(&namespace).generation;
    let error = converge(&namespace, desired).unwrap_err();
    assert_eq!(nft(&namespace, &["--handle", "list", "ruleset"], ""), before);
    // New sets are made before the rules are refused, and taken away again.
    if desired.tables.values().all(|table| table.sets.is_empty()) {
        assert_eq!(observe(&namespace).generation, generation);
    }
    Some(error)
}

#[test]
fn a_rule_that_the_kernel_refuses_names_its_line() {
    let rules = (1..=200).map(|line| match line {
        137 => rule_at(line, [Verdict::Jump(name("u_missing")).into()]),
        _ => rule_at(line, [tcp::dport().eq(80u16)]),
    });
    let Some(error) = refused(&input(rules)) else { return };
    assert!(error.origin.unwrap().is_same_place(origin(137)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "add rule ip rosc filter_input counter jump u_missing: No such file or directory"
    );
    assert_eq!(error.errno, Some(2));
}

#[test]
fn a_rule_that_nft_refuses_names_its_line() {
    let of_the_other_family = rule_at(2, [ip6::saddr().eq(Ipv6Addr::LOCALHOST)]);
    let desired = input([rule_at(1, [tcp::dport().eq(80u16)]), of_the_other_family]);
    let Some(error) = refused(&desired) else { return };
    assert!(error.origin.unwrap().is_same_place(origin(2)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "add rule ip rosc filter_input ip6 saddr ::1 counter: conflicting protocols specified: ip vs. ip6"
    );
}

#[test]
fn a_loop_of_chains_names_a_rule_of_it() {
    let mut desired = input([rule_at(1, [Verdict::Jump(name("u_a")).into()])]);
    let table = desired.table(Family::Ip);
    table.chain(&name("u_a")).rules = vec![rule_at(2, [Verdict::Jump(name("u_b")).into()])];
    table.chain(&name("u_b")).rules = vec![rule_at(3, [Verdict::Jump(name("u_a")).into()])];
    let Some(error) = refused(&desired) else { return };
    assert!(error.origin.is_some(), "{error:?}");
    assert_eq!((error.errno, error.message.as_str()), (Some(31), "Too many links"));
}

#[test]
fn a_chain_that_the_kernel_refuses_names_its_line() {
    let mut desired = input([]);
    // There is no NAT before connection tracking.
    let chain = base_chain(ChainType::Nat, Hook::Prerouting, -250, []);
    desired.table(Family::Ip).chains.insert(name("c_nat"), Chain { origin: origin(5), ..chain });
    let Some(error) = refused(&desired) else { return };
    assert!(error.origin.unwrap().is_same_place(origin(5)), "{error:?}");
    assert_eq!(error.to_string(), "add chain ip rosc c_nat: Operation not supported");
}

#[test]
fn a_rule_in_a_chain_of_the_wrong_type_names_its_line() {
    let masquerade = rule_at(4, [Nat::Masquerade(None, NatFlags::NONE).into()]);
    let Some(error) = refused(&input([masquerade])) else { return };
    assert!(error.origin.unwrap().is_same_place(origin(4)), "{error:?}");
    assert_eq!(error.errno, Some(95));
}

#[test]
fn a_rule_that_looks_into_a_set_of_another_type_names_its_line() {
    let mut desired = input([rule_at(3, [ip::saddr().in_set(&SetName::new("u_list").unwrap())])]);
    let ports = SetName::<kind::Port>::new("u_list").unwrap();
    desired.table(Family::Ip).add_set(Origin::IMPLIED, &ports, [80u16].into_iter().collect());
    let Some(error) = refused(&desired) else { return };
    assert!(error.origin.unwrap().is_same_place(origin(3)), "{error:?}");
}

#[test]
fn a_set_that_is_still_used_cannot_go() {
    let Some(namespace) = netns::for_test() else { return };
    let list = SetName::<kind::AddressV4>::new("u_list").unwrap();
    let mut state = input([rule([ip::saddr().in_set(&list)])]);
    state.table(Family::Ip).sets.insert(
        list.name().clone(),
        rosc_nftables::Set::new::<kind::AddressV4>(origin(9), Default::default()),
    );
    converge(&namespace, &state).unwrap();
    let observed = observe(&namespace);
    let mut without = state.clone();
    without.table(Family::Ip).sets.clear();
    let diff = Nftables::diff(&without, &observed);
    let error = namespace.run(|| Nftables::new().apply(&diff.changes)).unwrap_err();
    assert_eq!(error.to_string(), "delete set ip rosc u_list: Device or resource busy");
}

#[test]
fn an_nft_that_is_too_old_is_refused_before_anything_is_done() {
    let Some(namespace) = netns::for_test() else { return };
    let old = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/old-nft");
    let error = namespace.run(|| Nftables::with_program(old).observe()).unwrap_err();
    assert_eq!(error.message, "version 0.9.8 is too old: 1.0.6 is needed");
}

#[test]
fn a_crash_of_nft_is_no_success() {
    let Some(namespace) = netns::for_test() else { return };
    let crashing = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/crashing-nft");
    let error = namespace.run(|| {
        let mut target = Nftables::with_program(crashing);
        let observed = target.observe().unwrap();
        let diff = Nftables::diff(&input([]), &observed);
        target.apply(&diff.changes).unwrap_err()
    });
    assert_eq!(error.to_string(), "add table ip rosc: nft ended with signal: 11 (SIGSEGV)");
}
