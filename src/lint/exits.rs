//! Private addresses that leave by an uplink as they are, where other uplinks translate them.
//!
//! Each uplink is looked at as if the others were down: then whatever may come to it does.

use super::packets::{Budget, firewall, into_class, opening, somebody};
use super::uplink::{Uplink, is_private};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::firewall::{NatAction, NatHook};
use crate::ir::nexthop::Surroundings;
use crate::ir::{Address, Router};
use crate::trace::{
    Arrival, Detailed, End, Hints, Outcome, Packet, Ranges, Reason, State, Step, Trace, Tracer,
};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// So many networks of the router are looked at, and so many classes of each.
const MOST_NETWORKS: usize = 32;
const MOST_CLASSES: u32 = 4;

/// How a packet leaves by an uplink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Translated,
    AsItIs,
    /// A rule says that it is not to be translated.
    Exempted,
    /// It does not leave here.
    Not,
}

pub(super) fn look(router: &Router, all: &[Uplink<'_>], found: &mut Vec<Diagnostic>) {
    for ipv6 in [false, true] {
        let uplinks: Vec<&Uplink<'_>> = all.iter().filter(|uplink| uplink.is_ipv6 == ipv6).collect();
        let networks = networks(router, &uplinks, ipv6);
        let Some(somebody) = somebody(router, ipv6) else { continue };
        // A router that translates nothing routes between those who know each other.
        if uplinks.is_empty() || networks.is_empty() || !translates_sources(router, ipv6) {
            continue;
        }
        let exits: Vec<Vec<Exit>> = uplinks
            .iter()
            .map(|uplink| {
                let others = uplinks.iter().map(|other| other.interface.clone());
                let down: BTreeSet<_> = others.filter(|other| *other != uplink.interface).collect();
                let surroundings = Surroundings { down, ..Surroundings::default() };
                let tracer = Tracer::new(router, &surroundings, Detailed::Matched);
                let mut budget = Budget::of_one(all, router);
                let exit = |network: &&Address| exit(&tracer, network, somebody, uplink, &mut budget);
                networks.iter().map(exit).collect()
            })
            .collect();
        let nothing_translates =
            exits.iter().flatten().all(|exit| !matches!(exit, Exit::Translated | Exit::Exempted));
        for (uplink, of_uplink) in uplinks.iter().zip(&exits) {
            let leaking = networks.iter().enumerate().filter(|(place, _)| {
                let others = exits.iter().any(|of_other| of_other[*place] == Exit::Translated);
                // Behind a private gateway there may be somebody who knows the way back, or translates.
                let counts = uplink.is_of_provider() || (others && uplink.is_reached());
                of_uplink[*place] == Exit::AsItIs && counts && (others || nothing_translates)
            });
            let leaking: Vec<&Address> = leaking.map(|(_, network)| *network).collect();
            if !leaking.is_empty() {
                found.push(untranslated(uplink, &leaking, !nothing_translates));
            }
        }
    }
}

/// Whether any rule is there to translate sources, wherever it looks for them.
fn translates_sources(router: &Router, ipv6: bool) -> bool {
    let nat = &firewall(router, ipv6).nat;
    let reach = nat.reach();
    let chains = nat.chains.iter().filter(|(chain, _)| reach.comes_by(chain, |hook| hook == NatHook::Srcnat));
    chains.flat_map(|(_, rules)| rules).any(|rule| match rule.action.own() {
        Some(
            NatAction::Masquerade { .. }
            | NatAction::SrcNat(..)
            | NatAction::Same { .. }
            | NatAction::Netmap(_),
        ) => true,
        Some(NatAction::DstNat(..) | NatAction::Redirect { .. }) | None => false,
    })
}

/// The private networks that are connected to the router, but for those of its uplinks.
fn networks<'r>(router: &'r Router, uplinks: &[&Uplink<'r>], ipv6: bool) -> Vec<&'r Address> {
    let inside = router.addresses.iter().filter(|address| {
        let is_of_family = address.address.is_ipv6() == ipv6;
        let has_hosts = address.prefix_len < if ipv6 { 127 } else { 31 };
        let is_link_local = match address.address {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        };
        is_of_family && has_hosts && !is_link_local && is_private(address.address)
    });
    let inside = inside.filter(|address| uplinks.iter().all(|uplink| uplink.interface != address.interface));
    inside.take(MOST_NETWORKS).collect()
}

fn exit(
    tracer: &Tracer<'_>,
    network: &Address,
    somebody: IpAddr,
    uplink: &Uplink<'_>,
    budget: &mut Budget,
) -> Exit {
    let mut hosts = network.connected().hosts();
    let Some(host) = hosts.by_ref().take(2).find(|host| *host != network.address) else { return Exit::Not };
    let arrival =
        Arrival { interface: Some(network.interface.clone()), packet: opening(host, somebody, 443) };
    for class in 0..MOST_CLASSES {
        if !budget.take() {
            return Exit::Not;
        }
        let classify = into_class(class);
        let ways =
            tracer.ways(&State::default(), &arrival, Hints { classify: &classify, ranges: Ranges::First });
        let mut exits = ways.iter().map(|way| exit_of(&way.trace, host, uplink));
        if let Some(exit) = exits.find(|exit| *exit != Exit::Not) {
            return exit;
        }
    }
    Exit::Not
}

fn exit_of(trace: &Trace<'_>, host: IpAddr, uplink: &Uplink<'_>) -> Exit {
    match &trace.end {
        End::Leaves { interface, packet: Packet { source, .. }, .. } if *interface == uplink.interface => {
            let exempted = |step: &Step<'_>| {
                matches!(step, Step::Rule { hook, outcome: Outcome::Accepts, .. }
                    if hook.menu == "nat" && hook.chain == "srcnat")
            };
            match () {
                () if *source != host => Exit::Translated,
                () if trace.steps.iter().any(exempted) => Exit::Exempted,
                () => Exit::AsItIs,
            }
        }
        // The address that it would get is learned at run time.
        End::Dropped(Reason::NoAddress) => Exit::Translated,
        End::Leaves { .. } | End::Delivered(_) => Exit::Not,
        End::Dropped(_) | End::Refused(..) | End::Reset(_) => Exit::Not,
    }
}

fn untranslated(uplink: &Uplink<'_>, networks: &[&Address], others_translate: bool) -> Diagnostic {
    let interface = &uplink.interface;
    let message = if others_translate {
        format!(
            "private addresses can leave by `{interface}` untranslated, though other uplinks translate them"
        )
    } else {
        format!("private addresses can leave by `{interface}` untranslated, where nobody can answer them")
    };
    let mut diagnostic = Diagnostic::new(Code::UntranslatedExit, message);
    if !others_translate {
        // A filter may keep them in, and nobody has said that they are to get out.
        diagnostic.severity = Severity::Note;
    }
    diagnostic = diagnostic.label(uplink.route.origin, format!("leads out by `{interface}`"));
    for network in networks {
        diagnostic = diagnostic.label(network.origin, "packets from here keep their source");
    }
    diagnostic.help(format!(
        "/ip{} firewall nat add chain=srcnat action=masquerade out-interface={interface}",
        if uplink.is_ipv6 { "v6" } else { "" }
    ))
}
