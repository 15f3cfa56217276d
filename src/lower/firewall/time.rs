//! Times of the day. Rules ask by the router's clock, the kernel knows UTC: where the two are of different days, a rule
//! becomes two.

use super::matchers::Lowered;
use crate::ir::firewall::{Condition, TimeOfDay, Weekday};
use crate::lower::{Context, diagnostics};
use rosc_nftables::select::meta;
use rosc_nftables::{Interval, SecondOfDay, Statement};
use rosc_target::Origin;
use std::collections::BTreeSet;

const DAY: i64 = 24 * 3600;

/// Seconds of a day from one to another, both included.
type Span = (i64, i64);

/// A part of the day in UTC that is of one day by the router's clock.
struct Part {
    /// In UTC.
    span: Span,
    /// By how many days the router's clock is ahead.
    days_ahead: i64,
}

impl Context<'_> {
    pub(super) fn time(&mut self, condition: &Condition<TimeOfDay>, origin: Origin) -> Lowered {
        let offset = match self.host.clock {
            None => {
                let message = "the machine is not known here, so that its clock is taken to show UTC";
                let help = "on the machine, rosc apply takes its time zone";
                self.diagnostics.push(diagnostics::differs(message, origin, help));
                0
            }
            Some(clock) => {
                if clock.is_changed {
                    let message = "the kernel compares times in UTC, and knows of no summer time";
                    let help = "apply the configuration again when the clock has been changed";
                    self.diagnostics.push(diagnostics::differs(message, origin, help));
                }
                i64::from(clock.ahead_of_utc)
            }
        };
        let (wanted, inverted) = condition.parts();
        let branches = branches(wanted, inverted, offset);
        match branches.as_slice() {
            [] => Lowered::Never,
            [only] if only.is_empty() => Lowered::Always,
            _ => Lowered::One(branches),
        }
    }
}

/// The parts of a day in UTC, by how far the clock is ahead of it, in seconds.
fn parts(offset: i64) -> Vec<Part> {
    let offset = offset % DAY;
    let parts = if offset >= 0 {
        [
            Part { span: (0, DAY - 1 - offset), days_ahead: 0 },
            Part { span: (DAY - offset, DAY - 1), days_ahead: 1 },
        ]
    } else {
        [Part { span: (-offset, DAY - 1), days_ahead: 0 }, Part { span: (0, -offset - 1), days_ahead: -1 }]
    };
    parts.into_iter().filter(|part| part.span.0 <= part.span.1).collect()
}

fn branches(wanted: &TimeOfDay, inverted: bool, offset: i64) -> Vec<Vec<Statement>> {
    let conditions = conditions(wanted, inverted, offset);
    conditions.into_iter().map(|(days, spans)| statements(&days, &spans)).collect()
}

/// Days and spans in UTC, in pairs of which a moment fulfils one at most.
fn conditions(wanted: &TimeOfDay, inverted: bool, offset: i64) -> Vec<(BTreeSet<Weekday>, Vec<Span>)> {
    let (start, end) = (i64::from(wanted.start), i64::from(wanted.end).min(DAY - 1));
    // Over midnight: the end and the beginning of each day.
    let inside: Vec<Span> = if start <= end { vec![(start, end)] } else { vec![(0, end), (start, DAY - 1)] };
    let spans = if inverted { outside(&inside) } else { inside };
    let every_day: BTreeSet<Weekday> = Weekday::ALL.into_iter().collect();
    let other_days: BTreeSet<Weekday> = every_day.difference(&wanted.days).copied().collect();
    let mut found: Vec<(BTreeSet<Weekday>, Vec<Span>)> = Vec::new();
    let mut add = |days: BTreeSet<Weekday>, spans: Vec<Span>| {
        if days.is_empty() || spans.is_empty() {
            return;
        }
        match found.iter_mut().find(|(known, _)| *known == days) {
            Some((_, known)) => known.extend(spans),
            None => found.push((days, spans)),
        }
    };
    for Part { span, days_ahead } in parts(offset) {
        // What is added to a second in UTC to have one of the router's.
        let shift = offset % DAY - days_ahead * DAY;
        let within = |(low, high): &Span| {
            let (low, high) = ((low - shift).max(span.0), (high - shift).min(span.1));
            (low <= high).then_some((low, high))
        };
        let in_utc = |days: &BTreeSet<Weekday>| days.iter().map(|day| moved(*day, -days_ahead)).collect();
        add(in_utc(&wanted.days), spans.iter().filter_map(within).collect());
        if inverted {
            add(in_utc(&other_days), vec![span]);
        }
    }
    found
}

