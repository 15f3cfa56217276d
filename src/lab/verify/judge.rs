//! Compares what a packet did with what it should have done.

use super::bench::{self, Bench, Seen};
use crate::ir::Router;
use crate::ir::firewall::{MangleAction, Mss, Protocol, TcpFlag};
use crate::ir::nexthop::{Surroundings, is_own_address};
use crate::lab::LabError;
use crate::lower::Classifiers;
use crate::trace::{
    Arrival, Detailed, End, Hints, IcmpError, Outcome, Packet, Payload, Possible, Ranges, State, Step, Trace,
    Tracer,
};
use std::collections::BTreeSet;

/// A router, as it is meant and as it is, under the same packets.
pub struct Trial<'r> {
    router: &'r Router,
    bench: Bench,
    tracer: Tracer<'r>,
    classifiers: Classifiers,
    state: State,
    next: u32,
}

/// What came of comparing.
#[derive(Debug)]
pub enum Verdict<'r> {
    /// Both did the same: this.
    Agrees(End<'r>),
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
        let tracer = Tracer::new(router, &Surroundings::default(), Detailed::Matched);
        Ok(Self {
            router,
            bench,
            tracer,
            classifiers: Classifiers::of(router),
            state: State::default(),
            next: 0,
        })
    }

    /// Whether packets can come in by an interface.
    pub fn has_wire(&self, interface: &crate::ir::InterfaceName) -> bool {
        self.bench.has_wire(interface)
    }

    /// Sends packets one after the other until one does otherwise, and returns its place and what it did. Ends early
    /// where nothing can be said of what comes behind: at a packet that is known to do otherwise, or that can't be sent.
    pub fn replay(&mut self, packets: &[Arrival]) -> Result<Option<(usize, Difference<'r>)>, LabError> {
        for (place, packet) in packets.iter().enumerate() {
            match self.send(packet)? {
                Verdict::Agrees(_) => {}
                Verdict::Differs(difference) => return Ok(Some((place, *difference))),
                Verdict::KnownToDiffer | Verdict::NotSent => break,
            }
        }
        Ok(None)
    }

    /// Sends a packet, and compares. What it leaves behind is remembered on both sides.
    pub fn send(&mut self, arrival: &Arrival) -> Result<Verdict<'r>, LabError> {
        self.next += 1;
        let number = self.next;
        let Some(outcome) = self.bench.send(arrival, number)? else { return Ok(Verdict::NotSent) };
        let (own, passed): (Vec<&Seen>, Vec<&Seen>) =
            outcome.seen.iter().partition(|seen| is_of_the_router(arrival, &seen.packet.packet));
        let passed: Vec<&Seen> =
            passed.into_iter().filter(|seen| seen.packet.number == Some(number)).collect();
        let sent_error = matches!(arrival.packet.payload, Payload::Error { .. });
        let is_delivered =
            outcome.delivered.iter().any(|heard| heard.number == number && heard.is_error == sent_error);
        let ways = self.ways(arrival, passed.first().map(|seen| &seen.packet.packet));
        let fits = |way: &&Possible<'r>| fits(&way.trace, &passed, &own, is_delivered);
        let Some(way) = ways.iter().find(fits) else {
            if ways.iter().any(|way| way.trace.difference.is_some()) {
                return Ok(Verdict::KnownToDiffer);
            }
            return Ok(self.differs(arrival, ways, &outcome));
        };
        self.state.keep(&way.effect);
        let end = way.trace.end.clone();
        if let End::Delivered(packet) = &end
            // To what is sent to several the router says nothing.
            && is_own_address(&self.router.addresses, packet.destination)
            && let Some(answer) = own_answer(packet)
        {
            let answer = Arrival { interface: None, packet: answer };
            let seen: Vec<&Seen> = own;
            let ways = self.ways(&answer, seen.first().map(|seen| &seen.packet.packet));
            let Some(way) = ways.iter().find(|way| fits_answer(&way.trace, &seen)) else {
                return Ok(self.differs(&answer, ways, &outcome));
            };
            self.state.keep(&way.effect);
        }
        Ok(Verdict::Agrees(end))
    }

    fn ways(&self, arrival: &Arrival, seen: Option<&Packet>) -> Vec<Possible<'r>> {
        let classify = self.classifiers.classify();
        self.tracer.ways(
            &self.state,
            arrival,
            Hints { classify: &classify, ranges: seen.map_or(Ranges::Each, Ranges::Seen) },
        )
    }

    fn differs(&self, sent: &Arrival, ways: Vec<Possible<'r>>, outcome: &bench::Outcome) -> Verdict<'r> {
        let expected = ways.into_iter().map(|way| way.trace.end).collect();
        let (sent, before) = (sent.clone(), self.state.clone());
        Verdict::Differs(Box::new(Difference { sent, before, expected, outcome: outcome.clone() }))
    }
}

