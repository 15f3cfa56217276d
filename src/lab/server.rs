//! The far side: answers every request, and writes down where it arrived and whose it seemed to be.

use super::message::{LENGTH, Message};
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, SockaddrIn6, SockaddrStorage, recvmsg,
    sendmsg, setsockopt, sockopt,
};
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

    /// Writes a request down; before it is answered, so that whoever has the answer finds it here.
    fn note(&self, station: usize, message: Message, source: IpAddr) {
        let Message { flow, round } = message;
        let seen = Seen { station, flow, round, source: source.to_canonical() };
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
        for (domain, any) in [
            (Domain::IPV4, IpAddr::from(Ipv4Addr::UNSPECIFIED)),
            (Domain::IPV6, Ipv6Addr::UNSPECIFIED.into()),
        ] {
            for &port in ports {
                let address = SockAddr::from(SocketAddr::new(any, port));
                let tcp = socket(domain, Type::STREAM, None)?;
                tcp.bind(&address)?;
                tcp.listen(4096)?;
                serving.add(Socketed::Listener(tcp.into()))?;
                let udp = socket(domain, Type::DGRAM, None)?;
                udp.bind(&address)?;
                udp.set_recv_buffer_size(4 << 20)?;
                tell_destinations(&udp, domain)?;
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
                match (read_stream(stream, partial), source) {
                    (Ok(messages), Ok(source)) => {
                        for message in &messages {
                            self.log.note(self.station, *message, source.ip());
                        }
                        if messages.iter().any(|message| stream.write_all(&message.encode()).is_err()) {
                            self.sockets.remove(&id);
                        }
                    }
                    _ => {
                        self.sockets.remove(&id);
                    }
                }
            }
            Socketed::Udp(udp) => {
                if let Some(request) = Datagram::receive(udp) {
                    self.log.note(self.station, request.message, request.source.ip());
                    request.answer(udp)?;
                }
            }
            Socketed::Icmp(icmp, domain) => {
                if let Some((message, source)) = echo_request(icmp, *domain) {
                    self.log.note(self.station, message, source);
                }
            }
        }
        Ok(())
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

/// Reads the whole messages that have come. An error is the end of the connection.
fn read_stream(stream: &mut TcpStream, partial: &mut Vec<u8>) -> io::Result<Vec<Message>> {
    let mut bytes = [0; 4096];
    match stream.read(&mut bytes) {
        Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(length) => partial.extend_from_slice(&bytes[..length]),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Vec::new()),
        Err(error) => return Err(error),
    }
    let whole = partial.len() / LENGTH * LENGTH;
    let rest = partial.split_off(whole);
    let messages = partial.chunks(LENGTH).filter_map(Message::decode).collect();
    *partial = rest;
    Ok(messages)
}

/// Has the kernel tell where each datagram was sent to, and lets answers leave from there although no device has that
/// address.
fn tell_destinations(udp: &Socket, domain: Domain) -> io::Result<()> {
    if domain == Domain::IPV6 {
        udp.set_freebind_v6(true)?;
        setsockopt(udp, sockopt::Ipv6RecvPacketInfo, &true)?;
    } else {
        setsockopt(udp, sockopt::Ipv4PacketInfo, &true)?;
    }
    Ok(())
}

/// A request that came in a datagram.
struct Datagram {
    message: Message,
    source: SocketAddr,
    destination: IpAddr,
}

impl Datagram {
    fn receive(udp: &UdpSocket) -> Option<Self> {
        let mut bytes = [0; 2048];
        let mut space = nix::cmsg_space!(libc::in6_pktinfo);
        let mut parts = [io::IoSliceMut::new(&mut bytes)];
        let received =
            recvmsg::<SockaddrStorage>(udp.as_raw_fd(), &mut parts, Some(&mut space), MsgFlags::empty())
                .ok()?;
        let destination = received.cmsgs().ok()?.find_map(|told| match told {
            ControlMessageOwned::Ipv4PacketInfo(info) => {
                Some(IpAddr::from(info.ipi_addr.s_addr.to_ne_bytes()))
            }
            ControlMessageOwned::Ipv6PacketInfo(info) => Some(IpAddr::from(info.ipi6_addr.s6_addr)),
            _ => None,
        })?;
        let source = socket_address(received.address?)?;
        let message = Message::decode(received.iovs().next()?)?;
        Some(Self { message, source, destination })
    }

    /// Answers from the address that the request was sent to.
    fn answer(&self, udp: &UdpSocket) -> io::Result<()> {
        let bytes = self.message.encode();
        let part = [io::IoSlice::new(&bytes)];
        let fd = udp.as_raw_fd();
        let sent = match (self.destination, self.source) {
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
                let own = libc::in6_addr { s6_addr: own.octets() };
                let from = libc::in6_pktinfo { ipi6_addr: own, ipi6_ifindex: 0 };
                let from = [ControlMessage::Ipv6PacketInfo(&from)];
                sendmsg(fd, &part, &from, MsgFlags::empty(), Some(&SockaddrIn6::from(to)))
            }
            (IpAddr::V4(_), SocketAddr::V6(_)) | (IpAddr::V6(_), SocketAddr::V4(_)) => return Ok(()),
        };
        match sent {
            // A requester that is gone, or a way back that is cut, is no fault of the server.
            Ok(_) | Err(Errno::ECONNREFUSED | Errno::ENETUNREACH | Errno::EHOSTUNREACH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn socket_address(address: SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| SocketAddr::from((v4.ip(), v4.port())));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| SocketAddr::from((v6.ip(), v6.port()))))
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
