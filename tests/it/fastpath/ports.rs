//! On which devices the fast path is, and where.

use super::{router, state, told};
use crate::stages::{check, text};
use rosc_ebpf::Hook;

/// The devices with their hooks.
fn ports(configuration: &str) -> Vec<(String, Hook)> {
    state(configuration).ports.into_iter().map(|(device, port)| (device.to_string(), port.hook)).collect()
}

fn tc(devices: &[&str]) -> Vec<(String, Hook)> {
    devices.iter().map(|device| ((*device).to_owned(), Hook::Tc)).collect()
}

#[test]
fn without_a_word_it_is_on_all_that_is_routed_on() {
    let more = "/interface bridge add name=lan protocol-mode=none\n\
                /interface bridge port add bridge=lan interface=ether5\n\
                /interface bridge port add bridge=lan interface=ether6\n\
                /interface vlan add interface=ether7 name=spare vlan-id=7\n\
                /ip address add address=198.51.100.1/24 interface=lan\n\
                /ip address add address=198.51.100.255/32 interface=lo\n\
                /ip route add dst-address=198.18.0.0/15 gateway=tunnel";
    assert_eq!(ports(&router(more)), tc(&["ether1", "ether2", "ether3", "lan", "tunnel"]));
    let all = format!("{}/rosc fastpath set interfaces=all\n", router(more));
    assert_eq!(ports(&all), ports(&router(more)));
}

#[test]
fn interfaces_and_lists_can_be_named_and_stand_for_their_devices() {
    let more = "/rosc interface add device=enp3s0 name=ether3\n\
                /interface list add name=WAN\n\
                /interface list member add interface=ether1 list=WAN\n\
                /interface list member add interface=ether2 list=WAN\n\
                /interface list member add interface=ether8 list=WAN\n\
                /rosc fastpath set interfaces=";
    assert_eq!(ports(&router(&format!("{more}ether3"))), tc(&["enp3s0"]));
    assert_eq!(ports(&router(&format!("{more}WAN"))), tc(&["ether1", "ether2"]));
    assert_eq!(ports(&router(&format!("{more}WAN,ether3"))), tc(&["enp3s0", "ether1", "ether2"]));
    // A list may have members that are for something else.
    assert!(told(&router(&format!("{more}WAN"))).is_empty());
    assert_eq!(told(&router(&format!("{more}ether8"))), [("R0506", "ether8".to_owned())]);
    assert!(ports(&router(&format!("{more}none"))).is_empty());
}

#[test]
fn a_name_that_nothing_else_knows_is_an_error_with_its_place() {
    let sources = text(&router("/rosc fastpath set interfaces=ether1,ehter3"));
    let found = check(&sources);
    let [diagnostic] = found.iter().filter(|d| d.code.as_str() == "R0305").collect::<Vec<_>>()[..] else {
        panic!("{found:?}")
    };
    assert_eq!(diagnostic.origin().map(|origin| sources.slice(origin)), Some("ehter3"));
    assert_eq!(diagnostic.help.as_deref(), Some("did you mean `ether3`?"));
}

#[test]
fn what_a_client_may_give_an_address_may_be_named() {
    let client = "/ip dhcp-client add interface=ether9\n/rosc fastpath set interfaces=ether9";
    assert_eq!(ports(&router(client)), tc(&["ether9"]));
}

#[test]
fn it_is_in_the_driver_only_where_that_is_asked_for_and_there_is_one() {
    let bridge = "/interface bridge add name=lan protocol-mode=none\n\
                  /ip address add address=198.51.100.1/24 interface=lan\n";
    for mode in ["auto", "tc"] {
        let configuration = router(&format!("{bridge}/rosc fastpath set mode={mode}"));
        assert_eq!(ports(&configuration), tc(&["ether1", "ether2", "ether3", "lan"]), "{mode}");
    }
    let xdp = ports(&router(&format!("{bridge}/rosc fastpath set mode=xdp")));
    let in_drivers: Vec<&str> =
        xdp.iter().filter(|(_, hook)| *hook == Hook::Xdp).map(|(device, _)| device.as_str()).collect();
    assert_eq!(in_drivers, ["ether1", "ether2", "ether3"]);
    assert!(xdp.contains(&("lan".to_owned(), Hook::Tc)));
}

#[test]
fn values_that_are_none_are_refused() {
    for wrong in ["enabled=maybe", "mode=driver", "table-size=1000", "drain-time=1500ms", "groups=none"] {
        let found = check(&text(&router(&format!("/rosc fastpath set {wrong}"))));
        assert!(found.iter().any(|d| d.code.as_str() == "R0301"), "{wrong}: {found:?}");
    }
}
