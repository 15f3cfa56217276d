//! Where static routes really send packets: RouterOS's recursive next hop resolution.
//!
//! A gateway address is looked up among the active routes whose scope is at most the route's target scope; the
//! longest prefix wins, and if that route has gateways of its own, theirs are used. Depth is unlimited; a
//! circle resolves to nothing. Source: "IP Routing", nexthop lookup; the repair of scopes differs by version.

use super::{Address, Dialect, Gateway, GatewayHop, InterfaceName, Route, RouteTarget, Router, TableName};
use ipnet::IpNet;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::rc::Rc;

/// The scope of connected routes.
const CONNECTED_SCOPE: u8 = 10;

/// What decides about next hops without standing in the configuration.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Prefixes that the machine reaches through addresses that are not in the configuration.
    pub connected: Vec<(IpNet, InterfaceName)>,
    /// Gateways that were found not to answer. It concerns routes that check their gateway.
    pub unanswering: BTreeSet<IpAddr>,
    /// Interfaces that are taken to be down, with what is connected through them.
    pub down: BTreeSet<InterfaceName>,
}

impl Surroundings {
    /// Says whether nothing is sent out of an interface.
    pub fn is_down(&self, interface: &InterfaceName) -> bool {
        self.down.contains(interface)
    }
}

/// A next hop that needs no further look-up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hop {
    /// Sent out of an interface, to a neighbour or (without a gateway) to the destination itself.
    Interface {
        /// The interface.
        interface: InterfaceName,
        /// The neighbour.
        gateway: Option<IpAddr>,
    },
    /// The gateway is reached by a blackhole route.
    Blackhole,
}

/// Why a gateway leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unresolved {
    /// No active route of small enough scope holds the gateway.
    NoRoute,
    /// Some route holds the gateway, but its scope is larger than the target scope allows. The smallest target
    /// scope that would do is given.
    ScopeTooSmall(u8),
    /// The gateway does not answer its check.
    NotAnswering,
    /// The gateway's interface is down.
    InterfaceDown,
}

/// The next hops of every route of a router.
#[derive(Debug)]
pub struct NextHops<'r> {
    routes: &'r [Route],
    resolved: Vec<Rc<Resolved>>,
    effective_scopes: Vec<u8>,
}

/// What became of one route's gateways. A hop stands once for each gateway that leads to it: that is its weight.
#[derive(Debug, Default)]
pub struct Resolved {
    /// The hops in the order of the gateways.
    pub hops: Vec<Hop>,
    /// The gateways that lead nowhere, by their place in the route's list.
    pub unresolved: Vec<(usize, Unresolved)>,
}

impl<'r> NextHops<'r> {
    /// Resolves all routes. Linear in the routes, but for the gateways that routes of a scope at or below some
    /// target scope hold: those cost a look-up for each prefix length in use.
    pub fn resolve(router: &'r Router, surroundings: &Surroundings) -> Self {
        let resolver = Resolver::new(router, surroundings);
        let resolved = (0..router.routes.len()).map(|index| resolver.route(index)).collect();
        Self { routes: &router.routes, resolved, effective_scopes: resolver.effective_scopes }
    }

    /// What became of the gateways of a route, by its place in [`Router::routes`].
    pub fn of(&self, index: usize) -> &Resolved {
        &self.resolved[index]
    }

    /// Says whether a route can be used at all.
    pub fn is_candidate(&self, index: usize) -> bool {
        is_candidate(&self.routes[index], &self.resolved[index])
    }

    /// The scope that counts for a route, after RouterOS's repair.
    pub fn effective_scope(&self, index: usize) -> u8 {
        self.effective_scopes[index]
    }
}

struct Resolver<'r> {
    routes: &'r [Route],
    surroundings: &'r Surroundings,
    connected: Vec<(IpNet, InterfaceName)>,
    effective_scopes: Vec<u8>,
    /// The prefixes that could resolve a gateway, with all their routes, and the prefix lengths in use.
    helpers: HashMap<(&'r TableName, IpNet), Vec<usize>>,
    lengths: HashMap<&'r TableName, BTreeSet<u8>>,
    /// The smallest scope of the routes of each prefix: made for the first gateway that nothing resolves, to
    /// tell a missing route from one whose scope is in the way.
    wide: OnceCell<HashMap<(&'r TableName, IpNet), u8>>,
    memory: RefCell<Memory<'r>>,
}

/// A gateway to look up: the table, the address and the largest scope that may resolve it.
type Lookup<'r> = (&'r TableName, IpAddr, u8);

