//! What RouterOS takes and rosc once refused: each a cause of errors in published configurations.

use crate::stages::{check, shown, text};
use rosc::compile::{Options, compile};
use rosc::diagnostic::{Severity, has_errors};
use rosc::host::{Host, HostDevice};
use rosc::lower::lower;

/// Why it is legal, and the text.
const LEGAL: &[(&str, &str)] = &[
    (
        "a jump to a chain whose rules are disabled comes back at once",
        "/ip firewall nat
        add chain=srcnat action=jump jump-target=out
        add chain=out action=masquerade disabled=yes",
    ),
    (
        "a list is declared by an entry without an address",
        "/ip firewall address-list add list=attackers
        /ip firewall mangle
        add chain=prerouting action=mark-packet new-packet-mark=bad src-address-list=attackers",
    ),
    (
        "a list is declared by a disabled entry of a DNS name",
        "/ip firewall address-list add list=sites address=www.example.com disabled=yes
        /ip firewall nat add chain=srcnat action=masquerade dst-address-list=sites",
    ),
    (
        "exports of version 6 name the forwarding table of wireless ports",
        "/interface bridge add name=lan
        /interface bridge port add bridge=lan interface=ether2 external-fdb=auto",
    ),
    ("version 6 counted neighbours as ARP entries", "/ip settings set max-arp-entries=8192"),
    (
        "exports write sizes with a unit",
        "/ip settings set ipv4-high-fragment-thresh=2048.0KiB ipv4-fragment-time=30s",
    ),
    (
        "WinBox copies vrf-interface from a dynamic route",
        "/ip address add address=192.0.2.2/24 interface=ether1
        /ip route add gateway=192.0.2.1 vrf-interface=ether1",
    ),
    (
        "items of the router stand in menus that the configuration does not fill",
        "/ip service disable telnet
        /queue simple add name=guests target=10.9.0.0/24 place-before=0
        /queue simple move 3 destination=0
        /user set admin comment=x
        /system gps monitor once",
    ),
];

#[test]
fn what_routeros_takes_is_no_error() {
    for (why, configuration) in LEGAL {
        let sources = text(configuration);
        assert!(!has_errors(&check(&sources)), "{why}\n{}", shown(&sources));
    }
}

#[test]
fn a_gateway_in_a_learned_network_is_an_error_only_where_the_machine_is_known() {
    let route = "/ip route add gateway=198.51.100.1\n";
    let said = |configuration: &str| -> Vec<(&str, Severity)> {
        let found = check(&text(configuration));
        found.iter().map(|d| (d.code.as_str(), d.severity)).filter(|(code, _)| *code == "R0401").collect()
    };
    assert_eq!(said(route), [("R0401", Severity::Error)]);
    let dhcp = format!("/ip dhcp-client add interface=ether1\n{route}");
    assert_eq!(said(&dhcp), [("R0401", Severity::Warning)]);
    let disabled = format!("/ip dhcp-client add interface=ether1 disabled=yes\n{route}");
    assert_eq!(said(&disabled), [("R0401", Severity::Error)]);
    let sources = text(&dhcp);
    let router = compile(&sources, Options::default()).router;
    let machine = |addresses: &[&str]| {
        let addresses = addresses.iter().map(|address| address.parse().expect("an address")).collect();
        let device = HostDevice { addresses, ..HostDevice::default() };
        Host { devices: Some([("ether1".to_owned(), device)].into()), ..Host::default() }
    };
    assert!(has_errors(&lower(&router, &machine(&[])).diagnostics), "it has no address yet");
    let lowered = lower(&router, &machine(&["198.51.100.7/24"]));
    assert!(!has_errors(&lowered.diagnostics) && lowered.desired.route.routes().len() == 1);
}

#[test]
fn a_table_of_a_vrf_is_called_so() {
    let sources = text(
        "/ip vrf add name=mgmt interfaces=ether3
        /ip route add gateway=192.0.2.1 routing-table=mgmt",
    );
    let said: Vec<(&str, String)> = check(&sources)
        .into_iter()
        .map(|diagnostic| (diagnostic.code.as_str(), diagnostic.message))
        .collect();
    assert!(said.contains(&("R0303", "table `mgmt` is that of a VRF".to_owned())), "{said:?}");
    assert!(!said.iter().any(|(code, _)| *code == "R0305"), "it is declared: {said:?}");
}
