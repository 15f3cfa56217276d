//! Sets that rules fill: what gets into them, what that does, and that it stays there.

use crate::build::{base_chain, interface, name, rule};
use crate::kernel::{converge, nft, observe};
use rosc_nftables::select::{ip, meta, udp};
use rosc_nftables::{
    ChainType, Change, CtCount, DynamicType, Family, Hook, IpField, Key, KeyField, Lifetime, Limit, LimitPer,
    Name, Nftables, Payload, PortField, Rule, SetName, SetUpdate, State, Statement, Transport, kind,
};
use rosc_target::netns::NetNs;
use rosc_target::{Origin, Target, netns};
use std::net::UdpSocket;
use std::num::NonZeroU32;
use std::process::Command;

fn saddr() -> KeyField {
    KeyField::whole(Payload::Ip(IpField::Saddr)).unwrap()
}

fn dport() -> KeyField {
    KeyField::whole(Payload::Port(Transport::Udp, PortField::Dport)).unwrap()
}

fn hour() -> Option<NonZeroU32> {
    NonZeroU32::new(3600)
}

/// A table with some dynamic sets, and rules for packets that leave.
fn state(sets: &[(&Name, Key, Lifetime)], rules: impl IntoIterator<Item = Rule>) -> State {
    let mut state = State::default();
    let table = state.table(Family::Ip);
    for (name, key, lifetime) in sets {
        table.add_dynamic_set(Origin::IMPLIED, name, DynamicType::new(key, *lifetime));
    }
    table.chains.insert(name("c_out"), base_chain(ChainType::Filter, Hook::Output, 0, rules));
    state
}

fn request(statements: impl IntoIterator<Item = Statement>) -> Rule {
    let only_requests = [meta::oifname().eq(interface("lo")), udp::dport().le(100)];
    rule(only_requests.into_iter().chain(statements))
}

/// Sends a packet from each address, each from another port, to a port of 127.0.0.1.
fn send(namespace: &NetNs, sources: &[&str], port: u16) {
    namespace.run(|| {
        assert!(Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap().success());
        for source in sources {
            UdpSocket::bind((*source, 0)).unwrap().send_to(b"x", ("127.0.0.1", port)).unwrap();
        }
    });
}

fn counted(namespace: &NetNs) -> Vec<u64> {
    let observed = observe(namespace);
    let rules = &observed.state.tables[&Family::Ip].chains[&name("c_out")].rules;
    rules.iter().map(|rule| rule.counter().unwrap().packets).collect()
}

fn listed(namespace: &NetNs, set: &Name) -> String {
    nft(namespace, &["list", "set", "ip", "rosc", set.as_str()], "")
}

/// Converges, and makes sure that nothing is left to do.
fn reach(namespace: &NetNs, wanted: &State) -> Vec<Change> {
    let changes = converge(namespace, wanted).unwrap();
    let observed = observe(namespace);
    assert_eq!(*observed.state, *wanted);
    assert_eq!(Nftables::diff(wanted, &observed).changes, []);
    changes
}

#[test]
fn an_address_that_a_rule_added_is_found_by_others_and_survives_edits() {
    let Some(namespace) = netns::for_test() else { return };
    let list = SetName::<kind::AddressV4>::new("u_seen").unwrap();
    let sets = [(list.name(), saddr().into(), Lifetime::Timed)];
    let known = || request([ip::saddr().in_set(&list)]);
    let add = || request([udp::dport().eq(7u16), SetUpdate::add(list.name(), saddr(), hour()).into()]);
    reach(&namespace, &state(&sets, [known(), add()]));
    send(&namespace, &["127.0.0.2", "127.0.0.2"], 7);
    send(&namespace, &["127.0.0.3", "127.0.0.2"], 9);
    assert_eq!(counted(&namespace), [2, 2]);
    assert!(listed(&namespace, list.name()).contains("127.0.0.2 timeout 1h"));

    // What is in the set is no difference, and edits of the rules leave it there.
    assert_eq!(reach(&namespace, &state(&sets, [known(), add()])), []);
    let unknown = request([ip::saddr().not_in_set(&list)]);
    let changes = reach(&namespace, &state(&sets, [unknown, known()]));
    send(&namespace, &["127.0.0.3", "127.0.0.2"], 7);
    assert_eq!(counted(&namespace), [1, 3]);
    namespace.run(|| Nftables::new().undo(&changes)).unwrap();
    assert!(listed(&namespace, list.name()).contains("127.0.0.2 timeout 1h"));
    assert_eq!(*observe(&namespace).state, state(&sets, [known(), add()]));
}

