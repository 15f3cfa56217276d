//! What filter and raw do to a packet.

use super::chains::Then;
use super::conntrack::Tracked;
use super::packet::IcmpError;
use super::step::{End, Outcome, Reason};
use super::walk::{Ended, Walk};
use crate::ir::firewall::{FilterAction, FilterHook, RawAction, RawHook, RejectWith};
use rosc_target::Origin;

impl<'r> Walk<'_, 'r> {
    pub(super) fn raw(&mut self, hook: RawHook) -> Ended<'r> {
        let chains = &self.tracer.family(&self.packet).raw;
        self.lead_through(chains, "raw", hook, Outcome::Raw, |this, action, (_, rule)| match action {
            RawAction::Drop => Err(End::Dropped(Reason::Firewall(rule))),
            RawAction::Notrack => {
                // What comes back to the router itself may have a connection already.
                if this.tracked.connection.is_none() {
                    this.tracked = Tracked::UNTRACKED;
                    this.is_untracked = true;
                }
                Ok(Then::End)
            }
        })
    }

    pub(super) fn filter(&mut self, hook: FilterHook) -> Ended<'r> {
        let chains = &self.tracer.family(&self.packet).filter;
        self.lead_through(chains, "filter", hook, Outcome::Filter, |this, action, (chain, rule)| {
            if let FilterAction::FasttrackConnection = action {
                let [_, of_forward] = &this.tracer.family(&this.packet).of_forward;
                this.begin_short_cut(of_forward.contains(chain));
            }
            filtered(action, rule)
        })
    }
}

fn filtered<'r>(action: &FilterAction, rule: Origin) -> Result<Then, End<'r>> {
    let reason = Reason::Firewall(rule);
    match action {
        // Of the connection that a tarpit holds, nothing goes any further.
        FilterAction::Drop | FilterAction::Tarpit => Err(End::Dropped(reason)),
        FilterAction::Reject(with) => Err(match error(*with) {
            Some(error) => End::Refused(error, reason),
            None => End::Reset(reason),
        }),
        FilterAction::FasttrackConnection => Ok(Then::Next),
    }
}

/// The error that a rejected packet's sender is told; `None` for a reset.
fn error(with: RejectWith) -> Option<IcmpError> {
    Some(match with {
        RejectWith::IcmpNetworkUnreachable | RejectWith::IcmpNoRoute => IcmpError::NetworkUnreachable,
        RejectWith::IcmpHostUnreachable | RejectWith::IcmpAddressUnreachable => IcmpError::HostUnreachable,
        RejectWith::IcmpProtocolUnreachable => IcmpError::ProtocolUnreachable,
        RejectWith::IcmpPortUnreachable => IcmpError::PortUnreachable,
        RejectWith::IcmpNetProhibited => IcmpError::NetworkProhibited,
        RejectWith::IcmpHostProhibited => IcmpError::HostProhibited,
        RejectWith::IcmpAdminProhibited => IcmpError::Prohibited,
        RejectWith::IcmpNotNeighbour => IcmpError::BeyondScope,
        RejectWith::TcpReset => return None,
    })
}
