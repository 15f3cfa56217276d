//! Gateways that are chosen for what the stack forwards: marks, rules, routes, and the chain that keeps connections where they are.

use super::{ROUTER, marking, router, state, told};
use crate::stages::{desired, text};
use rosc_ebpf::{GroupName, Mark, NextHop, State};
use rosc_nftables::Family as Table;
use rosc_route::{Family, MAIN_TABLE, RouteKind, RuleAction};
use std::collections::BTreeMap;

const MASQUERADE: &str = "/ip firewall nat add action=masquerade chain=srcnat out-interface=ether1";

/// The marks of all members.
fn marks(state: &State) -> BTreeMap<(GroupName, NextHop), Mark> {
    let members = state.groups.iter().flat_map(|(name, group)| {
        group.members.iter().filter_map(|(hop, member)| Some(((name.clone(), hop.clone()), member.mark?)))
    });
    members.collect()
}

fn chain(configuration: &str, family: Table) -> Vec<String> {
    let desired = desired(&text(configuration));
    let chains = desired.nftables.tables.get(&family).map(|table| &table.chains);
    let chain = chains.and_then(|chains| chains.iter().find(|(name, _)| name.as_str() == "group_prerouting"));
    chain.map(|(_, chain)| chain.rules.iter().map(ToString::to_string).collect()).unwrap_or_default()
}

#[test]
fn each_member_has_a_mark_that_leads_to_its_way_behind_what_is_longer() {
    let desired = desired(&text(&router(MASQUERADE)));
    let marks = marks(&desired.ebpf);
    assert_eq!(marks.len(), 2, "of IPv4 alone: {marks:?}");
    let rules = desired.route.rules();
    assert_eq!(rules.len(), 4);
    for ((_, next_hop), mark) in marks {
        let of_mark: Vec<RuleAction> = rules
            .iter()
            .filter(|rule| rule.fwmark.is_some_and(|of| of.value == u32::from(mark.value.get())))
            .map(|rule| rule.action)
            .collect();
        let lookup = |table, suppress_prefixlength| RuleAction::Lookup { table, suppress_prefixlength };
        assert_eq!(of_mark, [lookup(MAIN_TABLE, Some(0)), lookup(mark.table, None)]);
        let routes: Vec<_> =
            desired.route.routes().iter().filter(|route| route.table == mark.table).collect();
        let [route] = routes[..] else { panic!("{routes:?}") };
        let RouteKind::Unicast(hops) = &route.kind else { panic!("{route:?}") };
        let hop = hops.single().expect("one");
        assert_eq!((&hop.device, hop.gateway), (&next_hop.device, next_hop.gateway));
        assert_eq!(route.destination, "0.0.0.0/0".parse().expect("a prefix"));
    }
}

#[test]
fn a_members_mark_is_its_own_whoever_comes_and_goes() {
    let with = |gateways: &str| {
        let all = router(MASQUERADE).replace("gateway=192.0.2.1,192.0.2.9", &format!("gateway={gateways}"));
        marks(&state(&all))
    };
    let all = with("192.0.2.1,192.0.2.9,203.0.113.7,203.0.113.8");
    for fewer in ["192.0.2.1,203.0.113.8", "203.0.113.7,203.0.113.7,192.0.2.9", "192.0.2.9,192.0.2.1"] {
        let fewer = with(fewer);
        assert!(fewer.len() == 2 && fewer.iter().all(|(member, mark)| all[member] == *mark), "{fewer:?}");
    }
    // Tables have others.
    let tables: String = (0..400).map(|n| format!("/routing table add fib name=t{n}\n\
        /ip firewall mangle add action=mark-routing chain=prerouting new-routing-mark=t{n} src-port={n} protocol=tcp\n"))
        .collect();
    let among = desired(&text(&router(&format!("{MASQUERADE}\n{tables}"))));
    let of_members = marks(&among.ebpf);
    assert_eq!(of_members.len(), 2);
    let led = among.route.rules().iter().filter_map(|rule| Some(rule.fwmark?.value));
    for mark in of_members.values() {
        assert_eq!(led.clone().filter(|value| *value == u32::from(mark.value.get())).count(), 2);
    }
}

#[test]
fn connections_are_kept_where_they_are_only_if_anything_tracks_them() {
    let tracked = chain(&router(MASQUERADE), Table::Ip);
    assert_eq!(tracked.len(), 2 + 2 + 1 + 2, "{tracked:?}");
    assert!(chain(&router(MASQUERADE), Table::Ip6).is_empty());
    for line in
        ["/ip firewall filter add action=drop chain=forward protocol=udp", "/ip settings set rp-filter=loose"]
    {
        assert!(chain(&router(line), Table::Ip).is_empty(), "{line}");
        assert_eq!(marking(&state(&router(line)), Family::Ipv4).len(), 3, "{line}");
    }
    let two = format!("{MASQUERADE}\n/ip route add dst-address=198.18.0.0/15 gateway=192.0.2.1,192.0.2.9");
    let of_two = chain(&router(&two), Table::Ip);
    let apart = of_two.iter().filter(|rule| rule.contains("!=")).count();
    assert_eq!((of_two.len(), apart), (2 + 4 + 2 + 4, 4), "members of another group are none of this one");
}

#[test]
fn a_rule_that_asks_for_no_mark_would_see_one() {
    for condition in ["routing-mark=main", "routing-mark=!main"] {
        let line = format!("/ip firewall mangle add action=accept chain=prerouting {condition}");
        let configuration = router(&line);
        assert!(marking(&state(&configuration), Family::Ipv4).is_empty(), "{line}");
        let told = told(&configuration);
        let [("R0505", asking), ("R0504", _)] = told.as_slice() else { panic!("{told:?}") };
        assert!(line.ends_with(asking.as_str()), "{asking}");
    }
    let other = "/routing table add fib name=t1\n\
                 /ip firewall mangle add action=accept chain=prerouting routing-mark=t1";
    assert_eq!(marking(&state(&router(other)), Family::Ipv4).len(), 3);
}

#[test]
fn what_may_lead_packets_elsewhere_is_in_the_way_of_choices_too() {
    for line in [
        "/routing table add fib name=t1\n/routing rule add action=lookup dst-address=198.51.100.0/24 table=t1",
        "/ip dhcp-client add interface=ether9",
    ] {
        let configuration = router(&format!("{MASQUERADE}\n{line}"));
        assert!(marking(&state(&configuration), Family::Ipv4).is_empty(), "{line}");
        assert!(told(&configuration).iter().any(|(code, _)| *code == "R0505"), "{line}");
    }
}

#[test]
fn without_a_fast_path_nothing_is_marked() {
    let desired = desired(&text(&format!("{ROUTER}{MASQUERADE}\n")));
    assert!(desired.route.rules().is_empty() && desired.ebpf.is_empty());
    assert!(chain(&format!("{ROUTER}{MASQUERADE}\n"), Table::Ip).is_empty());
}
