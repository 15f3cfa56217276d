//! Compares what a packet did with what it should have done.

use super::bench::{self, Bench, Seen};
use super::observation::Observation;
use crate::ir::Router;
use crate::ir::firewall::{MangleAction, Mss, Protocol};
use crate::ir::nexthop::{Surroundings, is_own_address};
use crate::lab::LabError;
use crate::lower::Classifiers;
use crate::trace::{
    Arrival, Detailed, End, Hints, IcmpError, Outcome, Packet, Payload, Possible, Ranges, Reaction, Reason,
    State, Step, Trace, Tracer, Tuple, error_about, reset,
};
use std::collections::HashSet;
use std::thread;
use std::time::Duration;

/// The fast path's programs see for themselves what ends a connection. Where the router has ended one, they hear of it when
/// they next ask the kernel: after a second, and some more for their clock.
const REMEMBERED: Duration = Duration::from_millis(1_100);

/// A router, as it is meant and as it is, under the same packets.
pub struct Trial<'r> {
    router: &'r Router,
    bench: Bench,
    tracer: Tracer<'r>,
    classifiers: Classifiers,
    state: State,
    next: u32,
    took_short_cut: bool,
}

/// What came of comparing.
#[derive(Debug)]
pub enum Verdict<'r> {
    /// Both did the same: this.
    Agrees(End<'r>),
    /// Both did the same, as far as can be seen. What it has left behind is not known: the error about it may have been
    /// held back by the kernel, or dropped by rules that it has come to.
    Unsettled(End<'r>),
    /// Both did otherwise, as is known and said when the configuration is checked.
    KnownToDiffer,
    /// Both did otherwise.
    Differs(Box<Difference<'r>>),
    /// The packet is of a kind that can't be sent.
    NotSent,
}

/// A packet that did not do what it should.
#[derive(Debug)]
pub struct Difference<'r> {
    /// The packet as it began: the one that was sent, or the router's own answer to it.
    pub sent: Arrival,
    /// What there was when it began.
    pub before: State,
    /// How it may end; of an answer of the router's own, how that may.
    pub expected: Vec<End<'r>>,
    /// What was seen.
    pub outcome: bench::Outcome,
}

impl<'r> Trial<'r> {
    /// Builds the router.
    pub fn build(router: &'r Router) -> Result<Self, LabError> {
        Self::between(router, router)
    }

    /// Builds one router and holds it against the meaning of another. Where they do not do the same, a trial has to find
    /// it: that is how trials are tried.
    pub fn between(router: &'r Router, built: &Router) -> Result<Self, LabError> {
        let bench = Bench::build(built)?;
        let state = State::with_short_cuts(bench.short_cuts().clone());
        let tracer = Tracer::new(router, &Surroundings::default(), Detailed::Matched);
        Ok(Self {
            router,
            bench,
            tracer,
            classifiers: Classifiers::of(router),
            state,
            next: 0,
            took_short_cut: false,
        })
    }

    /// Whether the last packet has agreed with a trace that takes the short cut.
    pub fn took_short_cut(&self) -> bool {
        self.took_short_cut
    }

    /// Whether packets can come in by an interface.
    pub fn has_wire(&self, interface: &crate::ir::InterfaceName) -> bool {
        self.bench.has_wire(interface)
    }

    /// Sends packets one after the other until one does otherwise, and returns its place and what it did. Ends early
    /// where nothing can be said of what comes behind: at a packet that is known to do otherwise, that can't be sent, or that
    /// has left behind what is not known.
    pub fn replay(&mut self, packets: &[Arrival]) -> Result<Option<(usize, Difference<'r>)>, LabError> {
        for (place, packet) in packets.iter().enumerate() {
            match self.send(packet)? {
                Verdict::Agrees(_) => {}
                Verdict::Differs(difference) => return Ok(Some((place, *difference))),
                Verdict::KnownToDiffer | Verdict::Unsettled(_) | Verdict::NotSent => break,
            }
        }
        Ok(None)
    }

    /// Sends a packet, and compares. What it leaves behind is remembered on both sides.
    pub fn send(&mut self, arrival: &Arrival) -> Result<Verdict<'r>, LabError> {
        self.next += 1;
        self.took_short_cut = false;
        let Self { router, bench, tracer, classifiers, state, next, took_short_cut } = self;
        let is_end_seen = bench.short_cuts().show_end(arrival);
        let Some(observation) = Observation::of(bench, arrival, *next)? else { return Ok(Verdict::NotSent) };
        let taken = state.conntrack.taken_by_programs();
        let judge = Judge { router, tracer, classifiers, state: &mut *state, took_short_cut, observation };
        let verdict = judge.judge(arrival)?;
        if state.conntrack.taken_by_programs() < taken && !is_end_seen {
            thread::sleep(REMEMBERED);
        }
        Ok(verdict)
    }
}

