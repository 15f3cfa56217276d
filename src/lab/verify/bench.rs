//! A router whose every wire is in our hands.

use super::connections;
use super::frame::{Numbered, decode, encode, number_in};
use super::neighbours::{Frame, Neighbours};
use super::own;
use super::settings;
use crate::host::Host;
use crate::ir::firewall::Protocol;
use crate::ir::{InterfaceKind, InterfaceName, Router, SpanningTree};
use crate::lab::state_dir::StateDir;
use crate::lab::{LabError, carrier, lowered, short_cuts};
use crate::lower::{Desired, Rules, needs_of};
use crate::trace::{Arrival, Packet, Payload, ShortCuts, Tuple};
use crate::transaction::{self, Machine, Options};
use rosc_route::topology::{Tap, Topology};
use rosc_route::{DeviceName, LinkKind};
use rosc_target::netns::NetNs;
use socket2::{Domain, Socket, Type};
use std::io::{self, Read};
use std::net::IpAddr;

/// The longest frame that is sent in trials, and some more.
const FRAME: usize = 2048;

/// A packet that came out of the router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The interface by which it left, in the configuration's words.
    pub interface: InterfaceName,
    /// The neighbour that it was sent to.
    pub neighbour: Option<IpAddr>,
    /// What it is.
    pub packet: Numbered,
}

/// A packet that the router itself got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Its number.
    pub number: u32,
    /// Whether it is an error about the packet of that number.
    pub is_error: bool,
}

/// What became of a packet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What came out of the router.
    pub seen: Vec<Seen>,
    /// What the router itself got.
    pub delivered: Vec<Heard>,
}

/// The router in a namespace of its own, which ends with this value.
pub struct Bench {
    router: NetNs,
    wires: Vec<Wire>,
    neighbours: Neighbours,
    ears: Vec<Ear>,
    short_cuts: ShortCuts,
    _state_dir: StateDir,
}

/// A packet that is ready to come in.
pub struct Incoming {
    /// The place of the wire.
    wire: usize,
    frame: Vec<u8>,
}

struct Wire {
    /// The interface that packets come in by: the bridge of a bridged device.
    interface: InterfaceName,
    device: DeviceName,
    tap: Tap,
    link_address: [u8; 6],
}

/// A protocol without ports that trials send too: one of those that nobody uses (RFC 3692).
pub(super) const EXPERIMENT: Protocol = Protocol(253);

/// A socket of the router that hears what is delivered to it.
struct Ear {
    socket: Socket,
    is_ipv6: bool,
    protocol: Protocol,
    /// How many bytes of the protocol's header stand before what packets carry; `None` where each tells itself.
    behind: Option<usize>,
}

impl Bench {
    /// Builds the devices of a router and applies its configuration to them.
    ///
    /// Its bridges guard against no loops: with a spanning tree a port takes half a minute until it forwards, and no other
    /// bridge is there to speak to. Nor does it tell its neighbours of shorter ways: such a message is of the connection of
    /// the packet that it is about, and passes by the rules of `output` before that packet is at its end, which no trace
    /// follows.
    pub fn build(router: &Router) -> Result<Self, LabError> {
        Self::build_with(Rules::Merged, router)
    }

    /// The same with firewall rules lowered in one way or the other.
    pub fn build_with(rules: Rules, router: &Router) -> Result<Self, LabError> {
        let router = &on_the_bench(router);
        let desired = lowered(rules, router, &Host::unknown())?;
        let state_dir = StateDir::new()?;
        state_dir.make_room_for(&desired)?;
        let namespace = NetNs::new().map_err(LabError::system("make a network namespace"))?;
        let (wires, ears, short_cuts) = namespace.run(|| -> Result<_, LabError> {
            settings::quiet().map_err(LabError::system("change a kernel setting"))?;
            let mut topology = Topology::open().map_err(LabError::Target)?;
            topology.set_up(&DeviceName::loopback()).map_err(LabError::Target)?;
            let wires = wires(router, &desired).map_err(LabError::system("make a device"))?;
            for wire in &wires {
                topology.send_at_once(&wire.device).map_err(LabError::Target)?;
            }
            let mut machine = Machine::open(state_dir.path()).map_err(LabError::Target)?;
            let host = machine.host(&needs_of(router)).map_err(LabError::Target)?;
            let desired = lowered(rules, router, &host)?;
            let options = Options { state_dir: state_dir.path().to_owned(), ..Options::default() };
            transaction::apply(&mut machine, &desired, &options)
                .map_err(|error| LabError::Apply(Box::new(error)))?;
            let own: Vec<DeviceName> = wires.iter().map(|wire| wire.device.clone()).collect();
            carrier::wait_for(&own, true)?;
            settings::patient().map_err(LabError::system("change a kernel setting"))?;
            let short_cuts = short_cuts(router, &host, &desired);
            Ok((wires, ears().map_err(LabError::system("listen on the router"))?, short_cuts))
        })?;
        let neighbours = Neighbours::default();
        Ok(Self { router: namespace, wires, neighbours, ears, short_cuts, _state_dir: state_dir })
    }

