//! One case for each action: what becomes of packets that the rule meets.

use super::Family;

/// What is seen of a packet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    /// It leaves, as these words of its description say.
    Leaves(&'static str),
    /// It is dropped without a word.
    Dropped,
    /// It is dropped, and the sender is told so.
    Refused(&'static str),
    /// It is dropped, and the connection reset.
    Reset,
}

/// Lines of a configuration, and packets one after the other.
#[derive(Debug)]
pub(super) struct Case {
    /// Menu and action, as `filter drop`.
    pub(super) action: &'static str,
    pub(super) family: Family,
    pub(super) lines: &'static str,
    pub(super) packets: &'static [(&'static str, Fate)],
}

const UDP: &str = "in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp sport=5000 dport=53";
const UDP6: &str = "in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=udp sport=5000 dport=53";
const TCP: &str = "in=lan src=192.168.88.10 dst=192.0.2.7 proto=tcp sport=5000 dport=80";
const TCP6: &str = "in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=tcp sport=5000 dport=80";
const SYN: &str = "in=lan src=192.168.88.10 dst=192.0.2.7 proto=tcp sport=5000 dport=80 mss=1460";
const SYN6: &str = "in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=tcp sport=5000 dport=80 mss=1460";

/// As it was sent.
const AS_SENT: Fate = Fate::Leaves("udp 192.168.88.10:5000 -> 192.0.2.7:53");
const AS_SENT6: Fate = Fate::Leaves("udp [2001:db8:88::10]:5000 -> [2001:db8:ff::7]:53");

const fn ip(action: &'static str, lines: &'static str, packets: &'static [(&'static str, Fate)]) -> Case {
    Case { action, family: Family::Ip, lines, packets }
}

const fn ip6(action: &'static str, lines: &'static str, packets: &'static [(&'static str, Fate)]) -> Case {
    Case { action, family: Family::Ip6, lines, packets }
}

