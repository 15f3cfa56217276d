//! Frames as they come in by the LAN.

use crate::shared::LAN_MAC;
use etherparse::{
    EtherType, Ethernet2Header, IcmpEchoHeader, Icmpv4Type, Icmpv6Type, IpFragOffset, IpNumber, Ipv4Header,
    Ipv4Options, Ipv6FlowLabel, Ipv6Header, NetSlice, PacketBuilder, SlicedPacket, TcpHeader,
};
use rosc_ebpf::Flow;
use std::net::IpAddr;

/// Who sends.
pub(crate) const HOST_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];

/// A connection between documentation addresses of a family, that differs by its number.
pub(crate) fn flow(family: u8, number: u32) -> Flow {
    let [_, b, c, d] = number.to_be_bytes();
    let (source, destination) = match family {
        4 => (IpAddr::from([10, b, c, d]), IpAddr::from([203, 0, 113, 9])),
        _ => {
            let [high, low] =
                [number >> 16, number & 0xffff].map(|part| u16::try_from(part).expect("two bytes"));
            (
                IpAddr::from([0x2001, 0xdb8, 1, 0, 0, 0, high, low]),
                IpAddr::from([0x2001, 0xdb8, 2, 0, 0, 0, 0, 9]),
            )
        }
    };
    let source_port = 1024 + u16::try_from(number % 60_000).expect("a port");
    Flow { source, destination, protocol: 17, source_port, destination_port: 443, inner: None }
}

/// The connection over TCP.
pub(crate) fn tcp(flow: Flow) -> Flow {
    Flow { protocol: 6, ..flow }
}

/// What else a packet may be.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extras {
    pub(crate) syn: bool,
    pub(crate) payload: usize,
    pub(crate) ttl: Option<u8>,
}

/// A packet of a connection, UDP or TCP.
pub(crate) fn packet(flow: Flow, extras: Extras) -> Vec<u8> {
    let Extras { syn, payload, ttl } = extras;
    let payload = vec![0x5a; payload];
    let builder = PacketBuilder::ethernet2(HOST_MAC, LAN_MAC);
    let ttl = ttl.unwrap_or(64);
    let builder = match (flow.source, flow.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            builder.ipv4(source.octets(), destination.octets(), ttl)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            builder.ipv6(source.octets(), destination.octets(), ttl)
        }
        _ => panic!("two families"),
    };
    let mut frame = Vec::new();
    if flow.protocol == 6 {
        let builder = builder.tcp(flow.source_port, flow.destination_port, 1, 1024);
        let builder = if syn { builder.syn() } else { builder.ack(7) };
        builder.write(&mut frame, &payload).expect("a frame");
    } else {
        builder.udp(flow.source_port, flow.destination_port).write(&mut frame, &payload).expect("a frame");
    }
    frame
}

/// A segment with other flags.
pub(crate) fn with_flags(flow: Flow, change: impl FnOnce(&mut TcpHeader)) -> Vec<u8> {
    let mut frame = plain(flow);
    let start = if flow.source.is_ipv4() { 34 } else { 54 };
    let (mut header, _) = TcpHeader::from_slice(&frame[start..]).expect("a header");
    change(&mut header);
    frame[start..start + header.header_len()].copy_from_slice(&header.to_bytes());
    frame
}

/// A packet of a connection without anything special about it.
pub(crate) fn plain(flow: Flow) -> Vec<u8> {
    packet(flow, Extras { payload: 12, ..Extras::default() })
}

/// An echo request.
pub(crate) fn echo(flow: Flow) -> Vec<u8> {
    let builder = PacketBuilder::ethernet2(HOST_MAC, LAN_MAC);
    let mut frame = Vec::new();
    let echo = IcmpEchoHeader { id: 1, seq: 2 };
    match (flow.source, flow.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => builder
            .ipv4(source.octets(), destination.octets(), 64)
            .icmpv4(Icmpv4Type::EchoRequest(echo))
            .write(&mut frame, &[]),
        (IpAddr::V6(source), IpAddr::V6(destination)) => builder
            .ipv6(source.octets(), destination.octets(), 64)
            .icmpv6(Icmpv6Type::EchoRequest(echo))
            .write(&mut frame, &[]),
        _ => panic!("two families"),
    }
    .expect("a frame");
    frame
}

