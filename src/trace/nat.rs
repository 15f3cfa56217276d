//! Network address translation.
//!
//! The rules are asked once for each connection and side; what they decide is kept with the connection and done to all of
//! its packets, backwards in the other direction. Source: "NAT".

use super::chains::Then;
use super::chance::Side;
use super::conntrack::{Connection, Detail, Direction, Membership, Tuple};
use super::local::sources_for;
use super::packet::{Packet, Payload};
use super::step::{End, Hook, Outcome, Reason, Step};
use super::walk::{Ended, Walk};
use crate::ir::firewall::{Hook as _, IpRange, NatAction, NatHook, NatTarget, PortChoice, PortRange};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

/// What a rule asks for.
#[derive(Debug, Clone, Default)]
struct Wanted {
    address: Option<IpAddr>,
    ports: Option<Ports>,
}

/// Ports of which one is chosen.
#[derive(Debug, Clone)]
struct Ports {
    /// The range; any that is like the packet's own where none is given.
    range: Option<RangeInclusive<u16>>,
    choice: PortChoice,
}

impl Ports {
    fn holds(&self, port: u16) -> bool {
        self.range.as_ref().is_none_or(|range| range.contains(&port))
    }
}

impl<'r> Walk<'_, 'r> {
    /// Translates a packet at a hook.
    pub(super) fn nat(&mut self, hook: NatHook) -> Ended<'r> {
        let side = if hook.translates_source() { Side::Source } else { Side::Destination };
        let begins = match &self.tracked.connection {
            // What belongs to no connection is not translated.
            None => return Ok(()),
            // Of an error about a first packet no rule is asked; the reset that answers one comes behind its `dstnat`.
            Some(member) => {
                let is_error = matches!(self.packet.payload, Payload::Error { .. });
                let asks = member.begins() || (hook == NatHook::Srcnat && !is_error);
                member.place.is_none() && !self.is_confirmed && asks
            }
        };
        if begins {
            let wanted = self.ask(hook)?;
            self.bind(side, wanted);
        }
        let Some(member) = &self.tracked.connection else { return Ok(()) };
        if let Some(place) = member.place.filter(|_| hook == NatHook::Srcnat && self.has_moved(member)) {
            self.tracked.gone = Some(place);
            return Err(End::Dropped(Reason::Masqueraded));
        }
        let before = self.packet.clone();
        translate(&mut self.packet, member, side);
        if self.packet != before {
            let at = Hook { menu: "nat", chain: hook.name() };
            self.steps.push(Step::Translated(at, Box::new(self.packet.clone())));
        }
        Ok(())
    }

    /// Does both translations of a packet whose connection has them already.
    pub(super) fn translate_whole(&mut self) {
        let Some(member) = &self.tracked.connection else { return };
        let before = self.packet.clone();
        translate(&mut self.packet, member, Side::Destination);
        translate(&mut self.packet, member, Side::Source);
        if self.packet != before {
            let at = Hook { menu: "nat", chain: "short cut" };
            self.steps.push(Step::Translated(at, Box::new(self.packet.clone())));
        }
    }

    /// Whether a packet of a masqueraded connection is about to leave by another interface than the first one did. Errors
    /// about such packets are let through. Source: RouterOS is Linux here, `nf_nat_oif_changed`.
    fn has_moved(&self, member: &Membership) -> bool {
        let behind = member.connection.masqueraded.as_ref();
        member.direction == Direction::Original
            && !matches!(self.packet.payload, Payload::Error { .. })
            && behind.is_some_and(|interface| self.out_interface.as_ref() != Some(interface))
    }

    /// Asks the rules of a hook what to do with the connection.
    fn ask(&mut self, hook: NatHook) -> Result<Option<Wanted>, End<'r>> {
        let mut decided: Option<&'r NatAction> = None;
        let chains = &self.tracer.family(&self.packet).nat;
        self.lead_through(chains, "nat", hook, Outcome::Nat, |_, action, _| {
            decided = Some(action);
            Ok(Then::End)
        })?;
        decided.map_or(Ok(None), |action| self.wanted(action, hook))
    }

    fn wanted(&mut self, action: &NatAction, hook: NatHook) -> Result<Option<Wanted>, End<'r>> {
        let side = if hook.translates_source() { Side::Source } else { Side::Destination };
        let address = |address: Option<IpAddr>, ports| match address {
            Some(address) => Ok(Some(Wanted { address: Some(address), ports })),
            None => Err(End::Dropped(Reason::NoAddress)),
        };
        match action {
            NatAction::Masquerade { to_ports, choice } => {
                let neighbour = self.gateway.unwrap_or(self.packet.destination);
                let interface = self.out_interface.as_ref();
                let own = sources_for(self.tracer.router, interface, neighbour, self.packet.destination);
                let own = self.one_source(&own);
                if let Some(member) = &mut self.tracked.connection {
                    member.connection.masqueraded.clone_from(&self.out_interface);
                }
                address(own, chosen(*to_ports, *choice))
            }
            NatAction::Redirect { to_ports, choice } => {
                let own = match self.in_interface {
                    Some(_) => {
                        let (source, interface) = (self.packet.source, self.in_interface.as_ref());
                        let own = sources_for(self.tracer.router, interface, source, source);
                        self.one_source(&own)
                    }
                    None if self.packet.is_ipv6() => Some(Ipv6Addr::LOCALHOST.into()),
                    None => Some(Ipv4Addr::LOCALHOST.into()),
                };
                address(own, chosen(*to_ports, *choice))
            }
            NatAction::SrcNat(target, choice) | NatAction::DstNat(target, choice) => Ok(Some(match target {
                NatTarget::Addresses(range) => {
                    Wanted { address: Some(self.one_of(side, range)), ports: chosen(None, *choice) }
                }
                NatTarget::Ports(ports) => Wanted { address: None, ports: chosen(Some(*ports), *choice) },
                NatTarget::AddressesAndPorts(range, ports) => {
                    let address = Some(self.one_of(side, range));
                    Wanted { address, ports: chosen(Some(*ports), *choice) }
                }
            })),
            NatAction::Same { to, .. } => address(Some(self.one_of(side, to)), None),
            NatAction::Netmap(prefix) => {
                let found = match side {
                    Side::Source => self.packet.source,
                    Side::Destination => self.packet.destination,
                };
                address(in_prefix(prefix, found), None)
            }
        }
    }

    fn one_of(&mut self, side: Side, range: &IpRange) -> IpAddr {
        let first = range.first();
        if first == range.last() {
            return first;
        }
        let chosen = self.chance.address(side, range);
        if range.contains(chosen) { chosen } else { first }
    }

    /// Writes into the connection what its packets become. Ports stay as they are where they may, and where no other
    /// connection would look the same.
    fn bind(&mut self, side: Side, wanted: Option<Wanted>) {
        let Some(member) = &self.tracked.connection else { return };
        let mut bound = member.connection.translated(Direction::Original);
        let wanted = wanted.unwrap_or_default();
        if let Some(same) = self.bound_before(&bound, side, &wanted) {
            if let Some(member) = &mut self.tracked.connection {
                member.connection.reply = same.inverse();
            }
            return;
        }
        if let Some(address) = wanted.address {
            match side {
                Side::Source => bound.source = address,
                Side::Destination => bound.destination = address,
            }
        }
        let port = match side {
            Side::Source => bound.source_port(),
            Side::Destination => bound.destination_port(),
        };
        if let Some(port) = port {
            let is_random = wanted.ports.as_ref().is_some_and(|ports| ports.choice == PortChoice::Random);
            let fits = !is_random && wanted.ports.as_ref().is_none_or(|ports| ports.holds(port));
            let range = wanted.ports.and_then(|ports| ports.range);
            // A destination's own port is not changed to keep connections apart.
            let must_be_alone =
                side == Side::Source || range.as_ref().is_some_and(|range| range.start() != range.end());
            let (taken, gone) = (&self.state.conntrack, self.tracked.gone);
            let is_alone = |port: &u16| !taken.is_taken(&bound.with_port(side, *port).inverse(), gone);
            if !fits || (must_be_alone && !is_alone(&port)) {
                let range = range.unwrap_or_else(|| match bound.detail {
                    Detail::Echo { .. } => 0..=u16::MAX,
                    Detail::Ports(_) | Detail::None => ports_like(port),
                });
                let chosen = self.chance.port(side, &range);
                let chosen = if range.contains(&chosen) { chosen } else { *range.start() };
                let mut all = (chosen..=*range.end()).chain(*range.start()..chosen);
                bound = bound.with_port(side, all.find(is_alone).unwrap_or(chosen));
            }
        }
        if let Some(member) = &mut self.tracked.connection {
            member.connection.reply = bound.inverse();
        }
    }
}

