//! How many packets of many go where.

use super::numbers::Numbers;
use super::packet::{Packet, PortPair};
use super::{Arrival, Classify, End, Hints, Ranges, State, Tracer};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What packets to draw: like one of them, but from anywhere in a prefix to anywhere in another.
#[derive(Debug, Clone)]
pub struct Population {
    /// What they have in common.
    pub like: Arrival,
    /// Where they come from.
    pub sources: IpNet,
    /// Where they go.
    pub destinations: IpNet,
}

/// Where packets end, as far as shares are told apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// They leave by an interface to a neighbour.
    Leaves(String, Option<IpAddr>),
    /// The router gets them.
    Delivered,
    /// They get no further.
    Stopped,
}

/// The shares of the places where new packets end, each of a connection of its own; together they are 1. The same
/// numbers are drawn every time.
pub fn shares(
    tracer: &Tracer<'_>,
    population: &Population,
    count: u32,
    classify: &Classify<'_>,
) -> BTreeMap<Place, f64> {
    let mut numbers = Numbers::new(0);
    let mut shares = BTreeMap::new();
    let state = State::default();
    for _ in 0..count {
        let arrival = draw(population, &mut numbers);
        for way in tracer.ways(&state, &arrival, Hints { classify, ranges: Ranges::First }) {
            *shares.entry(place(&way.trace.end)).or_insert(0.0) += way.share / f64::from(count);
        }
    }
    shares
}

fn place(end: &End<'_>) -> Place {
    match end {
        End::Leaves { interface, gateway, .. } => Place::Leaves(interface.to_string(), *gateway),
        End::Delivered(_) => Place::Delivered,
        End::Dropped(_) | End::Refused(..) | End::Reset(_) => Place::Stopped,
    }
}

fn draw(population: &Population, numbers: &mut Numbers) -> Arrival {
    let mut packet: Packet = population.like.packet.clone();
    packet.source = within(&population.sources, numbers);
    packet.destination = within(&population.destinations, numbers);
    if let Some(ports) = packet.ports_mut() {
        let port = 1024 + numbers.draw() % (65_536 - 1024);
        *ports = PortPair { source: u16::try_from(port).expect("below 65,536"), ..*ports };
    }
    Arrival { interface: population.like.interface.clone(), packet }
}

/// An address of a prefix. Of a network with hosts it is none of the two that stand for the network.
fn within(prefix: &IpNet, numbers: &mut Numbers) -> IpAddr {
    let random = (u128::from(numbers.draw()) << 64) | u128::from(numbers.draw());
    match prefix {
        IpNet::V4(prefix) => {
            let size = 1_u64 << (32 - prefix.prefix_len());
            let number = u32::try_from(random % u128::from(size)).expect("no more than the prefix has");
            let hosts = size > 2;
            let number =
                if hosts { number.clamp(1, u32::try_from(size - 2).unwrap_or(u32::MAX)) } else { number };
            Ipv4Addr::from_bits(prefix.network().to_bits() | number).into()
        }
        IpNet::V6(prefix) => {
            let mask = prefix.hostmask().to_bits();
            Ipv6Addr::from_bits(prefix.network().to_bits() | (random & mask)).into()
        }
    }
}
