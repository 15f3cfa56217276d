//! What stands in the way of a family's fast path, and what does not.

use super::{ROUTER, forwarding, marking, router, state, told, ways};
use rosc_route::Family;

/// Lines that have a say in what is forwarded by IPv4.
const IN_THE_WAY: &[&str] = &[
    "/ip firewall raw add action=drop chain=prerouting protocol=udp",
    "/ip firewall raw add action=notrack chain=prerouting",
    "/ip firewall mangle add action=mark-packet chain=prerouting new-packet-mark=a",
    "/ip firewall mangle add action=change-dscp chain=forward new-dscp=1",
    "/ip firewall mangle add action=change-ttl chain=postrouting new-ttl=set:64",
    "/ip firewall mangle add action=passthrough chain=forward",
    "/ip firewall nat add action=masquerade chain=srcnat out-interface=ether1",
    "/ip firewall nat add action=dst-nat chain=dstnat dst-port=80 protocol=tcp to-addresses=203.0.113.2",
    "/ip firewall filter add action=drop chain=forward connection-state=invalid",
    "/ip firewall filter add action=accept chain=forward",
    "/ip firewall filter add action=log chain=forward log-prefix=seen",
    "/ip firewall filter add action=add-src-to-address-list address-list=seen chain=forward",
    "/ip firewall filter add action=fasttrack-connection chain=forward",
    "/ip firewall raw add action=drop chain=prerouting in-interface=!ether4",
    "/ip firewall raw add action=drop chain=prerouting dst-address-type=!local",
    "/ip settings set rp-filter=strict",
    "/ip settings set rp-filter=loose",
    "/ip settings set accept-redirects=yes",
];

/// Lines with which nothing of IPv4 is forwarded, or not as the fast path would share it.
const OFF: &[&str] = &[
    "/ip settings set ip-forward=no",
    "/routing table add fib name=t1\n\
     /ip route add dst-address=198.18.0.0/15 gateway=192.0.2.1,192.0.2.9 routing-table=t1\n\
     /ip settings set ipv4-multipath-hash-policy=l3-inner",
];

/// What the stack forwards goes by gateways that are chosen for it, and nothing else is done for the family.
fn assert_only_chosen(configuration: &str, family: Family) {
    let state = state(configuration);
    assert!(forwarding(&state, family).is_empty(), "{configuration}");
    assert_eq!(marking(&state, family), ["ether1", "ether2", "ether3"], "{configuration}");
    assert!(
        state.ways == self::state(&router("")).ways,
        "the same as where it is forwarded: {configuration}"
    );
}

#[test]
fn it_is_off_unless_it_is_asked_for() {
    for asked in ["", "/rosc fastpath set enabled=no", "/rosc fastpath set interfaces=ether3 mode=tc"] {
        assert!(state(&format!("{ROUTER}{asked}\n")).is_empty(), "{asked}");
    }
    assert!(!state(&router("")).is_empty());
    assert!(told(&router("")).is_empty());
}

fn assert_told(line: &str, configuration: &str) {
    let told = told(configuration);
    let [(code, place)] = told.as_slice() else { panic!("{line}: {told:?}") };
    assert_eq!(*code, "R0504", "{line}");
    assert!(!place.is_empty() && line.ends_with(place.as_str()), "{line}: it names {place}");
}

#[test]
fn what_has_a_say_in_forwarded_packets_leaves_its_family_choices_alone() {
    for line in IN_THE_WAY {
        let configuration = router(line);
        assert_only_chosen(&configuration, Family::Ipv4);
        assert_eq!(forwarding(&state(&configuration), Family::Ipv6).len(), 3, "{line}");
        assert_told(line, &configuration);
    }
}

#[test]
fn what_nobody_forwards_turns_off_its_family_alone() {
    let (_, ipv6) = ways(&state(&router("")));
    for line in OFF {
        let configuration = router(line);
        assert_eq!(ways(&state(&configuration)), (0, ipv6), "{line}");
        assert!(marking(&state(&configuration), Family::Ipv4).is_empty(), "{line}");
        assert_told(line, &configuration);
    }
}

