//! `/ip settings` and `/ipv6 settings`.

use crate::catalog::property::properties;
use crate::catalog::types::{Number, Size};
use crate::catalog::{Kind, Menu};
use crate::ir::{HashPolicy, RedirectPolicy, RpFilter};
use std::time::Duration;

/// `/ip settings`.
pub static IP_SETTINGS: Menu = Menu {
    path: "/ip/settings",
    becomes: "sysctls",
    kind: Kind::Settings,
    groups: &[IpSettingsItem::PROPERTIES],
};

/// `/ipv6 settings`.
pub static IPV6_SETTINGS: Menu = Menu {
    path: "/ipv6/settings",
    becomes: "sysctls",
    kind: Kind::Settings,
    groups: &[Ipv6SettingsItem::PROPERTIES],
};

properties! {
    /// What `/ip settings` says.
    pub struct IpSettingsItem {
        ip_forward: "ip-forward" bool = "yes", SameAs("net.ipv4.ip_forward");
        send_redirects: "send-redirects" bool = "yes", SameAs("net.ipv4.conf.*.send_redirects");
        accept_redirects: "accept-redirects" bool = "no", SameAs("net.ipv4.conf.*.accept_redirects");
        secure_redirects: "secure-redirects" bool = "yes", SameAs("net.ipv4.conf.*.secure_redirects");
        accept_source_route: "accept-source-route" bool = "no", SameAs("net.ipv4.conf.*.accept_source_route");
        rp_filter: "rp-filter" RpFilter = "no", SameAs("net.ipv4.conf.*.rp_filter");
        multipath_hash_policy: "ipv4-multipath-hash-policy" HashPolicy = "l3", SameAs("net.ipv4.fib_multipath_hash_policy");
        tcp_syncookies: "tcp-syncookies" bool, SameAs("net.ipv4.tcp_syncookies, only where it is written: it concerns the box's own services");
        icmp_rate_limit: "icmp-rate-limit" Number<0, 4294967295>, SameAs("net.ipv4.icmp_ratelimit, only where it is written");
        icmp_rate_mask: "icmp-rate-mask" Number<0, 4294967295>, SameAs("net.ipv4.icmp_ratemask, only where it is written");
        icmp_errors_use_inbound_address: "icmp-errors-use-inbound-interface-address" bool, SameAs("net.ipv4.icmp_errors_use_inbound_ifaddr, only where it is written");
        max_neighbor_entries: "max-neighbor-entries" Number<1, 4294967295>, SameAs("net.ipv4.neigh.default.gc_thresh3, only where it is written");
    }
    inert {
        "allow-fast-path" bool = "yes": "a short cut inside RouterOS that changes no packet's way";
    }
    differs {
        "arp-timeout" Duration = "30s": "left as the kernel has it: a neighbour is probed again after 15 to 45 seconds";
        "tcp-timestamps" String: "left as the box has it: it concerns the box's own connections only";
        "route-cache" bool = "yes": "the kernel has no route cache: each packet is looked up";
        "ipv4-fragment-time" Duration: "left as the kernel has it: fragments wait 30 seconds";
        "ipv4-high-fragment-thresh" Size: "left as the kernel has it";
    }
}

properties! {
    /// What `/ipv6 settings` says.
    pub struct Ipv6SettingsItem {
        disable_ipv6: "disable-ipv6" bool = "no", SameAs("net.ipv6.conf.*.disable_ipv6");
        forward: "forward" bool = "yes", SameAs("net.ipv6.conf.*.forwarding");
        multipath_hash_policy: "multipath-hash-policy" HashPolicy = "l3", SameAs("net.ipv6.fib_multipath_hash_policy");
        accept_redirects: "accept-redirects" RedirectPolicy = "yes-if-forwarding-disabled", SameAs("net.ipv6.conf.*.accept_redirects");
        accept_router_advertisements: "accept-router-advertisements" RedirectPolicy = "yes-if-forwarding-disabled", SameAs("net.ipv6.conf.*.accept_ra");
        max_neighbor_entries: "max-neighbor-entries" Number<1, 4294967295>, SameAs("net.ipv6.neigh.default.gc_thresh3, only where it is written");
    }
    inert {
        "allow-fast-path" bool = "yes": "a short cut inside RouterOS that changes no packet's way";
    }
    differs {
        "min-neighbor-entries" Number<0, 4294967295>: "left as the kernel has it";
        "soft-max-neighbor-entries" Number<0, 4294967295>: "left as the kernel has it";
        "stale-neighbor-timeout" Number<0, 4294967295> = "60": "left as the kernel has it";
        "stale-neighbor-detect-interval" Number<0, 4294967295> = "30": "left as the kernel has it";
    }
    refused {
        "accept-router-advertisements-on" = "all": "rosc accepts router advertisements on all interfaces or on none";
        "disable-link-local-address" = "no": "rosc leaves link-local addresses as the kernel makes them";
    }
}
