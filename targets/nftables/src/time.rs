//! Times of the day and days of the week, as the kernel knows them: in UTC, whatever the zone of the machine is.

use crate::interval::{Interval, Point};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A second of the day in UTC, 0..=86399.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecondOfDay(u32);

/// A text is no second of the day.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no second of the day: it has to be a number from 0 to 86399")]
pub struct InvalidSecond(String);

impl SecondOfDay {
    const LAST: u32 = 24 * 3600 - 1;

    /// Returns the second, if there is one with that number.
    pub fn new(seconds: u32) -> Option<Self> {
        (seconds <= Self::LAST).then_some(Self(seconds))
    }
}

impl Point for SecondOfDay {
    const MIN: Self = Self(0);
    const MAX: Self = Self(Self::LAST);

    fn successor(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }

    fn predecessor(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }

    fn prefix(_second: Self, _length: u8) -> Option<Interval<Self>> {
        None
    }
}

impl fmt::Display for SecondOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for SecondOfDay {
    type Err = InvalidSecond;

    fn from_str(text: &str) -> Result<Self, InvalidSecond> {
        text.parse().ok().and_then(Self::new).ok_or_else(|| InvalidSecond(text.to_owned()))
    }
}

impl From<SecondOfDay> for u32 {
    fn from(second: SecondOfDay) -> Self {
        second.0
    }
}

/// A day of the week in UTC, by the kernel's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it all")]
#[repr(u8)]
pub enum Weekday {
    Sunday = 0,
    Monday = 1,
    Tuesday = 2,
    Wednesday = 3,
    Thursday = 4,
    Friday = 5,
    Saturday = 6,
}

impl From<Weekday> for u32 {
    fn from(day: Weekday) -> Self {
        day as Self
    }
}

/// Returns the second of a time that nft lists, `08:00` or `08:00:01`.
pub(crate) fn second_of(text: &str) -> Option<u32> {
    let mut numbers = text.split(':').map(|digits| digits.parse::<u32>().ok());
    let (hours, minutes) = (numbers.next()??, numbers.next()??);
    let seconds = match numbers.next() {
        Some(seconds) => seconds?,
        None => 0,
    };
    let is_time = hours < 24 && minutes < 60 && seconds < 60 && numbers.next().is_none();
    is_time.then_some(hours * 3600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_times_are_seconds_of_the_day() {
        assert_eq!(second_of("00:00"), Some(0));
        assert_eq!(second_of("23:59:59"), Some(SecondOfDay::LAST));
        for text in ["", "8", "24:00", "00:60", "1:2:3:4", "a:b"] {
            assert_eq!(second_of(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_day_has_an_end() {
        assert_eq!(SecondOfDay::MAX.successor(), None);
        assert_eq!(SecondOfDay::new(86_400), None);
        assert_eq!(SecondOfDay::new(1).unwrap().predecessor(), Some(SecondOfDay::MIN));
    }
}
