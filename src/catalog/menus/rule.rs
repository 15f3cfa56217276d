//! What firewall rules do.

use super::{FilterVerb, MangleVerb, NatVerb, RawVerb, Verb};
use crate::catalog::property::properties;
use crate::catalog::types::{Derived, ListTimeout, MarkName, NewTtl, Range};
use crate::ir::firewall::{Mss, Ports, RejectWith};

properties! {
    /// What a rule of any menu says beside its matchers.
    pub struct FirewallRuleItem {
        chain: "chain" String, Same;
        jump_target: "jump-target" String, Same;
        log: "log" bool = "no", SameAs("to the kernel's log, in the kernel's words");
        log_prefix: "log-prefix" String = "", Depends("up to 126 bytes without quotes, $ and control characters are the same; of others the rule is warned of");
        address_list: "address-list" String, SameAs("a set beside the one of the configured entries; what is in it is no part of the configuration");
        address_list_timeout: "address-list-timeout" ListTimeout = "none-dynamic", Depends("a time and none-dynamic are the same; with none-static the entry is not kept over a restart, and the rule is warned of");
    }
}

properties! {
    /// What only a filter rule says.
    pub struct FilterItem {
        action: "action" Verb<FilterVerb> = "accept", Depends("fasttrack-connection is close: it takes the fast path where /rosc fastpath asks for it, or else the short cut of kernels that have flow tables, which begins in forward alone and where packets keep the way that their connection had (RouterOS asks table main); tarpit drops; the others are the same");
        reject_with: "reject-with" RejectWith = "icmp-network-unreachable", Depends("icmp-not-neighbour of IPv6 is refused; the others are the same");
    }
    inert {
        "hw-offload" bool = "no": "a short cut in hardware that changes no packet's way";
    }
}

properties! {
    /// What only an IPv4 filter rule says.
    pub const IPV4_FILTER;
    refused {
        "p2p": "RouterOS itself no longer recognises peer-to-peer programs";
    }
}

properties! {
    /// What only a raw rule says.
    pub struct RawItem {
        action: "action" Verb<RawVerb> = "accept", Same;
    }
}

properties! {
    /// What only a NAT rule says.
    pub struct NatItem {
        action: "action" Verb<NatVerb> = "accept", Depends("same chooses by a hash of the addresses, so that a source becomes another one of the range than on RouterOS, and always that one; endpoint-independent-nat and socksify are refused; the others are the same");
        to_ports: "to-ports" Ports, Same;
        randomise_ports: "randomise-ports" bool = "no", Same;
        same_not_by_dst: "same-not-by-dst" bool = "no", Same;
    }
    refused {
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
    /// What only a mangle rule says.
    pub struct MangleItem {
        action: "action" Verb<MangleVerb> = "accept", Depends("fasttrack-connection is close: it takes the fast path where /rosc fastpath asks for it, or else the short cut of kernels that have flow tables, which begins in forward alone and where packets keep the way that their connection had (RouterOS asks table main); route, snpt, dnpt, sniff-pc, sniff-tzsp and strip-ipv4-options are refused; the others are the same");
        new_connection_mark: "new-connection-mark" MarkName, SameAs("bits 0 to 15 of the connection mark");
        new_packet_mark: "new-packet-mark" MarkName, SameAs("bits 16 to 31 of the packet mark");
        new_routing_mark: "new-routing-mark" String, SameAs("bits 0 to 15 of the packet mark");
        new_mss: "new-mss" Mss, Same;
        new_dscp: "new-dscp" Derived, Depends("a number is the same; from-priority and from-priority-to-high-3-bits are refused");
        new_priority: "new-priority" Derived, Depends("a number is the same; from-dscp, from-dscp-high-3-bits and from-ingress are refused");
        passthrough: "passthrough" bool = "yes", Same;
    }
    refused {
        "sniff-id": "rosc does not copy packets";
        "sniff-target": "rosc does not copy packets";
        "sniff-target-port": "rosc does not copy packets";
    }
}

properties! {
    /// What only an IPv4 mangle rule says.
    pub struct Ipv4MangleItem {
        new_ttl: "new-ttl" NewTtl, Depends("set is the same; increment and decrement are refused");
    }
    refused {
        "route-dst": "for action route, which rosc does not lower: use mark-routing and a table";
        "p2p": "RouterOS itself no longer recognises peer-to-peer programs";
    }
}

properties! {
    /// What only an IPv6 mangle rule says.
    pub struct Ipv6MangleItem {
        new_hop_limit: "new-hop-limit" NewTtl, Depends("set is the same; increment and decrement are refused");
    }
    refused {
        "src-prefix": "for actions snpt and dnpt, which rosc does not lower: use netmap";
        "dst-prefix": "for actions snpt and dnpt, which rosc does not lower: use netmap";
    }
}
