//! What became of the flows.

use super::client::{Kind, Plan};
use super::world::{Placed, World};
use super::{Destination, Role, Seen};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// What became of all flows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// By destination.
    pub groups: Vec<Group>,
}

/// What became of the flows to one destination.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The destination, as a prefix; `default` for everything without a route of its own.
    pub destination: String,
    /// The family.
    pub family: &'static str,
    /// How many flows there were.
    pub flows: usize,
    /// The ways out.
    pub uplinks: Vec<Uplink>,
    /// Flows of which a request was not answered before anything failed.
    pub unanswered: usize,
    /// Flows that left by more than one uplink before anything failed.
    pub changed_uplink: usize,
    /// What happened when a gateway failed.
    pub aftermath: Option<Aftermath>,
}

/// What left by one uplink.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Uplink {
    /// The gateway's address; the device where the interface itself is the gateway.
    pub gateway: String,
    /// The router's device.
    pub device: String,
    /// Flows of each kind whose first request arrived here.
    pub flows: BTreeMap<Kind, usize>,
    /// Of all flows that arrived anywhere, the part that arrived here, 0..=1.
    pub share: f64,
    /// Whose the flows seemed to be, with their numbers.
    pub sources: BTreeMap<IpAddr, usize>,
}

/// What happened when a gateway failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Aftermath {
    /// Flows that left by the failed gateway.
    pub on_failed: BTreeMap<Kind, Fate>,
    /// Flows that left by another one.
    pub on_others: BTreeMap<Kind, Fate>,
}

/// What happened to flows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// They went on as before.
    pub kept: usize,
    /// They went on by another uplink.
    pub moved: usize,
    /// They were no longer answered.
    pub died: usize,
}

/// What failed, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failed {
    /// The provider that failed; `None` if it was a host behind it.
    pub(super) station: Option<usize>,
    /// The first round after it.
    pub(super) from_round: u32,
}

/// The requests of one flow.
#[derive(Debug, Clone, Default)]
struct Track {
    /// Round and station, in the order of arrival.
    arrivals: Vec<(u32, usize, IpAddr)>,
    answered: usize,
}

impl Report {
    pub(super) fn new(
        world: &World,
        plans: &[(usize, Plan)],
        answered: &[u32],
        failed: Option<Failed>,
    ) -> Self {
        let mut tracks: HashMap<u32, Track> = HashMap::new();
        for Seen { station, flow, round, source } in world.log().seen() {
            tracks.entry(flow).or_default().arrivals.push((round, station, source));
        }
        for flow in answered {
            tracks.entry(*flow).or_default().answered += 1;
        }
        let groups = world.topology().destinations.iter().map(|destination| {
            let own = plans.iter().map(|(_, plan)| plan);
            let own: Vec<&Plan> =
                own.filter(|plan| destination.prefix.contains(&plan.destination.ip())).collect();
            group(destination, &own, &tracks, world.stations(), failed)
        });
        Self { groups: groups.collect() }
    }
}

fn group(
    destination: &Destination,
    plans: &[&Plan],
    tracks: &HashMap<u32, Track>,
    stations: &[Placed],
    failed: Option<Failed>,
) -> Group {
    let rounds = failed.map_or(u32::MAX, |failed| failed.from_round);
    let none = Track::default();
    let track = |plan: &Plan| tracks.get(&plan.id).unwrap_or(&none);
    let before = |plan: &Plan| -> BTreeSet<usize> {
        track(plan)
            .arrivals
            .iter()
            .filter(|(round, ..)| *round < rounds)
            .map(|(_, station, _)| *station)
            .collect()
    };
    let providers = stations.iter().enumerate().filter(|(_, placed)| placed.station.role == Role::Provider);
    let first = |plan: &Plan| track(plan).arrivals.first().copied();
    let arrived = plans.iter().filter(|plan| first(plan).is_some()).count();
    let uplinks = providers.map(|(index, placed)| {
        let mut flows: BTreeMap<Kind, usize> = BTreeMap::new();
        let mut sources: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for plan in plans {
            if let Some((_, station, source)) = first(plan)
                && station == index
            {
                *flows.entry(plan.kind).or_default() += 1;
                *sources.entry(source).or_default() += 1;
            }
        }
        let here: usize = flows.values().sum();
        Uplink {
            gateway: name(placed, destination),
            device: placed.port.to_string(),
            share: if arrived == 0 { 0.0 } else { here as f64 / arrived as f64 },
            flows,
            sources,
        }
    });
    Group {
        destination: if destination.is_default {
            "default".to_owned()
        } else {
            destination.prefix.to_string()
        },
        family: if destination.prefix.addr().is_ipv6() { "ipv6" } else { "ipv4" },
        flows: plans.len(),
        uplinks: uplinks.collect(),
        unanswered: plans.iter().filter(|plan| track(plan).answered < super::ROUNDS as usize).count(),
        changed_uplink: plans.iter().filter(|plan| before(plan).len() > 1).count(),
        aftermath: failed.map(|failed| aftermath(plans, tracks, failed)),
    }
}

fn aftermath(plans: &[&Plan], tracks: &HashMap<u32, Track>, failed: Failed) -> Aftermath {
    let mut aftermath = Aftermath { on_failed: BTreeMap::new(), on_others: BTreeMap::new() };
    for plan in plans {
        let Some(track) = tracks.get(&plan.id) else { continue };
        let (before, after): (Vec<_>, Vec<_>) =
            track.arrivals.iter().partition(|(round, ..)| *round < failed.from_round);
        let Some(&(_, home, _)) = before.last() else { continue };
        let fates =
            if failed.station == Some(home) { &mut aftermath.on_failed } else { &mut aftermath.on_others };
        let fate = fates.entry(plan.kind).or_default();
        match after.last() {
            Some((_, station, _)) if *station == home => fate.kept += 1,
            Some(_) => fate.moved += 1,
            None => fate.died += 1,
        }
    }
    aftermath
}

fn name(placed: &Placed, destination: &Destination) -> String {
    let ipv6 = destination.prefix.addr().is_ipv6();
    let own = placed.station.addresses.iter().find(|address| address.addr().is_ipv6() == ipv6);
    own.map_or_else(|| placed.port.to_string(), |address| address.addr().to_string())
}
