//! The world around a router, worked out from what its configuration asks for. Nothing is built here.

use ipnet::IpNet;
use rosc_route::{DeviceName, Link, LinkKind, State};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Networks to choose from for the hosts of "the Internet": those for benchmarks (RFC 2544, RFC 5180), and others
/// for a configuration that uses these itself.
const POOLS: [&str; 6] = [
    "198.18.0.0/16",
    "198.19.0.0/16",
    "100.100.0.0/16",
    "2001:2::/112",
    "2001:2:0:1::/112",
    "2001:db8:ffff::/112",
];

/// Networks to choose from for a visitor, where a configuration has no LAN.
const VISITORS: [&str; 4] =
    ["100.127.255.0/24", "100.127.254.0/24", "2001:2:0:ff::/64", "2001:db8:fffe::/64"];

/// So many addresses has a host, as if it were as many hosts, so that balancing by addresses has something to balance.
const HOSTS: usize = 16;

/// The interface by which a visitor comes in.
pub(super) const VISITOR_PORT: &str = "visitor";

/// The world.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Topology {
    /// The router's ports, each with the stations behind it. A port without a station ends in the dark.
    pub ports: Vec<Port>,
    /// Addresses that the lab itself gives the router: on the visitor's port.
    pub router_addresses: Vec<IpNet>,
    /// The addresses of "the Internet": every provider answers for all of them.
    pub pools: Vec<IpNet>,
    /// Where to flows are sent: each group is balanced on its own.
    pub destinations: Vec<Destination>,
    /// Further addresses that every provider answers for.
    pub remote: BTreeSet<IpAddr>,
}

/// A port of the router.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    /// The router's device.
    pub device: DeviceName,
    /// What is behind it.
    pub stations: Vec<Station>,
}

/// A machine outside of the router.
#[derive(Debug, Clone, PartialEq)]
pub struct Station {
    /// What it is.
    pub role: Role,
    /// Its addresses on the wire.
    pub addresses: Vec<IpNet>,
    /// The router's addresses on the wire, through which it sends everything else.
    pub router: Vec<IpAddr>,
    /// Of a provider, networks behind it that the configuration has routes to.
    pub networks: Vec<IpNet>,
}

impl Station {
    /// The address of the router by which everything else is reached: one of each family.
    pub(super) fn ways_back(&self) -> impl Iterator<Item = IpAddr> {
        let of = |ipv6: bool| self.router.iter().copied().find(move |address| address.is_ipv6() == ipv6);
        [of(false), of(true)].into_iter().flatten()
    }
}

/// What a station is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A gateway of the configuration, with the Internet behind it.
    Provider,
    /// A host in a LAN.
    Host,
}

/// A group of destinations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The addresses.
    pub prefix: IpNet,
    /// Whether they stand for everything that has no route of its own.
    pub is_default: bool,
}

impl Topology {
    /// Works the world out. `remote` are gateways that are reached through others: hosts on the Internet.
    pub fn of(state: &State, remote: impl IntoIterator<Item = IpAddr>) -> Self {
        let mut topology =
            Self { ports: ports(state), remote: remote.into_iter().collect(), ..Self::default() };
        let used: Vec<IpNet> = used_prefixes(state);
        let families: BTreeSet<bool> =
            state.routes().iter().map(|route| route.destination.addr().is_ipv6()).collect();
        topology.pools = free(&POOLS, &used, &families);
        topology.destinations = destinations(state, &topology.pools);
        if !topology.ports.iter().flat_map(|port| &port.stations).any(|station| station.role == Role::Host) {
            topology.add_visitor(&used, &families);
        }
        topology
    }

