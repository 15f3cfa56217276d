//! Helpers of connection tracking: what a connection announces inside is expected, and its addresses are translated.

use super::tcp::Tcp;
use super::{built, host, provider, router_of, uninterrupted};
use rosc::lab::Lab;
use rosc_target::netns::NetNs;
use socket2::{Domain, Socket, Type};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

/// What the firewall lets in from outside is what it knows: connections, and those that FTP and TFTP announce.
const FILTER: &str = "add chain=forward connection-state=established action=accept\n\
                      add chain=forward in-interface=lan action=accept\n\
                      add chain=forward connection-type=ftp,tftp connection-state=related action=accept\n\
                      add chain=forward action=drop\n";
const LAN: &str = "/interface bridge\nadd name=lan protocol-mode=none\n\
                   /interface bridge port\nadd bridge=lan interface=ether3\n";

/// Generous: it is waited for in vain only where that is what is tested.
const PATIENCE: Duration = Duration::from_secs(60);
/// So long nothing is heard of what is dropped.
const SILENCE: Duration = Duration::from_millis(700);

fn masquerading(more: &str) -> String {
    format!(
        "{LAN}/ip address\nadd address=100.64.1.2/24 interface=ether1\nadd address=192.168.88.1/24 interface=lan\n\
         /ip route\nadd gateway=100.64.1.1\n\
         /ip firewall nat\nadd action=masquerade chain=srcnat out-interface=ether1\n\
         /ip firewall filter\n{FILTER}{more}"
    )
}

fn ipv6() -> String {
    format!(
        "{LAN}/ipv6 address\nadd address=2001:db8:1::2/64 interface=ether1 advertise=no\n\
         add address=2001:db8:88::1/64 interface=lan advertise=no\n\
         /ipv6 route\nadd dst-address=::/0 gateway=2001:db8:1::1\n/ipv6 firewall filter\n{FILTER}"
    )
}

/// The control connection of a session of FTP.
struct Control(Tcp);

impl Control {
    /// From the LAN to a port of a server behind the provider.
    fn open(lan: &NetNs, outside: &NetNs, to: SocketAddr) -> Self {
        Self::begin(Tcp::open(lan, outside, to))
    }

    /// A helper reads no line that it has not seen the end of another one before.
    fn begin(connection: Tcp) -> Self {
        let mut control = Self(connection);
        assert_eq!(control.say("USER anonymous\r\n"), "USER anonymous\r\n");
        control
    }

    /// What the server reads where the client has written a line.
    fn say(&mut self, line: &str) -> String {
        self.0.client.write_all(line.as_bytes()).expect("a connection");
        let mut heard = String::new();
        BufReader::new(&self.0.server).read_line(&mut heard).expect("a line");
        heard
    }
}

/// Whether a connection that a host of the LAN waits for comes about, and carries something.
fn reaches(outside: &NetNs, from: IpAddr, listener: TcpListener, to: SocketAddr) -> bool {
    let waits = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a socket");
        let mut heard = String::new();
        stream.read_to_string(&mut heard).expect("a connection");
        heard
    });
    let Ok(mut stream) = outside.run(|| connect(from, to, PATIENCE)) else { return false };
    stream.write_all(b"data").expect("a connection");
    drop(stream);
    waits.join().expect("it ends") == "data"
}

fn connect(from: IpAddr, to: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(from, 0).into())?;
    socket.connect_timeout(&to.into(), patience)?;
    Ok(socket.into())
}

/// The words of `PORT` for an address, as RFC 959 has them.
fn port_command(address: SocketAddr) -> String {
    let SocketAddr::V4(address) = address else { panic!("PORT is for IPv4") };
    let [high, low] = address.port().to_be_bytes();
    let numbers = address.ip().octets().into_iter().chain([high, low]);
    format!("PORT {}\r\n", numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(","))
}

fn read_port_command(line: &str) -> SocketAddr {
    let numbers = line.trim_end().strip_prefix("PORT ").expect("PORT").split(',');
    let [a, b, c, d, high, low] =
        numbers.map(|n| n.parse().expect("a number")).collect::<Vec<u8>>().try_into().expect("six numbers");
    SocketAddr::new(IpAddr::from([a, b, c, d]), u16::from_be_bytes([high, low]))
}

fn places<'l>(lab: &'l Lab<'_>, gateway: &str) -> (&'l NetNs, &'l NetNs) {
    (host(lab), &lab.world.stations()[provider(lab, gateway)].namespace)
}

