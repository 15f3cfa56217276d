//! Tests on the real kernel, in network namespaces that they make themselves.

mod adopt;
mod agree;
mod apply;
mod confirm;
mod drift;
mod fastpath;
mod fasttrack;
mod helpers;
mod history;
mod hostile;
mod killed;
mod lab;
mod labs;
mod live;
mod machine;
mod merged;
mod missing;
mod names;
mod pcc;
mod privileges;
mod probe;
mod random;
mod removal;
mod rendered;
mod restore;
mod rules;
mod scenarios;
mod session;
mod tcp;
mod tracking;
mod unchanged;
mod undo;
mod verify;
mod watch;

use crate::stages::{desired_on, root, sources_of};
use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::host::Host;
use rosc::ir::Router;
use rosc::lab::client::{self, Kind, Plan};
use rosc::lab::{Lab, Report, Role, Seen};
use rosc::lower::Desired;
use rosc::source::Sources;
use rosc_nftables::{Family, Nftables};
use rosc_target::netns::{NetNs, for_test};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::process::Command;
use std::sync::atomic::AtomicBool;

/// Waits again where a signal, or a machine that was paused, has interrupted it: with a time limit the kernel does not go on
/// by itself (signal(7)).
pub(crate) fn uninterrupted<T>(mut wait: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match wait() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// The router of some examples, the later ones overlays of the first; `None` (and a word why) where no namespaces
/// can be made.
pub(crate) fn example(names: &[&str]) -> Option<Router> {
    for_test()?;
    let paths: Vec<_> = names.iter().map(|name| root().join(format!("examples/{name}.rsc"))).collect();
    Some(router(&sources_of(&paths)))
}

/// The router of a text.
pub(crate) fn router_of(text: &str) -> Option<Router> {
    for_test()?;
    Some(router(&crate::stages::text(text)))
}

fn router(sources: &Sources) -> Router {
    let compiled = compile(sources, Options::default());
    assert!(!has_errors(&compiled.diagnostics), "{:#?}", compiled.diagnostics);
    compiled.router
}

/// What Linux should have on this kernel, which need not have everything.
pub(crate) fn desired(sources: &Sources) -> Desired {
    let missing = for_test().map(|namespace| {
        let missing = namespace.run(|| Nftables::new().missing_flow_tables(Family::ALL));
        missing.expect("the kernel says what it has").into_iter().collect()
    });
    let host = Host { missing_flow_tables: missing.unwrap_or_default(), ..Host::unknown() };
    desired_on(&host, sources)
}

/// The router in its world, with packets getting through.
pub(crate) fn built(router: &Router) -> Lab<'_> {
    let lab = Lab::build(router).expect("the world can be built");
    lab.warm_up();
    lab
}

/// What `rosc lab` reports.
pub(crate) fn tried(router: &Router, flows: u32, fail: Option<&str>) -> Report {
    let fail = fail.map(|gateway| gateway.parse().expect("an address"));
    let options = rosc::lab::Options { flows, fail, interrupted: &AtomicBool::new(false), progress: &|_| {} };
    rosc::lab::run(router, options).expect("a lab")
}

/// Flows from one station, and what became of them.
pub(crate) struct Sent {
    /// The stations that each flow's requests arrived at.
    pub arrivals: BTreeMap<u32, Vec<Seen>>,
    /// Of each flow, whether all its requests were answered.
    pub answered: BTreeMap<u32, bool>,
}

impl Sent {
    /// How many flows arrived first at each station.
    pub(crate) fn spread(&self) -> BTreeMap<usize, usize> {
        let mut spread = BTreeMap::new();
        for first in self.arrivals.values().filter_map(|seen| seen.first()) {
            *spread.entry(first.station).or_default() += 1;
        }
        spread
    }

    /// The flows whose requests did not all arrive at one station.
    pub(crate) fn changed(&self) -> Vec<u32> {
        let stations = |seen: &[Seen]| seen.iter().map(|s| s.station).collect::<BTreeSet<_>>().len();
        self.arrivals.iter().filter(|(_, seen)| stations(seen) > 1).map(|(flow, _)| *flow).collect()
    }

