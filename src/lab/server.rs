//! The far side: answers every request, and writes down where it arrived and whose it seemed to be.

use super::message::{LENGTH, Message};
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrIn, SockaddrIn6, sendmsg};
use rosc_target::netns::NetNs;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The station that it arrived at.
    pub station: usize,
    /// The flow.
    pub flow: u32,
    /// How many requests the flow had sent before.
    pub round: u32,
    /// Whose it seemed to be.
    pub source: IpAddr,
}

/// Everything that arrived anywhere, in the order of arrival.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<Seen>>>);

impl Log {
    /// What has arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, seen: Seen) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }
}

/// A server for TCP, UDP and ICMP on a thread in a namespace. It ends with the value.
#[derive(Debug)]
pub struct Server {
    stop: OwnedFd,
    thread: Option<JoinHandle<io::Result<io::Result<()>>>>,
}

impl Server {
    /// Starts a server on these ports of every address of the namespace.
    pub fn start(namespace: &NetNs, station: usize, ports: &[u16], log: &Log) -> io::Result<Self> {
        let stop = eventfd(0, EventfdFlags::CLOEXEC)?;
        let stopped = stop.try_clone()?;
        let mut serving = namespace.run(|| Serving::open(station, ports, log.clone(), stopped))?;
        let thread = namespace.spawn(move || serving.run())?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let told = rustix::io::write(&self.stop, &1u64.to_ne_bytes()).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| told) {
            // What the thread ended with has no one left to be told.
            drop(thread.join());
        }
    }
}

enum Socketed {
    Listener(TcpListener),
    Stream(TcpStream, Vec<u8>),
    Udp(UdpSocket),
    /// A raw socket, used as if it were one for UDP: receiving is the same call.
    Icmp(UdpSocket, Domain),
}

struct Serving {
    station: usize,
    log: Log,
    epoll: OwnedFd,
    /// Kept open for as long as `epoll` looks at it.
    _stop: OwnedFd,
    sockets: HashMap<u64, Socketed>,
    next: u64,
}

/// The event of the order to stop.
const STOP: u64 = 0;

impl Serving {
    fn open(station: usize, ports: &[u16], log: Log, stop: OwnedFd) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &stop, EventData::new_u64(STOP), EventFlags::IN)?;
        let mut serving = Self { station, log, epoll, _stop: stop, sockets: HashMap::new(), next: STOP + 1 };
        for (domain, any) in
            [(Domain::IPV4, IpAddr::from(Ipv4Addr::UNSPECIFIED)), (Domain::IPV6, Ipv6Addr::UNSPECIFIED.into())]
        {
            for &port in ports {
                let address = SockAddr::from(SocketAddr::new(any, port));
                let tcp = socket(domain, Type::STREAM, None)?;
                tcp.bind(&address)?;
                tcp.listen(4096)?;
                serving.add(Socketed::Listener(tcp.into()))?;
                let udp = socket(domain, Type::DGRAM, None)?;
                udp.bind(&address)?;
                udp.set_recv_buffer_size(4 << 20)?;
                if domain == Domain::IPV6 {
                    // Without it the kernel lets no packet leave from an address that no device has.
                    udp.set_freebind_v6(true)?;
                }
                serving.add(Socketed::Udp(udp.into()))?;
            }
            let protocol = if domain == Domain::IPV4 { Protocol::ICMPV4 } else { Protocol::ICMPV6 };
            let icmp = socket(domain, Type::RAW, Some(protocol))?;
            serving.add(Socketed::Icmp(icmp.into(), domain))?;
        }
        Ok(serving)
    }

    fn add(&mut self, socket: Socketed) -> io::Result<()> {
        let id = self.next;
        self.next += 1;
        let fd = match &socket {
            Socketed::Listener(listener) => listener.as_fd(),
            Socketed::Stream(stream, _) => stream.as_fd(),
            Socketed::Udp(udp) => udp.as_fd(),
            Socketed::Icmp(icmp, _) => icmp.as_fd(),
        };
        epoll::add(&self.epoll, fd, EventData::new_u64(id), EventFlags::IN)?;
        self.sockets.insert(id, socket);
        Ok(())
    }

    fn run(&mut self) -> io::Result<()> {
        let mut events: Vec<epoll::Event> = Vec::with_capacity(256);
        loop {
            events.clear();
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for event in &events {
                match event.data.u64() {
                    STOP => return Ok(()),
                    id => self.serve(id)?,
                }
            }
        }
    }

    fn serve(&mut self, id: u64) -> io::Result<()> {
        let Some(socket) = self.sockets.get_mut(&id) else { return Ok(()) };
        match socket {
            Socketed::Listener(listener) => {
                if let Ok((stream, _)) = listener.accept() {
                    stream.set_nonblocking(true)?;
                    self.add(Socketed::Stream(stream, Vec::new()))?;
                }
            }
            Socketed::Stream(stream, partial) => {
                let source = stream.peer_addr();
                match answer_stream(stream, partial) {
                    Ok(messages) => {
                        for message in messages {
                            if let Ok(source) = source {
                                self.note(&message, source.ip());
                            }
                        }
                    }
                    Err(_) => {
                        self.sockets.remove(&id);
                    }
                }
            }
            Socketed::Udp(udp) => {
                let mut bytes = [0; 2048];
                if let Ok((length, source)) = udp.recv_from(&mut bytes)
                    && let Some(message) = Message::decode(&bytes[..length])
                {
                    answer_datagram(udp, &message, source)?;
                    self.note(&message, source.ip());
                }
            }
            Socketed::Icmp(icmp, domain) => {
                if let Some((message, source)) = echo_request(icmp, *domain) {
                    self.note(&message, source);
                }
            }
        }
        Ok(())
    }

    fn note(&self, message: &Message, source: IpAddr) {
        let Message { flow, round, .. } = *message;
        self.log.write(Seen { station: self.station, flow, round, source: source.to_canonical() });
    }
}

