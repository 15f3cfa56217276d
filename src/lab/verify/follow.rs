//! What follows on a packet, so that connections are seen from their beginning to their end.

use crate::ir::InterfaceName;
use crate::ir::firewall::TcpFlag;
use crate::trace::{Arrival, End, IcmpError, Numbers, Packet, Payload, answer_to};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What may follow on a packet that has ended so: its answer, more of the connection, the packet once more, an error
/// from somebody on its way.
pub(super) fn followers(
    first: &Arrival,
    end: &End<'_>,
    numbers: &mut Numbers,
    has_wire: impl Fn(&InterfaceName) -> bool,
) -> Vec<Arrival> {
    let End::Leaves { interface, gateway, packet } = end else { return Vec::new() };
    if !has_wire(interface) {
        return Vec::new();
    }
    let mut following = Vec::new();
    if numbers.below(4) > 0
        && let Some(answer) = answer_to(end)
    {
        following.push(answer.clone());
        if numbers.below(3) == 0 {
            following.extend(conversation(first, &answer, numbers));
        }
    }
    if numbers.below(3) == 0 {
        following.push(first.clone());
    }
    if numbers.below(4) == 0 {
        let from = gateway.unwrap_or(packet.destination);
        let error = error_about(packet, from, numbers);
        following.push(Arrival { interface: Some(interface.clone()), packet: error });
    }
    following
}

/// What both ends of a connection send once it is open; of TCP first the segment that opens it.
fn conversation(first: &Arrival, answer: &Arrival, numbers: &mut Numbers) -> Vec<Arrival> {
    let mut packets = vec![later(first, [TcpFlag::Ack].into(), numbers)];
    for _ in 0..=numbers.below(6) {
        let from = if numbers.below(2) == 0 { first } else { answer };
        let flags: &[TcpFlag] = match numbers.below(12) {
            0 => &[TcpFlag::Fin, TcpFlag::Ack],
            1 => &[TcpFlag::Rst],
            _ => &[TcpFlag::Ack],
        };
        packets.push(later(from, flags.iter().copied().collect(), numbers));
    }
    packets
}

/// A later packet of the same end.
fn later(of: &Arrival, sent: BTreeSet<TcpFlag>, numbers: &mut Numbers) -> Arrival {
    let mut later = of.clone();
    if let Payload::Tcp { flags, mss, .. } = &mut later.packet.payload {
        (*flags, *mss) = (sent, None);
    }
    // The router's own packets have what its kernel gives them.
    if of.interface.is_none() {
        return later;
    }
    if numbers.below(3) == 0 {
        const CODE_POINTS: [u8; 3] = [0, 10, 46];
        later.packet.dscp = CODE_POINTS[numbers.below(CODE_POINTS.len())];
    }
    if numbers.below(8) == 0 {
        later.packet.ttl = 1 + u8::from(numbers.below(2) == 0);
    }
    later
}

/// An ICMP error about a packet that was sent on, from somebody on its way.
fn error_about(packet: &Packet, from: IpAddr, numbers: &mut Numbers) -> Packet {
    let kind = match numbers.below(3) {
        0 => IcmpError::PortUnreachable,
        1 => IcmpError::HostUnreachable,
        _ => IcmpError::TimeExceeded,
    };
    let payload = Payload::Error { kind, about: Box::new(packet.clone()) };
    Packet::new(from, packet.source, 60, payload)
}
