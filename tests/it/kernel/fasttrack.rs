//! `fasttrack-connection`: a short cut where the kernel has flow tables, and the rules as ever where it has none.

mod programs;

use super::machine::Box;
use super::tcp::Tcp;
use super::{built, host, output_of, provider, router_of, uninterrupted};
use crate::cli::{Ended, Files, command};
use rosc::lab::Lab;
use rosc_nftables::{Family, Nftables};
use rosc_target::netns::NetNs;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// What is marked is to be no short cut, as the manual advises for connections with marks.
const FIREWALL: &str = "firewall mangle\nadd chain=forward action=mark-connection new-connection-mark=slow \
    connection-state=new protocol=tcp dst-port=7001 passthrough=yes\n";
const FILTER: &str = "firewall filter\nadd chain=forward action=fasttrack-connection \
    connection-state=established,related connection-mark=no-mark\n\
    add chain=forward connection-state=established,related comment=later\n\
    add chain=forward in-interface=lan\nadd chain=forward action=drop\n";
const LAN: &str = "/interface bridge\nadd name=lan protocol-mode=none\n\
                   /interface bridge port\nadd bridge=lan interface=ether3\n";

/// Generous: it is waited for in vain only where something hangs.
const PATIENCE: Duration = Duration::from_secs(300);
/// So many packets go each way, and so few of them may come by the rules: a pause of half a minute ends a short cut.
const ROUNDS: u64 = 60;
const FEW: u64 = 12;

struct Setting {
    family: Family,
    configuration: String,
    gateway: &'static str,
    client: &'static str,
}

fn settings() -> [Setting; 2] {
    let ipv4 = format!(
        "{LAN}/ip address\nadd address=100.64.1.2/24 interface=ether1\nadd address=192.168.88.1/24 interface=lan\n\
         /ip route\nadd gateway=100.64.1.1\n\
         /ip firewall nat\nadd action=masquerade chain=srcnat out-interface=ether1\n/ip {FIREWALL}/ip {FILTER}"
    );
    let ipv6 = format!(
        "{LAN}/ipv6 address\nadd address=2001:db8:1::2/64 interface=ether1 advertise=no\n\
         add address=2001:db8:88::1/64 interface=lan advertise=no\n\
         /ipv6 route\nadd dst-address=::/0 gateway=2001:db8:1::1\n/ipv6 {FIREWALL}/ipv6 {FILTER}"
    );
    [
        Setting { family: Family::Ip, configuration: ipv4, gateway: "100.64.1.1", client: "192.168.88.10" },
        Setting { family: Family::Ip6, configuration: ipv6, gateway: "2001:db8:1::1", client: "::" },
    ]
}

/// Something that a client says and a server hears, and the other way round.
trait Exchange {
    fn round(&mut self);
    /// The port of the server.
    fn port(&self) -> u16;
}

impl Exchange for Tcp {
    fn round(&mut self) {
        let mut heard = [0; 4];
        self.client.write_all(b"ask?").expect("a connection");
        self.server.read_exact(&mut heard).expect("the question");
        assert_eq!(&heard, b"ask?");
        self.server.write_all(b"told").expect("a connection");
        self.client.read_exact(&mut heard).expect("the answer");
        assert_eq!(&heard, b"told");
    }

    fn port(&self) -> u16 {
        self.server.local_addr().expect("an address").port()
    }
}

struct Udp {
    client: UdpSocket,
    server: UdpSocket,
}

impl Udp {
    fn open(lan: &NetNs, outside: &NetNs, from: SocketAddr, to: SocketAddr) -> Self {
        let server = outside.run(|| UdpSocket::bind(to)).expect("a server");
        let client = lan.run(|| UdpSocket::bind(from)).expect("a socket");
        client.connect(to).expect("a way");
        for socket in [&client, &server] {
            socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
        }
        Self { client, server }
    }
}

impl Exchange for Udp {
    fn round(&mut self) {
        let mut heard = [0; 4];
        self.client.send(b"ask?").expect("it is sent");
        let (_, from) = uninterrupted(|| self.server.recv_from(&mut heard)).expect("the question");
        assert_eq!(&heard, b"ask?");
        self.server.send_to(b"told", from).expect("it is sent");
        uninterrupted(|| self.client.recv(&mut heard)).expect("the answer");
        assert_eq!(&heard, b"told");
    }

