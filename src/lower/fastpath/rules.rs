//! The firewall rules that packets on the fast path would have met.

use super::ports::Ports;
use crate::ir::firewall::{
    AddressType, Circumstances, Condition, FilterHook, Hook, MangleHook, Matchers, NatHook, RawHook, Rule,
    RuleTable,
};
use crate::ir::{Firewall, Router};
use rosc_route::Family;
use rosc_target::Origin;

/// The rules of a family that forwarded packets come to, whatever port they come in by.
pub(super) struct Met<'r> {
    router: &'r Router,
    menus: [Menu<'r>; 4],
}

struct Menu<'r> {
    name: &'static str,
    /// In the order of their lines.
    rules: Vec<(Origin, &'r Matchers)>,
    /// Whether each of them concerns all ports.
    is_of_all: bool,
}

impl<'r> Met<'r> {
    pub(super) fn of(router: &'r Router, family: Family) -> Self {
        let firewall = match family {
            Family::Ipv4 => &router.firewall,
            Family::Ipv6 => &router.ipv6_firewall,
        };
        let Firewall { address_lists: _, raw, mangle, nat, filter } = firewall;
        let raw = met(raw, |hook| matches!(hook, RawHook::Prerouting));
        let mangle = met(mangle, is_on_the_way);
        let nat = met(nat, |hook| matches!(hook, NatHook::Dstnat | NatHook::Srcnat));
        let filter = met(filter, |hook| matches!(hook, FilterHook::Forward));
        let menus = [
            Menu { name: "raw", rules: raw, is_of_all: false },
            Menu { name: "mangle", rules: mangle, is_of_all: false },
            // Either end of a translated connection has to pass the translation, by whatever interface it comes.
            Menu { name: "nat", rules: nat, is_of_all: true },
            Menu { name: "filter", rules: filter, is_of_all: false },
        ];
        Self { router, menus }
    }

    /// Those that stand in the way of packets that come in by these ports, menu by menu; none where none does.
    pub(super) fn in_the_way(&self, ports: &Ports) -> Vec<(&'static str, Vec<Origin>)> {
        let in_menu = |menu: &Menu<'_>| {
            let concerned = menu
                .rules
                .iter()
                .filter(|(_, matchers)| menu.is_of_all || concerns(self.router, matchers, ports));
            (menu.name, concerned.map(|(origin, _)| *origin).collect::<Vec<Origin>>())
        };
        self.menus.iter().map(in_menu).filter(|(_, rules)| !rules.is_empty()).collect()
    }
}

/// The rules of chains that forwarded packets come to.
fn met<H: Hook, A>(table: &RuleTable<H, A>, is_forwarded: impl Fn(H) -> bool) -> Vec<(Origin, &Matchers)> {
    let reach = table.reach();
    let chains = table.chains.iter().filter(|(chain, _)| reach.comes_by(chain, &is_forwarded));
    let rules = chains.flat_map(|(_, rules)| rules);
    let mut rules: Vec<(Origin, &Matchers)> =
        rules.map(|Rule { origin, matchers, .. }| (*origin, matchers)).collect();
    rules.sort_by_key(|(origin, _)| (origin.file, origin.start));
    rules
}

fn is_on_the_way(hook: MangleHook) -> bool {
    match hook {
        MangleHook::Prerouting | MangleHook::Forward | MangleHook::Postrouting => true,
        MangleHook::Input | MangleHook::Output => false,
    }
}

/// Whether a rule has a say in packets that come in by one of the ports, or in the answers to them.
fn concerns(router: &Router, matchers: &Matchers, ports: &Ports) -> bool {
    asks_for_connections(matchers) || (comes_by(router, matchers, ports) && !is_for_the_router(matchers))
}

/// A rule for other interfaces never meets these packets.
fn comes_by(router: &Router, matchers: &Matchers, ports: &Ports) -> bool {
    let Matchers { in_interface, in_interface_list, .. } = matchers;
    let mut asked = in_interface.iter().chain(in_interface_list);
    asked.all(|condition| {
        ports.names().any(|port| condition.holds(|wanted| router.is_meant(wanted, Some(port))))
    })
}

/// A rule for addresses of which none is of a packet that is forwarded from one neighbour to another.
fn is_for_the_router(matchers: &Matchers) -> bool {
    let own = [AddressType::Local, AddressType::Broadcast, AddressType::Multicast];
    match &matchers.dst_address_type {
        Some(Condition::Is(types)) => types.iter().all(|of| own.contains(of)),
        Some(Condition::IsNot(_)) | None => false,
    }
}

/// Connections are of both directions: a rule that asks for them is answered by packets that it never meets.
fn asks_for_connections(matchers: &Matchers) -> bool {
    let Matchers { connection_mark, connection_state, connection_nat_state, circumstances, .. } = matchers;
    let Circumstances { connection_bytes, connection_type, connection_limit, .. } = circumstances;
    connection_mark.is_some()
        || connection_state.is_some()
        || connection_nat_state.is_some()
        || connection_bytes.is_some()
        || connection_type.is_some()
        || connection_limit.is_some()
}
