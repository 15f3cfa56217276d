//! Connection tracking helpers.

use crate::build::{base_chain, name, origin, rule};
use crate::kernel::{converge, observe};
use rosc_nftables::select::{ct, udp};
use rosc_nftables::{
    ChainType, CtHelper, CtState, Family, HelperName, HelperProtocol, Hook, Nftables, Rule, State, Statement,
};
use rosc_target::{Target, netns};
use std::net::UdpSocket;
use std::process::Command;

fn helper(text: &str, protocol: HelperProtocol) -> CtHelper {
    CtHelper { origin: origin(6), helper: HelperName::new(text).unwrap(), protocol }
}

/// A table with one helper, and rules for packets that leave.
fn state(helper: CtHelper, rules: impl IntoIterator<Item = Rule>) -> State {
    let mut state = State::default();
    let table = state.table(Family::Ip);
    table.add_helper(&name("h_x"), helper);
    table.chains.insert(name("c_out"), base_chain(ChainType::Filter, Hook::Output, 0, rules));
    state
}

fn assigned() -> Rule {
    rule([udp::dport().eq(9u16), Statement::SetHelper(name("h_x"))])
}

#[test]
fn an_assigned_helper_announces_connections() {
    let Some(namespace) = netns::for_test() else { return };
    let named = |text: &str| rule([ct::helper().eq(HelperName::new(text).unwrap())]);
    let rules = [assigned(), rule([ct::state().any_of(CtState::RELATED)]), named("tftp"), named("ftp")];
    converge(&namespace, &state(helper("tftp", HelperProtocol::Udp), rules)).unwrap();
    namespace.run(|| {
        assert!(Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap().success());
        // A client asks for a file, and is answered from a port that it does not know.
        let client = UdpSocket::bind("127.0.0.2:0").unwrap();
        let server = ["127.0.0.1:9", "127.0.0.1:0"].map(|address| UdpSocket::bind(address).unwrap());
        client.send_to(b"\0\x01file\0octet\0", server[0].local_addr().unwrap()).unwrap();
        server[1].send_to(b"\0\x03\0\x01data", client.local_addr().unwrap()).unwrap();
    });
    let observed = observe(&namespace);
    let rules = &observed.state.tables[&Family::Ip].chains[&name("c_out")].rules;
    let counts: Vec<u64> = rules.iter().map(|rule| rule.counter().unwrap().packets).collect();
    assert_eq!(counts, [1, 1, 1, 0]);
}

#[test]
fn another_helper_of_the_same_name_takes_its_rules_with_it() {
    let Some(namespace) = netns::for_test() else { return };
    let before = state(helper("tftp", HelperProtocol::Udp), [assigned()]);
    let after = state(helper("sip", HelperProtocol::Udp), [assigned()]);
    converge(&namespace, &before).unwrap();
    let changes = converge(&namespace, &after).unwrap();
    let lines: Vec<_> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "- ct helper ip rosc h_x: tftp udp",
            "+ ct helper ip rosc h_x: sip udp",
            "~ chain ip rosc c_out: +1 -1 rules"
        ]
    );
    let observed = observe(&namespace);
    assert_eq!(Nftables::diff(&after, &observed).changes, []);
    namespace.run(|| Nftables::new().undo(&changes)).unwrap();
    assert_eq!(Nftables::diff(&before, &observe(&namespace)).changes, []);
    converge(&namespace, &State::default()).unwrap();
    assert_eq!(*observe(&namespace).state, State::default());
}

#[test]
fn a_helper_that_the_kernel_does_not_have_names_its_line() {
    let Some(namespace) = netns::for_test() else { return };
    let error = converge(&namespace, &state(helper("nothing", HelperProtocol::Udp), [])).unwrap_err();
    assert!(error.origin.unwrap().is_same_place(origin(6)), "{error:?}");
    assert_eq!(error.to_string(), "add ct helper ip rosc h_x: No such file or directory");
}
