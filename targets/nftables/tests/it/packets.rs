//! What the rules do to packets.

use crate::build::{base_chain, input, name, rule};
use crate::kernel::{converge, observe};
use rosc_nftables::select::{self, ct, ether, icmp, ip, meta, port, route, udp};
use rosc_nftables::{
    AddressType, ChainType, Family, Hook, InterfaceName, Interfaces, Interval, IpField, Limit, LimitPer,
    MacAddress, Mark, Payload, Point, PortField, Protocol, Ranges, Rule, SecondOfDay, SetMark, SetName,
    State, Transport, Weekday, kind, text,
};
use rosc_target::netns::NetNs;
use rosc_target::{Origin, netns};
use std::io::Write;
use std::net::UdpSocket;
use std::num::NonZeroU32;
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// Sends packets over the loopback interface, each from another port, to port 9 of the same address.
fn send(namespace: &NetNs, count: usize) {
    namespace.run(|| {
        assert!(Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap().success());
        for _ in 0..count {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.send_to(b"x", "127.0.0.1:9").unwrap();
        }
    });
}

/// What each rule of the chain `c_out` has counted, after as many packets.
fn counted(namespace: &NetNs, rules: Vec<Rule>, change: impl FnOnce(&mut State), packets: usize) -> Vec<u64> {
    let mut state = State::default();
    // Only requests: the answers of a closed port leave as ICMP.
    state
        .table(Family::Ip)
        .chains
        .insert(name("c_out"), base_chain(ChainType::Filter, Hook::Output, 0, rules));
    change(&mut state);
    converge(namespace, &state).unwrap();
    send(namespace, packets);
    let observed = observe(namespace);
    let rules = &observed.state.tables[&Family::Ip].chains[&name("c_out")].rules;
    rules.iter().map(|rule| rule.counter().unwrap().packets).collect()
}

#[test]
fn the_buckets_of_a_hash_share_all_packets() {
    let Some(namespace) = netns::for_test() else { return };
    let ports = [PortField::Sport, PortField::Dport].map(|field| Payload::Port(Transport::Any, field));
    let over = [Payload::Ip(IpField::Saddr), Payload::Ip(IpField::Daddr)].into_iter().chain(ports);
    let hash = select::jhash(over, 3, 7).unwrap();
    let udp_or_tcp = || meta::l4proto().one_of([Protocol::TCP, Protocol::UDP]).unwrap();
    let rules = (0..3).map(|bucket| rule([udp_or_tcp(), hash.clone().eq(bucket).unwrap()]));
    let counts = counted(&namespace, rules.collect(), |_| {}, 300);
    assert_eq!(counts.iter().sum::<u64>(), 300, "{counts:?}");
    assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
}

#[test]
fn every_turn_of_a_number_generator_gets_its_share() {
    let Some(namespace) = netns::for_test() else { return };
    let third = rule([select::numgen_inc(3).unwrap().eq(0).unwrap(), udp::dport().eq(9u16)]);
    // Packets to other ports do not count as turns, wherever the match was written.
    let none = rule([select::numgen_inc(3).unwrap().eq(0).unwrap(), udp::dport().eq(10u16)]);
    // Nor do the answers of the closed port, which are ICMP.
    let all = select::jhash([Payload::Port(Transport::Udp, PortField::Dport)], 2, 7).unwrap();
    let all = all.one_of(Ranges::from(Interval::new(0, 1).unwrap())).unwrap();
    let hashed = rule([select::numgen_inc(2).unwrap().eq(0).unwrap(), all]);
    assert_eq!(counted(&namespace, vec![third, none, hashed], |_| {}, 30), [10, 0, 15]);
}

#[test]
fn fields_of_a_mark_do_not_disturb_each_other() {
    let Some(namespace) = netns::for_test() else { return };
    let (low, high) = (NonZeroU32::new(0xffff).unwrap(), NonZeroU32::new(0xffff_0000).unwrap());
    let rules = vec![
        rule([udp::dport().eq(9u16), SetMark::field(Mark::Packet, low, 7).into()]),
        rule([udp::dport().eq(9u16), SetMark::field(Mark::Packet, high, 0x5_0000).into()]),
        rule([meta::mark().masked(low).eq(7u32)]),
        rule([meta::mark().masked(high).eq(0x5_0000u32)]),
        rule([meta::mark().eq(0x5_0007u32)]),
        rule([meta::mark().eq(0x5_0007u32), SetMark::field(Mark::Packet, low, 0).into()]),
        rule([meta::mark().masked(low).eq(0u32), udp::dport().eq(9u16)]),
        rule([udp::dport().eq(9u16), SetMark::field(Mark::Connection, low, 3).into()]),
        rule([ct::mark().eq(3u32), udp::dport().eq(9u16), SetMark::copied(Mark::Packet, low).into()]),
        rule([meta::mark().eq(3u32), udp::dport().eq(9u16)]),
    ];
    assert_eq!(counted(&namespace, rules, |_| {}, 5), [5; 10]);
}

