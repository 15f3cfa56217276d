//! What each kind of multi-WAN set-up must and must not do, feature by feature.

use super::{ask, built, example, flows, host, one, output_of, provider, router_of, send, tried};
use crate::stages::root;
use rosc::ir::Router;
use rosc::lab::client::Kind;
use rosc::lab::{Lab, Role, Station, Topology};
use rosc_target::netns::NetNs;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;

fn text_of(name: &str) -> String {
    fs::read_to_string(root().join(format!("examples/{name}.rsc"))).expect("an example")
}

/// An example with a text replaced in it.
fn changed(name: &str, from: &str, to: &str) -> Option<Router> {
    let text = text_of(name);
    assert!(text.contains(from), "{name} has {from}");
    router_of(&text.replace(from, to))
}

/// Whose packets from a LAN address seem to be at the far side, by station.
fn seen_from(lab: &Lab<'_>, id: u32, source: &str) -> BTreeMap<usize, BTreeSet<IpAddr>> {
    let sent = send(lab, host(lab), &flows(id, 5, Kind::Udp, source, "198.18.7.7", 80), 1);
    if sent.unanswered().is_empty() { sent.sources() } else { BTreeMap::new() }
}

fn behind(lab: &Lab<'_>, gateway: &str, source: &str) -> BTreeMap<usize, BTreeSet<IpAddr>> {
    BTreeMap::from([(provider(lab, gateway), BTreeSet::from([source.parse().expect("an address")]))])
}

#[test]
fn ecmp_balances_every_kind_of_traffic_and_a_withdrawn_gateway_gets_no_new_flows() {
    let Some(router) = example(&["ecmp-masquerade"]) else { return };
    let Some(reduced) = changed("ecmp-masquerade", "gateway=100.64.1.1,100.64.2.1", "gateway=100.64.1.1")
    else {
        return;
    };
    let mut lab = built(&router);
    let (first, second) = (provider(&lab, "100.64.1.1"), provider(&lab, "100.64.2.1"));
    for (n, kind) in (0..).zip([Kind::Udp, Kind::Tcp]) {
        let plans = flows(n * 1000, 200, kind, "192.168.88.10", "198.18.7.7", 80);
        let sent = send(&lab, host(&lab), &plans, 4);
        assert_eq!((sent.unanswered(), sent.changed()), (Vec::new(), Vec::new()), "{kind:?}");
        let spread = sent.spread();
        assert!((60..=140).contains(&spread[&first]) && (60..=140).contains(&spread[&second]), "{spread:?}");
    }
    assert!(ask(&lab, host(&lab), one(5000, Kind::Icmp, None, "198.18.7.7:0")).0, "a ping");
    let (answered, seen) = ask(&lab, lab.world.router(), one(5001, Kind::Tcp, None, "198.18.7.7:80"));
    assert!(answered && seen.expect("seen").source.to_string().starts_with("100.64."), "the router's own");
    lab.change(&reduced).expect("applied");
    let sent = send(&lab, host(&lab), &flows(6000, 40, Kind::Udp, "192.168.88.10", "198.18.7.7", 80), 1);
    assert_eq!(sent.spread(), BTreeMap::from([(first, 40)]));
}

#[test]
fn the_routers_own_traffic_follows_a_mark_that_mangle_output_sets() {
    let marked = "/ip firewall mangle\nadd action=mark-routing chain=output dst-address=198.18.0.30 \
                  new-routing-mark=to-wan2\n";
    let Some(router) = router_of(&format!("{}\n{marked}", text_of("pcc-two-wan"))) else { return };
    let lab = built(&router);
    let own = |id, destination: &str| {
        let (answered, seen) = ask(&lab, lab.world.router(), one(id, Kind::Tcp, None, destination));
        assert!(answered, "{destination}");
        let seen = seen.expect("seen");
        (seen.station, seen.source.to_string())
    };
    assert_eq!(own(1, "198.18.0.30:80"), (provider(&lab, "203.0.113.1"), "203.0.113.2".to_owned()));
    assert_eq!(own(2, "198.18.0.31:80"), (provider(&lab, "198.51.100.1"), "198.51.100.2".to_owned()));
}

#[test]
fn without_marks_inbound_connections_of_the_second_uplink_get_no_answer() {
    let unmarked: String = text_of("pcc-two-wan")
        .lines()
        .filter(|line| !line.contains("chain=output"))
        .map(|l| format!("{l}\n"))
        .collect();
    let Some(router) = router_of(&unmarked) else { return };
    let mut lab = built(&router);
    lab.world.serve_on_router(&[22]).expect("a server");
    let outside = &lab.world.stations()[provider(&lab, "203.0.113.1")].namespace;
    let plan = one(1, Kind::Tcp, Some("198.18.0.9:0"), "203.0.113.2:22");
    assert!(!ask(&lab, outside, plan).0, "the answer leaves by the first uplink");
}

