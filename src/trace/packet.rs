//! Packets, as far as a router looks into them.

use crate::ir::firewall::{Protocol, TcpFlag};
use serde::Serialize;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A packet at some point of its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Packet {
    /// The source address; for a packet of the router's own that has none yet, the unspecified one.
    pub source: IpAddr,
    /// The destination address, of the same family.
    pub destination: IpAddr,
    /// Time to live, or hop limit.
    pub ttl: u8,
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
}

impl IcmpError {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::NetworkUnreachable,
        Self::HostUnreachable,
        Self::Prohibited,
        Self::PortUnreachable,
        Self::TimeExceeded,
    ];

    /// Its name, as a user writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::NetworkUnreachable => "network-unreachable",
            Self::HostUnreachable => "host-unreachable",
            Self::Prohibited => "prohibited",
            Self::PortUnreachable => "port-unreachable",
            Self::TimeExceeded => "time-exceeded",
        }
    }
}

impl Packet {
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
        Some(Self { source: self.destination, destination: self.source, ttl: FULL, payload })
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
