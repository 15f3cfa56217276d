//! Routing tables and static routes.

use super::{InterfaceName, TableName};
use ipnet::IpNet;
use rosc_target::Origin;
use serde::Serialize;
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU8;

/// An item of `/routing table`, or `main`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// The item, or in version 6 the first place that names the mark.
    #[serde(skip)]
    pub origin: Origin,
    /// Whether the routes of the table are used for forwarding (the switch `fib`).
    pub fib: bool,
}

/// A static route that is not disabled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    /// The item.
    #[serde(skip)]
    pub origin: Origin,
    /// The table that it stands in.
    pub table: TableName,
    /// Where to, host bits cleared.
    pub destination: IpNet,
    /// What happens to the packets.
    pub target: RouteTarget,
    /// Preference among routes to the same destination; lower wins.
    pub distance: Distance,
    /// `scope`: routes whose target scope is at least this can resolve their gateways by this one.
    pub scope: u8,
    /// `target-scope`: the largest scope of a route that can resolve this one's gateways.
    pub target_scope: u8,
    /// `pref-src`: source address of the router's own packets.
    pub preferred_source: Option<IpAddr>,
    /// `check-gateway`.
    pub check_gateway: Option<CheckGateway>,
}

/// What a route does with packets.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteTarget {
    /// Sends them to one of these; never empty. A gateway given twice has twice the weight.
    Via(Vec<Gateway>),
    /// Drops them silently.
    Blackhole,
    /// Drops them with an ICMP "host unreachable".
    Unreachable,
    /// Drops them with an ICMP "administratively prohibited".
    Prohibit,
}

/// One gateway of a route.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gateway {
    /// The word that names it.
    #[serde(skip)]
    pub origin: Origin,
    /// Where packets go.
    #[serde(flatten)]
    pub hop: GatewayHop,
}

/// The forms of a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum GatewayHop {
    /// `192.0.2.1` or `192.0.2.1@table`: the address is looked up in that table (`main` unless given).
    Address {
        /// The gateway.
        address: IpAddr,
        /// The table in which it is looked up.
        table: TableName,
    },
    /// `192.0.2.1%ether1`: on this interface, without a look-up.
    OnInterface {
        /// The gateway.
        address: IpAddr,
        /// The interface that leads to it.
        interface: InterfaceName,
    },
    /// `ether1`: the destination itself is on this interface.
    Interface {
        /// The interface.
        interface: InterfaceName,
    },
}

/// `check-gateway`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum CheckGateway {
    Arp,
    Ping,
    Bfd,
}

/// Administrative distance of a static route, 1..=255; lower wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Distance(NonZeroU8);

impl Distance {
    /// The distance of a static route that names none.
    pub const STATIC: Self = Self(NonZeroU8::MIN);

    /// A distance; 0 belongs to connected routes and is none.
    pub fn new(value: u8) -> Option<Self> {
        NonZeroU8::new(value).map(Self)
    }

    /// The number.
    pub fn get(self) -> u8 {
        self.0.get()
    }

    /// Says whether routes of this distance are ever chosen: with 255 they are not.
    pub fn is_usable(self) -> bool {
        self.0 != NonZeroU8::MAX
    }
}

impl fmt::Debug for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
