//! Mangle rules.

use super::Side;
use super::short_cut::ShortCuts;
use crate::ir::firewall::{MangleAction, MangleHook, Mss, Passthrough};
use crate::lower::mark::{CONNECTION_MARK, Field, PACKET_MARK, ROUTING_MARK};
use crate::lower::{Context, diagnostics};
use rosc_nftables::{Dscp, Family, Mark, Maxseg, SetField, SetMark, Statement, Verdict};

impl<'r> Context<'r> {
    pub(super) fn mangle(&mut self, side: &mut Side<'r>) {
        let table = &side.firewall.mangle;
        let reach = table.reach();
        let (family, cuts) = (side.family, ShortCuts::of(side));
        self.menu(side, table, |this, chain, action, origin| {
            if let MangleAction::ChangeMss(Mss::ClampToPmtu, _) = action
                && reach.comes_by(chain, is_without_route)
            {
                let message = "clamp-to-pmtu where the packet's way is not known yet";
                let help = "clamp in chain forward or postrouting";
                this.diagnostics.push(diagnostics::no_linux_form(message, origin, help));
                return None;
            }
            if let MangleAction::MarkPacket(..) = action
                && reach.comes_by(chain, |hook| hook == MangleHook::Output)
            {
                // Both marks are parts of one, and the kernel looks for the way again when that changes.
                let message = "a packet mark that is set in output makes Linux look for the packet's way again, by then \
                               with its source address: routing rules and multipath routes may choose another";
                let help = "mark in postrouting, where the way is chosen";
                this.diagnostics.push(diagnostics::differs(message, origin, help));
            }
            if let MangleAction::ChangeDscp(..) | MangleAction::ChangeTtl(..) = action
                && family == Family::Ip6
                && reach.comes_by(chain, |hook| matches!(hook, MangleHook::Prerouting | MangleHook::Input))
            {
                // `nft_payload_set` leaves the sum over the packet as it was, and `ip6_input` takes the header out of it.
                let message = "Linux takes a packet to the router itself for damaged whose IPv6 header is changed on its \
                               way in, and drops it";
                let help = "change it in forward or postrouting";
                this.diagnostics.push(diagnostics::differs(message, origin, help));
            }
            if let MangleAction::FasttrackConnection = action {
                return Some(this.short_cut(cuts, reach.is_of(MangleHook::Forward, chain), origin));
            }
            Some(this.mangle_action(family, action))
        });
    }

    fn mangle_action(&self, family: Family, action: &MangleAction) -> Vec<Statement> {
        let and_then = |statement: Statement, passthrough: Passthrough| match passthrough {
            Passthrough::Continue => vec![statement],
            // Accepting ends this hook's mangle, also from within a custom chain; nat and filter go on.
            Passthrough::Stop => vec![statement, Verdict::Accept.into()],
        };
        match action {
            MangleAction::Drop => vec![Verdict::Drop.into()],
            // It does nothing to the packet itself.
            MangleAction::FasttrackConnection => Vec::new(),
            MangleAction::MarkConnection(mark, passthrough) => {
                let value = self.marks.connection(mark.as_ref());
                and_then(set(Mark::Connection, CONNECTION_MARK, value), *passthrough)
            }
            MangleAction::MarkPacket(mark, passthrough) => {
                and_then(set(Mark::Packet, PACKET_MARK, self.marks.packet(mark.as_ref())), *passthrough)
            }
            MangleAction::MarkRouting(table, passthrough) => {
                and_then(set(Mark::Packet, ROUTING_MARK, self.marks.routing(table)), *passthrough)
            }
            MangleAction::ChangeMss(mss, passthrough) => {
                let size = match mss {
                    Mss::ClampToPmtu => Maxseg::RouteMtu,
                    Mss::Bytes(bytes) => Maxseg::Bytes(*bytes),
                };
                and_then(size.into(), *passthrough)
            }
            MangleAction::ChangeDscp(dscp, passthrough) => {
                let dscp = Dscp::new(*dscp).expect("resolve checks the range");
                let field = match family {
                    Family::Ip => SetField::IpDscp(dscp),
                    Family::Ip6 => SetField::Ip6Dscp(dscp),
                };
                and_then(field.into(), *passthrough)
            }
            MangleAction::ChangeTtl(ttl, passthrough) => {
                let field = match family {
                    Family::Ip => SetField::IpTtl(*ttl),
                    Family::Ip6 => SetField::Ip6Hoplimit(*ttl),
                };
                and_then(field.into(), *passthrough)
            }
            MangleAction::ClearDf(passthrough) => and_then(SetField::IpMayFragment.into(), *passthrough),
            MangleAction::SetPriority(priority, passthrough) => {
                and_then(SetField::Priority((*priority).into()).into(), *passthrough)
            }
        }
    }
}

fn set(mark: Mark, field: Field, value: u32) -> Statement {
    SetMark::field(mark, field.bits(), value).into()
}

/// Whether a packet meets the chain before its way is known, or is not sent on at all.
fn is_without_route(hook: MangleHook) -> bool {
    match hook {
        MangleHook::Prerouting | MangleHook::Input => true,
        MangleHook::Forward | MangleHook::Output | MangleHook::Postrouting => false,
    }
}
