//! The examples of multi-WAN routers do what their comments say, with real traffic.

use super::{ask, built, example, flows, host, one, provider, router_of, send, tried};
use crate::stages::root;
use rosc::lab::client::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;

const KINDS: [Kind; 3] = [Kind::Tcp, Kind::Udp, Kind::Icmp];

/// A share that a fair choice among `of` ways does not miss, but for one in millions of runs: six standard deviations.
fn is_fair(count: usize, total: usize, of: usize) -> bool {
    let (n, p) = (total as f64, 1.0 / of as f64);
    (count as f64 - n * p).abs() <= 6.0 * (n * p * (1.0 - p)).sqrt()
}

#[test]
fn three_uplinks_share_the_connections_of_the_lan_and_each_keeps_its_uplink() {
    let Some(router) = example(&["three-wan-ecmp"]) else { return };
    let lab = built(&router);
    for (n, kind) in (0..).zip(KINDS) {
        // Every raw socket hears the answers to all others, so there must not be too many of them.
        let count = if kind == Kind::Icmp { 50 } else { 300 };
        let plans = flows(n * 1000, count, kind, "192.168.88.10", "198.18.7.7", 443);
        let sent = send(&lab, host(&lab), &plans, 3);
        assert_eq!(sent.unanswered(), [0; 0], "{kind:?}");
        assert_eq!(sent.changed(), [0; 0], "{kind:?}");
        for (station, sources) in sent.sources() {
            let gateway = lab.world.stations()[station].station.router[0];
            assert_eq!(sources, BTreeSet::from([gateway]), "{kind:?} is behind the address of its uplink");
        }
        let spread = sent.spread();
        match kind {
            // One address to one other: without ports there is only one way to choose.
            Kind::Icmp => assert_eq!(spread.len(), 1),
            Kind::Tcp | Kind::Udp => {
                assert!(spread.values().all(|count| is_fair(*count, 300, 3)), "{kind:?} {spread:?}");
                assert_eq!(spread.len(), 3, "{kind:?}");
            }
        }
    }
}

#[test]
fn what_main_knows_better_than_by_default_stays_in_main() {
    let Some(router) = example(&["three-wan-ecmp"]) else { return };
    let mut lab = built(&router);
    lab.world.serve_on_router(&[22]).expect("a server");
    let lan = host(&lab);
    assert!(ask(&lab, lan, one(1, Kind::Tcp, None, "192.168.88.1:22")).0, "the router is reached");
    let neighbour = flows(100, 40, Kind::Udp, "192.168.88.10", "172.16.6.254", 80);
    let sent = send(&lab, lan, &neighbour, 1);
    let connected = provider(&lab, "172.16.6.254");
    assert_eq!(sent.spread(), BTreeMap::from([(connected, 40)]), "a connected network is reached directly");
}

#[test]
fn the_routers_own_traffic_does_not_use_the_balanced_table() {
    let Some(router) = example(&["three-wan-ecmp"]) else { return };
    let lab = built(&router);
    let own = flows(1, 10, Kind::Udp, "0.0.0.0", "198.18.7.7", 80);
    let sent = send(&lab, lab.world.router(), &own, 1);
    assert_eq!(sent.unanswered().len(), 10, "main has no default route");
    assert!(sent.spread().is_empty());
}

#[test]
fn ipv6_uplinks_share_the_connections_of_the_lan() {
    let Some(router) = example(&["three-wan-ecmp-ipv6"]) else { return };
    let lab = built(&router);
    let plans = flows(0, 300, Kind::Tcp, "2001:db8:88::a", "2001:2::77", 443);
    let sent = send(&lab, host(&lab), &plans, 3);
    assert_eq!((sent.unanswered(), sent.changed()), (Vec::new(), Vec::new()));
    let spread = sent.spread();
    assert!(spread.len() == 3 && spread.values().all(|count| is_fair(*count, 300, 3)), "{spread:?}");
    for (station, sources) in sent.sources() {
        let gateway = lab.world.stations()[station].station.router[0];
        assert_eq!(sources, BTreeSet::from([gateway]));
    }
}

