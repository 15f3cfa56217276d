//! Multipath routes as groups, where nothing but the route decides what takes it.

use super::diagnostics::{not_shared, others_decide, route_not_shared};
use super::ports::Ports;
use crate::diagnostic::Diagnostic;
use crate::ir::{FastPath, FastPathTable, RedirectPolicy, RoutingRule, RuleAction};
use crate::lower::Context;
use ipnet::IpNet;
use rosc_ebpf::{Group, GroupName, HashFields, Member, NextHop, Slots, State, Weight};
use rosc_route::{Family, ForeignDecisions, MAIN_TABLE, NextHops, Route, RouteKind};
use rosc_target::{Origin, fnv_1a};
use std::collections::BTreeMap;

/// Up to so many members tell themselves apart well enough in a small table.
const FEW_MEMBERS: usize = 16;

impl Context<'_> {
    /// Makes a group of each multipath route among those that a family uses, and returns which groups the routes are.
    pub(super) fn groups(
        &mut self,
        family: Family,
        asked: &FastPath,
        used: &BTreeMap<IpNet, &Route>,
        groups: &mut BTreeMap<GroupName, Group>,
    ) -> BTreeMap<IpNet, GroupName> {
        let mut multipath: Vec<(&Route, &NextHops)> =
            used.values().filter_map(|route| Some((*route, several(route)?))).collect();
        // If there are too many, those to the most destinations are the ones to have.
        multipath.sort_by_key(|(route, _)| (route.destination.prefix_len(), route.destination));
        let mut shared = BTreeMap::new();
        let hash = self.group_hash(family, asked);
        for (route, next_hops) in multipath {
            let made = group(route, next_hops, hash, asked).and_then(|made| match groups.len() {
                State::MAX_GROUPS.. => Err(too_many_groups(route.origin)),
                _ => Ok(made),
            });
            match made {
                Ok(made) => {
                    let name = name_of("main", route.destination);
                    groups.insert(name.clone(), made);
                    shared.insert(route.destination, name);
                }
                Err(reason) => self.tell(asked, vec![reason]),
            }
        }
        shared
    }

    /// Why a packet might have to go another way than by the longest prefix of `main`.
    pub(super) fn left_to_the_kernel(
        &self,
        asked: &FastPath,
        family: Family,
        ports: &Ports,
    ) -> Vec<Diagnostic> {
        let foreign = &self.host.foreign;
        let mut rules = foreign.rules.iter().filter(|rule| rule.family == family);
        let mut reasons = Vec::new();
        if let Some(rule) = rules.find(|rule| rule.iif.as_ref().is_none_or(|iif| ports.have_device(iif))) {
            let why = format!(
                "a policy rule that rosc has not made has a say in where packets go, that of preference {}",
                rule.preference
            );
            let help = "ip rule and ip -6 rule show it; without such rules apply again";
            reasons.push(others_decide(family, &why, asked.origin, help));
        }
        if foreign.more.contains(&family) {
            let why = format!("somebody else keeps more than {} routes in main", ForeignDecisions::MAX);
            let help =
                "routing daemons that keep a table of their own, asked by a routing rule, leave main to rosc";
            reasons.push(others_decide(family, &why, asked.origin, help));
        }
        let mut found = |why, origin, help| reasons.push(not_shared(family, why, origin, help));
        let rules = &self.router.rules;
        if let Some(rule) = rules.iter().find(|rule| leads_elsewhere(rule, family, ports)) {
            let why = "a routing rule has a say in where packets go";
            let help = "keep the rule off the interfaces of /rosc fastpath, by interface=";
            found(why, rule.origin, help);
        }
        if let Some(client) = self.router.address_clients.first() {
            let why = "addresses that the machine learns later may be among the destinations";
            found(why, *client, "write the addresses down in /ip address or /ipv6 address");
        }
        let advertisements = self.ipv6_setting(|settings| settings.accept_router_advertisements);
        if family == Family::Ipv6 && advertisements.value == RedirectPolicy::Yes {
            let why = "routes that the machine learns later may be longer";
            found(why, advertisements.origin, "set accept-router-advertisements=no");
        }
        reasons
    }
}

/// Of each destination in `main` the route that is used.
pub(super) fn in_use(route: &rosc_route::State, family: Family) -> BTreeMap<IpNet, &Route> {
    let mut used: BTreeMap<IpNet, &Route> = BTreeMap::new();
    for route in route.routes().iter().filter(|route| route.table == MAIN_TABLE && route.family() == family) {
        let entry = used.entry(route.destination).or_insert(route);
        if route.metric < entry.metric {
            *entry = route;
        }
    }
    used
}

