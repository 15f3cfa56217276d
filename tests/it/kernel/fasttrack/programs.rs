//! `fasttrack-connection` where the fast path is asked for: its programs do what the kernel's connection tracking says.

use super::{
    Exchange, FEW, PATIENCE, ROUNDS, Setting, Tcp, Udp, built, host, passed, provider, rosc, router_of,
    settings,
};
use crate::cli::Files;
use crate::kernel::output_of;
use rosc::lab::Lab;
use rosc::transaction::Machine;
use rosc_ebpf::{BPF_FS, CONNECTION_SHORT, EbpfTarget, Reason};
use rosc_nftables::Family;
use std::io::{Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Instant;

const ASKED: &str = "/rosc fastpath set enabled=yes\n";

/// What a test says that finds no such kernel.
const SKIPPED: &str = "SKIPPED: programs can't look into this kernel's connection tracking";

/// Whether programs can do that.
fn is_possible(lab: &Lab<'_>) -> bool {
    let hides = lab.world.on_router(|| EbpfTarget::open(BPF_FS.as_ref())?.hides_connections());
    hides.expect("an answer").is_none()
}

/// How many packets have left on the fast path as their connection.
fn forwarded(lab: &Lab<'_>) -> u64 {
    let read = || Machine::open(lab.world.state_dir())?.counters();
    let counters = lab.world.on_router(read).expect("they can be read").expect("there is a fast path");
    counters.reasons[&Reason::ForwardedByConnection].packets
}

/// What the kernel says of the connection to a port.
fn tracked(lab: &Lab<'_>, family: Family, port: u16) -> String {
    let family = if family == Family::Ip { "ipv4" } else { "ipv6" };
    let listed = output_of(lab.world.router(), "conntrack", &["-L", "-f", family]);
    let to = format!("dport={port} ");
    listed.lines().find(|line| line.contains(&to)).unwrap_or_default().to_owned()
}

/// Sends far more than one segment each way, at once.
fn transfer(tcp: &mut Tcp) {
    let sent: Vec<u8> = (0..4_000_000_u32).map(|number| (number >> 3) as u8).collect();
    for (from, to) in [(&tcp.client, &tcp.server), (&tcp.server, &tcp.client)] {
        let (mut from, mut to) = (from, to);
        thread::scope(|scope| {
            let sending = scope.spawn(|| from.write_all(&sent));
            let mut heard = vec![0; sent.len()];
            to.read_exact(&mut heard).expect("all of it");
            sending.join().expect("no panic").expect("all of it");
            assert!(heard == sent, "something else was heard");
        });
    }
}

#[test]
fn connections_take_the_fast_path_where_it_is_asked_for() {
    for Setting { family, configuration, gateway, client } in settings() {
        let configuration = format!("{configuration}{ASKED}");
        let Some(router) = router_of(&configuration) else { return };
        let lab = built(&router);
        if !is_possible(&lab) {
            println!("{SKIPPED}");
            return;
        }
        let station = &lab.world.stations()[provider(&lab, gateway)];
        let (lan, outside) = (host(&lab), &station.namespace);
        let far = match family {
            Family::Ip => "198.18.7.7".parse().expect("an address"),
            Family::Ip6 => station.station.addresses[0].addr(),
        };
        let from = SocketAddr::new(client.parse().expect("an address"), 0);
        let mut tcp = Tcp::open(lan, outside, SocketAddr::new(far, 7000));
        let mut marked = Tcp::open(lan, outside, SocketAddr::new(far, 7001));
        let mut udp = Udp::open(lan, outside, from, SocketAddr::new(far, 7002));

        let exchanges: [&mut dyn Exchange; 2] = [&mut tcp, &mut udp];
        for exchange in exchanges {
            let before = forwarded(&lab);
            let count = passed(&lab, family, exchange);
            let port = exchange.port();
            assert!(count <= FEW, "{family} {port}: {count} packets came by the rules");
            assert!(forwarded(&lab) - before >= 2 * ROUNDS, "{family} {port}");
            let mark = format!("mark={CONNECTION_SHORT} ");
            assert!(tracked(&lab, family, port).contains(&mark), "{}", tracked(&lab, family, port));
        }
        let before = forwarded(&lab);
        assert!(passed(&lab, family, &mut marked) >= 2 * ROUNDS, "no rule asked for it");
        // Of the others a late acknowledgement may be among these.
        assert!(forwarded(&lab) - before <= FEW);

        let mut helped = Tcp::open(lan, outside, SocketAddr::new(far, 21));
        assert!(passed(&lab, family, &mut helped) >= 2 * ROUNDS, "the helper for FTP looks into it");

        transfer(&mut tcp);
        let moved = forwarded(&lab);
        assert!(moved > before, "{family}");

        let files = Files::new([("router.rsc", configuration.as_str())]);
        let again = rosc(&lab, &["diff", &files.path("router.rsc")]);
        assert_eq!((again.code, again.out.as_str()), (Some(0), ""), "{}", again.err);

        // The kernel sees how a connection ends that it has seen nothing of for long.
        let mut ending = Tcp::open(lan, outside, SocketAddr::new(far, 7003));
        assert!(passed(&lab, family, &mut ending) <= FEW);
        let port = ending.port();
        drop(ending);
        let waiting = Instant::now();
        while tracked(&lab, family, port).contains("ESTABLISHED") {
            assert!(waiting.elapsed() < PATIENCE, "{}", tracked(&lab, family, port));
            thread::sleep(std::time::Duration::from_millis(10));
        }

        // Without the rule what was put on the fast path comes by the rules again.
        let files = Files::new([(
            "router.rsc",
            configuration.replace("action=fasttrack-connection", "action=passthrough"),
        )]);
        let changed = rosc(&lab, &["apply", &files.path("router.rsc")]);
        assert_eq!(changed.code, Some(0), "{}", changed.err);
        assert!(passed(&lab, family, &mut tcp) >= 2 * ROUNDS, "it comes by the rules again");
    }
}

/// The kernel ends a masqueraded connection whose packets would leave by another uplink; so does the fast path, since its
/// answers would never come back.
#[test]
fn a_masqueraded_connection_begins_anew_on_another_uplink() {
    let on = |gateway: &str| {
        format!(
            "/ip address\nadd address=100.64.1.2/24 interface=ether1\nadd address=100.64.2.2/24 interface=ether2\n\
             add address=192.168.88.1/24 interface=lan\n\
             /interface bridge\nadd name=lan protocol-mode=none\n\
             /interface bridge port\nadd bridge=lan interface=ether3\n\
             /ip route\nadd gateway={gateway}\nadd dst-address=192.0.2.1/32 gateway=100.64.1.1,100.64.2.1\n\
             /ip firewall nat\nadd action=masquerade chain=srcnat out-interface=ether1\n\
             add action=masquerade chain=srcnat out-interface=ether2\n\
             /ip firewall filter\nadd chain=forward action=fasttrack-connection\nadd chain=forward comment=later\n{ASKED}"
        )
    };
    let Some(router) = router_of(&on("100.64.1.1")) else { return };
    let lab = built(&router);
    if !is_possible(&lab) {
        println!("{SKIPPED}");
        return;
    }
    let [first, second] =
        ["100.64.1.1", "100.64.2.1"].map(|gateway| &lab.world.stations()[provider(&lab, gateway)].namespace);
    let to: SocketAddr = "198.18.7.7:7002".parse().expect("an address");
    let mut udp = Udp::open(host(&lab), first, "192.168.88.10:0".parse().expect("an address"), to);
    assert!(passed(&lab, Family::Ip, &mut udp) <= FEW);
    assert!(tracked(&lab, Family::Ip, 7002).contains("dst=100.64.1.2 "));

    let files = Files::new([("router.rsc", on("100.64.2.1"))]);
    let changed = rosc(&lab, &["apply", &files.path("router.rsc")]);
    assert_eq!(changed.code, Some(0), "{}", changed.err);
    udp.server = second.run(|| UdpSocket::bind(to)).expect("a server");
    udp.server.set_read_timeout(Some(PATIENCE)).expect("a socket");
    udp.client.send(b"lost").expect("it is sent");
    assert!(passed(&lab, Family::Ip, &mut udp) <= FEW, "it is on the fast path again");
    let now = tracked(&lab, Family::Ip, 7002);
    assert!(now.contains("dst=100.64.2.2 "), "{now}");
}