impl Walk<'_, '_> {
    /// What a source that is translated already becomes for this connection too, if that is what is wanted of it and
    /// tells the connections apart: whoever speaks from one port to several is one to all of them. Source: RouterOS is
    /// Linux here, `get_unique_tuple`; the documentation leaves it open.
    fn bound_before(&self, bound: &Tuple, side: Side, wanted: &Wanted) -> Option<Tuple> {
        let address = wanted.address.unwrap_or(bound.source);
        let fits = |source: &Tuple| {
            let port = source.source_port();
            let holds = |ports: &Ports| port.is_none_or(|port| ports.holds(port));
            source.source == address && wanted.ports.as_ref().is_none_or(holds)
        };
        let is_random = wanted.ports.as_ref().is_some_and(|ports| ports.choice == PortChoice::Random);
        if side == Side::Destination || is_random || fits(bound) {
            return None;
        }
        let taken = &self.state.conntrack;
        // The one that began last is asked first.
        let mut translated = taken.of_source(bound).map(|other| other.translated(Direction::Original));
        let same = translated.find(fits)?;
        let mut rebound = Tuple { source: same.source, ..*bound };
        if let Some(port) = same.source_port() {
            rebound = rebound.with_port(Side::Source, port);
        }
        (!taken.is_taken(&rebound.inverse(), self.tracked.gone)).then_some(rebound)
    }
}

