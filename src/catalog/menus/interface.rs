//! Bridges and interface lists.

use super::Common;
use crate::catalog::property::properties;
use crate::catalog::types::{BridgeMtu, List, Mac, Number};
use crate::catalog::{Kind, Menu};
use crate::ir::SpanningTree;
use std::time::Duration;

/// `/interface bridge`.
pub static INTERFACE_BRIDGE: Menu = Menu {
    path: "/interface/bridge",
    becomes: "a link of kind bridge",
    kind: Kind::Items,
    groups: &[BridgeItem::PROPERTIES, Common::PROPERTIES],
};

/// `/interface bridge port`.
pub static INTERFACE_BRIDGE_PORT: Menu = Menu {
    path: "/interface/bridge/port",
    becomes: "the master of a link",
    kind: Kind::Items,
    groups: &[BridgePortItem::PROPERTIES, Common::PROPERTIES],
};

/// `/interface bridge settings`.
pub static INTERFACE_BRIDGE_SETTINGS: Menu = Menu {
    path: "/interface/bridge/settings",
    becomes: "the sysctls that keep switched frames out of the firewall",
    kind: Kind::Settings,
    groups: &[BridgeSettings::PROPERTIES],
};

/// `/interface list`.
pub static INTERFACE_LIST: Menu = Menu {
    path: "/interface/list",
    becomes: "nftables sets of interface names",
    kind: Kind::Items,
    groups: &[InterfaceListItem::PROPERTIES, Common::PROPERTIES],
};

/// `/interface list member`.
pub static INTERFACE_LIST_MEMBER: Menu = Menu {
    path: "/interface/list/member",
    becomes: "elements of those sets",
    kind: Kind::Items,
    groups: &[InterfaceListMemberItem::PROPERTIES, Common::PROPERTIES],
};

properties! {
    /// What an item of `/interface bridge` says.
    pub struct BridgeItem {
        name: "name" String, Same;
        mtu: "mtu" BridgeMtu = "auto", Same;
        protocol_mode: "protocol-mode" SpanningTree = "rstp", Depends("none and stp are the kernel's own; for rstp and mstp, which need a daemon, the spanning tree is off, and a line that asks for them is warned of");
        auto_mac: "auto-mac" bool = "yes", Same;
        admin_mac: "admin-mac" Mac, Same;
        ageing_time: "ageing-time" Duration = "5m", Same;
        priority: "priority" Number<0, 65535> = "0x8000", Same;
        forward_delay: "forward-delay" Duration = "15s", Same;
        igmp_snooping: "igmp-snooping" bool = "no", Same;
    }
    inert {
        "fast-forward" bool = "yes": "a short cut inside RouterOS that changes no packet's way";
        "pvid" Number<1, 4094> = "1": "of no effect without vlan-filtering";
        "frame-types" String = "admit-all": "of no effect without vlan-filtering";
        "ingress-filtering" bool = "yes": "of no effect without vlan-filtering";
        "ether-type" String = "0x8100": "of no effect without vlan-filtering";
        "port-cost-mode" String = "long": "of no effect without a spanning tree daemon";
        "max-message-age" Duration = "20s": "of no effect while the spanning tree is off; the kernel's default is the same";
        "transmit-hold-count" Number<1, 10> = "6": "of no effect without a spanning tree daemon";
        "region-name" String = "": "of no effect without a spanning tree daemon";
        "region-revision" Number<0, 65535> = "0": "of no effect without a spanning tree daemon";
        "max-hops" Number<6, 40> = "20": "of no effect without a spanning tree daemon";
        "igmp-version" Number<2, 3> = "2": "of no effect without igmp-snooping, which asks nothing without a querier";
        "mld-version" Number<1, 2> = "1": "of no effect without igmp-snooping, which asks nothing without a querier";
        "startup-query-count" Number<0, 4294967295> = "2": "of no effect without multicast-querier";
        "last-member-query-count" Number<0, 4294967295> = "2": "of no effect without multicast-querier";
        "last-member-interval" Duration = "1s": "of no effect without multicast-querier";
        "membership-interval" Duration = "4m20s": "of no effect without multicast-querier";
        "querier-interval" Duration = "4m15s": "of no effect without multicast-querier";
        "query-interval" Duration = "2m5s": "of no effect without multicast-querier";
        "query-response-interval" Duration = "10s": "of no effect without multicast-querier";
        "startup-query-interval" Duration = "31s250ms": "of no effect without multicast-querier";
        "querier-uses-bridge-address" bool = "no": "of no effect without multicast-querier";
    }
    differs {
        "max-learned-entries" String = "auto": "the kernel's bridge has no such limit";
    }
    refused {
        "vlan-filtering" = "no": "rosc makes no VLAN-aware bridges";
        "arp" = "enabled": "rosc leaves ARP as the kernel has it";
        "arp-timeout" = "auto": "set it for all interfaces by /ip settings arp-timeout";
        "multicast-router" = "temporary-query": "rosc leaves the multicast router ports as the kernel has them";
        "multicast-querier" = "no": "rosc starts no multicast querier";
        "dhcp-snooping" = "no": "the kernel's bridge does not snoop DHCP";
        "add-dhcp-option82" = "no": "the kernel's bridge does not change DHCP packets";
        "dhcp-agent-circuit-id": "the kernel's bridge does not change DHCP packets";
        "dhcp-agent-remote-id": "the kernel's bridge does not change DHCP packets";
        "dhcpv6-snooping" = "no": "the kernel's bridge does not snoop DHCP";
        "dhcpv6-agent-circuit-id": "the kernel's bridge does not change DHCP packets";
        "dhcpv6-agent-remote-id": "the kernel's bridge does not change DHCP packets";
        "ra-guard" = "no": "drop router advertisements in the bridge family of nftables";
        "msrp" = "no": "the kernel's bridge reserves no streams";
        "mvrp" = "no": "the kernel's bridge registers no VLANs";
        "forward-reserved-addresses" = "no": "rosc leaves the group forward mask as the kernel has it";
        "mlag-peer-port" = "none": "there is no MLAG on Linux bridges";
        "mlag-priority": "there is no MLAG on Linux bridges";
        "mlag-heartbeat": "there is no MLAG on Linux bridges";
    }
}