/// An error that the connection's source sends about a packet of the other direction.
pub(crate) fn error_about(flow: Flow) -> Vec<u8> {
    let back = Flow {
        source: flow.destination,
        destination: flow.source,
        source_port: flow.destination_port,
        destination_port: flow.source_port,
        ..flow
    };
    let about = &plain(back)[14..];
    let builder = PacketBuilder::ethernet2(HOST_MAC, LAN_MAC);
    let mut frame = Vec::new();
    // A router between says it, whose address is another one.
    match flow.destination {
        IpAddr::V4(destination) => {
            let code = etherparse::icmpv4::DestUnreachableHeader::FragmentationNeeded { next_hop_mtu: 1280 };
            builder
                .ipv4([10, 255, 255, 1], destination.octets(), 64)
                .icmpv4(Icmpv4Type::DestinationUnreachable(code))
                .write(&mut frame, about)
        }
        IpAddr::V6(destination) => builder
            .ipv6([0x20, 1, 0xd, 0xb8, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], destination.octets(), 64)
            .icmpv6(Icmpv6Type::PacketTooBig { mtu: 1280 })
            .write(&mut frame, about),
    }
    .expect("a frame");
    frame
}

/// A part of a datagram of IPv4.
pub(crate) fn fragment(flow: Flow, offset: u16, more: bool) -> Vec<u8> {
    let mut frame = plain(flow);
    change_ipv4(&mut frame, |ip| {
        ip.fragment_offset = IpFragOffset::try_new(offset).expect("an offset");
        ip.more_fragments = more;
    });
    frame
}

/// A packet of IPv4 with an option.
pub(crate) fn with_options(flow: Flow) -> Vec<u8> {
    let frame = plain(flow);
    let (ethernet, ip) = frame.split_at(14);
    let (mut header, payload) = Ipv4Header::from_slice(ip).expect("a header");
    header.options = Ipv4Options::from([1, 1, 1, 0]);
    header.total_len += 4;
    header.header_checksum = header.calc_header_checksum();
    [ethernet, &header.to_bytes(), payload].concat()
}

/// A packet of IPv6 with an extension header.
pub(crate) fn with_extension(flow: Flow) -> Vec<u8> {
    let IpAddr::V6(source) = flow.source else { panic!("IPv6") };
    let IpAddr::V6(destination) = flow.destination else { panic!("IPv6") };
    let ethernet = Ethernet2Header { destination: LAN_MAC, source: HOST_MAC, ether_type: EtherType::IPV6 };
    let ip = Ipv6Header {
        traffic_class: 0,
        flow_label: Ipv6FlowLabel::ZERO,
        payload_length: 16,
        next_header: IpNumber::IPV6_DESTINATION_OPTIONS,
        hop_limit: 64,
        source: source.octets(),
        destination: destination.octets(),
    };
    // Destination options of padding alone, and UDP behind them.
    let extension = [17, 0, 1, 4, 0, 0, 0, 0];
    let udp = [[4, 0], [1, 187], [0, 8], [0, 0]].concat();
    [&ethernet.to_bytes()[..], &ip.to_bytes(), &extension, &udp].concat()
}

/// The same frame of a VLAN.
pub(crate) fn with_vlan(frame: &[u8]) -> Vec<u8> {
    let (addresses, rest) = frame.split_at(12);
    [addresses, &[0x81, 0, 0, 5], rest].concat()
}

/// The same frame inside of a PPPoE session.
pub(crate) fn with_pppoe(frame: &[u8]) -> Vec<u8> {
    let (addresses, rest) = frame.split_at(12);
    let length = u16::try_from(rest.len()).expect("a short frame").to_be_bytes();
    [addresses, &[0x88, 0x64, 0x11, 0, 0, 1], &length, &[0, 0x21], &rest[2..]].concat()
}

/// Changes the header of IPv4, and its checksum.
pub(crate) fn change_ipv4(frame: &mut [u8], change: impl FnOnce(&mut Ipv4Header)) {
    let (mut header, _) = Ipv4Header::from_slice(&frame[14..]).expect("a header");
    change(&mut header);
    header.header_checksum = header.calc_header_checksum();
    frame[14..34].copy_from_slice(&header.to_bytes());
}

/// The hops that a packet has left, once its checksum was found right.
pub(crate) fn hops(frame: &[u8]) -> u8 {
    let packet = SlicedPacket::from_ethernet(frame).expect("a packet");
    match packet.net.expect("an IP header") {
        NetSlice::Ipv4(ip) => {
            let header = ip.header().to_header();
            assert_eq!(header.header_checksum, header.calc_header_checksum());
            header.time_to_live
        }
        NetSlice::Ipv6(ip) => ip.header().hop_limit(),
        NetSlice::Arp(_) => panic!("no packet of IP"),
    }
}
