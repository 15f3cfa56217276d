//! Tables that answer for some destinations only, while all packets are led to them.
//!
//! What they don't answer goes on to `main`. That is a way to add a few routes for some packets, and what becomes of a
//! table for an uplink whose default route is missing: hence a note.

use super::marks::routing_table;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::firewall::{Action, AddressMatch, AddressType, Condition, MangleAction, Matchers};
use crate::ir::nexthop::NextHops;
use crate::ir::{Route, Router, RuleAction, TableName};
use rosc_target::Origin;
use std::collections::{BTreeMap, BTreeSet};

/// Of each table the first route, if none of its routes is as good as a default route.
type Partial<'r> = BTreeMap<&'r TableName, &'r Route>;

pub(super) fn look(router: &Router, next_hops: &NextHops<'_>, found: &mut Vec<Diagnostic>) {
    // A client may learn the default route of any table.
    if !router.address_clients.is_empty() {
        return;
    }
    for ipv6 in [false, true] {
        let partial = partial(router, next_hops, ipv6);
        if partial.is_empty() {
            continue;
        }
        let mut told: BTreeSet<&TableName> = BTreeSet::new();
        for (table, leads) in leads(router, ipv6) {
            if let Some(route) = partial.get(table).filter(|_| told.insert(table)) {
                found.push(no_default(router, table, (leads, route.origin), ipv6));
            }
        }
    }
}

fn partial<'r>(router: &'r Router, next_hops: &NextHops<'_>, ipv6: bool) -> Partial<'r> {
    // The halves of everything stand for a default route; in IPv6 so does what is given out of it.
    let longest = if ipv6 { 3 } else { 1 };
    let mut partial: Partial<'r> = BTreeMap::new();
    let mut whole: BTreeSet<&TableName> = BTreeSet::new();
    for (index, route) in router.routes.iter().enumerate() {
        let has_fib = router.tables.get(&route.table).is_some_and(|table| table.fib);
        if route.destination.addr().is_ipv6() != ipv6 || route.table.is_main() || !has_fib {
            continue;
        }
        if route.destination.prefix_len() <= longest {
            // Also one that leads nowhere: it was meant, and what is wrong with it is told elsewhere.
            whole.insert(&route.table);
        } else if next_hops.is_candidate(index) {
            partial.entry(&route.table).or_insert(route);
        }
    }
    partial.retain(|table, _| !whole.contains(table));
    partial
}

/// What leads packets of any destination to tables.
fn leads(router: &Router, ipv6: bool) -> impl Iterator<Item = (&TableName, Origin)> {
    let rules = router.rules.iter().filter_map(move |rule| match &rule.action {
        RuleAction::Lookup { table, min_prefix: None } if rule.destination.is_none() => {
            let is_of_family = if ipv6 { rule.is_ipv6() } else { rule.is_ipv4() };
            is_of_family.then_some((table, rule.origin))
        }
        RuleAction::Lookup { .. } | RuleAction::LookupOnlyInTable { .. } => None,
        RuleAction::Drop | RuleAction::Unreachable => None,
    });
    let mangle = if ipv6 { &router.ipv6_firewall.mangle } else { &router.firewall.mangle };
    let marks = mangle.rules().filter_map(|rule| match &rule.action {
        Action::Own(MangleAction::MarkRouting(table, _)) if is_for_all_destinations(&rule.matchers) => {
            Some((table, rule.origin))
        }
        _ => None,
    });
    marks.chain(rules)
}

/// Whether nothing says where the packets go; that they go to somebody else says nothing.
fn is_for_all_destinations(matchers: &Matchers) -> bool {
    let is_named = |condition: &Option<Condition<AddressMatch>>| matches!(condition, Some(Condition::Is(_)));
    let by_type = match &matchers.dst_address_type {
        Some(Condition::Is(types)) => types.contains(&AddressType::Unicast),
        Some(Condition::IsNot(_)) | None => true,
    };
    // Which connections have a mark, another rule said.
    let by_mark = matches!(matchers.connection_mark, Some(Condition::Is(Some(_))));
    !is_named(&matchers.dst_address) && !is_named(&matchers.dst_address_list) && by_type && !by_mark
}

fn no_default(
    router: &Router,
    table: &TableName,
    (leads, route): (Origin, Origin),
    ipv6: bool,
) -> Diagnostic {
    let property = routing_table(router);
    let menu = if ipv6 { "/ipv6" } else { "/ip" };
    let message = format!("table `{table}` has no default route: what its routes don't answer takes main");
    Diagnostic::new(Code::TableWithoutDefault, message)
        .label(leads, "leads packets of all destinations there")
        .label(route, "such routes are all it has")
        .help(format!(
            "if nothing is meant to take main: {menu} route add gateway=... {property}={table}, or a blackhole there"
        ))
}