/// Whether a packet that was seen is none that was sent on, but one that the router made of it: an error or an answer.
fn is_of_the_router(sent: &Arrival, seen: &Packet) -> bool {
    let is_error = |packet: &Packet| matches!(packet.payload, Payload::Error { .. });
    let is_reset = |packet: &Packet| match &packet.payload {
        Payload::Tcp { flags, .. } => flags.contains(&TcpFlag::Rst),
        _ => false,
    };
    let is_reply = |packet: &Packet| matches!(packet.payload, Payload::Echo { reply: true, .. });
    (is_error(seen) && !is_error(&sent.packet))
        || (is_reset(seen) && !is_reset(&sent.packet))
        || (is_reply(seen) && !is_reply(&sent.packet))
}

fn fits(trace: &Trace<'_>, passed: &[&Seen], own: &[&Seen], is_delivered: bool) -> bool {
    match &trace.end {
        End::Leaves { .. } => !is_delivered && leaves(trace, passed),
        End::Delivered(_) => is_delivered && passed.is_empty(),
        End::Dropped(_) => !is_delivered && passed.is_empty() && own.is_empty(),
        End::Refused(error, _) => {
            // Errors find their way back by other rules, and may get lost there.
            let says = |seen: &&Seen| matches!(seen.packet.packet.payload, Payload::Error { kind, .. } if kind == *error);
            !is_delivered && passed.is_empty() && own.iter().all(says)
        }
        End::Reset(_) => {
            let resets = |seen: &&Seen| matches!(&seen.packet.packet.payload, Payload::Tcp { flags, .. } if flags.contains(&TcpFlag::Rst));
            !is_delivered && passed.is_empty() && own.iter().all(resets)
        }
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

fn fits_answer(trace: &Trace<'_>, seen: &[&Seen]) -> bool {
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
        End::Delivered(_) | End::Dropped(_) | End::Refused(..) | End::Reset(_) => seen.is_empty(),
    }
}

/// What the router's own kernel says to a packet that nobody on the router waits for.
fn own_answer(packet: &Packet) -> Option<Packet> {
    const FULL: u8 = 64;
    let data = if matches!(packet.payload, Payload::Echo { .. }) { packet.data } else { 0 };
    let payload = match &packet.payload {
        Payload::Echo { reply: false, id } => Payload::Echo { reply: true, id: *id },
        Payload::Datagram { protocol: Protocol::UDP, .. } => {
            Payload::Error { kind: IcmpError::PortUnreachable, about: Box::new(packet.clone()) }
        }
        Payload::Tcp { ports, flags, .. } if !flags.contains(&TcpFlag::Rst) => {
            let answers: BTreeSet<TcpFlag> = if flags.contains(&TcpFlag::Ack) {
                [TcpFlag::Rst].into()
            } else {
                [TcpFlag::Rst, TcpFlag::Ack].into()
            };
            Payload::Tcp { ports: ports.inverse(), flags: answers, mss: None }
        }
        _ => return None,
    };
    let dscp = match payload {
        // `icmp_send`: internetwork control, with what is left of the precedence; ICMPv6 errors have none.
        Payload::Error { .. } if packet.is_ipv6() => 0,
        Payload::Error { .. } => 48 | (packet.dscp & 0b111),
        _ => packet.dscp,
    };
    Some(Packet { data, dscp, ..Packet::new(packet.destination, packet.source, FULL, payload) })
}
