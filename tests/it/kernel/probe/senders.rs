//! What is sent all the time: each kind about once a millisecond.

use super::configuration::{BLOCKED, FORBIDDEN_PORT, HOSTS};
use crate::kernel::uninterrupted;
use rosc::lab::Message;
use rosc_target::netns::NetNs;
use socket2::{Domain, Socket, Type};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// So long the first packets of a connection may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The port of everything that is not forbidden.
pub(super) const PORT: u16 = 443;
/// New connections count from here.
const FIRST_NEW: u32 = 1 << 28;
/// What must not pass counts from here.
pub(super) const FIRST_FORBIDDEN: u32 = 1 << 29;

/// A flow that lasts: who sends it, and where to.
#[derive(Debug)]
pub(super) struct Lasting<S> {
    pub(super) id: u32,
    pub(super) source: SocketAddrV4,
    pub(super) destination: SocketAddrV4,
    pub(super) socket: S,
    pub(super) sent: u32,
}

/// A TCP connection that lasts.
#[derive(Debug)]
pub(super) struct Stream {
    socket: TcpStream,
    partial: Vec<u8>,
    pub(super) answered: u32,
    pub(super) broken: Option<String>,
}

/// Both kinds of flows that last.
#[derive(Debug, Default)]
pub(super) struct Flows {
    pub(super) datagrams: Vec<Lasting<UdpSocket>>,
    pub(super) streams: Vec<Lasting<Stream>>,
}

#[derive(Default)]
struct Shared {
    sending: AtomicBool,
    ending: AtomicBool,
    idle: AtomicUsize,
    flows: Mutex<Flows>,
}

/// The threads that send.
pub(super) struct Senders {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<io::Result<io::Result<()>>>>,
}

impl Senders {
    /// Starts them; they wait until they are told to send.
    pub(super) fn start(hosts: &NetNs) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let mut threads = Vec::new();
        let mut start = |sender: Box<dyn Sender>| {
            let shared = shared.clone();
            hosts.spawn(move || run(sender, &shared)).map(|thread| threads.push(thread))
        };
        start(Box::new(hosts.run(NewDatagrams::open)?))?;
        start(Box::new(hosts.run(Forbidden::open)?))?;
        start(Box::<NewStreams>::default())?;
        start(Box::new(LastingDatagrams))?;
        start(Box::new(LastingStreams))?;
        Ok(Self { shared, threads })
    }

    /// Lets them send.
    pub(super) fn resume(&self) {
        self.shared.idle.store(0, Ordering::SeqCst);
        self.shared.sending.store(true, Ordering::SeqCst);
    }

    /// Returns when none of them sends any more.
    pub(super) fn pause(&self) {
        self.shared.sending.store(false, Ordering::SeqCst);
        while self.shared.idle.load(Ordering::SeqCst) < self.threads.len() {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The flows that last.
    pub(super) fn flows(&self) -> MutexGuard<'_, Flows> {
        self.shared.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Senders {
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            // What a sender ended with was told when it was waited for.
            drop(thread.join());
        }
    }
}

trait Sender: Send {
    /// Sends one more.
    fn send(&mut self, flows: &Mutex<Flows>) -> io::Result<()>;
    /// Gives up what is not answered.
    fn rest(&mut self) {}
}

