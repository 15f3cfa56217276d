//! What has to be done, as a value: apply executes it and decides nothing.
//!
//! The changes of all targets stand in one safe order. A packet meets the old configuration or the new one: what it
//! needs (translations, links, addresses) is there before what sends it on (routes, rules), and goes after; marks come
//! when the routes are there that they lead to. Filters come before everything that lets packets in, and go after it.

mod drift;
mod leeway;
mod observed;
mod session;
mod view;

pub use drift::differences;
pub use leeway::{Leeway, Planned, plan_with};
pub use observed::Observed;
pub use session::{Session, Touch};
pub use view::{Extent, View};

use crate::lower::Desired;
use rosc_ebpf::EbpfTarget;
use rosc_nftables::{Nftables, Stages};
use rosc_route::{Action, Phase, RouteTarget, Satisfied};
use rosc_sysctl::SysctlTarget;
use rosc_target::{Conflict, Diff, Target};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::mem;

/// The way from what there is to what should be.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The steps in the order in which they are taken.
    pub steps: Vec<Step>,
    /// Foreign objects in the way. While there are any, nothing is applied.
    pub conflicts: Vec<Conflict>,
    /// Wanted objects that someone else has made: they are left alone.
    pub satisfied: Vec<Satisfied>,
}

/// Changes of one target that are made together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "target", content = "changes")]
pub enum Step {
    /// Kernel settings.
    Sysctl(Vec<rosc_sysctl::Change>),
    /// Links, addresses, routes, rules.
    Route(Vec<rosc_route::Change>),
    /// Sets, chains and rules of nftables, in one transaction.
    Nftables(Vec<rosc_nftables::Change>),
    /// The fast path.
    Ebpf(Vec<rosc_ebpf::Change>),
}

/// The stretches of the way. Their order is the order of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stretch {
    Settings,
    FiltersAndTranslations,
    LinksAndAddresses,
    DeviceSettings,
    RoutesAndRules,
    Decisions,
    /// Behind everything that it shortens the way through, and before anything of that goes.
    FastPath,
    Stale,
    StaleTranslations,
    Connections,
    Forwarding,
}

/// Compares what is wanted with what there is. What others have made is left alone.
pub fn plan(desired: &Desired, observed: &Observed) -> Plan {
    in_order(desired, observed, rosc_route::compare(&desired.route, &observed.route))
}

/// What differs, target by target.
struct Differences {
    routes: Vec<rosc_route::Change>,
    firewall: Vec<rosc_nftables::Change>,
    settings: Vec<rosc_sysctl::Change>,
    fastpath: Vec<rosc_ebpf::Change>,
    conflicts: Vec<Conflict>,
    satisfied: Vec<Satisfied>,
}

impl Differences {
    fn between(desired: &Desired, observed: &Observed, route: rosc_route::Comparison) -> Self {
        let rosc_route::Comparison { changes: routes, mut conflicts, satisfied } = route;
        let Diff { changes: settings, conflicts: in_sysctl } =
            SysctlTarget::diff(&desired.sysctl, &observed.sysctl);
        conflicts.extend(in_sysctl);
        let Diff { changes: firewall, conflicts: in_firewall } =
            Nftables::diff(&desired.nftables, &observed.nftables);
        conflicts.extend(in_firewall);
        let Diff { changes: fastpath, conflicts: in_fastpath } =
            EbpfTarget::diff(&desired.ebpf, &observed.ebpf);
        conflicts.extend(in_fastpath);
        Self { routes, firewall, settings, fastpath, conflicts, satisfied }
    }
}

fn in_order(desired: &Desired, observed: &Observed, route: rosc_route::Comparison) -> Plan {
    let Differences { routes, firewall, mut settings, fastpath, conflicts, satisfied } =
        Differences::between(desired, observed, route);
    let mut steps: Vec<(Stretch, Step)> = Vec::new();
    let going: BTreeSet<&str> = routes.iter().filter_map(deleted_link).collect();
    let stretch = |change: &rosc_sysctl::Change| setting_stretch(change, &going);
    settings.sort_by_key(stretch);
    steps.extend(divide(settings, stretch, Step::Sysctl));
    steps.extend(divide(routes, route_stretch, Step::Route));
    steps.extend(divide(fastpath, |_| Stretch::FastPath, Step::Ebpf));
    let has = |wanted| steps.iter().any(|(stretch, _)| *stretch == wanted);
    let ways_come = has(Stretch::RoutesAndRules) || has(Stretch::LinksAndAddresses);
    let ways_go = has(Stretch::Stale);
    if observed.is_untouched_and_forwards_nothing() {
        // Nobody is on the way who could meet one part without the other. But what flow tables name has to be there.
        let first = desired.nftables.without_flow_devices();
        if ways_come && first != desired.nftables {
            let way =
                [(Stretch::FiltersAndTranslations, first), (Stretch::Decisions, desired.nftables.clone())];
            steps.extend(firewall_steps(way, &observed.nftables));
        } else {
            steps.extend(divide(firewall, |_| Stretch::FiltersAndTranslations, Step::Nftables));
        }
    } else if firewall.is_empty() || !(ways_come || ways_go) {
        steps.extend(divide(firewall, |_| Stretch::Decisions, Step::Nftables));
    } else {
        let way = firewall_way(desired, &observed.nftables, ways_come, ways_go);
        steps.extend(firewall_steps(way, &observed.nftables));
    }
    steps.sort_by_key(|(stretch, _)| *stretch);
    Plan { steps: steps.into_iter().map(|(_, step)| step).collect(), conflicts, satisfied }
}

