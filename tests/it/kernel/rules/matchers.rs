//! One case for each matcher: packets that meet it, and packets that do not.

use super::{Case, Family, Packet};

const fn hit(packet: &'static str) -> Packet {
    Packet { words: packet, is_met: true }
}

const fn miss(packet: &'static str) -> Packet {
    Packet { words: packet, is_met: false }
}

/// A host of the LAN asks one far away.
const UDP: &str = "in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp sport=5000 dport=53";
const UDP6: &str = "in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=udp sport=5000 dport=53";
const TCP: &str = "in=lan src=192.168.88.10 dst=192.0.2.7 proto=tcp sport=5000 dport=80";
const TCP6: &str = "in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=tcp sport=5000 dport=80";
const ECHO: &str = "in=lan src=192.168.88.10 dst=192.0.2.7 proto=icmp";
const ECHO6: &str = "in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=icmpv6";
/// It asks for another port.
macro_rules! scan {
    ($protocol:literal, $port:literal) => {
        concat!("in=lan src=192.168.88.10 dst=192.0.2.7 sport=5000 proto=", $protocol, " dport=", $port)
    };
}
/// Others.
const DMZ: &str = "in=dmz src=10.9.0.10 dst=192.0.2.7 proto=udp sport=5000 dport=53";
const DMZ6: &str = "in=dmz src=2001:db8:9::10 dst=2001:db8:ff::7 proto=udp sport=5000 dport=53";
const TO_DMZ: &str = "in=lan src=192.168.88.10 dst=10.9.0.9 proto=udp sport=5000 dport=53";
const TO_DMZ6: &str = "in=lan src=2001:db8:88::10 dst=2001:db8:9::9 proto=udp sport=5000 dport=53";

const fn ip(property: &'static str, rule: &'static str, packets: &'static [Packet]) -> Case {
    Case { property, family: Family::Ip, more: "", rule, packets }
}

const fn ip6(property: &'static str, rule: &'static str, packets: &'static [Packet]) -> Case {
    Case { property, family: Family::Ip6, more: "", rule, packets }
}

