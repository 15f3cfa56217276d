//! Large sets, which are filled, edited and read without nft: nft finds in them what it would have made itself.

use crate::build::{interface, name, rule};
use crate::kernel::{converge, nft, observe};
use rosc_nftables::select::ip;
use rosc_nftables::{
    Chain, Family, Interval, Nftables, Ranges, SetName, State, Table, Values, Verdict, kind, text,
};
use rosc_target::netns::{NetNs, for_test};
use rosc_target::{Origin, Target};
use std::net::{Ipv4Addr, Ipv6Addr};

/// More than are left to nft.
const MANY: u32 = 3000;

/// A set of each kind; those of addresses are large, and reach from the first one to the last. `others` says which elements
/// of them are other ones.
fn state(others: impl Fn(u32) -> bool) -> State {
    let place = |n: u32| 16 * n + if others(n) { 5 } else { 0 };
    let v4 = (0..MANY).map(|n| {
        let low = place(n);
        Interval::new(Ipv4Addr::from_bits(low), Ipv4Addr::from_bits(low + n % 4)).expect("in order")
    });
    let v4 = v4.chain([Interval::new(Ipv4Addr::new(255, 0, 0, 0), Ipv4Addr::BROADCAST).expect("in order")]);
    let v6 = (1..MANY).map(|n| Interval::from(Ipv6Addr::from_bits(u128::from(place(n)) << 64)));
    let mut table = Table::default();
    let set = SetName::<kind::AddressV4>::new("al_large").expect("a name");
    table.add_set(Origin::IMPLIED, &set, v4.collect());
    let few = SetName::<kind::AddressV4>::new("al_few").expect("a name");
    table.add_set(Origin::IMPLIED, &few, Ranges::from_iter([Ipv4Addr::new(192, 0, 2, 1)]));
    let ports = SetName::<kind::Port>::new("ports").expect("a name");
    table.add_set(Origin::IMPLIED, &ports, Ranges::from_iter([Interval::new(80_u16, 90).expect("in order")]));
    let names = SetName::<kind::Interface>::new("if_WAN").expect("a name");
    table.add_set(Origin::IMPLIED, &names, [interface("ppp*"), interface("wan1")].into_iter().collect());
    let rules = vec![rule([ip::saddr().in_set(&set), Verdict::Drop.into()])];
    table.chains.insert(name("c"), Chain { rules, ..Chain::default() });
    let mut table6 = Table::default();
    let set6 = SetName::<kind::AddressV6>::new("al_large").expect("a name");
    table6.add_set(Origin::IMPLIED, &set6, v6.collect());
    State { tables: [(Family::Ip, table), (Family::Ip6, table6)].into() }
}

/// What nft lists, without handles.
fn listed(namespace: &NetNs) -> String {
    nft(namespace, &["list", "ruleset"], "")
}

fn loaded_by_nft(state: &State) -> String {
    let namespace = NetNs::new().expect("a namespace");
    nft(&namespace, &["--file", "-"], &text::ruleset(state, &|_| None));
    listed(&namespace)
}

#[test]
fn nft_lists_what_it_would_have_loaded() {
    let Some(namespace) = for_test() else { return };
    let first = state(|_| false);
    converge(&namespace, &first).expect("it can be applied");
    assert_eq!(listed(&namespace), loaded_by_nft(&first));
    assert!(converge(&namespace, &first).expect("it can be read").is_empty());
}

#[test]
fn a_few_elements_go_and_come_in_one_transaction() {
    let Some(namespace) = for_test() else { return };
    converge(&namespace, &state(|_| false)).expect("it can be applied");
    let before = observe(&namespace).generation;
    let edited = state(|n| n % 1000 == 7);
    assert_eq!(converge(&namespace, &edited).expect("it can be edited").len(), 2);
    assert_eq!(observe(&namespace).generation, before + 1);
    assert_eq!(listed(&namespace), loaded_by_nft(&edited));
    // What starts at the very first address, and what is more than a few, is left to nft.
    for other in [state(|n| n == 0), state(|n| n % 2 == 1)] {
        converge(&namespace, &other).expect("it can be edited");
        assert_eq!(listed(&namespace), loaded_by_nft(&other));
    }
}