    /// By what connections take a short cut here: not every kernel has one.
    pub fn short_cuts(&self) -> &ShortCuts {
        &self.short_cuts
    }

    /// Whether packets can come in by an interface.
    pub fn has_wire(&self, interface: &InterfaceName) -> bool {
        self.wires.iter().any(|wire| wire.interface == *interface)
    }

    /// Has a packet begin its way, and says what became of it. `None` for one that can't be sent.
    pub fn send(&mut self, arrival: &Arrival, number: u32) -> Result<Option<Outcome>, LabError> {
        let sent = match &arrival.interface {
            Some(interface) => match self.incoming(interface, &arrival.packet, number) {
                Some(incoming) => self.push(&incoming).map(|()| true),
                None => Ok(false),
            },
            None => self.send_out(&arrival.packet, number),
        };
        if !sent.map_err(LabError::system("send a packet"))? {
            return Ok(None);
        }
        self.collect().map(Some)
    }

    /// A packet as it stands on the wire of an interface. `None` for one that can't come in there.
    pub fn incoming(&mut self, interface: &InterfaceName, packet: &Packet, number: u32) -> Option<Incoming> {
        let wire = self.wires.iter().position(|wire| wire.interface == *interface)?;
        let bytes = encode(packet, number)?;
        let from = self.neighbours.link_address(packet.source);
        let kind: u16 = if packet.is_ipv6() { 0x86dd } else { 0x0800 };
        let mut frame = Vec::with_capacity(14 + bytes.len());
        frame.extend(self.wires[wire].link_address);
        frame.extend(from);
        frame.extend(kind.to_be_bytes());
        frame.extend(bytes);
        Some(Incoming { wire, frame })
    }

    /// Has a packet come in. What becomes of it is not looked at before [`Bench::send`] or [`Bench::forget`].
    pub fn push(&self, packet: &Incoming) -> io::Result<()> {
        self.wires[packet.wire].tap.send(&packet.frame)
    }

    /// Takes in what came out, and says how many packets it was.
    pub fn forget(&mut self) -> Result<usize, LabError> {
        Ok(self.collect()?.seen.len())
    }

    /// What the first packet of a connection became behind all translations, as the router's kernel knows it; `None` if it
    /// keeps no such connection.
    pub fn translated(&self, first: &Tuple) -> Result<Option<Tuple>, LabError> {
        self.router.run(|| connections::translated(first)).map_err(LabError::Target)
    }

    /// The router's own packets are made by its kernel, which chooses the source where none is given.
    fn send_out(&self, packet: &Packet, number: u32) -> io::Result<bool> {
        let Some(bytes) = encode(packet, number) else { return Ok(false) };
        let carried = &bytes[header_length(packet)..];
        self.router.run(|| own::send(packet, carried))
    }

    /// Takes in what came out, and answers the router's questions for neighbours until it has none.
    pub(super) fn collect(&mut self) -> Result<Outcome, LabError> {
        self.try_collect().map_err(LabError::system("receive a packet"))
    }

