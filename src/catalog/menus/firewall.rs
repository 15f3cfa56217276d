//! Address lists, NAT and mangle of both families.

use super::Common;
use crate::catalog::property::properties;
use crate::catalog::types::{Keyword, ListedAddress, MarkName, MssRange, Negatable, Range, Set};
use crate::catalog::{Kind, Menu};
use crate::ir::firewall::{
    AddressType, ConnectionNatState, ConnectionState, Mss, Nth, PerConnectionClassifier, Ports, Protocol,
    TcpFlags,
};

/// `/ip firewall address-list`.
pub static IP_FIREWALL_ADDRESS_LIST: Menu = Menu {
    path: "/ip/firewall/address-list",
    becomes: "nftables sets of merged intervals",
    kind: Kind::Items,
    groups: &[AddressListItem::PROPERTIES, Common::PROPERTIES],
};

/// `/ipv6 firewall address-list`.
pub static IPV6_FIREWALL_ADDRESS_LIST: Menu = Menu {
    path: "/ipv6/firewall/address-list",
    becomes: "nftables sets of merged intervals",
    kind: Kind::Items,
    groups: &[AddressListItem::PROPERTIES, Common::PROPERTIES],
};

/// `/ip firewall nat`.
pub static IP_FIREWALL_NAT: Menu = Menu {
    path: "/ip/firewall/nat",
    becomes: "chains of type nat in table ip rosc",
    kind: Kind::Items,
    groups: &[
        NatItem::PROPERTIES,
        Ipv4NatItem::PROPERTIES,
        MatcherItem::PROPERTIES,
        IPV4_MATCHERS,
        Common::PROPERTIES,
    ],
};

/// `/ipv6 firewall nat`.
pub static IPV6_FIREWALL_NAT: Menu = Menu {
    path: "/ipv6/firewall/nat",
    becomes: "chains of type nat in table ip6 rosc",
    kind: Kind::Items,
    groups: &[
        NatItem::PROPERTIES,
        Ipv6NatItem::PROPERTIES,
        MatcherItem::PROPERTIES,
        StateMatcherItem::PROPERTIES,
        IPV6_MATCHERS,
        Common::PROPERTIES,
    ],
};

/// `/ip firewall mangle`.
pub static IP_FIREWALL_MANGLE: Menu = Menu {
    path: "/ip/firewall/mangle",
    becomes: "chains of type filter and route in table ip rosc",
    kind: Kind::Items,
    groups: &[
        MangleItem::PROPERTIES,
        IPV4_MANGLE,
        MatcherItem::PROPERTIES,
        StateMatcherItem::PROPERTIES,
        NatStateMatcherItem::PROPERTIES,
        IPV4_MATCHERS,
        Common::PROPERTIES,
    ],
};

/// `/ipv6 firewall mangle`.
pub static IPV6_FIREWALL_MANGLE: Menu = Menu {
    path: "/ipv6/firewall/mangle",
    becomes: "chains of type filter and route in table ip6 rosc",
    kind: Kind::Items,
    groups: &[
        MangleItem::PROPERTIES,
        IPV6_MANGLE,
        MatcherItem::PROPERTIES,
        StateMatcherItem::PROPERTIES,
        NatStateMatcherItem::PROPERTIES,
        IPV6_MATCHERS,
        Common::PROPERTIES,
    ],
};

/// `action` of a NAT rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum NatVerb {
    Accept,
    DstNat,
    Jump,
    Masquerade,
    Netmap,
    Passthrough,
    Redirect,
    Return,
    SrcNat,
    /// One that RouterOS has and rosc does not lower.
    Other,
}

impl Keyword for NatVerb {
    const SHAPE: &'static str = "an action of a NAT rule";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("accept", Self::Accept),
        ("add-dst-to-address-list", Self::Other),
        ("add-src-to-address-list", Self::Other),
        ("dst-nat", Self::DstNat),
        ("endpoint-independent-nat", Self::Other),
        ("jump", Self::Jump),
        ("log", Self::Other),
        ("masquerade", Self::Masquerade),
        ("netmap", Self::Netmap),
        ("passthrough", Self::Passthrough),
        ("redirect", Self::Redirect),
        ("return", Self::Return),
        ("same", Self::Other),
        ("socksify", Self::Other),
        ("src-nat", Self::SrcNat),
    ];
}

/// `action` of a mangle rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum MangleVerb {
    Accept,
    ChangeMss,
    Jump,
    MarkConnection,
    MarkPacket,
    MarkRouting,
    Passthrough,
    Return,
    /// One that RouterOS has and rosc does not lower.
    Other,
}

