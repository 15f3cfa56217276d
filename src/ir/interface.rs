//! Interfaces, bridges and interface lists.

use super::InterfaceName;
use rosc_target::Origin;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// An interface.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interface {
    /// Where it is declared, or else first named.
    #[serde(skip)]
    pub origin: Origin,
    /// The network device that the overlay's `/rosc interface` names for it.
    pub device: Option<String>,
    /// What it is.
    pub kind: InterfaceKind,
}

/// What an interface is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterfaceKind {
    /// Something that exists on the router without this configuration: an Ethernet port, a tunnel, a VLAN.
    Port,
    /// A bridge that the configuration makes.
    Bridge(Bridge),
}

/// An item of `/interface bridge`, with its ports.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bridge {
    /// `protocol-mode`.
    pub spanning_tree: SpanningTree,
    /// `admin-mac`, in force with `auto-mac=no`.
    pub mac: Option<[u8; 6]>,
    /// `mtu` in bytes; `None` for `auto`.
    pub mtu: Option<u32>,
    /// `priority`, 0..=65535.
    pub priority: u16,
    /// `ageing-time`.
    pub ageing_time: Duration,
    /// `forward-delay`.
    pub forward_delay: Duration,
    /// `igmp-snooping`.
    pub igmp_snooping: bool,
    /// `/interface bridge port`.
    pub ports: Vec<BridgePort>,
}

/// A port of a bridge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BridgePort {
    /// The item.
    #[serde(skip)]
    pub origin: Origin,
    /// The enslaved interface.
    pub interface: InterfaceName,
}

/// A bridge's `protocol-mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum SpanningTree {
    None,
    Stp,
    Rstp,
    Mstp,
}

/// A `/interface list` after `include` and `exclude` are worked out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct InterfaceList {
    /// The item.
    #[serde(skip)]
    pub origin: Origin,
    /// Its members: those of the included lists without those of the excluded, and its own.
    pub members: BTreeSet<InterfaceName>,
}
