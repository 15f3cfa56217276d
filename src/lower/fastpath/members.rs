//! Members of groups that the stack sends packets by: the program marks a packet for one, connection tracking keeps its connection
//! there, and policy rules lead to the way by it.
//!
//! A packet that is marked for a member goes first by what of `main` is longer than the group's destination, as any other does:
//! connected networks, and what its destination is translated to. Then a table of the member's own has its way, and where that
//! is gone, since the link is down, `main` has the others. The marks are numbers of routing marks that no table has, so a rule of
//! mangle that sets one decides instead.

use super::Shape;
use super::diagnostics::not_shared;
use super::groups::{in_use, next_hop, several};
use crate::diagnostic::Diagnostic;
use crate::lower::mark::ROUTING_MARK;
use crate::lower::{Context, diagnostics};
use rosc_ebpf::{GroupName, Mark, NextHop};
use rosc_route::{Family, FwMark, MAIN_TABLE, NextHops, Route, RouteKind, Rule, RuleAction, Weight};
use std::collections::BTreeMap;

impl Shape<'_> {
    /// The marks of each group of a family.
    pub(in crate::lower) fn marks(&self, family: Family) -> Vec<Vec<Mark>> {
        let groups = self.destinations.iter().filter(|(_, prefix)| Family::of_net(prefix) == family);
        let members = groups.map(|(name, _)| self.state.groups[name].members.values());
        members.map(|members| members.filter_map(|member| member.mark).collect()).collect()
    }
}

impl Context<'_> {
    /// Why rules of a family would take a marked packet for another one than it is.
    pub(super) fn reads_marks(&self, family: Family) -> Option<Diagnostic> {
        let firewall = match family {
            Family::Ipv4 => &self.router.firewall,
            Family::Ipv6 => &self.router.ipv6_firewall,
        };
        // Marks of other tables are none of a member.
        let (_, origin) = firewall.matchers().find(|(matchers, _)| {
            matchers.routing_mark.as_ref().is_some_and(|condition| condition.parts().0.is_main())
        })?;
        let why = "a firewall rule asks whether packets have no routing mark";
        let help = "name the routing marks that are meant, or leave routing-mark=main out";
        Some(not_shared(family, why, origin, help))
    }

    /// Gives each member of the groups that packets are marked for a mark. It follows from the group and the next hop alone.
    pub(super) fn mark_members(&self, shape: &mut Shape<'_>) {
        let name_of = |group: &GroupName, next_hop: &NextHop| format!("{group} {next_hop}");
        let marked = shape.state.groups.iter_mut().filter(|(name, _)| shape.destinations.contains_key(*name));
        let mut marked: Vec<_> = marked.collect();
        let of_group = |(name, group): &(&GroupName, &mut rosc_ebpf::Group)| -> Vec<String> {
            group.members.keys().map(|next_hop| name_of(name, next_hop)).collect()
        };
        let names: Vec<String> = marked.iter().flat_map(of_group).collect();
        let marks = self.marks.of_members(names.iter().map(String::as_str));
        for (name, group) in &mut marked {
            for (next_hop, member) in &mut group.members {
                member.mark = marks.get(name_of(name, next_hop).as_str()).copied();
            }
        }
    }

    /// Routes and rules with those that marked packets need.
    pub(in crate::lower) fn with_members(
        &mut self,
        route: rosc_route::State,
        shape: &Shape<'_>,
    ) -> rosc_route::State {
        if shape.destinations.is_empty() {
            return route;
        }
        let (mut routes, mut rules) = (route.routes().to_vec(), Vec::new());
        for family in Family::ALL {
            let used = in_use(&route, family);
            let groups =
                shape.destinations.iter().filter_map(|(name, prefix)| Some((name, *used.get(prefix)?)));
            for (name, of_group) in groups {
                for (mark, by_member) in by_members(of_group, &shape.state.groups[name].members) {
                    rules.extend(rules_of(of_group, mark));
                    routes.push(by_member);
                }
            }
        }
        // No rule of the configuration leads such packets anywhere but to `main`, where they would be shared again.
        rules.extend(route.rules().iter().cloned());
        let made = rosc_route::State::new(route.links().to_vec(), route.addresses().to_vec(), routes, rules);
        made.unwrap_or_else(|invalid| {
            self.diagnostics.extend(invalid.iter().map(diagnostics::invalid_object));
            route
        })
    }
}

/// Of each member the way by it alone.
fn by_members(route: &Route, members: &BTreeMap<NextHop, rosc_ebpf::Member>) -> Vec<(Mark, Route)> {
    let mut ways = BTreeMap::new();
    for hop in several(route).into_iter().flat_map(NextHops::iter) {
        let Some(mark) = members.get(&next_hop(hop)).and_then(|member| member.mark) else { continue };
        let alone = rosc_route::NextHop { weight: Weight::ONE, ..hop.clone() };
        let Ok(alone) = NextHops::new(vec![alone]) else { continue };
        ways.insert(mark, Route { table: mark.table, kind: RouteKind::Unicast(alone), ..route.clone() });
    }
    ways.into_iter().collect()
}

fn rules_of(route: &Route, mark: Mark) -> [Rule; 2] {
    let rule = |table, suppress_prefixlength| Rule {
        origin: route.origin,
        family: route.family(),
        from: None,
        to: None,
        iif: None,
        fwmark: Some(FwMark {
            value: ROUTING_MARK.place(mark.value.get().into()),
            mask: ROUTING_MARK.mask(),
        }),
        action: RuleAction::Lookup { table, suppress_prefixlength },
    };
    [rule(MAIN_TABLE, Some(route.destination.prefix_len())), rule(mark.table, None)]
}
