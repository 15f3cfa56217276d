//! Flows: each is opened once and then sends a request a round, on the same ports.

use super::message::{LENGTH, Message};
use rosc_target::netns::NetNs;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

/// How long a request waits for its answer.
const PATIENCE: Duration = Duration::from_millis(400);
/// How long a connection may take to open: a first SYN may be lost to a neighbour that is still looked up.
const PATIENCE_TO_OPEN: Duration = Duration::from_millis(1500);
/// How many flows wait at the same time.
const AT_ONCE: usize = 64;

/// Numbers from here on belong to no flow that is reported on.
pub(super) const NO_FLOW: u32 = 1 << 31;

/// A kind of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Tcp,
    Udp,
    Icmp,
}

/// A flow to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Its number; unique among all flows that a lab sends.
    pub id: u32,
    /// What it sends.
    pub kind: Kind,
    /// Its own address and port, where they matter.
    pub source: Option<SocketAddr>,
    /// Where to. Of ICMP the port counts for nothing.
    pub destination: SocketAddr,
}

/// A flow that is open.
#[derive(Debug)]
pub struct Flow {
    plan: Plan,
    round: u32,
    socket: Option<Socket>,
}

impl Flow {
    /// The flow's plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// Opens flows from a namespace. A flow that can't be opened stays closed, and none of its requests is answered.
pub fn open(namespace: &NetNs, plans: &[Plan]) -> Vec<Flow> {
    let mut flows: Vec<Flow> = plans.iter().map(|&plan| Flow { plan, round: 0, socket: None }).collect();
    each(namespace, &mut flows, |flow| {
        flow.socket = open_socket(&flow.plan).ok();
        flow.socket.is_some()
    });
    flows
}

/// Sends a request on every flow. Says of each whether it was answered.
pub fn ask(namespace: &NetNs, flows: &mut [Flow]) -> Vec<bool> {
    each(namespace, flows, |flow| {
        let Some(socket) = &mut flow.socket else { return false };
        let Plan { id, kind, destination, .. } = flow.plan;
        let message = Message { flow: id, round: flow.round };
        flow.round += 1;
        match kind {
            Kind::Tcp => ask_stream(socket, message).is_ok(),
            Kind::Udp => ask_datagram(socket, message).is_ok(),
            Kind::Icmp => ask_echo(socket, message, destination.is_ipv4()).is_ok(),
        }
    })
}

/// Does something with every flow, many at once, on threads of the namespace.
fn each(namespace: &NetNs, flows: &mut [Flow], act: impl Fn(&mut Flow) -> bool + Sync) -> Vec<bool> {
    let per_thread = flows.len().div_ceil(AT_ONCE).max(1);
    let act = &act;
    namespace.run(|| {
        thread::scope(|scope| {
            let parts = flows.chunks_mut(per_thread);
            let threads: Vec<_> = parts
                .map(|part| scope.spawn(move || part.iter_mut().map(act).collect::<Vec<bool>>()))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("a flow does not panic")).collect()
        })
    })
}

fn open_socket(plan: &Plan) -> io::Result<Socket> {
    let domain = Domain::for_address(plan.destination);
    let (kind, protocol) = match plan.kind {
        Kind::Tcp => (Type::STREAM, None),
        Kind::Udp => (Type::DGRAM, None),
        Kind::Icmp if domain == Domain::IPV4 => (Type::RAW, Some(Protocol::ICMPV4)),
        Kind::Icmp => (Type::RAW, Some(Protocol::ICMPV6)),
    };
    let socket = Socket::new(domain, kind, protocol)?;
    if let Some(source) = plan.source {
        socket.set_reuse_address(plan.kind != Kind::Icmp)?;
        if source.is_ipv6() {
            // A provider sends from addresses of the Internet, which no device has.
            socket.set_freebind_v6(true)?;
        }
        socket.bind(&source.into())?;
    }
    socket.set_read_timeout(Some(PATIENCE))?;
    match plan.kind {
        Kind::Tcp => socket.connect_timeout(&plan.destination.into(), PATIENCE_TO_OPEN)?,
        Kind::Udp | Kind::Icmp => socket.connect(&without_port(plan).into())?,
    }
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

/// A raw socket is connected to an address; a port would be refused.
fn without_port(plan: &Plan) -> SocketAddr {
    match plan.kind {
        Kind::Icmp => SocketAddr::new(plan.destination.ip(), 0),
        Kind::Tcp | Kind::Udp => plan.destination,
    }
}

fn ask_stream(socket: &mut Socket, message: Message) -> io::Result<()> {
    socket.write_all(&message.encode())?;
    loop {
        let mut answer = [0; LENGTH];
        socket.read_exact(&mut answer)?;
        if Message::decode(&answer) == Some(message) {
            return Ok(());
        }
        // An answer to an earlier request that came too late.
    }
}

fn ask_datagram(socket: &mut Socket, message: Message) -> io::Result<()> {
    socket.send(&message.encode())?;
    wait_for(socket, |bytes| Message::decode(bytes) == Some(message))
}

fn ask_echo(socket: &mut Socket, message: Message, ipv4: bool) -> io::Result<()> {
    const HEADER: usize = 8;
    let (request, reply) = if ipv4 { (8, 0) } else { (128, 129) };
    let mut packet = vec![request, 0, 0, 0];
    packet.extend(u16::try_from(message.flow & 0xffff).expect("16 bits").to_be_bytes());
    packet.extend(u16::try_from(message.round & 0xffff).expect("16 bits").to_be_bytes());
    packet.extend(message.encode());
    if ipv4 {
        let sum = internet_checksum(&packet);
        packet[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    socket.send(&packet)?;
    wait_for(socket, |bytes| {
        let header = if ipv4 { bytes.first().map_or(0, |first| usize::from(first & 0x0f) * 4) } else { 0 };
        let answer = bytes.get(header..).unwrap_or_default();
        answer.first() == Some(&reply) && answer.get(HEADER..).and_then(Message::decode) == Some(message)
    })
}

/// Reads until the answer is there or patience has run out.
fn wait_for(socket: &mut Socket, is_answer: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut bytes = [0; 2048];
    while Instant::now() < deadline {
        match socket.read(&mut bytes) {
            Ok(length) if is_answer(&bytes[..length]) => return Ok(()),
            Ok(_) => {}
            // ICMP errors of an earlier round show on the next call; a machine that was paused goes on.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// The checksum of RFC 1071.
fn internet_checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).expect("folded to 16 bits")
}

/// Sends one echo request from the calling thread's namespace and says whether it was answered in time.
pub(super) fn answers_ping(address: IpAddr) -> bool {
    let plan = Plan { id: NO_FLOW, kind: Kind::Icmp, source: None, destination: SocketAddr::new(address, 0) };
    let message = Message { flow: NO_FLOW, round: 0 };
    open_socket(&plan).and_then(|mut socket| ask_echo(&mut socket, message, address.is_ipv4())).is_ok()
}