#[test]
fn each_element_has_a_limit_of_its_own() {
    let Some(namespace) = netns::for_test() else { return };
    let (meter, over) = (name("u_meter"), name("u_over"));
    let key = || Key::new([saddr(), dport()]).unwrap();
    let net = || KeyField::prefix(Payload::Ip(IpField::Saddr), 31).unwrap();
    let limit = Limit::packets(1, LimitPer::Week, 3).unwrap();
    let rules = [
        request([SetUpdate::update(&meter, key(), hour()).with_limit(limit).into()]),
        request([SetUpdate::add(&over, net(), None).with_limit(limit.over()).into()]),
        // Those that do not fulfil the other matches add nothing.
        request([SetUpdate::add(&over, net(), None).with_limit(limit).into(), ip::ttl().eq(1u8)]),
    ];
    let sets = [(&meter, key(), Lifetime::Timed), (&over, net().into(), Lifetime::Permanent)];
    let wanted = state(&sets, rules);
    reach(&namespace, &wanted);
    send(&namespace, &["127.0.0.2"; 5], 7);
    send(&namespace, &["127.0.0.2"; 2], 9);
    send(&namespace, &["127.0.0.3"; 4], 7);
    // Three to port 7 and two to port 9 from the first, three from the second; of eleven of both, three are not over.
    assert_eq!(counted(&namespace), [3 + 2 + 3, 8, 0]);
    assert_eq!(reach(&namespace, &wanted), []);
    assert!(
        listed(&namespace, &meter).contains("127.0.0.2 . 9 limit rate 1/week burst 3 packets timeout 1h")
    );
    assert!(listed(&namespace, &over).contains("127.0.0.2 limit rate over 1/week burst 3 packets"));
}

#[test]
fn connections_of_each_element_are_counted() {
    let Some(namespace) = netns::for_test() else { return };
    let (few, many) = (name("u_few"), name("u_many"));
    let rules = [
        request([SetUpdate::connections(&few, saddr(), CtCount::up_to(3)).into()]),
        request([SetUpdate::connections(&many, saddr(), CtCount::over(3)).into()]),
    ];
    let sets = [(&few, saddr().into(), Lifetime::Permanent), (&many, saddr().into(), Lifetime::Permanent)];
    let wanted = state(&sets, rules);
    reach(&namespace, &wanted);
    send(&namespace, &["127.0.0.2"; 5], 9);
    send(&namespace, &["127.0.0.3"; 2], 9);
    assert_eq!(counted(&namespace), [3 + 2, 2]);
    assert_eq!(reach(&namespace, &wanted), []);
}

/// The kernel takes limits only into a set that was dynamic from the start, which nft's JSON can't say.
#[test]
fn a_rule_with_a_limit_can_come_long_after_its_set() {
    let Some(namespace) = netns::for_test() else { return };
    let (timed, permanent) = (name("u_timed"), name("u_permanent"));
    let sets = [(&timed, saddr().into(), Lifetime::Timed), (&permanent, dport().into(), Lifetime::Permanent)];
    reach(&namespace, &state(&sets, []));
    let limit = Limit::packets(1, LimitPer::Week, 3).unwrap();
    let rules = [
        request([SetUpdate::update(&timed, saddr(), hour()).with_limit(limit).into()]),
        request([SetUpdate::connections(&permanent, dport(), CtCount::over(3)).into()]),
    ];
    let changes = reach(&namespace, &state(&sets, rules));
    assert_eq!(changes.len(), 1);
}

#[test]
fn a_dynamic_set_of_another_type_takes_its_rules_with_it() {
    let Some(namespace) = netns::for_test() else { return };
    let set = name("u_set");
    let with = |key: KeyField, lifetime| {
        let add = request([SetUpdate::add(&set, key, None).into()]);
        state(&[(&set, key.into(), lifetime)], [add])
    };
    reach(&namespace, &with(saddr(), Lifetime::Permanent));
    send(&namespace, &["127.0.0.2"], 9);
    let changes = reach(&namespace, &with(dport(), Lifetime::Permanent));
    let lines: Vec<_> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "- set ip rosc u_set: ipv4_addr, dynamic",
            "+ set ip rosc u_set: inet_service, dynamic",
            "~ chain ip rosc c_out: +1 -1 rules"
        ]
    );
    reach(&namespace, &with(dport(), Lifetime::Timed));
    namespace.run(|| Nftables::new().undo(&changes)).unwrap();
    assert_eq!(*observe(&namespace).state, with(saddr(), Lifetime::Permanent));

    // And one with elements of the state in its place.
    let list = SetName::<kind::AddressV4>::new("u_set").unwrap();
    let mut wanted = state(&[], [request([ip::saddr().in_set(&list)])]);
    let elements = ["127.0.0.0/8".parse::<rosc_nftables::Interval<_>>().unwrap()].into_iter().collect();
    wanted.table(Family::Ip).add_set(Origin::IMPLIED, &list, elements);
    reach(&namespace, &wanted);
    reach(&namespace, &with(saddr(), Lifetime::Timed));
}

#[test]
fn what_a_dynamic_set_cannot_hold_names_the_rule() {
    let Some(namespace) = netns::for_test() else { return };
    let set = name("u_set");
    for (key, statement) in [
        (dport(), SetUpdate::add(&set, saddr(), None)),
        (saddr(), SetUpdate::connections(&set, saddr(), CtCount::over(3))),
    ] {
        let wanted = state(&[(&set, key.into(), Lifetime::Timed)], [request([statement.into()])]);
        let error = converge(&namespace, &wanted).unwrap_err();
        assert!(error.to_string().starts_with("add rule ip rosc c_out oifname"), "{error}");
    }
}