    fn add_visitor(&mut self, used: &[IpNet], families: &BTreeSet<bool>) {
        let device = DeviceName::new(VISITOR_PORT).expect("a good name");
        let networks = free(&VISITORS, used, families);
        let nth =
            |network: &IpNet, n| IpNet::new(host(network, n), network.prefix_len()).expect("same length");
        self.router_addresses = networks.iter().map(|network| nth(network, 1)).collect();
        let hosts = |network| (10..).take(HOSTS).map(move |n| nth(network, n));
        let station = Station {
            role: Role::Host,
            addresses: networks.iter().flat_map(hosts).collect(),
            router: self.router_addresses.iter().map(IpNet::addr).collect(),
            networks: Vec::new(),
        };
        self.ports.push(Port { device, stations: vec![station] });
    }
}

fn ports(state: &State) -> Vec<Port> {
    let mut gateways: BTreeMap<&DeviceName, BTreeSet<IpAddr>> = BTreeMap::new();
    for next_hop in state.routes().iter().flat_map(rosc_route::Route::next_hops) {
        gateways.entry(&next_hop.device).or_default().extend(next_hop.gateway);
    }
    let has_plug = |link: &&Link| link.kind == LinkKind::Existing && link.name != DeviceName::loopback();
    let existing = state.links().iter().filter(has_plug);
    let mut ports: Vec<Port> =
        existing.map(|link| Port { device: link.name.clone(), stations: Vec::new() }).collect();
    for link in state.links() {
        // What is behind a bridge is plugged into its first port.
        let plug = match &link.kind {
            LinkKind::Existing if link.master.is_some() => continue,
            LinkKind::Existing => Some(&link.name),
            LinkKind::Bridge(_) => state
                .links()
                .iter()
                .find(|port| port.master.as_ref() == Some(&link.name))
                .map(|port| &port.name),
        };
        let Some(port) = plug.and_then(|plug| ports.iter_mut().find(|port| port.device == *plug)) else {
            continue;
        };
        port.stations = stations(state, &link.name, gateways.get(&link.name));
    }
    ports
}

/// What is on the wire of a device: its gateways, or where it has none, a host.
fn stations(state: &State, device: &DeviceName, gateways: Option<&BTreeSet<IpAddr>>) -> Vec<Station> {
    let mut own: Vec<IpNet> = state
        .addresses()
        .iter()
        .filter(|address| address.device == *device)
        .filter_map(|address| IpNet::new(address.peer.unwrap_or(address.local), address.prefix_len).ok())
        .map(|network| network.trunc())
        .collect();
    // The router may have several addresses in one network.
    own.sort_unstable();
    own.dedup();
    let router: Vec<IpAddr> = state
        .addresses()
        .iter()
        .filter(|address| address.device == *device)
        .map(|address| address.local)
        .collect();
    if let Some(gateways) = gateways {
        let length = |gateway: &IpAddr| {
            let network = own.iter().find(|network| network.contains(gateway));
            network.map_or(if gateway.is_ipv6() { 64 } else { 32 }, IpNet::prefix_len)
        };
        let provider = |gateway: &IpAddr| Station {
            role: Role::Provider,
            addresses: IpNet::new(*gateway, length(gateway)).into_iter().collect(),
            router: router.iter().copied().filter(|address| address.is_ipv6() == gateway.is_ipv6()).collect(),
            networks: networks_behind(state, Some(*gateway), device),
        };
        // A router of both families has one provider with two addresses, not two providers.
        let (v4, v6): (Vec<&IpAddr>, Vec<&IpAddr>) = gateways.iter().partition(|gateway| gateway.is_ipv4());
        let mut stations: Vec<Station> = Vec::new();
        for index in 0..v4.len().max(v6.len()) {
            let both = [v4.get(index), v6.get(index)].into_iter().flatten().map(|gateway| provider(gateway));
            stations.extend(both.reduce(|mut a, b| {
                a.addresses.extend(b.addresses);
                a.router.extend(b.router);
                a.networks.extend(b.networks);
                a
            }));
        }
        if stations.is_empty() {
            // The interface itself is the gateway: everything is on the wire.
            let networks = networks_behind(state, None, device);
            stations.push(Station { role: Role::Provider, addresses: Vec::new(), router, networks });
        }
        return stations;
    }
    let taken: BTreeSet<IpAddr> = state.addresses().iter().map(|address| address.local).collect();
    let free_hosts = |network: &IpNet| {
        let network = *network;
        let candidates = (10..250).chain(1..10).map(move |n| host(&network, n));
        let fits = |address: &IpAddr| network.contains(address) && !taken.contains(address);
        let is_host = |address: &IpAddr| *address != network.network() && *address != network.broadcast();
        let hosts: Vec<IpAddr> = candidates.filter(fits).filter(is_host).take(HOSTS).collect();
        hosts.into_iter().filter_map(move |address| IpNet::new(address, network.prefix_len()).ok())
    };
    let is_network = |network: &&IpNet| network.max_prefix_len() - network.prefix_len() >= 2;
    let addresses: Vec<IpNet> = own.iter().filter(is_network).flat_map(free_hosts).collect();
    if addresses.is_empty() {
        Vec::new()
    } else {
        vec![Station { role: Role::Host, addresses, router, networks: Vec::new() }]
    }
}

