//! Connections that take a short cut: `fasttrack-connection`.
//!
//! Their packets come by no rule; they are translated as before, and RouterOS looks their way up in table main, whatever
//! marks they would have. Which packets RouterOS sends the long way all the same is not documented; here they are those of
//! Linux. Linux has two short cuts ([`Means`]): flow tables, which keep the interfaces by which packets go when a connection is
//! put there, and the fast path's programs, which ask the routes for each packet. Source: `nft_flow_offload_eval`,
//! `nf_flow_offload_ip_hook`; `tc_by_connection` of rosc-ebpf.

use super::Arrival;
use super::conntrack::{Connection, Conntrack, Direction, Membership, Tracked};
use super::fib::Way;
use super::packet::{Packet, Payload};
use super::routing::{Answer, Query};
use super::step::{Difference, Step};
use super::walk::{Ended, Lead, Walk};
use crate::ir::InterfaceName;
use crate::ir::firewall::{ConnectionState, Protocol, ServicePort, TcpFlag};
use crate::ir::nexthop::Hop;
use std::collections::BTreeSet;

/// By what connections of each family take a short cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ShortCuts {
    pub ipv4: Means,
    pub ipv6: Means,
}

/// By what connections take a short cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Means {
    /// There is none.
    None,
    /// Flow tables.
    #[default]
    FlowTable,
    /// The fast path's programs, for packets that come in by these interfaces.
    Programs(BTreeSet<InterfaceName>),
}

impl ShortCuts {
    /// Whether programs see with a packet that its connection ends.
    pub fn show_end(&self, arrival: &Arrival) -> bool {
        let means = if arrival.packet.is_ipv6() { &self.ipv6 } else { &self.ipv4 };
        let Means::Programs(interfaces) = means else { return false };
        let is_seen = arrival.interface.as_ref().is_some_and(|interface| interfaces.contains(interface));
        is_seen && ends_connection(&arrival.packet)
    }
}

/// The short cut of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShortCut {
    /// By a flow table.
    Kept(KeptWay),
    /// By programs.
    Routed,
}

/// What a flow table knows of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptWay {
    /// By which interface packets come in that go as the first packet did.
    original: InterfaceName,
    /// By which the answers come in.
    reply: InterfaceName,
    /// Whether the packet had a routing mark with which the connection began to take it: Linux keeps its way.
    is_marked: bool,
}

