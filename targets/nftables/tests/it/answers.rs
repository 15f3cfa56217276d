//! What comes back to the sender of a packet that was refused.

use crate::build::{base_chain, name, rule};
use crate::kernel::{converge, observe};
use rosc_nftables::select::{icmp, icmpv6, tcp, udp};
use rosc_nftables::{ChainType, Family, Hook, Reject, Rule, State, TcpFlags, Unreachable, Unreachable6};
use rosc_target::netns;
use rosc_target::netns::NetNs;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;

/// A table that has some rules for what comes in and others for what leaves.
fn table(family: Family, input: Vec<Rule>, output: Vec<Rule>) -> State {
    let mut state = State::default();
    for (chain, hook, rules) in [("c_in", Hook::Input, input), ("c_out", Hook::Output, output)] {
        state.table(family).chains.insert(name(chain), base_chain(ChainType::Filter, hook, 0, rules));
    }
    state
}

/// What the rules of `c_out` have counted.
fn counted(namespace: &NetNs, family: Family) -> Vec<u64> {
    let observed = observe(namespace);
    let rules = &observed.state.tables[&family].chains[&name("c_out")].rules;
    rules.iter().map(|rule| rule.counter().unwrap().packets).collect()
}

fn up() {
    assert!(Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap().success());
}

fn send(address: &str, port: u16) {
    // The error of an earlier packet may come with a later one, so each has a socket of its own.
    UdpSocket::bind((address, 0)).unwrap().send_to(b"x", (address, port)).unwrap();
}

#[test]
fn each_reason_of_icmp_reaches_the_sender() {
    let Some(namespace) = netns::for_test() else { return };
    let port = |reason: &Unreachable| 1000 + u16::from(reason.code());
    let refuse = |reason: &Unreachable| rule([udp::dport().eq(port(reason)), Reject::Icmp(*reason).into()]);
    let answer = |reason: &Unreachable| rule([icmp::type_().eq(3u8), icmp::code().eq(reason.code())]);
    let (input, output) = Unreachable::ALL.iter().map(|reason| (refuse(reason), answer(reason))).unzip();
    converge(&namespace, &table(Family::Ip, input, output)).unwrap();
    namespace.run(|| {
        up();
        Unreachable::ALL.iter().for_each(|reason| send("127.0.0.1", port(reason)));
    });
    assert_eq!(counted(&namespace, Family::Ip), [1; 7]);
}

#[test]
fn each_reason_of_icmpv6_reaches_the_sender() {
    let Some(namespace) = netns::for_test() else { return };
    let port = |reason: &Unreachable6| 1000 + u16::from(reason.code());
    let refuse =
        |reason: &Unreachable6| rule([udp::dport().eq(port(reason)), Reject::Icmpv6(*reason).into()]);
    let answer = |reason: &Unreachable6| rule([icmpv6::type_().eq(1u8), icmpv6::code().eq(reason.code())]);
    let (input, output) = Unreachable6::ALL.iter().map(|reason| (refuse(reason), answer(reason))).unzip();
    converge(&namespace, &table(Family::Ip6, input, output)).unwrap();
    namespace.run(|| {
        up();
        Unreachable6::ALL.iter().for_each(|reason| send("::1", port(reason)));
    });
    assert_eq!(counted(&namespace, Family::Ip6), [1; 6]);
}

#[test]
fn a_reset_ends_a_connection_that_would_be_taken() {
    let Some(namespace) = netns::for_test() else { return };
    let input = vec![rule([tcp::dport().eq(9u16), Reject::TcpReset.into()])];
    let output = vec![rule([tcp::sport().eq(9u16), tcp::flags().any_of(TcpFlags::RST)])];
    converge(&namespace, &table(Family::Ip, input, output)).unwrap();
    let outcome = namespace.run(|| {
        up();
        let _listening = TcpListener::bind("127.0.0.1:9").unwrap();
        TcpStream::connect("127.0.0.1:9")
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(counted(&namespace, Family::Ip), [1]);
}