properties! {
    /// What an item of `/interface bridge port` says.
    pub struct BridgePortItem {
        bridge: "bridge" String, Same;
        interface: "interface" String, Same;
    }
    inert {
        "hw" bool = "yes": "switching in hardware changes no packet's way";
        "pvid" Number<1, 4094> = "1": "of no effect without vlan-filtering";
        "frame-types" String = "admit-all": "of no effect without vlan-filtering";
        "ingress-filtering" bool = "yes": "of no effect without vlan-filtering";
        "priority" Number<0, 255> = "0x80": "of no effect while the spanning tree is off";
        "path-cost" Number<1, 200000000> = "10": "of no effect while the spanning tree is off";
        "internal-path-cost" Number<1, 200000000> = "10": "of no effect without a spanning tree daemon";
        "edge" String = "auto": "of no effect without a spanning tree daemon";
        "point-to-point" String = "auto": "of no effect without a spanning tree daemon";
        "restricted-role" bool = "no": "of no effect without a spanning tree daemon";
        "restricted-tcn" bool = "no": "of no effect without a spanning tree daemon";
        "auto-isolate" bool = "no": "of no effect without a spanning tree daemon";
        "mvrp-registrar-state" String = "normal": "of no effect without mvrp";
        "mvrp-applicant-state" String = "normal-participant": "of no effect without mvrp";
        "trusted" bool = "no": "of no effect without dhcp-snooping";
        "trusted-ra" bool = "no": "of no effect without ra-guard";
        "trusted-dhcpv6" bool = "no": "of no effect without dhcpv6-snooping";
        "fast-leave" bool = "no": "of no effect without igmp-snooping";
        "external-fdb" String = "auto": "version 6 only; it concerns wireless ports, which rosc does not make";
    }
    refused {
        "horizon" = "none": "rosc does not isolate ports from each other";
        "learn" = "auto": "rosc leaves learning as the kernel has it";
        "broadcast-flood" = "yes": "rosc leaves flooding as the kernel has it";
        "unknown-multicast-flood" = "yes": "rosc leaves flooding as the kernel has it";
        "unknown-unicast-flood" = "yes": "rosc leaves flooding as the kernel has it";
        "multicast-router" = "temporary-query": "rosc leaves the multicast router ports as the kernel has them";
        "tag-stacking" = "no": "rosc makes no VLAN-aware bridges";
        "bpdu-guard" = "no": "the spanning tree is off, so no port guards it";
    }
}

properties! {
    /// What `/interface bridge settings` says.
    pub struct BridgeSettings {
        allow_fast_path: "allow-fast-path" bool = "yes", SameAs("a short cut inside RouterOS that changes no packet's way");
    }
    refused {
        "use-ip-firewall" = "no": "rosc keeps switched frames out of the firewall, as RouterOS does by default";
        "use-ip-firewall-for-vlan" = "no": "rosc keeps switched frames out of the firewall, as RouterOS does by default";
        "use-ip-firewall-for-pppoe" = "no": "rosc keeps switched frames out of the firewall, as RouterOS does by default";
    }
}

properties! {
    /// What an item of `/interface list` says.
    pub struct InterfaceListItem {
        name: "name" String, Same;
        include: "include" List<String>, Same;
        exclude: "exclude" List<String>, Same;
    }
}

properties! {
    /// What an item of `/interface list member` says.
    pub struct InterfaceListMemberItem {
        interface: "interface" String, Same;
        list: "list" String, Same;
    }
}
