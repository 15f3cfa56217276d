//! The world, built: a namespace for the router and one for each station, cables between them.

use super::LabError;
use super::server::{Log, Server};
use super::state_dir::StateDir;
use super::topology::{Role, Station, Topology};
use crate::lower::Desired;
use crate::transaction::{self, Applied, Machine, Options};
use ipnet::IpNet;
use rosc_route::topology::{End, Topology as Builder};
use rosc_route::{Address, DeviceName, DuplicateDetection, NextHop, NextHops, Route, RouteKind};
use rosc_target::netns::NetNs;
use rosc_target::{Origin, TargetError};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::Path;

/// The ports on which every server answers.
pub const SERVED_PORTS: [u16; 4] = [80, 443, 5201, 8080];

/// The device of a station, and of the far end of a cable.
pub(super) const WIRE: &str = "wire0";

/// Namespaces with a router and what is around it. All of it goes with the value, also when the process is killed:
/// the namespaces have no names, so the kernel ends them with their last user.
#[derive(Debug)]
pub struct World {
    topology: Topology,
    router: NetNs,
    stations: Vec<Placed>,
    /// Namespaces that only hold the far ends of cables, or switches.
    pub(super) wires: Vec<NetNs>,
    log: Log,
    servers: Vec<Server>,
    state_dir: StateDir,
}

/// A station in its namespace.
#[derive(Debug)]
pub struct Placed {
    /// What it is.
    pub station: Station,
    /// The router's port that it is behind.
    pub port: DeviceName,
    /// Its namespace.
    pub namespace: NetNs,
    /// Whether nothing else is on its wire: then the router notices its loss.
    pub(super) alone: bool,
    /// The end of its cable that is not its own: on the switch, if there is one.
    pub(super) far_end: Option<(usize, DeviceName)>,
}

impl World {
    /// Builds the world. Needs the right to make network namespaces.
    pub fn build(topology: Topology) -> Result<Self, LabError> {
        let state_dir = StateDir::new()?;
        let router = new_namespace()?;
        in_namespace(&router, |builder| builder.set_up(&DeviceName::loopback()))?;
        let mut world = Self {
            router,
            stations: Vec::new(),
            wires: Vec::new(),
            log: Log::default(),
            servers: Vec::new(),
            state_dir,
            topology,
        };
        for port in world.topology.ports.clone() {
            world.plug(&port.device, &port.stations)?;
        }
        for address in world.topology.router_addresses.clone() {
            let device = DeviceName::new(super::topology::VISITOR_PORT).expect("a good name");
            in_namespace(&world.router, |builder| builder.address(&lab_address(&device, address)))?;
        }
        for index in 0..world.stations.len() {
            if world.stations[index].station.role == Role::Provider {
                world.serve(index, &SERVED_PORTS)?;
            }
        }
        Ok(world)
    }

    /// Puts a cable into a port of the router, with the stations at its other end.
    fn plug(&mut self, device: &DeviceName, stations: &[Station]) -> Result<(), LabError> {
        let wire = DeviceName::new(WIRE).expect("a good name");
        match stations {
            [station] => {
                let namespace = new_namespace()?;
                self.connect(device, &namespace, &wire)?;
                self.settle(&namespace, station, &wire)?;
                let (station, port) = (station.clone(), device.clone());
                self.stations.push(Placed { station, port, namespace, alone: true, far_end: None });
            }
            _ => {
                let switch = new_namespace()?;
                let bridge = DeviceName::new("switch").expect("a good name");
                in_namespace(&switch, |builder| {
                    builder.bridge(&bridge)?;
                    builder.set_up(&bridge)
                })?;
                self.connect(device, &switch, &wire)?;
                in_namespace(&switch, |builder| builder.enslave(&wire, &bridge))?;
                for (index, station) in stations.iter().enumerate() {
                    let namespace = new_namespace()?;
                    let end = DeviceName::new(&format!("station{index}")).expect("a good name");
                    in_namespace(&switch, |builder| {
                        let (a, b) = (
                            End { name: &end, namespace: &switch },
                            End { name: &wire, namespace: &namespace },
                        );
                        builder.cable(a, b)?;
                        builder.enslave(&end, &bridge)?;
                        builder.set_up(&end)
                    })?;
                    self.settle(&namespace, station, &wire)?;
                    let far_end = Some((self.wires.len(), end));
                    let (station, port) = (station.clone(), device.clone());
                    self.stations.push(Placed { station, port, namespace, alone: false, far_end });
                }
                self.wires.push(switch);
            }
        }
        Ok(())
    }

