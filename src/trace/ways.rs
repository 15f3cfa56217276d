//! All ways that a packet may take, where routes leave several open.

use super::chance::{Chance, Side};
use super::conntrack::Tuple;
use super::reaction::Cause;
use super::step::Trace;
use super::{Arrival, Effect, State, Tracer, walk};
use crate::ir::firewall::{IpRange, PccKey, PerConnectionClassifier};
use crate::ir::nexthop::Hop;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

/// Says whether a packet with some key is in a class.
pub type Classify<'a> = dyn Fn(&PerConnectionClassifier, &PccKey) -> bool + 'a;

/// What is known of what the configuration leaves open.
#[derive(Clone, Copy)]
pub struct Hints<'a> {
    /// Who decides about classifiers.
    pub classify: &'a Classify<'a>,
    /// What a packet may become where it is translated to one of a range.
    pub ranges: Ranges,
}

/// Which addresses and ports of a range are followed.
#[derive(Debug, Clone, Copy)]
pub enum Ranges {
    /// The first of them stands for all.
    First,
    /// Those that the packet was found to have behind all translations.
    Found(Tuple),
    /// Nothing was found out: each address of a short range, and the first port.
    Each,
}

/// One of the ways that a packet may take.
#[derive(Debug, Clone)]
pub struct Possible<'r> {
    /// How many of all packets like this take it: above 0, and 1 for the only one.
    pub share: f64,
    /// The way.
    pub trace: Trace<'r>,
    /// What the packet leaves behind.
    pub effect: Effect,
}

/// So many ways at most are followed: a route of many hops in front of others multiplies them.
const MOST_WAYS: usize = 256;

impl<'r> Tracer<'r> {
    /// Follows a packet on every way that it may take. Of translations to a range the first address and port stand for
    /// all, if nothing else is known.
    pub fn ways(&self, state: &State, arrival: &Arrival, hints: Hints<'_>) -> Vec<Possible<'r>> {
        self.ways_because(&Cause::default(), state, arrival, hints)
    }

    /// The same for a packet that another one has caused.
    pub(super) fn ways_because(
        &self,
        cause: &Cause,
        state: &State,
        arrival: &Arrival,
        hints: Hints<'_>,
    ) -> Vec<Possible<'r>> {
        let mut ways = Vec::new();
        let mut choices = Choices { hints, made: Vec::new(), next: 0 };
        loop {
            let (trace, effect) = walk::follow(self, state, arrival, cause, &mut choices);
            ways.push(Possible { share: choices.share(), trace, effect });
            if !choices.turn() || ways.len() == MOST_WAYS {
                return ways;
            }
        }
    }
}

/// Makes the choices of one way after the other.
struct Choices<'a> {
    hints: Hints<'a>,
    /// The choices of the way that is followed, in their order.
    made: Vec<Choice>,
    /// Which choice comes next.
    next: usize,
}

/// A choice, among hops of which some may be the same or among equals.
struct Choice {
    /// The places of what is different, with how often each stands.
    options: Vec<(usize, u32)>,
    taken: usize,
}

impl Choices<'_> {
    fn share(&self) -> f64 {
        let share = |choice: &Choice| {
            let all: u32 = choice.options.iter().map(|(_, weight)| weight).sum();
            f64::from(choice.options[choice.taken].1) / f64::from(all)
        };
        self.made.iter().map(share).product()
    }

    /// Makes the next choice of this way; a new one begins with the first of its options.
    fn choose(&mut self, options: impl FnOnce() -> Vec<(usize, u32)>) -> usize {
        if self.next == self.made.len() {
            self.made.push(Choice { options: options(), taken: 0 });
        }
        let choice = &self.made[self.next];
        self.next += 1;
        choice.options[choice.taken].0
    }

    /// Turns to the next way; false if there is none.
    fn turn(&mut self) -> bool {
        self.next = 0;
        while let Some(last) = self.made.last_mut() {
            last.taken += 1;
            if last.taken < last.options.len() {
                return true;
            }
            self.made.pop();
        }
        false
    }
}

impl Chance for Choices<'_> {
    fn is_in_class(&mut self, classifier: &PerConnectionClassifier, key: &PccKey) -> bool {
        (self.hints.classify)(classifier, key)
    }

    fn hop(&mut self, hops: &[Hop]) -> usize {
        self.choose(|| {
            let mut options: Vec<(usize, u32)> = Vec::new();
            for (place, hop) in hops.iter().enumerate() {
                match options.iter_mut().find(|(first, _)| hops[*first] == *hop) {
                    Some((_, weight)) => *weight += 1,
                    None => options.push((place, 1)),
                }
            }
            options
        })
    }

    fn one_of(&mut self, count: usize) -> usize {
        self.choose(|| (0..count).map(|place| (place, 1)).collect())
    }

    fn happens(&mut self, percent: Option<u8>) -> bool {
        const YES: usize = 1;
        let percent = u32::from(percent.unwrap_or(50).min(100));
        let options =
            || [(YES, percent), (0, 100 - percent)].into_iter().filter(|(_, weight)| *weight > 0).collect();
        self.choose(options) == YES
    }

    fn address(&mut self, side: Side, range: &IpRange) -> IpAddr {
        let first = range.first();
        match self.hints.ranges {
            Ranges::First => first,
            Ranges::Found(tuple) => {
                let found = match side {
                    Side::Source => tuple.source,
                    Side::Destination => tuple.destination,
                };
                if range.contains(found) { found } else { first }
            }
            Ranges::Each => {
                let all: Vec<IpAddr> = few_of(range);
                if all.len() < 2 { first } else { all[self.one_of(all.len())] }
            }
        }
    }

    fn port(&mut self, side: Side, range: &RangeInclusive<u16>) -> u16 {
        let Ranges::Found(tuple) = self.hints.ranges else { return *range.start() };
        let found = match side {
            Side::Source => tuple.source_port(),
            Side::Destination => tuple.destination_port(),
        };
        found.filter(|found| range.contains(found)).unwrap_or(*range.start())
    }
}

/// The addresses of a range, or as many of them as are worth following.
fn few_of(range: &IpRange) -> Vec<IpAddr> {
    const FEW: u32 = 16;
    match *range {
        IpRange::V4(first, last) => {
            let size = last.to_bits() - first.to_bits();
            (0..=size.min(FEW - 1)).map(|n| Ipv4Addr::from_bits(first.to_bits() + n).into()).collect()
        }
        IpRange::V6(first, last) => {
            let size = (last.to_bits() - first.to_bits()).min(u128::from(FEW - 1));
            (0..=size).map(|n| Ipv6Addr::from_bits(first.to_bits() + n).into()).collect()
        }
    }
}
