//! Filter and raw rules.

use super::Side;
use super::short_cut::ShortCuts;
use crate::ir::Firewall;
use crate::ir::firewall::{FilterAction, FilterHook, MangleAction, RawAction, RejectWith};
use crate::lower::{Context, diagnostics};
use rosc_nftables::{Family, Reject, Statement, Unreachable, Unreachable6, Verdict};

impl<'r> Context<'r> {
    pub(super) fn raw(&mut self, side: &mut Side<'r>) {
        let table = &side.firewall.raw;
        self.menu(side, table, |_, _, action, _| {
            Some(match action {
                RawAction::Drop => vec![Verdict::Drop.into()],
                RawAction::Notrack => vec![Statement::Notrack, Verdict::Accept.into()],
            })
        });
    }

    pub(super) fn filter(&mut self, side: &mut Side<'r>) {
        let table = &side.firewall.filter;
        let (family, cuts, reach) = (side.family, ShortCuts::of(side), table.reach());
        self.menu(side, table, |this, chain, action, origin| {
            Some(match action {
                FilterAction::Drop => vec![Verdict::Drop.into()],
                FilterAction::Reject(with) => match answer(family, *with) {
                    Some(answer) => vec![answer.into()],
                    None => {
                        let message = "nftables has no such answer to a rejected packet";
                        let help = "use icmp-address-unreachable";
                        this.diagnostics.push(diagnostics::no_linux_form(message, origin, help));
                        return None;
                    }
                },
                FilterAction::Tarpit => {
                    let message = "Linux holds no connections in a tarpit: their packets are dropped";
                    let help = "the sender waits as long, but for an answer to its first packet";
                    this.diagnostics.push(diagnostics::differs(message, origin, help));
                    vec![Verdict::Drop.into()]
                }
                FilterAction::FasttrackConnection => {
                    this.short_cut(cuts, reach.is_of(FilterHook::Forward, chain), origin)
                }
            })
        });
    }
}

/// `None` for what nftables has no form of.
fn answer(family: Family, with: RejectWith) -> Option<Reject> {
    Some(match with {
        RejectWith::IcmpAdminProhibited if family == Family::Ip6 => {
            Reject::Icmpv6(Unreachable6::AdminProhibited)
        }
        RejectWith::IcmpPortUnreachable if family == Family::Ip6 => Reject::Icmpv6(Unreachable6::Port),
        RejectWith::IcmpNetworkUnreachable => Reject::Icmp(Unreachable::Net),
        RejectWith::IcmpHostUnreachable => Reject::Icmp(Unreachable::Host),
        RejectWith::IcmpProtocolUnreachable => Reject::Icmp(Unreachable::Protocol),
        RejectWith::IcmpPortUnreachable => Reject::Icmp(Unreachable::Port),
        RejectWith::IcmpNetProhibited => Reject::Icmp(Unreachable::NetProhibited),
        RejectWith::IcmpHostProhibited => Reject::Icmp(Unreachable::HostProhibited),
        RejectWith::IcmpAdminProhibited => Reject::Icmp(Unreachable::AdminProhibited),
        RejectWith::IcmpNoRoute => Reject::Icmpv6(Unreachable6::NoRoute),
        RejectWith::IcmpAddressUnreachable => Reject::Icmpv6(Unreachable6::Address),
        RejectWith::TcpReset => Reject::TcpReset,
        RejectWith::IcmpNotNeighbour => return None,
    })
}

/// Whether any rule does something to each packet of a connection, and not only to its first ones.
pub(super) fn changes_packets(firewall: &Firewall) -> bool {
    firewall.mangle.rules().filter_map(|rule| rule.action.own()).any(|action| match action {
        MangleAction::MarkConnection(..)
        | MangleAction::ChangeMss(..)
        | MangleAction::FasttrackConnection => false,
        MangleAction::Drop
        | MangleAction::MarkRouting(..)
        | MangleAction::MarkPacket(..)
        | MangleAction::ChangeDscp(..)
        | MangleAction::ChangeTtl(..)
        | MangleAction::ClearDf(_)
        | MangleAction::SetPriority(..) => true,
    })
}