struct Memory<'r> {
    /// By the place of the route.
    routes: Vec<Progress>,
    /// What becomes of a route that has this gateway alone: most routes have, and share it.
    gateways: HashMap<Lookup<'r>, Rc<Resolved>>,
}

/// How far a route is.
#[derive(Clone)]
enum Progress {
    NotBegun,
    /// Its gateways are being looked up: who comes here again has gone in a circle.
    Begun,
    Done(Rc<Resolved>),
}

impl<'r> Resolver<'r> {
    fn new(router: &'r Router, surroundings: &'r Surroundings) -> Self {
        let routes = &router.routes;
        let effective_scopes: Vec<u8> =
            routes.iter().map(|route| effective_scope(route, router.dialect)).collect();
        let widest = routes.iter().map(|route| route.target_scope).max().unwrap_or(0);
        let mut helpers: HashMap<_, Vec<usize>> = HashMap::new();
        let mut lengths: HashMap<_, BTreeSet<u8>> = HashMap::new();
        for (route, _) in routes.iter().zip(&effective_scopes).filter(|&(_, &scope)| scope <= widest) {
            helpers.insert((&route.table, route.destination), Vec::new());
            lengths.entry(&route.table).or_default().insert(route.destination.prefix_len());
        }
        if !helpers.is_empty() {
            for (index, route) in routes.iter().enumerate() {
                if let Some(at_prefix) = helpers.get_mut(&(&route.table, route.destination)) {
                    at_prefix.push(index);
                }
            }
        }
        let own = router.addresses.iter().map(|address| (address.connected(), address.interface.clone()));
        let all = own.chain(surroundings.connected.iter().cloned());
        let connected = all.filter(|(_, interface)| !surroundings.is_down(interface)).collect();
        let progress = vec![Progress::NotBegun; routes.len()];
        let memory = RefCell::new(Memory { routes: progress, gateways: HashMap::new() });
        let wide = OnceCell::new();
        Self { routes, surroundings, connected, effective_scopes, helpers, lengths, wide, memory }
    }

    fn route(&self, index: usize) -> Rc<Resolved> {
        match &self.memory.borrow().routes[index] {
            Progress::NotBegun => {}
            Progress::Begun => return Rc::default(),
            Progress::Done(known) => return Rc::clone(known),
        }
        self.memory.borrow_mut().routes[index] = Progress::Begun;
        let resolved = self.gateways_of(&self.routes[index]);
        self.memory.borrow_mut().routes[index] = Progress::Done(Rc::clone(&resolved));
        resolved
    }

    fn gateways_of(&self, route: &'r Route) -> Rc<Resolved> {
        let RouteTarget::Via(gateways) = &route.target else { return Rc::default() };
        let checked = route.check_gateway.is_some();
        let silent = |address: &IpAddr| checked && self.surroundings.unanswering.contains(address);
        if let [Gateway { hop: GatewayHop::Address { address, table }, .. }] = gateways.as_slice()
            && !silent(address)
        {
            return self.gateway(table, *address, route.target_scope);
        }
        let mut resolved = Resolved::default();
        for (place, gateway) in gateways.iter().enumerate() {
            match &gateway.hop {
                GatewayHop::Address { address, .. } | GatewayHop::OnInterface { address, .. }
                    if silent(address) =>
                {
                    resolved.unresolved.push((place, Unresolved::NotAnswering));
                }
                GatewayHop::OnInterface { interface, .. } | GatewayHop::Interface { interface }
                    if self.surroundings.is_down(interface) =>
                {
                    resolved.unresolved.push((place, Unresolved::InterfaceDown));
                }
                GatewayHop::Address { address, table } => {
                    let alone = self.gateway(table, *address, route.target_scope);
                    resolved.hops.extend(alone.hops.iter().cloned());
                    resolved.unresolved.extend(alone.unresolved.iter().map(|&(_, why)| (place, why)));
                }
                GatewayHop::OnInterface { address, interface } => resolved
                    .hops
                    .push(Hop::Interface { interface: interface.clone(), gateway: Some(*address) }),
                GatewayHop::Interface { interface } => {
                    resolved.hops.push(Hop::Interface { interface: interface.clone(), gateway: None })
                }
            }
        }
        Rc::new(resolved)
    }

    /// What becomes of a route that has this gateway alone.
    fn gateway(&self, table: &'r TableName, address: IpAddr, target_scope: u8) -> Rc<Resolved> {
        let key = (table, address, target_scope);
        if let Some(known) = self.memory.borrow().gateways.get(&key) {
            return Rc::clone(known);
        }
        let resolved = Rc::new(match self.look_up(table, address, target_scope) {
            Ok(hops) => Resolved { hops, unresolved: Vec::new() },
            Err(why) => Resolved { hops: Vec::new(), unresolved: vec![(0, why)] },
        });
        self.memory.borrow_mut().gateways.insert(key, Rc::clone(&resolved));
        resolved
    }

