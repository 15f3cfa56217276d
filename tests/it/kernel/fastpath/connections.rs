//! Connections through a router with uplinks of both families, and where each of them goes.

use crate::kernel::{output_of, uninterrupted};
use crate::stages::text;
use rosc::compile::{Options, compile};
use rosc::diagnostic::{Diagnostic, Severity, has_errors};
use rosc::host::Host;
use rosc::lab::{Message, Port, Role, Station, Topology};
use rosc::lower::{lower, needs_of};
use rosc::transaction::{Machine, OWN_BPF_FS};
use rosc_ebpf::Counters;
use rosc_target::netns::{NetNs, for_test};
use socket2::{Domain, Socket, Type};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The uplinks are counted from 1.
pub(in crate::kernel) const UPLINKS: usize = 4;
/// The networks of the LAN, without their last parts.
pub(in crate::kernel) const LAN: (&str, &str) = ("192.168.88", "2001:db8:88");
/// A wait that only a hang lasts as long as.
const PATIENCE: Duration = Duration::from_secs(300);

/// A router, a LAN with hosts, and a provider behind each uplink.
pub(in crate::kernel) struct World {
    world: rosc::lab::World,
}

impl World {
    pub(in crate::kernel) fn build() -> Option<Self> {
        for_test()?;
        let net = |text: String| text.parse().expect("a network");
        let router =
            |addresses: [String; 2]| addresses.map(|text| text.parse().expect("an address")).to_vec();
        let device = |name: String| name.parse().expect("a device name");
        let station = |role, addresses: [String; 2], ways: [String; 2]| Station {
            role,
            addresses: addresses.map(net).to_vec(),
            router: router(ways),
            networks: Vec::new(),
        };
        let (ipv4, ipv6) = LAN;
        let own = [format!("{ipv4}.10/24"), format!("{ipv6}::10/64")];
        let host = station(Role::Host, own, [format!("{ipv4}.1"), format!("{ipv6}::1")]);
        let mut ports = vec![Port { device: device("lan".to_owned()), stations: vec![host] }];
        for n in 1..=UPLINKS {
            let own = [format!("172.16.{n}.254/24"), format!("2001:db8:{n}::fe/64")];
            let ways = [format!("172.16.{n}.2"), format!("2001:db8:{n}::2")];
            let provider = station(Role::Provider, own, ways);
            ports.push(Port { device: device(format!("wan{n}")), stations: vec![provider] });
        }
        let pools = ["198.18.0.0/16", "2001:2::/112"].map(|text| net(text.to_owned())).to_vec();
        let world = rosc::lab::World::build(Topology { ports, pools, ..Topology::default() });
        Some(Self { world: world.expect("a world") })
    }

    /// Makes the router do what a configuration says.
    pub(in crate::kernel) fn apply(&self, configuration: &str) {
        let sources = text(configuration);
        let compiled = compile(&sources, Options::default());
        assert!(!has_errors(&compiled.diagnostics), "{configuration}\n{:?}", compiled.diagnostics);
        let lowered = lower(&compiled.router, &Host::unknown());
        let is_note = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Note;
        assert!(lowered.diagnostics.iter().all(is_note), "{configuration}\n{:?}", lowered.diagnostics);
        let asked = configuration.contains("/rosc fastpath");
        assert_eq!(asked, !lowered.desired.ebpf.is_empty(), "{configuration}");
        self.world.apply(&lowered.desired).expect("it can be applied");
    }

    /// The same, beside what others have made on the router.
    pub(in crate::kernel) fn apply_beside_others(&self, configuration: &str) -> Vec<Diagnostic> {
        let sources = text(configuration);
        let compiled = compile(&sources, Options::default());
        let needs = needs_of(&compiled.router);
        let read = || Machine::open(self.world.state_dir())?.host(&needs);
        let host = self.world.on_router(read).expect("it can be read");
        let lowered = lower(&compiled.router, &host);
        self.world.apply(&lowered.desired).expect("it can be applied");
        lowered.diagnostics
    }

    /// Where the fast path is pinned.
    pub(in crate::kernel) fn bpf_fs(&self) -> PathBuf {
        self.world.state_dir().join(OWN_BPF_FS)
    }

