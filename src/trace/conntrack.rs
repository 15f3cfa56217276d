//! Connections, as connection tracking knows them.
//!
//! A connection is known by two tuples: what its first packet looked like when it came, and what answers to it look like
//! when they come. Where nothing is translated the one is the other turned round; a translation is nothing but a
//! difference between the two.

use super::handshake::Handshake;
use super::packet::{Packet, Payload, PortPair};
use super::short_cut::ShortCut;
use crate::ir::firewall::{ConnectionState, Protocol, TcpFlag};
use crate::ir::{ConnectionMark, InterfaceName};
use std::collections::HashMap;
use std::net::IpAddr;

/// What tells the packets of a connection's direction from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tuple {
    /// The source address.
    pub source: IpAddr,
    /// The destination address.
    pub destination: IpAddr,
    /// The protocol.
    pub protocol: Protocol,
    /// What the protocol adds.
    pub detail: Detail,
}

/// What a protocol adds to the addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Source and destination port.
    Ports(PortPair),
    /// The identifier of an echo, and whether it is the answer.
    Echo {
        /// The identifier.
        id: u16,
        /// Whether it is the answer.
        reply: bool,
    },
    /// Nothing.
    None,
}

/// A direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// As the first packet went.
    Original,
    /// As the answers go.
    Reply,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The first packet as it came.
    pub original: Tuple,
    /// Answers as they come.
    pub reply: Tuple,
    /// Its mark.
    pub mark: Option<ConnectionMark>,
    /// Whether an answer was seen.
    pub answered: bool,
    /// How far it has come, if it is one of TCP.
    pub handshake: Option<Handshake>,
    /// The interface behind which its first packet was masqueraded.
    pub masqueraded: Option<InterfaceName>,
    /// The short cut that it takes.
    pub short_cut: Option<ShortCut>,
}

/// What connection tracking says of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tracked {
    pub(super) state: ConnectionState,
    /// The connection, if the packet has one.
    pub(super) connection: Option<Membership>,
    /// The place of a connection that ends with this packet.
    pub(super) gone: Option<usize>,
}

impl Tracked {
    /// A packet of no connection, which begins none either.
    const INVALID: Self = Self { state: ConnectionState::Invalid, connection: None, gone: None };
    /// The error or reset that answers a packet of a connection.
    pub(super) fn attached(member: &Membership) -> Self {
        Self { state: ConnectionState::Related, connection: Some(member.clone()), gone: None }
    }

    /// A packet that is to be of no connection.
    pub(super) const UNTRACKED: Self = Self::NOT_YET;
    /// A packet that was not looked at yet.
    pub(super) const NOT_YET: Self = Self { state: ConnectionState::Untracked, connection: None, gone: None };
}

/// A packet's part in a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Membership {
    /// Its place in the table; `None` for one that begins with this packet.
    pub(super) place: Option<usize>,
    pub(super) connection: Connection,
    pub(super) direction: Direction,
}

/// The table of connections.
#[derive(Debug, Clone, Default)]
pub struct Conntrack {
    /// In the order in which they began; `None` for one that is gone.
    connections: Vec<Option<Connection>>,
    places: HashMap<Tuple, (usize, Direction)>,
    /// The places by whose first packet came from where: the address, and the port or identifier.
    by_source: HashMap<(Protocol, IpAddr, Option<u16>), Vec<usize>>,
}

impl Tuple {
    /// The tuple of a packet. `None` for what begins no connection and belongs to none by itself: control messages other
    /// than echoes.
    pub fn of(packet: &Packet) -> Option<Self> {
        let detail = match &packet.payload {
            Payload::Tcp { ports, .. } | Payload::Datagram { ports, .. } => Detail::Ports(*ports),
            Payload::Echo { reply, id } => Detail::Echo { id: *id, reply: *reply },
            Payload::Error { .. } => return None,
            Payload::Other(protocol) if matches!(*protocol, Protocol::ICMP | Protocol::ICMPV6) => {
                return None;
            }
            Payload::Other(_) => Detail::None,
        };
        let Packet { source, destination, .. } = *packet;
        Some(Self { source, destination, protocol: packet.protocol(), detail })
    }

    /// The tuple of answers.
    #[must_use]
    pub fn inverse(self) -> Self {
        let detail = match self.detail {
            Detail::Ports(ports) => Detail::Ports(ports.inverse()),
            Detail::Echo { id, reply } => Detail::Echo { id, reply: !reply },
            Detail::None => Detail::None,
        };
        Self { source: self.destination, destination: self.source, detail, ..self }
    }

    /// What packets of one sender have in common.
    fn sender(&self) -> (Protocol, IpAddr, Option<u16>) {
        (self.protocol, self.source, self.source_port())
    }

