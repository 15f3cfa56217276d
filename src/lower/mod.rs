//! RouterOS to Linux: the only place where the words of both meet.
//!
//! Each file lowers what the file of the same name in `ir` holds to what the target of the same name makes.
//! Nothing here reads the machine: what must be known of it is in [`Host`].

mod address;
mod device;
mod diagnostics;
mod fastpath;
mod firewall;
mod id;
mod link;
mod mark;
mod onlink;
mod route;
mod rule;
mod sysctl;
mod tracking;

pub use firewall::{Classifiers, needs_of};
pub use sysctl::known_settings;

use crate::diagnostic::Diagnostic;
use crate::host::Host;
use crate::ir::Router;
use device::Devices;
use fastpath::Ports;
use mark::Marks;
use serde::{Deserialize, Serialize};

/// What Linux should have: a value for each target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Desired {
    /// Links, addresses, routes and rules.
    pub route: rosc_route::State,
    /// Rules and sets.
    pub nftables: rosc_nftables::State,
    /// Kernel settings.
    pub sysctl: rosc_sysctl::State,
    /// The fast path. States that were kept before there was one have none.
    #[serde(default, skip_serializing_if = "rosc_ebpf::State::is_empty")]
    pub ebpf: rosc_ebpf::State,
}

/// The outcome of lowering.
#[derive(Debug)]
pub struct Lowered {
    /// What Linux should have. It is complete only if no diagnostic is an error.
    pub desired: Desired,
    /// What Linux can't do, or does differently.
    pub diagnostics: Vec<Diagnostic>,
}

/// How firewall rules are lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// Runs that differ in one field become one look-up.
    Merged,
    /// Each becomes rules of its own.
    OneByOne,
}

/// Lowers a router for a machine, with runs of firewall rules merged.
pub fn lower(router: &Router, host: &Host) -> Lowered {
    lower_with(Rules::Merged, router, host)
}

/// Lowers a router for a machine.
pub fn lower_with(rules: Rules, router: &Router, host: &Host) -> Lowered {
    let mut diagnostics = Vec::new();
    let devices = Devices::new(router, host, &mut diagnostics);
    let marks = Marks::new(router, &mut diagnostics);
    let ports = Ports::default();
    let mut context = Context { router, host, devices, marks, ports, diagnostics };
    let route = context.route_state();
    context.ports = context.fastpath_ports(&route);
    let shape = context.fastpath_shape(&route);
    let route = context.with_members(route, &shape);
    let mut nftables = context.nftables(route.links());
    context.keep_members(&shape, &mut nftables);
    if rules == Rules::Merged {
        nftables.tables.values_mut().for_each(rosc_nftables::Table::merge_runs);
    }
    let sysctl = context.sysctls(&route, &nftables);
    let ebpf = context.fastpath(shape, &nftables);
    Lowered { desired: Desired { route, nftables, sysctl, ebpf }, diagnostics: context.diagnostics }
}

/// What the parts of lowering share.
struct Context<'r> {
    router: &'r Router,
    host: &'r Host,
    devices: Devices,
    marks: Marks,
    /// The interfaces that the fast path is asked for, once it is known which are routed on.
    ports: Ports,
    diagnostics: Vec<Diagnostic>,
}

impl Context<'_> {
    fn route_state(&mut self) -> rosc_route::State {
        let addresses = self.addresses();
        let routes = self.routes();
        self.report_gateways_elsewhere(&routes);
        let links = self.links(&addresses, &routes);
        let rules = self.rules();
        rosc_route::State::new(links, addresses, routes, rules).unwrap_or_else(|invalid| {
            self.diagnostics.extend(invalid.iter().map(diagnostics::invalid_object));
            rosc_route::State::default()
        })
    }
}
