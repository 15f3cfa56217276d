//! Routing rules.

use super::{InterfaceName, TableName};
use ipnet::IpNet;
use rosc_target::Origin;
use serde::Serialize;

/// An item of `/routing rule` that is not disabled. All conditions that are given must hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoutingRule {
    /// The item.
    #[serde(skip)]
    pub origin: Origin,
    /// `src-address`.
    pub source: Option<IpNet>,
    /// `dst-address`, of the same family as the source.
    pub destination: Option<IpNet>,
    /// `interface`: the interface that the packet came in by; never true for the router's own packets.
    pub interface: Option<InterfaceName>,
    /// `routing-mark`.
    pub routing_mark: Option<TableName>,
    /// What to do.
    pub action: RuleAction,
}

/// What a routing rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleAction {
    /// Looks the destination up; without an answer the next rule is tried.
    Lookup {
        /// Where to look.
        table: TableName,
        /// Answers of this prefix length or shorter don't count.
        min_prefix: Option<u8>,
    },
    /// Looks the destination up; without an answer it is unreachable.
    LookupOnlyInTable {
        /// Where to look.
        table: TableName,
        /// Answers of this prefix length or shorter don't count.
        min_prefix: Option<u8>,
    },
    /// Drops silently.
    Drop,
    /// Drops with an ICMP error.
    Unreachable,
}

impl RoutingRule {
    /// Says whether the rule can concern IPv4 packets.
    pub fn is_ipv4(&self) -> bool {
        self.prefixes().all(|prefix| prefix.addr().is_ipv4())
    }

    /// Says whether the rule can concern IPv6 packets.
    pub fn is_ipv6(&self) -> bool {
        self.prefixes().all(|prefix| prefix.addr().is_ipv6())
    }

    /// Says whether the rule can concern IPv6 packets and no others.
    pub fn is_ipv6_only(&self) -> bool {
        !self.is_ipv4()
    }

    fn prefixes(&self) -> impl Iterator<Item = IpNet> {
        self.source.into_iter().chain(self.destination)
    }
}
