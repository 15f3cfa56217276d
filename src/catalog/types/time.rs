//! Durations as RouterOS writes them.

use super::{FromText, Mistake};
use std::time::Duration;

/// The units in the order in which they have to stand, in nanoseconds.
const UNITS: &[(&str, u64)] = &[
    ("w", 7 * 24 * 3600 * 1_000_000_000),
    ("d", 24 * 3600 * 1_000_000_000),
    ("h", 3600 * 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// A time of whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(pub u32);

impl FromText for Seconds {
    const SHAPE: &'static str = "a time of whole seconds";

    fn from_text(text: &str) -> Result<Self, Mistake> {
        let time = Duration::from_text(text)?;
        let seconds = u32::try_from(time.as_secs()).ok().filter(|_| time.subsec_nanos() == 0);
        seconds.map(Self).ok_or_else(|| Mistake::with("whole seconds, for example 10s, 5m, 1d"))
    }
}

impl FromText for Duration {
    const SHAPE: &'static str = "a time";

    /// Reads `1w2d3h4m5s6ms`, `[1w][2d]hh:mm[:ss[.fff]]`, or a bare number of seconds.
    fn from_text(text: &str) -> Result<Self, Mistake> {
        nanoseconds(text)
            .map(Duration::from_nanos)
            .ok_or_else(|| Mistake::with("for example 10s, 1h30m, 1d00:10:00"))
    }
}

fn nanoseconds(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut units = UNITS.iter();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        if after.is_empty() {
            // Only a number that stands alone is one without a unit.
            let seconds = (digits == text.len()).then(|| number.parse::<u64>().ok()).flatten()?;
            return seconds.checked_mul(1_000_000_000);
        }
        if after.starts_with(':') {
            return total.checked_add(clock(rest)?);
        }
        let letters = after.len() - after.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, after) = after.split_at(letters);
        let (_, size) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*size)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

/// `hh:mm`, `hh:mm:ss`, `hh:mm:ss.fff`.
fn clock(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    if parts.next().is_some() || minutes > 59 || seconds > 59 || fraction.len() > 9 {
        return None;
    }
    let nanos: u64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<9}").parse().ok()? };
    hours
        .checked_mul(3600)?
        .checked_add(minutes * 60 + seconds)?
        .checked_mul(1_000_000_000)?
        .checked_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<u128> {
        Duration::from_text(text).ok().map(|time| time.as_millis())
    }

    #[test]
    fn all_forms_are_read() {
        assert_eq!(millis("1w2d3h4m5s6ms"), Some(788_645_006));
        assert_eq!(millis("10:00"), Some(36_000_000));
        assert_eq!(millis("00:00:10"), Some(10_000));
        assert_eq!(millis("1d00:00:10"), Some(86_410_000));
        assert_eq!(millis("00:00:00.5"), Some(500));
        assert_eq!(millis("30"), Some(30_000));
        assert_eq!(millis("500ms"), Some(500));
    }

    #[test]
    fn what_counts_in_seconds_takes_no_parts_of_one() {
        assert_eq!(Seconds::from_text("1d00:00:10"), Ok(Seconds(86_410)));
        assert!(Seconds::from_text("1500ms").is_err());
        assert!(Seconds::from_text("10000w").is_err());
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in ["", "s", "5x", "1s1m", "1h5", "10:70", "1:2:3:4", "99999999999w", "1d2"] {
            assert_eq!(millis(text), None, "{text}");
        }
    }
}
