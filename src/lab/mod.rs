//! Tries a configuration out: the router and the world around it in network namespaces, and traffic between them.
//!
//! Everything stays inside of the namespaces, which have no names and end with the process. The router is changed by
//! the same code that changes a real one.

mod carrier;
pub mod client;
mod error;
mod failing;
mod flows;
mod message;
mod open_files;
mod report;
mod server;
mod short_cuts;
mod state_dir;
mod topology;
pub mod verify;
mod world;

pub use error::LabError;
pub use message::Message;
pub use report::{Aftermath, Fate, Group, Report, Uplink};
pub use server::{Log, Seen, Server};
pub use short_cuts::short_cuts;
pub use topology::{Destination, Port, Role, Station, Topology};
pub use world::{Placed, SERVED_PORTS, World};

use crate::diagnostic::has_errors;
use crate::host::Host;
use crate::ir::nexthop::is_own_address;
use crate::ir::{GatewayHop, RouteTarget, Router};
use crate::lower::{Desired, Lowered, Rules, lower_with, needs_of};
use crate::transaction::Machine;
use client::{Flow, Kind, Plan};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How to try.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// How many flows of each kind to send from each LAN to each destination.
    pub flows: u32,
    /// The gateway to take away on the way.
    pub fail: Option<IpAddr>,
    /// Set from outside when the lab is to end early.
    pub interrupted: &'a AtomicBool,
    /// Told what the lab goes about next.
    pub progress: &'a dyn Fn(&str),
}

impl Options<'_> {
    fn go_on(&self) -> Result<(), LabError> {
        if self.interrupted.load(Ordering::Relaxed) { Err(LabError::Interrupted) } else { Ok(()) }
    }
}

/// So many requests a flow sends before a gateway fails, and as many after.
const ROUNDS: u32 = 3;

/// So many flows are opened or asked before the lab looks whether it is to end.
const AT_A_TIME: usize = 1024;

/// Builds the world around a router, applies its configuration, sends flows and says what became of them.
pub fn run(router: &Router, options: Options<'_>) -> Result<Report, LabError> {
    (options.progress)("building the router and the world around it");
    let mut lab = Lab::build(router)?;
    if lab.world.topology().destinations.is_empty() {
        return Err(LabError::NothingToSend);
    }
    let failing = options.fail.map(|gateway| lab.find_gateway(gateway)).transpose()?;
    let plans = flows::planned(lab.world.topology(), lab.world.stations(), options.flows);
    open_files::make_room(plans.iter().map(|(_, plan)| plan.kind))?;
    options.go_on()?;
    (options.progress)("waiting until packets get through");
    lab.warm_up();
    (options.progress)(&format!("sending {} flows", plans.len()));
    let mut flows = lab.open(&plans, &options)?;
    let mut answered = lab.ask(&mut flows, &options)?;
    if let Some(failing) = failing {
        (options.progress)(&format!("taking {} away, and sending again", failing.gateway));
        lab.fail(failing)?;
        answered.extend(lab.ask(&mut flows, &options)?);
    }
    let failed = failing.map(|failing| report::Failed { station: failing.station, from_round: ROUNDS });
    Ok(Report::new(&lab.world, &plans, &answered, failed))
}

/// A router in its world.
#[derive(Debug)]
pub struct Lab<'r> {
    /// The world.
    pub world: World,
    router: &'r Router,
}

/// What fails: a provider as a whole, or a host behind the providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failing {
    gateway: IpAddr,
    station: Option<usize>,
}

impl<'r> Lab<'r> {
    /// Builds the world around a router and applies its configuration there.
    pub fn build(router: &'r Router) -> Result<Self, LabError> {
        Self::build_with(router, |topology| topology)
    }

    /// The same in a world that is a little different.
    pub fn build_with(
        router: &'r Router,
        change: impl FnOnce(Topology) -> Topology,
    ) -> Result<Self, LabError> {
        let desired = lowered(Rules::Merged, router, &Host::unknown())?;
        let topology = Topology::of(&desired.route, remote_gateways(router, &desired));
        let topology = change(topology);
        let lab = Self { world: World::build(topology)?, router };
        lab.apply(&BTreeSet::new())?;
        Ok(lab)
    }

    /// Changes the router's configuration to another one.
    pub fn change(&mut self, router: &'r Router) -> Result<(), LabError> {
        self.router = router;
        self.apply(&BTreeSet::new())
    }

    /// Applies the configuration, with these gateways known not to answer.
    pub fn apply(&self, unanswering: &BTreeSet<IpAddr>) -> Result<(), LabError> {
        let state_dir = self.world.state_dir();
        let needs = needs_of(self.router);
        let host =
            self.world.on_router(|| Machine::open(state_dir)?.host(&needs)).map_err(LabError::Target)?;
        let host = Host { unanswering: unanswering.clone(), ..host };
        self.world.apply(&lowered(Rules::Merged, self.router, &host)?).map(drop)
    }

    /// Does what a watcher would: pings the gateways that are to be checked, and applies what follows. A gateway that
    /// misses two probes is out.
    pub fn check_gateways(&self) -> Result<BTreeSet<IpAddr>, LabError> {
        const PROBES: usize = 2;
        let checked: BTreeSet<IpAddr> = checked_gateways(self.router).collect();
        let is_silent = |gateway: &IpAddr| (0..PROBES).all(|_| !client::answers_ping(*gateway));
        let silent: BTreeSet<IpAddr> =
            self.world.on_router(|| checked.into_iter().filter(is_silent).collect());
        self.apply(&silent)?;
        Ok(silent)
    }