/// The next hops of a multipath route.
pub(super) fn several(route: &Route) -> Option<&NextHops> {
    match &route.kind {
        RouteKind::Unicast(next_hops) if next_hops.single().is_none() => Some(next_hops),
        RouteKind::Unicast(_) | RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit => None,
    }
}

/// The member that a way of a route is.
pub(super) fn next_hop(hop: &rosc_route::NextHop) -> NextHop {
    NextHop { device: hop.device.clone(), gateway: hop.gateway }
}

/// Whether packets of the fast path may meet a routing rule. They have no mark: no rule that sets one meets them.
pub(super) fn is_met_unmarked(rule: &RoutingRule, family: Family) -> bool {
    let of_family = match family {
        Family::Ipv4 => rule.is_ipv4(),
        Family::Ipv6 => rule.is_ipv6(),
    };
    of_family && rule.routing_mark.as_ref().is_none_or(|mark| mark.as_mark().is_none())
}

fn leads_elsewhere(rule: &RoutingRule, family: Family, ports: &Ports) -> bool {
    let is_met = is_met_unmarked(rule, family)
        && rule.interface.as_ref().is_none_or(|interface| ports.contains(interface));
    let stays_in_main = match &rule.action {
        RuleAction::Lookup { table, min_prefix: _ } => table.is_main(),
        RuleAction::LookupOnlyInTable { table, min_prefix } => table.is_main() && min_prefix.is_none(),
        RuleAction::Drop | RuleAction::Unreachable => false,
    };
    is_met && !stays_in_main
}

fn group(
    route: &Route,
    next_hops: &NextHops,
    hash: HashFields,
    asked: &FastPath,
) -> Result<Group, Diagnostic> {
    let mut members = BTreeMap::new();
    for hop in next_hops.iter() {
        if hop.gateway.is_none() {
            let why = "the neighbour behind an interface is not the same for all packets";
            let help = "write ADDRESS%INTERFACE for each gateway";
            return Err(route_not_shared(why, route.origin, help));
        }
        let weight = Weight::new(hop.weight.get()).expect("a weight is at least 1");
        members.insert(next_hop(hop), Member::of_weight(weight));
    }
    if members.len() > Group::MAX_MEMBERS {
        let why = format!("it has more than {} gateways", Group::MAX_MEMBERS);
        let help = "the kernel shares its packets as it does without a fast path";
        return Err(route_not_shared(&why, route.origin, help));
    }
    let slots = match asked.table_size {
        FastPathTable::Small => Slots::Small,
        FastPathTable::Large => Slots::Large,
        FastPathTable::Auto if members.len() <= FEW_MEMBERS => Slots::Small,
        FastPathTable::Auto => Slots::Large,
    };
    Ok(Group { origin: route.origin, hash, slots, drain: asked.drain_secs, members })
}

fn too_many_groups(origin: Origin) -> Diagnostic {
    let why = format!("there are {} others of shorter prefixes", State::MAX_GROUPS);
    let help = "the kernel shares its packets as it does without a fast path";
    route_not_shared(&why, origin, help)
}

/// A group's name follows from the route's place alone, so that it outlives changes of its members. A destination that
/// is too long ends in a hash of it all.
fn name_of(table: &str, destination: IpNet) -> GroupName {
    let whole = format!("{table} {destination}");
    let name = if whole.len() <= GroupName::MAX_LEN {
        whole
    } else {
        let hash = format!("~{:016x}", fnv_1a(whole.as_bytes()));
        let kept: String = whole.chars().take(GroupName::MAX_LEN - hash.len()).collect();
        kept + &hash
    };
    name.parse().expect("a table and a prefix are text of that length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_the_place_and_fit() {
        let name = |destination: &str| name_of("main", destination.parse().expect("a prefix")).to_string();
        assert_eq!(name("0.0.0.0/0"), "main 0.0.0.0/0");
        assert_eq!(name("255.255.255.255/32"), "main 255.255.255.255/32");
        assert_eq!(name("2001:db8:ffff:ffff::/64"), "main 2001:db8:ffff:ffff::/64");
        let long = "2001:db8:1111:2222:3333:4444:5555:0/112";
        assert_eq!(name(long).len(), GroupName::MAX_LEN, "{}", name(long));
        assert_eq!(name(long), name(long));
        assert_ne!(name(long), name("2001:db8:1111:2222:3333:4444:6666:0/112"));
    }
}