    /// The flows of which a request was not answered.
    pub(crate) fn unanswered(&self) -> Vec<u32> {
        self.answered.iter().filter(|(_, answered)| !**answered).map(|(flow, _)| *flow).collect()
    }

    /// Whose the flows seemed to be, at each station.
    pub(crate) fn sources(&self) -> BTreeMap<usize, BTreeSet<IpAddr>> {
        let mut sources: BTreeMap<usize, BTreeSet<IpAddr>> = BTreeMap::new();
        for seen in self.arrivals.values().flatten() {
            sources.entry(seen.station).or_default().insert(seen.source);
        }
        sources
    }
}

/// Sends flows from a namespace, some requests each.
pub(crate) fn send(lab: &Lab<'_>, from: &NetNs, plans: &[Plan], rounds: usize) -> Sent {
    let mut flows = client::open(from, plans);
    let mut answered: BTreeMap<u32, bool> = plans.iter().map(|plan| (plan.id, true)).collect();
    for _ in 0..rounds {
        for (plan, all) in plans.iter().zip(client::ask(from, &mut flows)) {
            *answered.get_mut(&plan.id).expect("a flow that was planned") &= all;
        }
    }
    let ids: BTreeSet<u32> = plans.iter().map(|plan| plan.id).collect();
    let mut arrivals: BTreeMap<u32, Vec<Seen>> = BTreeMap::new();
    for seen in lab.world.log().seen().into_iter().filter(|seen| ids.contains(&seen.flow)) {
        arrivals.entry(seen.flow).or_default().push(seen);
    }
    Sent { arrivals, answered }
}

/// So many flows of a kind; their ports follow from their numbers. `first_id` keeps them apart from others, also for
/// the router, which remembers connections.
pub(crate) fn flows(
    first_id: u32,
    count: u32,
    kind: Kind,
    source: &str,
    destination: &str,
    port: u16,
) -> Vec<Plan> {
    let source: IpAddr = source.parse().expect("an address");
    let destination: IpAddr = destination.parse().expect("an address");
    let plan = |n: u32| Plan {
        id: first_id + n,
        kind,
        source: Some(SocketAddr::new(
            source,
            if kind == Kind::Icmp {
                0
            } else {
                u16::try_from(20_000 + (first_id + n) % 40_000).expect("a port")
            },
        )),
        destination: SocketAddr::new(destination, if kind == Kind::Icmp { 0 } else { port }),
    };
    (0..count).map(plan).collect()
}

/// One flow.
pub(crate) fn one(id: u32, kind: Kind, source: Option<&str>, destination: &str) -> Plan {
    let source = source.map(|text| text.parse::<SocketAddr>().expect("an address with a port"));
    Plan { id, kind, source, destination: destination.parse().expect("an address with a port") }
}

/// Whether one flow's request is answered, and the station that it arrives at.
pub(crate) fn ask(lab: &Lab<'_>, from: &NetNs, plan: Plan) -> (bool, Option<Seen>) {
    let sent = send(lab, from, &[plan], 1);
    (sent.unanswered().is_empty(), sent.arrivals.get(&plan.id).and_then(|seen| seen.first().copied()))
}

/// The host in the LAN.
pub(crate) fn host<'a>(lab: &'a Lab<'_>) -> &'a NetNs {
    let is_host = |placed: &&rosc::lab::Placed| placed.station.role == Role::Host;
    &lab.world.stations().iter().find(is_host).expect("a LAN").namespace
}

/// The provider with this address.
pub(crate) fn provider(lab: &Lab<'_>, address: &str) -> usize {
    lab.world.station_of(address.parse().expect("an address")).expect("a provider")
}

/// What a command prints in a namespace.
///
/// # Panics
/// If it fails.
pub(crate) fn output_of(namespace: &NetNs, program: &str, args: &[&str]) -> String {
    let output = namespace.run(|| Command::new(program).args(args).output());
    let output = output.unwrap_or_else(|error| panic!("{program} can be run: {error}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {error}");
    String::from_utf8(output.stdout).expect("text")
}
