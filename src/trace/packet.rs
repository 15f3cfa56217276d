//! Packets, as far as a router looks into them.

use crate::ir::firewall::{Protocol, TcpFlag};
use serde::Serialize;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// So many bytes a packet carries where nothing is said of it: as many as those of trials.
pub const USUAL_DATA: u16 = 12;

/// A packet at some point of its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Packet {
    /// The source address; for a packet of the router's own that has none yet, the unspecified one.
    pub source: IpAddr,
    /// The destination address, of the same family.
    pub destination: IpAddr,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Differentiated services code point, 0..=63.
    pub dscp: u8,
    /// How many bytes stand behind the header of its protocol; of an error none, as it quotes a packet instead.
    pub data: u16,
    /// What it carries.
    pub payload: Payload,
}

/// What a packet carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payload {
    /// A TCP segment.
    Tcp {
        /// Its ports.
        ports: PortPair,
        /// The flags that are set.
        flags: BTreeSet<TcpFlag>,
        /// The MSS option in bytes.
        mss: Option<u16>,
    },
    /// A datagram of another protocol with ports.
    Datagram {
        /// UDP, UDP-Lite, DCCP or SCTP.
        protocol: Protocol,
        /// Its ports.
        ports: PortPair,
    },
    /// An ICMP or ICMPv6 echo request or reply.
    Echo {
        /// Whether it is the answer.
        reply: bool,
        /// The identifier, by which an answer finds its request.
        id: u16,
    },
    /// An ICMP or ICMPv6 error about another packet.
    Error {
        /// What kind it is.
        kind: IcmpError,
        /// The packet that it quotes, as whoever sends the error saw it.
        about: Box<Packet>,
    },
    /// Any other protocol; nothing more is known.
    Other(Protocol),
}

/// Source and destination port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct PortPair {
    pub source: u16,
    pub destination: u16,
}

/// Why a packet could not be delivered, as an ICMP or ICMPv6 error says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IcmpError {
    /// No route.
    NetworkUnreachable,
    /// A route says so.
    HostUnreachable,
    /// A rule of the administrator says so.
    Prohibited,
    /// Nobody listens there.
    PortUnreachable,
    /// The time to live ended.
    TimeExceeded,
    /// Nobody speaks the protocol there; IPv4 only.
    ProtocolUnreachable,
    /// A rule forbids the network; IPv4 only.
    NetworkProhibited,
    /// A rule forbids the host; IPv4 only.
    HostProhibited,
    /// The destination is beyond the scope of the source; IPv6 only.
    BeyondScope,
}

impl IcmpError {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NetworkUnreachable,
        Self::HostUnreachable,
        Self::Prohibited,
        Self::PortUnreachable,
        Self::TimeExceeded,
        Self::ProtocolUnreachable,
        Self::NetworkProhibited,
        Self::HostProhibited,
        Self::BeyondScope,
    ];

    /// Type and code of its message in a family; `None` if the family has no such message. Source: RFC 792, 1122 and 1812,
    /// RFC 4443.
    pub fn type_and_code(self, ipv6: bool) -> Option<(u8, u8)> {
        Some(match (self, ipv6) {
            (Self::NetworkUnreachable, false) => (3, 0),
            (Self::HostUnreachable, false) => (3, 1),
            (Self::ProtocolUnreachable, false) => (3, 2),
            (Self::PortUnreachable, false) => (3, 3),
            (Self::NetworkProhibited, false) => (3, 9),
            (Self::HostProhibited, false) => (3, 10),
            (Self::Prohibited, false) => (3, 13),
            (Self::TimeExceeded, false) => (11, 0),
            (Self::NetworkUnreachable, true) => (1, 0),
            (Self::Prohibited, true) => (1, 1),
            (Self::BeyondScope, true) => (1, 2),
            (Self::HostUnreachable, true) => (1, 3),
            (Self::PortUnreachable, true) => (1, 4),
            (Self::TimeExceeded, true) => (3, 0),
            (Self::BeyondScope, false)
            | (Self::ProtocolUnreachable | Self::NetworkProhibited | Self::HostProhibited, true) => {
                return None;
            }
        })
    }

    /// Its name, as a user writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::NetworkUnreachable => "network-unreachable",
            Self::HostUnreachable => "host-unreachable",
            Self::Prohibited => "prohibited",
            Self::PortUnreachable => "port-unreachable",
            Self::TimeExceeded => "time-exceeded",
            Self::ProtocolUnreachable => "protocol-unreachable",
            Self::NetworkProhibited => "network-prohibited",
            Self::HostProhibited => "host-prohibited",
            Self::BeyondScope => "beyond-scope",
        }
    }
}