#[test]
fn marks_win_over_rules_and_ports_and_lists_select_the_table() {
    let read =
        |name: &str| fs::read_to_string(root().join(format!("examples/{name}.rsc"))).expect("an example");
    // Without the rule for the LAN only what is marked finds the balanced table.
    let base =
        read("three-wan-ecmp").replace("add action=lookup src-address=192.168.88.0/24 table=ecmp\n", "");
    let Some(router) = router_of(&format!("{base}\n{}", read("policy-443"))) else { return };
    let lab = built(&router);
    let lan = host(&lab);
    let web = send(&lab, lan, &flows(0, 90, Kind::Tcp, "192.168.88.10", "198.18.7.7", 443), 2);
    assert_eq!(web.unanswered(), [0; 0], "the port selects");
    assert_eq!(web.spread().len(), 3);
    assert_eq!(web.changed(), [0; 0]);
    let other = send(&lab, lan, &flows(1000, 5, Kind::Udp, "192.168.88.10", "198.18.7.7", 443), 1);
    assert_eq!(other.unanswered().len(), 5, "the other protocol does not");
    for (n, (listed, is_listed)) in (0..).zip([
        ("203.0.113.0", true),
        ("203.0.113.255", true),
        ("203.0.114.0", false),
        ("198.51.100.63", true),
        ("198.51.100.64", false),
    ]) {
        let sent = send(&lab, lan, &flows(2000 + n * 100, 1, Kind::Udp, "192.168.88.10", listed, 80), 1);
        // Nobody answers for these addresses, but each provider sees what comes for them.
        let seen = seen_by_providers(&lab, listed);
        assert_eq!(seen, is_listed, "{listed}");
        assert_eq!(sent.unanswered().len(), 1);
    }
}

/// Whether the router has sent a packet for this address to any provider: its table has a use of the way there.
fn seen_by_providers(lab: &rosc::lab::Lab<'_>, address: &str) -> bool {
    let tracked = super::output_of(lab.world.router(), "conntrack", &["-L", "-d", address]);
    tracked.lines().any(|line| line.contains(address))
}

#[test]
fn a_service_address_is_shared_by_nodes_and_a_client_keeps_its_node() {
    let Some(router) = example(&["vip-ecmp-v6"]) else { return };
    let lab = built(&router);
    let visitor = host(&lab);
    let mut node_of: BTreeMap<IpAddr, BTreeSet<usize>> = BTreeMap::new();
    for n in 0..12 {
        let source = format!("100.127.255.{}", 10 + n);
        let sent = send(&lab, visitor, &flows(n * 100, 20, Kind::Tcp, &source, "172.30.1.7", 80), 2);
        assert_eq!((sent.unanswered(), sent.changed()), (Vec::new(), Vec::new()));
        let nodes: BTreeSet<usize> = sent.spread().into_keys().collect();
        node_of.insert(source.parse().expect("an address"), nodes);
    }
    assert!(node_of.values().all(|nodes| nodes.len() == 1), "addresses alone decide: {node_of:?}");
    let nodes: BTreeSet<usize> = node_of.into_values().flatten().collect();
    assert!(nodes.len() > 1, "and they decide differently for different clients");
}

#[test]
fn inbound_connections_are_answered_by_the_uplink_that_they_came_in_by() {
    for (example_name, wans, server, pool) in [
        (
            "pcc-two-wan",
            [("198.51.100.1", "198.51.100.2"), ("203.0.113.1", "203.0.113.2")],
            "192.168.88.10",
            "198.18.0.9",
        ),
        (
            "pcc-two-wan-ipv6",
            [("2001:db8:1::1", "2001:db8:1::2"), ("2001:db8:2::1", "2001:db8:2::2")],
            "2001:db8:88::a",
            "2001:2::9",
        ),
    ] {
        let Some(router) = example(&[example_name]) else { return };
        let mut lab = built(&router);
        lab.world.serve_on_router(&[22]).expect("a server on the router");
        let lan = lab.world.station_of(server.parse().expect("an address")).expect("the host in the LAN");
        lab.world.serve(lan, &[443]).expect("a server in the LAN");
        for (n, (gateway, address)) in (0..).zip(wans) {
            let outside = &lab.world.stations()[provider(&lab, gateway)].namespace;
            let at = |port| std::net::SocketAddr::new(address.parse().expect("an address"), port).to_string();
            let from = std::net::SocketAddr::new(pool.parse().expect("an address"), 0).to_string();
            let to_router = one(n * 10, Kind::Tcp, Some(&from), &at(22));
            let (answered, seen) = ask(&lab, outside, to_router);
            assert!(answered, "{example_name}: a connection to the router by {gateway}");
            assert_eq!(seen.expect("seen").source.to_string(), pool);
            let forwarded = one(n * 10 + 1, Kind::Tcp, Some(&from), &at(8443));
            let (answered, seen) = ask(&lab, outside, forwarded);
            assert!(answered, "{example_name}: a forwarded connection by {gateway}");
            assert_eq!(seen.expect("seen").source.to_string(), pool, "the server sees who it is");
            assert!(ask(&lab, outside, one(n * 10 + 2, Kind::Icmp, Some(&from), &at(0))).0, "and a ping");
        }
    }
}

