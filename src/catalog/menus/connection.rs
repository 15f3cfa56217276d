//! `/ip firewall connection tracking`: how long connections are remembered, for both families.

use crate::catalog::property::properties;
use crate::catalog::types::{Keyword, Seconds};
use crate::catalog::{Kind, Menu};
use crate::ir::TrackingMode;

/// `/ip firewall connection tracking`.
pub static IP_FIREWALL_CONNECTION_TRACKING: Menu = Menu {
    path: "/ip/firewall/connection/tracking",
    becomes: "sysctls, in every configuration whose firewall tracks connections: the kernel's own times are far \
              longer. RouterOS shortens them as its table fills, the kernel does not",
    kind: Kind::Settings,
    groups: &[ConnectionTrackingItem::PROPERTIES],
};

impl Keyword for TrackingMode {
    const SHAPE: &'static str = "auto, yes or no";
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("yes", Self::Yes), ("no", Self::No)];
}

properties! {
    /// What `/ip firewall connection tracking` says.
    pub struct ConnectionTrackingItem {
        enabled: "enabled" TrackingMode = "auto", Depends("with auto and yes the kernel tracks connections once a rule asks for them, and nothing else tells the difference; with no, rules that need connections are refused");
        generic: "generic-timeout" Seconds = "10m", SameAs("net.netfilter.nf_conntrack_generic_timeout");
        icmp: "icmp-timeout" Seconds = "10s", SameAs("net.netfilter.nf_conntrack_icmp_timeout and nf_conntrack_icmpv6_timeout");
        tcp_close: "tcp-close-timeout" Seconds = "10s", SameAs("net.netfilter.nf_conntrack_tcp_timeout_close");
        tcp_close_wait: "tcp-close-wait-timeout" Seconds = "10s", SameAs("net.netfilter.nf_conntrack_tcp_timeout_close_wait");
        tcp_established: "tcp-established-timeout" Seconds = "1d", SameAs("net.netfilter.nf_conntrack_tcp_timeout_established");
        tcp_fin_wait: "tcp-fin-wait-timeout" Seconds = "10s", SameAs("net.netfilter.nf_conntrack_tcp_timeout_fin_wait");
        tcp_last_ack: "tcp-last-ack-timeout" Seconds = "10s", SameAs("net.netfilter.nf_conntrack_tcp_timeout_last_ack");
        tcp_max_retrans: "tcp-max-retrans-timeout" Seconds = "5m", SameAs("net.netfilter.nf_conntrack_tcp_timeout_max_retrans");
        tcp_syn_received: "tcp-syn-received-timeout" Seconds = "5s", SameAs("net.netfilter.nf_conntrack_tcp_timeout_syn_recv");
        tcp_syn_sent: "tcp-syn-sent-timeout" Seconds = "5s", SameAs("net.netfilter.nf_conntrack_tcp_timeout_syn_sent");
        tcp_time_wait: "tcp-time-wait-timeout" Seconds = "10s", SameAs("net.netfilter.nf_conntrack_tcp_timeout_time_wait");
        tcp_unacked: "tcp-unacked-timeout" Seconds = "5m", SameAs("net.netfilter.nf_conntrack_tcp_timeout_unacknowledged");
        udp: "udp-timeout" Seconds = "30s", SameAs("net.netfilter.nf_conntrack_udp_timeout; 10s by default in version 6");
        udp_stream: "udp-stream-timeout" Seconds = "3m", SameAs("net.netfilter.nf_conntrack_udp_timeout_stream");
        loose_tcp: "loose-tcp-tracking" bool = "yes", SameAs("net.netfilter.nf_conntrack_tcp_loose");
        liberal_tcp: "liberal-tcp-tracking" bool = "no", SameAs("net.netfilter.nf_conntrack_tcp_be_liberal");
    }
}