#[test]
fn a_rule_leads_one_host_through_its_own_table_or_nowhere() {
    let Some(router) = example(&["rule-min-prefix"]) else { return };
    let second = "add comment=\"second uplink\" gateway=100.64.2.1 routing-table=to-wan2\n";
    let Some(cut_off) = changed("rule-min-prefix", second, "") else { return };
    let fallback = text_of("rule-min-prefix").replace(second, "").replace("lookup-only-in-table", "lookup");
    let Some(falling_back) = router_of(&fallback) else { return };
    let mut lab = built(&router);
    assert_eq!(seen_from(&lab, 0, "192.168.88.10"), behind(&lab, "100.64.2.1", "100.64.2.2"));
    assert_eq!(seen_from(&lab, 100, "192.168.88.11"), behind(&lab, "100.64.1.1", "100.64.1.2"));
    let plan = one(200, Kind::Icmp, Some("192.168.88.10:0"), "100.64.1.1:0");
    assert!(ask(&lab, host(&lab), plan).0, "what main knows exactly is reached in spite of the rule");
    lab.change(&cut_off).expect("applied");
    assert_eq!(seen_from(&lab, 300, "192.168.88.10"), BTreeMap::new(), "its table has no route: nowhere");
    assert_eq!(seen_from(&lab, 400, "192.168.88.11"), behind(&lab, "100.64.1.1", "100.64.1.2"));
    lab.change(&falling_back).expect("applied");
    assert_eq!(seen_from(&lab, 500, "192.168.88.10"), behind(&lab, "100.64.1.1", "100.64.1.2"));
}

#[test]
fn a_blackhole_in_main_is_no_default_that_min_prefix_hides() {
    let Some(router) = changed("rule-min-prefix", "add gateway=100.64.1.1\n", "add blackhole\n") else {
        return;
    };
    let lab = built(&router);
    assert_eq!(seen_from(&lab, 0, "192.168.88.10"), BTreeMap::new());
}

#[test]
fn a_forwarded_port_is_reached_by_both_uplinks_and_the_server_sees_who_it_is() {
    let Some(router) = example(&["port-forward-dual-wan"]) else { return };
    let mut lab = built(&router);
    let lan = lab.world.station_of("192.168.88.11".parse().expect("an address")).expect("a server");
    lab.world.serve(lan, &[80]).expect("a server");
    for (n, (gateway, address)) in (0..).zip([("100.64.1.1", "100.64.1.2"), ("100.64.2.1", "100.64.2.2")]) {
        let outside = &lab.world.stations()[provider(&lab, gateway)].namespace;
        for (m, kind) in (0..).zip([Kind::Tcp, Kind::Udp]) {
            let plan = one(n * 10 + m, kind, Some("198.18.0.9:0"), &format!("{address}:8080"));
            let (answered, seen) = ask(&lab, outside, plan);
            assert!(answered, "{kind:?} by {gateway}");
            let seen = seen.expect("seen");
            assert_eq!((seen.station, seen.source.to_string()), (lan, "198.18.0.9".to_owned()));
        }
    }
    assert_eq!(seen_from(&lab, 100, "192.168.88.10"), behind(&lab, "100.64.1.1", "100.64.1.2"));
}

#[test]
fn a_lan_host_reaches_a_server_of_its_own_lan_under_the_public_address() {
    let Some(router) = example(&["hairpin"]) else { return };
    let two_hosts = |mut topology: Topology| {
        let lan =
            topology.ports.iter_mut().find(|port| port.device.as_str() == "ether3").expect("the LAN's port");
        let both = lan.stations.remove(0);
        let host = |address: &str| Station {
            role: Role::Host,
            addresses: vec![address.parse().expect("an address")],
            router: both.router.clone(),
            networks: Vec::new(),
        };
        lan.stations = vec![host("192.168.88.10/24"), host("192.168.88.11/24")];
        topology
    };
    let mut lab = Lab::build_with(&router, two_hosts).expect("the world can be built");
    lab.warm_up();
    let server = lab.world.station_of("192.168.88.11".parse().expect("an address")).expect("a server");
    lab.world.serve(server, &[80]).expect("a server");
    let source = |from: &NetNs, id, source: Option<&str>, destination: &str| {
        let (answered, seen) = ask(&lab, from, one(id, Kind::Tcp, source, destination));
        assert!(answered, "{destination}");
        seen.expect("seen").source.to_string()
    };
    assert_eq!(source(host(&lab), 1, None, "100.64.1.2:8080"), "192.168.88.1");
    assert_eq!(source(host(&lab), 2, None, "192.168.88.11:80"), "192.168.88.10", "directly, untranslated");
    let outside = &lab.world.stations()[provider(&lab, "100.64.1.1")].namespace;
    assert_eq!(source(outside, 3, Some("198.18.0.9:0"), "100.64.1.2:8080"), "198.18.0.9");
}

