//! Everybody on the wires of a router: whoever it asks for is there, with an address of the link that tells who it is.

use etherparse::{
    ArpEthIpv4Packet, ArpOperation, EtherType, Ethernet2Header, Icmpv6Type, LaxPacketHeaders, NetHeaders,
    PacketBuilder, TransportHeader, icmpv6::NeighborAdvertisementHeader,
};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The neighbours that were asked for.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    numbers: HashMap<IpAddr, u16>,
    addresses: Vec<IpAddr>,
}

/// What is in a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'f> {
    /// A question for a neighbour, with the answer to it.
    Question(Vec<u8>),
    /// An IP packet to a neighbour; `None` for one to several.
    Packet(Option<IpAddr>, &'f [u8]),
    /// Something else.
    Other,
}

impl Neighbours {
    /// The link address of a neighbour.
    pub(super) fn link_address(&mut self, address: IpAddr) -> [u8; 6] {
        let next = u16::try_from(self.addresses.len()).expect("a trial has few neighbours");
        let number = *self.numbers.entry(address).or_insert_with(|| {
            self.addresses.push(address);
            next
        });
        let [high, low] = number.to_be_bytes();
        // Locally administered, and of one station.
        [2, 0, 0, 0, high, low]
    }

    fn who(&self, link_address: [u8; 6]) -> Option<IpAddr> {
        let number = link_address.strip_prefix(&[2, 0, 0, 0])?;
        self.addresses.get(usize::from(u16::from_be_bytes([number[0], number[1]]))).copied()
    }

    /// Looks into a frame that left the router.
    pub(super) fn read<'f>(&mut self, frame: &'f [u8]) -> Frame<'f> {
        let Ok((link, rest)) = Ethernet2Header::from_slice(frame) else { return Frame::Other };
        if link.ether_type != EtherType::ARP
            && link.ether_type != EtherType::IPV4
            && link.ether_type != EtherType::IPV6
        {
            return Frame::Other;
        }
        let headers = LaxPacketHeaders::from_ether_type(link.ether_type, rest);
        let answer = match (&headers.net, &headers.transport) {
            (Some(NetHeaders::Arp(arp)), _) => arp.try_eth_ipv4().ok().and_then(|arp| self.answer_arp(&arp)),
            (Some(NetHeaders::Ipv6(ip, _)), Some(TransportHeader::Icmpv6(icmp))) => match icmp.icmp_type {
                Icmpv6Type::NeighborSolicitation => {
                    let from = Ipv6Addr::from(ip.source);
                    headers.payload.slice().first_chunk::<16>().and_then(|target| {
                        self.answer_solicitation(link.source, from, Ipv6Addr::from(*target))
                    })
                }
                Icmpv6Type::RouterSolicitation
                | Icmpv6Type::RouterAdvertisement(_)
                | Icmpv6Type::NeighborAdvertisement(_)
                | Icmpv6Type::Redirect
                | Icmpv6Type::Unknown { .. } => None,
                _ => return Frame::Packet(self.who(link.destination), rest),
            },
            (Some(NetHeaders::Ipv4(..) | NetHeaders::Ipv6(..)), _) => {
                return Frame::Packet(self.who(link.destination), rest);
            }
            (None, _) => None,
        };
        answer.map_or(Frame::Other, Frame::Question)
    }

    fn answer_arp(&mut self, question: &ArpEthIpv4Packet) -> Option<Vec<u8>> {
        let (asks, target) = (Ipv4Addr::from(question.sender_ipv4), Ipv4Addr::from(question.target_ipv4));
        // Who asks for itself looks whether somebody else has its address.
        if question.operation != ArpOperation::REQUEST || asks == target || asks.is_unspecified() {
            return None;
        }
        let own = self.link_address(target.into());
        let answer = ArpEthIpv4Packet {
            operation: ArpOperation::REPLY,
            sender_mac: own,
            sender_ipv4: target.octets(),
            target_mac: question.sender_mac,
            target_ipv4: question.sender_ipv4,
        };
        let mut frame = Vec::new();
        PacketBuilder::ethernet2(own, question.sender_mac).arp(answer.into()).write(&mut frame).ok()?;
        Some(frame)
    }

    fn answer_solicitation(&mut self, link: [u8; 6], from: Ipv6Addr, target: Ipv6Addr) -> Option<Vec<u8>> {
        if from.is_unspecified() {
            return None;
        }
        let own = self.link_address(target.into());
        let kind = Icmpv6Type::NeighborAdvertisement(NeighborAdvertisementHeader {
            router: false,
            solicited: true,
            r#override: true,
        });
        let mut rest = Vec::from(target.octets());
        // The target's link address, in units of eight bytes.
        rest.extend([2, 1]);
        rest.extend(own);
        let mut frame = Vec::new();
        let ip = PacketBuilder::ethernet2(own, link).ipv6(target.octets(), from.octets(), 255);
        ip.icmpv6(kind).write(&mut frame, &rest).ok()?;
        Some(frame)
    }
}