    /// A cable from a port of the router. The router's end is left down, unless the lab itself uses it: the
    /// configuration has to set it up.
    fn connect(&self, device: &DeviceName, other: &NetNs, far_end: &DeviceName) -> Result<(), LabError> {
        in_namespace(&self.router, |builder| {
            let (a, b) =
                (End { name: device, namespace: &self.router }, End { name: far_end, namespace: other });
            builder.cable(a, b)?;
            if device.as_str() == super::topology::VISITOR_PORT { builder.set_up(device) } else { Ok(()) }
        })?;
        in_namespace(other, |builder| builder.set_up(far_end))
    }

    /// Gives a station its addresses, its way back, and to a provider the Internet.
    fn settle(&self, namespace: &NetNs, station: &Station, wire: &DeviceName) -> Result<(), LabError> {
        let topology = &self.topology;
        in_namespace(namespace, |builder| {
            builder.set_up(&DeviceName::loopback())?;
            builder.set_up(wire)?;
            for address in &station.addresses {
                builder.address(&lab_address(wire, *address))?;
            }
            for router in station.ways_back() {
                builder.route(&default_route(router, wire))?;
            }
            if station.role == Role::Provider {
                let networks = station.networks.iter().copied();
                let hosts = topology.remote.iter().map(|address| IpNet::from(*address));
                let mut own: Vec<IpNet> =
                    topology.pools.iter().copied().chain(networks).chain(hosts).collect();
                own.sort_unstable();
                own.dedup();
                for prefix in own {
                    builder.any_ip(prefix)?;
                }
            }
            Ok(())
        })
    }

    /// Starts a server on a station.
    pub fn serve(&mut self, station: usize, ports: &[u16]) -> Result<(), LabError> {
        let server = Server::start(&self.stations[station].namespace, station, ports, &self.log);
        self.servers.push(server.map_err(LabError::system("start a server"))?);
        Ok(())
    }

    /// Starts a server on the router itself; what arrives there is noted as of station `usize::MAX`.
    pub fn serve_on_router(&mut self, ports: &[u16]) -> Result<(), LabError> {
        let server = Server::start(&self.router, usize::MAX, ports, &self.log);
        self.servers.push(server.map_err(LabError::system("start a server"))?);
        Ok(())
    }

    /// Applies a state to the router with the real code.
    pub fn apply(&self, desired: &Desired) -> Result<Applied, LabError> {
        self.state_dir.make_room_for(desired)?;
        self.on_router(|| {
            let mut machine = Machine::open(self.state_dir.path()).map_err(LabError::Target)?;
            let options = Options { state_dir: self.state_dir.path().to_owned(), ..Options::default() };
            transaction::apply(&mut machine, desired, &options)
                .map_err(|error| LabError::Apply(Box::new(error)))
        })
    }

    /// Runs something on a thread in the router's namespace.
    pub fn on_router<T: Send>(&self, f: impl FnOnce() -> T + Send) -> T {
        self.router.run(f)
    }

    /// The router's namespace.
    pub fn router(&self) -> &NetNs {
        &self.router
    }

    /// Where the router keeps its journal.
    pub fn state_dir(&self) -> &Path {
        self.state_dir.path()
    }

    /// The stations.
    pub fn stations(&self) -> &[Placed] {
        &self.stations
    }

    /// What the world was built after.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// What has arrived at servers.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The station with this address.
    pub fn station_of(&self, address: IpAddr) -> Option<usize> {
        let has = |placed: &Placed| placed.station.addresses.iter().any(|own| own.addr() == address);
        self.stations.iter().position(has)
    }
}

fn new_namespace() -> Result<NetNs, LabError> {
    NetNs::new().map_err(LabError::system("make a network namespace"))
}

pub(super) fn in_namespace(
    namespace: &NetNs,
    build: impl FnOnce(&mut Builder) -> Result<(), TargetError> + Send,
) -> Result<(), LabError> {
    namespace.run(|| build(&mut Builder::open()?)).map_err(LabError::Target)
}

pub(super) fn lab_address(device: &DeviceName, address: IpNet) -> Address {
    Address {
        origin: Origin::IMPLIED,
        device: device.clone(),
        local: address.addr(),
        prefix_len: address.prefix_len(),
        peer: None,
        duplicate_detection: if address.addr().is_ipv6() {
            DuplicateDetection::Skip
        } else {
            DuplicateDetection::Perform
        },
    }
}

pub(super) fn default_route(router: IpAddr, device: &DeviceName) -> Route {
    let everywhere = if router.is_ipv6() { "::/0" } else { "0.0.0.0/0" };
    let mut next_hop = NextHop::via(router, device.clone());
    next_hop.onlink = true;
    Route {
        origin: Origin::IMPLIED,
        table: rosc_route::MAIN_TABLE,
        destination: everywhere.parse().expect("a good prefix"),
        metric: NonZeroU32::MIN,
        preferred_source: None,
        kind: RouteKind::Unicast(NextHops::one(next_hop)),
    }
}
