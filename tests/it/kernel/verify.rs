//! `rosc lab --verify` as a user meets it, and how it finds what is wrong with a router.

use crate::cli::{Files, rosc};
use crate::stages::text;
use rosc::compile::{Options, compile};
use rosc::ir::firewall::Protocol;
use rosc::ir::{Dialect, Router};
use rosc::lab::LabError;
use rosc::lab::verify::{Order, Trial, Verdict, Verified, verify_with};
use rosc::smallest::{Search, smallest};
use rosc::source::Sources;
use rosc::trace::{Arrival, End, Packet, Payload, PortPair};
use rosc_target::netns::for_test;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::AtomicBool;

const EXAMPLE: &str = "examples/three-wan-ecmp.rsc";

#[test]
fn an_example_agrees_and_the_numbers_add_up() {
    if for_test().is_none() {
        return;
    }
    let args = ["lab", EXAMPLE, "--verify", "150", "--seed", "7"];
    let ended = rosc(&[&args[..], &["--format", "json"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    let done = &ended.json()["verification"];
    let count = |key: &str| done[key].as_u64().expect("a number");
    assert_eq!((count("seed"), count("packets")), (7, 150));
    assert_eq!(count("left") + count("delivered") + count("ended") + count("known"), 150);
    assert!(count("left") > 0 && count("delivered") > 0 && done["difference"].is_null(), "{done}");
    let again = rosc(&args);
    assert_eq!(again.code, Some(0), "{}", again.out);
    let expected = format!(
        "all 150 packets did what their traces say: {} left, {} were delivered to the router, {} got no further (seed 7)\n",
        count("left"),
        count("delivered"),
        count("ended")
    );
    assert_eq!(again.out, expected, "the same seed draws the same packets");
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (args, expected) in [
        (&["--verify", "0"][..], "0 is not in 1.."),
        (&["--verify", "10", "--fail", "192.0.2.1"], "cannot be used with"),
        (&["--verify", "10", "--flows", "3"], "cannot be used with"),
        (&["--seed", "3"], "--verify <PACKETS>"),
    ] {
        let ended = rosc(&[&["lab", EXAMPLE][..], args].concat());
        assert_eq!(ended.code, Some(1), "{args:?}");
        assert!(ended.err.contains(expected), "{args:?}: {}", ended.err);
    }
}

#[test]
fn a_router_without_an_interface_is_told_so() {
    if for_test().is_none() {
        return;
    }
    let files = Files::new([("none.rsc", "/ip settings set rp-filter=strict\n")]);
    let ended = rosc(&["lab", &files.path("none.rsc"), "--verify", "10", "--format", "json"]);
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    assert_eq!(ended.codes(), ["R0803"]);
}

/// Devices of other names, a bridge that guards against loops, and nothing but IPv6.
#[test]
fn packets_pass_through_every_kind_of_interface() {
    const DEVICES: &str = "/rosc interface add name=ether1 device=enp3s0
/rosc interface add name=ether2 device=enp4s0
/interface bridge add name=lan protocol-mode=stp
/interface bridge port add bridge=lan interface=ether2
/ip address add address=192.0.2.2/24 interface=ether1
/ip address add address=192.168.88.1/24 interface=lan
/ip route add gateway=192.0.2.1
/ip firewall nat add chain=srcnat action=masquerade out-interface=ether1
";
    const IPV6: &str = "/ipv6 address add address=2001:db8:1::2/64 interface=ether1 advertise=no
/ipv6 address add address=2001:db8:2::1/64 interface=ether2 advertise=no
/ipv6 route add gateway=2001:db8:1::1
";
    if for_test().is_none() {
        return;
    }
    let files = Files::new([("devices.rsc", DEVICES), ("ipv6.rsc", IPV6)]);
    for file in ["devices.rsc", "ipv6.rsc"] {
        let ended = rosc(&["lab", &files.path(file), "--verify", "200", "--seed", "2", "--format", "json"]);
        assert_eq!(ended.code, Some(0), "{file}: {}", ended.out);
        let left = ended.json()["verification"]["left"].as_u64();
        assert!(left > Some(50), "{file}: {left:?} left");
    }
}

/// A configuration of which the last NAT rule gets lost on the way to the kernel.
const TWO_WANS: &str = "/ip address
add address=192.0.2.2/24 interface=ether1 comment=\"first provider\"
add address=198.51.100.2/24 interface=ether2
add address=192.168.88.1/24 interface=ether3
add address=192.168.89.1/24 interface=ether4
/ip route
add gateway=192.0.2.1
add gateway=198.51.100.1 distance=2
/routing table
add name=second fib
/ip firewall mangle
add chain=prerouting src-address=192.168.89.0/24 action=mark-routing new-routing-mark=second passthrough=no
/ip firewall nat
add chain=srcnat out-interface=ether2 action=masquerade
add chain=dstnat in-interface=ether1 protocol=tcp dst-port=8080 action=dst-nat to-addresses=192.168.88.10
add chain=srcnat out-interface=ether1 action=masquerade
";

/// The router without its last rule of `srcnat`.
fn broken(router: &Router) -> Router {
    use rosc::ir::firewall::{Chain, NatHook};
    let mut router = router.clone();
    if let Some(rules) = router.firewall.nat.chains.get_mut(&Chain::Base(NatHook::Srcnat)) {
        rules.pop();
    }
    router
}

/// Whether packets show that a router is not the broken one. What is left of a configuration may not be buildable.
fn replay(router: &Router, packets: &[Arrival]) -> Option<usize> {
    let built = Trial::between(router, &broken(router));
    let shown = built.and_then(|mut trial| trial.replay(packets)).ok().flatten();
    shown.map(|(place, _)| place)
}

#[test]
fn a_lost_rule_is_found_and_what_shows_it_is_a_few_lines() {
    if for_test().is_none() {
        return;
    }
    let sources = text(TWO_WANS);
    let router = compile(&sources, Options::default()).router;
    let order = Order { packets: 2000, seed: 1, interrupted: &AtomicBool::new(false), progress: &|_| {} };
    let build = || -> Result<Trial<'_>, LabError> { Trial::between(&router, &broken(&router)) };
    let Verified { difference, .. } = verify_with(build, &router, order).expect("the router can be built");
    let packets = difference.expect("a difference").packets;
    let search = Search {
        sources: &sources,
        options: Options::default(),
        sources_of: &text,
        experiment: &replay,
        go_on: &|| true,
    };
    let found = smallest(search, &packets).expect("the difference shows again");
    let configuration = found.configuration.expect("the files show it as one");
    assert!(configuration.contains("action=masquerade"), "{configuration}");
    let needless = ["8080", "mark-routing", "second", "ether2", "distance=2"];
    assert!(!needless.iter().any(|word| configuration.contains(word)), "{configuration}");
    assert!(configuration.lines().count() <= 8, "{configuration}");
    assert_eq!(found.packets.len(), 1, "{:?}", found.packets);
    let small: Sources = text(&configuration);
    let small = compile(&small, Options::default());
    assert!(small.diagnostics.is_empty() && small.router.dialect == Dialect::V7, "{:?}", small.diagnostics);
    assert_eq!(replay(&small.router, &found.packets), Some(0));
}

#[test]
fn what_a_fresh_router_does_not_show_is_not_made_smaller() {
    let sources = text(TWO_WANS);
    let search = Search {
        sources: &sources,
        options: Options::default(),
        sources_of: &text,
        experiment: &|_, _| None,
        go_on: &|| true,
    };
    let address = |text: &str| text.parse().expect("an address");
    let echo = Payload::Echo { reply: false, id: 1 };
    let packet = Packet::new(address("192.168.88.10"), address("192.0.2.9"), 64, echo);
    assert_eq!(smallest(search, &[Arrival { interface: None, packet }]), None);
}

/// Which port of a range the kernel takes is no one's to say, and of a packet that is dropped behind its translation
/// nothing is seen: the router's own to itself pass its rules once more when they come back.
#[test]
fn what_a_dropped_packet_became_is_asked_of_the_kernel() {
    const RANGE: &str = "/ip address add address=192.0.2.2/24 interface=ether1
/ip firewall nat add chain=srcnat protocol=udp action=masquerade to-ports=30000-30100
/ip firewall raw
add chain=prerouting protocol=udp action=drop per-connection-classifier=src-port:2/0
";
    if for_test().is_none() {
        return;
    }
    let own = "192.0.2.2".parse().expect("an address");
    let mut ends = [0; 2];
    datagrams_of_the_router(RANGE, own, own, |end| match end {
        End::Dropped(_) => ends[0] += 1,
        End::Delivered(_) => ends[1] += 1,
        other => panic!("{other:?}"),
    });
    assert!(ends.iter().all(|count| *count > 5), "{ends:?}");
}

/// Who has its source from one gateway's network may leave by another one, if rules change what the kernel has looked for.
#[test]
fn what_rules_change_of_the_routers_own_has_its_way_looked_for_again() {
    const ROUTER: &str = "/ipv6 address
add address=2001:db8:1::2/64 interface=wan1 no-dad=yes advertise=no
add address=2001:db8:2::2/64 interface=wan2 no-dad=yes advertise=no
/ip address
add address=198.51.100.2/30 interface=wan1
add address=203.0.113.2/30 interface=wan2
/ip route add gateway=198.51.100.1,203.0.113.1
/ipv6 route add gateway=2001:db8:1::1,2001:db8:2::1
";
    const CHANGES: [(&str, &str); 4] = [
        (
            "2001:db8:99::7",
            "/ipv6 firewall mangle add chain=output action=change-hop-limit new-hop-limit=set:5\n",
        ),
        ("2001:db8:99::7", "/ipv6 firewall mangle add chain=output action=change-dscp new-dscp=9\n"),
        ("192.0.2.7", "/ip firewall mangle add chain=output action=change-dscp new-dscp=9\n"),
        ("192.0.2.7", "/ip firewall mangle add chain=output action=mark-packet new-packet-mark=own\n"),
    ];
    if for_test().is_none() {
        return;
    }
    for (to, change) in CHANGES {
        let to: IpAddr = to.parse().expect("an address");
        let none: IpAddr =
            if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        datagrams_of_the_router(&format!("{ROUTER}{change}"), none, to, |end| {
            assert!(matches!(end, End::Leaves { .. }), "{change}{end:?}");
        });
    }
}

/// Sends some datagrams of a router's own, and tells how each ends, as it does and as its trace says.
fn datagrams_of_the_router(
    configuration: &str,
    source: IpAddr,
    destination: IpAddr,
    mut tell: impl FnMut(&End<'_>),
) {
    let sources = text(configuration);
    let router = compile(&sources, Options::default()).router;
    let mut trial = Trial::build(&router).expect("the router can be built");
    for number in 0..40 {
        let ports = PortPair { source: 5000 + number, destination: 5353 };
        let payload = Payload::Datagram { protocol: Protocol::UDP, ports };
        let sent = Arrival { interface: None, packet: Packet::new(source, destination, 64, payload) };
        match trial.send(&sent).expect("it can be sent") {
            Verdict::Agrees(end) => tell(&end),
            other => panic!("{configuration}{other:?}"),
        }
    }
}