impl Plan {
    /// Says whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.conflicts.is_empty()
    }

    /// The number of changes.
    pub fn len(&self) -> usize {
        self.steps.iter().map(Step::len).sum()
    }
}

impl Step {
    /// The number of changes.
    pub fn len(&self) -> usize {
        match self {
            Self::Sysctl(changes) => changes.len(),
            Self::Route(changes) => changes.len(),
            Self::Nftables(changes) => changes.len(),
            Self::Ebpf(changes) => changes.len(),
        }
    }

    /// Says whether the step changes nothing; no plan has such a step.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of the target.
    pub fn target(&self) -> &'static str {
        match self {
            Self::Sysctl(_) => SysctlTarget::NAME,
            Self::Route(_) => RouteTarget::NAME,
            Self::Nftables(_) => Nftables::NAME,
            Self::Ebpf(_) => EbpfTarget::NAME,
        }
    }
}

/// The states through which the firewall goes, where addresses and routes come or go: as many as it takes for every packet to
/// find what belongs to its way.
fn firewall_way(
    desired: &Desired,
    observed: &rosc_nftables::Observed,
    ways_come: bool,
    ways_go: bool,
) -> Vec<(Stretch, rosc_nftables::State)> {
    let Stages { translating, deciding } = Stages::between(&observed.state, &desired.nftables);
    let mut way = Vec::new();
    if ways_come {
        way.push((Stretch::FiltersAndTranslations, translating));
    }
    if ways_go {
        way.push((Stretch::Decisions, deciding));
    }
    let last = if ways_go { Stretch::StaleTranslations } else { Stretch::Decisions };
    way.push((last, desired.nftables.clone()));
    way
}

/// Changes the firewall from state to state, each in a transaction.
fn firewall_steps(
    way: impl IntoIterator<Item = (Stretch, rosc_nftables::State)>,
    observed: &rosc_nftables::Observed,
) -> Vec<(Stretch, Step)> {
    let mut before = observed.clone();
    let mut steps = Vec::new();
    for (stretch, state) in way {
        let changes = Nftables::diff(&state, &before).changes;
        steps.extend(divide(changes, |_| stretch, Step::Nftables));
        before = state.into();
    }
    steps
}

/// The link that a change deletes.
fn deleted_link(change: &rosc_route::Change) -> Option<&str> {
    match change {
        rosc_route::Change::Link(Action::Delete(link)) => Some(link.name.as_str()),
        _ => None,
    }
}

/// Settings of links that go are changed while these are there.
fn setting_stretch(change: &rosc_sysctl::Change, going: &BTreeSet<&str>) -> Stretch {
    if change.key.device().is_some_and(|device| going.contains(device)) {
        return Stretch::DeviceSettings;
    }
    match change.phase() {
        rosc_sysctl::Phase::Global => Stretch::Settings,
        rosc_sysctl::Phase::Device => Stretch::DeviceSettings,
        rosc_sysctl::Phase::Connections => Stretch::Connections,
        rosc_sysctl::Phase::Forwarding | rosc_sysctl::Phase::AfterForwarding => Stretch::Forwarding,
    }
}

fn route_stretch(change: &rosc_route::Change) -> Stretch {
    match change.phase() {
        Phase::Links | Phase::Addresses => Stretch::LinksAndAddresses,
        Phase::Routes | Phase::Rules => Stretch::RoutesAndRules,
        Phase::StaleRules
        | Phase::StaleRoutes
        | Phase::StaleAddresses
        | Phase::Restored
        | Phase::StaleLinks => Stretch::Stale,
    }
}

/// Divides changes, which are in the order of their stretches, into one step for each.
fn divide<C>(
    mut changes: Vec<C>,
    stretch: impl Fn(&C) -> Stretch,
    step: impl Fn(Vec<C>) -> Step,
) -> Vec<(Stretch, Step)> {
    let mut parts = Vec::new();
    while let Some(first) = changes.first().map(&stretch) {
        let length = changes.iter().take_while(|change| stretch(change) == first).count();
        // The last part, mostly by far the longest, stays where it is.
        let is_last = length == changes.len();
        let part = if is_last { mem::take(&mut changes) } else { changes.drain(..length).collect() };
        parts.push((first, step(part)));
    }
    parts
}
