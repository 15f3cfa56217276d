//! Connections that take a short cut: `fasttrack-connection`.
//!
//! Their packets come by no rule; they are translated as before, and RouterOS looks their way up in table main, whatever
//! marks they would have. A connection takes it once it is known in both directions, by the interfaces by which its packets
//! go then, and leaves it with its end. Which packets RouterOS sends the long way all the same is not documented; here they are
//! those of Linux: what ends a connection or its own time to live, and what comes by another interface. Source:
//! `nft_flow_offload_eval`, `nf_flow_offload_ip_hook`.

use super::conntrack::{Connection, Direction, Membership, Tracked};
use super::fib::Way;
use super::packet::{Packet, Payload};
use super::routing::{Answer, Query};
use super::step::{Difference, Step};
use super::walk::{Ended, Lead, Walk};
use crate::ir::InterfaceName;
use crate::ir::firewall::{ConnectionState, Protocol, ServicePort, TcpFlag};
use crate::ir::nexthop::Hop;

/// By which families' connections the router has a short cut. Of RouterOS it has both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ShortCuts {
    pub ipv4: bool,
    pub ipv6: bool,
}

impl Default for ShortCuts {
    fn default() -> Self {
        Self { ipv4: true, ipv6: true }
    }
}

/// The short cut of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortCut {
    /// By which interface packets come in that go as the first packet did.
    original: InterfaceName,
    /// By which the answers come in.
    reply: InterfaceName,
    /// Whether the packet had a routing mark with which the connection began to take it: Linux keeps its way.
    is_marked: bool,
}

impl ShortCut {
    fn comes_by(&self, direction: Direction) -> &InterfaceName {
        match direction {
            Direction::Original => &self.original,
            Direction::Reply => &self.reply,
        }
    }

    fn leaves_by(&self, direction: Direction) -> &InterfaceName {
        self.comes_by(match direction {
            Direction::Original => Direction::Reply,
            Direction::Reply => Direction::Original,
        })
    }
}

impl<'r> Walk<'_, 'r> {
    /// The connection of a packet that takes the short cut.
    pub(super) fn on_short_cut(&self) -> Option<Membership> {
        let member = self.state.conntrack.member(&self.packet)?;
        let cut = member.connection.short_cut.as_ref()?;
        let comes_by = Some(cut.comes_by(member.direction)) == self.in_interface.as_ref();
        (comes_by && self.packet.ttl > 1 && !ends_connection(&self.packet)).then_some(member)
    }

    /// The way of a packet that takes it.
    pub(super) fn cut_short(&mut self, member: Membership) -> Ended<'r> {
        let of = Some((member.direction, member.connection.mark.clone()));
        let state = ConnectionState::Established;
        self.steps.extend([Step::Tracked { state, of }, Step::ShortCut]);
        let cut = member.connection.short_cut.clone().expect("it takes the short cut");
        let leaves_by = cut.leaves_by(member.direction).clone();
        self.tracked = Tracked { state, connection: Some(member), gone: None };
        let source = self.packet.source;
        self.translate_whole();
        let decision = self.decide(Some(source), self.packet.destination, None);
        self.difference = cut.is_marked.then_some(Difference::KeepsWay);
        match self.lead(decision) {
            Ok(Lead::Way(entry)) => self.take(&entry),
            Ok(Lead::Here) => {}
            Err(end) => {
                self.difference = Some(Difference::KeepsWay);
                return Err(end);
            }
        }
        if self.out_interface.as_ref() != Some(&leaves_by) {
            self.difference = Some(Difference::KeepsWay);
        }
        self.packet.ttl -= 1;
        self.is_confirmed = true;
        Ok(())
    }

    /// What the rule does. `is_of_forward` says whether packets come to it by forward alone, where Linux's short cut begins.
    pub(super) fn begin_short_cut(&mut self, is_of_forward: bool) {
        let has = self.state.short_cuts;
        let has_family = if self.packet.is_ipv6() { has.ipv6 } else { has.ipv4 };
        let (Some(came), Some(leaves)) = (&self.in_interface, &self.out_interface) else { return };
        let Some(member) = &self.tracked.connection else { return };
        let (connection, direction) = (&member.connection, member.direction);
        let is_known = member.place.is_some() && connection.short_cut.is_none();
        if !(has_family && is_of_forward && is_known && connection.is_open() && carries(&self.packet)) {
            return;
        }
        let services = &self.tracer.router.service_ports;
        if services.iter().any(|service| has_helper(service, connection)) || !self.goes_back_by(came) {
            return;
        }
        let (original, reply) = match direction {
            Direction::Original => (came.clone(), leaves.clone()),
            Direction::Reply => (leaves.clone(), came.clone()),
        };
        let cut = ShortCut { original, reply, is_marked: self.routing_mark.is_some() };
        if let Some(member) = &mut self.tracked.connection {
            member.connection.short_cut = Some(cut);
        }
    }

    /// Takes a connection off the short cut that ends with this packet.
    pub(super) fn end_short_cut(&mut self) {
        if let Some(member) = &mut self.tracked.connection
            && ends_connection(&self.packet)
        {
            member.connection.short_cut = None;
        }
    }

    /// Whether answers would leave by the interface that the packet came in by.
    fn goes_back_by(&self, came: &InterfaceName) -> bool {
        let query = Query {
            source: Some(self.packet.destination),
            destination: self.packet.source,
            in_interface: None,
            mark: None,
        };
        match self.tracer.routing.decide(&self.tracer.own, query).answer {
            Answer::Route(entry) => match &entry.way {
                Way::Hops(hops) => hops.iter().any(|hop| match hop {
                    Hop::Interface { interface, .. } => interface == came,
                    Hop::Blackhole => false,
                }),
                Way::Blackhole | Way::Unreachable | Way::Prohibit => false,
            },
            Answer::Local | Answer::Group(_) | Answer::NoRoute => false,
            Answer::Dropped(_) | Answer::Unreachable(_) => false,
        }
    }
}

/// Whether a packet is of TCP or UDP and does not end its connection.
fn carries(packet: &Packet) -> bool {
    matches!(packet.protocol(), Protocol::TCP | Protocol::UDP)
        && !matches!(packet.payload, Payload::Error { .. })
        && !ends_connection(packet)
}

pub(super) fn ends_connection(packet: &Packet) -> bool {
    match &packet.payload {
        Payload::Tcp { flags, .. } => flags.contains(&TcpFlag::Fin) || flags.contains(&TcpFlag::Rst),
        Payload::Datagram { .. } | Payload::Echo { .. } | Payload::Error { .. } | Payload::Other(_) => false,
    }
}

/// Whether a helper looks into a connection, which so has to come by it.
fn has_helper(service: &ServicePort, connection: &Connection) -> bool {
    let translated = connection.translated(Direction::Original);
    let is_ipv6 = translated.destination.is_ipv6();
    translated.destination_port().is_some_and(|port| service.looks_into(translated.protocol, port, is_ipv6))
}
