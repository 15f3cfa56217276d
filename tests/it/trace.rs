//! `rosc trace`: the meaning of a configuration, packet by packet.

use crate::cli::{Files, rosc, rosc_reading};
use crate::stages::text;
use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::ir::firewall::{Chain, NatAction, NatHook};
use rosc::ir::nexthop::Surroundings;
use rosc::ir::{Address, Router};
use rosc::lower::Classifiers;
use rosc::render::trace::{Tracing, text as shown};
use rosc::source::Sources;
use rosc::trace::request::{Word, parse};
use rosc::trace::{Detailed, State, Tracer};
use std::net::IpAddr;

/// The packets, a line each, traced one after the other.
fn traced(sources: &Sources, surroundings: &Surroundings, packets: &str) -> String {
    let compiled = compile(sources, Options::default());
    assert!(!has_errors(&compiled.diagnostics), "{:?}", compiled.diagnostics);
    let router = &compiled.router;
    let tracer = Tracer::new(router, surroundings, Detailed::Matched);
    let classifiers = Classifiers::of(router);
    let classify = classifiers.classify();
    let tracing = Tracing { tracer: &tracer, sources, classify: &classify };
    let mut state = State::default();
    let mut out = Vec::new();
    for packet in packets.lines() {
        let words: Vec<Word<'_>> =
            packet.split_whitespace().map(|word| (word, rosc_target::Origin::IMPLIED)).collect();
        let request = parse(&words, rosc_target::Origin::IMPLIED, router).expect("a packet");
        request.prepare(&mut state);
        out.push(shown(&tracing.packet(&mut state, &request.arrival)));
    }
    out.join("\n")
}