#[test]
fn without_a_multipath_route_there_is_nothing_to_choose() {
    let single = |line: &str| router(line).replace("192.0.2.1,192.0.2.9", "192.0.2.1");
    let (_, ipv6) = ways(&state(&single("")));
    for line in IN_THE_WAY {
        let configuration = single(line);
        assert_eq!(ways(&state(&configuration)), (0, ipv6), "{line}");
        assert!(marking(&state(&configuration), Family::Ipv4).is_empty(), "{line}");
        assert_told(line, &configuration);
    }
}

#[test]
fn ipv6_is_turned_off_by_what_is_its_own() {
    let (ipv4, _) = ways(&state(&router("")));
    for line in [
        "/ipv6 firewall raw add action=drop chain=prerouting protocol=udp",
        "/ipv6 firewall mangle add action=change-dscp chain=forward new-dscp=1",
        "/ipv6 firewall nat add action=masquerade chain=srcnat out-interface=ether1",
        "/ipv6 firewall filter add action=drop chain=forward connection-state=invalid",
        "/ipv6 settings set accept-redirects=yes",
    ] {
        let configuration = router(line);
        assert_only_chosen(&configuration, Family::Ipv6);
        assert_told(line, &configuration);
    }
    for line in [
        "/ipv6 settings set forward=no",
        "/ipv6 settings set disable-ipv6=yes",
        "/routing table add fib name=t1\n\
         /ipv6 route add gateway=2001:db8:1::1,2001:db8:2::1 routing-table=t1\n\
         /ipv6 settings set multipath-hash-policy=l3-inner",
    ] {
        let configuration = router(line);
        assert_eq!(ways(&state(&configuration)), (ipv4, 0), "{line}");
        assert_told(line, &configuration);
    }
    // Its own reason against sharing comes on top: the rule leads to another table.
    let passing = "/routing table add fib name=t1\n\
                   /routing rule add action=lookup min-prefix=0 src-address=2001:db8::/32 table=t1";
    let configuration = router(passing);
    assert_eq!(ways(&state(&configuration)), (ipv4, 0));
    let codes: Vec<&str> = told(&configuration).iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, ["R0505", "R0504"]);
}

#[test]
fn with_auto_it_is_as_with_yes_and_nobody_is_told() {
    for line in IN_THE_WAY.iter().chain(OFF) {
        let yes = router(line);
        let auto = yes.replace("enabled=yes", "enabled=auto");
        assert_eq!(state(&auto), state(&yes), "{line}");
        assert!(told(&auto).is_empty(), "{line}");
    }
}

#[test]
fn where_both_families_are_off_nothing_is_attached() {
    let off = "/ip settings set ip-forward=no\n/ipv6 settings set forward=no";
    let state = state(&router(off));
    assert!(state.is_empty() && state.ways.is_empty() && state.groups.is_empty(), "{state:?}");
}

#[test]
fn what_no_forwarded_packet_meets_is_not_in_the_way() {
    let plain = state(&router(""));
    for line in [
        "/ip firewall filter add action=drop chain=input connection-state=invalid",
        "/ip firewall filter add action=drop chain=output dst-port=25 protocol=tcp",
        "/ip firewall filter add action=drop chain=forward disabled=yes",
        "/ip firewall filter add action=jump chain=input jump-target=own\n\
         /ip firewall filter add action=drop chain=own protocol=udp",
        "/ip firewall raw add action=drop chain=output protocol=udp",
        "/ip firewall raw add action=drop chain=prerouting dst-address-type=local protocol=udp",
        "/ip firewall mangle add action=change-dscp chain=output new-dscp=1",
        "/ip firewall mangle add action=mark-connection chain=input new-connection-mark=a",
        "/ip firewall nat add action=redirect chain=output dst-port=53 protocol=udp",
        "/ip firewall connection tracking set enabled=yes",
        "/ip settings set allow-fast-path=no tcp-syncookies=yes send-redirects=no",
        "/ip firewall address-list add address=198.51.100.0/24 list=unused",
    ] {
        assert_eq!(state(&router(line)), plain, "{line}");
        assert!(told(&router(line)).is_empty(), "{line}");
    }
}

