//! `/ip address` and `/ipv6 address`.

use super::Common;
use crate::catalog::property::properties;
use crate::catalog::types::{HostAddress, InterfaceAddress};
use crate::catalog::{Kind, Menu};

/// `/ip address`.
pub static IP_ADDRESS: Menu = Menu {
    path: "/ip/address",
    becomes: "addresses, marked with rosc's protocol number",
    kind: Kind::Items,
    groups: &[Ipv4AddressItem::PROPERTIES, Common::PROPERTIES],
};

/// `/ipv6 address`.
pub static IPV6_ADDRESS: Menu = Menu {
    path: "/ipv6/address",
    becomes: "addresses, marked with rosc's protocol number",
    kind: Kind::Items,
    groups: &[Ipv6AddressItem::PROPERTIES, Common::PROPERTIES],
};

properties! {
    /// What an item of `/ip address` says.
    pub struct Ipv4AddressItem {
        address: "address" InterfaceAddress<false>, Same;
        interface: "interface" String, Same;
        network: "network" HostAddress, Same;
        netmask: "netmask" HostAddress, Same;
    }
    inert {
        "broadcast" HostAddress: "the kernel derives the broadcast address from the prefix";
    }
}

properties! {
    /// What an item of `/ipv6 address` says.
    pub struct Ipv6AddressItem {
        address: "address" InterfaceAddress<true>, Same;
        interface: "interface" String, Same;
        no_dad: "no-dad" bool = "no", Same;
        advertise: "advertise" bool = "yes", Depends("no is the same; with yes, the default, rosc announces nothing: that takes a daemon such as radvd");
    }
    inert {
        "auto-link-local" bool = "yes": "the kernel gives every interface a link-local address";
    }
    refused {
        "eui-64" = "no": "write the whole address instead of having it made from the hardware address";
        "from-pool" = "": "prefixes from a pool are delegated at run time; write the prefix";
        "from-pool-policy" = "recommended": "prefixes from a pool are delegated at run time; write the prefix";
    }
}
