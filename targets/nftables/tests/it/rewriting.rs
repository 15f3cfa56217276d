//! Fields that rules set, as the next hook sees them. The kernel drops a packet of IPv4 whose checksum is wrong.

use crate::build::{base_chain, name, rule};
use crate::kernel::{converge, nft, observe};
use rosc_nftables::select::{ip, ip6, meta, udp};
use rosc_nftables::{ChainType, Dscp, Family, Hook, Rule, SetField, State, Statement};
use rosc_target::netns;
use rosc_target::netns::NetNs;
use std::net::UdpSocket;
use std::process::Command;

/// Sets fields of a packet as it leaves, and returns how many matches see them as it comes in.
fn seen(namespace: &NetNs, family: Family, set: &[SetField], matches: Vec<Statement>) -> Vec<u64> {
    let request = || udp::dport().eq(9u16);
    let output: Vec<Rule> = set.iter().map(|set| rule([request(), (*set).into()])).collect();
    let input: Vec<Rule> = matches.into_iter().map(|one| rule([request(), one])).collect();
    let mut state = State::default();
    for (chain, hook, rules) in [("c_in", Hook::Input, input), ("c_out", Hook::Output, output)] {
        state.table(family).chains.insert(name(chain), base_chain(ChainType::Filter, hook, 0, rules));
    }
    converge(namespace, &state).unwrap();
    let address = match family {
        Family::Ip => "127.0.0.1",
        Family::Ip6 => "::1",
    };
    namespace.run(|| {
        assert!(Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap().success());
        UdpSocket::bind((address, 0)).unwrap().send_to(b"x", (address, 9)).unwrap();
    });
    let observed = observe(namespace);
    let rules = &observed.state.tables[&family].chains[&name("c_in")].rules;
    rules.iter().map(|rule| rule.counter().unwrap().packets).collect()
}

#[test]
fn fields_of_ipv4_arrive_as_they_were_set() {
    let Some(namespace) = netns::for_test() else { return };
    nft(
        &namespace,
        &["-f", "-"],
        "table ip other {\ncounter first { }\ncounter second { }\nchain c {\ntype filter hook output priority -5;
        udp dport 9 ip frag-off & 0x4000 != 0 counter name first\n}
        chain d {\ntype filter hook input priority -5;
        udp dport 9 ip frag-off 0 counter name second\n}\n}\n",
    );
    let set = [
        SetField::IpDscp(Dscp::EF),
        SetField::IpTtl(7),
        SetField::IpMayFragment,
        SetField::Priority(0x1_0010),
    ];
    let matches = vec![ip::dscp().eq(Dscp::EF), ip::ttl().eq(7u8), ip::later_fragment().missing()];
    assert_eq!(seen(&namespace, Family::Ip, &set, matches), [1, 1, 1]);
    // It could not be divided before, and can be now.
    let listed = nft(&namespace, &["list", "counters", "table", "ip", "other"], "");
    assert_eq!(listed.matches("packets 1 ").count(), 2, "{listed}");
}

#[test]
fn fields_of_ipv6_arrive_as_they_were_set() {
    let Some(namespace) = netns::for_test() else { return };
    let set = [SetField::Ip6Dscp(Dscp::EF), SetField::Ip6Hoplimit(7)];
    let matches = vec![ip6::dscp().eq(Dscp::EF), ip6::hoplimit().eq(7u8), ip6::hoplimit().ne(7u8)];
    assert_eq!(seen(&namespace, Family::Ip6, &set, matches), [1, 1, 0]);
}

#[test]
fn a_priority_is_seen_by_the_next_rule() {
    let Some(namespace) = netns::for_test() else { return };
    let rules = vec![
        rule([udp::dport().eq(9u16), SetField::Priority(0x1_0010).into()]),
        rule([udp::dport().eq(9u16), meta::priority().eq(0x1_0010u32)]),
    ];
    let mut state = State::default();
    let chain = base_chain(ChainType::Filter, Hook::Output, 0, rules);
    state.table(Family::Ip).chains.insert(name("c_out"), chain);
    converge(&namespace, &state).unwrap();
    namespace.run(|| {
        assert!(Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap().success());
        UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"x", "127.0.0.1:9").unwrap();
    });
    let observed = observe(&namespace);
    let rules = &observed.state.tables[&Family::Ip].chains[&name("c_out")].rules;
    assert!(rules.iter().all(|rule| rule.counter().unwrap().packets == 1), "{rules:?}");
}
