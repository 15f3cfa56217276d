//! What is suspicious about a configuration, and above all what is not.

use crate::stages::{check, text};
use rosc::diagnostic::Severity;

/// The codes of the lints that speak of a text, each with its severity and its message.
fn lints_of(config: &str) -> Vec<String> {
    let found = check(&text(config)).into_iter().filter(|d| ("R0411".."R0420").contains(&d.code.as_str()));
    let sign = |severity| match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    found.map(|d| format!("{} {}: {}", d.code, sign(d.severity), d.message)).collect()
}

/// Two uplinks with tables of their own, and a LAN.
const TWO_UPLINKS: &str = "/ip address
add address=198.51.100.2/30 interface=ether1
add address=203.0.113.2/30 interface=ether2
add address=192.168.88.1/24 interface=ether3
/routing table
add fib name=to-wan1
add fib name=to-wan2
/ip route
add gateway=198.51.100.1
add gateway=198.51.100.1 routing-table=to-wan1
add gateway=203.0.113.1 routing-table=to-wan2
/ip firewall nat
add action=masquerade chain=srcnat out-interface=ether1
add action=masquerade chain=srcnat out-interface=ether2
";

/// Answers of the router itself go back by the uplink of their source.
const OWN_ANSWERS: &str = "/routing rule
add action=lookup src-address=203.0.113.2 table=to-wan2
";

fn two_uplinks(more: &str) -> Vec<String> {
    lints_of(&format!("{TWO_UPLINKS}{OWN_ANSWERS}{more}"))
}

#[test]
fn a_router_that_answers_by_the_other_uplink_is_noted() {
    assert_eq!(
        lints_of(TWO_UPLINKS),
        ["R0411 note: connections to the router that come in by `ether2` are answered by `ether1`"]
    );
    assert_eq!(two_uplinks(""), [""; 0]);
    let by_marks = "/ip firewall mangle
add action=mark-connection chain=input in-interface=ether2 new-connection-mark=in2
add action=mark-routing chain=output connection-mark=in2 new-routing-mark=to-wan2";
    assert_eq!(lints_of(&format!("{TWO_UPLINKS}{by_marks}")), [""; 0]);
}

#[test]
fn a_forward_is_told_of_unless_its_answers_are_marked() {
    let forward = "/ip firewall nat
add action=dst-nat chain=dstnat dst-address=203.0.113.2 dst-port=80 protocol=tcp to-addresses=192.168.88.9
";
    let told = "R0411 warning: connections that are forwarded from `ether2` are answered by `ether1`";
    assert_eq!(two_uplinks(forward), [told]);
    // Connections marked in chain input are those of the router itself, not those that are forwarded.
    let marks = |chain| {
        format!(
            "{forward}/ip firewall mangle
add action=mark-connection chain={chain} in-interface=ether2 new-connection-mark=in2
add action=mark-routing chain=prerouting connection-mark=in2 in-interface=ether3 new-routing-mark=to-wan2"
        )
    };
    assert_eq!(two_uplinks(&marks("input")), [told]);
    assert_eq!(two_uplinks(&marks("prerouting")), [""; 0]);
    assert_eq!(two_uplinks(&marks("forward")), [""; 0]);
}

#[test]
fn a_forward_that_no_packet_of_the_other_uplink_meets_is_not_told_of() {
    let of_the_first = "/ip firewall nat
add action=dst-nat chain=dstnat dst-address=198.51.100.2 dst-port=80 protocol=tcp to-addresses=192.168.88.9
add action=dst-nat chain=dstnat in-interface=ether1 dst-port=81 protocol=tcp to-addresses=192.168.88.9";
    assert_eq!(two_uplinks(of_the_first), [""; 0]);
}

#[test]
fn nobody_in_the_internet_reaches_the_router_by_a_tunnel() {
    let tunnel = "/ip address
add address=10.8.0.2/24 interface=wg1
/routing table
add fib name=tunnel
/ip route
add gateway=10.8.0.1 routing-table=tunnel";
    assert_eq!(two_uplinks(tunnel), [""; 0]);
}