impl KeptWay {
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

impl Conntrack {
    /// How many connections the fast path's programs take.
    pub fn taken_by_programs(&self) -> usize {
        let is_taken =
            |connection: &&Connection| connection.short_cut == Some(ShortCut::Routed) && connection.is_open();
        self.connections().filter(is_taken).count()
    }
}

impl<'r> Walk<'_, 'r> {
    /// The whole way of a packet that takes a short cut; `None` for one that goes the long way.
    pub(super) fn cut_short(&mut self) -> Option<Ended<'r>> {
        let member = self.state.conntrack.member(&self.packet)?;
        if self.packet.ttl <= 1 || ends_connection(&self.packet) {
            return None;
        }
        match member.connection.short_cut.clone()? {
            ShortCut::Kept(way) => {
                let comes_by = Some(way.comes_by(member.direction)) == self.in_interface.as_ref();
                comes_by.then(|| self.keep_way(member, &way))
            }
            ShortCut::Routed => {
                let Means::Programs(ports) = self.means() else { return None };
                let is_taken = ports.contains(self.in_interface.as_ref()?) && carries(&self.packet);
                let connection = &member.connection;
                let is_open = connection.answered && connection.is_open();
                (is_taken && is_open).then(|| self.ask_routes(member)).flatten().map(Ok)
            }
        }
    }

    /// The means of the packet's family.
    fn means(&self) -> &Means {
        let ShortCuts { ipv4, ipv6 } = &self.state.short_cuts;
        if self.packet.is_ipv6() { ipv6 } else { ipv4 }
    }

    /// What is told of a packet on the short cut.
    fn is_short(&mut self, member: Membership) {
        let of = Some((member.direction, member.connection.mark.clone()));
        let state = ConnectionState::Established;
        self.steps.extend([Step::Tracked { state, of }, Step::ShortCut]);
        self.tracked = Tracked { state, connection: Some(member), gone: None };
    }

    /// The way of a packet by a flow table.
    fn keep_way(&mut self, member: Membership, way: &KeptWay) -> Ended<'r> {
        let leaves_by = way.leaves_by(member.direction).clone();
        self.is_short(member);
        let source = self.packet.source;
        self.translate_whole();
        let decision = self.decide(Some(source), self.packet.destination, None);
        self.difference = way.is_marked.then_some(Difference::KeepsWay);
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

    /// The way of a packet by programs; `None` where the routes do not simply send it out by another interface.
    fn ask_routes(&mut self, member: Membership) -> Option<()> {
        let destination = member.connection.translated(member.direction).destination;
        let decision = self.decide(Some(self.packet.source), destination, None);
        let Answer::Route(entry) = &decision.answer else { return None };
        let (Way::Hops(_), true) = (&entry.way, self.forwards()) else { return None };
        let (entry, told) = (entry.clone(), self.steps.len());
        self.is_short(member);
        self.steps.push(Step::Routed(decision, destination));
        self.take(&entry);
        let masqueraded =
            self.tracked.connection.as_ref().filter(|member| member.direction == Direction::Original);
        let only = masqueraded.and_then(|member| member.connection.masqueraded.as_ref());
        let leaves = self.out_interface.as_ref();
        if leaves.is_none()
            || leaves == self.in_interface.as_ref()
            || only.is_some_and(|only| Some(only) != leaves)
        {
            self.steps.truncate(told);
            self.tracked = Tracked::NOT_YET;
            (self.out_interface, self.gateway) = (None, None);
            return None;
        }
        self.translate_whole();
        self.packet.ttl -= 1;
        self.is_confirmed = true;
        Some(())
    }

    /// What the rule does. `is_of_forward` says whether packets come to it by forward alone, where flow tables begin.
    pub(super) fn begin_short_cut(&mut self, is_of_forward: bool) {
        let Some(member) = &self.tracked.connection else { return };
        let services = &self.tracer.router.service_ports;
        if !carries(&self.packet) || services.iter().any(|service| has_helper(service, &member.connection)) {
            return;
        }
        let short_cut = match self.means() {
            Means::None => None,
            Means::FlowTable => self.way_to_keep(member, is_of_forward).map(ShortCut::Kept),
            Means::Programs(_) => Some(ShortCut::Routed),
        };
        if let (Some(short_cut), Some(member)) = (short_cut, &mut self.tracked.connection) {
            member.connection.short_cut = Some(short_cut);
        }
    }

    /// What a flow table would know of the packet's connection, if it took it.
    fn way_to_keep(&self, member: &Membership, is_of_forward: bool) -> Option<KeptWay> {
        let (came, leaves) = (self.in_interface.as_ref()?, self.out_interface.as_ref()?);
        let is_known = member.place.is_some() && member.connection.short_cut.is_none();
        let is_taken =
            is_of_forward && is_known && member.connection.is_open() && !ends_connection(&self.packet);
        if !is_taken || !self.goes_back_by(came) {
            return None;
        }
        let (original, reply) = match member.direction {
            Direction::Original => (came.clone(), leaves.clone()),
            Direction::Reply => (leaves.clone(), came.clone()),
        };
        Some(KeptWay { original, reply, is_marked: self.routing_mark.is_some() })
    }

    /// Takes a connection out of its flow table that ends with this packet. Programs see by its state that it has ended.
    pub(super) fn end_short_cut(&mut self) {
        if let Some(member) = &mut self.tracked.connection
            && ends_connection(&self.packet)
            && matches!(member.connection.short_cut, Some(ShortCut::Kept(_)))
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

/// Whether a packet is of TCP or UDP.
fn carries(packet: &Packet) -> bool {
    matches!(packet.protocol(), Protocol::TCP | Protocol::UDP)
        && !matches!(packet.payload, Payload::Error { .. })
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
