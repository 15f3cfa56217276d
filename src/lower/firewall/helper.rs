//! Helpers of connection tracking: kernel code that reads in some connections which others they announce.
//!
//! RouterOS gives a connection its helper by the port that it is to, once its destination is translated
//! (`nf_conntrack_alter_reply`), and by itself; Linux does so where a rule says it.

use super::Side;
use super::transport::port_ranges;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::firewall::{Ports, Service, ServicePort};
use crate::ir::{Router, TrackingMode};
use crate::lower::{Context, diagnostics};
use rosc_nftables::select::{ct, port};
use rosc_nftables::{
    BaseHook, Chain, ChainType, CtHelper, CtState, Family, HelperName, HelperProtocol, Hook, Name, Policy,
    Rule, Statement, Transport, Verdict,
};
use std::collections::BTreeSet;

/// A helper of the kernel.
struct Helper {
    /// Its name there, for this protocol.
    name: &'static str,
    protocol: HelperProtocol,
    /// The port, where RouterOS lets nobody choose it.
    port: Option<u16>,
    /// Whether it reads IPv6 too.
    has_ipv6: bool,
}

const fn helper(name: &'static str, protocol: HelperProtocol, port: Option<u16>, has_ipv6: bool) -> Helper {
    Helper { name, protocol, port, has_ipv6 }
}

/// What the kernel has for a service.
fn helpers(service: Service) -> &'static [Helper] {
    use HelperProtocol::{Tcp, Udp};
    match service {
        Service::Ftp => const { &[helper("ftp", Tcp, None, true)] },
        Service::Tftp => const { &[helper("tftp", Udp, None, true)] },
        Service::Irc => const { &[helper("irc", Tcp, None, false)] },
        Service::H323 => {
            const { &[helper("Q.931", Tcp, Some(1720), true), helper("RAS", Udp, Some(1719), true)] }
        }
        Service::Sip => const { &[helper("sip", Tcp, None, true), helper("sip", Udp, None, true)] },
        Service::Pptp => const { &[helper("pptp", Tcp, Some(1723), false)] },
        // Nobody has written one for RTSP; the others are tracked without.
        Service::Rtsp | Service::Udplite | Service::Dccp | Service::Sctp => &[],
    }
}

/// The helpers that a router's rules would assign, each for a family.
pub(super) fn wanted(router: &Router) -> Vec<(Family, CtHelper)> {
    let families = [(Family::Ip, &router.firewall), (Family::Ip6, &router.ipv6_firewall)];
    let families = families.into_iter().filter(|(_, firewall)| firewall.has_rules());
    families
        .flat_map(|(family, _)| {
            router.service_ports.iter().flat_map(move |port| {
                of_family(family, port.service).map(move |helper| (family, object(helper, port)))
            })
        })
        .collect()
}

fn of_family(family: Family, service: Service) -> impl Iterator<Item = &'static Helper> {
    helpers(service).iter().filter(move |helper| helper.has_ipv6 || family == Family::Ip)
}

fn object(helper: &Helper, port: &ServicePort) -> CtHelper {
    let name = HelperName::new(helper.name).expect("a name of the kernel's own");
    CtHelper { origin: port.origin, helper: name, protocol: helper.protocol }
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
            for helper in of_family(side.family, service.service) {
                let object = object(helper, service);
                if self.host.missing_helpers.contains(&(side.family, object.helper.clone(), object.protocol))
                {
                    continue;
                }
                let name = name(&format!("{}_{}", helper.name.to_ascii_lowercase(), helper.protocol));
                let fixed = helper.port.and_then(|port| Ports::new(vec![(port, port)]));
                let Some(ports) = fixed.as_ref().or(service.ports.as_ref()) else { continue };
                let Some(to_ports) = to(helper.protocol, ports) else { continue };
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
        let missing: BTreeSet<_> = self.host.missing_helpers.iter().map(|(_, name, _)| name).collect();
        for service in &self.router.service_ports {
            if helpers(service.service)
                .iter()
                .any(|helper| missing.iter().any(|name| name.as_str() == helper.name))
            {
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
