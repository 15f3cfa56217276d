//! What passes the wires at both ends: every packet that hosts send and get, and that providers get and send.

use crate::kernel::uninterrupted;
use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use nix::sys::socket::{setsockopt, sockopt};
use rosc::lab::Message;
use rosc_target::netns::NetNs;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, Read};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Where a packet was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Place {
    /// At the hosts.
    Lan,
    /// At the provider of an uplink, counted from 0.
    Provider(usize),
}

/// A packet as it passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) place: Place,
    pub(super) source: Ipv4Addr,
    pub(super) destination: Ipv4Addr,
    pub(super) ports: (u16, u16),
    pub(super) content: Content,
}

/// What no translation of addresses changes of a packet: by this it is known again at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Content {
    Datagram(Message),
    Segment { numbers: (u32, u32), flags: u8, length: usize },
}

/// The SYN flag of a segment.
pub(super) const SYN: u8 = 2;
const ACK: u8 = 16;

impl Content {
    /// Whether it opens a connection.
    pub(super) fn opens(&self) -> bool {
        matches!(self, Self::Segment { flags, .. } if flags & (SYN | ACK) == SYN)
    }

    /// Whether it only acknowledges what it has got.
    pub(super) fn acknowledges(&self) -> bool {
        matches!(self, Self::Segment { flags: ACK, length: 0, .. })
    }
}

impl Frame {
    /// Whether it goes from a host to the Internet.
    pub(super) fn is_request(&self) -> bool {
        is_internet(self.destination)
    }
}

/// The Internet of the probe.
fn is_internet(address: Ipv4Addr) -> bool {
    address.octets()[..2] == [198, 18]
}

/// Whether an address is one of the hosts'.
pub(super) fn is_private(address: Ipv4Addr) -> bool {
    address.octets()[..3] == [192, 168, 88]
}

/// Looks at the wires.
pub(super) struct Wires {
    shared: Arc<Shared>,
    watchers: Vec<Watcher>,
}

#[derive(Default)]
struct Shared {
    frames: Mutex<Vec<Frame>>,
    ending: AtomicBool,
    /// How often somebody has asked whether all is read.
    asked: AtomicU64,
}

struct Watcher {
    /// The last question after which there was nothing left to read.
    answered: Arc<AtomicU64>,
    thread: JoinHandle<io::Result<io::Result<()>>>,
}

impl Wires {
    /// Begins to look.
    pub(super) fn watch<'n>(places: impl IntoIterator<Item = (Place, &'n NetNs)>) -> io::Result<Self> {
        let mut wires = Self { shared: Arc::default(), watchers: Vec::new() };
        for (place, namespace) in places {
            let socket = namespace.run(open)?;
            let (shared, answered) = (wires.shared.clone(), Arc::<AtomicU64>::default());
            let answers = answered.clone();
            let thread = namespace.spawn(move || watch(place, socket, &shared, &answers))?;
            wires.watchers.push(Watcher { answered, thread });
        }
        Ok(wires)
    }

    /// Takes what has passed since the last time.
    pub(super) fn take(&self) -> Vec<Frame> {
        std::mem::take(&mut self.shared.frames.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets what has passed so far, at all places up to the same moment: what is seen at the hosts from now on has not
    /// been seen at a provider before.
    pub(super) fn forget(&self) {
        loop {
            drop(self.take());
            let question = self.shared.asked.fetch_add(1, Ordering::SeqCst) + 1;
            while self.watchers.iter().any(|watcher| watcher.answered.load(Ordering::SeqCst) < question) {
                thread::sleep(Duration::from_millis(1));
            }
            // What came meanwhile may be read at one place and not yet at the other.
            if self.take().is_empty() {
                return;
            }
        }
    }
}

impl Drop for Wires {
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::Relaxed);
        for watcher in self.watchers.drain(..) {
            watcher.thread.join().expect("a watcher does not panic").expect("a namespace").expect("a wire");
        }
    }
}

fn open() -> io::Result<Socket> {
    /// Seconds of traffic, for a machine that stalls.
    const ROOM: usize = 128 << 20;
    /// `ETH_P_ALL`, in network order.
    const ALL: i32 = 0x0300;
    let socket = Socket::new(Domain::PACKET, Type::DGRAM, Some(Protocol::from(ALL)))?;
    setsockopt(&socket, sockopt::RcvBufForce, &ROOM)?;
    socket.set_read_timeout(Some(Duration::from_millis(5)))?;
    Ok(socket)
}

fn watch(place: Place, mut socket: Socket, shared: &Shared, answers: &AtomicU64) -> io::Result<()> {
    let mut bytes = [0; 2048];
    while !shared.ending.load(Ordering::Relaxed) {
        let question = shared.asked.load(Ordering::SeqCst);
        match uninterrupted(|| socket.read(&mut bytes)) {
            Ok(length) => {
                if let Some(frame) = frame(place, &bytes[..length]) {
                    shared.frames.lock().unwrap_or_else(PoisonError::into_inner).push(frame);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                answers.store(question, Ordering::SeqCst);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads a packet of the probe; `None` for any other.
fn frame(place: Place, bytes: &[u8]) -> Option<Frame> {
    let packet = SlicedPacket::from_ip(bytes).ok()?;
    let Some(NetSlice::Ipv4(ip)) = &packet.net else { return None };
    let (source, destination) = (ip.header().source_addr(), ip.header().destination_addr());
    let (ports, content) = match &packet.transport {
        Some(TransportSlice::Udp(udp)) => {
            let ports = (udp.source_port(), udp.destination_port());
            (ports, Content::Datagram(Message::decode(udp.payload())?))
        }
        Some(TransportSlice::Tcp(tcp)) => {
            let numbers = (tcp.sequence_number(), tcp.acknowledgment_number());
            let flags = [tcp.fin(), tcp.syn(), tcp.rst(), tcp.psh(), tcp.ack()];
            let flags = flags.iter().enumerate().map(|(bit, set)| u8::from(*set) << bit).sum();
            let ports = (tcp.source_port(), tcp.destination_port());
            (ports, Content::Segment { numbers, flags, length: tcp.payload().len() })
        }
        _ => return None,
    };
    let is_of_probe = is_internet(source) || is_internet(destination);
    is_of_probe.then_some(Frame { place, source, destination, ports, content })
}