impl Packet {
    /// A packet of which nothing else is said.
    pub fn new(source: IpAddr, destination: IpAddr, ttl: u8, payload: Payload) -> Self {
        let data = if matches!(payload, Payload::Error { .. }) { 0 } else { USUAL_DATA };
        Self { source, destination, ttl, dscp: 0, data, payload }
    }

    /// Its length in bytes, with the IP header.
    pub fn length(&self) -> u16 {
        let ip: u16 = if self.is_ipv6() { 40 } else { 20 };
        let behind = match &self.payload {
            Payload::Tcp { mss, .. } => 20 + if mss.is_some() { 4 } else { 0 },
            Payload::Datagram { protocol: Protocol::DCCP | Protocol::SCTP, .. } => 12,
            Payload::Datagram { .. } | Payload::Echo { .. } => 8,
            Payload::Error { about, .. } => about.length().saturating_add(8),
            Payload::Other(_) => 0,
        };
        ip.saturating_add(behind).saturating_add(self.data)
    }

    /// Type and code of its ICMP message, if it is one.
    pub fn icmp(&self) -> Option<(u8, u8)> {
        match (&self.payload, self.is_ipv6()) {
            (Payload::Echo { reply: false, .. }, false) => Some((8, 0)),
            (Payload::Echo { reply: true, .. }, false) => Some((0, 0)),
            (Payload::Echo { reply: false, .. }, true) => Some((128, 0)),
            (Payload::Echo { reply: true, .. }, true) => Some((129, 0)),
            (Payload::Error { kind, .. }, ipv6) => kind.type_and_code(ipv6),
            (Payload::Tcp { .. } | Payload::Datagram { .. } | Payload::Other(_), _) => None,
        }
    }

    /// The protocol that the header names.
    pub fn protocol(&self) -> Protocol {
        match &self.payload {
            Payload::Tcp { .. } => Protocol::TCP,
            Payload::Datagram { protocol, .. } | Payload::Other(protocol) => *protocol,
            Payload::Echo { .. } | Payload::Error { .. } => icmp_of(self.destination),
        }
    }

    /// Its ports, if it has any.
    pub fn ports(&self) -> Option<PortPair> {
        match &self.payload {
            Payload::Tcp { ports, .. } | Payload::Datagram { ports, .. } => Some(*ports),
            Payload::Echo { .. } | Payload::Error { .. } | Payload::Other(_) => None,
        }
    }

    /// Says whether it is IPv6.
    pub fn is_ipv6(&self) -> bool {
        self.destination.is_ipv6()
    }

    /// What whoever gets the packet sends back, as far as that is sure: the answer of the other side of the connection.
    pub fn answer(&self) -> Option<Self> {
        /// What most systems start with.
        const FULL: u8 = 64;
        let payload = match &self.payload {
            Payload::Tcp { ports, flags, mss } => {
                Payload::Tcp { ports: ports.inverse(), flags: answer_flags(flags)?, mss: *mss }
            }
            Payload::Datagram { protocol, ports } => {
                Payload::Datagram { protocol: *protocol, ports: ports.inverse() }
            }
            Payload::Echo { reply: false, id } => Payload::Echo { reply: true, id: *id },
            Payload::Echo { reply: true, .. } | Payload::Error { .. } => return None,
            Payload::Other(protocol) => Payload::Other(*protocol),
        };
        Some(Self { dscp: self.dscp, ..Self::new(self.destination, self.source, FULL, payload) })
    }

    /// The port pair, to be changed by a translation.
    pub(super) fn ports_mut(&mut self) -> Option<&mut PortPair> {
        match &mut self.payload {
            Payload::Tcp { ports, .. } | Payload::Datagram { ports, .. } => Some(ports),
            Payload::Echo { .. } | Payload::Error { .. } | Payload::Other(_) => None,
        }
    }
}

impl PortPair {
    /// The ports of the other direction.
    #[must_use]
    pub fn inverse(self) -> Self {
        Self { source: self.destination, destination: self.source }
    }
}

/// The protocol of control messages in the family of an address.
pub(super) fn icmp_of(address: IpAddr) -> Protocol {
    if address.is_ipv4() { Protocol::ICMP } else { Protocol::ICMPV6 }
}

/// To a SYN a server says SYN and ACK, to data it says ACK; a reset is not answered.
fn answer_flags(flags: &BTreeSet<TcpFlag>) -> Option<BTreeSet<TcpFlag>> {
    if flags.contains(&TcpFlag::Rst) {
        return None;
    }
    let opens = flags.contains(&TcpFlag::Syn) && !flags.contains(&TcpFlag::Ack);
    Some(if opens { [TcpFlag::Syn, TcpFlag::Ack].into() } else { [TcpFlag::Ack].into() })
}