fn socket(domain: Domain, kind: Type, protocol: Option<Protocol>) -> io::Result<Socket> {
    let socket = Socket::new(domain, kind.nonblocking(), protocol)?;
    if kind != Type::RAW {
        socket.set_reuse_address(true)?;
        if domain == Domain::IPV6 {
            socket.set_only_v6(true)?;
        }
    }
    Ok(socket)
}

/// Sends every whole message back. An error is the end of the connection.
fn answer_stream(stream: &mut TcpStream, partial: &mut Vec<u8>) -> io::Result<Vec<Message>> {
    let mut bytes = [0; 4096];
    match stream.read(&mut bytes) {
        Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(length) => partial.extend_from_slice(&bytes[..length]),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Vec::new()),
        Err(error) => return Err(error),
    }
    let mut messages = Vec::new();
    while partial.len() >= LENGTH {
        let rest = partial.split_off(LENGTH);
        let whole = std::mem::replace(partial, rest);
        stream.write_all(&whole)?;
        messages.extend(Message::decode(&whole));
    }
    Ok(messages)
}

/// Answers from the address that the request was sent to, which a socket of every address would not do by itself. Where
/// that was translated on the way, as by a port forward, the address is none of ours, and the kernel's choice is right.
fn answer_datagram(udp: &UdpSocket, message: &Message, source: SocketAddr) -> io::Result<()> {
    let bytes = message.encode();
    let part = [io::IoSlice::new(&bytes)];
    let fd = udp.as_raw_fd();
    let sent = match (message.destination.ip(), source) {
        (IpAddr::V4(own), SocketAddr::V4(to)) => {
            let from = libc::in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(own.octets()) },
                ipi_addr: libc::in_addr { s_addr: 0 },
            };
            let from = [ControlMessage::Ipv4PacketInfo(&from)];
            sendmsg(fd, &part, &from, MsgFlags::empty(), Some(&SockaddrIn::from(to)))
        }
        (IpAddr::V6(own), SocketAddr::V6(to)) => {
            let from = libc::in6_pktinfo { ipi6_addr: libc::in6_addr { s6_addr: own.octets() }, ipi6_ifindex: 0 };
            let from = [ControlMessage::Ipv6PacketInfo(&from)];
            sendmsg(fd, &part, &from, MsgFlags::empty(), Some(&SockaddrIn6::from(to)))
        }
        (IpAddr::V4(_), SocketAddr::V6(_)) | (IpAddr::V6(_), SocketAddr::V4(_)) => return Ok(()),
    };
    match sent {
        Ok(_) => Ok(()),
        Err(Errno::EINVAL | Errno::EADDRNOTAVAIL) => udp.send_to(&bytes, source).map(drop),
        // A requester that is gone needs no answer.
        Err(Errno::ECONNREFUSED) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The kernel answers echo requests itself; here they are only read.
fn echo_request(icmp: &UdpSocket, domain: Domain) -> Option<(Message, IpAddr)> {
    const ECHO_V4: u8 = 8;
    const ECHO_V6: u8 = 128;
    const HEADER: usize = 8;
    let mut bytes = [0; 2048];
    let (length, source) = icmp.recv_from(&mut bytes).ok()?;
    let bytes = &bytes[..length];
    let (packet, echo) = if domain == Domain::IPV4 {
        // A raw IPv4 socket delivers the IP header too; its length is in its first byte, in words.
        let header = usize::from(bytes.first()? & 0x0f) * 4;
        (bytes.get(header..)?, ECHO_V4)
    } else {
        (bytes, ECHO_V6)
    };
    let message = Message::decode(packet.get(HEADER..)?)?;
    (packet[0] == echo).then_some((message, source.ip()))
}