#[test]
fn when_a_primary_uplink_is_cut_masqueraded_flows_move_and_fixed_addresses_are_kept() {
    let fixed = "add action=src-nat chain=srcnat out-interface=ether1 to-addresses=100.64.1.2";
    let masqueraded = "add action=masquerade chain=srcnat out-interface=ether1";
    let Some(with_masquerade) = changed("failover-src-nat", fixed, masqueraded) else { return };
    let Some(with_src_nat) = example(&["failover-src-nat"]) else { return };
    for router in [&with_masquerade, &with_src_nat] {
        let report = tried(router, 60, Some("100.64.1.1"));
        let after = report.groups[0].aftermath.as_ref().expect("something failed");
        let udp = after.on_failed[&Kind::Udp];
        assert_eq!((udp.kept, udp.moved), (0, 60), "packets of old flows leave by the backup");
        let tcp = after.on_failed[&Kind::Tcp];
        assert_eq!((tcp.kept, tcp.moved, tcp.died), (0, 0, 60), "a TCP connection can't change its far side");
    }
    // What tells the two apart is whose the packets seem to be on the backup.
    let mut lab = built(&with_src_nat);
    let plans = flows(0, 20, Kind::Udp, "192.168.88.10", "198.18.7.7", 80);
    let mut open = rosc::lab::client::open(host(&lab), &plans);
    assert!(rosc::lab::client::ask(host(&lab), &mut open).iter().all(|answered| *answered));
    let gateway = lab.find_gateway("100.64.1.1".parse().expect("an address")).expect("a gateway");
    lab.fail(gateway).expect("cut");
    let answered = rosc::lab::client::ask(host(&lab), &mut open);
    let backup = provider(&lab, "100.64.2.1");
    let sources: BTreeSet<String> = lab
        .world
        .log()
        .seen()
        .iter()
        .filter(|seen| seen.station == backup && seen.flow < 20)
        .map(|seen| seen.source.to_string())
        .collect();
    assert_eq!(sources, BTreeSet::from(["100.64.1.2".to_owned()]), "the old address, as on RouterOS");
    assert_eq!(answered.len(), 20);
}

#[test]
fn the_three_marks_do_not_touch_each_other() {
    let Some(router) = example(&["mark-fields"]) else { return };
    let lab = built(&router);
    let before = counters(&lab);
    let (answered, seen) =
        ask(&lab, host(&lab), one(1, Kind::Udp, Some("192.168.88.10:0"), "198.18.7.7:443"));
    assert!(answered);
    assert_eq!(seen.expect("seen").station, provider(&lab, "100.64.2.1"), "the routing mark leads it");
    let counted = |comment: &str| counters(&lab)[comment] - before[comment];
    assert_eq!(counted("packet mark"), 1, "the second packet mark is in force");
    assert_eq!(counted("routing mark"), 1);
    assert_eq!(counted("connection mark"), 2, "there and back");
    assert_eq!(counted("no packet mark"), 0);
}

/// The packets that the rules of chain forward have counted, by comment.
fn counters(lab: &Lab<'_>) -> BTreeMap<String, u64> {
    let listed =
        output_of(lab.world.router(), "nft", &["-j", "list", "chain", "ip", "rosc", "mangle_forward"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let rules =
        listed["nftables"].as_array().expect("objects").iter().filter_map(|object| object.get("rule"));
    let count = |rule: &serde_json::Value| {
        let expressions = rule["expr"].as_array().expect("expressions");
        let packets = expressions.iter().find_map(|e| e["counter"]["packets"].as_u64()).expect("a counter");
        (rule["comment"].as_str().unwrap_or_default().to_owned(), packets)
    };
    rules.map(count).collect()
}

#[test]
fn netmap_translates_address_for_address_both_ways_and_segments_get_smaller() {
    let Some(router) = example(&["netmap-and-mss"]) else { return };
    let mut lab = built(&router);
    let lan = lab.world.station_of("192.168.88.10".parse().expect("an address")).expect("a host");
    lab.world.serve(lan, &[80]).expect("a server");
    let far = provider(&lab, "192.0.2.2");
    // The other site answers for its own prefix.
    for n in [10, 11, 17] {
        let plan = one(n, Kind::Udp, Some(&format!("192.168.88.{n}:0")), "10.2.0.9:80");
        let sent = send(&lab, host(&lab), &[plan], 1);
        let seen = sent.arrivals.get(&n).and_then(|seen| seen.first()).copied();
        assert_eq!(seen.map(|seen| seen.source.to_string()), Some(format!("10.1.0.{n}")), "out");
    }
    let outside = &lab.world.stations()[far].namespace;
    let (answered, seen) = ask(&lab, outside, one(100, Kind::Tcp, Some("192.0.2.2:0"), "10.1.0.11:80"));
    assert!(answered, "in");
    assert_eq!(seen.expect("seen").station, lan);
    let listed = output_of(lab.world.router(), "nft", &["list", "chain", "ip", "rosc", "mangle_forward"]);
    assert!(listed.contains("tcp option maxseg size set 1360"), "{listed}");
}
