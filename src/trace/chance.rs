//! What RouterOS leaves open, and who decides it in a trace.

use crate::ir::firewall::{IpRange, PccKey, PerConnectionClassifier};
use crate::ir::nexthop::Hop;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// A side of a connection that is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Side {
    Source,
    Destination,
}

/// Decides what the configuration leaves open.
///
/// A router draws a number at boot that decides about classifiers and multipath routes; where it picks a translation
/// from a range only the connection's uniqueness is promised.
pub trait Chance {
    /// Says whether a packet is in a class. One key is in exactly one class of a denominator.
    fn is_in_class(&mut self, classifier: &PerConnectionClassifier, key: &PccKey) -> bool;

    /// The place of the next hop that is taken. There are at least two.
    fn hop(&mut self, hops: &[Hop]) -> usize;

    /// The place of one of several that are equally good. There are at least two.
    fn one_of(&mut self, count: usize) -> usize;

    /// Whether something happens of which only is known how often it does: so many times of a hundred; `None` where not
    /// even that is known.
    fn happens(&mut self, percent: Option<u8>) -> bool;

    /// The address to translate to.
    fn address(&mut self, side: Side, range: &IpRange) -> IpAddr;

    /// The port to translate to.
    fn port(&mut self, side: Side, range: &RangeInclusive<u16>) -> u16;
}
