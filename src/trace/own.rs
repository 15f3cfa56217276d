//! Packets that the router itself sends.

use super::conntrack::Membership;
use super::local::sources_for;
use super::packet::Packet;
use super::reaction::Cause;
use super::routing::{Answer, Decision};
use super::step::{End, Reason, Step};
use super::walk::{Ended, Lead, Walk};
use crate::ir::InterfaceName;
use crate::ir::firewall::{FilterHook, MangleHook, NatHook, RawHook};
use std::net::IpAddr;

impl<'r> Walk<'_, 'r> {
    /// A packet that the router itself sends. Its way is looked up without a mark first, which chooses its source.
    pub(super) fn originating(&mut self, cause: &Cause) -> Ended<'r> {
        let destination = self.packet.destination;
        self.choose_source_by(cause);
        let has_source = !self.packet.source.is_unspecified();
        let source = has_source.then_some(self.packet.source);
        let mut decision = self.decide(source, destination, None);
        if !has_source
            && destination.is_ipv6()
            && !matches!(decision.answer, Answer::Route(_) | Answer::Local)
        {
            // IPv6 looks again with a source, so that rules that ask for one have their say.
            self.choose_source(None)?;
            decision = self.decide(Some(self.packet.source), destination, None);
        }
        let mut is_for_itself = self.send_by(decision)?;
        if self.packet.source.is_unspecified() {
            self.choose_source(self.tracer.own.is_address(destination).then_some(destination))?;
        }
        self.raw(RawHook::Output)?;
        self.track();
        let looked_up = self.packet.clone();
        self.mangle(MangleHook::Output)?;
        let is_changed = self.is_looked_up_again_for(&looked_up);
        self.nat(NatHook::Output)?;
        if is_changed || self.tracked.connection.as_ref().is_some_and(Membership::is_readdressed) {
            let decision = self.decide(Some(self.packet.source), self.packet.destination, self.routing_mark);
            is_for_itself = self.send_by(decision)?;
        }
        self.filter(FilterHook::Output)?;
        self.leave()?;
        if is_for_itself { self.come_back() } else { Ok(()) }
    }

    /// Whether what mangle has done has the router look for a way once more, for which a packet has its source by then. Source:
    /// RouterOS is Linux here, `ipt_mangle_out` and `ip6t_mangle_out`.
    fn is_looked_up_again_for(&self, before: &Packet) -> bool {
        let Packet { ttl, dscp, .. } = self.packet;
        let is_marked = self.routing_mark.is_some() || self.packet_mark.is_some();
        is_marked || dscp != before.dscp || (before.is_ipv6() && ttl != before.ttl)
    }

    /// What another packet has caused may have its source from that one, where its route prefers none.
    fn choose_source_by(&mut self, cause: &Cause) {
        let destination = self.packet.destination;
        if destination.is_ipv4() || !self.packet.source.is_unspecified() || cause.came_by.is_none() {
            return;
        }
        let decision = self.decide(None, destination, None);
        if !matches!(decision.answer, Answer::Route(entry) if entry.preferred_source().is_some()) {
            let own = sources_for(self.tracer.router, cause.came_by.as_ref(), destination, destination);
            if let Some(source) = self.one_source(&own) {
                self.packet.source = source;
            }
        }
    }

    /// Sends a packet of the router's own as a decision says; tells whether it goes to the router itself.
    fn send_by(&mut self, decision: Decision<'r>) -> Result<bool, End<'r>> {
        match self.lead(decision)? {
            Lead::Here => {
                self.out_interface = Some(InterfaceName::loopback());
                self.gateway = None;
                Ok(true)
            }
            Lead::Way(entry) => {
                self.take(&entry);
                if self.packet.source.is_unspecified() {
                    self.choose_source(entry.preferred_source())?;
                }
                Ok(false)
            }
        }
    }

    /// What the router sends to itself comes in again, by `lo`. It is the same packet: its marks are still there, its
    /// connection is known and has its translations, and its way is not looked for again.
    fn come_back(&mut self) -> Ended<'r> {
        (self.in_interface, self.out_interface) = (self.out_interface.take(), None);
        self.raw(RawHook::Prerouting)?;
        if self.tracked.connection.is_none() {
            self.track();
        }
        self.mangle(MangleHook::Prerouting)?;
        self.nat(NatHook::Dstnat)?;
        self.deliver()
    }

    fn choose_source(&mut self, preferred: Option<IpAddr>) -> Ended<'r> {
        let destination = self.packet.destination;
        let neighbour = self.gateway.unwrap_or(destination);
        let own = sources_for(self.tracer.router, self.out_interface.as_ref(), neighbour, destination);
        let source = preferred.or_else(|| self.one_source(&own));
        let Some(source) = source else { return Err(End::Dropped(Reason::NoAddress)) };
        self.packet.source = source;
        self.steps.push(Step::Sourced(Box::new(self.packet.clone())));
        Ok(())
    }

    pub(super) fn one_source(&mut self, own: &[IpAddr]) -> Option<IpAddr> {
        match own {
            [] => None,
            [only] => Some(*only),
            several => several.get(self.chance.one_of(several.len())).copied(),
        }
    }
}
