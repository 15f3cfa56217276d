//! What mangle does to a packet.

use super::chains::Then;
use super::packet::Payload;
use super::step::{End, Outcome, Reason};
use super::walk::{Ended, Walk};
use crate::ir::firewall::{MangleAction, MangleHook, Mss, Passthrough, TcpFlag};
use rosc_target::Origin;

impl<'r> Walk<'_, 'r> {
    pub(super) fn mangle(&mut self, hook: MangleHook) -> Ended<'r> {
        let chains = &self.tracer.family(&self.packet).mangle;
        self.lead_through(chains, "mangle", hook, Outcome::Mangle, Self::mangled)
    }

    fn mangled(
        &mut self,
        action: &'r MangleAction,
        (chain, rule): (&'r str, Origin),
    ) -> Result<Then, End<'r>> {
        let passthrough = match action {
            MangleAction::Drop => return Err(End::Dropped(Reason::Firewall(rule))),
            MangleAction::FasttrackConnection => {
                let [of_forward, _] = &self.tracer.family(&self.packet).of_forward;
                self.begin_short_cut(of_forward.contains(chain));
                return Ok(Then::Next);
            }
            MangleAction::ChangeDscp(dscp, passthrough) => {
                self.packet.dscp = *dscp;
                passthrough
            }
            MangleAction::ChangeTtl(ttl, passthrough) => {
                self.packet.ttl = *ttl;
                passthrough
            }
            // Packets are never taken apart in a trace, and have no priority that anything could be told by.
            MangleAction::ClearDf(passthrough) | MangleAction::SetPriority(_, passthrough) => passthrough,
            MangleAction::MarkConnection(mark, passthrough) => {
                if let Some(member) = &mut self.tracked.connection {
                    member.connection.mark.clone_from(mark);
                }
                passthrough
            }
            MangleAction::MarkRouting(table, passthrough) => {
                self.routing_mark = table.as_mark();
                passthrough
            }
            MangleAction::MarkPacket(mark, passthrough) => {
                self.packet_mark = mark.as_ref();
                passthrough
            }
            MangleAction::ChangeMss(mss, passthrough) => {
                self.change_mss(*mss);
                passthrough
            }
        };
        Ok(match passthrough {
            Passthrough::Continue => Then::Next,
            Passthrough::Stop => Then::End,
        })
    }

    /// The MSS of a handshake is lowered, never raised. What a way's MTU is no configuration tells.
    fn change_mss(&mut self, mss: Mss) {
        if let (Mss::Bytes(wanted), Payload::Tcp { flags, mss: Some(found), .. }) =
            (mss, &mut self.packet.payload)
            && flags.contains(&TcpFlag::Syn)
        {
            *found = wanted.min(*found);
        }
    }
}