fn run(mut sender: Box<dyn Sender>, shared: &Shared) -> io::Result<()> {
    let mut idle = false;
    while !shared.ending.load(Ordering::SeqCst) {
        if shared.sending.load(Ordering::SeqCst) {
            idle = false;
            sender.send(&shared.flows)?;
        } else if !idle {
            idle = true;
            sender.rest();
            shared.idle.fetch_add(1, Ordering::SeqCst);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn host(index: usize) -> Ipv4Addr {
    HOSTS[index % HOSTS.len()].parse().expect("an address")
}

/// Addresses of the Internet, one after the other in three networks of it.
fn somewhere(n: u32) -> Ipv4Addr {
    let network = [1, 5, 77][n as usize % 3];
    Ipv4Addr::new(198, 18, network, u8::try_from(1 + n / 3 % 250).expect("a byte"))
}

fn datagrams(address: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((address, 0))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Each datagram is a new connection: to another destination, and after all of them from another port.
struct NewDatagrams {
    sockets: Vec<UdpSocket>,
    sent: u32,
}

impl NewDatagrams {
    fn open() -> io::Result<Self> {
        Ok(Self {
            sockets: (0..HOSTS.len()).map(|n| datagrams(host(n))).collect::<io::Result<_>>()?,
            sent: 0,
        })
    }
}

impl Sender for NewDatagrams {
    fn send(&mut self, _: &Mutex<Flows>) -> io::Result<()> {
        let all = u32::try_from(HOSTS.len() * 750).expect("a number");
        if self.sent > 0 && self.sent.is_multiple_of(all) {
            let new = HOSTS.iter().enumerate().map(|(n, _)| datagrams(host(n)));
            self.sockets = new.collect::<io::Result<_>>()?;
        }
        let hosts = self.sockets.len();
        let message = Message { flow: FIRST_NEW + self.sent, round: 0 };
        let destination = somewhere(self.sent / u32::try_from(hosts).expect("a number"));
        let socket = &self.sockets[self.sent as usize % hosts];
        self.sent += 1;
        socket.send_to(&message.encode(), (destination, PORT)).map(drop)
    }
}

/// To the forbidden port from all, to any port from the blocked host.
struct Forbidden {
    sockets: Vec<UdpSocket>,
    blocked: UdpSocket,
    sent: u32,
}

impl Forbidden {
    fn open() -> io::Result<Self> {
        let blocked = datagrams(BLOCKED.parse().expect("an address"))?;
        let sockets = (0..HOSTS.len()).map(|n| datagrams(host(n))).collect::<io::Result<_>>()?;
        Ok(Self { sockets, blocked, sent: 0 })
    }
}

impl Sender for Forbidden {
    fn send(&mut self, _: &Mutex<Flows>) -> io::Result<()> {
        let message = Message { flow: FIRST_FORBIDDEN + self.sent, round: 0 }.encode();
        let to = somewhere(self.sent);
        if self.sent.is_multiple_of(2) {
            self.blocked.send_to(&message, (to, PORT))?;
        } else {
            let socket = &self.sockets[self.sent as usize / 2 % self.sockets.len()];
            socket.send_to(&message, (to, FORBIDDEN_PORT))?;
        }
        self.sent += 1;
        Ok(())
    }
}

/// Connections that are opened, asked once and reset.
#[derive(Default)]
struct NewStreams {
    opened: u32,
    pending: VecDeque<(Socket, bool)>,
}

impl Sender for NewStreams {
    fn send(&mut self, _: &Mutex<Flows>) -> io::Result<()> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_linger(Some(Duration::ZERO))?;
        socket.set_nonblocking(true)?;
        socket.bind(&SocketAddr::from((host(self.opened as usize), 0)).into())?;
        let hosts = u32::try_from(HOSTS.len()).expect("a number");
        let to = SocketAddr::from((somewhere(self.opened / hosts), PORT));
        self.opened += 1;
        match socket.connect(&to.into()) {
            Err(error) if error.raw_os_error() != Some(nix::libc::EINPROGRESS) => return Err(error),
            Ok(()) | Err(_) => {}
        }
        self.pending.push_back((socket, false));
        let id = FIRST_NEW + self.opened;
        self.pending.retain_mut(|(socket, asked)| {
            let message = Message { flow: id, round: 0 }.encode();
            if *asked {
                let mut answer = [0; Message::LENGTH];
                let read = (&*socket).read(&mut answer);
                return read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
            }
            match socket.send(&message) {
                Ok(_) => *asked = true,
                Err(error) => return is_early(&error),
            }
            true
        });
        Ok(())
    }

    fn rest(&mut self) {
        self.pending.clear();
    }
}

/// Whether a connection is only not open yet.
fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected)
}

struct LastingDatagrams;

impl Sender for LastingDatagrams {
    fn send(&mut self, flows: &Mutex<Flows>) -> io::Result<()> {
        let mut flows = flows.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(flow) = flows.datagrams.iter_mut().min_by_key(|flow| flow.sent) else { return Ok(()) };
        let message = Message { flow: flow.id, round: flow.sent };
        flow.socket.send_to(&message.encode(), flow.destination)?;
        flow.sent += 1;
        Ok(())
    }
}

struct LastingStreams;

impl Sender for LastingStreams {
    fn send(&mut self, flows: &Mutex<Flows>) -> io::Result<()> {
        /// More requests than this are not asked before they are answered.
        const AHEAD: u32 = 200;
        let mut flows = flows.lock().unwrap_or_else(PoisonError::into_inner);
        flows.streams.iter_mut().for_each(Lasting::hear);
        let open = |flow: &&mut Lasting<Stream>| {
            flow.socket.broken.is_none() && flow.sent < flow.socket.answered + AHEAD
        };
        let Some(flow) = flows.streams.iter_mut().filter(open).min_by_key(|flow| flow.sent) else {
            return Ok(());
        };
        let message = Message { flow: flow.id, round: flow.sent }.encode();
        flow.sent += 1;
        if let Err(error) = flow.socket.socket.write_all(&message) {
            flow.socket.broken = Some(error.to_string());
        }
        Ok(())
    }
}

impl Lasting<UdpSocket> {
    /// Opens a flow; from inside of the hosts' namespace.
    pub(super) fn open(id: u32) -> io::Result<Self> {
        let (source, destination) = ends(id);
        let socket = datagrams(source)?;
        let SocketAddr::V4(source) = socket.local_addr()? else { return Err(io::ErrorKind::Other.into()) };
        Ok(Self { id, source, destination, socket, sent: 0 })
    }
}

impl Lasting<UdpSocket> {
    /// Sends datagrams until one is answered. Returns how many it took: outside of a change one may be lost too, where a
    /// neighbour is still looked for.
    pub(super) fn ask(&mut self) -> io::Result<u32> {
        const A_WHILE: Duration = Duration::from_secs(2);
        let until = Instant::now() + PATIENCE;
        self.socket.set_nonblocking(false)?;
        self.socket.set_read_timeout(Some(A_WHILE))?;
        loop {
            let message = Message { flow: self.id, round: self.sent }.encode();
            self.socket.send_to(&message, self.destination)?;
            self.sent += 1;
            match uninterrupted(|| self.socket.recv(&mut [0; Message::LENGTH])) {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < until => {}
                Err(error) => return Err(error),
            }
        }
        self.socket.set_nonblocking(true)?;
        Ok(self.sent)
    }
}

impl Lasting<Stream> {
    /// Opens a connection; from inside of the hosts' namespace.
    pub(super) fn open(id: u32) -> io::Result<Self> {
        let (source, destination) = ends(id);
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        // It ends with a reset: of a connection that the router has forgotten, no version translates the end.
        socket.set_linger(Some(Duration::ZERO))?;
        socket.bind(&SocketAddr::from((source, 0)).into())?;
        socket.connect_timeout(&SocketAddr::V4(destination).into(), PATIENCE)?;
        let socket = TcpStream::from(socket);
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let SocketAddr::V4(source) = socket.local_addr()? else { return Err(io::ErrorKind::Other.into()) };
        let socket = Stream { socket, partial: Vec::new(), answered: 0, broken: None };
        Ok(Self { id, source, destination, socket, sent: 0 })
    }

    /// Reads the answers that are there; each has to be the next one.
    pub(super) fn hear(&mut self) {
        let stream = &mut self.socket;
        let mut bytes = [0; 4096];
        loop {
            match stream.socket.read(&mut bytes) {
                Ok(0) => stream.broken = Some("closed".to_owned()),
                Ok(length) => stream.partial.extend_from_slice(&bytes[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => stream.broken = Some(error.to_string()),
            }
            if stream.broken.is_some() {
                return;
            }
        }
        while stream.partial.len() >= Message::LENGTH {
            let rest = stream.partial.split_off(Message::LENGTH);
            let answer = Message::decode(&std::mem::replace(&mut stream.partial, rest));
            if answer != Some(Message { flow: self.id, round: stream.answered }) {
                stream.broken = Some(format!("{answer:?} instead of the answer {}", stream.answered));
                return;
            }
            stream.answered += 1;
        }
    }

    /// Waits until everything is answered.
    pub(super) fn is_answered(&mut self) -> bool {
        let until = Instant::now() + PATIENCE;
        self.hear();
        while self.socket.answered < self.sent && self.socket.broken.is_none() && Instant::now() < until {
            self.hear();
            thread::sleep(Duration::from_millis(1));
        }
        self.socket.broken.is_none() && self.socket.answered == self.sent
    }
}

/// Whose flow it is, and where it goes.
fn ends(id: u32) -> (Ipv4Addr, SocketAddrV4) {
    // Not into the tunnel, through which answers need a route.
    let hosts = u32::try_from(HOSTS.len()).expect("a number");
    let nth = id / hosts;
    (host(id as usize), SocketAddrV4::new(somewhere(nth / 2 * 3 + nth % 2), PORT))
}
