//! Packets as a user writes them: `in=ether4 src=192.168.88.10 dst=198.51.100.7 proto=tcp sport=50000 dport=443`.

use super::packet::{IcmpError, Packet, Payload, PortPair, icmp_of};
use super::{Arrival, Connection, Handshake, Moment, State, Tuple};
use crate::catalog::types::{FromText, Number};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::ir::firewall::{Protocol, TcpFlag, TcpFlags, Weekday};
use crate::ir::{ConnectionMark, InterfaceName, Router};
use rosc_target::Origin;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::time::Duration;

/// A packet to be traced, with the connection that it is said to belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The packet.
    pub arrival: Arrival,
    /// Its connection, if that is there already.
    established: Option<Option<ConnectionMark>>,
    /// What the router's clock shows, if that is said.
    moment: Option<Moment>,
}

/// The time to live of a packet of which nothing else is said: what most systems start with.
pub(super) const USUAL_TTL: u8 = 64;

/// The identifier of an echo of which nothing else is said.
pub(super) const USUAL_ID: u16 = 1;

/// The source port where nothing is said: one of those that systems take by themselves.
const USUAL_SOURCE_PORT: u16 = 50_000;

/// A word of a packet, and where it stands.
pub type Word<'w> = (&'w str, Origin);

/// The parts of a packet, with what they take.
pub const PARTS: &[(&str, &str)] = &[
    ("in", "the interface by which the packet comes in; `out` alone for one of the router's own"),
    ("src", "the source address"),
    ("dst", "the destination address"),
    ("proto", "the protocol, by RouterOS's name or by number; tcp where ports are given, or else icmp"),
    ("sport", "the source port"),
    ("dport", "the destination port"),
    ("flags", "TCP flags that are set, such as syn,ack; syn by default"),
    ("mss", "the MSS option, in bytes"),
    ("type", "echo-request or echo-reply, or an error, such as time-exceeded"),
    ("id", "the identifier of an echo"),
    ("about", "the packet that an error is about, its parts with / between them"),
    ("ttl", "time to live or hop limit; 64 by default"),
    ("dscp", "differentiated services code point; 0 by default"),
    ("size", "length in bytes with the IP header; what the protocol needs and 12 more by default"),
    ("time", "what the router's clock shows, such as mon,12:30; for this packet and those behind it"),
    ("state", "new or established"),
    ("connection-mark", "the mark of an established connection"),
];

/// Says whether a word of a command line is meant as a part of a packet.
pub fn is_part(word: &str) -> bool {
    word == "out" || word.split_once('=').is_some_and(|(key, _)| PARTS.iter().any(|(known, _)| *known == key))
}

/// Reads a packet for a router; `whole` is where it stands. All that is wrong is told at once.
pub fn parse(words: &[Word<'_>], whole: Origin, router: &Router) -> Result<Request, Vec<Diagnostic>> {
    let mut reader = Reader { values: Vec::new(), out: None, whole, wrong: Vec::new() };
    for &word in words {
        reader.word(word);
    }
    match reader.request(router) {
        Some(request) if reader.wrong.is_empty() => Ok(request),
        _ => Err(reader.wrong),
    }
}

struct Reader<'w> {
    values: Vec<(&'w str, &'w str, Origin)>,
    out: Option<Origin>,
    whole: Origin,
    wrong: Vec<Diagnostic>,
}

impl<'w> Reader<'w> {
    fn word(&mut self, (word, origin): Word<'w>) {
        match word.split_once('=') {
            None if word == "out" => self.out = Some(origin),
            Some((key, value)) if PARTS.iter().any(|(known, _)| *known == key) => {
                if self.values.iter().any(|(before, ..)| *before == key) {
                    self.refuse(format!("`{key}` is given twice"), origin, "here again", None);
                } else {
                    self.values.push((key, value, origin));
                }
            }
            written => {
                let keys = PARTS.iter().map(|(key, _)| *key);
                let near = did_you_mean(written.map_or(word, |(key, _)| key), keys.clone());
                let help = near.map_or_else(
                    || format!("the parts are out, {}=", keys.collect::<Vec<_>>().join("=, ")),
                    |near| format!("did you mean `{near}=`?"),
                );
                self.refuse(format!("`{word}` is no part of a packet"), origin, "", Some(help));
            }
        }
    }

    fn refuse(&mut self, message: impl Into<String>, origin: Origin, label: &str, help: Option<String>) {
        let diagnostic = Diagnostic::new(Code::BadPacket, message).label(origin, label).maybe_help(help);
        self.wrong.push(diagnostic);
    }

