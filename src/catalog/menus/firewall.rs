//! The firewall menus of both families.

use super::{
    Common, FilterItem, FirewallRuleItem, FlagsMatcherItem, IPV4_FILTER, IPV4_TRACKED_MATCHERS,
    Ipv4MangleItem, Ipv4MatcherItem, Ipv4NatItem, Ipv6MangleItem, Ipv6MatcherItem, Ipv6NatItem, MangleItem,
    MatcherItem, NatItem, NatStateMatcherItem, RawItem, StateMatcherItem, TrackedMatcherItem,
};
use crate::catalog::property::properties;
use crate::catalog::types::{ListTimeout, ListedAddress};
use crate::catalog::{Kind, Menu};

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
        FirewallRuleItem::PROPERTIES,
        NatItem::PROPERTIES,
        Ipv4NatItem::PROPERTIES,
        MatcherItem::PROPERTIES,
        TrackedMatcherItem::PROPERTIES,
        Ipv4MatcherItem::PROPERTIES,
        IPV4_TRACKED_MATCHERS,
        Common::PROPERTIES,
    ],
};

/// `/ipv6 firewall nat`.
pub static IPV6_FIREWALL_NAT: Menu = Menu {
    path: "/ipv6/firewall/nat",
    becomes: "chains of type nat in table ip6 rosc",
    kind: Kind::Items,
    groups: &[
        FirewallRuleItem::PROPERTIES,
        NatItem::PROPERTIES,
        Ipv6NatItem::PROPERTIES,
        MatcherItem::PROPERTIES,
        FlagsMatcherItem::PROPERTIES,
        TrackedMatcherItem::PROPERTIES,
        StateMatcherItem::PROPERTIES,
        Ipv6MatcherItem::PROPERTIES,
        Common::PROPERTIES,
    ],
};

/// `/ip firewall mangle`.
pub static IP_FIREWALL_MANGLE: Menu = Menu {
    path: "/ip/firewall/mangle",
    becomes: "chains of type filter and route in table ip rosc",
    kind: Kind::Items,
    groups: &[
        FirewallRuleItem::PROPERTIES,
        MangleItem::PROPERTIES,
        Ipv4MangleItem::PROPERTIES,
        MatcherItem::PROPERTIES,
        FlagsMatcherItem::PROPERTIES,
        TrackedMatcherItem::PROPERTIES,
        StateMatcherItem::PROPERTIES,
        NatStateMatcherItem::PROPERTIES,
        Ipv4MatcherItem::PROPERTIES,
        IPV4_TRACKED_MATCHERS,
        Common::PROPERTIES,
    ],
};

/// `/ipv6 firewall mangle`.
pub static IPV6_FIREWALL_MANGLE: Menu = Menu {
    path: "/ipv6/firewall/mangle",
    becomes: "chains of type filter and route in table ip6 rosc",
    kind: Kind::Items,
    groups: &[
        FirewallRuleItem::PROPERTIES,
        MangleItem::PROPERTIES,
        Ipv6MangleItem::PROPERTIES,
        MatcherItem::PROPERTIES,
        FlagsMatcherItem::PROPERTIES,
        TrackedMatcherItem::PROPERTIES,
        StateMatcherItem::PROPERTIES,
        NatStateMatcherItem::PROPERTIES,
        Ipv6MatcherItem::PROPERTIES,
        Common::PROPERTIES,
    ],
};

/// `/ip firewall filter`.
pub static IP_FIREWALL_FILTER: Menu = Menu {
    path: "/ip/firewall/filter",
    becomes: "chains of type filter in table ip rosc",
    kind: Kind::Items,
    groups: &[
        FirewallRuleItem::PROPERTIES,
        FilterItem::PROPERTIES,
        MatcherItem::PROPERTIES,
        FlagsMatcherItem::PROPERTIES,
        TrackedMatcherItem::PROPERTIES,
        StateMatcherItem::PROPERTIES,
        NatStateMatcherItem::PROPERTIES,
        Ipv4MatcherItem::PROPERTIES,
        IPV4_TRACKED_MATCHERS,
        IPV4_FILTER,
        Common::PROPERTIES,
    ],
};

/// `/ipv6 firewall filter`.
pub static IPV6_FIREWALL_FILTER: Menu = Menu {
    path: "/ipv6/firewall/filter",
    becomes: "chains of type filter in table ip6 rosc",
    kind: Kind::Items,
    groups: &[
        FirewallRuleItem::PROPERTIES,
        FilterItem::PROPERTIES,
        MatcherItem::PROPERTIES,
        FlagsMatcherItem::PROPERTIES,
        TrackedMatcherItem::PROPERTIES,
        StateMatcherItem::PROPERTIES,
        NatStateMatcherItem::PROPERTIES,
        Ipv6MatcherItem::PROPERTIES,
        Common::PROPERTIES,
    ],
};

/// `/ip firewall raw`.
pub static IP_FIREWALL_RAW: Menu = Menu {
    path: "/ip/firewall/raw",
    becomes: "chains of type filter before connection tracking in table ip rosc",
    kind: Kind::Items,
    groups: &[
        FirewallRuleItem::PROPERTIES,
        RawItem::PROPERTIES,
        MatcherItem::PROPERTIES,
        FlagsMatcherItem::PROPERTIES,
        Ipv4MatcherItem::PROPERTIES,
        Common::PROPERTIES,
    ],
};

/// `/ipv6 firewall raw`.
pub static IPV6_FIREWALL_RAW: Menu = Menu {
    path: "/ipv6/firewall/raw",
    becomes: "chains of type filter before connection tracking in table ip6 rosc",
    kind: Kind::Items,
    groups: &[
        FirewallRuleItem::PROPERTIES,
        RawItem::PROPERTIES,
        MatcherItem::PROPERTIES,
        FlagsMatcherItem::PROPERTIES,
        Ipv6MatcherItem::PROPERTIES,
        Common::PROPERTIES,
    ],
};

properties! {
    /// What an item of an address list says.
    pub struct AddressListItem {
        list: "list" String, Same;
        address: "address" ListedAddress, Depends("addresses, prefixes and ranges are the same; a DNS name has the addresses that it had at the last apply, and is warned of");
    }
    differs {
        "timeout" ListTimeout: "the entry stays on the list, where RouterOS forgets it when the time is over, or when it restarts";
    }
    refused {
        "dynamic" = "no": "dynamic entries are made at run time";
    }
}