#[test]
fn a_rule_for_some_interfaces_turns_it_off_on_these_alone() {
    let ports = |configuration: &str| forwarding(&state(configuration), Family::Ipv4);
    let guarded = "/ip firewall filter add action=drop chain=forward in-interface=ether1 protocol=udp";
    assert_eq!(ports(&router(guarded)), ["ether2", "ether3"]);
    let of_both =
        format!("{guarded}\n/ipv6 firewall raw add action=drop chain=prerouting in-interface=ether3");
    assert_eq!(ports(&router(&of_both)), ["ether2"]);
    let told = told(&router(&of_both));
    let [("R0504", first), ("R0504", second)] = told.as_slice() else { panic!("{told:?}") };
    assert!(first.contains("in-interface=ether1") && second.contains("in-interface=ether3"));
    let expected =
        "on `ether1` the fast path chooses gateways for IPv4 and forwards nothing: a firewall rule has a say";
    assert!(said(&router(guarded)).contains(expected), "{}", said(&router(guarded)));
    assert_eq!(marking(&state(&router(guarded)), Family::Ipv4), ["ether1"]);
    // Of the other family what comes in there is not forwarded either, and goes by the same gateways as elsewhere.
    assert_eq!(marking(&state(&router(guarded)), Family::Ipv6), ["ether1"]);
}

#[test]
fn a_device_that_only_one_family_could_have_is_left_to_the_stack() {
    let apart = "/ip firewall filter add action=drop chain=forward in-interface=!ether3\n\
                 /ipv6 firewall filter add action=drop chain=forward in-interface=ether3";
    let state = state(&router(apart));
    assert_eq!(forwarding(&state, Family::Ipv4), ["ether3"]);
    assert!(forwarding(&state, Family::Ipv6).is_empty(), "a program looks at packets of both families");
    assert_eq!(marking(&state, Family::Ipv4), ["ether1", "ether2"]);
    assert_eq!(marking(&state, Family::Ipv6), ["ether1", "ether2", "ether3"]);
    assert_eq!(told(&router(apart)).len(), 2);
}

#[test]
fn rules_for_other_interfaces_are_not_in_the_way_unless_answers_come_by_these() {
    let only = |line: &str| format!("{}/rosc fastpath set interfaces=ether3\n", router(line));
    let plain = state(&only(""));
    for line in [
        "/ip firewall filter add action=drop chain=forward in-interface=ether1 protocol=udp",
        "/ip firewall filter add action=drop chain=forward in-interface=!ether3",
        "/ip firewall raw add action=drop chain=prerouting in-interface=ether2",
        "/interface list add name=WAN\n/interface list member add interface=ether1 list=WAN\n\
         /ip firewall filter add action=drop chain=forward in-interface-list=WAN protocol=udp",
    ] {
        assert_eq!(state(&only(line)), plain, "{line}");
    }
    for line in [
        "/ip firewall filter add action=accept chain=forward connection-state=established in-interface=ether1",
        "/ip firewall filter add action=accept chain=forward connection-mark=a in-interface=ether1",
        "/ip firewall nat add action=dst-nat chain=dstnat in-interface=ether1 to-addresses=203.0.113.2",
        "/ip firewall filter add action=drop chain=forward out-interface=ether1",
    ] {
        assert!(forwarding(&state(&only(line)), Family::Ipv4).is_empty(), "{line}");
    }
}

#[test]
fn several_rules_are_told_of_at_once_with_the_first_of_each_menu() {
    let configuration = router(
        "/ip firewall filter add action=accept chain=forward protocol=udp\n\
         /ip firewall filter add action=drop chain=forward\n\
         /ip firewall raw add action=drop chain=prerouting protocol=udp",
    );
    assert_eq!(told(&configuration).len(), 1);
    let found = said(&configuration);
    assert!(found.contains("3 firewall rules have a say in forwarded packets"), "{found}");
    assert!(found.contains("the first of 2 rules of /ip firewall filter"), "{found}");
    assert!(found.contains("a rule of /ip firewall raw"), "{found}");
}

/// What people are told, in one line.
fn said(configuration: &str) -> String {
    let said = crate::stages::shown(&crate::stages::text(configuration));
    said.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}