    fn has_same_source(&self, other: &Self) -> bool {
        self.source == other.source && self.source_port() == other.source_port()
    }

    fn has_same_destination(&self, other: &Self) -> bool {
        self.destination == other.destination && self.destination_port() == other.destination_port()
    }

    /// What tells connections of one source apart: the source port, or the identifier of an echo.
    pub(super) fn source_port(&self) -> Option<u16> {
        match self.detail {
            Detail::Ports(ports) => Some(ports.source),
            Detail::Echo { id, .. } => Some(id),
            Detail::None => None,
        }
    }

    pub(super) fn destination_port(&self) -> Option<u16> {
        match self.detail {
            Detail::Ports(ports) => Some(ports.destination),
            Detail::Echo { .. } | Detail::None => None,
        }
    }
}

impl Membership {
    /// Whether the connection begins with this packet. It does not with the error or reset that answers its first one.
    pub(super) fn begins(&self) -> bool {
        self.place.is_none() && self.direction == Direction::Original
    }

    /// Whether packets of its direction get another destination. Where that is so the router looks for the way of its own
    /// once more, of errors about the connection too. Source: RouterOS is Linux here, `nf_nat_ipv4_local_fn`.
    pub(super) fn is_readdressed(&self) -> bool {
        let Connection { original, reply, .. } = &self.connection;
        let (there, back) = match self.direction {
            Direction::Original => (original, reply),
            Direction::Reply => (reply, original),
        };
        there.destination != back.source
    }

    /// The part of the error or reset that answers the packet.
    pub(super) fn of_answer(&self) -> Self {
        let direction = match self.direction {
            Direction::Original => Direction::Reply,
            Direction::Reply => Direction::Original,
        };
        Self { direction, ..self.clone() }
    }
}

impl Connection {
    fn begun_by(tuple: Tuple, handshake: Option<Handshake>) -> Self {
        let reply = tuple.inverse();
        Self {
            original: tuple,
            reply,
            mark: None,
            answered: false,
            handshake,
            masqueraded: None,
            short_cut: None,
        }
    }

    /// What packets of a direction look like when all translations are done.
    pub(super) fn translated(&self, direction: Direction) -> Tuple {
        match direction {
            Direction::Original => self.reply.inverse(),
            Direction::Reply => self.original.inverse(),
        }
    }

    /// Whether it carries data, as far as its protocol has a beginning and an end.
    pub(super) fn is_open(&self) -> bool {
        self.handshake.is_none_or(Handshake::is_established)
    }

    /// Says whether the source of its first packet is translated.
    pub fn has_source_nat(&self) -> bool {
        !self.reply.inverse().has_same_source(&self.original)
    }

    /// Says whether the destination of its first packet is translated.
    pub fn has_destination_nat(&self) -> bool {
        !self.reply.inverse().has_same_destination(&self.original)
    }
}

impl Conntrack {
    /// The connections in the order in which they began.
    pub fn connections(&self) -> impl DoubleEndedIterator<Item = &Connection> {
        self.connections.iter().flatten()
    }

    /// Adds a connection, unless its packets belong to one already.
    pub fn add(&mut self, connection: Connection) {
        if self.is_taken(&connection.original, None) {
            return;
        }
        let place = self.connections.len();
        self.places.insert(connection.original, (place, Direction::Original));
        if connection.original == connection.reply || !self.is_taken(&connection.reply, None) {
            // Who speaks to itself from one port to the same is taken for the one that answers.
            self.places.insert(connection.reply, (place, Direction::Reply));
        }
        self.by_source.entry(connection.original.sender()).or_default().push(place);
        self.connections.push(Some(connection));
    }

    /// The connections that the sender of some packets began, the last one first.
    pub(super) fn of_source(&self, tuple: &Tuple) -> impl Iterator<Item = &Connection> {
        let places = self.by_source.get(&tuple.sender()).into_iter().flatten().rev();
        places.filter_map(|place| self.connections[*place].as_ref())
    }

    /// Forgets a connection.
    pub(super) fn remove(&mut self, place: usize) {
        if let Some(Connection { original, reply, .. }) = self.connections[place].take() {
            if let Some(places) = self.by_source.get_mut(&original.sender()) {
                places.retain(|other| *other != place);
            }
            for tuple in [original, reply] {
                if self.places.get(&tuple).is_some_and(|(of, _)| *of == place) {
                    self.places.remove(&tuple);
                }
            }
        }
    }

