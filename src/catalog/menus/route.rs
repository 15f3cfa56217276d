//! Routes, tables and routing rules.

use super::Common;
use crate::catalog::property::properties;
use crate::catalog::types::{AnyPrefix, GatewayText, HostAddress, Keyword, List, Number, Prefix};
use crate::catalog::{Kind, Menu};
use crate::ir::CheckGateway;

/// `/ip route`.
pub static IP_ROUTE: Menu = Menu {
    path: "/ip/route",
    becomes: "routes; those of equal distance are one multipath route",
    kind: Kind::Items,
    groups: &[Ipv4Destination::PROPERTIES, RouteItem::PROPERTIES, Common::PROPERTIES],
};

/// `/ipv6 route`.
pub static IPV6_ROUTE: Menu = Menu {
    path: "/ipv6/route",
    becomes: "routes; those of equal distance are one multipath route",
    kind: Kind::Items,
    groups: &[Ipv6Destination::PROPERTIES, RouteItem::PROPERTIES, Common::PROPERTIES],
};

/// `/routing table`.
pub static ROUTING_TABLE: Menu = Menu {
    path: "/routing/table",
    becomes: "a routing table, and a rule that leads packets with its mark there",
    kind: Kind::Items,
    groups: &[TableItem::PROPERTIES, Common::PROPERTIES],
};

/// `/routing rule`; version 6: `/ip route rule`.
pub static ROUTING_RULE: Menu = Menu {
    path: "/routing/rule",
    becomes: "policy rules; min-prefix is suppress_prefixlength",
    kind: Kind::Items,
    groups: &[RuleItem::PROPERTIES, Common::PROPERTIES],
};

/// `type` of a version 6 route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum RouteType {
    Unicast,
    Blackhole,
    Unreachable,
    Prohibit,
}

impl Keyword for RouteType {
    const SHAPE: &'static str = "a route type";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("unicast", Self::Unicast),
        ("blackhole", Self::Blackhole),
        ("unreachable", Self::Unreachable),
        ("prohibit", Self::Prohibit),
    ];
}

/// `action` of a routing rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum RuleVerb {
    Lookup,
    LookupOnlyInTable,
    Drop,
    Unreachable,
}

impl Keyword for RuleVerb {
    const SHAPE: &'static str = "an action of a routing rule";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("lookup", Self::Lookup),
        ("lookup-only-in-table", Self::LookupOnlyInTable),
        ("drop", Self::Drop),
        ("unreachable", Self::Unreachable),
    ];
}

properties! {
    /// Where an IPv4 route leads to.
    pub struct Ipv4Destination {
        dst_address: "dst-address" Prefix<false> = "0.0.0.0/0", Same;
    }
}

properties! {
    /// Where an IPv6 route leads to.
    pub struct Ipv6Destination {
        dst_address: "dst-address" Prefix<true> = "::/0", Same;
    }
}

properties! {
    /// What a route of either family says.
    pub struct RouteItem {
        gateway: "gateway" List<GatewayText>, Same;
        routing_table: "routing-table" String = "main", SameAs("in version 6: routing-mark");
        distance: "distance" Number<0, 255> = "1", Same;
        scope: "scope" Number<0, 255> = "30", SameAs("used to resolve gateways when the configuration is compiled");
        target_scope: "target-scope" Number<0, 255> = "10", SameAs("used to resolve gateways when the configuration is compiled");
        pref_src: "pref-src" HostAddress, Same;
        check_gateway: "check-gateway" Option<CheckGateway> = "none", Depends("none is the same; else it is recorded, but nothing probes the gateway: only a lost carrier takes the route out");
        blackhole: "blackhole" bool = "no", Same;
        kind: "type" RouteType = "unicast", SameAs("version 6 only");
    }
    inert {
        "suppress-hw-offload" bool = "no": "there is no offload to suppress";
    }
    differs {
        "vrf-interface" String: "not looked at: RouterOS itself fills it in, and rosc makes no VRFs";
    }
    refused {
        "route-tag": "version 6 only; for routing protocols, which rosc does not run";
        "bgp-as-path": "version 6 only; for routing protocols, which rosc does not run";
        "bgp-atomic-aggregate": "version 6 only; for routing protocols, which rosc does not run";
        "bgp-communities": "version 6 only; for routing protocols, which rosc does not run";
        "bgp-local-pref": "version 6 only; for routing protocols, which rosc does not run";
        "bgp-med": "version 6 only; for routing protocols, which rosc does not run";
        "bgp-origin": "version 6 only; for routing protocols, which rosc does not run";
        "bgp-prepend": "version 6 only; for routing protocols, which rosc does not run";
    }
}

properties! {
    /// What an item of `/routing table` says.
    pub struct TableItem {
        name: "name" String, Same;
        fib: "fib" bool = "no", Same;
    }
}

properties! {
    /// What an item of `/routing rule` says.
    pub struct RuleItem {
        src_address: "src-address" AnyPrefix, Same;
        dst_address: "dst-address" AnyPrefix, Same;
        interface: "interface" String, Same;
        routing_mark: "routing-mark" String, Same;
        action: "action" RuleVerb = "lookup", Same;
        table: "table" String, Same;
        min_prefix: "min-prefix" Number<0, 128>, Same;
    }
    refused {
        "chain" = "user": "rosc keeps RouterOS's default order of decisions";
        "realm": "rosc does not use realms";
        "vrf": "rosc makes no VRFs";
    }
}