    fn lacks(&mut self, what: &str, help: &str) {
        self.refuse(what, self.whole, "in this packet", Some(help.to_owned()));
    }

    fn given(&self, key: &str) -> Option<(&'w str, Origin)> {
        self.values.iter().find(|(of, ..)| *of == key).map(|&(_, value, origin)| (value, origin))
    }

    fn has(&self, key: &str) -> bool {
        self.given(key).is_some()
    }

    /// The value of a part that the standard library reads.
    fn plain<T: FromStr>(&mut self, key: &str, kind: &str) -> Option<T> {
        let (value, origin) = self.given(key)?;
        let read = value.parse().ok();
        if read.is_none() {
            self.refuse(format!("`{value}` is not {kind}"), origin, "", None);
        }
        read
    }

    /// The value of a part that a property of RouterOS takes too.
    fn typed<T: FromText>(&mut self, key: &str) -> Option<T> {
        let (value, origin) = self.given(key)?;
        match T::from_text(value) {
            Ok(read) => Some(read),
            Err(mistake) => {
                self.refuse(format!("`{value}` is not {}", T::SHAPE), origin, "", mistake.help);
                None
            }
        }
    }

    fn request(&mut self, router: &Router) -> Option<Request> {
        let interface = self.interface(router);
        let packet = self.packet();
        let established = self.established();
        let moment = self.moment();
        Some(Request { arrival: Arrival { interface: interface?, packet: packet? }, established, moment })
    }

    fn packet(&mut self) -> Option<Packet> {
        let destination: Option<IpAddr> = self.plain("dst", "an address");
        let source: Option<IpAddr> = self.plain("src", "an address");
        if !self.has("dst") {
            self.lacks("where the packet goes is missing", "add dst=ADDRESS");
        }
        if self.out.is_none() && !self.has("src") {
            self.lacks("where the packet comes from is missing", "add src=ADDRESS");
        }
        if source
            .zip(destination)
            .is_some_and(|(source, destination)| source.is_ipv6() != destination.is_ipv6())
        {
            self.lacks("the addresses are of two families", "give src and dst of the same one");
        }
        let ttl = self.plain("ttl", "a number from 0 to 255");
        let payload = destination.and_then(|destination| self.payload(destination));
        let destination = destination?;
        let nobody: IpAddr =
            if destination.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let source = source.unwrap_or(nobody);
        let mut packet = Packet::new(source, destination, ttl.unwrap_or(USUAL_TTL), payload?);
        packet.dscp = self.dscp()?;
        self.size(&mut packet)?;
        Some(packet)
    }

    fn moment(&mut self) -> Option<Moment> {
        let (text, origin) = self.given("time")?;
        let read = text.split_once(',').and_then(|(day, time)| {
            let second = u32::try_from(Duration::from_text(time).ok()?.as_secs()).ok()?;
            Some(Moment { day: Weekday::from_text(day).ok()?, second })
        });
        let moment = read.filter(|moment| moment.second < 24 * 3600);
        if moment.is_none() {
            let help = "a day and a time, such as mon,12:30";
            self.refuse(format!("`{text}` is no moment of the week"), origin, "", Some(help.to_owned()));
        }
        moment
    }

    fn dscp(&mut self) -> Option<u8> {
        if !self.has("dscp") {
            return Some(0);
        }
        let Number::<0, 63>(dscp) = self.typed("dscp")?;
        u8::try_from(dscp).ok()
    }

    /// Gives the packet the length that is asked for.
    fn size(&mut self, packet: &mut Packet) -> Option<()> {
        let Some((_, origin)) = self.given("size") else { return Some(()) };
        let size: u16 = self.plain("size", "a number of bytes, up to 65535")?;
        let least = packet.length() - packet.data;
        if matches!(packet.payload, Payload::Error { .. }) {
            self.refuse("an error is as long as what it is about", origin, "", None);
            return None;
        }
        if size < least {
            self.refuse(format!("the headers of this packet take {least} bytes already"), origin, "", None);
            return None;
        }
        packet.data = size - least;
        Some(())
    }

    fn interface(&mut self, router: &Router) -> Option<Option<InterfaceName>> {
        match (self.given("in"), self.out) {
            (None, Some(_)) => Some(None),
            (Some(_), Some(out)) => {
                self.refuse("a packet comes in or goes out, not both", out, "there is `in=` too", None);
                None
            }
            (None, None) => {
                let help = "add in=INTERFACE, or out for a packet of the router's own";
                self.lacks("where the packet begins is missing", help);
                None
            }
            (Some((name, origin)), None) => {
                let found = router.interfaces.get_key_value(name);
                if found.is_none() {
                    let known: Vec<&str> = router.interfaces.keys().map(InterfaceName::as_str).collect();
                    let help = format!("there are {}", known.join(", "));
                    self.refuse(
                        format!("the configuration has no interface `{name}`"),
                        origin,
                        "",
                        Some(help),
                    );
                }
                found.map(|(name, _)| Some(name.clone()))
            }
        }
    }

