//! Sets of addresses or numbers that are always sorted, merged and disjoint.

use crate::interval::{Interval, Point};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;

/// A set of values as sorted intervals with a gap between each two.
///
/// It is only ever built merged, so two sets with the same values are equal, and the kernel never sees
/// overlapping elements: nft 1.0.6 ignores `auto-merge` in JSON and refuses those.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ranges<P>(Vec<Interval<P>>);

impl<P: Point> Ranges<P> {
    /// No values.
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// The intervals, ascending.
    pub fn as_slice(&self) -> &[Interval<P>] {
        &self.0
    }

    /// Iterates over the intervals, ascending.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Interval<P>> + '_ {
        self.0.iter().copied()
    }

    /// The number of intervals.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Says whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value, if there is only one.
    pub fn single(&self) -> Option<P> {
        match self.0.as_slice() {
            [interval] => interval.single(),
            _ => None,
        }
    }

    /// Says whether the value is in one of the intervals.
    pub fn contains(&self, value: P) -> bool {
        let behind = self.0.partition_point(|interval| interval.low <= value);
        behind > 0 && value <= self.0[behind - 1].high
    }

    /// Says whether no value is in both.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            if a.high < b.low {
                mine.next();
            } else if b.high < a.low {
                theirs.next();
            } else {
                return false;
            }
        }
        true
    }

    /// Returns the intervals that do not stand in `other` exactly as they are, in linear time.
    ///
    /// This is no subtraction of values: the kernel adds and deletes whole elements.
    #[must_use]
    pub fn without_elements(&self, other: &Self) -> Self {
        let mut theirs = other.0.iter().peekable();
        let unmatched = self.0.iter().filter(|mine| {
            while theirs.next_if(|their| their.cmp(mine) == Ordering::Less).is_some() {}
            theirs.peek() != Some(mine)
        });
        Self(unmatched.copied().collect())
    }

    /// Returns the values of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    /// Returns the same intervals of another kind of value.
    ///
    /// `f` must keep order and neighbourhood, as widening an integer does.
    pub(crate) fn map<Q: Point>(&self, f: impl Fn(P) -> Q) -> Ranges<Q> {
        Ranges(self.iter().map(|i| Interval { low: f(i.low), high: f(i.high) }).collect())
    }
}

impl<P: Point> Default for Ranges<P> {
    fn default() -> Self {
        Self::empty()
    }
}

impl<P: Point, T: Into<Interval<P>>> FromIterator<T> for Ranges<P> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut intervals: Vec<Interval<P>> = values.into_iter().map(Into::into).collect();
        intervals.sort_unstable();
        intervals.dedup_by(|next, merged| {
            let touches = match merged.high.successor() {
                Some(behind) => next.low <= behind,
                None => true,
            };
            if touches {
                merged.high = merged.high.max(next.high);
            }
            touches
        });
        Self(intervals)
    }
}

impl<P: Point> From<Interval<P>> for Ranges<P> {
    fn from(interval: Interval<P>) -> Self {
        Self(vec![interval])
    }
}

impl<P: Point> Serialize for Ranges<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl<'de, P: Point> Deserialize<'de> for Ranges<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Interval<P>>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn merged(texts: &[&str]) -> Vec<String> {
        let ranges: Ranges<Ipv4Addr> =
            texts.iter().map(|text| text.parse::<Interval<Ipv4Addr>>().unwrap()).collect();
        ranges.iter().map(|interval| interval.to_string()).collect()
    }

    #[test]
    fn overlapping_and_touching_intervals_merge() {
        assert_eq!(merged(&["192.0.2.128/25", "192.0.2.0/25"]), ["192.0.2.0/24"]);
        assert_eq!(merged(&["192.0.2.5-192.0.2.9", "192.0.2.1-192.0.2.6"]), ["192.0.2.1-192.0.2.9"]);
        assert_eq!(merged(&["192.0.2.1", "192.0.2.3"]), ["192.0.2.1", "192.0.2.3"]);
        assert_eq!(merged(&["192.0.2.0/24", "192.0.2.7"]), ["192.0.2.0/24"]);
    }

    #[test]
    fn the_whole_space_is_one_interval() {
        assert_eq!(merged(&["0.0.0.0/1", "128.0.0.0/1", "255.255.255.255"]), ["0.0.0.0/0"]);
        let all: Ranges<Ipv6Addr> =
            ["::/1", "8000::/1"].iter().map(|t| t.parse::<Interval<Ipv6Addr>>().unwrap()).collect();
        assert_eq!(all.as_slice(), [Interval::ALL]);
    }

    #[test]
    fn neighbouring_numbers_merge() {
        let ports: Ranges<u16> = [443u16, 80, 81].into_iter().collect();
        assert_eq!(ports.iter().map(|i| i.to_string()).collect::<Vec<_>>(), ["80-81", "443"]);
    }

    #[test]
    fn only_whole_elements_count_as_equal() {
        let ranges = |text: &str| text.split(' ').map(|t| t.parse::<Interval<u16>>().unwrap()).collect();
        let (old, new): (Ranges<u16>, Ranges<u16>) = (ranges("1-5 10 20-30"), ranges("1-6 10 40"));
        assert_eq!(old.without_elements(&new), ranges("1-5 20-30"));
        assert_eq!(new.without_elements(&old), ranges("1-6 40"));
        assert!(old.without_elements(&old).is_empty());
    }

    #[test]
    fn membership_and_disjointness_are_by_value() {
        let ranges: Ranges<u16> = [Interval::new(10, 20).unwrap(), 30.into()].into_iter().collect();
        assert!(ranges.contains(10) && ranges.contains(20) && ranges.contains(30));
        assert!(!ranges.contains(9) && !ranges.contains(21) && !ranges.contains(31));
        assert!(!ranges.is_disjoint(&Ranges::from(Interval::from(15))));
        assert!(ranges.is_disjoint(&Ranges::from(Interval::new(21, 29).unwrap())));
    }

    proptest::proptest! {
        #[test]
        fn merging_keeps_exactly_the_values(pairs in proptest::collection::vec((0u8..60, 0u8..60), 0..12)) {
            let intervals: Vec<_> =
                pairs.iter().map(|&(a, b)| Interval::new(a.min(b), a.max(b)).unwrap()).collect();
            let ranges: Ranges<u8> = intervals.iter().copied().collect();
            for value in 0..=u8::MAX {
                let expected = intervals.iter().any(|i| i.low() <= value && value <= i.high());
                proptest::prop_assert_eq!(ranges.contains(value), expected);
            }
            for pair in ranges.as_slice().windows(2) {
                proptest::prop_assert!(pair[0].high().successor().unwrap() < pair[1].low());
            }
        }
    }
}