/// How each packet ends, and what is remarkable about its answer.
pub(crate) fn ends(configuration: &str, packets: &str) -> String {
    let shown = traced(&text(configuration), &Surroundings::default(), packets);
    let ends = shown.lines().filter(|line| {
        ["  leaves", "  delivered", "  dropped", "  refused", "!"].iter().any(|start| line.starts_with(start))
    });
    ends.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

/// A packet from each network to the Internet, one from the Internet to each of the router's addresses and forwarded
/// ports, and one of the router's own.
fn packets_for(router: &Router) -> String {
    let mut lines = Vec::new();
    let far = |of: IpAddr| if of.is_ipv4() { "192.0.2.77" } else { "2001:db8:77::77" };
    let mut families = [false, false];
    for Address { interface, address, .. } in &router.addresses {
        let neighbour = router.addresses.iter().find(|other| other.address == *address);
        let host = neighbour.and_then(|own| own.connected().hosts().find(|host| *host != *address));
        let far = far(*address);
        if let Some(host) = host {
            lines.push(format!("in={interface} src={host} dst={far} proto=tcp dport=443"));
        }
        lines.push(format!("in={interface} src={far} dst={address} proto=udp dport=123"));
        families[usize::from(address.is_ipv6())] = true;
    }
    for firewall in [&router.firewall, &router.ipv6_firewall] {
        for rule in firewall.nat.chains.get(&Chain::Base(NatHook::Dstnat)).into_iter().flatten() {
            let (Some(NatAction::DstNat(..)), Some(ports)) = (rule.action.own(), &rule.matchers.dst_port)
            else {
                continue;
            };
            let port = ports.parts().0.ranges()[0].0;
            for Address { interface, address, .. } in &router.addresses {
                let far = far(*address);
                lines.push(format!("in={interface} src={far} dst={address} proto=tcp dport={port}"));
            }
        }
    }
    for (has, far) in families.into_iter().zip(["192.0.2.77", "2001:db8:77::77"]) {
        if has {
            lines.push(format!("out dst={far}"));
        }
    }
    lines.join("\n")
}

/// The ways of some packets of an example.
pub(crate) fn of_example(sources: &Sources) -> String {
    let router = compile(sources, Options::default()).router;
    traced(sources, &Surroundings::default(), &packets_for(&router))
}

/// One uplink and a LAN; what comes behind is added.
const TWO_SIDES: &str = "/ip address\n\
    add address=192.168.88.1/24 interface=lan\n\
    add address=203.0.113.2/30 interface=wan\n\
    /ip route add gateway=203.0.113.1\n";

pub(crate) fn with(more: &str) -> String {
    format!("{TWO_SIDES}{more}\n")
}

#[test]
fn an_uplink_without_translation_shows_private_addresses() {
    assert_eq!(
        ends(TWO_SIDES, "in=lan src=192.168.88.9 dst=192.0.2.7 proto=udp sport=5000 dport=53"),
        "leaves by wan to 203.0.113.1, as udp 192.168.88.9:5000 -> 192.0.2.7:53\n\
         leaves by lan to 192.168.88.9, as udp 192.0.2.7:53 -> 192.168.88.9:5000\n"
    );
}

#[test]
fn two_connections_that_would_look_the_same_behind_masquerade_get_different_ports() {
    let configuration = with("/ip firewall nat add chain=srcnat out-interface=wan action=masquerade");
    let found = ends(
        &configuration,
        "in=lan src=192.168.88.9 dst=192.0.2.7 proto=udp sport=5000 dport=53\n\
         in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp sport=5000 dport=53",
    );
    assert_eq!(
        found,
        "leaves by wan to 203.0.113.1, as udp 203.0.113.2:5000 -> 192.0.2.7:53\n\
         leaves by lan to 192.168.88.9, as udp 192.0.2.7:53 -> 192.168.88.9:5000\n\
         leaves by wan to 203.0.113.1, as udp 203.0.113.2:1024 -> 192.0.2.7:53\n\
         leaves by lan to 192.168.88.10, as udp 192.0.2.7:53 -> 192.168.88.10:5000\n"
    );
}

#[test]
fn no_passthrough_ends_all_of_mangle_at_its_hook_even_in_a_custom_chain() {
    let configuration = with(
        "/routing table add name=t fib\n\
         /ip route add routing-table=t blackhole\n\
         /ip firewall mangle\n\
         add chain=prerouting action=jump jump-target=own\n\
         add chain=prerouting action=mark-routing new-routing-mark=t\n\
         add chain=own protocol=udp action=mark-packet new-packet-mark=seen passthrough=no",
    );
    let found = ends(
        &configuration,
        "in=lan src=192.168.88.9 dst=192.0.2.7 proto=udp dport=53\n\
         in=lan src=192.168.88.9 dst=192.0.2.7 proto=tcp dport=53",
    );
    assert_eq!(
        found,
        "leaves by wan to 203.0.113.1, as udp 192.168.88.9:50000 -> 192.0.2.7:53\n\
         leaves by lan to 192.168.88.9, as udp 192.0.2.7:53 -> 192.168.88.9:50000\n\
         dropped a route says so\n"
    );
}

#[test]
fn nth_counts_what_comes_as_far_as_the_rule() {
    let configuration = with(
        "/routing table add name=t fib\n\
         /ip route add routing-table=t blackhole\n\
         /ip firewall mangle add chain=prerouting in-interface=lan nth=3,2 action=mark-routing new-routing-mark=t",
    );
    let packet = |port| format!("in=lan src=192.168.88.9 dst=192.0.2.7 proto=udp sport={port} dport=53\n");
    let found = ends(&configuration, &(1..=6).map(packet).collect::<String>());
    let fates = found.lines().filter(|line| !line.contains("leaves by lan"));
    let fates: Vec<&str> = fates.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(fates, ["leaves", "dropped", "leaves", "leaves", "dropped", "leaves"], "{found}");
}

#[test]
fn marked_packets_to_the_router_itself_differ_by_version() {
    const MARKED: &str =
        "/ip firewall mangle add chain=prerouting in-interface=lan action=mark-routing new-routing-mark=t\n";
    const PACKET: &str = "in=lan src=192.168.88.9 dst=192.168.88.1 proto=udp dport=53";
    let seven = with(&format!(
        "/routing table add name=t fib\n/ip route add routing-table=t gateway=203.0.113.1\n{MARKED}"
    ));
    let found = ends(&seven, PACKET);
    assert!(found.starts_with("leaves by wan to 203.0.113.1"), "{found}");
    assert!(found.contains("! RouterOS 7 looks into the table of the mark first"), "{found}");
    let six = with(&format!("/ip route add routing-mark=t gateway=203.0.113.1\n{MARKED}"));
    let found = ends(&six, PACKET);
    assert!(found.starts_with("delivered to the router itself"), "{found}");
}

#[test]
fn a_gateway_or_an_interface_can_be_taken_down() {
    const CONFIGURATION: &str = "/ip address\n\
        add address=192.168.88.1/24 interface=lan\n\
        add address=203.0.113.2/30 interface=wan1\n\
        add address=198.51.100.2/30 interface=wan2\n\
        /ip route\n\
        add gateway=203.0.113.1 check-gateway=ping\n\
        add gateway=198.51.100.1 distance=2\n";
    const PACKET: &[&str] = &["in=lan", "src=192.168.88.9", "dst=192.0.2.7", "dport=443"];
    let files = Files::new([("two.rsc", CONFIGURATION)]);
    let path = files.path("two.rsc");
    let leaves_by = |more: &[&str]| {
        let words: Vec<&str> = ["trace", &path].into_iter().chain(PACKET.iter().copied()).collect();
        let ended = rosc(&[&words, more, &["--format", "json"]].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        ended.json()["packets"][0]["ways"][0]["end"]["interface"].as_str().map(str::to_owned)
    };
    assert_eq!(leaves_by(&[]).as_deref(), Some("wan1"));
    assert_eq!(leaves_by(&["--down", "203.0.113.1"]).as_deref(), Some("wan2"));
    assert_eq!(leaves_by(&["--interface-down", "wan1"]).as_deref(), Some("wan2"));
}

#[test]
fn packets_of_standard_input_find_the_connections_of_earlier_ones() {
    let configuration = with("/ip firewall nat add chain=srcnat out-interface=wan action=masquerade");
    let files = Files::new([("one.rsc", configuration)]);
    let packets = "# a client asks\n\
                   in=lan src=192.168.88.9 dst=192.0.2.7 proto=udp sport=5000 dport=53\n\
                   \n\
                   in=wan src=192.0.2.7 dst=203.0.113.2 proto=udp sport=53 dport=5000\n";
    let ended = rosc_reading(&["trace", &files.path("one.rsc"), "--format", "json"], packets);
    let second = &ended.json()["packets"][1]["ways"][0];
    assert_eq!(second["end"]["interface"], "lan");
    assert_eq!(second["end"]["packet"], "udp 192.0.2.7:53 -> 192.168.88.9:5000");
    assert_eq!(second["steps"][0]["text"], "established, an answer");
}

#[test]
fn every_way_of_a_multipath_route_is_shown_with_its_share() {
    let configuration = "/ip address\n\
        add address=192.168.88.1/24 interface=lan\n\
        add address=203.0.113.2/30 interface=wan1\n\
        add address=198.51.100.2/30 interface=wan2\n\
        /ip route add gateway=203.0.113.1,198.51.100.1,198.51.100.1\n";
    let files = Files::new([("ecmp.rsc", configuration)]);
    let path = files.path("ecmp.rsc");
    let ended = rosc(&["trace", &path, "in=lan", "src=192.168.88.9", "dst=192.0.2.7", "--format", "json"]);
    let document = ended.json();
    let ways = document["packets"][0]["ways"].as_array().expect("ways").clone();
    let shares: Vec<_> =
        ways.iter().map(|way| (way["end"]["interface"].clone(), way["share"].as_f64())).collect();
    assert_eq!(shares, [("wan1".into(), Some(1.0 / 3.0)), ("wan2".into(), Some(2.0 / 3.0))]);
    let sampled =
        rosc(&["trace", &path, "in=lan", "src=192.168.88.0/24", "dst=192.0.2.0/24", "--sample", "100"]);
    assert!(sampled.out.contains("wan2 to 198.51.100.1   66.7%"), "{}", sampled.out);
}

#[test]
fn what_is_wrong_with_a_packet_is_said_at_once_and_where() {
    let files = Files::new([("one.rsc", TWO_SIDES)]);
    let path = files.path("one.rsc");
    let ended = rosc(&["trace", &path, "in=lann", "src=192.168.88.300", "dport=https", "--format", "json"]);
    assert_eq!(ended.code, Some(1));
    let document = ended.json();
    let messages: Vec<&str> = document["diagnostics"]
        .as_array()
        .expect("diagnostics")
        .iter()
        .filter_map(|diagnostic| diagnostic["message"].as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "the configuration has no interface `lann`",
            "`192.168.88.300` is not an address",
            "where the packet goes is missing",
        ]
    );
    assert_eq!(ended.codes(), ["R0802"; 3]);
    assert_eq!(document["diagnostics"][1]["column"], 9);
}

const MASQUERADED: &str = "/ip address
add address=192.0.2.2/24 interface=ether1
add address=198.51.100.2/24 interface=ether2
add address=192.168.88.1/24 interface=ether3
/routing table add name=second fib
/ip route
add gateway=192.0.2.1
add gateway=198.51.100.1 routing-table=second
/ip firewall mangle
add chain=prerouting src-address=192.168.88.0/24 tcp-flags=!syn protocol=tcp action=mark-routing new-routing-mark=second
/ip firewall nat
add chain=srcnat out-interface=ether1 action=masquerade
";

#[test]
fn a_source_that_had_to_change_its_port_keeps_the_new_one() {
    let packets = "in=ether3 src=192.168.88.10 dst=203.0.113.7 proto=udp sport=5000 dport=53
in=ether3 src=192.168.88.11 dst=203.0.113.7 proto=udp sport=5000 dport=53
in=ether3 src=192.168.88.11 dst=203.0.113.8 proto=udp sport=5000 dport=53";
    let shown = ends(MASQUERADED, packets);
    let leaving: Vec<&str> = shown.lines().filter(|line| line.starts_with("leaves by ether1")).collect();
    let as_what: Vec<&str> = leaving.iter().filter_map(|line| line.split(" udp ").nth(1)).collect();
    assert_eq!(
        as_what,
        [
            "192.0.2.2:5000 -> 203.0.113.7:53",
            "192.0.2.2:1024 -> 203.0.113.7:53",
            "192.0.2.2:1024 -> 203.0.113.8:53",
        ]
    );
}

#[test]
fn segments_that_are_of_no_connection_are_not_translated() {
    let packets = "in=ether3 src=192.168.88.10 dst=203.0.113.7 proto=tcp sport=5000 dport=80 flags=ack
in=ether1 src=203.0.113.7 dst=192.0.2.2 proto=tcp sport=80 dport=5000 flags=syn
in=ether3 src=192.168.88.10 dst=203.0.113.7 proto=tcp sport=5001 dport=80
in=ether3 src=192.168.88.10 dst=203.0.113.7 proto=tcp sport=5001 dport=80 flags=ack";
    let configuration = MASQUERADED.replace("add chain=prerouting", "add disabled=yes chain=prerouting");
    let shown = traced(&text(&configuration), &Surroundings::default(), packets);
    let states: Vec<&str> = shown
        .split("\n\n")
        .filter(|way| !way.starts_with("answered"))
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("  connection"))
        .map(str::trim)
        .collect();
    assert_eq!(states, ["new", "invalid", "new", "invalid"], "{shown}");
}

