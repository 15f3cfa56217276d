//! What the kernel compares, as nft's list can't tell: fields that nft merged into one comparison are listed apart.

use crate::build::{base_chain, name, rule};
use crate::kernel::{converge, nft};
use rosc_nftables::select::{ether, icmp, icmpv6, ip, ip6, port, tcp};
use rosc_nftables::{
    ChainType, Dscp, Family, Hook, Interval, MacAddress, Protocol, State, Statement, TcpFlags, Transport,
};
use rosc_target::netns;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Makes a match that wants a field to be unequal to a value, which is another one for every number.
type Unequal = fn(u8) -> Statement;

fn dscp(number: u8) -> Dscp {
    Dscp::new(number).unwrap()
}

fn protocol(number: u8) -> Protocol {
    // None of them is TCP, which would contradict the ports.
    Protocol(200 + number)
}

fn v4(number: u8) -> Interval<Ipv4Addr> {
    Ipv4Addr::new(192, 0, 2, number).into()
}

fn v6(number: u8) -> Interval<Ipv6Addr> {
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number.into()).into()
}

/// Any three matches of these, in every order, each with a value of its own.
fn triples(fields: &[Unequal]) -> impl Iterator<Item = [Statement; 3]> {
    let pairs = fields.iter().flat_map(|first| fields.iter().map(move |second| (first, second)));
    pairs.flat_map(|(first, second)| fields.iter().map(move |third| [first(1), second(2), third(3)]))
}

#[test]
fn each_of_several_unequal_fields_is_compared_by_itself() {
    let Some(namespace) = netns::for_test() else { return };
    let transport: [Unequal; 3] = [
        |n| port::sport(Transport::Tcp).ne(u16::from(n)),
        |n| port::dport(Transport::Tcp).ne(u16::from(n)),
        |_| tcp::flags().masked_ne(TcpFlags::SYN | TcpFlags::ACK, TcpFlags::SYN),
    ];
    let of_v4: [Unequal; 7] = [
        |n| ip::saddr().ne(v4(n)),
        |n| ip::daddr().ne(v4(n)),
        |n| ip::ttl().ne(n),
        |n| ip::protocol().ne(protocol(n)),
        |n| ip::dscp().ne(dscp(n)),
        |_| ip::later_fragment().exists(),
        |n| ether::saddr().ne(MacAddress([0, 0, 0x5e, 0, 0x53, n])),
    ];
    let of_v6: [Unequal; 5] = [
        |n| ip6::saddr().ne(v6(n)),
        |n| ip6::daddr().ne(v6(n)),
        |n| ip6::hoplimit().ne(n),
        |n| ip6::dscp().ne(dscp(n)),
        |n| ether::saddr().ne(MacAddress([0, 0, 0x5e, 0, 0x53, n])),
    ];
    let icmp: [Unequal; 2] = [|n| icmp::type_().ne(n), |n| icmp::code().ne(n)];
    let icmpv6: [Unequal; 2] = [|n| icmpv6::type_().ne(n), |n| icmpv6::code().ne(n)];
    for (family, fields, transport) in [
        (Family::Ip, &of_v4[..], &transport[..]),
        (Family::Ip6, &of_v6[..], &transport[..]),
        (Family::Ip, &of_v4[..], &icmp[..]),
        (Family::Ip6, &of_v6[..], &icmpv6[..]),
    ] {
        let fields: Vec<Unequal> = fields.iter().chain(transport).copied().collect();
        let rules: Vec<_> = triples(&fields).map(rule).collect();
        let mut state = State::default();
        let chain = base_chain(ChainType::Filter, Hook::Input, 0, rules.iter().cloned());
        state.table(family).chains.insert(name("filter_input"), chain);
        converge(&namespace, &state).unwrap();

        let listed = nft(&namespace, &["--debug=netlink", "list", "table", &family.to_string(), "rosc"], "");
        let instructions = listed.split("\n\n").filter(|block| block.contains("filter_input"));
        let instructions: Vec<&str> = instructions.filter(|block| block.contains("[ counter")).collect();
        assert_eq!(instructions.len(), rules.len(), "{listed}");
        for (rule, instructions) in rules.iter().zip(instructions) {
            let is_comparison = |line: &&str| line.contains("cmp neq") || line.contains("lookup");
            let compared = instructions.lines().filter(is_comparison).count();
            let wanted = rule.statements().iter().filter(|one| matches!(one, Statement::Match(_))).count();
            assert_eq!(compared, wanted, "{rule}\n{instructions}");
        }
    }
}
