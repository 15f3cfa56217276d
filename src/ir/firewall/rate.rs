//! Rates and times at which rules match.

use serde::Serialize;
use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroU64};

/// `limit`: a bucket that is full at first, and from which each packet takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// So much comes into the bucket...
    pub rate: NonZeroU64,
    /// ... in so many seconds.
    pub per: NonZeroU64,
    /// So much the bucket holds.
    pub burst: u64,
    /// What is counted.
    pub unit: LimitUnit,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitUnit {
    /// Packets.
    Packet,
    /// Bits of whole packets.
    Bit,
}

/// `dst-limit`: a bucket for each of many flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DstLimit {
    /// Packets that come into each bucket...
    pub rate: NonZeroU64,
    /// ... in so many seconds.
    pub per: NonZeroU64,
    /// Packets that each bucket holds.
    pub burst: u64,
    /// What makes a flow.
    pub flow: FlowFields,
    /// Seconds after which a flow without packets is forgotten.
    pub expire: u32,
}

/// What packets of one flow have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum FlowFields {
    SrcAddress,
    DstAddress,
    SrcAndDstAddresses,
    DstAddressAndPort,
    AddressesAndDstPort,
}

/// `psd`: a source that asks for one port after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Psd {
    /// The sum of the ports' weights from which on packets match.
    pub weight: u32,
    /// Seconds after its last new port at which a source is forgotten.
    pub delay: NonZeroU32,
    /// What a port below 1024 weighs.
    pub low_weight: u32,
    /// What any other port weighs.
    pub high_weight: u32,
}

/// `time`: from one time of the day to another, on some days of the week, by the router's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimeOfDay {
    /// Seconds of the day.
    pub start: u32,
    /// Seconds of the day; smaller than `start` where the time goes over midnight.
    pub end: u32,
    /// On these days; never empty.
    pub days: BTreeSet<Weekday>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum Weekday {
    Sun,
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
}

impl Weekday {
    /// The week as the kernel counts it.
    pub const ALL: [Self; 7] = [Self::Sun, Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat];
}

impl TimeOfDay {
    /// Says whether a second of some day is meant. Over midnight, the day is that of the second.
    pub fn contains(&self, day: Weekday, second: u32) -> bool {
        let in_time = if self.start <= self.end {
            (self.start..=self.end).contains(&second)
        } else {
            second >= self.start || second <= self.end
        };
        in_time && self.days.contains(&day)
    }
}