/// The comparison of one packet.
struct Judge<'t, 'r> {
    router: &'r Router,
    tracer: &'t Tracer<'r>,
    classifiers: &'t Classifiers,
    state: &'t mut State,
    took_short_cut: &'t mut bool,
    observation: Observation<'t>,
}

impl<'r> Judge<'_, 'r> {
    fn judge(mut self, arrival: &Arrival) -> Result<Verdict<'r>, LabError> {
        loop {
            let passed = self.observation.passed();
            let ways = self.ways(arrival, passed.first().copied())?;
            let fits = |way: &&Possible<'r>| {
                fits(&way.trace, &passed, &self.observation.own(), self.observation.is_delivered())
            };
            let fitting: Vec<&Possible<'r>> = ways.iter().filter(fits).collect();
            let Some(first) = fitting.first() else {
                if ways.iter().any(|way| way.trace.difference.is_some()) {
                    return Ok(Verdict::KnownToDiffer);
                }
                if self.observation.more()? {
                    continue;
                }
                return Ok(self.differs(arrival, ways));
            };
            let end = first.trace.end.clone();
            *self.took_short_cut = first.trace.steps.iter().any(|step| matches!(step, Step::ShortCut));
            return Ok(match self.settle(arrival, &fitting)? {
                Said::Agrees => Verdict::Agrees(end),
                Said::Unsettled => Verdict::Unsettled(end),
                Said::Differs(answer, ways) => self.differs(&answer, ways),
            });
        }
    }

    /// Takes that one of some ways which fits what the router itself has said too: what was translated to one of several
    /// addresses may be seen in an error alone.
    fn settle(&mut self, arrival: &Arrival, fitting: &[&Possible<'r>]) -> Result<Said<'r>, LabError> {
        if let [way] = fitting {
            self.state.keep(&way.effect);
            loop {
                let said = self.follow_reaction(arrival, way)?;
                if !matches!(said, Said::Differs(..)) || !self.observation.more()? {
                    return Ok(said);
                }
            }
        }
        loop {
            let mut said = Said::Agrees;
            for way in fitting {
                let before = self.state.clone();
                self.state.keep(&way.effect);
                said = self.follow_reaction(arrival, way)?;
                if !matches!(said, Said::Differs(..)) {
                    return Ok(said);
                }
                *self.state = before;
            }
            if !self.observation.more()? {
                return Ok(said);
            }
        }
    }

    /// Compares what the router itself has said to a packet with what it should have said.
    fn follow_reaction(&mut self, arrival: &Arrival, way: &Possible<'r>) -> Result<Said<'r>, LabError> {
        let reaction = self.tracer.reaction(arrival, way).or_else(|| self.own_answer(&way.trace.end));
        let Some(reaction) = reaction else { return Ok(Said::Agrees) };
        let own = self.observation.own();
        let ways = {
            let classify = self.classifiers.classify();
            let hints = Hints { classify: &classify, ranges: ranges(own.first().copied()) };
            self.tracer.ways_of_reaction(self.state, &reaction, hints)
        };
        if own.is_empty() && may_be_held_back(&way.trace) {
            let leaves_something = |way: &Possible<'_>| self.state.is_changed_by(&way.effect);
            return Ok(if ways.iter().any(leaves_something) { Said::Unsettled } else { Said::Agrees });
        }
        let fitting: Vec<_> = ways.iter().filter(|way| fits_reaction(&way.trace, &own)).collect();
        if fitting.is_empty() {
            return Ok(Said::Differs(reaction.arrival, ways));
        }
        self.settle(&reaction.arrival, &fitting)
    }

    /// What the router's own kernel says to a packet that nobody on the router waits for.
    fn own_answer(&self, end: &End<'_>) -> Option<Reaction> {
        let End::Delivered(packet) = end else { return None };
        // To what is sent to several the router says nothing.
        let is_for_it = is_own_address(&self.router.addresses, packet.destination);
        is_for_it.then(|| answer_of_nobody(packet))?.map(Reaction::new)
    }

    /// The ways that a packet may take. Where it is translated to one of a range, that which the kernel took: it was seen
    /// if the packet was, and else its connections tell.
    fn ways(&self, arrival: &Arrival, seen: Option<&Seen>) -> Result<Vec<Possible<'r>>, LabError> {
        let classify = self.classifiers.classify();
        let ways = |ranges| self.tracer.ways(self.state, arrival, Hints { classify: &classify, ranges });
        let ranges = ranges(seen);
        let found = ways(ranges);
        if !matches!(ranges, Ranges::Each) {
            return Ok(found);
        }
        // With what source the router's own begin may depend on the way.
        let begun: HashSet<Tuple> = found.iter().filter_map(|way| way.effect.begun()).collect();
        for first in &begun {
            if let Some(translated) = self.observation.translated(first)? {
                return Ok(ways(Ranges::Found(translated)));
            }
        }
        Ok(found)
    }

    fn differs(self, sent: &Arrival, ways: Vec<Possible<'r>>) -> Verdict<'r> {
        let expected = ways.into_iter().map(|way| way.trace.end).collect();
        let (sent, before) = (sent.clone(), self.state.clone());
        let outcome = self.observation.into_outcome();
        Verdict::Differs(Box::new(Difference { sent, before, expected, outcome }))
    }
}

/// What came of comparing what the router itself says.
enum Said<'r> {
    Agrees,
    Unsettled,
    /// It should have said this, and that could have gone these ways.
    Differs(Arrival, Vec<Possible<'r>>),
}

fn ranges(seen: Option<&Seen>) -> Ranges {
    seen.and_then(|seen| Tuple::of(&seen.packet.packet)).map_or(Ranges::Each, Ranges::Found)
}

/// Whether the kernel may keep the error about a packet to itself: about routes that refuse, IPv4 says a source no more
/// than so much in a time (`ip_error`), and which source has had how much is no setting of a namespace.
fn may_be_held_back(trace: &Trace<'_>) -> bool {
    let End::Refused(_, reason) = trace.end else { return false };
    !trace.packet.is_ipv6() && matches!(reason, Reason::Rule(_) | Reason::Route(_) | Reason::NoRoute)
}

fn fits(trace: &Trace<'_>, passed: &[&Seen], own: &[&Seen], is_delivered: bool) -> bool {
    match &trace.end {
        End::Leaves { .. } => !is_delivered && leaves(trace, passed),
        End::Delivered(_) => is_delivered && passed.is_empty(),
        End::Dropped(_) => !is_delivered && passed.is_empty() && own.is_empty(),
        // What the router says of these is looked at by itself.
        End::Refused(..) | End::Reset(_) => !is_delivered && passed.is_empty(),
    }
}

fn leaves(trace: &Trace<'_>, passed: &[&Seen]) -> bool {
    let (End::Leaves { interface, gateway, packet }, [seen]) = (&trace.end, passed) else { return false };
    let neighbour = gateway.unwrap_or(packet.destination);
    seen.interface == *interface
        && seen.neighbour == Some(neighbour)
        && (seen.packet.packet == *packet || is_clamped(trace, packet, &seen.packet.packet))
}

/// Whether a packet differs only by what a rule with `new-mss=clamp-to-pmtu` has done: a trace does not know how much
/// fits the way.
fn is_clamped(trace: &Trace<'_>, expected: &Packet, seen: &Packet) -> bool {
    let clamps = |step: &Step<'_>| {
        let Step::Rule { outcome: Outcome::Mangle(action), .. } = step else { return false };
        matches!(action, MangleAction::ChangeMss(Mss::ClampToPmtu, _))
    };
    let (Payload::Tcp { ports, flags, mss: Some(before) }, Payload::Tcp { mss: Some(after), .. }) =
        (&expected.payload, &seen.payload)
    else {
        return false;
    };
    let payload = Payload::Tcp { ports: *ports, flags: flags.clone(), mss: Some(*after) };
    after <= before && trace.steps.iter().any(clamps) && *seen == Packet { payload, ..expected.clone() }
}

fn fits_reaction(trace: &Trace<'_>, seen: &[&Seen]) -> bool {
    match trace.end {
        End::Leaves { ref packet, .. } => {
            // With which code point a kernel answers is its own affair.
            let as_expected = |seen: &&Seen| {
                let mut seen = (*seen).clone();
                seen.packet.packet.dscp = packet.dscp;
                seen
            };
            let seen: Vec<Seen> = seen.iter().map(as_expected).collect();
            leaves(trace, &seen.iter().collect::<Vec<_>>())
        }
        End::Delivered(_) | End::Dropped(_) => seen.is_empty(),
        // To this the router says something too.
        End::Refused(..) | End::Reset(_) => true,
    }
}

/// What whoever gets a packet says to it if he does not wait for it.
fn answer_of_nobody(packet: &Packet) -> Option<Packet> {
    const FULL: u8 = 64;
    let data = if matches!(packet.payload, Payload::Echo { .. }) { packet.data } else { 0 };
    let payload = match &packet.payload {
        Payload::Echo { reply: false, id } => Payload::Echo { reply: true, id: *id },
        Payload::Datagram { protocol: Protocol::UDP, .. } => {
            return Some(error_about(packet, IcmpError::PortUnreachable, packet.destination));
        }
        Payload::Tcp { .. } => return Some(Packet { dscp: packet.dscp, ..reset(packet)? }),
        _ => return None,
    };
    Some(Packet { data, dscp: packet.dscp, ..Packet::new(packet.destination, packet.source, FULL, payload) })
}
