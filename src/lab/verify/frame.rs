//! Packets as bytes, and back.

use crate::ir::firewall::{Protocol, TcpFlag};
use crate::trace::{IcmpError, Packet, Payload, PortPair};
use etherparse::{
    IcmpEchoHeader, Icmpv4Type, Icmpv6Type, IpDscp, IpHeaders, IpNumber, Ipv4Extensions, Ipv4Header,
    Ipv6Extensions, Ipv6Header, LaxPacketHeaders, NetHeaders, PacketBuilder, PacketBuilderStep, TcpHeader,
    TcpOptionElement, TransportHeader,
};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What every packet of a trial carries in front of its number.
const MAGIC: [u8; 8] = *b"rosc lab";

/// A packet that was seen, with its number in the trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The packet.
    pub packet: Packet,
    /// Its number; `None` for one that carries none, such as a reset.
    pub number: Option<u32>,
}

/// The bytes of a packet, from the IP header on, with a number in what it carries. `None` for a protocol whose packets a
/// kernel takes apart further than is known here.
pub(super) fn encode(packet: &Packet, number: u32) -> Option<Vec<u8>> {
    let ip: PacketBuilderStep<IpHeaders> = match (packet.source, packet.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let len = 0;
            let mut ip = Ipv4Header::new(
                len,
                packet.ttl,
                IpNumber(packet.protocol().0),
                source.octets(),
                destination.octets(),
            )
            .ok()?;
            ip.dscp = IpDscp::try_new(packet.dscp).ok()?;
            PacketBuilder::ip(IpHeaders::Ipv4(ip, Ipv4Extensions::default()))
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let ip = Ipv6Header {
                traffic_class: packet.dscp << 2,
                hop_limit: packet.ttl,
                next_header: IpNumber(packet.protocol().0),
                source: source.octets(),
                destination: destination.octets(),
                ..Ipv6Header::default()
            };
            PacketBuilder::ip(IpHeaders::Ipv6(ip, Ipv6Extensions::default()))
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return None,
    };
    let mut carried = Vec::from(MAGIC);
    carried.extend(number.to_be_bytes());
    carried.resize(carried.len().max(packet.data.into()), 0);
    let mut bytes = Vec::with_capacity(128);
    let written = match &packet.payload {
        Payload::Tcp { ports, flags, mss } => {
            ip.tcp_header(tcp_header(*ports, flags, *mss)?).write(&mut bytes, &carried)
        }
        Payload::Datagram { protocol: Protocol::UDP, ports } => {
            ip.udp(ports.source, ports.destination).write(&mut bytes, &carried)
        }
        Payload::Datagram { .. } => return None,
        Payload::Echo { reply, id } => {
            let echo = IcmpEchoHeader { id: *id, seq: 1 };
            match (packet.is_ipv6(), reply) {
                (false, false) => ip.icmpv4(Icmpv4Type::EchoRequest(echo)).write(&mut bytes, &carried),
                (false, true) => ip.icmpv4(Icmpv4Type::EchoReply(echo)).write(&mut bytes, &carried),
                (true, false) => ip.icmpv6(Icmpv6Type::EchoRequest(echo)).write(&mut bytes, &carried),
                (true, true) => ip.icmpv6(Icmpv6Type::EchoReply(echo)).write(&mut bytes, &carried),
            }
        }
        Payload::Error { kind, about } => {
            let quoted = encode(about, number)?;
            let (kind, code) = kind.type_and_code(packet.is_ipv6())?;
            if packet.is_ipv6() {
                ip.icmpv6_raw(kind, code, [0; 4]).write(&mut bytes, &quoted)
            } else {
                ip.icmpv4_raw(kind, code, [0; 4]).write(&mut bytes, &quoted)
            }
        }
        Payload::Other(protocol) => ip.write(&mut bytes, IpNumber(protocol.0), &carried),
    };
    written.ok().map(|()| bytes)
}

