//! Tunnels through the router: what is inside of one is shared, where that is asked for.

use super::connections::World;
use super::router;
use crate::cli::{Files, command};
use rosc_ebpf::Reason;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

/// A wait that only a hang lasts as long as.
const PATIENCE: Duration = Duration::from_secs(300);
const UPLINKS: [usize; 4] = [1, 2, 3, 4];
/// Pairs of hosts that speak through a tunnel.
const PAIRS: u8 = 40;

/// What carries packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tunnel {
    Ip,
    Gre,
}

/// A tunnel of the LAN's host to one address of the Internet, and who hears there what comes by each uplink.
struct Path {
    tunnel: Tunnel,
    sends: Socket,
    to: SockAddr,
    hears: Vec<(usize, Socket)>,
}

impl Path {
    fn open(world: &World, tunnel: Tunnel, to: IpAddr) -> Self {
        let protocol = Protocol::from(match tunnel {
            Tunnel::Ip => 4,
            Tunnel::Gre => 47,
        });
        let to = SocketAddr::new(to, 0);
        let open = || {
            let socket = Socket::new(Domain::for_address(to), Type::RAW, Some(protocol))?;
            socket.set_nonblocking(true)?;
            Ok::<_, std::io::Error>(socket)
        };
        let sends = world.behind("lan").run(open).expect("a socket");
        let hears = UPLINKS.map(|n| (n, world.behind(&format!("wan{n}")).run(open).expect("a socket")));
        Self { tunnel, sends, to: to.into(), hears: hears.into() }
    }

    /// The uplink by which a packet between two hosts gets to the other end; no two have the same number.
    fn uplink(&mut self, inner: [Ipv4Addr; 2], protocol: u8, number: u16) -> usize {
        let mut packet = match self.tunnel {
            Tunnel::Ip => Vec::new(),
            // No options; what follows is IPv4.
            Tunnel::Gre => vec![0, 0, 8, 0],
        };
        packet.extend(ipv4(inner, protocol, number));
        self.sends.send_to(&packet, &self.to).expect("it is sent");
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            for (uplink, socket) in &mut self.hears {
                let mut buffer = [0; 256];
                match socket.read(&mut buffer) {
                    Ok(length) if buffer[..length].ends_with(&packet) => return *uplink,
                    Ok(_) => {}
                    Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            thread::sleep(Duration::from_millis(1));
        }
        panic!("nobody has heard {inner:?}");
    }

    /// The uplinks that the packets of each pair take.
    fn uplinks(&mut self) -> Vec<BTreeSet<usize>> {
        let pair = |n| [Ipv4Addr::new(10, 50, 0, n), Ipv4Addr::new(10, 60, 0, 9)];
        let packets = [(6, 1), (17, 2), (17, 3), (1, 4)];
        let of_pair = |path: &mut Self, n| {
            packets.map(|(protocol, number)| path.uplink(pair(n), protocol, number)).into()
        };
        (0..PAIRS).map(|n| of_pair(self, n)).collect()
    }
}

/// A packet of some protocol, which is told from others by its number; the port, where there is any, differs with it.
fn ipv4([source, destination]: [Ipv4Addr; 2], protocol: u8, number: u16) -> Vec<u8> {
    let [high, low] = number.to_be_bytes();
    let mut header = vec![0x45, 0, 0, 40, high, low, 0, 0, 64, protocol, 0, 0];
    header.extend(source.octets());
    header.extend(destination.octets());
    header.extend([high, low, 1, 187]);
    header.resize(40, 0);
    header
}

/// The ends of tunnels in both families.
const ENDS: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(198, 18, 9, 9)), IpAddr::V6(Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 9))];

/// Has `rosc apply` make the router so.
fn apply(world: &World, configuration: &str) {
    let files = Files::new([("router.rsc", configuration)]);
    let mut apply = command(["apply", &files.path("router.rsc")]);
    apply.env("ROSC_STATE_DIR", world.state_dir());
    let ended = world.on_router(|| apply.output()).expect("it can be started");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

fn with_settings(policy: &str) -> String {
    router(&UPLINKS).replace("hash-policy=l4", &format!("hash-policy={policy}"))
}

#[test]
fn what_is_inside_of_a_tunnel_is_shared_where_that_is_asked_for() {
    let Some(world) = World::build() else { return };
    // It makes room for what is pinned.
    world.apply(&router(&UPLINKS));
    let by_policy = |policy: &str| {
        router(&UPLINKS).replace("/rosc fastpath set ", &format!("/rosc fastpath set hash-policy={policy} "))
    };
    let cases = [
        (with_settings("l3-inner"), true),
        (with_settings("l3"), false),
        (by_policy("l3-inner"), true),
        (by_policy("both-addresses-and-ports"), false),
    ];
    for (configuration, looks_inside) in cases {
        apply(&world, &configuration);
        let before = world.counters().reasons[&Reason::ForwardedByGroup].packets;
        for (tunnel, to) in [Tunnel::Ip, Tunnel::Gre].into_iter().flat_map(|it| ENDS.map(|end| (it, end))) {
            let pairs = Path::open(&world, tunnel, to).uplinks();
            assert!(pairs.iter().all(|pair| pair.len() == 1), "{tunnel:?} {to} {configuration}: {pairs:?}");
            let all: BTreeSet<usize> = pairs.into_iter().flatten().collect();
            let wanted = if looks_inside { UPLINKS.len() } else { 1 };
            assert_eq!(all.len(), wanted, "{tunnel:?} {to} {configuration}");
        }
        let forwarded = world.counters().reasons[&Reason::ForwardedByGroup].packets - before;
        assert!(forwarded >= 4 * 4 * u64::from(PAIRS), "none of them took the stack: {forwarded}");
    }
}
