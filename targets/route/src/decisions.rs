//! What others decide about packets that rosc has routes for.

use crate::{DeviceName, Family};
use ipnet::IpNet;
use std::collections::BTreeMap;

/// What of others has a say in where packets without a mark go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForeignDecisions {
    /// Where their routes in `main` lead to, but for those that the kernel makes of addresses, of no more than [`MAX`](Self::MAX)
    /// routes of a family. Each with its metric, of which the lowest counts; `None` where one comes before others, whatever they
    /// are, for some packets.
    pub destinations: BTreeMap<IpNet, Option<u32>>,
    /// The families that have more.
    pub more: Vec<Family>,
    /// Their rules that packets without a mark may meet before `main` is asked, and that may lead elsewhere.
    pub rules: Vec<DecidingRule>,
}

/// A rule of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidingRule {
    /// Its family.
    pub family: Family,
    /// Its place.
    pub preference: u32,
    /// The only device whose incoming packets it looks at.
    pub iif: Option<DeviceName>,
    /// Whether it passes over routes for their length (`suppress_prefixlength`).
    pub passes_over: bool,
}

impl ForeignDecisions {
    /// So many routes of a family are told apart. Who has more of them has a routing daemon.
    pub const MAX: usize = 4096;

    /// Whether a route of somebody else comes before one of that metric to the same destination.
    pub fn come_before(&self, destination: IpNet, metric: u32) -> bool {
        self.destinations.get(&destination).is_some_and(|other| other.is_none_or(|other| other < metric))
    }
}
