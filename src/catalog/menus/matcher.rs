//! The conditions of firewall rules.

use crate::catalog::property::properties;
use crate::catalog::types::{
    ByteRange, Mac, MarkName, MssRange, Negatable, Number, Range, Set, SizeRange, TtlTest,
};
use crate::ir::firewall::{
    AddressType, ConnectionLimit, ConnectionNatState, ConnectionState, ConnectionType, DstLimit, IcmpOptions,
    IpsecPolicy, Ipv4Options, Ipv6Headers, Limit, Nth, PerConnectionClassifier, Ports, Protocol, Psd,
    TcpFlags, TimeOfDay,
};

properties! {
    /// The matchers of every rule.
    pub struct MatcherItem {
        src_address: "src-address" Negatable<Range>, Same;
        dst_address: "dst-address" Negatable<Range>, Same;
        src_address_list: "src-address-list" Negatable<String>, Same;
        dst_address_list: "dst-address-list" Negatable<String>, Same;
        src_address_type: "src-address-type" Negatable<Set<AddressType>>, SameAs("the kernel's routing tables decide, as on RouterOS");
        dst_address_type: "dst-address-type" Negatable<Set<AddressType>>, SameAs("the kernel's routing tables decide, as on RouterOS");
        src_mac_address: "src-mac-address" Negatable<Mac>, Same;
        in_interface: "in-interface" Negatable<String>, Same;
        out_interface: "out-interface" Negatable<String>, Same;
        in_interface_list: "in-interface-list" Negatable<String>, Same;
        out_interface_list: "out-interface-list" Negatable<String>, Same;
        protocol: "protocol" Negatable<Protocol>, Same;
        src_port: "src-port" Negatable<Ports>, Same;
        dst_port: "dst-port" Negatable<Ports>, Same;
        port: "port" Negatable<Ports>, Same;
        tcp_mss: "tcp-mss" Negatable<MssRange>, Same;
        icmp_options: "icmp-options" Negatable<IcmpOptions>, Same;
        packet_size: "packet-size" Negatable<SizeRange>, Same;
        dscp: "dscp" Negatable<Number<0, 63>>, Same;
        priority: "priority" Negatable<Number<0, 63>>, SameAs("the priority that a rule has set; packets that are sent on have one by their DSCP otherwise");
        packet_mark: "packet-mark" Negatable<MarkName>, Same;
        ipsec_policy: "ipsec-policy" IpsecPolicy, Same;
        random: "random" Number<1, 99>, Same;
        nth: "nth" Negatable<Nth>, Same;
        per_connection_classifier: "per-connection-classifier" Negatable<PerConnectionClassifier>, SameAs("the same hash over the same fields, with one seed for all rules; which connection falls into which class is as arbitrary as on RouterOS, where it changes with each boot");
        limit: "limit" Negatable<Limit>, Depends("a rate of whole packets or bytes in a second, minute, hour, day or week is the same, any other is refused; of bits, as much as comes in a second may pass at once, and a smaller burst is warned of");
        dst_limit: "dst-limit" Negatable<DstLimit>, Depends("a rate of whole packets in a second, minute, hour, day or week is the same, any other is refused; 65,535 flows are remembered at once");
        time: "time" Negatable<TimeOfDay>, Depends("by the time zone of the machine as it is when the configuration is applied; where that changes, as with summer time, the rule is warned of");
    }
    refused {
        "content": "Linux does not search packets here";
        "tos": "match dscp, which are the upper six bits of it";
        "in-bridge-port": "switched frames stay out of the firewall";
        "out-bridge-port": "switched frames stay out of the firewall";
        "in-bridge-port-list": "switched frames stay out of the firewall";
        "out-bridge-port-list": "switched frames stay out of the firewall";
        "ingress-priority": "Linux keeps no priority that a packet came in with";
        "tls-host": "Linux does not read TLS handshakes here";
    }
}

properties! {
    /// Matchers of TCP flags.
    pub struct FlagsMatcherItem {
        tcp_flags: "tcp-flags" Negatable<TcpFlags>, Same;
    }
}

properties! {
    /// Matchers of what is known behind raw: the connection, and where the packet is to go.
    pub struct TrackedMatcherItem {
        connection_mark: "connection-mark" Negatable<MarkName>, Same;
        routing_mark: "routing-mark" Negatable<String>, Same;
        connection_bytes: "connection-bytes" Negatable<ByteRange>, SameAs("counted for connections that begin when such a rule is there");
        connection_limit: "connection-limit" Negatable<ConnectionLimit>, Same;
        connection_type: "connection-type" Negatable<Set<ConnectionType>>, Same;
    }
    refused {
        "connection-rate": "Linux keeps no rate of a connection";
    }
}

properties! {
    /// Matchers of the state of connections.
    pub struct StateMatcherItem {
        connection_state: "connection-state" Negatable<Set<ConnectionState>>, Same;
    }
}

properties! {
    /// Matchers of translated connections.
    pub struct NatStateMatcherItem {
        connection_nat_state: "connection-nat-state" Negatable<Set<ConnectionNatState>>, Same;
    }
}

properties! {
    /// Matchers of IPv4 only.
    pub struct Ipv4MatcherItem {
        ttl: "ttl" TtlTest, Same;
        ipv4_options: "ipv4-options" Ipv4Options, Depends("source routing, record-route and router-alert are the same, with and without no-; any, none and timestamp are refused");
        psd: "psd" Psd, Close("a port counts again once delay has passed since it was first asked for, on RouterOS only when its source is forgotten; 65,535 ports are remembered at once, and weights of ports above 11 without a common divisor are refused");
        fragment: "fragment" bool, SameAs("behind raw, packets are whole again, as on RouterOS");
    }
    refused {
        "hotspot": "Linux has no hotspot";
        "routing-table": "version 6 only; match routing-mark";
    }
}

properties! {
    /// Matchers of IPv4 only, behind raw; none is lowered.
    pub const IPV4_TRACKED_MATCHERS;
    refused {
        "layer7-protocol": "Linux does not search connections here";
        "realm": "rosc does not use realms";
    }
}

properties! {
    /// Matchers of IPv6 only.
    pub struct Ipv6MatcherItem {
        hop_limit: "hop-limit" TtlTest, Same;
        headers: "headers" Negatable<Ipv6Headers>, Depends("hop, dst, route and frag with contains are the same; the others are refused");
    }
}
