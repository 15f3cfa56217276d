//! What a configuration means for the packets of the probe, by its trace.

use super::configuration::Configuration;
use super::wire::{Content, Frame, Place, is_private};
use crate::stages::text;
use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::ir::firewall::{Protocol, TcpFlag};
use rosc::ir::nexthop::Surroundings;
use rosc::ir::{InterfaceName, Router};
use rosc::lower::Classifiers;
use rosc::trace::{
    Arrival, Detailed, End, Hints, Packet, Payload, PortPair, Possible, Ranges, State, Tracer, answer_to,
};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};

/// A configuration, compiled.
pub(super) struct Compiled {
    pub(super) configuration: Configuration,
    router: Router,
}

impl Compiled {
    pub(super) fn new(configuration: Configuration) -> Self {
        let source = configuration.text();
        Self::of(configuration, &source)
    }

    /// What there is between two configurations.
    pub(super) fn on_the_way(from: &Self, to: &Self) -> Self {
        let text = to.configuration.text_on_the_way(&from.configuration);
        Self::of(to.configuration.clone(), &text)
    }

    fn of(configuration: Configuration, source: &str) -> Self {
        let sources = text(source);
        let compiled = compile(&sources, Options::default());
        assert!(!has_errors(&compiled.diagnostics), "{source}\n{:#?}", compiled.diagnostics);
        Self { configuration, router: compiled.router }
    }

    pub(super) fn meaning(&self) -> Meaning<'_> {
        let Self { configuration, router } = self;
        let mut interfaces = router.interfaces.keys();
        let lan = interfaces.find(|name| name.as_str() == "lan").expect("it has an address").clone();
        let tracer = Tracer::new(router, &Surroundings::default(), Detailed::Matched);
        Meaning { configuration, tracer, classifiers: Classifiers::of(router), lan }
    }
}

/// What it means.
pub(super) struct Meaning<'r> {
    pub(super) configuration: &'r Configuration,
    tracer: Tracer<'r>,
    classifiers: Classifiers,
    lan: InterfaceName,
}

/// By which uplink, to which neighbour and as whose a packet leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaving {
    pub(super) interface: String,
    gateway: Option<IpAddr>,
    pub(super) source: IpAddr,
    /// How many of all packets like this leave so, of a thousand.
    share: u32,
}

/// The ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ends {
    pub(super) source: SocketAddrV4,
    pub(super) destination: SocketAddrV4,
}

/// What a connection sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sends {
    Datagrams,
    Syn,
    Segments,
}

impl Ends {
    /// Those of a request as it is seen at the hosts.
    pub(super) fn of(frame: &Frame) -> Self {
        let (from, to) = frame.ports;
        Self {
            source: SocketAddrV4::new(frame.source, from),
            destination: SocketAddrV4::new(frame.destination, to),
        }
    }
}

impl Sends {
    pub(super) fn of(content: &Content) -> Self {
        match content {
            Content::Datagram(_) => Self::Datagrams,
            Content::Segment { .. } if content.opens() => Self::Syn,
            Content::Segment { .. } => Self::Segments,
        }
    }
}

