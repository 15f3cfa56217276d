//! `fasttrack-connection`: the packets of a connection come by no more rules, where the fast path or the kernel has a short
//! cut for them.
//!
//! The rule itself stays as it is, with its conditions and its counter, and jumps to a chain that sets a bit in the mark of
//! what is of TCP or UDP, for the programs of the fast path, or puts it into the kernel's flow table. Its packets go on to the
//! next rules, as on RouterOS, until the kernel has seen that the connection was answered.

use super::Side;
use super::filter::changes_packets;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::firewall::{FilterAction, MangleAction};
use crate::ir::{Firewall, Router, TrackingMode};
use crate::lower::mark::SHORT_CUT;
use crate::lower::{Context, diagnostics};
use rosc_nftables::select::{meta, route};
use rosc_nftables::{
    Family, Flowtable, InterfaceName, Mark, Name, Protocol, Rule as LinuxRule, SetMark, Statement, Table,
    Verdict,
};
use rosc_route::Link;
use rosc_target::Origin;
use std::collections::BTreeSet;

/// The families in which a router's rules would put connections into flow tables.
pub(super) fn wanted(router: &Router) -> Vec<Family> {
    let families = [(Family::Ip, &router.firewall), (Family::Ip6, &router.ipv6_firewall)];
    families.into_iter().filter(|(_, firewall)| has_rule(firewall)).map(|(family, _)| family).collect()
}

fn has_rule(firewall: &Firewall) -> bool {
    let own = |action: &FilterAction| matches!(action, FilterAction::FasttrackConnection);
    let in_mangle = |action: &MangleAction| matches!(action, MangleAction::FasttrackConnection);
    firewall.filter.rules().filter_map(|rule| rule.action.own()).any(own)
        || firewall.mangle.rules().filter_map(|rule| rule.action.own()).any(in_mangle)
}

/// What the rules of a family have to say of a short cut.
#[derive(Clone, Copy)]
pub(super) struct ShortCuts {
    family: Family,
    changes_packets: bool,
    marks_routing: bool,
}

impl ShortCuts {
    pub(super) fn of(side: &Side<'_>) -> Self {
        let mut changing = side.firewall.mangle.rules().filter_map(|rule| rule.action.own());
        Self {
            family: side.family,
            changes_packets: changes_packets(side.firewall),
            marks_routing: changing.any(|action| matches!(action, MangleAction::MarkRouting(..))),
        }
    }
}