impl Keyword for MangleVerb {
    const SHAPE: &'static str = "an action of a mangle rule";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("accept", Self::Accept),
        ("add-dst-to-address-list", Self::Other),
        ("add-src-to-address-list", Self::Other),
        ("change-dscp", Self::Other),
        ("change-hop-limit", Self::Other),
        ("change-mss", Self::ChangeMss),
        ("change-ttl", Self::Other),
        ("clear-df", Self::Other),
        ("dnpt", Self::Other),
        ("drop", Self::Other),
        ("fasttrack-connection", Self::Other),
        ("jump", Self::Jump),
        ("log", Self::Other),
        ("mark-connection", Self::MarkConnection),
        ("mark-packet", Self::MarkPacket),
        ("mark-routing", Self::MarkRouting),
        ("passthrough", Self::Passthrough),
        ("return", Self::Return),
        ("route", Self::Other),
        ("set-priority", Self::Other),
        ("sniff-pc", Self::Other),
        ("sniff-tzsp", Self::Other),
        ("snpt", Self::Other),
        ("strip-ipv4-options", Self::Other),
    ];
}

properties! {
    /// What an item of an address list says.
    pub struct AddressListItem {
        list: "list" String, Same;
        address: "address" ListedAddress, Depends("addresses, prefixes and ranges are the same; a DNS name is refused");
    }
    refused {
        "timeout": "entries that expire are made at run time; leave the timeout out to keep the entry";
        "dynamic" = "no": "dynamic entries are made at run time";
    }
}

properties! {
    /// What a NAT rule says beside its matchers.
    pub struct NatItem {
        chain: "chain" String, Same;
        action: "action" NatVerb = "accept", Depends("accept, dst-nat, jump, masquerade, netmap, passthrough, redirect, return and src-nat are the same; the others are refused");
        jump_target: "jump-target" String, Same;
        to_ports: "to-ports" Ports, Same;
    }
    inert {
        "log-prefix" String = "": "of no effect without log";
    }
    differs {
        "log" bool = "no": "the rule works, but writes no log";
    }
    refused {
        "address-list": "rosc fills no address lists from rules";
        "address-list-timeout" = "none-dynamic": "rosc fills no address lists from rules";
        "randomise-ports" = "no": "rosc has no form of it yet";
        "same-not-by-dst" = "no": "for action same, which rosc does not lower";
        "socksify-service": "for action socksify, which Linux does not have";
        "socks5-server": "for action socksify, which Linux does not have";
        "socks5-port": "for action socksify, which Linux does not have";
    }
}

properties! {
    /// What only an IPv4 NAT rule says.
    pub struct Ipv4NatItem {
        to_addresses: "to-addresses" Range, Same;
    }
}

properties! {
    /// What only an IPv6 NAT rule says.
    pub struct Ipv6NatItem {
        to_address: "to-address" Range, SameAs("before 7.15: to-addresses");
    }
}

properties! {
    /// What a mangle rule says beside its matchers.
    pub struct MangleItem {
        chain: "chain" String, Same;
        action: "action" MangleVerb = "accept", Depends("accept, change-mss, jump, mark-connection, mark-packet, mark-routing, passthrough and return are the same; the others are refused");
        jump_target: "jump-target" String, Same;
        new_connection_mark: "new-connection-mark" MarkName, SameAs("bits 0 to 15 of the connection mark");
        new_packet_mark: "new-packet-mark" MarkName, SameAs("bits 16 to 31 of the packet mark");
        new_routing_mark: "new-routing-mark" String, SameAs("bits 0 to 15 of the packet mark");
        new_mss: "new-mss" Mss, Same;
        passthrough: "passthrough" bool = "yes", Same;
    }
    inert {
        "log-prefix" String = "": "of no effect without log";
    }
    differs {
        "log" bool = "no": "the rule works, but writes no log";
    }
    refused {
        "address-list": "rosc fills no address lists from rules";
        "address-list-timeout" = "none-dynamic": "rosc fills no address lists from rules";
        "new-dscp": "for action change-dscp, which rosc does not lower yet";
        "new-priority": "for action set-priority, which rosc does not lower yet";
        "sniff-id": "rosc does not copy packets";
        "sniff-target": "rosc does not copy packets";
        "sniff-target-port": "rosc does not copy packets";
    }
}

properties! {
    /// What only an IPv4 mangle rule says.
    pub const IPV4_MANGLE;
    refused {
        "new-ttl": "for action change-ttl, which rosc does not lower yet";
        "route-dst": "for action route, which rosc does not lower yet: use mark-routing and a table";
        "p2p": "RouterOS itself no longer recognises peer-to-peer programs";
    }
}