    fn port(&self) -> u16 {
        self.server.local_addr().expect("an address").port()
    }
}

/// How many packets have come by the rule behind.
fn counted(lab: &Lab<'_>, family: Family) -> u64 {
    let chain =
        output_of(lab.world.router(), "nft", &["list", "chain", family.keyword(), "rosc", "filter_forward"]);
    let rule = chain.lines().find(|line| line.contains("comment \"later\"")).expect("the rule");
    let (_, counter) = rule.split_once("counter packets ").expect("a counter");
    counter.split(' ').next().expect("a number").parse().expect("a number")
}

/// Whether the kernel says of a connection to a port that it takes the short cut.
fn is_offloaded(lab: &Lab<'_>, family: Family, port: u16) -> bool {
    let family = match family {
        Family::Ip => "ipv4",
        Family::Ip6 => "ipv6",
    };
    let listed = output_of(lab.world.router(), "conntrack", &["-L", "-f", family]);
    let to = format!("dport={port} ");
    let lines: Vec<&str> = listed.lines().filter(|line| line.contains(&to)).collect();
    assert_eq!(lines.len(), 1, "one connection to port {port}: {listed}");
    lines[0].contains("[OFFLOAD]")
}

/// Rounds of an exchange, and how many of its packets have come by the rule behind.
fn passed(lab: &Lab<'_>, family: Family, exchange: &mut dyn Exchange) -> u64 {
    // It takes some for a connection to be known in both directions.
    (0..3).for_each(|_| exchange.round());
    let before = counted(lab, family);
    (0..ROUNDS).for_each(|_| exchange.round());
    counted(lab, family) - before
}

fn rosc(lab: &Lab<'_>, args: &[&str]) -> Ended {
    let mut command = command(args);
    command.env("ROSC_STATE_DIR", lab.world.state_dir());
    lab.world.router().run(|| command.output()).expect("the command can be started").into()
}

/// Whether the kernel of this machine has flow tables.
fn has_flow_tables(lab: &Lab<'_>, family: Family) -> bool {
    lab.world.router().run(|| Nftables::new().missing_flow_tables(&[family])).expect("an answer").is_empty()
}

#[test]
fn connections_take_a_short_cut_where_the_kernel_has_one() {
    for Setting { family, configuration, gateway, client } in settings() {
        let Some(router) = router_of(&configuration) else { return };
        let lab = built(&router);
        let station = &lab.world.stations()[provider(&lab, gateway)];
        let (lan, outside) = (host(&lab), &station.namespace);
        let far = if family == Family::Ip {
            "198.18.7.7".parse().expect("an address")
        } else {
            station.station.addresses[0].addr()
        };
        let from = SocketAddr::new(client.parse().expect("an address"), 0);
        let mut tcp = Tcp::open(lan, outside, SocketAddr::new(far, 7000));
        let mut marked = Tcp::open(lan, outside, SocketAddr::new(far, 7001));
        let mut udp = Udp::open(lan, outside, from, SocketAddr::new(far, 7002));

        let is_there = has_flow_tables(&lab, family);
        let files = Files::new([("router.rsc", configuration.as_str())]);
        let path = files.path("router.rsc");
        let table = output_of(lab.world.router(), "nft", &["list", "table", family.keyword(), "rosc"]);
        assert_eq!(table.contains("flowtable fasttrack"), is_there, "{table}");
        let exchanges: [&mut dyn Exchange; 2] = [&mut tcp, &mut udp];
        for exchange in exchanges {
            let count = passed(&lab, family, exchange);
            let port = exchange.port();
            assert_eq!(is_offloaded(&lab, family, port), is_there, "{family} {port}");
            if is_there {
                assert!(count <= FEW, "{family} {port}: {count} packets came by the rules");
            } else {
                assert!(count >= 2 * ROUNDS, "{family} {port}: {count} packets came by the rules");
            }
        }
        assert!(passed(&lab, family, &mut marked) >= 2 * ROUNDS, "no rule asked for it");
        assert!(!is_offloaded(&lab, family, marked.port()));

        let again = rosc(&lab, &["diff", &path]);
        assert_eq!((again.code, again.out.as_str()), (Some(0), ""), "{}", again.err);
        assert_eq!(
            again.err.contains("this machine's kernel has no flow tables"),
            !is_there,
            "{}",
            again.err
        );
        if !is_there {
            println!(
                "this kernel has no flow tables for {family}: it was seen that all packets come by the rules"
            );
            continue;
        }
        without_the_rule(&lab, family, &configuration, &mut tcp);
    }
}

