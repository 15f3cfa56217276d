//! The router's own packets.

use crate::ir::firewall::Protocol;
use crate::trace::{Packet, Payload};
use socket2::{Domain, Socket, Type};
use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::Duration;

/// Sends what a packet carries; the kernel of this thread's namespace makes the IP header. Returns whether a packet of this
/// kind can be sent; one that finds no way, or that rules stop, was sent too.
pub(super) fn send(packet: &Packet, carried: &[u8]) -> io::Result<bool> {
    let domain = if packet.is_ipv6() { Domain::IPV6 } else { Domain::IPV4 };
    let end = |address: IpAddr, port: u16| SocketAddr::new(address, port).into();
    let sent = match &packet.payload {
        Payload::Datagram { protocol: Protocol::UDP, ports } => {
            const UDP_HEADER: usize = 8;
            let socket = Socket::new(domain, Type::DGRAM, None)?;
            socket.bind(&end(packet.source, ports.source))?;
            let sent = socket.send_to(&carried[UDP_HEADER..], &end(packet.destination, ports.destination));
            drop(socket);
            until_nobody_receives()?;
            sent
        }
        Payload::Echo { .. } => {
            let protocol = if packet.is_ipv6() { Protocol::ICMPV6 } else { Protocol::ICMP };
            let socket = Socket::new(domain, Type::RAW, Some(i32::from(protocol.0).into()))?;
            if !packet.source.is_unspecified() {
                socket.bind(&end(packet.source, 0))?;
            }
            socket.send_to(carried, &end(packet.destination, 0))
        }
        Payload::Tcp { .. } | Payload::Datagram { .. } | Payload::Error { .. } | Payload::Other(_) => {
            return Ok(false);
        }
    };
    match sent {
        Ok(_) => Ok(true),
        // What has no way fails here: that is an outcome too.
        Err(error) if is_outcome(&error) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Waits until no socket for datagrams is left in this thread's namespace. One that was closed here goes on receiving
/// while another thread starts a program: until that program runs, it holds a copy of each of this process's sockets.
fn until_nobody_receives() -> io::Result<()> {
    const PAUSE: Duration = Duration::from_micros(100);
    let is_empty = |table: &str| -> io::Result<bool> {
        let sockets = fs::read_to_string(format!("/proc/thread-self/net/{table}"))?;
        // The first line is the head of the table.
        Ok(sockets.lines().count() <= 1)
    };
    while !(is_empty("udp")? && is_empty("udp6")?) {
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn is_outcome(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::ConnectionRefused
    )
}
