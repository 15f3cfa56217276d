//! What the router does, in RouterOS's terms: complete, typed, without text that means something and without
//! Linux.
//!
//! Everything that the configuration leaves out has its RouterOS default here, disabled items are gone, and each
//! node knows its [`Origin`]. Two stages read it: `lower` makes Linux of it, and whoever
//! wants to know what becomes of a packet interprets it.

mod address;
mod fastpath;
pub mod firewall;
mod interface;
mod name;
pub mod nexthop;
mod route;
mod rule;
mod settings;
mod tracking;

pub use address::Address;
pub use fastpath::{FastPath, FastPathHash, FastPathMode, FastPathPort, FastPathTable, FastPathWish};
pub use firewall::{Firewall, ServicePort};
pub use interface::{Bridge, BridgePort, Interface, InterfaceKind, InterfaceList, SpanningTree};
pub use name::{
    AddressListName, ChainName, ConnectionMark, InterfaceListName, InterfaceName, PacketMark, TableName,
};
pub use route::{CheckGateway, Distance, Gateway, GatewayHop, Route, RouteTarget, Table};
pub use rule::{RoutingRule, RuleAction};
pub use settings::{HashPolicy, IpSettings, Ipv6Settings, RedirectPolicy, RpFilter, Setting, Settings};
pub use tracking::{ConnectionTracking, Timeout, TrackingMode};

use firewall::InterfaceMatch;
use rosc_target::Origin;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The whole router.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Router {
    /// Whose rules apply where the versions differ.
    pub dialect: Dialect,
    /// Every interface that the configuration names or makes.
    pub interfaces: BTreeMap<InterfaceName, Interface>,
    /// `/interface list`.
    pub interface_lists: BTreeMap<InterfaceListName, InterfaceList>,
    /// `/ip address` and `/ipv6 address`.
    pub addresses: Vec<Address>,
    /// Clients of DHCP and of PPP: what they learn, only the running machine knows.
    #[serde(skip)]
    pub address_clients: Vec<Origin>,
    /// Connection marks that menus without a place here ask for, such as `filter`; `None` is `no-mark`.
    #[serde(skip)]
    pub marks_asked_elsewhere: BTreeSet<Option<ConnectionMark>>,
    /// `/routing table`, with `main`.
    pub tables: BTreeMap<TableName, Table>,
    /// `/ip route` and `/ipv6 route`, in their order.
    pub routes: Vec<Route>,
    /// `/routing rule`, in evaluation order.
    pub rules: Vec<RoutingRule>,
    /// `/ip settings` and `/ipv6 settings`.
    pub settings: Settings,
    /// `/ip firewall service-port`, for both families.
    pub service_ports: Vec<ServicePort>,
    /// `/ip firewall`.
    pub firewall: Firewall,
    /// `/ipv6 firewall`.
    pub ipv6_firewall: Firewall,
    /// `/rosc fastpath`, if it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fastpath: Option<FastPath>,
}

/// The version of RouterOS whose semantics hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Dialect {
    /// RouterOS 6: equal routes are not merged, the local table comes before routing marks.
    #[serde(rename = "6")]
    V6,
    /// RouterOS 7: equal routes are one ECMP route, routing marks come before the local table.
    #[serde(rename = "7")]
    V7,
}

impl Router {
    /// The interface that a device of the machine is.
    pub fn interface_of(&self, device: &str) -> InterfaceName {
        let is = |(name, interface): &(&InterfaceName, &Interface)| {
            interface.device.as_deref().unwrap_or(name.as_str()) == device
        };
        let found = self.interfaces.iter().find(is).map(|(name, _)| name.clone());
        found.unwrap_or_else(|| InterfaceName::new(device))
    }

    /// A router as RouterOS has it without any configuration.
    pub fn empty(dialect: Dialect) -> Self {
        let main = Table { origin: Origin::IMPLIED, fib: true };
        Self {
            dialect,
            interfaces: BTreeMap::new(),
            interface_lists: BTreeMap::new(),
            addresses: Vec::new(),
            address_clients: Vec::new(),
            marks_asked_elsewhere: BTreeSet::new(),
            tables: BTreeMap::from([(TableName::main(), main)]),
            routes: Vec::new(),
            rules: Vec::new(),
            settings: Settings::default(),
            service_ports: Vec::new(),
            firewall: Firewall::default(),
            ipv6_firewall: Firewall::default(),
            fastpath: None,
        }
    }

    /// Says whether an interface is what a matcher asks for. A packet without one is of no interface in particular.
    pub fn is_meant(&self, wanted: &InterfaceMatch, interface: Option<&InterfaceName>) -> bool {
        match (wanted, interface) {
            (InterfaceMatch::All, _) => true,
            (InterfaceMatch::None, _) | (_, None) => false,
            (InterfaceMatch::Interface(name), Some(interface)) => name == interface,
            (InterfaceMatch::List(list), Some(interface)) => {
                self.interface_lists.get(list).is_some_and(|list| list.members.contains(interface))
            }
        }
    }

    /// Says whether anything of IPv6 is configured. Where nothing is, a RouterOS router forwards no IPv6, and
    /// the IPv6 side of the Linux box is nobody's business.
    pub fn uses_ipv6(&self) -> bool {
        self.addresses.iter().any(|a| a.address.is_ipv6())
            || self.routes.iter().any(|route| route.destination.addr().is_ipv6())
            || self.rules.iter().any(|rule| rule.is_ipv6_only())
            || !self.ipv6_firewall.is_empty()
            || self.settings.ipv6.is_some()
    }
}
