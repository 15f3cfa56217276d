//! The fast path: which packets leave without the stack, and which of them it shares among next hops.
//!
//! It promises the same meaning, so it is on for a family and a port only if nothing but the routes decides about the
//! packets that it takes ([`obstacles`], [`rules`]), and shares what takes a multipath route only if nothing but that route decides ([`groups`], by [`hash`]).
//! What is not so is left to the kernel: to its routes and rules, looked up from the program, or to its stack. Where rules
//! decide, it chooses the next hop for the stack ([`members`]), and they may put whole connections on it ([`connections`]).

mod connections;
mod diagnostics;
mod groups;
mod hash;
mod members;
mod obstacles;
mod ports;
mod rules;
mod side;
mod ways;

pub(super) use ports::Ports;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::ir::{FastPath, FastPathWish, Ipv6Settings, Setting};
use diagnostics::Left;
use groups::{in_use, several};
use ipnet::IpNet;
use rosc_ebpf::{GroupName, State};
use rosc_route::Family;
use side::{Side, taken};
use std::collections::BTreeMap;

/// The fast path as far as routes and rules shape it, before it is known what becomes of connections.
#[derive(Default)]
pub(super) struct Shape<'r> {
    /// Groups and ways.
    state: State,
    /// The ports by which packets come in that only routes decide about.
    taken: Ports,
    /// Of each family, those by which packets come in that are marked for members of groups.
    marked: BTreeMap<Family, Ports>,
    /// The destinations of groups whose members are packets marked for.
    destinations: BTreeMap<GroupName, IpNet>,
    /// Each family with whether only routes decide about what comes in by the ports that are taken.
    sides: Vec<(Side<'r>, bool)>,
    /// What there is to say of groups.
    told: Vec<Diagnostic>,
}

impl<'r> Context<'r> {
    /// Which packets are forwarded, shared, or marked.
    pub(super) fn fastpath_shape(&mut self, route: &rosc_route::State) -> Shape<'r> {
        let router = self.router;
        let Some(asked) = &router.fastpath else { return Shape::default() };
        let ports = self.ports.clone();
        let families = Family::ALL.into_iter().filter(|family| is_routed(route, *family));
        let sides: Vec<Side<'r>> = families.map(|family| Side::of(self, family, &ports, route)).collect();
        let before = self.diagnostics.len();
        let mut shape = Shape { taken: taken(&sides), ..Shape::default() };
        for side in sides {
            let is_on = !shape.taken.is_empty() && side.free.contains_all(&shape.taken);
            self.side_shape(asked, &side, is_on, route, &mut shape);
            shape.sides.push((side, is_on));
        }
        self.mark_members(&mut shape);
        shape.told = self.diagnostics.split_off(before);
        shape
    }

    fn side_shape(
        &mut self,
        asked: &FastPath,
        side: &Side<'r>,
        is_on: bool,
        route: &rosc_route::State,
        shape: &mut Shape<'r>,
    ) {
        let family = side.family;
        let mut used = in_use(route, family);
        // What a route of somebody else comes before is not used.
        used.retain(|destination, route| !self.host.foreign.come_before(*destination, route.metric.get()));
        let is_shared = used.values().any(|route| several(route).is_some());
        let left = self.ports.only(|port| !is_on || !shape.taken.contains(port));
        // Connection tracking knows a tunnel as one connection, which would keep all that is inside of it on one member.
        let is_inner = self.group_hash(family, asked).inner;
        let may_mark = is_shared && !left.is_empty() && side.leaves_choices() && !is_inner;
        let mut reasons = Vec::new();
        if is_on && is_shared {
            reasons.extend(self.left_to_the_kernel(asked, family, &shape.taken));
        }
        let is_sharing = is_on && is_shared && reasons.is_empty();
        let mut marks = false;
        if may_mark && reasons.is_empty() {
            reasons.extend(self.left_to_the_kernel(asked, family, &left));
            reasons.extend(self.reads_marks(family));
            marks = reasons.is_empty();
        }
        self.tell(asked, reasons);
        let shared = if is_sharing || marks {
            self.groups(family, asked, &used, &mut shape.state.groups)
        } else {
            BTreeMap::new()
        };
        if marks && !shared.is_empty() {
            shape.marked.insert(family, left);
            let destinations = shared.iter().map(|(destination, name)| (name.clone(), *destination));
            shape.destinations.extend(destinations);
        }
        if is_on || shape.marked.contains_key(&family) {
            shape.state.ways.extend(self.ways(family, asked, route, used, shared));
        }
    }

    /// The fast path for what is routed so, and for the connections that rules put on it.
    pub(super) fn fastpath(&mut self, shape: Shape<'r>, nftables: &rosc_nftables::State) -> State {
        let router = self.router;
        let Some(asked) = &router.fastpath else { return State::default() };
        let Shape { mut state, taken, marked, destinations: _, sides, told } = shape;
        self.diagnostics.extend(told);
        let ports = self.ports.clone();
        let connections = self.connections(nftables);
        self.tell(asked, self.hidden_connections(nftables).into_iter().collect());
        for (side, is_on) in &sides {
            let left = Left {
                takes_connections: connections.contains_key(&side.family),
                chooses: marked.contains_key(&side.family),
            };
            self.tell(asked, side.why_not(&ports, *is_on, left));
        }
        let is_routed = sides.iter().any(|(_, is_on)| *is_on);
        let routed = if is_routed { taken } else { Ports::default() };
        state.ports = ports.lowered(asked, &routed, &marked, |family| connections.contains_key(&family));
        state.connections = connections.into_values().next().map(|origin| self.timeouts(origin));
        state
    }

    /// What stands in the way is told to who wants the fast path, not to who takes it where there is one.
    fn tell(&mut self, asked: &FastPath, found: Vec<Diagnostic>) {
        match asked.enabled {
            FastPathWish::Yes => self.diagnostics.extend(found),
            FastPathWish::Auto => {}
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
