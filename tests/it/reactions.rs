//! What the router itself says to packets, in traces.

use crate::trace::{ends, with};

#[test]
fn what_the_router_itself_says_to_a_packet_is_followed() {
    let rejects = "/ip firewall filter add chain=forward protocol=tcp dst-port=25 action=reject reject-with=tcp-reset\n\
                   /ip firewall filter add chain=forward protocol=udp dst-port=25 action=reject\n";
    let segment = "in=lan src=192.168.88.9 dst=192.0.2.7 proto=tcp dport=25\n";
    let datagram = "in=lan src=192.168.88.9 dst=192.0.2.7 proto=udp dport=25\n";
    let found = ends(&with(rejects), &format!("{segment}{datagram}"));
    insta::assert_snapshot!(found, @"
    refused a rule of the firewall says so, and reset the connection
    leaves by lan to 192.168.88.9, as tcp 192.0.2.7:25 -> 192.168.88.9:50000 rst,ack of 40 bytes
    refused a rule of the firewall says so, and told the sender: network unreachable
    leaves by lan to 192.168.88.9, as icmp 192.168.88.1 -> 192.168.88.9 network unreachable, about udp 192.168.88.9:50000 -> 192.0.2.7:25 dscp 48
    ");
    let silent = with(&format!("{rejects}/ip firewall filter add chain=output protocol=icmp action=drop"));
    let found = ends(&silent, datagram);
    insta::assert_snapshot!(found, @"
    refused a rule of the firewall says so, and told the sender: network unreachable
    dropped a rule of the firewall says so
    ! the answer does not get back to the sender
    ");
    let asymmetric = "in=wan src=192.168.88.9 dst=192.0.2.7 proto=tcp dport=25\n";
    let found = ends(&with(rejects), asymmetric);
    assert!(found.contains("! the answer leaves by another interface"), "{found}");
}

#[test]
fn an_error_belongs_to_the_connection_that_it_is_about() {
    let configuration = with(
        "/ip firewall mangle add chain=output protocol=icmp connection-state=related action=mark-connection \
         new-connection-mark=refused\n\
         /ip firewall filter add chain=forward connection-mark=refused action=drop\n\
         /ip firewall filter add chain=forward ttl=less-than:9 action=reject",
    );
    let packet =
        |ttl: u8| format!("in=lan src=192.168.88.9 dst=192.0.2.7 proto=udp sport=5000 dport=53 ttl={ttl}\n");
    let found = ends(&configuration, &[64, 5, 64].map(packet).concat());
    let fates: Vec<&str> = found.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(fates, ["leaves", "leaves", "refused", "leaves", "dropped"], "{found}");
}