#[test]
fn an_answer_by_a_route_that_a_client_may_have_replaced_is_not_told_of() {
    let client = "/interface pppoe-client
add add-default-route=yes interface=ether5 name=pppoe-out1 user=user";
    assert_eq!(lints_of(&format!("{TWO_UPLINKS}{client}")), [""; 0]);
}

#[test]
fn a_mark_that_something_else_asks_for_needs_no_route() {
    let mark = "/routing table
add fib name=guests
/ip firewall mangle
add action=mark-routing chain=prerouting dst-address-type=!local in-interface=ether4 new-routing-mark=guests
";
    assert_eq!(
        lints_of(mark),
        ["R0412 warning: no route answers packets that are marked for table `guests`: they take main"]
    );
    let rule = "/routing rule
add action=drop routing-mark=guests";
    assert_eq!(lints_of(&format!("{mark}{rule}")), [""; 0]);
    let client = "/ip dhcp-client
add interface=ether1";
    assert_eq!(
        lints_of(&format!("{mark}{client}")),
        ["R0412 note: no route answers packets that are marked for table `guests`: they take main"]
    );
}

#[test]
fn a_mark_that_the_filter_asks_for_is_asked_for() {
    let mark = "/ip firewall mangle
add action=mark-connection chain=prerouting in-interface=ether1 new-connection-mark=slow
";
    assert_eq!(lints_of(mark), ["R0413 note: no rule asks for the connection mark `slow`"]);
    for asks in ["slow", "!slow", "no-mark"] {
        let filter = format!(
            "/ip firewall filter
add action=fasttrack-connection chain=forward connection-mark={asks}"
        );
        assert_eq!(lints_of(&format!("{mark}{filter}")), [""; 0], "{asks}");
    }
}

#[test]
fn private_addresses_that_leave_as_they_are_are_told_of_where_that_is_not_meant() {
    let one_uplink = |own: &str, gateway: &str, nat: &str| {
        lints_of(&format!(
            "/ip address
add address={own}/24 interface=ether1
add address=192.168.88.1/24 interface=ether3
/ip route
add gateway={gateway}
/ip firewall nat
{nat}"
        ))
    };
    let masquerade = "add action=masquerade chain=srcnat out-interface=ether9";
    assert_eq!(
        one_uplink("203.0.113.2", "203.0.113.1", masquerade),
        ["R0414 note: private addresses can leave by `ether1` untranslated, where nobody can answer them"]
    );
    // Whoever is there may know the way back.
    assert_eq!(one_uplink("10.0.0.2", "10.0.0.1", masquerade), [""; 0]);
    let exempted = format!("add action=accept chain=srcnat out-interface=ether1\n{masquerade}");
    assert_eq!(one_uplink("203.0.113.2", "203.0.113.1", &exempted), [""; 0]);
    // A router that translates nothing routes between those who know each other.
    assert_eq!(one_uplink("203.0.113.2", "203.0.113.1", ""), [""; 0]);
}

#[test]
fn a_table_of_an_uplink_is_looked_at_by_the_marks_that_lead_there() {
    let third = "/ip address
add address=192.0.2.2/30 interface=ether4
/routing table
add fib name=to-wan3
/ip route
add gateway=192.0.2.1 routing-table=to-wan3
/routing rule
add action=lookup src-address=192.0.2.2 table=to-wan3
/ip firewall mangle
add action=mark-routing chain=prerouting dst-address-type=!local in-interface=ether3 new-routing-mark=to-wan3 \
    per-connection-classifier=src-address:3/2";
    assert_eq!(
        two_uplinks(third),
        [
            "R0414 warning: private addresses can leave by `ether4` untranslated, though other uplinks translate \
             them"
        ]
    );
}