/// A connection that is on its way goes on by the rules when the one is gone that has put it there.
fn without_the_rule(lab: &Lab<'_>, family: Family, configuration: &str, open: &mut Tcp) {
    let files = Files::new([(
        "router.rsc",
        configuration.replace("action=fasttrack-connection", "action=passthrough"),
    )]);
    let changed = rosc(lab, &["apply", &files.path("router.rsc")]);
    assert_eq!(changed.code, Some(0), "{}", changed.err);
    let table = output_of(lab.world.router(), "nft", &["list", "table", family.keyword(), "rosc"]);
    assert!(!table.contains("flowtable") && !table.contains("fasttrack"), "{table}");
    assert!(passed(lab, family, open) >= 2 * ROUNDS, "it comes by the rules again");
    assert!(!is_offloaded(lab, family, open.port()));
}

/// The devices of the flow table; `None` if there is none.
fn devices(machine: &Box) -> Option<BTreeSet<String>> {
    let listed = machine.run("nft", &["list", "table", "ip", "rosc"]);
    let (_, table) = listed.split_once("flowtable fasttrack {")?;
    let (table, _) = table.split_once('}').expect("an end");
    let names = table.split_once("devices = {").map_or("", |(_, names)| names);
    let names = names.split([',', ' ', '\n', '\t', '"']).filter(|name| !name.is_empty());
    Some(names.map(str::to_owned).collect())
}

#[test]
fn a_device_that_goes_and_comes_back_is_on_the_short_cut_again() {
    let Some(machine) = Box::with_ports(&["ether1", "ether3"]) else { return };
    let missing = machine.namespace.run(|| Nftables::new().missing_flow_tables(&[Family::Ip]));
    let is_there = missing.expect("an answer").is_empty();
    if !is_there {
        println!("this kernel has no flow tables: it is seen that nothing is made of them");
    }
    let expect = |devices: &[&str]| is_there.then(|| devices.iter().map(|&name| name.to_owned()).collect());
    let [Setting { configuration, .. }, _] = settings();
    let files = Files::new([("router.rsc", configuration)]);
    let path = files.path("router.rsc");
    let apply = |more: &[&str]| machine.rosc(&[&["apply"], more, &[path.as_str()]].concat());
    let settled = |told: &str| {
        let again = apply(&[]);
        assert_eq!(
            (again.code, again.err.ends_with("nothing to change\n")),
            (Some(0), true),
            "{told}: {}",
            again.err
        );
    };
    let first = apply(&[]);
    assert_eq!(first.code, Some(0), "{}", first.err);
    assert_eq!(devices(&machine), expect(&["ether1", "lan"]));
    settled("as it was made");

    // No transaction is made when it goes.
    machine.run("ip", &["link", "delete", "ether1"]);
    assert_eq!(devices(&machine), expect(&["lan"]));
    let refused = apply(&[]);
    assert!(refused.code == Some(1) && refused.err.contains("R0601"), "{}", refused.err);
    let part = apply(&["--skip-missing"]);
    assert!(part.code == Some(0) && part.err.contains("R0606"), "{}", part.err);
    assert_eq!(devices(&machine), expect(&["lan"]));

    for number in [7, 8] {
        machine.plug("ether1", number);
        let back = apply(&[]);
        assert_eq!(back.code, Some(0), "{}", back.err);
        assert_eq!(devices(&machine), expect(&["ether1", "lan"]), "{}", back.err);
        settled("as it came back");
        machine.run("ip", &["link", "delete", "ether1"]);
    }
    let removed = machine.rosc(&["apply", "--remove"]);
    assert_eq!(removed.code, Some(0), "{}", removed.err);
    assert_eq!(machine.run("nft", &["list", "ruleset"]), "");
}
