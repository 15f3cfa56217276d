//! Connections that come in by one uplink and are answered by another.
//!
//! The provider of the other drops such answers for their foreign source, or the asker's firewall does. What is found is
//! found by following a packet and its answer.

use super::packets::{
    Budget, SOURCE_PORT, firewall, into_class, meeting, new_packet, opening, port, somebody,
};
use super::uplink::{Uplink, is_private};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::firewall::{Condition, Matchers, NatAction, Protocol};
use crate::ir::nexthop::Surroundings;
use crate::ir::{Dialect, InterfaceName, Router};
use crate::trace::{
    Answer, Arrival, Detailed, End, Hints, Look, PortPair, Ranges, State, Step, Trace, Tracer, WayBack,
    answer_to, way_back,
};
use rosc_target::Origin;
use std::net::IpAddr;

/// Winbox: a service of every RouterOS router.
const OWN_PORT: u16 = 8291;

pub(super) fn look(router: &Router, uplinks: &[Uplink<'_>], found: &mut Vec<Diagnostic>) {
    // With one uplink there is no other.
    let several = |ipv6: &bool| uplinks.iter().filter(|uplink| uplink.is_ipv6 == *ipv6).count() > 1;
    let families: Vec<bool> = [false, true].into_iter().filter(several).collect();
    if families.is_empty() {
        return;
    }
    let tracer = Tracer::new(router, &Surroundings::default(), Detailed::Matched);
    for ipv6 in families {
        let Some(asker) = somebody(router, ipv6) else { continue };
        let survey = Survey { router, tracer: &tracer, uplinks, asker };
        for uplink in uplinks.iter().filter(|uplink| uplink.is_ipv6 == ipv6) {
            found.extend(survey.own_services(uplink));
            survey.forwards(uplink, found);
        }
    }
}

struct Survey<'a, 'r> {
    router: &'r Router,
    tracer: &'a Tracer<'r>,
    uplinks: &'a [Uplink<'r>],
    /// Somebody in the Internet.
    asker: IpAddr,
}

/// An answer that takes another way.
struct Strays {
    by: InterfaceName,
    route: Option<Origin>,
    /// Whether all answers do.
    always: bool,
}