impl Tuple {
    #[must_use]
    fn with_port(mut self, side: Side, port: u16) -> Self {
        match (&mut self.detail, side) {
            (Detail::Ports(ports), Side::Source) => ports.source = port,
            (Detail::Ports(ports), Side::Destination) => ports.destination = port,
            (Detail::Echo { id, .. }, Side::Source) => *id = port,
            (Detail::Echo { .. }, Side::Destination) | (Detail::None, _) => {}
        }
        self
    }
}

/// What `to-ports` and `randomise-ports` ask for; `None` if neither does.
fn chosen(range: Option<PortRange>, choice: PortChoice) -> Option<Ports> {
    let range = range.map(|range| range.first()..=range.last());
    (range.is_some() || choice == PortChoice::Random).then_some(Ports { range, choice })
}

/// The ports of which one takes the place of another: reserved ones stay reserved.
fn ports_like(port: u16) -> RangeInclusive<u16> {
    match port {
        0..512 => 1..=511,
        512..1024 => 600..=1023,
        1024.. => 1024..=u16::MAX,
    }
}

/// Does to a packet what its connection says, on one side.
fn translate(packet: &mut Packet, member: &Membership, side: Side) {
    let Membership { connection, direction, .. } = member;
    let translated = connection.translated(*direction);
    if let Payload::Error { about, .. } = &mut packet.payload {
        if !is_translated(connection, *direction, side) {
            return;
        }
        // The quoted packet went the other way.
        let quoted = translated.inverse();
        match side {
            Side::Destination => {
                packet.destination = translated.destination;
                about.source = quoted.source;
                set_port(about, Side::Source, quoted.source_port());
            }
            Side::Source => {
                packet.source = translated.source;
                about.destination = quoted.destination;
                set_port(about, Side::Destination, quoted.destination_port());
            }
        }
        return;
    }
    match side {
        Side::Destination => {
            packet.destination = translated.destination;
            set_port(packet, side, translated.destination_port());
        }
        Side::Source => {
            packet.source = translated.source;
            set_port(packet, side, translated.source_port());
        }
    }
}

/// Whether packets of a direction are changed on a side.
fn is_translated(connection: &Connection, direction: Direction, side: Side) -> bool {
    match (direction, side) {
        (Direction::Original, Side::Source) | (Direction::Reply, Side::Destination) => {
            connection.has_source_nat()
        }
        (Direction::Original, Side::Destination) | (Direction::Reply, Side::Source) => {
            connection.has_destination_nat()
        }
    }
}

fn set_port(packet: &mut Packet, side: Side, port: Option<u16>) {
    let Some(port) = port else { return };
    match (&mut packet.payload, side) {
        (Payload::Tcp { ports, .. } | Payload::Datagram { ports, .. }, Side::Source) => ports.source = port,
        (Payload::Tcp { ports, .. } | Payload::Datagram { ports, .. }, Side::Destination) => {
            ports.destination = port;
        }
        (Payload::Echo { id, .. }, _) => *id = port,
        (Payload::Error { .. } | Payload::Other(_), _) => {}
    }
}

/// The address of a prefix with the host part of another.
fn in_prefix(prefix: &IpNet, host: IpAddr) -> Option<IpAddr> {
    Some(match (prefix, host) {
        (IpNet::V4(prefix), IpAddr::V4(host)) => {
            let mask = prefix.netmask().to_bits();
            Ipv4Addr::from_bits(prefix.network().to_bits() | (host.to_bits() & !mask)).into()
        }
        (IpNet::V6(prefix), IpAddr::V6(host)) => {
            let mask = prefix.netmask().to_bits();
            Ipv6Addr::from_bits(prefix.network().to_bits() | (host.to_bits() & !mask)).into()
        }
        (IpNet::V4(_), IpAddr::V6(_)) | (IpNet::V6(_), IpAddr::V4(_)) => return None,
    })
}