    fn try_collect(&mut self) -> io::Result<Outcome> {
        let mut outcome = Outcome::default();
        let mut buffer = [0; FRAME];
        loop {
            let mut answers = 0;
            for wire in &self.wires {
                while let Some(length) = wire.tap.receive(&mut buffer)? {
                    match self.neighbours.read(&buffer[..length]) {
                        Frame::Question(answer) => {
                            wire.tap.send(&answer)?;
                            answers += 1;
                        }
                        Frame::Packet(neighbour, bytes) => {
                            if let Some(packet) = decode(bytes) {
                                let interface = wire.interface.clone();
                                outcome.seen.push(Seen { interface, neighbour, packet });
                            }
                        }
                        Frame::Other => {}
                    }
                }
            }
            if answers == 0 {
                break;
            }
        }
        for ear in &mut self.ears {
            ear.listen(&mut outcome.delivered)?;
        }
        Ok(outcome)
    }
}

impl Ear {
    /// Looks into a packet without its IP header.
    fn hear(&self, bytes: &[u8]) -> Option<Heard> {
        const ICMP_HEADER: usize = 8;
        // The types of errors are below 128.
        if self.protocol == Protocol::ICMPV6 && *bytes.first()? < 128 {
            let quoted = decode(bytes.get(ICMP_HEADER..)?)?;
            return Some(Heard { number: quoted.number?, is_error: true });
        }
        // The upper half of a TCP header's 13th byte is its length in words.
        let behind = self.behind.or_else(|| bytes.get(12).map(|byte| usize::from(byte >> 4) * 4))?;
        Some(Heard { number: number_in(bytes.get(behind..)?)?, is_error: false })
    }

    fn listen(&mut self, heard: &mut Vec<Heard>) -> io::Result<()> {
        let mut buffer = [0; FRAME];
        loop {
            match (&self.socket).read(&mut buffer) {
                // IPv6 sockets leave the header out.
                Ok(length) if self.is_ipv6 => heard.extend(self.hear(&buffer[..length])),
                Ok(length) => heard.extend(decode(&buffer[..length]).and_then(heard_of)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

fn heard_of(packet: Numbered) -> Option<Heard> {
    let is_error = matches!(packet.packet.payload, Payload::Error { .. });
    Some(Heard { number: packet.number?, is_error })
}

fn on_the_bench(router: &Router) -> Router {
    let mut router = router.clone();
    router.settings.ip.send_redirects.value = false;
    for interface in router.interfaces.values_mut() {
        if let InterfaceKind::Bridge(bridge) = &mut interface.kind {
            bridge.spanning_tree = SpanningTree::None;
        }
    }
    router
}

fn wires(router: &Router, desired: &Desired) -> io::Result<Vec<Wire>> {
    let comes_in_by = |device: &DeviceName| -> InterfaceName {
        let own = router.interface_of(device.as_str());
        let bridge = router.interfaces.iter().find(|(_, interface)| match &interface.kind {
            InterfaceKind::Bridge(bridge) => bridge.ports.iter().any(|port| port.interface == own),
            InterfaceKind::Port => false,
        });
        bridge.map_or(own, |(name, _)| name.clone())
    };
    let existing = desired.route.links().iter().filter(|link| link.kind == LinkKind::Existing);
    existing
        .filter(|link| link.name != DeviceName::loopback())
        .map(|link| {
            let tap = Tap::new(&link.name)?;
            let link_address = tap.link_address()?;
            Ok(Wire { interface: comes_in_by(&link.name), device: link.name.clone(), tap, link_address })
        })
        .collect()
}

fn ears() -> io::Result<Vec<Ear>> {
    let of_family = |is_ipv6: bool| {
        let (domain, icmp) =
            if is_ipv6 { (Domain::IPV6, Protocol::ICMPV6) } else { (Domain::IPV4, Protocol::ICMP) };
        // Behind these bytes of a header stands what packets carry.
        [(Protocol::TCP, None), (Protocol::UDP, Some(8)), (icmp, Some(8)), (EXPERIMENT, Some(0))]
            .into_iter()
            .map(move |(protocol, behind)| {
                let socket = Socket::new(domain, Type::RAW, Some(i32::from(protocol.0).into()))?;
                socket.set_nonblocking(true)?;
                Ok(Ear { socket, is_ipv6, protocol, behind })
            })
    };
    of_family(false).chain(of_family(true)).collect()
}

fn header_length(packet: &Packet) -> usize {
    if packet.is_ipv6() { 40 } else { 20 }
}