impl<'r> Survey<'_, 'r> {
    fn own_services(&self, uplink: &Uplink<'r>) -> Option<Diagnostic> {
        let address = uplink.address.filter(|_| uplink.is_reached())?;
        let packet = opening(self.asker, address.address, OWN_PORT);
        let strays = self.strays(uplink, packet, |end, _| matches!(end, End::Delivered(_)))?;
        let (from, by) = (&uplink.interface, &strays.by);
        let are = if strays.always { "are" } else { "may be" };
        let message = format!("connections to the router that come in by `{from}` {are} answered by `{by}`");
        let own = address.address;
        let menu = match self.router.dialect {
            Dialect::V6 => "/ip route rule",
            Dialect::V7 => "/routing rule",
        };
        let diagnostic = Diagnostic::new(Code::AnsweredElsewhere, message)
            .label(address.origin, format!("what is sent to {own} comes in by `{from}`"))
            .label(strays.route.unwrap_or_default(), format!("leads the answers out by `{by}`"))
            .help(format!(
                "where the router is to be reached by `{from}`: {menu} add src-address={own} action=lookup table=... with \
                 a table whose default route leads out by `{from}`"
            ));
        // Nobody has said that anything is to be reached there.
        Some(Diagnostic { severity: Severity::Note, ..diagnostic })
    }

    fn forwards(&self, uplink: &Uplink<'r>, found: &mut Vec<Diagnostic>) {
        let mut budget = Budget::of_one(self.uplinks, self.router);
        let rules = firewall(self.router, uplink.is_ipv6).nat.rules();
        for rule in rules {
            let forwards = matches!(rule.action.own(), Some(NatAction::DstNat(..) | NatAction::Netmap(_)));
            let names_interface =
                rule.matchers.in_interface.is_some() || rule.matchers.in_interface_list.is_some();
            let is_meant = names_interface || uplink.is_reached();
            if !forwards || !is_meant || !self.can_come_by(&rule.matchers, &uplink.interface) {
                continue;
            }
            let Some(packet) = self.packet_for(&rule.matchers, uplink) else { continue };
            if !budget.take() {
                return;
            }
            let uplinks = self.uplinks;
            let is_forwarded = |end: &End<'_>, trace: &Trace<'_>| {
                let inside = matches!(end, End::Leaves { interface, .. }
                    if uplinks.iter().all(|uplink| uplink.interface != *interface));
                inside && trace.steps.iter().any(|step| is_by(step, rule.origin))
            };
            if let Some(strays) = self.strays(uplink, packet, is_forwarded) {
                found.push(forward_answered_elsewhere(rule.origin, &uplink.interface, &strays));
            }
        }
    }

    /// Whether the conditions on the interface let packets of an uplink through. It saves following most of them.
    fn can_come_by(&self, matchers: &Matchers, interface: &InterfaceName) -> bool {
        let conditions = matchers.in_interface.iter().chain(&matchers.in_interface_list);
        conditions
            .into_iter()
            .all(|condition| condition.holds(|wanted| self.router.is_meant(wanted, Some(interface))))
    }

    /// A packet from the Internet that a rule is made for.
    fn packet_for(&self, matchers: &Matchers, uplink: &Uplink<'r>) -> Option<crate::trace::Packet> {
        let firewall = firewall(self.router, uplink.is_ipv6);
        let own = uplink.address.map(|address| address.address);
        let sources = [matchers.src_address.as_ref(), matchers.src_address_list.as_ref()];
        let source = meeting(firewall, sources, Some(self.asker))?;
        let destinations = [matchers.dst_address.as_ref(), matchers.dst_address_list.as_ref()];
        let destination = meeting(firewall, destinations, own)?;
        // What belongs to another uplink does not come in by this one.
        let is_of_other = self.router.addresses.iter().any(|address| {
            address.interface != uplink.interface && address.connected().contains(&destination)
        });
        if is_of_other || (is_private(source) && source != self.asker) {
            return None;
        }
        let protocol = match matchers.protocol {
            Some(Condition::Is(protocol)) => protocol,
            Some(Condition::IsNot(_)) | None => Protocol::TCP,
        };
        let ports = PortPair {
            source: port(matchers.src_port.as_ref()).unwrap_or(SOURCE_PORT),
            destination: port(matchers.dst_port.as_ref().or(matchers.port.as_ref())).unwrap_or(443),
        };
        Some(new_packet(source, destination, protocol, ports))
    }

    /// Follows a packet that comes in by an uplink, and its answers. `counts` says whether it got to where it was meant
    /// to.
    fn strays(
        &self,
        uplink: &Uplink<'r>,
        packet: crate::trace::Packet,
        counts: impl Fn(&End<'_>, &Trace<'_>) -> bool,
    ) -> Option<Strays> {
        let classify = into_class(0);
        let hints = Hints { classify: &classify, ranges: Ranges::First };
        let sent = Arrival { interface: Some(uplink.interface.clone()), packet };
        let mut strays: Option<Strays> = None;
        let mut is_good = false;
        for way in self.tracer.ways(&State::default(), &sent, hints) {
            let Some(answer) = answer_to(&way.trace.end).filter(|_| counts(&way.trace.end, &way.trace))
            else {
                continue;
            };
            let mut after = State::default();
            after.keep(&way.effect);
            for back in self.tracer.ways(&after, &answer, hints) {
                match (way_back(&sent, &back.trace), &back.trace.end) {
                    (WayBack::OtherInterface, End::Leaves { interface, .. })
                        if self.is_other_uplink(uplink, interface) && !self.is_guess(&back.trace) =>
                    {
                        let route = route_of(&back.trace);
                        strays.get_or_insert(Strays { by: interface.clone(), route, always: true });
                    }
                    (WayBack::Good, _) => is_good = true,
                    _ => {}
                }
            }
        }
        strays.map(|strays| Strays { always: !is_good, ..strays })
    }

    fn is_other_uplink(&self, uplink: &Uplink<'r>, interface: &InterfaceName) -> bool {
        let mut others = self.uplinks.iter().filter(|other| other.is_ipv6 == uplink.is_ipv6);
        uplink.interface != *interface && others.any(|other| other.interface == *interface)
    }

    /// Whether the answer takes a default route of main where a client may have learned a better one.
    fn is_guess(&self, trace: &Trace<'_>) -> bool {
        let by_main = trace.steps.iter().rev().find_map(|step| match step {
            Step::Routed(decision, _) => Some(matches!(decision.looked.last(), Some(Look::Main(_)))),
            _ => None,
        });
        !self.router.address_clients.is_empty() && by_main == Some(true)
    }
}

fn is_by(step: &Step<'_>, rule: Origin) -> bool {
    matches!(step, Step::Rule { origin, .. } if origin.is_same_place(rule))
}

/// The route that decided last.
fn route_of(trace: &Trace<'_>) -> Option<Origin> {
    trace.steps.iter().rev().find_map(|step| match step {
        Step::Routed(decision, _) => match &decision.answer {
            Answer::Route(entry) => entry.routes.first().map(|route| route.origin),
            _ => None,
        },
        _ => None,
    })
}

fn forward_answered_elsewhere(rule: Origin, from: &InterfaceName, strays: &Strays) -> Diagnostic {
    let by = &strays.by;
    let are = if strays.always { "are" } else { "may be" };
    let message = format!("connections that are forwarded from `{from}` {are} answered by `{by}`");
    Diagnostic::new(Code::AnsweredElsewhere, message)
        .label(rule, format!("forwards what comes in by `{from}`"))
        .label(strays.route.unwrap_or_default(), format!("leads the answers out by `{by}`"))
        .help(format!(
            "mark connections in prerouting by in-interface={from}, and have mark-routing lead what comes back with this \
             connection-mark to a table whose default route leads out by `{from}`"
        ))
}