/// The destinations of routes through a gateway, but for those by default and those that the router itself is in.
fn networks_behind(state: &State, gateway: Option<IpAddr>, device: &DeviceName) -> Vec<IpNet> {
    let through = |route: &&rosc_route::Route| {
        route.next_hops().any(|hop| hop.gateway == gateway && hop.device == *device)
    };
    let holds_router =
        |network: &IpNet| state.addresses().iter().any(|address| network.contains(&address.local));
    let mut networks: Vec<IpNet> = state
        .routes()
        .iter()
        .filter(through)
        .map(|route| route.destination)
        .filter(|network| network.prefix_len() > 0 && !holds_router(network))
        .collect();
    networks.sort_unstable();
    networks.dedup();
    networks
}

/// Everything by default, and each destination with several ways of its own.
fn destinations(state: &State, pools: &[IpNet]) -> Vec<Destination> {
    let mut destinations = Vec::new();
    for pool in pools {
        let is_default = |route: &&rosc_route::Route| {
            route.destination.prefix_len() == 0 && route.destination.addr().is_ipv6() == pool.addr().is_ipv6()
        };
        if state.routes().iter().any(|route| is_default(&route)) {
            destinations.push(Destination { prefix: *pool, is_default: true });
        }
    }
    for route in state.routes() {
        let destination = Destination { prefix: route.destination, is_default: false };
        let balanced = route.destination.prefix_len() > 0 && route.next_hops().count() > 1;
        if balanced && !destinations.contains(&destination) {
            destinations.push(destination);
        }
    }
    destinations
}

fn used_prefixes(state: &State) -> Vec<IpNet> {
    let addresses = state.addresses().iter();
    let addresses = addresses.filter_map(|address| IpNet::new(address.local, address.prefix_len).ok());
    let routes =
        state.routes().iter().map(|route| route.destination).filter(|prefix| prefix.prefix_len() > 0);
    addresses.map(|network| network.trunc()).chain(routes).collect()
}

/// The first network of each family that is not used.
fn free(candidates: &[&str], used: &[IpNet], families: &BTreeSet<bool>) -> Vec<IpNet> {
    let candidates = candidates.iter().map(|text| text.parse::<IpNet>().expect("a good network"));
    let overlaps = |a: &IpNet, b: &IpNet| a.contains(b) || b.contains(a);
    let free: Vec<IpNet> =
        candidates.filter(|network| !used.iter().any(|other| overlaps(network, other))).collect();
    let first = |ipv6: &bool| free.iter().find(|network| network.addr().is_ipv6() == *ipv6).copied();
    families.iter().filter_map(first).collect()
}

/// The n-th address of a network.
pub(super) fn host(network: &IpNet, n: u32) -> IpAddr {
    match network.network() {
        IpAddr::V4(address) => std::net::Ipv4Addr::from_bits(address.to_bits().wrapping_add(n)).into(),
        IpAddr::V6(address) => {
            std::net::Ipv6Addr::from_bits(address.to_bits().wrapping_add(u128::from(n))).into()
        }
    }
}