/// Reads a packet from its IP header on. `None` for what is none, or is of no kind that is sent in trials.
pub(super) fn decode(bytes: &[u8]) -> Option<Numbered> {
    let headers = LaxPacketHeaders::from_ip(bytes).ok()?;
    let (source, destination, ttl, dscp, protocol): (IpAddr, IpAddr, u8, u8, IpNumber) = match headers.net? {
        NetHeaders::Ipv4(ip, _) => {
            (ip.source.into(), ip.destination.into(), ip.time_to_live, ip.dscp.value(), ip.protocol)
        }
        NetHeaders::Ipv6(ip, _) => {
            (ip.source.into(), ip.destination.into(), ip.hop_limit, ip.traffic_class >> 2, ip.next_header)
        }
        NetHeaders::Arp(_) => return None,
    };
    let carried = headers.payload.slice();
    let mut number = number_in(carried);
    let payload = match headers.transport {
        Some(TransportHeader::Tcp(tcp)) => {
            let ports = PortPair { source: tcp.source_port, destination: tcp.destination_port };
            let mss = tcp.options_iterator().find_map(|option| match option {
                Ok(TcpOptionElement::MaximumSegmentSize(mss)) => Some(mss),
                _ => None,
            });
            Payload::Tcp { ports, flags: flags_of(&tcp), mss }
        }
        Some(TransportHeader::Udp(udp)) => {
            let ports = PortPair { source: udp.source_port, destination: udp.destination_port };
            Payload::Datagram { protocol: Protocol::UDP, ports }
        }
        Some(TransportHeader::Icmpv4(icmp)) => match icmp.icmp_type {
            Icmpv4Type::EchoRequest(echo) => Payload::Echo { reply: false, id: echo.id },
            Icmpv4Type::EchoReply(echo) => Payload::Echo { reply: true, id: echo.id },
            _ => {
                let [kind, code] = *icmp.to_bytes().first_chunk()?;
                error_about(error_of(kind, code, false)?, carried, &mut number)?
            }
        },
        Some(TransportHeader::Icmpv6(icmp)) => match icmp.icmp_type {
            Icmpv6Type::EchoRequest(echo) => Payload::Echo { reply: false, id: echo.id },
            Icmpv6Type::EchoReply(echo) => Payload::Echo { reply: true, id: echo.id },
            _ => {
                let [kind, code] = *icmp.to_bytes().first_chunk()?;
                error_about(error_of(kind, code, true)?, carried, &mut number)?
            }
        },
        Some(TransportHeader::Igmp(_)) => return None,
        None => Payload::Other(Protocol(protocol.0)),
    };
    let data = match payload {
        Payload::Error { .. } => 0,
        _ => u16::try_from(carried.len()).ok()?,
    };
    Some(Numbered { packet: Packet { source, destination, ttl, dscp, data, payload }, number })
}

fn error_about(kind: IcmpError, carried: &[u8], number: &mut Option<u32>) -> Option<Payload> {
    let quoted = decode(carried)?;
    *number = quoted.number;
    Some(Payload::Error { kind, about: Box::new(quoted.packet) })
}

/// The number that some bytes carry in front.
pub(super) fn number_in(carried: &[u8]) -> Option<u32> {
    let number = carried.strip_prefix(&MAGIC)?.first_chunk()?;
    Some(u32::from_be_bytes(*number))
}

/// A segment of a connection whose both sides began to count at the same number, and that carries no more than one.
fn tcp_header(ports: PortPair, flags: &BTreeSet<TcpFlag>, mss: Option<u16>) -> Option<TcpHeader> {
    const FIRST: u32 = 1000;
    let has = |flag| flags.contains(&flag);
    let sequence = if has(TcpFlag::Syn) { FIRST } else { FIRST + 1 };
    let mut header = TcpHeader::new(ports.source, ports.destination, sequence, 64_000);
    header.syn = has(TcpFlag::Syn);
    header.fin = has(TcpFlag::Fin);
    header.rst = has(TcpFlag::Rst);
    header.psh = has(TcpFlag::Psh);
    header.urg = has(TcpFlag::Urg);
    header.ece = has(TcpFlag::Ece);
    header.cwr = has(TcpFlag::Cwr);
    header.ack = has(TcpFlag::Ack);
    if header.ack {
        header.acknowledgment_number = FIRST + 1;
    }
    if let Some(mss) = mss {
        header.set_options(&[TcpOptionElement::MaximumSegmentSize(mss)]).ok()?;
    }
    Some(header)
}

fn flags_of(tcp: &TcpHeader) -> BTreeSet<TcpFlag> {
    let all = [
        (TcpFlag::Fin, tcp.fin),
        (TcpFlag::Syn, tcp.syn),
        (TcpFlag::Rst, tcp.rst),
        (TcpFlag::Psh, tcp.psh),
        (TcpFlag::Ack, tcp.ack),
        (TcpFlag::Urg, tcp.urg),
        (TcpFlag::Ece, tcp.ece),
        (TcpFlag::Cwr, tcp.cwr),
    ];
    all.into_iter().filter_map(|(flag, is_set)| is_set.then_some(flag)).collect()
}

/// An error by its type and code.
fn error_of(kind: u8, code: u8, ipv6: bool) -> Option<IcmpError> {
    IcmpError::ALL.into_iter().find(|error| error.type_and_code(ipv6) == Some((kind, code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(source: &str, destination: &str, payload: Payload) -> Packet {
        let parse = |text: &str| text.parse().expect("an address");
        Packet { dscp: 10, ..Packet::new(parse(source), parse(destination), 17, payload) }
    }

    #[test]
    fn a_packet_is_read_as_it_was_written() {
        let ports = PortPair { source: 5000, destination: 53 };
        let udp = packet("192.0.2.1", "198.51.100.1", Payload::Datagram { protocol: Protocol::UDP, ports });
        let syn = Payload::Tcp { ports, flags: [TcpFlag::Syn].into(), mss: Some(1400) };
        let about = Box::new(packet("2001:db8::1", "2001:db8::2", syn.clone()));
        let packets = [
            udp,
            packet("192.0.2.1", "198.51.100.1", syn),
            packet("2001:db8::1", "2001:db8::2", Payload::Echo { reply: true, id: 9 }),
            packet("2001:db8::9", "2001:db8::1", Payload::Error { kind: IcmpError::TimeExceeded, about }),
            packet("192.0.2.1", "198.51.100.1", Payload::Other(Protocol(47))),
        ];
        for packet in packets {
            let bytes = encode(&packet, 77).expect("it can be written");
            assert_eq!(decode(&bytes), Some(Numbered { packet, number: Some(77) }));
        }
    }
}