    /// Waits until packets get through: neighbours may still be looked up.
    pub fn warm_up(&self) {
        const PATIENCE: Duration = Duration::from_secs(8);
        let plans = flows::planned(self.world.topology(), self.world.stations(), 1);
        let deadline = Instant::now() + PATIENCE;
        let mut attempt = 0;
        let mut pending: Vec<(usize, Plan)> =
            plans.into_iter().filter(|(_, plan)| plan.kind == Kind::Udp).collect();
        while !pending.is_empty() && Instant::now() < deadline {
            attempt += 1;
            pending.retain(|(station, plan)| {
                let source = plan.source.map(|source| SocketAddr::new(source.ip(), 0));
                let plan = Plan { id: client::NO_FLOW + attempt, source, ..*plan };
                let namespace = &self.world.stations()[*station].namespace;
                let mut flows = client::open(namespace, &[plan]);
                client::ask(namespace, &mut flows) != [true]
            });
        }
    }

    fn open(
        &self,
        plans: &[(usize, Plan)],
        options: &Options<'_>,
    ) -> Result<Vec<(usize, Vec<Flow>)>, LabError> {
        let mut by_station: BTreeMap<usize, Vec<Plan>> = BTreeMap::new();
        for (station, plan) in plans {
            by_station.entry(*station).or_default().push(*plan);
        }
        let mut flows = Vec::new();
        for (station, plans) in by_station {
            let mut opened = Vec::with_capacity(plans.len());
            for part in plans.chunks(AT_A_TIME) {
                options.go_on()?;
                opened.extend(client::open(&self.world.stations()[station].namespace, part));
            }
            flows.push((station, opened));
        }
        Ok(flows)
    }

    /// Sends some rounds of requests. Returns the flows that were answered, once for each round.
    fn ask(&self, flows: &mut [(usize, Vec<Flow>)], options: &Options<'_>) -> Result<Vec<u32>, LabError> {
        let mut answered = Vec::new();
        for _ in 0..ROUNDS {
            for (station, flows) in flows.iter_mut() {
                for part in flows.chunks_mut(AT_A_TIME) {
                    options.go_on()?;
                    let answers = client::ask(&self.world.stations()[*station].namespace, part);
                    let ids = part.iter().map(|flow| flow.plan().id);
                    answered.extend(ids.zip(answers).filter(|(_, answered)| *answered).map(|(id, _)| id));
                }
            }
        }
        Ok(answered)
    }

    /// Finds what has to fail for a gateway to be gone.
    pub fn find_gateway(&self, gateway: IpAddr) -> Result<Failing, LabError> {
        let topology = self.world.topology();
        let station = self
            .world
            .station_of(gateway)
            .filter(|&index| self.world.stations()[index].station.role == Role::Provider);
        if station.is_some() || topology.remote.contains(&gateway) {
            return Ok(Failing { gateway, station });
        }
        let providers = self.world.stations().iter().filter(|placed| placed.station.role == Role::Provider);
        let addresses =
            providers.flat_map(|placed| placed.station.addresses.iter().map(|address| address.addr()));
        let known = addresses.chain(topology.remote.iter().copied()).collect();
        Err(LabError::NoSuchGateway { gateway, known })
    }

    /// Takes a gateway away, and has the router's gateway checks find out.
    pub fn fail(&mut self, failing: Failing) -> Result<(), LabError> {
        match failing.station {
            Some(station) => self.world.cut(station)?,
            None => self.world.silence(failing.gateway)?,
        }
        self.follow_checks()
    }

    /// Brings a gateway back.
    pub fn restore(&mut self, failing: Failing) -> Result<(), LabError> {
        match failing.station {
            Some(station) => self.world.mend(station)?,
            None => self.world.unsilence(failing.gateway)?,
        }
        self.follow_checks()
    }

    fn follow_checks(&self) -> Result<(), LabError> {
        if checked_gateways(self.router).next().is_some() {
            self.check_gateways()?;
        }
        Ok(())
    }
}

/// The gateways of routes with `check-gateway`.
fn checked_gateways(router: &Router) -> impl Iterator<Item = IpAddr> {
    let checked = router.routes.iter().filter(|route| route.check_gateway.is_some());
    checked.flat_map(|route| gateway_addresses(&route.target))
}

/// Gateways that are no neighbours: hosts on the Internet, through which routes are resolved.
fn remote_gateways(router: &Router, desired: &Desired) -> BTreeSet<IpAddr> {
    let neighbours: BTreeSet<IpAddr> = desired
        .route
        .routes()
        .iter()
        .flat_map(|route| route.next_hops().filter_map(|hop| hop.gateway))
        .collect();
    let all = router.routes.iter().flat_map(|route| gateway_addresses(&route.target));
    all.filter(|address| !neighbours.contains(address) && !is_own_address(&router.addresses, *address))
        .collect()
}

fn gateway_addresses(target: &RouteTarget) -> impl Iterator<Item = IpAddr> {
    let gateways = match target {
        RouteTarget::Via(gateways) => gateways.as_slice(),
        RouteTarget::Blackhole | RouteTarget::Unreachable | RouteTarget::Prohibit => &[],
    };
    gateways.iter().filter_map(|gateway| match &gateway.hop {
        GatewayHop::Address { address, .. } | GatewayHop::OnInterface { address, .. } => Some(*address),
        GatewayHop::Interface { .. } => None,
    })
}

/// What a configuration becomes on the router of a lab.
fn lowered(rules: Rules, router: &Router, host: &Host) -> Result<Desired, LabError> {
    let Lowered { desired, diagnostics, .. } = lower_with(rules, router, host);
    if has_errors(&diagnostics) { Err(LabError::Lower(diagnostics)) } else { Ok(desired) }
}
