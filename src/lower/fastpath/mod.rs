//! The fast path: which packets leave without the stack, and which of them it shares among next hops.
//!
//! It promises the same meaning, so it is on for a family and a port only if nothing but the routes decides about the
//! packets that it takes ([`obstacles`], [`rules`]), and shares what takes a multipath route only if nothing but that route decides ([`groups`]).
//! What is not so is left to the kernel: to its routes and rules, looked up from the program, or to its stack. Where rules
//! decide, they may put whole connections on it ([`connections`]).

mod connections;
mod diagnostics;
mod groups;
mod obstacles;
mod ports;
mod rules;
mod ways;

pub(super) use ports::Ports;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::ir::{FastPath, FastPathWish, HashPolicy, InterfaceName, Ipv6Settings, Setting};
use groups::in_use;
use rosc_ebpf::State;
use rosc_route::Family;
use rules::Met;

impl<'r> Context<'r> {
    /// The fast path for what is routed so, and for the connections that rules put on it.
    pub(super) fn fastpath(&mut self, route: &rosc_route::State, nftables: &rosc_nftables::State) -> State {
        let router = self.router;
        let Some(asked) = &router.fastpath else { return State::default() };
        let ports = self.ports.clone();
        let connections = self.connections(nftables);
        let families = Family::ALL.into_iter().filter(|family| is_routed(route, *family));
        let sides: Vec<Side<'_>> = families.map(|family| self.side(family, &ports, route)).collect();
        let taken = taken(&sides);
        let mut state = State::default();
        for side in sides {
            let is_on = !taken.is_empty() && side.free.contains_all(&taken);
            if is_on {
                let used = in_use(route, side.family);
                let shared = self.groups(side.family, asked, &taken, &used, &mut state.groups);
                state.ways.extend(self.ways(side.family, asked, route, used, shared));
            }
            let takes_connections = connections.contains_key(&side.family);
            let told = side.why_not(&ports, is_on, takes_connections);
            self.tell(asked, told);
        }
        let routed = if state.ways.is_empty() { Ports::default() } else { taken };
        state.ports = ports.lowered(asked, &routed, |family| connections.contains_key(&family));
        state.connections = connections.into_values().next().map(|origin| self.timeouts(origin));
        state
    }

    /// The ports by which packets of a family come in that only routes decide about.
    fn side(&self, family: Family, ports: &Ports, route: &rosc_route::State) -> Side<'r> {
        let obstacles = self.obstacles(family, route);
        let rules = Met::of(self.router, family);
        let is_free = |port: &InterfaceName| {
            let alone = ports.only(|other| other == port);
            obstacles.is_empty() && rules.in_the_way(&alone).is_empty()
        };
        let free = ports.only(is_free);
        Side { family, free, obstacles, rules }
    }

    /// What stands in the way is told to who wants the fast path, not to who takes it where there is one.
    fn tell(&mut self, asked: &FastPath, found: Vec<Diagnostic>) {
        match asked.enabled {
            FastPathWish::Yes => self.diagnostics.extend(found),
            FastPathWish::Auto => {}
        }
    }

    /// What multipath routes of a family share packets by.
    fn hash_policy(&self, family: Family) -> Setting<HashPolicy> {
        match family {
            Family::Ipv4 => self.router.settings.ip.multipath_hash_policy,
            Family::Ipv6 => self.ipv6_setting(|settings| settings.multipath_hash_policy),
        }
    }

    /// A setting of IPv6, or its default.
    fn ipv6_setting<T: Copy>(&self, of: impl Fn(&Ipv6Settings) -> Setting<T>) -> Setting<T> {
        match &self.router.settings.ipv6 {
            Some(settings) => of(settings),
            None => of(&Ipv6Settings::default()),
        }
    }
}

/// A family, as far as it can have a fast path.
struct Side<'r> {
    family: Family,
    /// The ports on which nothing is in the way.
    free: Ports,
    /// What is in the way on all of them, but for rules.
    obstacles: Vec<Diagnostic>,
    /// The firewall rules on the way, which may be in the way on some of them.
    rules: Met<'r>,
}

impl Side<'_> {
    /// What is to be said where the family has no fast path, or not on all ports.
    fn why_not(self, ports: &Ports, is_on: bool, takes_connections: bool) -> Vec<Diagnostic> {
        let Side { family, free, obstacles: mut told, rules } = self;
        if !told.is_empty() || ports.is_empty() {
            return told;
        }
        let left_out = ports.only(|port| !is_on || !free.contains(port));
        let rules = rules.in_the_way(&left_out);
        let alone = is_on.then_some(&left_out);
        told.extend(diagnostics::rules(family, alone, &rules, takes_connections));
        told
    }
}

/// The ports of both families, since a program on a device looks at the packets of both; if they have none in common,
/// those of the first family that has any.
fn taken(sides: &[Side<'_>]) -> Ports {
    let free: Vec<&Ports> = sides.iter().map(|side| &side.free).filter(|free| !free.is_empty()).collect();
    let Some(first) = free.first() else { return Ports::default() };
    let common = first.only(|port| free.iter().all(|free| free.contains(port)));
    if common.is_empty() { (*first).clone() } else { common }
}

/// Whether packets of a family can be forwarded at all.
fn is_routed(route: &rosc_route::State, family: Family) -> bool {
    route.addresses().iter().any(|address| Family::of(address.local) == family)
        || route.routes().iter().any(|route| route.family() == family)
}
