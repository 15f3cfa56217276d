//! The menus that rosc lowers.

mod address;
mod connection;
mod fastpath;
mod firewall;
mod helper;
mod interface;
mod matcher;
mod overlay;
mod route;
mod rule;
mod settings;
mod verb;

pub use address::*;
pub use connection::*;
pub use fastpath::*;
pub use firewall::*;
pub use helper::*;
pub use interface::*;
pub use matcher::*;
pub use overlay::*;
pub use route::*;
pub use rule::*;
pub use settings::*;
pub use verb::*;

use super::Menu;
use super::property::properties;

/// Every menu, in the order of the manual.
pub const MENUS: &[&Menu] = &[
    &INTERFACE_BRIDGE,
    &INTERFACE_BRIDGE_PORT,
    &INTERFACE_BRIDGE_SETTINGS,
    &INTERFACE_LIST,
    &INTERFACE_LIST_MEMBER,
    &IP_ADDRESS,
    &IPV6_ADDRESS,
    &ROUTING_TABLE,
    &ROUTING_RULE,
    &IP_ROUTE,
    &IPV6_ROUTE,
    &IP_SETTINGS,
    &IPV6_SETTINGS,
    &IP_FIREWALL_CONNECTION_TRACKING,
    &IP_FIREWALL_SERVICE_PORT,
    &IP_FIREWALL_LAYER7_PROTOCOL,
    &IP_FIREWALL_ADDRESS_LIST,
    &IPV6_FIREWALL_ADDRESS_LIST,
    &IP_FIREWALL_FILTER,
    &IPV6_FIREWALL_FILTER,
    &IP_FIREWALL_RAW,
    &IPV6_FIREWALL_RAW,
    &IP_FIREWALL_NAT,
    &IPV6_FIREWALL_NAT,
    &IP_FIREWALL_MANGLE,
    &IPV6_FIREWALL_MANGLE,
    &ROSC_INTERFACE,
    &ROSC_FASTPATH,
    &ROSC_FACT,
];

properties! {
    /// What every item says.
    pub struct Common {
        disabled: "disabled" bool = "no", Same;
        comment: "comment" String, SameAs("kept; on firewall rules it shows in the nft listing, as far as nft takes it: the rule is told of where that is not all");
    }
}
