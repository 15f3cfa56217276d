//! A TCP connection through the router, with both of its ends in the hands of a test.

use rosc_target::netns::NetNs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Generous: it is waited for in vain only where something hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// The two ends.
pub(super) struct Tcp {
    pub(super) client: TcpStream,
    pub(super) server: TcpStream,
}

impl Tcp {
    /// From the LAN to a server behind the provider.
    pub(super) fn open(lan: &NetNs, outside: &NetNs, to: SocketAddr) -> Self {
        Self::open_translated(lan, outside, to, to)
    }

    /// The same to an address that the router translates to the server's.
    pub(super) fn open_translated(lan: &NetNs, outside: &NetNs, to: SocketAddr, server: SocketAddr) -> Self {
        let listener = outside.run(|| TcpListener::bind(server)).expect("a server");
        let client = lan.run(|| TcpStream::connect_timeout(&to, PATIENCE)).expect("a connection");
        let (server, _) = listener.accept().expect("a connection");
        for stream in [&client, &server] {
            stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
            stream.set_nodelay(true).expect("a socket");
        }
        Self { client, server }
    }
}
