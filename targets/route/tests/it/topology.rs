//! Building namespaces.

use crate::host::ip;
use crate::objects::{address, device, net, via};
use rosc_route::topology::{End, Topology};
use rosc_target::netns::{NetNs, for_test};
use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

/// Builds inside a namespace.
fn build(namespace: &NetNs, parts: impl FnOnce(&mut Topology) + Send) {
    namespace.run(|| parts(&mut Topology::open().expect("a netlink socket")));
}

#[test]
fn a_cable_connects_two_namespaces_and_one_of_them_stands_for_every_host() {
    let (Some(near), Some(far)) = (for_test(), for_test()) else { return };
    let wan = device("wan");
    let mut topology = Topology::open().expect("a netlink socket");
    topology
        .cable(End { name: &wan, namespace: &near }, End { name: &wan, namespace: &far })
        .expect("a cable");
    build(&near, |topology| {
        topology.address(&address("wan", "192.0.2.1/24")).expect("an address");
        topology.set_up(&wan).expect("a device that is up");
        topology.route(&via("0.0.0.0/0", "192.0.2.9", "wan")).expect("a route");
    });
    build(&far, |topology| {
        topology.address(&address("wan", "192.0.2.9/24")).expect("an address");
        topology.set_up(&wan).expect("a device that is up");
        topology.set_up(&device("lo")).expect("a loopback device that is up");
        topology.any_ip(net("203.0.113.0/24")).expect("a prefix");
    });

    let bind = |address: &str| UdpSocket::bind((address, 0)).expect("a socket");
    let server = far.run(|| bind("203.0.113.77"));
    let client = near.run(|| bind("192.0.2.1"));
    assert_eq!(first_sender(&server, &client), IpAddr::from([192, 0, 2, 1]));
}

/// Sends until something arrives, since a cable takes a moment, and returns where that comes from.
fn first_sender(server: &UdpSocket, client: &UdpSocket) -> IpAddr {
    server.set_read_timeout(Some(Duration::from_millis(200))).expect("a patient socket");
    let address = server.local_addr().expect("it is bound");
    for _ in 0..50 {
        client.send_to(b"hello", address).expect("a route");
        if let Ok((_, from)) = server.recv_from(&mut [0; 8]) {
            return from.ip();
        }
    }
    panic!("nothing arrives");
}

#[test]
fn ports_join_a_bridge_and_devices_go_down() {
    let Some(namespace) = for_test() else { return };
    let (bridge, near, far) = (device("br0"), device("eth0"), device("far0"));
    build(&namespace, |topology| {
        let end = |name| End { name, namespace: &namespace };
        topology.cable(end(&near), end(&far)).expect("a cable");
        topology.bridge(&bridge).expect("a bridge");
        topology.enslave(&near, &bridge).expect("a port");
        topology.set_up(&near).expect("a device that is up");
        topology.set_down(&near).expect("a device that is down");
        assert!(ip("link show master br0").contains("eth0"));
        assert_eq!(ip("link show up"), "");
    });
}

#[test]
fn what_is_refused_is_named() {
    let Some(namespace) = for_test() else { return };
    build(&namespace, |topology| {
        let error = topology.set_up(&device("eth7")).expect_err("no such device");
        assert_eq!(error.to_string(), "find link eth7: there is no device `eth7`");
        let error = topology.route(&via("0.0.0.0/0", "192.0.2.9", "lo")).expect_err("no such gateway");
        assert_eq!(
            error.to_string(),
            "add route default metric 1 via 192.0.2.9 dev lo: Nexthop has invalid gateway"
        );
    });
}