properties! {
    /// What only an IPv6 mangle rule says.
    pub const IPV6_MANGLE;
    refused {
        "new-hop-limit": "for action change-hop-limit, which rosc does not lower yet";
        "src-prefix": "for actions snpt and dnpt, which rosc does not lower yet";
        "dst-prefix": "for actions snpt and dnpt, which rosc does not lower yet";
    }
}

properties! {
    /// The matchers of every rule.
    pub struct MatcherItem {
        src_address: "src-address" Negatable<Range>, Same;
        dst_address: "dst-address" Negatable<Range>, Same;
        src_address_list: "src-address-list" Negatable<String>, Same;
        dst_address_list: "dst-address-list" Negatable<String>, Same;
        src_address_type: "src-address-type" Negatable<Set<AddressType>>, SameAs("the kernel's routing tables decide, as on RouterOS");
        dst_address_type: "dst-address-type" Negatable<Set<AddressType>>, SameAs("the kernel's routing tables decide, as on RouterOS");
        in_interface: "in-interface" Negatable<String>, Same;
        out_interface: "out-interface" Negatable<String>, Same;
        in_interface_list: "in-interface-list" Negatable<String>, Same;
        out_interface_list: "out-interface-list" Negatable<String>, Same;
        protocol: "protocol" Negatable<Protocol>, Same;
        src_port: "src-port" Negatable<Ports>, Same;
        dst_port: "dst-port" Negatable<Ports>, Same;
        port: "port" Negatable<Ports>, Same;
        tcp_mss: "tcp-mss" Negatable<MssRange>, Same;
        packet_mark: "packet-mark" Negatable<MarkName>, Same;
        connection_mark: "connection-mark" Negatable<MarkName>, Same;
        routing_mark: "routing-mark" Negatable<String>, Same;
        nth: "nth" Negatable<Nth>, Same;
        per_connection_classifier: "per-connection-classifier" Negatable<PerConnectionClassifier>, SameAs("the same hash over the same fields, with one seed for all rules; which connection falls into which class is as arbitrary as on RouterOS, where it changes with each boot");
    }
    refused {
        "connection-bytes": "rosc has no form of it yet";
        "connection-limit": "rosc has no form of it yet";
        "connection-rate": "Linux keeps no rate of a connection";
        "connection-type": "rosc has no form of it yet";
        "content": "Linux does not search packets here";
        "dscp": "rosc has no form of it yet";
        "tos": "rosc has no form of it yet";
        "dst-limit": "rosc has no form of it yet";
        "limit": "rosc has no form of it yet";
        "icmp-options": "rosc has no form of it yet";
        "in-bridge-port": "switched frames stay out of the firewall";
        "out-bridge-port": "switched frames stay out of the firewall";
        "in-bridge-port-list": "switched frames stay out of the firewall";
        "out-bridge-port-list": "switched frames stay out of the firewall";
        "ingress-priority": "rosc has no form of it yet";
        "priority": "rosc has no form of it yet";
        "ipsec-policy": "rosc has no form of it yet";
        "packet-size": "rosc has no form of it yet";
        "random": "rosc has no form of it yet";
        "src-mac-address": "rosc has no form of it yet";
        "time": "rosc has no form of it yet";
        "tls-host": "Linux does not read TLS handshakes here";
    }
}

properties! {
    /// Matchers of tracked connections and of TCP headers.
    pub struct StateMatcherItem {
        connection_state: "connection-state" Negatable<Set<ConnectionState>>, Same;
        tcp_flags: "tcp-flags" Negatable<TcpFlags>, Same;
    }
}

properties! {
    /// The matcher of translated connections.
    pub struct NatStateMatcherItem {
        connection_nat_state: "connection-nat-state" Negatable<Set<ConnectionNatState>>, Same;
    }
}

properties! {
    /// Matchers of IPv4 only; none is lowered.
    pub const IPV4_MATCHERS;
    refused {
        "fragment" = "no": "Linux reassembles fragments before the firewall sees them";
        "hotspot": "Linux has no hotspot";
        "ipv4-options": "rosc has no form of it yet";
        "layer7-protocol": "Linux does not search connections here";
        "psd": "Linux has no port scan detection here";
        "realm": "rosc does not use realms";
        "routing-table": "version 6 only; match routing-mark";
        "ttl": "rosc has no form of it yet";
    }
}

properties! {
    /// Matchers of IPv6 only; none is lowered.
    pub const IPV6_MATCHERS;
    refused {
        "headers": "rosc has no form of it yet";
        "hop-limit": "rosc has no form of it yet";
    }
}
