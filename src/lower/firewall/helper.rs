//! Helpers of connection tracking: kernel code that reads in some connections which others they announce.
//!
//! RouterOS gives a connection its helper by the port that it is to, once its destination is translated
//! (`nf_conntrack_alter_reply`), and by itself; Linux does so where a rule says it.

use super::Side;
use super::transport::port_ranges;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::firewall::{Followed, Ports, Service, ServicePort, ServiceTransport};
use crate::ir::{Router, TrackingMode};
use crate::lower::{Context, diagnostics};
use rosc_nftables::select::{ct, port};
use rosc_nftables::{
    BaseHook, Chain, ChainType, CtHelper, CtState, Family, HelperName, HelperProtocol, Hook, Name, Policy,
    Rule, Statement, Transport, Verdict,
};
use std::collections::BTreeSet;

/// The kernel's name of the helper that looks into such connections.
fn kernel_name(service: Service, followed: &Followed) -> &'static str {
    match service {
        Service::H323 => match followed.transport {
            ServiceTransport::Tcp => "Q.931",
            ServiceTransport::Udp => "RAS",
        },
        Service::Ftp
        | Service::Tftp
        | Service::Irc
        | Service::Sip
        | Service::Pptp
        | Service::Rtsp
        | Service::Udplite
        | Service::Dccp
        | Service::Sctp => service.name(),
    }
}

/// The helpers that a router's rules would assign, each for a family.
pub(super) fn wanted(router: &Router) -> Vec<(Family, CtHelper)> {
    let families = [(Family::Ip, &router.firewall), (Family::Ip6, &router.ipv6_firewall)];
    let families = families.into_iter().filter(|(_, firewall)| firewall.has_rules());
    families
        .flat_map(|(family, _)| {
            router.service_ports.iter().flat_map(move |port| {
                of_family(family, port.service).map(move |followed| (family, object(port, followed)))
            })
        })
        .collect()
}

fn of_family(family: Family, service: Service) -> impl Iterator<Item = &'static Followed> {
    service.followed().iter().filter(move |followed| followed.has_ipv6 || family == Family::Ip)
}

fn object(port: &ServicePort, followed: &Followed) -> CtHelper {
    let name = kernel_name(port.service, followed);
    let protocol = match followed.transport {
        ServiceTransport::Tcp => HelperProtocol::Tcp,
        ServiceTransport::Udp => HelperProtocol::Udp,
    };
    let helper = HelperName::new(name).expect("a name of the kernel's own");
    CtHelper { origin: port.origin, helper, protocol }
}

impl Context<'_> {
    /// Adds what gives connections their helpers, where connections are tracked at all.
    pub(super) fn helpers(&mut self, side: &mut Side<'_>) {
        let is_off = self.router.settings.tracking.enabled.value == TrackingMode::No;
        if is_off || !side.table.tracks_connections() {
            return;
        }
        let mut rules = Vec::new();
        for service in &self.router.service_ports {
            for followed in of_family(side.family, service.service) {
                let object = object(service, followed);
                if self.host.missing_helpers.contains(&(side.family, object.helper.clone(), object.protocol))
                {
                    continue;
                }
                let helper = object.helper.as_str().to_ascii_lowercase();
                let name = name(&format!("{helper}_{}", object.protocol));
                let Some(ports) = service.ports_of(followed) else { continue };
                let Some(to_ports) = to(object.protocol, &ports) else { continue };
                let statements = [to_ports, Statement::SetHelper(name.clone())];
                rules.push(Rule::new(service.origin, statements).expect("it asks for one protocol"));
                side.table.add_helper(&name, object);
            }
        }
        if rules.is_empty() {
            return;
        }
        let chain = name("helper");
        side.table.chain(&chain).rules = rules;
        for (hook, place) in [("prerouting", Hook::Prerouting), ("output", Hook::Output)] {
            // Behind the translation of destinations, which is at -100.
            let hooked =
                BaseHook { kind: ChainType::Filter, hook: place, priority: -99, policy: Policy::Accept };
            let new = [ct::state().any_of(CtState::NEW), Verdict::Jump(chain.clone()).into()];
            let rule = Rule::new(rosc_target::Origin::IMPLIED, new).expect("it asks for nothing twice");
            *side.table.chain(&name(&format!("helper_{hook}"))) =
                Chain { hook: Some(hooked), rules: vec![rule], ..Chain::default() };
        }
    }

    /// Says which helpers the kernel lacks.
    pub(super) fn missing_helpers(&mut self) {
        let missing: BTreeSet<_> =
            self.host.missing_helpers.iter().map(|(_, name, _)| name.as_str()).collect();
        for service in &self.router.service_ports {
            let is_missing = |followed| missing.contains(kernel_name(service.service, followed));
            if service.service.followed().iter().any(is_missing) {
                let name = service.service.name();
                let message = format!("this machine's kernel has no helper for connections of {name}");
                let help = format!(
                    "connections that they announce are new ones to the firewall, and addresses in them are not \
                     translated; build the kernel's nf_conntrack_{name}, or set it disabled=yes in /ip firewall \
                     service-port"
                );
                let differs = diagnostics::differs(message, service.origin, &help);
                // Nobody has asked for what a router has by itself.
                let severity = if service.origin.is_implied() { Severity::Note } else { differs.severity };
                self.diagnostics.push(Diagnostic { severity, ..differs });
            }
        }
    }
}

fn to(protocol: HelperProtocol, ports: &Ports) -> Option<Statement> {
    let transport = match protocol {
        HelperProtocol::Tcp => Transport::Tcp,
        HelperProtocol::Udp => Transport::Udp,
    };
    port::dport(transport).one_of(port_ranges(ports))
}

fn name(text: &str) -> Name {
    let plain: String = text.chars().filter(|c| *c != '.').collect();
    Name::new(&plain).expect("letters, digits and underscores")
}