pub(super) const CASES: &[Case] = &[
    ip(
        "filter accept",
        "/ip firewall filter\nadd chain=forward action=accept protocol=udp\nadd chain=forward action=drop",
        &[(UDP, AS_SENT), (TCP, Fate::Dropped)],
    ),
    ip6(
        "filter accept",
        "/ipv6 firewall filter\nadd chain=forward protocol=udp\nadd chain=forward action=drop",
        &[(UDP6, AS_SENT6), (TCP6, Fate::Dropped)],
    ),
    ip("filter drop", "/ip firewall filter add chain=forward action=drop", &[(UDP, Fate::Dropped)]),
    ip6("filter drop", "/ipv6 firewall filter add chain=forward action=drop", &[(UDP6, Fate::Dropped)]),
    ip(
        "filter reject",
        "/ip firewall filter\nadd chain=forward action=reject protocol=tcp reject-with=tcp-reset\n\
         add chain=forward action=reject protocol=udp reject-with=icmp-host-prohibited\n\
         add chain=forward action=reject",
        &[
            (UDP, Fate::Refused("host-prohibited")),
            (TCP, Fate::Reset),
            ("in=lan src=192.168.88.10 dst=192.0.2.7 proto=253", Fate::Refused("network-unreachable")),
        ],
    ),
    ip6(
        "filter reject",
        "/ipv6 firewall filter\nadd chain=forward action=reject protocol=tcp reject-with=tcp-reset\n\
         add chain=forward action=reject reject-with=icmp-address-unreachable",
        &[(UDP6, Fate::Refused("host-unreachable")), (TCP6, Fate::Reset)],
    ),
    ip(
        "filter tarpit",
        "/ip firewall filter add chain=forward action=tarpit protocol=tcp",
        &[(UDP, AS_SENT), (TCP, Fate::Dropped)],
    ),
    ip6(
        "filter tarpit",
        "/ipv6 firewall filter add chain=forward action=tarpit protocol=tcp",
        &[(UDP6, AS_SENT6), (TCP6, Fate::Dropped)],
    ),
    ip(
        "filter jump",
        "/ip firewall filter\nadd chain=forward action=jump jump-target=own protocol=udp\n\
         add chain=own action=drop dst-port=53 protocol=udp",
        &[
            (UDP, Fate::Dropped),
            (
                "in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp sport=5000 dport=54",
                Fate::Leaves("udp 192.168.88.10:5000 -> 192.0.2.7:54"),
            ),
        ],
    ),
    ip6(
        "filter jump",
        "/ipv6 firewall filter\nadd chain=forward action=jump jump-target=own\nadd chain=own action=drop protocol=tcp",
        &[(UDP6, AS_SENT6), (TCP6, Fate::Dropped)],
    ),
    ip(
        "filter return",
        "/ip firewall filter\nadd chain=forward action=jump jump-target=own\n\
         add chain=own action=return protocol=udp\nadd chain=own action=drop",
        &[(UDP, AS_SENT), (TCP, Fate::Dropped)],
    ),
    ip6(
        "filter return",
        "/ipv6 firewall filter\nadd chain=forward action=return protocol=udp\nadd chain=forward action=drop",
        &[(UDP6, AS_SENT6), (TCP6, Fate::Dropped)],
    ),
    ip(
        "filter log",
        "/ip firewall filter\nadd chain=forward action=log log-prefix=seen protocol=udp\n\
         add chain=forward action=drop log=yes protocol=tcp",
        &[(UDP, AS_SENT), (TCP, Fate::Dropped)],
    ),
    ip6("filter log", "/ipv6 firewall filter add chain=forward action=log", &[(UDP6, AS_SENT6)]),
    ip("filter passthrough", "/ip firewall filter add chain=forward action=passthrough", &[(UDP, AS_SENT)]),
    ip6(
        "filter passthrough",
        "/ipv6 firewall filter add chain=forward action=passthrough",
        &[(UDP6, AS_SENT6)],
    ),
    ip(
        "filter fasttrack-connection",
        "/ip firewall filter\nadd chain=forward action=fasttrack-connection\nadd chain=forward action=drop protocol=tcp",
        &[(UDP, AS_SENT), (TCP, Fate::Dropped)],
    ),
    ip6(
        "filter fasttrack-connection",
        "/ipv6 firewall filter\nadd chain=forward action=fasttrack-connection\nadd chain=forward action=drop protocol=tcp",
        &[(UDP6, AS_SENT6), (TCP6, Fate::Dropped)],
    ),
    // What one packet has put on a list, the next one meets.
    ip(
        "filter add-src-to-address-list",
        "/ip firewall filter\nadd chain=forward action=drop src-address-list=seen\n\
         add chain=forward action=add-src-to-address-list address-list=seen address-list-timeout=1h",
        &[(UDP, AS_SENT), (UDP, Fate::Dropped)],
    ),
    ip6(
        "filter add-src-to-address-list",
        "/ipv6 firewall filter\nadd chain=forward action=drop src-address-list=seen\n\
         add chain=forward action=add-src-to-address-list address-list=seen",
        &[(UDP6, AS_SENT6), (UDP6, Fate::Dropped)],
    ),
    ip(
        "filter add-dst-to-address-list",
        "/ip firewall filter\nadd chain=forward action=drop dst-address-list=seen\n\
         add chain=forward action=add-dst-to-address-list address-list=seen",
        &[(UDP, AS_SENT), (UDP, Fate::Dropped)],
    ),
    ip6(
        "filter add-dst-to-address-list",
        "/ipv6 firewall filter\nadd chain=forward action=drop dst-address-list=seen\n\
         add chain=forward action=add-dst-to-address-list address-list=seen address-list-timeout=1d",
        &[(UDP6, AS_SENT6), (UDP6, Fate::Dropped)],
    ),
    ip(
        "raw drop",
        "/ip firewall raw\nadd chain=prerouting action=accept protocol=udp\nadd chain=prerouting action=drop",
        &[(UDP, AS_SENT), (TCP, Fate::Dropped)],
    ),
    ip6(
        "raw drop",
        "/ipv6 firewall raw add chain=prerouting action=drop protocol=tcp",
        &[(UDP6, AS_SENT6), (TCP6, Fate::Dropped)],
    ),
    // Of no connection, a packet is not translated.
    ip(
        "raw notrack",
        "/ip firewall raw add chain=prerouting action=notrack protocol=udp\n\
         /ip firewall nat add chain=srcnat action=masquerade out-interface=wan1",
        &[(UDP, AS_SENT), (TCP, Fate::Leaves("tcp 198.51.100.2:5000 -> 192.0.2.7:80 syn"))],
    ),
    ip6(
        "raw notrack",
        "/ipv6 firewall raw add chain=prerouting action=notrack protocol=udp\n\
         /ipv6 firewall filter add chain=forward action=drop connection-state=new",
        &[(UDP6, AS_SENT6), (TCP6, Fate::Dropped)],
    ),
    ip(
        "mangle drop",
        "/ip firewall mangle add chain=postrouting action=drop protocol=udp",
        &[(UDP, Fate::Dropped)],
    ),
    ip6(
        "mangle drop",
        "/ipv6 firewall mangle add chain=prerouting action=drop protocol=udp",
        &[(UDP6, Fate::Dropped)],
    ),
    ip(
        "mangle mark-connection",
        "/ip firewall mangle add chain=prerouting action=mark-connection new-connection-mark=c protocol=udp\n\
         /ip firewall filter add chain=forward action=drop connection-mark=c",
        &[(UDP, Fate::Dropped), (TCP, Fate::Leaves("tcp 192.168.88.10:5000 -> 192.0.2.7:80 syn"))],
    ),
    ip6(
        "mangle mark-connection",
        "/ipv6 firewall mangle add chain=prerouting action=mark-connection new-connection-mark=c protocol=udp\n\
         /ipv6 firewall filter add chain=forward action=drop connection-mark=c",
        &[(UDP6, Fate::Dropped)],
    ),
    ip(
        "mangle mark-packet",
        "/ip firewall mangle\nadd chain=forward action=mark-packet new-packet-mark=p passthrough=no protocol=udp\n\
         add chain=forward action=mark-packet new-packet-mark=q\n\
         /ip firewall filter add chain=forward action=drop packet-mark=q",
        &[(UDP, AS_SENT), (TCP, Fate::Dropped)],
    ),
    ip6(
        "mangle mark-packet",
        "/ipv6 firewall mangle add chain=forward action=mark-packet new-packet-mark=q protocol=tcp\n\
         /ipv6 firewall filter add chain=forward action=drop packet-mark=q",
        &[(UDP6, AS_SENT6), (TCP6, Fate::Dropped)],
    ),
    ip(
        "mangle mark-routing",
        "/ip firewall mangle add chain=prerouting action=mark-routing new-routing-mark=t1 protocol=udp\n\
         /ip firewall filter add chain=forward action=drop routing-mark=t1",
        &[(UDP, Fate::Dropped)],
    ),
    ip6(
        "mangle mark-routing",
        "/ipv6 firewall mangle add chain=prerouting action=mark-routing new-routing-mark=t1 protocol=udp\n\
         /ipv6 firewall filter add chain=forward action=drop routing-mark=t1",
        &[(UDP6, Fate::Dropped)],
    ),
    ip(
        "mangle change-mss",
        "/ip firewall mangle add chain=forward action=change-mss new-mss=1200 protocol=tcp tcp-flags=syn",
        &[(SYN, Fate::Leaves("tcp 192.168.88.10:5000 -> 192.0.2.7:80 syn mss 1200"))],
    ),
    ip6(
        "mangle change-mss",
        "/ipv6 firewall mangle add chain=forward action=change-mss new-mss=1200 protocol=tcp tcp-flags=syn",
        &[(SYN6, Fate::Leaves("tcp [2001:db8:88::10]:5000 -> [2001:db8:ff::7]:80 syn mss 1200"))],
    ),
    ip(
        "mangle change-dscp",
        "/ip firewall mangle add chain=postrouting action=change-dscp new-dscp=46 protocol=udp",
        &[(UDP, Fate::Leaves("udp 192.168.88.10:5000 -> 192.0.2.7:53 dscp 46"))],
    ),
    ip6(
        "mangle change-dscp",
        "/ipv6 firewall mangle add chain=prerouting action=change-dscp new-dscp=10",
        &[(UDP6, Fate::Leaves("udp [2001:db8:88::10]:5000 -> [2001:db8:ff::7]:53 dscp 10"))],
    ),
    ip(
        "mangle change-ttl",
        "/ip firewall mangle add chain=prerouting action=change-ttl new-ttl=set:1",
        &[(UDP, Fate::Refused("time-exceeded"))],
    ),
    ip6(
        "mangle change-hop-limit",
        // With another hop limit neighbours do not hear each other.
        "/ipv6 firewall mangle add chain=prerouting action=change-hop-limit new-hop-limit=set:1 protocol=udp",
        &[(UDP6, Fate::Refused("time-exceeded"))],
    ),
    ip("mangle clear-df", "/ip firewall mangle add chain=forward action=clear-df", &[(UDP, AS_SENT)]),
    ip(
        "mangle set-priority",
        "/ip firewall mangle add chain=forward action=set-priority new-priority=5\n\
         /ip firewall filter add chain=forward action=drop priority=5",
        &[(UDP, Fate::Dropped)],
    ),
    ip6(
        "mangle set-priority",
        "/ipv6 firewall mangle add chain=forward action=set-priority new-priority=5\n\
         /ipv6 firewall filter add chain=forward action=drop priority=5",
        &[(UDP6, Fate::Dropped)],
    ),
    ip(
        "mangle fasttrack-connection",
        "/ip firewall mangle add chain=prerouting action=fasttrack-connection",
        &[(UDP, AS_SENT)],
    ),
    ip6(
        "mangle fasttrack-connection",
        "/ipv6 firewall mangle add chain=prerouting action=fasttrack-connection",
        &[(UDP6, AS_SENT6)],
    ),
    ip(
        "nat masquerade",
        "/ip firewall nat add chain=srcnat action=masquerade out-interface=wan1",
        &[(UDP, Fate::Leaves("udp 198.51.100.2:5000 -> 192.0.2.7:53"))],
    ),
    ip6(
        "nat masquerade",
        "/ipv6 firewall nat add chain=srcnat action=masquerade out-interface=wan1",
        &[(UDP6, Fate::Leaves("udp [2001:db8:1::2]:5000 -> [2001:db8:ff::7]:53"))],
    ),
    ip(
        "nat src-nat",
        "/ip firewall nat add chain=srcnat action=src-nat protocol=udp to-addresses=198.51.100.9 to-ports=7000",
        &[(UDP, Fate::Leaves("udp 198.51.100.9:7000 -> 192.0.2.7:53"))],
    ),
    ip6(
        "nat src-nat",
        "/ipv6 firewall nat add chain=srcnat action=src-nat to-address=2001:db8:1::9/128",
        &[(UDP6, Fate::Leaves("udp [2001:db8:1::9]:5000 -> [2001:db8:ff::7]:53"))],
    ),
    ip(
        "nat dst-nat",
        "/ip firewall nat add chain=dstnat action=dst-nat protocol=udp to-addresses=10.9.0.9 to-ports=5353",
        &[(UDP, Fate::Leaves("udp 192.168.88.10:5000 -> 10.9.0.9:5353"))],
    ),
    ip6(
        "nat dst-nat",
        "/ipv6 firewall nat add chain=dstnat action=dst-nat to-address=2001:db8:9::9/128",
        &[(UDP6, Fate::Leaves("udp [2001:db8:88::10]:5000 -> [2001:db8:9::9]:53"))],
    ),
    // What is sent to the router ends there.
    ip(
        "nat redirect",
        "/ip firewall nat add chain=dstnat action=redirect protocol=udp to-ports=5353\n\
         /ip firewall filter add chain=input action=drop protocol=udp dst-port=5353",
        &[(UDP, Fate::Dropped)],
    ),
    ip6(
        "nat redirect",
        "/ipv6 firewall nat add chain=dstnat action=redirect protocol=udp to-ports=5353\n\
         /ipv6 firewall filter add chain=input action=drop protocol=udp dst-port=5353",
        &[(UDP6, Fate::Dropped)],
    ),
    ip(
        "nat netmap",
        "/ip firewall nat add chain=srcnat action=netmap to-addresses=10.77.0.0/24",
        &[(UDP, Fate::Leaves("udp 10.77.0.10:5000 -> 192.0.2.7:53"))],
    ),
    ip6(
        "nat netmap",
        "/ipv6 firewall nat add chain=dstnat action=netmap to-address=2001:db8:9::/64",
        &[(UDP6, Fate::Leaves("udp [2001:db8:88::10]:5000 -> [2001:db8:9::7]:53"))],
    ),
    ip(
        "nat same",
        "/ip firewall nat add chain=srcnat action=same to-addresses=198.51.100.9",
        &[(UDP, Fate::Leaves("udp 198.51.100.9:5000 -> 192.0.2.7:53"))],
    ),
    ip6(
        "nat same",
        "/ipv6 firewall nat add chain=srcnat action=same same-not-by-dst=yes to-address=2001:db8:1::9/128",
        &[(UDP6, Fate::Leaves("udp [2001:db8:1::9]:5000 -> [2001:db8:ff::7]:53"))],
    ),
];
