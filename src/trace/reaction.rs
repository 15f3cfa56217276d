//! What the router itself says to a packet that it does not let through: an error or a reset.

use super::conntrack::Membership;
use super::packet::{IcmpError, Packet, Payload};
use super::step::{End, Reason};
use super::ways::{Hints, Possible};
use super::{Arrival, State, Tracer};
use crate::ir::InterfaceName;
use crate::ir::firewall::{AddressType, Protocol, TcpFlag};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What systems start with.
const FULL: u8 = 64;

/// What the router says because of a packet.
#[derive(Debug, Clone)]
pub struct Reaction {
    /// It, as it begins its way.
    pub arrival: Arrival,
    cause: Cause,
}

/// What a packet of the router's own has from the one that caused it.
#[derive(Debug, Clone, Default)]
pub(super) struct Cause {
    /// The connection that it belongs to before anything has looked at it: that of the packet that it answers, whether that
    /// one is kept or not. Source: RouterOS is Linux here, `nf_ct_attach`.
    pub(super) attached: Option<Membership>,
    /// The interface by which the packet came: an ICMPv6 error has an address of that one if it can. Source: RouterOS is
    /// Linux here, `icmp6_send`.
    pub(super) came_by: Option<InterfaceName>,
}

impl Reaction {
    /// A packet of the router's own that nothing else is known of.
    pub fn new(packet: Packet) -> Self {
        Self { arrival: Arrival { interface: None, packet }, cause: Cause::default() }
    }
}

impl<'r> Tracer<'r> {
    /// The error or reset that the router sends about a packet at its end. `None` where it says nothing: to what was let
    /// through or dropped in silence, to what is meant for several, and to errors and resets.
    pub fn reaction(&self, arrival: &Arrival, way: &Possible<'r>) -> Option<Reaction> {
        let trace = &way.trace;
        let packet = &trace.packet;
        let kind = self.own.kind(packet.destination);
        if matches!(kind, AddressType::Broadcast | AddressType::Multicast) {
            return None;
        }
        let answer = match trace.end {
            End::Leaves { .. } | End::Delivered(_) | End::Dropped(_) => return None,
            // What finds no way from the router itself fails where it is sent.
            End::Refused(_, reason) if arrival.interface.is_none() && !is_by_rule(reason) => return None,
            End::Refused(..) if matches!(packet.payload, Payload::Error { .. }) => return None,
            End::Refused(_, reason) if is_by_rule(reason) && !is_rejected_aloud(packet) => return None,
            End::Refused(kind, _) => {
                let source = if self.own.has(packet.destination) {
                    packet.destination
                } else {
                    unspecified(packet.destination)
                };
                error_about(packet, kind, source)
            }
            End::Reset(_) => reset(packet)?,
        };
        let (attached, came_by) = (way.effect.attached.clone(), arrival.interface.clone());
        Some(Reaction { cause: Cause { attached, came_by }, ..Reaction::new(answer) })
    }

    /// Follows what the router says because of a packet, on every way that it may take.
    pub fn ways_of_reaction(
        &self,
        state: &State,
        reaction: &Reaction,
        hints: Hints<'_>,
    ) -> Vec<Possible<'r>> {
        self.ways_because(&reaction.cause, state, &reaction.arrival, hints)
    }
}

/// The error that somebody with this address sends about a packet. Source of its code point: RouterOS is Linux here,
/// `icmp_send`: internetwork control, with what is left of the precedence; ICMPv6 errors have none.
pub fn error_about(packet: &Packet, kind: IcmpError, source: IpAddr) -> Packet {
    let dscp = if packet.is_ipv6() { 0 } else { 48 | (packet.dscp & 0b111) };
    let payload = Payload::Error { kind, about: Box::new(packet.clone()) };
    Packet { dscp, ..Packet::new(source, packet.source, FULL, payload) }
}

/// The reset of the TCP connection of a packet, as the one that the packet is for would send it. A reset is not answered.
pub fn reset(packet: &Packet) -> Option<Packet> {
    let Payload::Tcp { ports, flags, .. } = &packet.payload else { return None };
    if flags.contains(&TcpFlag::Rst) {
        return None;
    }
    let answers: BTreeSet<TcpFlag> = if flags.contains(&TcpFlag::Ack) {
        [TcpFlag::Rst].into()
    } else {
        [TcpFlag::Rst, TcpFlag::Ack].into()
    };
    let payload = Payload::Tcp { ports: ports.inverse(), flags: answers, mss: None };
    Some(Packet { data: 0, ..Packet::new(packet.destination, packet.source, FULL, payload) })
}

fn is_by_rule(reason: Reason<'_>) -> bool {
    matches!(reason, Reason::Firewall(_))
}

/// Whether a rule that rejects a packet can tell its sender: only of a packet whose checksum is right, or of a protocol
/// without one of all that it carries. What is of a protocol unknown to it is held against a checksum that it hasn't.
/// Source: RouterOS is Linux here, `nf_reject_verify_csum`.
fn is_rejected_aloud(packet: &Packet) -> bool {
    match packet.payload {
        Payload::Other(protocol) => matches!(protocol, Protocol::ESP | Protocol::AH),
        Payload::Tcp { .. } | Payload::Datagram { .. } | Payload::Echo { .. } | Payload::Error { .. } => true,
    }
}

fn unspecified(like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}