#[test]
fn rules_that_count_or_change_what_is_asked_for_shadow_nothing() {
    let chain = |rules: &str| lints_of(&format!("/ip firewall mangle\n{rules}"));
    let told = ["R0415 warning: rule 2 of chain `forward` never matches: rule 1 takes all its packets"];
    assert_eq!(chain("add action=accept chain=forward\nadd action=passthrough chain=forward"), told);
    assert_eq!(
        chain(
            "add action=accept chain=forward per-connection-classifier=src-port:2/0
add action=passthrough chain=forward per-connection-classifier=src-port:2/0 protocol=tcp"
        ),
        told
    );
    assert_eq!(
        chain("add action=accept chain=forward nth=2,1\nadd action=accept chain=forward nth=2,1"),
        [""; 0]
    );
    assert_eq!(chain("add action=passthrough chain=forward\nadd action=accept chain=forward"), [""; 0]);
    // What another chain has marked is another packet.
    assert_eq!(
        chain(
            "add action=accept chain=forward packet-mark=a
add action=jump chain=forward jump-target=marks
add action=accept chain=forward packet-mark=a
add action=mark-packet chain=marks new-packet-mark=a"
        ),
        [""; 0]
    );
    // A jump that comes back takes nothing; a return does.
    assert_eq!(
        chain(
            "add action=jump chain=forward jump-target=other
add action=passthrough chain=forward
add action=return chain=other protocol=tcp
add action=accept chain=other dst-port=80 protocol=tcp"
        ),
        ["R0415 warning: rule 2 of chain `other` never matches: rule 1 takes all its packets"]
    );
}

#[test]
fn a_table_without_a_default_is_noted_if_packets_of_all_destinations_are_led_there() {
    let table = "/ip address
add address=203.0.113.2/30 interface=ether2
/routing table
add fib name=office
/ip route
add dst-address=192.0.2.0/24 gateway=203.0.113.1 routing-table=office
/routing rule
";
    let rule = |rule: &str| lints_of(&format!("{table}add action={rule} table=office"));
    let told = ["R0416 note: table `office` has no default route: what its routes don't answer takes main"];
    assert_eq!(rule("lookup"), told);
    assert_eq!(rule("lookup dst-address=192.0.2.0/24"), [""; 0]);
    // There is no main behind this one.
    assert_eq!(rule("lookup-only-in-table"), [""; 0]);
}

#[test]
fn several_hosts_may_be_probed_for_one_provider() {
    let routes = |routes: &str| {
        lints_of(&format!(
            "/ip address
add address=203.0.113.2/30 interface=ether2
/ip route
add dst-address=192.0.2.53 gateway=203.0.113.1 scope=10
add dst-address=192.0.2.153 gateway=203.0.113.1 scope=10
{routes}"
        ))
    };
    let told = ["R0417 warning: all gateways to 0.0.0.0/0 in table `main` lead to 203.0.113.1 on `ether2`"];
    assert_eq!(
        routes(
            "add gateway=192.0.2.53 target-scope=11
add gateway=192.0.2.153 target-scope=11"
        ),
        told
    );
    assert_eq!(
        routes(
            "add check-gateway=ping gateway=192.0.2.53 target-scope=11
add check-gateway=ping gateway=192.0.2.153 target-scope=11"
        ),
        [""; 0]
    );
    // The same gateway twice has a weight.
    assert_eq!(routes("add gateway=203.0.113.1\nadd gateway=203.0.113.1"), [""; 0]);
}

#[test]
fn a_chain_that_a_rule_with_a_mistake_jumps_to_is_no_second_mistake() {
    let found = check(&text(
        "/ip firewall nat
add action=jump chain=dstnat content=x jump-target=first
add action=jump chain=first jump-target=second
add action=accept chain=second
add action=accept chain=third",
    ));
    let told: Vec<(&str, &str)> = found.iter().map(|d| (d.code.as_str(), d.message.as_str())).collect();
    assert_eq!(
        told,
        [
            ("R0303", "content of /ip/firewall/nat can't be carried over"),
            ("R0307", "nothing jumps to chain `third`, so no packet meets its rules"),
        ]
    );
}
