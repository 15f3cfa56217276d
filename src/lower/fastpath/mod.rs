//! The fast path: which packets leave without the stack, and which of them it shares among next hops.
//!
//! It promises the same meaning, so it is on for a family only if nothing but the routes decides about the packets that
//! it takes ([`obstacles`]), and shares what takes a multipath route only if nothing but that route decides ([`groups`]).
//! What is not so is left to the kernel: to its routes and rules, looked up from the program, or to its stack.

mod diagnostics;
mod groups;
mod obstacles;
mod ports;
mod rules;
mod ways;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::ir::{FastPath, FastPathWish, HashPolicy, Ipv6Settings, Setting};
use rosc_ebpf::State;
use rosc_route::Family;

impl Context<'_> {
    /// The fast path for what is routed so.
    pub(super) fn fastpath(&mut self, route: &rosc_route::State) -> State {
        let router = self.router;
        let Some(asked) = &router.fastpath else { return State::default() };
        let ports = self.fastpath_ports(asked, route);
        let mut state = State::default();
        if ports.is_empty() {
            return state;
        }
        for family in Family::ALL {
            if !is_routed(route, family) {
                continue;
            }
            let obstacles = self.obstacles(family, &ports, route);
            if obstacles.is_empty() {
                let shared = self.groups(family, asked, &ports, route, &mut state.groups);
                state.ways.extend(self.ways(family, asked, route, shared));
            }
            self.tell(asked, obstacles);
        }
        if !state.ways.is_empty() {
            state.ports = ports.lowered(asked);
        }
        state
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

/// Whether packets of a family can be forwarded at all.
fn is_routed(route: &rosc_route::State, family: Family) -> bool {
    route.addresses().iter().any(|address| Family::of(address.local) == family)
        || route.routes().iter().any(|route| route.family() == family)
}