impl<'r> Meaning<'r> {
    fn ways(&self, state: &State, arrival: &Arrival) -> Vec<Possible<'r>> {
        let classify = self.classifiers.classify();
        self.tracer.ways(state, arrival, Hints { classify: &classify, ranges: Ranges::First })
    }

    fn arrival(&self, ends: Ends, sends: Sends) -> Arrival {
        let ports = PortPair { source: ends.source.port(), destination: ends.destination.port() };
        let segment = |flags: BTreeSet<TcpFlag>, mss| Payload::Tcp { ports, flags, mss };
        let payload = match sends {
            Sends::Datagrams => Payload::Datagram { protocol: Protocol::UDP, ports },
            Sends::Syn => segment([TcpFlag::Syn].into(), Some(1460)),
            Sends::Segments => segment([TcpFlag::Ack].into(), None),
        };
        let packet = Packet::new((*ends.source.ip()).into(), (*ends.destination.ip()).into(), 64, payload);
        Arrival { interface: Some(self.lan.clone()), packet }
    }

    /// The ways by which a packet leaves; `None` if it may get no further.
    pub(super) fn leaving(&self, state: &State, ends: Ends, sends: Sends) -> Option<Vec<Leaving>> {
        let ways = self.ways(state, &self.arrival(ends, sends));
        ways.iter().map(leaving).collect()
    }

    /// Whether the first packet of a connection may leave so.
    pub(super) fn may_leave(&self, ends: Ends, sends: Sends, place: Place, source: IpAddr) -> bool {
        self.bind(ends, sends, place, source).is_some()
    }

    /// Begins a connection whose first packet was seen at a provider, and answered. `None` if this is not what the
    /// configuration makes of it.
    pub(super) fn bind(&self, ends: Ends, sends: Sends, place: Place, source: IpAddr) -> Option<State> {
        let mut state = State::default();
        let ways = self.ways(&state, &self.arrival(ends, sends));
        // Which of its addresses in one network the kernel masquerades by depends on which was there first.
        let is_one_of_its = |expected: IpAddr| match (expected, source) {
            (IpAddr::V4(expected), IpAddr::V4(seen)) => {
                expected.octets()[..3] == seen.octets()[..3] && self.configuration.has_address(seen)
            }
            _ => false,
        };
        let is_seen = |way: &&Possible<'_>| {
            leaving(way).is_some_and(|left| {
                let is_same = left.source == source || is_one_of_its(left.source);
                left.interface == interface(place) && is_same
            })
        };
        let way = ways.iter().find(is_seen)?;
        state.keep(&way.effect);
        let answer = answer_to(&way.trace.end)?;
        self.follow(&mut state, &answer);
        if sends == Sends::Syn {
            self.follow(&mut state, &self.arrival(ends, Sends::Segments));
        }
        Some(state)
    }

    /// Takes in what the next packet of a connection leaves behind.
    pub(super) fn go_on(&self, state: &mut State, ends: Ends, sends: Sends) {
        self.follow(state, &self.arrival(ends, sends));
    }

    fn follow(&self, state: &mut State, arrival: &Arrival) {
        let ways = self.ways(state, arrival);
        state.keep(&ways[0].effect);
    }
}

/// The configuration before a change, the one after it, and what there is on the way.
#[derive(Clone, Copy)]
pub(super) struct Versions<'v, 'r> {
    pub(super) old: &'v Meaning<'r>,
    pub(super) new: &'v Meaning<'r>,
    pub(super) on_the_way: &'v Meaning<'r>,
}

impl<'v, 'r> Versions<'v, 'r> {
    /// The two that anybody has written.
    pub(super) fn both(&self) -> [&'v Meaning<'r>; 2] {
        [self.old, self.new]
    }

    fn all(&self) -> [&'v Meaning<'r>; 3] {
        [self.old, self.new, self.on_the_way]
    }

    /// Whether a new connection is forwarded by all.
    pub(super) fn forward(&self, ends: Ends, sends: Sends) -> bool {
        self.all().iter().all(|version| version.leaving(&State::default(), ends, sends).is_some())
    }

    /// Whether a connection is left as it is by all. `source` is whose it seems to be: the kernel ends masqueraded
    /// connections with the address that they are translated to.
    pub(super) fn leave_alone(&self, state: &State, ends: Ends, sends: Sends, source: Ipv4Addr) -> bool {
        let sends = if sends == Sends::Syn { Sends::Segments } else { sends };
        let [old, new, on_the_way] = self.all().map(|version| version.leaving(state, ends, sends));
        old.is_some() && old == new && new == on_the_way && (is_private(source) || self.have_address(source))
    }

    /// Whether both have an address.
    pub(super) fn have_address(&self, address: Ipv4Addr) -> bool {
        self.both().iter().all(|version| version.configuration.has_address(address))
    }
}

/// The device of an uplink.
pub(super) fn interface(place: Place) -> String {
    match place {
        Place::Lan => "lan".to_owned(),
        Place::Provider(uplink) => format!("wan{}", uplink + 1),
    }
}

fn leaving(way: &Possible<'_>) -> Option<Leaving> {
    let End::Leaves { interface, gateway, packet } = &way.trace.end else { return None };
    let share = (way.share * 1000.0) as u32;
    Some(Leaving { interface: interface.to_string(), gateway: *gateway, source: packet.source, share })
}