#[test]
fn sets_and_types_of_addresses_match() {
    let Some(namespace) = netns::for_test() else { return };
    let lan = SetName::<kind::Interface>::new("u_lan").unwrap();
    let list = SetName::<kind::AddressV4>::new("u_list").unwrap();
    let request = || udp::dport().eq(9u16);
    let rules = vec![
        rule([request(), meta::oifname().in_set(&lan)]),
        rule([request(), meta::oifname().eq(InterfaceName::new("l*").unwrap())]),
        rule([request(), ip::daddr().in_set(&list)]),
        rule([request(), ip::daddr().not_in_set(&list)]),
        rule([request(), route::daddr_type().one_of([AddressType::Local, AddressType::Broadcast]).unwrap()]),
        rule([request(), route::saddr_type().eq(AddressType::Unicast)]),
        rule([request(), port::sport(Transport::Udp).ge(1024)]),
    ];
    let add_sets = |state: &mut State| {
        let names: Interfaces =
            ["lo", "ppp*"].map(|name| InterfaceName::new(name).unwrap()).into_iter().collect();
        state.table(Family::Ip).add_set(Origin::IMPLIED, &lan, names);
        let addresses: Ranges<_> =
            ["127.0.0.0/8".parse::<rosc_nftables::Interval<_>>().unwrap()].into_iter().collect();
        state.table(Family::Ip).add_set(Origin::IMPLIED, &list, addresses);
    };
    assert_eq!(counted(&namespace, rules, add_sets, 4), [4, 4, 4, 0, 4, 0, 4]);
}

#[test]
fn bytes_of_connections_and_fields_of_icmp_match() {
    let Some(namespace) = netns::for_test() else { return };
    // A request has 29 bytes; the answer of a closed port belongs to its connection.
    let request = || udp::dport().eq(9u16);
    let rules = vec![
        rule([request(), ct::bytes().ge(29)]),
        rule([request(), ct::bytes().eq(29u64)]),
        rule([request(), ct::bytes().lt(29).unwrap()]),
        rule([request(), ct::bytes().ge(1 << 63)]),
        rule([icmp::type_().eq(3u8), icmp::code().eq(3u8)]),
        rule([icmp::code().ne(3u8)]),
        rule([request(), ip::later_fragment().missing(), route::ipsec().missing()]),
        rule([request(), ether::saddr().ne(MacAddress([0, 0, 0x5e, 0, 0x53, 1]))]),
    ];
    assert_eq!(counted(&namespace, rules, |_| {}, 4), [4, 4, 0, 0, 4, 0, 4, 0]);
}

#[test]
fn a_lot_lets_a_part_of_the_packets_pass() {
    let Some(namespace) = netns::for_test() else { return };
    let lot = |numbers| select::numgen_random(100).unwrap().one_of(numbers).unwrap();
    let some = rule([lot(Ranges::from(Interval::new(0, 29).unwrap())), udp::dport().eq(9u16)]);
    let all = rule([lot(Ranges::from(Interval::new(0, 99).unwrap())), udp::dport().eq(9u16)]);
    let counts = counted(&namespace, vec![some, all], |_| {}, 1000);
    assert!((200..400).contains(&counts[0]) && counts[1] == 1000, "{counts:?}");
}

#[test]
fn a_limit_lets_its_burst_pass_and_the_rest_go_over_it() {
    let Some(namespace) = netns::for_test() else { return };
    let limit = || Limit::packets(1, LimitPer::Week, 4).unwrap();
    // Requests have 29 bytes: two of them fit.
    let bytes = || Limit::bytes(1, LimitPer::Week, 60).unwrap();
    let request = || udp::dport().eq(9u16);
    let rules = vec![
        rule([limit().into(), request()]),
        rule([limit().over().into(), request()]),
        rule([bytes().into(), request()]),
        rule([bytes().over().into(), request()]),
        // Packets that do not fulfil the other matches take nothing from the burst.
        rule([limit().into(), udp::dport().eq(10u16)]),
    ];
    assert_eq!(counted(&namespace, rules, |_| {}, 9), [4, 5, 2, 7, 0]);
}

#[test]
fn times_are_those_of_the_packet_in_utc() {
    let Some(namespace) = netns::for_test() else { return };
    const DAYS: [Weekday; 7] = [
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
    ];
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    // The test may run over midnight.
    let days = [0, 1].map(|later| DAYS[usize::try_from(now / 86_400 + later).unwrap() % 7]);
    let second = |seconds: u64| SecondOfDay::new(u32::try_from(seconds % 86_400).unwrap()).unwrap();
    let soon = [now, now + 600].map(second);
    let of_soon: Ranges<SecondOfDay> = match Interval::new(soon[0], soon[1]) {
        Some(interval) => interval.into(),
        None => [
            Interval::new(soon[0], SecondOfDay::MAX).unwrap(),
            Interval::new(SecondOfDay::MIN, soon[1]).unwrap(),
        ]
        .into_iter()
        .collect(),
    };
    let request = || udp::dport().eq(9u16);
    let rules = vec![
        rule([request(), meta::day().one_of(days).unwrap()]),
        rule([request(), meta::day().none_of(days).unwrap()]),
        rule([request(), meta::hour().one_of(of_soon.clone()).unwrap()]),
        rule([request(), meta::hour().none_of(of_soon).unwrap()]),
    ];
    assert_eq!(counted(&namespace, rules, |_| {}, 3), [3, 0, 3, 0]);
}

/// nft converts times that it reads and writes from and to the zone of its process.
#[test]
fn times_in_nfts_language_do_not_depend_on_the_zone() {
    let Some(namespace) = netns::for_test() else { return };
    let interval =
        |low, high| Interval::new(SecondOfDay::new(low).unwrap(), SecondOfDay::new(high).unwrap()).unwrap();
    let state = input([
        rule([meta::hour().eq(interval(0, 3600))]),
        rule([meta::hour().one_of(Ranges::from_iter([interval(60, 70), interval(80_000, 86_399)])).unwrap()]),
    ]);
    let script = text::ruleset(&state, &|_| None);
    let loaded = namespace.run(|| {
        let mut nft =
            Command::new("nft").args(["-f", "-"]).env("TZ", "JST-9").stdin(Stdio::piped()).spawn().unwrap();
        nft.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        nft.wait().unwrap()
    });
    assert!(loaded.success());
    assert_eq!(*observe(&namespace).state, state);
}