    /// Takes a packet in. `is_loose` says whether one from the middle of a TCP connection begins to be tracked.
    pub(super) fn track(&self, packet: &Packet, is_loose: bool) -> Tracked {
        if let Payload::Error { about, .. } = &packet.payload {
            return self.track_error(about);
        }
        let Some(tuple) = Tuple::of(packet) else {
            return Tracked::INVALID;
        };
        if let Some((place, direction, connection)) = self.find(&tuple) {
            let connection = connection.clone();
            return self.track_known(packet, tuple, (place, direction, connection), is_loose);
        }
        Self::track_new(packet, tuple, is_loose)
    }

    /// A packet's part in the connection that it belongs to by what it looks like.
    pub(super) fn member(&self, packet: &Packet) -> Option<Membership> {
        let (place, direction, connection) = self.find(&Tuple::of(packet)?)?;
        Some(Membership { place: Some(place), connection: connection.clone(), direction })
    }

    fn find(&self, tuple: &Tuple) -> Option<(usize, Direction, &Connection)> {
        let &(place, direction) = self.places.get(tuple)?;
        Some((place, direction, self.connections[place].as_ref()?))
    }

    fn track_known(
        &self,
        packet: &Packet,
        tuple: Tuple,
        (place, direction, mut connection): (usize, Direction, Connection),
        is_loose: bool,
    ) -> Tracked {
        let mut gone = None;
        if let (Payload::Tcp { flags, .. }, Some(handshake)) = (&packet.payload, connection.handshake) {
            if handshake.is_begun_anew(direction, flags) {
                return Tracked { gone: Some(place), ..Self::track_new(packet, tuple, is_loose) };
            }
            let Some(after) = handshake.after(direction, flags) else { return Tracked::INVALID };
            connection.handshake = Some(after);
            // Of what was reset before anything was answered, nothing is kept.
            gone = (flags.contains(&TcpFlag::Rst) && !connection.answered).then_some(place);
        }
        connection.answered |= direction == Direction::Reply;
        let state = if connection.answered { ConnectionState::Established } else { ConnectionState::New };
        let membership = Membership { place: Some(place), connection, direction };
        Tracked { state, connection: Some(membership), gone }
    }

    fn track_new(packet: &Packet, tuple: Tuple, is_loose: bool) -> Tracked {
        let (begins, handshake) = match &packet.payload {
            Payload::Tcp { flags, .. } => {
                let handshake = Handshake::begun_by(flags, is_loose);
                (handshake.is_some(), handshake)
            }
            Payload::Echo { reply, .. } => (!reply, None),
            Payload::Datagram { .. } | Payload::Other(_) => (true, None),
            Payload::Error { .. } => (false, None),
        };
        if !begins {
            return Tracked::INVALID;
        }
        let connection = Connection::begun_by(tuple, handshake);
        let direction = Direction::Original;
        let membership = Membership { place: None, connection, direction };
        Tracked { state: ConnectionState::New, connection: Some(membership), gone: None }
    }

    /// An error belongs to the connection of the packet that it quotes, and goes against it.
    fn track_error(&self, about: &Packet) -> Tracked {
        // The quoted packet is seen as it left; an answer to it would come as the inverse.
        let found = Tuple::of(about).and_then(|tuple| self.find(&tuple.inverse()));
        match found {
            Some((place, direction, connection)) => {
                let connection = connection.clone();
                let membership = Membership { place: Some(place), connection, direction };
                Tracked { state: ConnectionState::Related, connection: Some(membership), gone: None }
            }
            None => Tracked::INVALID,
        }
    }

    /// Says whether packets that look like this belong to some connection that is not gone.
    pub(super) fn is_taken(&self, tuple: &Tuple, gone: Option<usize>) -> bool {
        self.places.get(tuple).is_some_and(|(place, _)| Some(*place) != gone)
    }

    /// Whether a connection can be kept: a new one only if its answers can be told from those of others.
    pub(super) fn has_room_for(&self, membership: &Membership, gone: Option<usize>) -> bool {
        let Membership { connection, .. } = membership;
        let is_free = |tuple| !self.is_taken(tuple, gone);
        !membership.begins() || (is_free(&connection.original) && is_free(&connection.reply))
    }

    /// Whether a connection is kept just as it is here.
    pub(super) fn knows(&self, membership: &Membership) -> bool {
        let kept = membership.place.and_then(|place| self.connections[place].as_ref());
        kept == Some(&membership.connection)
    }

    /// Keeps what a packet made of its connection.
    pub(super) fn keep(&mut self, membership: &Membership) {
        let connection = membership.connection.clone();
        match membership.place {
            // One that is gone stays so.
            Some(place) => {
                if let Some(kept) = self.connections.get_mut(place).and_then(Option::as_mut) {
                    *kept = connection;
                }
            }
            None => self.add(connection),
        }
    }
}