    /// The longest prefix of small enough scope, connected ones first, decides.
    fn look_up(
        &self,
        table: &'r TableName,
        address: IpAddr,
        target_scope: u8,
    ) -> Result<Vec<Hop>, Unresolved> {
        let connected = (table.is_main() && CONNECTED_SCOPE <= target_scope)
            .then(|| {
                let holding = self.connected.iter().filter(|(prefix, _)| prefix.contains(&address));
                holding.max_by_key(|(prefix, _)| prefix.prefix_len())
            })
            .flatten();
        for &length in self.lengths.get(table).into_iter().flatten().rev() {
            if connected.is_some_and(|(prefix, _)| prefix.prefix_len() >= length) {
                break;
            }
            let Ok(prefix) = IpNet::new(address, length) else { continue };
            let at_prefix = self.helpers.get(&(table, prefix.trunc())).map(Vec::as_slice).unwrap_or_default();
            let best =
                at_prefix.iter().filter(|&&index| is_candidate(&self.routes[index], &self.route(index)));
            let Some(lowest) = best.clone().map(|&index| self.routes[index].distance).min() else { continue };
            let active = best.filter(|&&index| self.routes[index].distance == lowest);
            let mut narrow = active.filter(|&&index| self.effective_scopes[index] <= target_scope).peekable();
            if narrow.peek().is_some() {
                return Ok(narrow.flat_map(|&index| self.hops_through(index, address)).collect());
            }
        }
        match connected {
            Some((_, interface)) => {
                let (interface, gateway) = (interface.clone(), Some(address));
                Ok(vec![Hop::Interface { interface, gateway }])
            }
            None => Err(self.scope_in_the_way(table, address, target_scope)),
        }
    }

    fn scope_in_the_way(&self, table: &'r TableName, address: IpAddr, target_scope: u8) -> Unresolved {
        let wide = self.wide.get_or_init(|| {
            let mut smallest: HashMap<_, u8> = HashMap::new();
            for (route, &scope) in self.routes.iter().zip(&self.effective_scopes) {
                let entry = smallest.entry((&route.table, route.destination)).or_insert(scope);
                *entry = scope.min(*entry);
            }
            smallest
        });
        // A default route holds every address: it is no sign that somebody wanted to resolve this one.
        let lengths = 1..=if address.is_ipv4() { 32 } else { 128 };
        let prefixes = lengths.filter_map(|length| IpNet::new(address, length).ok());
        let scopes = prefixes.filter_map(|prefix| wide.get(&(table, prefix.trunc())).copied());
        let smallest = scopes.filter(|&scope| scope > target_scope).min();
        smallest.map_or(Unresolved::NoRoute, Unresolved::ScopeTooSmall)
    }

    /// The hops by which a route leads to a gateway: the route's own, but where it has an interface as gateway the
    /// gateway itself is the neighbour.
    fn hops_through(&self, index: usize, address: IpAddr) -> Vec<Hop> {
        let RouteTarget::Via(_) = self.routes[index].target else { return vec![Hop::Blackhole] };
        let mut hops = self.route(index).hops.clone();
        for hop in &mut hops {
            if let Hop::Interface { gateway: gateway @ None, .. } = hop {
                *gateway = Some(address);
            }
        }
        hops
    }
}

/// RouterOS repairs scopes that would let a route depend on itself: version 7 raises the scope above the target
/// scope, version 6 only to it.
fn effective_scope(route: &Route, dialect: Dialect) -> u8 {
    match (&route.target, dialect) {
        (RouteTarget::Via(_), Dialect::V7) => route.scope.max(route.target_scope.saturating_add(1)),
        (RouteTarget::Via(_), Dialect::V6) => route.scope.max(route.target_scope),
        (RouteTarget::Blackhole | RouteTarget::Unreachable | RouteTarget::Prohibit, _) => route.scope,
    }
}

fn is_candidate(route: &Route, resolved: &Resolved) -> bool {
    let leads_somewhere = match route.target {
        RouteTarget::Via(_) => !resolved.hops.is_empty(),
        RouteTarget::Blackhole | RouteTarget::Unreachable | RouteTarget::Prohibit => true,
    };
    route.distance.is_usable() && leads_somewhere
}

/// Says whether an address of the router is this one.
pub fn is_own_address(addresses: &[Address], wanted: IpAddr) -> bool {
    addresses.iter().any(|address| address.address == wanted)
}

#[cfg(test)]
mod tests;