/// The cases; the rule drops what it matches in chain forward of filter.
pub(super) const CASES: &[Case] = &[
    ip("src-address", "src-address=192.168.88.0/28", &[hit(UDP), miss(DMZ)]),
    ip("src-address", "src-address=!192.168.88.5-192.168.88.12", &[miss(UDP), hit(DMZ)]),
    ip6("src-address", "src-address=2001:db8:88::/64", &[hit(UDP6), miss(DMZ6)]),
    ip("dst-address", "dst-address=192.0.2.0/29", &[hit(UDP), miss(TO_DMZ)]),
    ip6("dst-address", "dst-address=!2001:db8:9::/64", &[hit(UDP6), miss(TO_DMZ6)]),
    ip("src-address-list", "src-address-list=some", &[hit(UDP), miss(DMZ)]),
    ip6("src-address-list", "src-address-list=some", &[hit(UDP6), miss(DMZ6)]),
    ip("dst-address-list", "dst-address-list=!some", &[hit(UDP), hit(TO_DMZ)]),
    ip("dst-address-list", "dst-address-list=far", &[hit(UDP), miss(TO_DMZ)]),
    ip6("dst-address-list", "dst-address-list=far", &[hit(UDP6), miss(TO_DMZ6)]),
    ip("src-address-type", "src-address-type=unicast", &[hit(UDP)]),
    ip("src-address-type", "src-address-type=local", &[miss(UDP)]),
    ip6("src-address-type", "src-address-type=local", &[miss(UDP6)]),
    ip("dst-address-type", "dst-address-type=!local", &[hit(UDP)]),
    ip("dst-address-type", "dst-address-type=broadcast,multicast", &[miss(UDP)]),
    ip6("dst-address-type", "dst-address-type=!local", &[hit(UDP6)]),
    // The first who sends has this address on the bench, the next one the next.
    ip("src-mac-address", "src-mac-address=02:00:00:00:00:00", &[hit(UDP), miss(DMZ)]),
    ip6("src-mac-address", "src-mac-address=!02:00:00:00:00:00", &[miss(UDP6), hit(DMZ6)]),
    ip("in-interface", "in-interface=lan", &[hit(UDP), miss(DMZ)]),
    ip6("in-interface", "in-interface=!lan", &[miss(UDP6), hit(DMZ6)]),
    ip("out-interface", "out-interface=wan1", &[hit(UDP), miss(TO_DMZ)]),
    ip6("out-interface", "out-interface=!wan1", &[miss(UDP6), hit(TO_DMZ6)]),
    ip("in-interface-list", "in-interface-list=LAN", &[hit(UDP), miss(DMZ)]),
    ip6("in-interface-list", "in-interface-list=!LAN", &[miss(UDP6), hit(DMZ6)]),
    ip("out-interface-list", "out-interface-list=WAN", &[hit(UDP), miss(TO_DMZ)]),
    ip6("out-interface-list", "out-interface-list=!WAN", &[miss(UDP6), hit(TO_DMZ6)]),
    ip("protocol", "protocol=udp", &[hit(UDP), miss(TCP), miss(ECHO)]),
    ip6("protocol", "protocol=!udp", &[miss(UDP6), hit(TCP6), hit(ECHO6)]),
    ip("src-port", "protocol=udp src-port=4999-5000", &[hit(UDP), miss(TCP)]),
    ip("src-port", "protocol=udp src-port=!5000", &[miss(UDP), miss(ECHO)]),
    ip6("src-port", "protocol=tcp src-port=5000,6000", &[hit(TCP6), miss(UDP6)]),
    ip("dst-port", "protocol=tcp dst-port=80,443", &[hit(TCP), miss(UDP)]),
    ip6("dst-port", "protocol=tcp dst-port=!80", &[miss(TCP6)]),
    ip("port", "protocol=udp port=5000", &[hit(UDP), miss(TCP)]),
    ip("port", "protocol=udp port=!53", &[miss(UDP)]),
    ip6("port", "protocol=udp port=53", &[hit(UDP6), miss(TCP6)]),
    ip(
        "tcp-mss",
        "protocol=tcp tcp-flags=syn tcp-mss=1400-65535",
        &[
            hit("in=lan src=192.168.88.10 dst=192.0.2.7 proto=tcp dport=80 mss=1460"),
            miss("in=lan src=192.168.88.11 dst=192.0.2.7 proto=tcp dport=80 mss=1200"),
        ],
    ),
    ip6(
        "tcp-mss",
        "protocol=tcp tcp-mss=1400",
        &[
            hit("in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=tcp dport=80 mss=1400"),
            miss("in=lan src=2001:db8:88::11 dst=2001:db8:ff::7 proto=tcp dport=80 mss=1401"),
        ],
    ),
    ip(
        "tcp-flags",
        "protocol=tcp tcp-flags=syn,!ack",
        &[
            hit(TCP),
            miss("in=lan src=192.168.88.10 dst=192.0.2.7 proto=tcp sport=5001 dport=80 flags=syn,ack"),
            miss(UDP),
        ],
    ),
    ip6(
        "tcp-flags",
        "protocol=tcp tcp-flags=fin",
        &[miss(TCP6), hit("in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=tcp dport=80 flags=fin,ack")],
    ),
    ip(
        "icmp-options",
        "protocol=icmp icmp-options=8:0-255",
        &[hit(ECHO), miss("in=lan src=192.168.88.10 dst=192.0.2.7 proto=icmp type=echo-reply"), miss(UDP)],
    ),
    ip(
        "icmp-options",
        "protocol=icmp icmp-options=!8:1-255",
        &[hit(ECHO), hit("in=lan src=192.168.88.10 dst=192.0.2.7 proto=icmp type=echo-reply"), miss(UDP)],
    ),
    ip6(
        "icmp-options",
        "protocol=icmpv6 icmp-options=128:0",
        &[hit(ECHO6), miss("in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=icmpv6 type=echo-reply")],
    ),
    ip(
        "packet-size",
        "packet-size=0-100",
        &[hit(UDP), miss("in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp dport=53 size=101")],
    ),
    ip6(
        "packet-size",
        "packet-size=!0-100",
        &[miss(UDP6), hit("in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=udp dport=53 size=101")],
    ),
    ip(
        "dscp",
        "dscp=46",
        &[miss(UDP), hit("in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp dport=53 dscp=46")],
    ),
    ip6(
        "dscp",
        "dscp=!46",
        &[hit(UDP6), miss("in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=udp dport=53 dscp=46")],
    ),
    // On its way through, a packet has one less.
    ip(
        "ttl",
        "ttl=less-than:10",
        &[
            miss(UDP),
            hit("in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp dport=53 ttl=10"),
            miss("in=lan src=192.168.88.10 dst=192.0.2.7 proto=udp dport=53 ttl=11"),
        ],
    ),
    ip6(
        "hop-limit",
        "hop-limit=equal:9",
        &[miss(UDP6), hit("in=lan src=2001:db8:88::10 dst=2001:db8:ff::7 proto=udp dport=53 ttl=10")],
    ),
    // Packets of a trial have neither.
    ip("ipv4-options", "ipv4-options=record-route", &[miss(UDP)]),
    ip("ipv4-options", "ipv4-options=no-source-routing", &[hit(UDP)]),
    ip6("headers", "headers=hop,frag:contains", &[miss(UDP6)]),
    ip6("headers", "headers=!hop:contains", &[hit(UDP6)]),
    ip("fragment", "fragment=yes", &[miss(UDP)]),
    ip("fragment", "fragment=no", &[hit(UDP)]),
    Case {
        more: "/ip firewall mangle add chain=forward action=set-priority new-priority=5 protocol=udp",
        ..ip("priority", "priority=5", &[hit(UDP), miss(TCP)])
    },
    Case {
        more: "/ipv6 firewall mangle add chain=forward action=set-priority new-priority=5 protocol=udp",
        ..ip6("priority", "priority=!5", &[miss(UDP6), hit(TCP6)])
    },
    Case {
        more: "/ip firewall mangle add chain=forward action=mark-packet new-packet-mark=p protocol=udp",
        ..ip("packet-mark", "packet-mark=p", &[hit(UDP), miss(TCP)])
    },
    Case {
        more: "/ipv6 firewall mangle add chain=forward action=mark-packet new-packet-mark=p protocol=udp",
        ..ip6("packet-mark", "packet-mark=no-mark", &[miss(UDP6), hit(TCP6)])
    },
    Case {
        more: "/ip firewall mangle add chain=prerouting action=mark-connection new-connection-mark=c protocol=udp",
        ..ip("connection-mark", "connection-mark=c", &[hit(UDP), miss(TCP)])
    },
    Case {
        more: "/ipv6 firewall mangle add chain=prerouting action=mark-connection new-connection-mark=c protocol=udp",
        ..ip6("connection-mark", "connection-mark=!c", &[miss(UDP6), hit(TCP6)])
    },
    Case {
        more: "/ip firewall mangle add chain=prerouting action=mark-routing new-routing-mark=t1 protocol=udp",
        ..ip("routing-mark", "routing-mark=t1", &[hit(UDP), miss(TCP)])
    },
    Case {
        more: "/ipv6 firewall mangle add chain=prerouting action=mark-routing new-routing-mark=t1 protocol=udp",
        ..ip6("routing-mark", "routing-mark=!t1", &[miss(UDP6), hit(TCP6)])
    },
    ip("ipsec-policy", "ipsec-policy=in,none", &[hit(UDP)]),
    ip("ipsec-policy", "ipsec-policy=out,ipsec", &[miss(UDP)]),
    ip6("ipsec-policy", "ipsec-policy=in,ipsec", &[miss(UDP6)]),
    ip("connection-state", "connection-state=new", &[hit(UDP)]),
    ip(
        "connection-state",
        "connection-state=established,related",
        &[miss(UDP), hit("in=wan1 src=192.0.2.7 dst=192.168.88.10 proto=udp sport=53 dport=5000")],
    ),
    ip6(
        "connection-state",
        "connection-state=!new",
        &[miss(UDP6), hit("in=wan1 src=2001:db8:ff::7 dst=2001:db8:88::10 proto=udp sport=53 dport=5000")],
    ),
    Case {
        more: "/ip firewall raw add chain=prerouting action=notrack protocol=udp",
        ..ip("connection-state", "connection-state=untracked", &[hit(UDP), miss(TCP)])
    },
    Case {
        more: "/ip firewall nat add chain=dstnat action=dst-nat to-addresses=10.9.0.9 dst-port=80 protocol=tcp",
        ..ip("connection-nat-state", "connection-nat-state=dstnat", &[miss(UDP), hit(TCP)])
    },
    Case {
        more: "/ipv6 firewall nat add chain=dstnat action=dst-nat to-addresses=2001:db8:9::9 dst-port=80 protocol=tcp",
        ..ip6("connection-nat-state", "connection-nat-state=!dstnat", &[hit(UDP6), miss(TCP6)])
    },
    // The second packet finds what the first has counted.
    ip("connection-bytes", "connection-bytes=50-0", &[miss(UDP), hit(UDP)]),
    ip6("connection-bytes", "connection-bytes=!70-0", &[hit(UDP6)]),
    ip("connection-type", "connection-type=ftp,sip", &[miss(TCP)]),
    ip6("connection-type", "connection-type=!ftp", &[miss(TCP6)]),
    ip("nth", "nth=2,2", &[miss(UDP), hit(UDP), miss(UDP)]),
    ip6("nth", "nth=3,1", &[hit(UDP6), miss(UDP6), miss(UDP6), hit(UDP6)]),
    ip("per-connection-classifier", "per-connection-classifier=src-address:1/0", &[hit(UDP), hit(DMZ)]),
    ip6("per-connection-classifier", "per-connection-classifier=!dst-port:1/0", &[miss(UDP6), miss(ECHO6)]),
    ip("limit", "limit=1/1h,2:packet", &[hit(UDP), hit(UDP), miss(UDP)]),
    ip("limit", "protocol=udp limit=8k/1h,1000:bit", &[hit(UDP), miss(TCP)]),
    ip6("limit", "limit=!1/1h,2:packet", &[miss(UDP6), miss(UDP6), hit(UDP6)]),
    ip("dst-limit", "dst-limit=1/1h,1,dst-address/1m40s", &[hit(UDP), miss(DMZ), hit(TO_DMZ), miss(TO_DMZ)]),
    ip(
        "dst-limit",
        "dst-limit=1/1h,1,addresses-and-dst-port/1m40s",
        &[hit(UDP), miss(UDP), hit(TCP), hit(ECHO), miss(ECHO), hit(DMZ)],
    ),
    // Another rule that asks for the same counts for itself, also one that the same line makes.
    Case {
        more: "/ip firewall filter add chain=forward action=passthrough dst-limit=1/1h,1,src-address/1m40s",
        ..ip("dst-limit", "dst-limit=1/1h,1,src-address/1m40s", &[hit(UDP), miss(TCP), hit(DMZ)])
    },
    Case {
        more: ":for i from=1 to=2 do={/ip firewall mangle add chain=forward action=mark-packet \
               new-packet-mark=\"p$i\" passthrough=yes dst-limit=1/1h,1,src-address/1m40s}",
        ..ip("dst-limit", "packet-mark=p2", &[hit(UDP), miss(TCP), hit(DMZ)])
    },
    // A low port weighs three: the second one makes six of five.
    ip(
        "psd",
        "psd=5,1h,3,1",
        &[
            miss(scan!("tcp", "22")),
            miss(scan!("tcp", "22")),
            hit(scan!("tcp", "23")),
            miss(scan!("tcp", "22")),
            miss(scan!("tcp", "23")),
            hit(scan!("udp", "22")),
            hit(scan!("tcp", "8080")),
            miss(DMZ),
            miss(ECHO),
        ],
    ),
    // High ports weigh one, and make five of five when the low one has come; answers weigh nothing.
    ip(
        "psd",
        "protocol=tcp psd=5,1h,3,1",
        &[
            miss(scan!("tcp", "1024")),
            miss(scan!("tcp", "1024")),
            miss(scan!("tcp", "25 flags=ack")),
            miss(scan!("tcp", "26 flags=rst")),
            miss(scan!("udp", "27")),
            miss(scan!("tcp", "8080")),
            hit(scan!("tcp", "1023")),
            miss(scan!("tcp", "28 flags=syn,ack")),
            hit(scan!("tcp", "28")),
        ],
    ),
    // High ports weigh more, and only what meets the other conditions is counted.
    ip(
        "psd",
        "protocol=!udp dst-address-list=far psd=5,1h,1,2",
        &[
            miss(scan!("tcp", "2001")),
            miss("in=lan src=192.168.88.10 dst=10.9.0.9 proto=tcp sport=5000 dport=2002"),
            miss(scan!("udp", "2003")),
            miss(scan!("tcp", "22")),
            miss(scan!("tcp", "23")),
            miss("in=lan src=192.168.88.11 dst=192.0.2.7 proto=tcp sport=5000 dport=2004"),
            hit(scan!("tcp", "24")),
        ],
    ),
    ip(
        "psd",
        "psd=4,1h,0,2",
        &[miss(scan!("udp", "5")), miss(scan!("udp", "2001")), hit(scan!("udp", "2002"))],
    ),
    ip("psd", "psd=1,1h,1,1", &[hit(UDP), miss(UDP), hit(TCP), miss(TCP), hit(DMZ)]),
    ip(
        "psd",
        "per-connection-classifier=both-ports:1/0 dst-limit=1/1h,2,dst-address-and-port psd=2,1h,1,1",
        &[miss(scan!("udp", "1")), hit(scan!("tcp", "2")), hit(scan!("udp", "3")), miss(scan!("udp", "1"))],
    ),
    // The rule in front, which asks for the same, counts for itself.
    Case {
        more: "/ip firewall filter add chain=forward action=passthrough psd=2,1h,1,1",
        ..ip("psd", "psd=2,1h,1,1", &[miss(UDP), hit(TCP), miss(TCP)])
    },
    ip6("dst-limit", "dst-limit=!1/1h,1,src-address/1m40s", &[miss(UDP6), hit(TCP6), miss(DMZ6)]),
    ip(
        "connection-limit",
        "protocol=tcp connection-limit=1,24",
        &[
            miss(TCP),
            hit("in=lan src=192.168.88.11 dst=192.0.2.7 proto=tcp sport=5001 dport=80"),
            miss("in=dmz src=10.9.0.10 dst=192.0.2.7 proto=tcp sport=5001 dport=80"),
        ],
    ),
    ip6(
        "connection-limit",
        "connection-limit=!1,128",
        &[hit(UDP6), hit("in=lan src=2001:db8:88::11 dst=2001:db8:ff::7 proto=udp sport=5001 dport=53")],
    ),
    // A rule has put the source on the list already, or this packet's own.
    Case {
        more: "/ip firewall mangle add chain=prerouting action=add-src-to-address-list address-list=seen \
               address-list-timeout=1h protocol=udp",
        ..ip("src-address-list", "src-address-list=seen protocol=tcp", &[miss(TCP), miss(UDP), hit(TCP)])
    },
    Case {
        more: "/ip firewall address-list add list=seen address=10.9.0.0/24
/ip firewall mangle add chain=prerouting action=add-dst-to-address-list address-list=seen protocol=udp",
        ..ip("dst-address-list", "dst-address-list=!seen protocol=tcp", &[hit(TCP), miss(UDP), miss(TCP)])
    },
    Case {
        more: "/ipv6 firewall raw add chain=prerouting action=add-src-to-address-list address-list=seen \
               address-list-timeout=none-static protocol=udp",
        ..ip6("src-address-list", "src-address-list=seen protocol=tcp", &[miss(TCP6), miss(UDP6), hit(TCP6)])
    },
];