    /// Runs something in the router's namespace.
    pub(in crate::kernel) fn on_router<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        self.world.on_router(act)
    }

    /// The router's namespace.
    pub(in crate::kernel) fn router(&self) -> &NetNs {
        self.world.router()
    }

    pub(in crate::kernel) fn state_dir(&self) -> &Path {
        self.world.state_dir()
    }

    /// The namespace of what is behind a port of the router; its device is `wire0`.
    pub(in crate::kernel) fn behind(&self, port: &str) -> &NetNs {
        let placed = self.world.stations().iter().find(|placed| placed.port.as_str() == port);
        &placed.expect("a station").namespace
    }

    pub(in crate::kernel) fn counters(&self) -> Counters {
        let state_dir = self.world.state_dir();
        let read = || Machine::open(state_dir)?.counters();
        self.world.on_router(read).expect("they can be read").expect("there is a fast path")
    }

    /// Gives an uplink another MTU, at both of its ends.
    pub(in crate::kernel) fn set_mtu(&self, uplink: &str, mtu: u32) {
        let mtu = mtu.to_string();
        output_of(self.router(), "ip", &["link", "set", uplink, "mtu", &mtu]);
        output_of(self.behind(uplink), "ip", &["link", "set", "wire0", "mtu", &mtu]);
    }

    /// Sends a datagram that takes several packets, and returns the uplink that it went by.
    pub(in crate::kernel) fn send_in_parts(&self, message: Message, to: &str) -> usize {
        let mut datagram = message.encode().to_vec();
        datagram.resize(4_000, 0);
        let send = || {
            let socket = UdpSocket::bind("0.0.0.0:0")?;
            socket.set_read_timeout(Some(PATIENCE))?;
            socket.send_to(&datagram, (to, 443))?;
            uninterrupted(|| socket.recv(&mut [0; 4_096]))
        };
        self.hosts().run(send).expect("an answer");
        self.uplink_of(message)
    }

    /// Sends a datagram, then one of the same connection that takes several packets, and another small one. Returns the uplinks
    /// that they went by.
    pub(in crate::kernel) fn send_alternately(&self, flow: u32, to: SocketAddr) -> [usize; 3] {
        let local: IpAddr =
            if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = self.hosts().run(|| UdpSocket::bind((local, 0))).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
        [(0, Message::LENGTH), (1, 4_000), (2, Message::LENGTH)].map(|(round, length)| {
            let message = Message { flow, round };
            let mut datagram = message.encode().to_vec();
            datagram.resize(length, 0);
            socket.send_to(&datagram, to).expect("it is sent");
            uninterrupted(|| socket.recv(&mut [0; 4_096])).expect("an answer");
            self.uplink_of(message)
        })
    }

    fn hosts(&self) -> &NetNs {
        let mut stations = self.world.stations().iter();
        &stations.find(|placed| placed.station.role == Role::Host).expect("a host").namespace
    }

    /// Connects from a host of the LAN.
    fn connect(&self, to: SocketAddr) -> TcpStream {
        let connect = || {
            let domain = if to.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
            let socket = Socket::new(domain, Type::STREAM, None)?;
            socket.connect_timeout(&to.into(), PATIENCE)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            Ok::<_, std::io::Error>(socket.into())
        };
        self.hosts().run(connect).expect("a connection")
    }

    /// The uplink by which a request has come.
    pub(in crate::kernel) fn uplink_of(&self, message: Message) -> usize {
        let seen = self.world.log().seen();
        let request = seen.iter().rev().find(|seen| (seen.flow, seen.round) == (message.flow, message.round));
        let station = request.expect("it was answered").station;
        let port = self.world.stations()[station].port.as_str();
        port.strip_prefix("wan").and_then(|number| number.parse().ok()).expect("an uplink")
    }
}

/// Connections that last.
#[derive(Default)]
pub(in crate::kernel) struct Connections {
    all: BTreeMap<u32, Connection>,
    next: u32,
}

struct Connection {
    stream: TcpStream,
    rounds: u32,
    uplink: usize,
}

impl Connections {
    /// Those with other numbers than some that are there.
    pub(in crate::kernel) fn beginning_at(next: u32) -> Self {
        Self { next, ..Self::default() }
    }

    /// How many there are.
    pub(in crate::kernel) fn len(&self) -> usize {
        self.all.len()
    }

    /// How many of them go by an uplink.
    pub(in crate::kernel) fn count_on(&self, uplink: usize) -> usize {
        self.all.values().filter(|connection| connection.uplink == uplink).count()
    }

    /// Opens more of them, of both families.
    pub(in crate::kernel) fn open(&mut self, world: &World, count: u32) {
        for flow in self.next..self.next + count {
            let host = u16::try_from(flow % 250 + 1).expect("a byte");
            let to: IpAddr = match flow % 2 {
                0 => format!("198.18.5.{host}").parse().expect("an address"),
                _ => format!("2001:2::{host:x}").parse().expect("an address"),
            };
            let stream = world.connect((to, 443).into());
            let mut connection = Connection { stream, rounds: 0, uplink: 0 };
            connection.uplink = connection.ask(world, flow);
            self.all.insert(flow, connection);
        }
        self.next += count;
    }

    /// Asks by each of them, and finds it where it was. Those whose uplink is none any more have ended with it.
    pub(in crate::kernel) fn ask_all(&mut self, world: &World, uplinks: &[usize]) {
        self.all.retain(|_, connection| uplinks.contains(&connection.uplink));
        for (flow, connection) in &mut self.all {
            let uplink = connection.ask(world, *flow);
            assert_eq!(uplink, connection.uplink, "connection {flow} has moved, of uplinks {uplinks:?}");
        }
    }
}

impl Connections {
    /// Asks so often by each of them at once.
    pub(in crate::kernel) fn ask_much(&mut self, times: u32) {
        for (flow, connection) in &mut self.all {
            let messages = (0..times).map(|n| Message { flow: *flow, round: connection.rounds + n }.encode());
            let all = messages.collect::<Vec<_>>().concat();
            connection.rounds += times;
            connection.stream.write_all(&all).expect("it can be sent");
            let mut answers = vec![0; all.len()];
            connection
                .stream
                .read_exact(&mut answers)
                .unwrap_or_else(|error| panic!("connection {flow}: {error}"));
            assert!(answers == all, "connection {flow} is answered as it asked");
        }
    }
}

impl Connection {
    /// Sends a request and waits for the answer. Returns the uplink that it went by.
    fn ask(&mut self, world: &World, flow: u32) -> usize {
        let message = Message { flow, round: self.rounds };
        self.rounds += 1;
        self.stream.write_all(&message.encode()).expect("it can be sent");
        let mut answer = [0; Message::LENGTH];
        self.stream.read_exact(&mut answer).unwrap_or_else(|error| panic!("connection {flow}: {error}"));
        assert_eq!(Message::decode(&answer), Some(message));
        world.uplink_of(message)
    }
}
