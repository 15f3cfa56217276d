//! Packets as [`request`](super::request) reads them.

use super::packet::USUAL_DATA;
use super::request::{USUAL_ID, USUAL_TTL};
use super::{Arrival, Packet, Payload, PortPair};
use crate::catalog::types::{Keyword, protocol_name};
use crate::ir::firewall::{Protocol, TcpFlag};
use std::collections::BTreeSet;

/// Writes a packet so that `rosc trace` reads the same one; what it takes by itself is left out.
pub fn written(arrival: &Arrival) -> String {
    let begins = match &arrival.interface {
        Some(interface) => format!("in={interface}"),
        None => "out".to_owned(),
    };
    let mut words = vec![begins];
    packet(&mut words, &arrival.packet);
    words.join(" ")
}

fn packet(words: &mut Vec<String>, packet: &Packet) {
    let Packet { source, destination, ttl, dscp, data, payload: carried } = packet;
    // Without a source, the router chooses one.
    if words.first().is_none_or(|begins| begins != "out") || !source.is_unspecified() {
        words.push(format!("src={source}"));
    }
    words.push(format!("dst={destination}"));
    words.push(format!("proto={}", protocol_word(packet.protocol())));
    payload(words, carried);
    if *ttl != USUAL_TTL {
        words.push(format!("ttl={ttl}"));
    }
    if *dscp != 0 {
        words.push(format!("dscp={dscp}"));
    }
    if *data != USUAL_DATA && !matches!(carried, Payload::Error { .. }) {
        words.push(format!("size={}", packet.length()));
    }
}

fn protocol_word(protocol: Protocol) -> String {
    protocol_name(protocol).map_or_else(|| protocol.0.to_string(), str::to_owned)
}

fn payload(words: &mut Vec<String>, payload: &Payload) {
    match payload {
        Payload::Tcp { ports, flags, mss } => {
            port_words(words, *ports);
            if *flags != BTreeSet::from([TcpFlag::Syn]) {
                words.push(format!("flags={}", flag_words(flags)));
            }
            words.extend(mss.map(|mss| format!("mss={mss}")));
        }
        Payload::Datagram { ports, .. } => port_words(words, *ports),
        Payload::Echo { reply, id } => {
            if *reply {
                words.push("type=echo-reply".to_owned());
            }
            if *id != USUAL_ID {
                words.push(format!("id={id}"));
            }
        }
        Payload::Error { kind, about } => {
            let mut quoted = Vec::new();
            packet(&mut quoted, about);
            words.push(format!("type={}", kind.word()));
            words.push(format!("about={}", quoted.join("/")));
        }
        Payload::Other(_) => {}
    }
}

fn port_words(words: &mut Vec<String>, ports: PortPair) {
    words.push(format!("sport={}", ports.source));
    words.push(format!("dport={}", ports.destination));
}

fn flag_words(flags: &BTreeSet<TcpFlag>) -> String {
    // A list can't be empty, but it can say what is not set.
    if flags.is_empty() {
        return format!("!{}", TcpFlag::Syn.word());
    }
    flags.iter().map(|flag| flag.word()).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::IcmpError;
    use crate::trace::request::{Request, Word, parse};
    use rosc_target::Origin;

    /// Reads what was written, as a packet of the router's own: those need no interface.
    fn read(text: &str) -> Arrival {
        let words: Vec<Word<'_>> = text.split(' ').map(|word| (word, Origin::IMPLIED)).collect();
        let router = crate::ir::Router::empty(crate::ir::Dialect::V7);
        let request: Result<Request, _> = parse(&words, Origin::IMPLIED, &router);
        request.unwrap_or_else(|wrong| panic!("{text}: {wrong:?}")).arrival
    }

    #[test]
    fn what_is_written_is_read_as_the_same_packet() {
        let ports = PortPair { source: 50_001, destination: 53 };
        let tcp =
            |flags: &[TcpFlag], mss| Payload::Tcp { ports, flags: flags.iter().copied().collect(), mss };
        let payloads = [
            tcp(&[TcpFlag::Syn], None),
            tcp(&[TcpFlag::Syn, TcpFlag::Ack], Some(1460)),
            tcp(&[], None),
            Payload::Datagram { protocol: Protocol::UDP, ports },
            Payload::Datagram { protocol: Protocol(132), ports },
            Payload::Echo { reply: true, id: 1 },
            Payload::Echo { reply: false, id: 7 },
            Payload::Other(Protocol(253)),
        ];
        for (source, destination) in
            [("192.0.2.1", "198.51.100.7"), ("2001:db8::1", "2001:db8:1::7"), ("0.0.0.0", "198.51.100.7")]
        {
            let (source, destination) =
                (source.parse().expect("an address"), destination.parse().expect("an address"));
            let packets = payloads.iter().zip(10..).map(|(payload, number)| Packet {
                dscp: number - 10,
                data: number.into(),
                ..Packet::new(source, destination, 64, payload.clone())
            });
            let packets = packets.flat_map(|packet| {
                let about = Box::new(Packet { ttl: 3, ..packet.clone() });
                let errors = IcmpError::ALL.map(|kind| Payload::Error { kind, about: about.clone() });
                let errors: Vec<Packet> =
                    errors.map(|payload| Packet::new(source, destination, 9, payload)).into();
                errors.into_iter().chain([packet])
            });
            for packet in packets {
                let arrival = Arrival { interface: None, packet };
                assert_eq!(read(&written(&arrival)), arrival, "{}", written(&arrival));
            }
        }
    }

    #[test]
    fn what_a_reader_takes_by_itself_is_left_out() {
        let payload = Payload::Tcp {
            ports: PortPair { source: 50_000, destination: 443 },
            flags: [TcpFlag::Syn].into(),
            mss: None,
        };
        let address = |text: &str| text.parse().expect("an address");
        let packet = Packet::new(address("192.0.2.1"), address("198.51.100.7"), 64, payload);
        let arrival = Arrival { interface: Some(crate::ir::InterfaceName::new("ether1")), packet };
        assert_eq!(
            written(&arrival),
            "in=ether1 src=192.0.2.1 dst=198.51.100.7 proto=tcp sport=50000 dport=443"
        );
    }
}