#[test]
fn one_dead_uplink_is_not_noticed_on_the_other() {
    for (example_name, gateway) in [("pcc-two-wan", "203.0.113.1"), ("pcc-two-wan-ipv6", "2001:db8:2::1")] {
        let Some(router) = example(&[example_name]) else { return };
        let report = tried(&router, 100, Some(gateway));
        let [group] = report.groups.as_slice() else { panic!("one destination: {report:#?}") };
        assert_eq!((group.unanswered, group.changed_uplink), (0, 0), "{example_name} before");
        let after = group.aftermath.as_ref().expect("something failed");
        for (kind, fate) in &after.on_others {
            assert_eq!((fate.moved, fate.died), (0, 0), "{example_name} {kind:?} on the living uplink");
            assert!(fate.kept > 0);
        }
        for (kind, fate) in &after.on_failed {
            assert_eq!(fate.kept, 0, "{example_name} {kind:?} on the dead uplink");
            let survives = *kind != Kind::Tcp;
            assert_eq!(
                fate.moved > 0,
                survives,
                "{example_name} {kind:?}: only TCP can't change its address"
            );
        }
    }
}

#[test]
fn a_default_route_follows_its_probe_and_comes_back() {
    let Some(router) = example(&["recursive-failover"]) else { return };
    let mut lab = built(&router);
    let by = |lab: &rosc::lab::Lab<'_>, id| {
        let sent = send(lab, host(lab), &flows(id, 20, Kind::Udp, "192.168.88.10", "198.18.7.7", 80), 1);
        assert_eq!(sent.unanswered(), [0; 0]);
        sent.spread()
    };
    let (first, second) = (provider(&lab, "198.51.100.1"), provider(&lab, "203.0.113.1"));
    assert_eq!(by(&lab, 0), BTreeMap::from([(first, 20)]));
    let probe = lab.find_gateway("192.0.2.53".parse().expect("an address")).expect("a probe");
    lab.fail(probe).expect("silenced");
    assert_eq!(by(&lab, 1000), BTreeMap::from([(second, 20)]), "the probe is silent although the link is up");
    lab.restore(probe).expect("back");
    assert_eq!(by(&lab, 2000), BTreeMap::from([(first, 20)]), "and back");
    let link = lab.find_gateway("198.51.100.1".parse().expect("an address")).expect("a gateway");
    lab.fail(link).expect("cut");
    assert_eq!(by(&lab, 3000), BTreeMap::from([(second, 20)]), "the link is cut");
    lab.restore(link).expect("mended");
    assert_eq!(by(&lab, 4000), BTreeMap::from([(first, 20)]), "and mended");
}

#[test]
fn every_other_new_connection_takes_the_second_uplink() {
    let Some(router) = example(&["nth-two-wan"]) else { return };
    let lab = built(&router);
    let plans = flows(0, 100, Kind::Tcp, "192.168.88.10", "198.18.7.7", 80);
    let sent = send(&lab, host(&lab), &plans, 3);
    assert_eq!((sent.unanswered(), sent.changed()), (Vec::new(), Vec::new()));
    let spread: Vec<usize> = sent.spread().into_values().collect();
    assert_eq!(spread, [50, 50]);
}
