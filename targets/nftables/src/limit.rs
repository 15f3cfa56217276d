//! Rates that packets may come at.

use crate::keyword::keywords;
use std::num::NonZeroU64;
use thiserror::Error;

/// Lets packets pass up to a rate, or only those above it: a bucket that fills at the rate and holds the burst.
///
/// Each rule has a bucket of its own, which is full at first. A rule that is loaded anew starts with a full one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit {
    /// How much comes in the time.
    pub(crate) rate: NonZeroU64,
    pub(crate) unit: LimitUnit,
    pub(crate) per: LimitPer,
    /// How much may come at once; of bytes, in addition to the rate.
    pub(crate) burst: u32,
    /// Whether it is what comes faster that passes.
    pub(crate) over: bool,
}

keywords! {
    /// What a limit counts.
    pub enum LimitUnit {
        /// Packets.
        Packets = "packets",
        /// Bytes, with the network header.
        Bytes = "bytes",
    }
}

keywords! {
    /// The time in which a limit's number of packets or bytes comes.
    pub enum LimitPer {
        /// A second.
        Second = "second",
        /// A minute.
        Minute = "minute",
        /// An hour.
        Hour = "hour",
        /// A day.
        Day = "day",
        /// A week.
        Week = "week",
    }
}

/// Numbers do not make a limit that the kernel could take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidLimit {
    /// The rate is zero.
    #[error("a limit needs a rate above zero")]
    NoRate,
    /// The burst is zero packets, for which the kernel would take 5.
    #[error("a limit of packets needs a burst of at least one packet")]
    NoBurst,
    /// The kernel counts in nanoseconds, and the rate or burst is too large for 64 bits of them.
    #[error("the rate or the burst of the limit is too large for the kernel")]
    TooLarge,
}

impl Limit {
    /// Lets `rate` packets pass in that time, and `burst` packets at once.
    pub fn packets(rate: u64, per: LimitPer, burst: u32) -> Result<Self, InvalidLimit> {
        if burst == 0 {
            return Err(InvalidLimit::NoBurst);
        }
        let rate = NonZeroU64::new(rate).ok_or(InvalidLimit::NoRate)?;
        // `nft_limit_init` of the kernel: what the burst costs in nanoseconds has to fit.
        let is_possible = (per.nanoseconds() / rate).checked_mul(burst.into()).is_some();
        Self { rate, unit: LimitUnit::Packets, per, burst, over: false }.if_possible(is_possible)
    }

    /// Lets `rate` bytes pass in that time, and `burst` bytes more at once.
    ///
    /// Rate and burst together can be at most 18.4 GB with a second, and 30,500 bytes with a week.
    pub fn bytes(rate: u64, per: LimitPer, burst: u32) -> Result<Self, InvalidLimit> {
        let rate = NonZeroU64::new(rate).ok_or(InvalidLimit::NoRate)?;
        let both = rate.get().checked_add(burst.into());
        let is_possible = both.and_then(|both| both.checked_mul(per.nanoseconds())).is_some();
        Self { rate, unit: LimitUnit::Bytes, per, burst, over: false }.if_possible(is_possible)
    }

    /// Lets only those packets pass that the limit would not.
    #[must_use]
    pub fn over(self) -> Self {
        Self { over: true, ..self }
    }

    /// What it counts.
    pub fn unit(self) -> LimitUnit {
        self.unit
    }

    /// nft's JSON has no numbers above 2^63 - 1.
    fn if_possible(self, is_possible: bool) -> Result<Self, InvalidLimit> {
        if is_possible && i64::try_from(self.rate.get()).is_ok() {
            Ok(self)
        } else {
            Err(InvalidLimit::TooLarge)
        }
    }
}

impl LimitPer {
    fn nanoseconds(self) -> u64 {
        let seconds = match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3600,
            Self::Day => 24 * 3600,
            Self::Week => 7 * 24 * 3600,
        };
        seconds * 1_000_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_cannot_count_is_refused() {
        assert_eq!(Limit::packets(0, LimitPer::Second, 5), Err(InvalidLimit::NoRate));
        assert_eq!(Limit::packets(5, LimitPer::Second, 0), Err(InvalidLimit::NoBurst));
        assert_eq!(Limit::packets(1, LimitPer::Week, u32::MAX), Err(InvalidLimit::TooLarge));
        assert_eq!(Limit::packets(1 << 63, LimitPer::Second, 1), Err(InvalidLimit::TooLarge));
        assert_eq!(Limit::bytes(0, LimitPer::Second, 5), Err(InvalidLimit::NoRate));
        assert_eq!(Limit::bytes(30_000, LimitPer::Week, 600), Err(InvalidLimit::TooLarge));
        assert!(Limit::bytes(30_000, LimitPer::Week, 500).is_ok());
        assert!(Limit::packets(1, LimitPer::Second, u32::MAX).is_ok());
    }
}