#[test]
fn what_ftp_announces_is_translated_and_let_in_and_nothing_else_is() {
    let Some(router) = router_of(&masquerading("")) else { return };
    let lab = built(&router);
    let (lan, outside) = places(&lab, "100.64.1.1");
    let far = "198.18.7.7".parse().expect("an address");
    let mut control = Control::open(lan, outside, SocketAddr::new(far, 21));
    let own = lan.run(|| TcpListener::bind("192.168.88.10:0")).expect("a socket");
    let announced = port_command(own.local_addr().expect("it is bound"));
    let heard = read_port_command(&control.say(&announced));
    assert_eq!(heard.ip().to_string(), "100.64.1.2", "the address in the command is translated");
    assert!(reaches(outside, far, own, heard), "what was announced comes in");

    let other = lan.run(|| TcpListener::bind("192.168.88.10:0")).expect("a socket");
    let port = other.local_addr().expect("it is bound").port();
    let not_announced = SocketAddr::new(heard.ip(), port);
    drop(other);
    let refused = outside.run(|| connect(far, not_announced, SILENCE));
    assert!(refused.is_err(), "nobody has announced {not_announced}");
}

#[test]
fn a_service_that_is_off_or_at_another_port_has_no_helper_there() {
    for (more, port, is_translated) in [
        ("/ip firewall service-port\nset ftp disabled=yes\n", 21, false),
        ("/ip firewall service-port\nset ftp ports=2121\n", 21, false),
        ("/ip firewall service-port\nset ftp ports=2121\n", 2121, true),
    ] {
        let Some(router) = router_of(&masquerading(more)) else { return };
        let lab = built(&router);
        let (lan, outside) = places(&lab, "100.64.1.1");
        let mut control =
            Control::open(lan, outside, SocketAddr::new("198.18.7.7".parse().expect("an address"), port));
        let heard = control.say("PORT 192,168,88,10,200,10\r\n");
        assert_eq!(heard != "PORT 192,168,88,10,200,10\r\n", is_translated, "{more}{port}: {heard}");
    }
}

#[test]
fn the_port_counts_that_a_connection_is_to_once_it_is_translated() {
    let forward = "/ip firewall nat\nadd chain=dstnat in-interface=lan dst-address=198.18.9.9 protocol=tcp \
                   dst-port=8021 action=dst-nat to-addresses=198.18.7.7 to-ports=21\n";
    let Some(router) = router_of(&masquerading(forward)) else { return };
    let lab = built(&router);
    let (lan, outside) = places(&lab, "100.64.1.1");
    let [to, server] = ["198.18.9.9:8021", "198.18.7.7:21"].map(|text| text.parse().expect("an address"));
    let connection = Tcp::open_translated(lan, outside, to, server);
    let heard = Control::begin(connection).say("PORT 192,168,88,10,200,10\r\n");
    assert!(heard.starts_with("PORT 100,64,1,2,"), "{heard}");
}

#[test]
fn an_answer_of_tftp_comes_from_another_port() {
    let Some(router) = router_of(&masquerading("")) else { return };
    let lab = built(&router);
    let (lan, outside) = places(&lab, "100.64.1.1");
    let server = outside.run(|| UdpSocket::bind("198.18.7.7:69")).expect("a server");
    let transfer = outside.run(|| UdpSocket::bind("198.18.7.7:0")).expect("a socket");
    let client = lan.run(|| UdpSocket::bind("192.168.88.10:0")).expect("a socket");
    for socket in [&server, &client] {
        socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
    }
    // A request to read (RFC 1350).
    client.send_to(b"\0\x01file\0octet\0", "198.18.7.7:69").expect("it is sent");
    let mut buffer = [0; 64];
    let (_, from) = uninterrupted(|| server.recv_from(&mut buffer)).expect("the request");
    transfer.send_to(b"\0\x03\0\x01data", from).expect("it is sent");
    let (length, answers) =
        uninterrupted(|| client.recv_from(&mut buffer)).expect("the answer comes through");
    assert_eq!(&buffer[..length], b"\0\x03\0\x01data");
    assert_eq!(answers, transfer.local_addr().expect("it is bound"));
}

#[test]
fn ftp_announces_over_ipv6_too() {
    let Some(router) = router_of(&ipv6()) else { return };
    let lab = built(&router);
    let (lan, outside) = places(&lab, "2001:db8:1::1");
    let far = lab.world.stations()[provider(&lab, "2001:db8:1::1")].station.addresses[0].addr();
    let mut control = Control::open(lan, outside, SocketAddr::new(far, 21));
    let address = control.0.client.local_addr().expect("it is connected").ip();
    let own = lan.run(|| TcpListener::bind(SocketAddr::new(address, 0))).expect("a socket");
    let to = own.local_addr().expect("it is bound");
    // As RFC 2428 has it.
    let announced = format!("EPRT |2|{}|{}|\r\n", to.ip(), to.port());
    assert_eq!(control.say(&announced), announced);
    assert!(reaches(outside, far, own, to));
}