#[test]
fn an_edit_that_the_kernel_refuses_changes_nothing_and_says_where() {
    let Some(namespace) = for_test() else { return };
    let first = state(|_| false);
    converge(&namespace, &first).expect("it can be applied");
    let observed = observe(&namespace);
    let changes = Nftables::diff(&state(|n| n == 7), &observed).changes;
    let error = namespace.run(|| {
        let mut target = Nftables::new();
        target.observe().expect("it can be read");
        // Somebody takes what is to go.
        let of_each = [("ip", "0.0.0.112/30"), ("ip6", "0:0:0:70::")];
        for (family, element) in of_each {
            let element = format!("delete element {family} rosc al_large {{ {element} }}");
            nft(&namespace, &[&element], "");
        }
        target.apply(&changes[..1]).expect_err("it is gone")
    });
    let is_said = error.object.contains("al_large") && error.message.contains("not exist");
    assert!(is_said, "{error:?}");
}

#[test]
fn sets_that_were_filled_go_again_where_the_rest_is_refused() {
    let Some(namespace) = for_test() else { return };
    let mut broken = state(|_| false);
    // To a chain that there is not.
    let lost = rule([Verdict::Jump(name("nowhere")).into()]);
    broken.table(Family::Ip).chain(&name("c")).rules.push(lost);
    let error = converge(&namespace, &broken).expect_err("the kernel refuses it");
    assert!(error.to_string().contains("nowhere"), "{error}");
    assert_eq!(listed(&namespace), "");
    // Where the tables were there before, they stay, and nothing else does.
    let bare = State { tables: [(Family::Ip, Table::default()), (Family::Ip6, Table::default())].into() };
    converge(&namespace, &bare).expect("it can be applied");
    let before = listed(&namespace);
    converge(&namespace, &broken).expect_err("the kernel refuses it");
    assert_eq!(listed(&namespace), before);
}

#[test]
fn every_kind_of_element_is_read_as_nft_lists_it() {
    let Some(namespace) = for_test() else { return };
    let sets = [
        ("ipv4_addr", "0.0.0.0/8, 192.0.2.1, 192.0.2.5-192.0.2.9, 255.255.255.255"),
        ("ipv6_addr", "::/64, 2001:db8::1, 2001:db8::5-2001:db8::9, ffff::/16"),
        ("ifname", "\"lo\", \"eth*\", \"a-name-of-15byt\""),
        ("inet_proto", "0, 6, 17-20, 255"),
        ("inet_service", "0-9, 80, 1024-65535"),
        ("mark", "0x0-0x7, 0x100, 0xff000000-0xffffffff"),
    ];
    let load = |other: &str| {
        let made = sets.map(|(kind, elements)| {
            format!(
                "add set ip rosc s_{kind} {{ type {kind}; flags interval; elements = {{ {elements} }}; }}"
            )
        });
        format!("flush ruleset; add table ip rosc; {other}; {}", made.join("; "))
    };
    // Beside an object that rosc does not know, everything is read by nft alone.
    let read = |other: &str| {
        nft(&namespace, &["--file", "-"], &load(other).replace("; add", "\nadd"));
        let mut sets = observe(&namespace).state.tables[&Family::Ip].sets.clone();
        sets.retain(|name, _| name.as_str().starts_with("s_"));
        sets
    };
    let by_us = read("add chain ip rosc c");
    assert_eq!(by_us, read("add counter ip rosc seen"));
    let count = |values: &Values| values.len();
    let counts: Vec<usize> = by_us.values().map(|set| count(set.elements())).collect();
    assert_eq!(counts, [3, 4, 3, 4, 4, 3], "by name: ifname, inet_proto, inet_service, ipv4, ipv6, mark");
}

#[test]
fn an_element_with_more_to_it_is_read_by_nft() {
    let Some(namespace) = for_test() else { return };
    let ours = "add table ip rosc; add set ip rosc s { type ipv4_addr; flags interval; }; \
                add element ip rosc s { 192.0.2.1 comment \"why\" }";
    nft(&namespace, &[ours], "");
    let state = observe(&namespace).state;
    let elements = state.tables[&Family::Ip].sets[&name("s")].elements().clone();
    assert_eq!(elements, Values::Ipv4(Ranges::from_iter([Ipv4Addr::new(192, 0, 2, 1)])));
}