/// What is not in ascending spans of a day.
fn outside(spans: &[Span]) -> Vec<Span> {
    let mut free = Vec::new();
    let mut next = 0;
    for (low, high) in spans {
        if next < *low {
            free.push((next, low - 1));
        }
        next = high + 1;
    }
    if next < DAY {
        free.push((next, DAY - 1));
    }
    free
}

fn moved(day: Weekday, by: i64) -> Weekday {
    let place = Weekday::ALL.iter().position(|known| *known == day).expect("a day of the week");
    let place = (i64::try_from(place).expect("below seven") + by).rem_euclid(7);
    Weekday::ALL[usize::try_from(place).expect("not negative")]
}

fn statements(days: &BTreeSet<Weekday>, spans: &[Span]) -> Vec<Statement> {
    let second = |second: i64| u32::try_from(second).ok().and_then(SecondOfDay::new).expect("within a day");
    let is_whole_day = {
        let length: i64 = spans.iter().map(|(low, high)| high - low + 1).sum();
        length == DAY
    };
    let intervals =
        spans.iter().map(|(low, high)| Interval::new(second(*low), second(*high)).expect("ordered"));
    let hours = (!is_whole_day).then(|| meta::hour().one_of(intervals.collect::<rosc_nftables::Ranges<_>>()));
    let week = (days.len() < Weekday::ALL.len())
        .then(|| meta::day().one_of(days.iter().map(|day| kernel_day(*day)).collect::<Vec<_>>()));
    hours.into_iter().chain(week).flatten().collect()
}

fn kernel_day(day: Weekday) -> rosc_nftables::Weekday {
    use rosc_nftables::Weekday as Kernel;
    match day {
        Weekday::Sun => Kernel::Sunday,
        Weekday::Mon => Kernel::Monday,
        Weekday::Tue => Kernel::Tuesday,
        Weekday::Wed => Kernel::Wednesday,
        Weekday::Thu => Kernel::Thursday,
        Weekday::Fri => Kernel::Friday,
        Weekday::Sat => Kernel::Saturday,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(start: u32, end: u32, days: &[Weekday], inverted: bool, offset: i64) -> Vec<String> {
        let wanted = TimeOfDay { start, end, days: days.iter().copied().collect() };
        let text = |statements: Vec<Statement>| {
            statements.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        branches(&wanted, inverted, offset).into_iter().map(text).collect()
    }

    #[test]
    fn a_time_that_crosses_the_day_of_utc_is_two() {
        let (eight, six) = (8 * 3600, 18 * 3600);
        assert_eq!(texts(eight, six, &Weekday::ALL, false, 0).len(), 1);
        assert_eq!(texts(eight, six, &[Weekday::Mon], false, 3600).len(), 1);
        let far_east = texts(eight, six, &[Weekday::Mon], false, 12 * 3600);
        assert_eq!(far_east.len(), 2, "{far_east:?}");
        assert_eq!(texts(0, 86_400, &Weekday::ALL, false, 7200), [""]);
        assert_eq!(texts(0, 86_400, &Weekday::ALL, true, 7200), [""; 0]);
    }

    /// A second of the week, as the statements of a branch see it.
    fn fulfils(branch: &[(BTreeSet<Weekday>, Vec<Span>)], day: Weekday, second: i64) -> usize {
        let holds = |(days, spans): &&(BTreeSet<Weekday>, Vec<Span>)| {
            days.contains(&day) && spans.iter().any(|(low, high)| (*low..=*high).contains(&second))
        };
        branch.iter().filter(holds).count()
    }

    proptest! {
        #[test]
        fn one_branch_holds_where_the_routers_clock_says_so(
            (start, end, offset) in (0..86_400_u32, 0..=86_400_u32, -50_000..50_000_i64),
            days in prop::collection::btree_set(prop::sample::select(Weekday::ALL.to_vec()), 1..7),
            inverted: bool,
            seconds in prop::collection::vec(0..7 * DAY, 50),
        ) {
            let wanted = TimeOfDay { start, end, days };
            let branches = conditions(&wanted, inverted, offset);
            for utc in seconds {
                let day = |second: i64| Weekday::ALL[usize::try_from(second.div_euclid(DAY).rem_euclid(7)).expect("a day")];
                let clock = utc + offset;
                let second = clock.rem_euclid(DAY);
                let (start, end) = (i64::from(start), i64::from(end));
                let in_time = if start <= end { (start..=end).contains(&second) } else { second >= start || second <= end };
                let expected = (in_time && wanted.days.contains(&day(clock))) != inverted;
                prop_assert_eq!(fulfils(&branches, day(utc), utc.rem_euclid(DAY)), usize::from(expected));
            }
        }
    }
}
