//! What is hashed decides which connections go together: those of a client, those to a service, or none.

use super::connections::{Connections, LAN, World};
use super::router;
use super::translated::masquerading;
use crate::kernel::{output_of, uninterrupted};
use rosc::lab::Message;
use rosc_ebpf::Reason;
use socket2::{Domain, Socket, Type};
use std::collections::BTreeSet;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A wait that only a hang lasts as long as.
const PATIENCE: Duration = Duration::from_secs(300);
const UPLINKS: [usize; 4] = [1, 2, 3, 4];
/// So many hosts of the LAN ask, and so many connections are begun to tell where they go.
const CLIENTS: u32 = 48;
const CONNECTIONS: u32 = 8;
const SERVICES: [u16; 2] = [80, 443];

/// A LAN with many clients.
struct Clients {
    world: World,
    /// So many connections there were: each comes from a port of its own.
    connections: u32,
}

/// A connection, by what can be chosen of it.
#[derive(Debug, Clone, Copy)]
struct Asked {
    family: u8,
    client: u32,
    server: u32,
    service: u16,
}

impl Clients {
    fn of(world: World) -> Self {
        for (family, length) in [(4, 24), (6, 64)] {
            for client in 0..CLIENTS {
                let own = format!("{}/{length}", address(family, client));
                output_of(world.behind("lan"), "ip", &["address", "add", &own, "dev", "wire0", "nodad"]);
            }
        }
        Self { world, connections: 0 }
    }

    /// The uplink of a new connection; by TCP and UDP in turn.
    fn uplink(&mut self, asked: Asked) -> usize {
        let flow = self.connections;
        self.connections += 1;
        let Asked { family, client, server, service } = asked;
        let server = match family {
            4 => format!("198.18.5.{}", server + 1),
            _ => format!("2001:2::{:x}", server + 1),
        };
        let from = SocketAddr::new(address(family, client), 20_000 + u16::try_from(flow).expect("a port"));
        let to = SocketAddr::new(server.parse().expect("an address"), service);
        let kind = if flow.is_multiple_of(2) { Type::STREAM } else { Type::DGRAM };
        let message = Message { flow, round: 0 };
        let ask = || {
            let mut socket = Socket::new(Domain::for_address(to), kind, None)?;
            socket.bind(&from.into())?;
            socket.set_read_timeout(Some(PATIENCE))?;
            socket.connect_timeout(&to.into(), PATIENCE)?;
            socket.send(&message.encode())?;
            uninterrupted(|| socket.read(&mut [0; Message::LENGTH]))
        };
        let answered = self.world.behind("lan").run(ask);
        assert_eq!(answered.unwrap_or_else(|error| panic!("{asked:?}: {error}")), Message::LENGTH);
        self.world.uplink_of(message)
    }

    /// The uplinks of some new connections.
    fn uplinks(&mut self, asked: impl Iterator<Item = Asked>) -> BTreeSet<usize> {
        asked.map(|asked| self.uplink(asked)).collect()
    }

    fn packets(&self, reason: Reason) -> u64 {
        self.world.counters().reasons[&reason].packets
    }
}

/// The address of a client.
fn address(family: u8, client: u32) -> IpAddr {
    let text = match family {
        4 => format!("{}.{}", LAN.0, 100 + client),
        _ => format!("{}::c:{client:x}", LAN.1),
    };
    text.parse().expect("an address")
}

/// A configuration whose groups share so.
fn sharing_by(policy: &str, configuration: &str) -> String {
    let wanted = format!("/rosc fastpath set hash-policy={policy} ");
    configuration.replace("/rosc fastpath set ", &wanted)
}

/// Connections of a client to many servers.
fn of_client(family: u8, client: u32) -> impl Iterator<Item = Asked> {
    let service = |server: u32| SERVICES[server as usize % SERVICES.len()];
    (0..CONNECTIONS).map(move |server| Asked { family, client, server, service: service(server) })
}

/// All connections of a client leave by one uplink, and those of a client are those of others elsewhere.
fn hold_by_client(clients: &mut Clients) {
    for family in [4, 6] {
        let mut all = BTreeSet::new();
        for client in 0..CLIENTS {
            let taken = clients.uplinks(of_client(family, client));
            assert_eq!(taken.len(), 1, "client {client} of IPv{family}");
            all.extend(taken);
        }
        assert_eq!(all, BTreeSet::from(UPLINKS), "IPv{family}");
    }
}

/// The connections of a client to one service are shared.
fn hold_by_connection(clients: &mut Clients) {
    for family in [4, 6] {
        for client in 0..2 {
            let one = Asked { family, client, server: 7, service: 443 };
            let taken = clients.uplinks((0..40).map(|_| one));
            assert_eq!(taken, BTreeSet::from(UPLINKS), "client {client} of IPv{family}");
        }
    }
}

#[test]
fn the_connections_of_a_client_go_together_or_are_shared() {
    let Some(world) = World::build() else { return };
    let mut clients = Clients::of(world);
    clients.world.apply(&sharing_by("src-address", &router(&UPLINKS)));
    hold_by_client(&mut clients);
    // The settings, which `auto` goes by, say `l4`.
    for policy in ["both-addresses-and-ports", "auto"] {
        clients.world.apply(&sharing_by(policy, &router(&UPLINKS)));
        hold_by_connection(&mut clients);
    }
    let forwarded = clients.packets(Reason::ForwardedByGroup);
    assert!(forwarded > 2 * u64::from(clients.connections), "{forwarded}");
    assert_eq!(clients.packets(Reason::MarkedForGroup), 0);
}

#[test]
fn the_translated_connections_of_a_client_go_together_or_are_shared() {
    let Some(world) = World::build() else { return };
    let mut clients = Clients::of(world);
    clients.world.apply(&sharing_by("src-address", &masquerading(&UPLINKS)));
    hold_by_client(&mut clients);
    let mut older = Connections::beginning_at(100_000);
    older.open(&clients.world, 40);
    clients.world.apply(&sharing_by("both-addresses-and-ports", &masquerading(&UPLINKS)));
    hold_by_connection(&mut clients);
    // All of them are one client's; connection tracking keeps them where they were.
    older.ask_all(&clients.world, &UPLINKS);
    assert_eq!(older.len(), 40);
    assert!(clients.packets(Reason::MarkedForGroup) > 2 * u64::from(clients.connections));
    assert_eq!(clients.packets(Reason::ForwardedByGroup), 0);
}

#[test]
fn all_connections_to_a_service_or_a_server_go_together() {
    let Some(world) = World::build() else { return };
    let mut clients = Clients::of(world);
    for policy in ["dst-port", "dst-address", "dst-address-and-port"] {
        clients.world.apply(&sharing_by(policy, &router(&UPLINKS)));
        for family in [4, 6] {
            let mut all = BTreeSet::new();
            for server in 0..12 {
                let service = 443;
                let from_many = (0..6).map(|client| Asked { family, client, server, service });
                let taken = clients.uplinks(from_many);
                assert_eq!(taken.len(), 1, "{policy}, server {server} of IPv{family}");
                all.extend(taken);
            }
            // Who asks for one service alone asks for all by one uplink.
            let is_shared = policy != "dst-port";
            assert_eq!(all.len() > 1, is_shared, "{policy}, IPv{family}: {all:?}");
        }
    }
}
