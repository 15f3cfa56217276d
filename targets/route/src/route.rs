//! Routes.

use crate::{Family, NextHop, NextHops};
use ipnet::IpNet;
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;

/// The number of the main table (`RT_TABLE_MAIN`), where look-ups end that no rule sent elsewhere.
pub const MAIN_TABLE: u32 = 254;

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The line that asked for it.
    #[serde(skip)]
    pub origin: Origin,
    /// The table that it is in, 1..=4294967295.
    pub table: u32,
    /// The packets that it is for; its family is the family of the route.
    pub destination: IpNet,
    /// The lowest of a destination wins. Zero does not exist: IPv6 takes it for 1024.
    pub metric: NonZeroU32,
    /// The source address of packets that the router itself sends by this route.
    pub preferred_source: Option<IpAddr>,
    /// What becomes of the packets.
    pub kind: RouteKind,
}

/// What becomes of the packets of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteKind {
    /// They are sent on.
    Unicast(NextHops),
    /// They are dropped silently.
    Blackhole,
    /// They are dropped, and the sender is told that the host is unreachable.
    Unreachable,
    /// They are dropped, and the sender is told that this is forbidden.
    Prohibit,
}

/// What the kernel tells two routes apart by; there is one route for each key.
///
/// The type of service is part of the kernel's IPv4 key as well. Routes with one are foreign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteKey {
    /// The table.
    pub table: u32,
    /// The destination, with host bits cleared.
    pub destination: IpNet,
    /// The metric; zero is possible for a foreign IPv4 route.
    pub metric: u32,
}

impl Route {
    /// The family of the route.
    pub fn family(&self) -> Family {
        Family::of_net(&self.destination)
    }

    /// What the kernel tells the route apart by.
    pub fn key(&self) -> RouteKey {
        RouteKey { table: self.table, destination: self.destination, metric: self.metric.get() }
    }

    /// The next hops; none for a route that drops.
    pub fn next_hops(&self) -> impl Iterator<Item = &NextHop> {
        match &self.kind {
            RouteKind::Unicast(next_hops) => Some(next_hops.iter()),
            RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit => None,
        }
        .into_iter()
        .flatten()
    }
}

/// The words that `ip route add` takes.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            RouteKind::Unicast(_) => "",
            RouteKind::Blackhole => "blackhole ",
            RouteKind::Unreachable => "unreachable ",
            RouteKind::Prohibit => "prohibit ",
        })?;
        match self.destination {
            IpNet::V4(net) if net.prefix_len() == 0 => f.write_str("default")?,
            destination => write!(f, "{destination}")?,
        }
        if self.table != MAIN_TABLE {
            write!(f, " table {}", self.table)?;
        }
        write!(f, " metric {}", self.metric)?;
        if let Some(source) = self.preferred_source {
            write!(f, " src {source}")?;
        }
        match &self.kind {
            RouteKind::Unicast(next_hops) => self.write_next_hops(next_hops, f),
            RouteKind::Blackhole | RouteKind::Unreachable | RouteKind::Prohibit => Ok(()),
        }
    }
}

impl Route {
    fn write_next_hops(&self, next_hops: &NextHops, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_multipath = next_hops.single().is_none();
        for next_hop in next_hops.iter() {
            if is_multipath {
                f.write_str(" nexthop")?;
            }
            match (self.family(), next_hop.gateway) {
                (Family::Ipv4, Some(IpAddr::V6(gateway))) => write!(f, " via inet6 {gateway}")?,
                (_, Some(gateway)) => write!(f, " via {gateway}")?,
                (_, None) => {}
            }
            write!(f, " dev {}", next_hop.device)?;
            if is_multipath {
                write!(f, " weight {}", next_hop.weight.get())?;
            }
            if next_hop.onlink {
                f.write_str(" onlink")?;
            }
        }
        Ok(())
    }
}