#[test]
fn a_masqueraded_connection_ends_when_it_leaves_by_another_interface() {
    let packets = "in=ether3 src=192.168.88.10 dst=203.0.113.7 proto=tcp sport=5000 dport=80
in=ether1 src=203.0.113.7 dst=192.0.2.2 proto=tcp sport=80 dport=5000 flags=syn,ack
in=ether3 src=192.168.88.10 dst=203.0.113.7 proto=tcp sport=5000 dport=80 flags=ack
in=ether3 src=192.168.88.10 dst=203.0.113.7 proto=tcp sport=5000 dport=80 flags=ack";
    insta::assert_snapshot!(ends(MASQUERADED, packets), @"
    leaves by ether1 to 192.0.2.1, as tcp 192.0.2.2:5000 -> 203.0.113.7:80 syn
    leaves by ether3 to 192.168.88.10, as tcp 203.0.113.7:80 -> 192.168.88.10:5000 syn,ack
    leaves by ether3 to 192.168.88.10, as tcp 203.0.113.7:80 -> 192.168.88.10:5000 syn,ack
    dropped its connection is masqueraded behind another interface, and ends with this
    ! the answer does not get back to the sender
    dropped its connection is masqueraded behind another interface, and ends with this
    leaves by ether2 to 198.51.100.1, as tcp 192.168.88.10:5000 -> 203.0.113.7:80 ack
    leaves by ether3 to 192.168.88.10, as tcp 203.0.113.7:80 -> 192.168.88.10:5000 ack
    ");
}

#[test]
fn an_error_is_written_with_the_packet_that_it_is_about() {
    let packets = "in=ether3 src=192.168.88.10 dst=203.0.113.7 proto=udp sport=5000 dport=53
in=ether1 src=192.0.2.1 dst=192.0.2.2 proto=icmp type=host-unreachable about=src=192.0.2.2/dst=203.0.113.7/proto=udp/sport=5000/dport=53";
    insta::assert_snapshot!(ends(MASQUERADED, packets), @"
    leaves by ether1 to 192.0.2.1, as udp 192.0.2.2:5000 -> 203.0.113.7:53
    leaves by ether3 to 192.168.88.10, as udp 203.0.113.7:53 -> 192.168.88.10:5000
    leaves by ether3 to 192.168.88.10, as icmp 192.0.2.1 -> 192.168.88.10 host unreachable, about udp 192.168.88.10:5000 -> 203.0.113.7:53
    ");
}

#[test]
fn no_packet_and_a_mistyped_part_are_errors() {
    let files = Files::new([("one.rsc", TWO_SIDES)]);
    let path = files.path("one.rsc");
    let ended = rosc(&["trace", &path]);
    assert_eq!(
        (ended.code, ended.err.contains("there is no packet to trace")),
        (Some(1), true),
        "{}",
        ended.err
    );
    let ended = rosc(&["trace", &path, "in=lan", "srrc=192.168.88.9", "dst=192.0.2.7"]);
    assert!(ended.err.contains("did you mean `src=`?"), "{}", ended.err);
}
