//! Packets with less to look at.

use crate::ir::firewall::{Protocol, TcpFlag};
use crate::trace::{Arrival, Packet, Payload, USUAL_DATA};
use std::collections::BTreeSet;

/// The first of the ports that packets are given where any will do.
const PORTS: u16 = 50_000;
/// The first of their identifiers.
const IDENTIFIERS: u16 = 1;
/// Drawn ports and identifiers begin here: smaller ones are of the configuration.
const DRAWN: u16 = 10_000;
/// The time to live of a packet that has just begun its way.
const FULL: u8 = 64;

/// Sequences that are a little simpler than this one, the simplest first. Each is nearer to one that has none, so that
/// taking one after the other comes to an end. Packets of one connection change together.
pub(super) fn simpler(packets: &[Arrival]) -> Vec<Vec<Arrival>> {
    let mut found = Vec::new();
    let mut all = |change: &dyn Fn(&mut Packet)| {
        found.push(packets.iter().map(|arrival| changed(arrival, change)).collect::<Vec<_>>());
    };
    all(&|packet| {
        if let Payload::Tcp { ports, .. } = packet.payload {
            packet.payload = Payload::Datagram { protocol: Protocol::UDP, ports };
        }
    });
    all(&|packet| {
        if matches!(packet.payload, Payload::Datagram { .. } | Payload::Other(_)) {
            packet.payload = Payload::Echo { reply: false, id: IDENTIFIERS };
        }
    });
    all(&|packet| packet.ttl = FULL);
    all(&|packet| packet.dscp = 0);
    all(&|packet| {
        if !matches!(packet.payload, Payload::Error { .. }) {
            packet.data = USUAL_DATA;
        }
    });
    all(&|packet| {
        if let Payload::Tcp { mss, .. } = &mut packet.payload {
            *mss = None;
        }
    });
    let ports = ports_of(packets);
    for port in ports.iter().filter(|port| **port >= DRAWN && !is_plain(**port, PORTS, packets)) {
        let plain = (PORTS..).find(|plain| !ports.contains(plain)).expect("packets use few ports");
        all(&|packet| {
            if let Payload::Tcp { ports, .. } | Payload::Datagram { ports, .. } = &mut packet.payload {
                for side in [&mut ports.source, &mut ports.destination] {
                    if side == port {
                        *side = plain;
                    }
                }
            }
        });
    }
    let identifiers = identifiers_of(packets);
    for identifier in identifiers.iter().filter(|id| !is_plain(**id, IDENTIFIERS, packets)) {
        let plain = (IDENTIFIERS..).find(|plain| !identifiers.contains(plain)).expect("packets have few");
        all(&|packet| match &mut packet.payload {
            Payload::Echo { id, .. } if id == identifier => *id = plain,
            _ => {}
        });
    }
    for place in 0..packets.len() {
        let with = |change: &dyn Fn(&mut Packet)| -> Vec<Arrival> {
            let one = |(at, arrival): (usize, &Arrival)| {
                if at == place { changed(arrival, change) } else { arrival.clone() }
            };
            packets.iter().enumerate().map(one).collect()
        };
        found.push(with(&|packet| packet.ttl = FULL));
        found.push(with(&|packet| {
            if let Payload::Tcp { flags, mss, .. } = &mut packet.payload {
                *flags = BTreeSet::from([TcpFlag::Syn]);
                *mss = None;
            }
        }));
    }
    found.retain(|simpler| simpler != packets);
    found
}

/// Whether a number is one of those that packets are given.
fn is_plain(number: u16, first: u16, packets: &[Arrival]) -> bool {
    let most = 2 * packets.len() + 2;
    (first..).take(most).any(|plain| plain == number)
}

fn changed(arrival: &Arrival, change: &dyn Fn(&mut Packet)) -> Arrival {
    let mut arrival = arrival.clone();
    change_quoted(&mut arrival.packet, change);
    arrival
}

/// What an error is about changes along with it.
fn change_quoted(packet: &mut Packet, change: &dyn Fn(&mut Packet)) {
    change(packet);
    if let Payload::Error { about, .. } = &mut packet.payload {
        change_quoted(about, change);
    }
}

fn ports_of(packets: &[Arrival]) -> BTreeSet<u16> {
    let of = |packet: &Packet| packet.ports().map(|ports| [ports.source, ports.destination]);
    packets.iter().flat_map(|arrival| quoted(&arrival.packet)).filter_map(of).flatten().collect()
}

fn identifiers_of(packets: &[Arrival]) -> BTreeSet<u16> {
    let of = |packet: &Packet| match packet.payload {
        Payload::Echo { id, .. } => Some(id),
        _ => None,
    };
    packets.iter().flat_map(|arrival| quoted(&arrival.packet)).filter_map(of).collect()
}

/// A packet, and those that it is about.
fn quoted(packet: &Packet) -> impl Iterator<Item = &Packet> {
    std::iter::successors(Some(packet), |packet| match &packet.payload {
        Payload::Error { about, .. } => Some(about),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{PortPair, written};

    fn arrival(source: u16, destination: u16) -> Arrival {
        let payload = Payload::Tcp {
            ports: PortPair { source, destination },
            flags: [TcpFlag::Syn, TcpFlag::Ece, TcpFlag::Cwr].into(),
            mss: Some(1300),
        };
        let address = |text: &str| text.parse().expect("an address");
        let packet = Packet::new(address("192.0.2.1"), address("192.0.2.2"), 61, payload);
        Arrival { interface: None, packet }
    }

    /// The simplest for which something holds.
    fn simplest(mut packets: Vec<Arrival>, holds: impl Fn(&[Arrival]) -> bool) -> Vec<String> {
        while let Some(next) = simpler(&packets).into_iter().find(|simpler| holds(simpler)) {
            packets = next;
        }
        packets.iter().map(written).collect()
    }

    #[test]
    fn what_does_not_matter_comes_to_the_usual() {
        let all = vec![arrival(23_456, 443), arrival(443, 23_456), arrival(34_567, 8291)];
        assert_eq!(simplest(all.clone(), |_| true), ["out src=192.0.2.1 dst=192.0.2.2 proto=icmp"; 3]);
        let is_tcp = |packets: &[Arrival]| {
            packets.iter().all(|arrival| matches!(arrival.packet.payload, Payload::Tcp { .. }))
        };
        assert_eq!(
            simplest(all, is_tcp),
            [
                "out src=192.0.2.1 dst=192.0.2.2 proto=tcp sport=50000 dport=443",
                "out src=192.0.2.1 dst=192.0.2.2 proto=tcp sport=443 dport=50000",
                "out src=192.0.2.1 dst=192.0.2.2 proto=tcp sport=50001 dport=8291",
            ]
        );
    }
}