impl Context<'_> {
    /// What a rule does whose connections are to take a short cut.
    pub(super) fn short_cut(
        &mut self,
        cuts: ShortCuts,
        is_of_forward: bool,
        origin: Origin,
    ) -> Vec<Statement> {
        if self.router.settings.tracking.enabled.value == TrackingMode::No {
            return Vec::new();
        }
        let takes = if self.takes_connections(cuts.family) {
            if self.ports.leave_some_out() {
                self.long_way(
                    cuts,
                    "the fast path looks at some interfaces only",
                    "packets of others",
                    origin,
                );
            }
            true
        } else {
            self.flow_table_takes(cuts, is_of_forward, origin)
        };
        if takes { vec![Verdict::Jump(name()).into()] } else { Vec::new() }
    }

    /// Whether the kernel's own short cut takes connections, with what is to be said of it. It begins in forward
    /// (`nft_flow_offload_validate`), and nft takes no jump there from a chain that packets come to by others too.
    fn flow_table_takes(&mut self, cuts: ShortCuts, is_of_forward: bool, origin: Origin) -> bool {
        const ALL: &str = "all packets of the connection";
        if self.host.missing_flow_tables.contains(&cuts.family) {
            self.long_way(cuts, "this machine's kernel has no flow tables (nf_flow_table)", ALL, origin);
            return false;
        }
        if !is_of_forward {
            self.long_way(cuts, "the short cut of Linux begins in chain forward alone", ALL, origin);
            return false;
        }
        if cuts.marks_routing {
            let message = "on the short cut of Linux packets keep the way that their connection had when it began to \
                           take it, which its routing mark may have chosen: RouterOS asks table main alone";
            let help = "leave connections with routing marks to other rules, as with connection-mark=no-mark";
            self.diagnostics.push(diagnostics::differs(message, origin, help));
        }
        true
    }

    /// On RouterOS the packets of such a connection, but for the first ones, come by no rule.
    fn long_way(&mut self, cuts: ShortCuts, why: &str, which: &str, origin: Origin) {
        let message = format!("{why}, so that {which} come by the rules");
        let help = if cuts.changes_packets {
            "rules of mangle change them too, which RouterOS would not do: leave such connections to other rules"
        } else {
            "no rule of mangle changes them, so that nothing but the speed is different"
        };
        let severity = if cuts.changes_packets { Severity::Warning } else { Severity::Note };
        self.diagnostics.push(Diagnostic { severity, ..diagnostics::differs(message, origin, help) });
    }

    /// Adds the chain that puts connections on the short cut, if any rule leads to it.
    pub(super) fn short_cut_chain(&mut self, side: &mut Side<'_>, links: &[Link]) {
        let Some(origin) = begins_short_cut(&side.table) else { return };
        let tracked = meta::l4proto().one_of(vec![Protocol::TCP, Protocol::UDP]).into_iter();
        let statements: Vec<Statement> = if self.takes_connections(side.family) {
            let marked = SetMark::field(Mark::Connection, SHORT_CUT.bits(), SHORT_CUT.mask());
            tracked.chain([marked.into()]).collect()
        } else {
            let devices = self.forwarding_devices(links);
            side.table.add_flowtable(&name(), Flowtable { origin, priority: 0, devices });
            // The kernel takes it that answers leave by the interface that the packet came in by, and sends them there even
            // if no route says so (`nft_flow_route`). Where they would leave by another one, the connection goes the long
            // way.
            tracked.chain([route::back_by_iif().exists(), Statement::FlowAdd(name())]).collect()
        };
        // No line asks for it by itself: what it counts is counted by those that lead here.
        let rule = LinuxRule::new(Origin::IMPLIED, statements).expect("it asks for nothing twice");
        side.table.chain(&name()).rules = vec![rule];
    }

    /// The devices between which packets are forwarded: those that have addresses or lead to gateways, and of the others
    /// that are named those that the machine has. Ports of bridges are not among them, of which the bridge is.
    fn forwarding_devices(&self, links: &[Link]) -> BTreeSet<InterfaceName> {
        let ports: BTreeSet<&str> =
            links.iter().filter(|link| link.master.is_some()).map(|link| link.name.as_str()).collect();
        let there = self.host.devices.iter().flatten().map(|(name, _)| name.as_str());
        let there: BTreeSet<&str> = there.collect();
        let named = self.router.interfaces.keys().filter_map(|interface| self.devices.named(interface));
        let named = named.map(|device| device.as_str()).filter(|device| there.contains(device));
        let names = links.iter().map(|link| link.name.as_str()).chain(named);
        let names = names.filter(|name| *name != "lo" && !ports.contains(name));
        names.filter_map(|name| InterfaceName::new(name).ok()).collect()
    }
}

/// The chain, and the flow table.
fn name() -> Name {
    Name::new("fasttrack").expect("letters")
}

/// The line of the first rule that puts connections on the short cut.
pub(in crate::lower) fn begins_short_cut(table: &Table) -> Option<Origin> {
    let rules = table.chains.values().flat_map(|chain| &chain.rules);
    let leads = |rule: &&LinuxRule| {
        rule.statements()
            .iter()
            .any(|one| matches!(one, Statement::Verdict(Verdict::Jump(to)) if *to == name()))
    };
    rules.filter(leads).map(LinuxRule::origin).next()
}
