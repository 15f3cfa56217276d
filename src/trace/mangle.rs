//! What mangle does to a packet.

use super::chains::Then;
use super::packet::Payload;
use super::step::Outcome;
use super::walk::Walk;
use crate::ir::firewall::{MangleAction, MangleHook, Mss, Passthrough, TcpFlag};

impl<'r> Walk<'_, 'r> {
    pub(super) fn mangle(&mut self, hook: MangleHook) {
        let chains = &self.tracer.family(&self.packet).mangle;
        self.lead_through(chains, "mangle", hook, Outcome::Mangle, Self::mangled);
    }

    fn mangled(&mut self, action: &'r MangleAction) -> Then {
        let passthrough = match action {
            MangleAction::Accept => return Then::End,
            MangleAction::Jump(_) => return Then::Jump,
            MangleAction::Return => return Then::Return,
            MangleAction::Passthrough => return Then::Next,
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
        match passthrough {
            Passthrough::Continue => Then::Next,
            Passthrough::Stop => Then::End,
        }
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