    fn established(&mut self) -> Option<Option<ConnectionMark>> {
        let is_established = match self.given("state") {
            None | Some(("new", _)) => false,
            Some(("established", _)) => true,
            Some((other, origin)) => {
                let help = "new or established";
                self.refuse(format!("`{other}` is no state"), origin, "", Some(help.to_owned()));
                true
            }
        };
        let mark = self.given("connection-mark");
        if let Some((_, origin)) = mark.filter(|_| !is_established) {
            let help = "add state=established";
            self.refuse("a new connection has no mark yet", origin, "", Some(help.to_owned()));
        }
        is_established.then(|| mark.map(|(mark, _)| ConnectionMark::new(mark)))
    }

    fn payload(&mut self, destination: IpAddr) -> Option<Payload> {
        let source_port = self.plain("sport", "a port");
        let destination_port = self.plain("dport", "a port");
        let has_ports = self.has("sport") || self.has("dport");
        let protocol = match self.has("proto") {
            true => self.typed("proto")?,
            false if has_ports => Protocol::TCP,
            false => icmp_of(destination),
        };
        if !protocol.has_ports() {
            if has_ports {
                self.lacks("this protocol has no ports", "leave sport and dport out, or give another proto");
            }
            return self.without_ports(protocol, destination);
        }
        if !self.has("dport") {
            self.lacks("the destination port is missing", "add dport=PORT");
        }
        let ports = PortPair {
            source: source_port.unwrap_or(USUAL_SOURCE_PORT),
            destination: destination_port.unwrap_or(0),
        };
        if protocol != Protocol::TCP {
            return Some(Payload::Datagram { protocol, ports });
        }
        let flags =
            if self.has("flags") { self.typed::<TcpFlags>("flags")?.set } else { [TcpFlag::Syn].into() };
        Some(Payload::Tcp { ports, flags, mss: self.plain("mss", "a number of bytes") })
    }

    fn without_ports(&mut self, protocol: Protocol, destination: IpAddr) -> Option<Payload> {
        if protocol != icmp_of(destination) {
            return Some(Payload::Other(protocol));
        }
        let id = self.plain("id", "a number from 0 to 65535").unwrap_or(USUAL_ID);
        match self.given("type") {
            None | Some(("echo-request", _)) => Some(Payload::Echo { reply: false, id }),
            Some(("echo-reply", _)) => Some(Payload::Echo { reply: true, id }),
            Some((other, origin)) => {
                if let Some(kind) = IcmpError::ALL.into_iter().find(|kind| kind.word() == other) {
                    return Some(Payload::Error { kind, about: Box::new(self.about()?) });
                }
                let errors = IcmpError::ALL.map(IcmpError::word).join(", ");
                let help = Some(format!("echo-request, echo-reply, or an error: {errors}"));
                self.refuse(format!("`{other}` is no type of message that is traced"), origin, "", help);
                None
            }
        }
    }

    /// The packet that an error is about.
    fn about(&mut self) -> Option<Packet> {
        let Some((text, origin)) = self.given("about") else {
            self.lacks(
                "the packet that the error is about is missing",
                "add about=src=ADDRESS/dst=ADDRESS/proto=PROTOCOL and what else it has",
            );
            return None;
        };
        // It has come from somewhere, but by which interface is no matter.
        let mut inner = Self { values: Vec::new(), out: Some(origin), whole: origin, wrong: Vec::new() };
        for word in text.split('/') {
            inner.word((word, origin));
        }
        let packet = inner.packet();
        self.wrong.append(&mut inner.wrong);
        packet
    }
}

impl Request {
    /// What there is when the packet comes: its connection, if it is said to have one.
    pub fn prepare(&self, state: &mut State) {
        state.moment = self.moment.or(state.moment);
        if let (Some(mark), Some(tuple)) = (&self.established, Tuple::of(&self.arrival.packet)) {
            let reply = tuple.inverse();
            let is_tcp = matches!(self.arrival.packet.payload, Payload::Tcp { .. });
            state.conntrack.add(Connection {
                original: tuple,
                reply,
                mark: mark.clone(),
                answered: true,
                handshake: is_tcp.then_some(Handshake::ESTABLISHED),
                masqueraded: None,
                short_cut: None,
            });
        }
    }
}
