//! What is seen of a packet, and what comes later.
//!
//! What a TAP takes in has gone its way when the call returns, and so has most of what a socket sends. Not all: what passes
//! the loopback device waits in the queue of a CPU, and where that one has much to do for others, a thread of the kernel
//! takes it from there when it gets to it.

use super::bench::{Bench, Outcome, Seen};
use crate::ir::firewall::TcpFlag;
use crate::lab::LabError;
use crate::trace::{Arrival, Packet, Payload, Tuple};
use std::thread;
use std::time::{Duration, Instant};

/// So long is waited for what was expected and is not there: much longer than a busy machine takes, for it is waited for
/// nothing where a router does otherwise, and that is seldom.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is seen of one packet.
pub(super) struct Observation<'a> {
    bench: &'a mut Bench,
    arrival: &'a Arrival,
    number: u32,
    outcome: Outcome,
    /// Until then it is waited for more; from the first time on that something is missing.
    deadline: Option<Instant>,
}

impl<'a> Observation<'a> {
    /// Sends a packet. `None` for one that can't be sent.
    pub(super) fn of(
        bench: &'a mut Bench,
        arrival: &'a Arrival,
        number: u32,
    ) -> Result<Option<Self>, LabError> {
        let outcome = bench.send(arrival, number)?;
        Ok(outcome.map(|outcome| Self { bench, arrival, number, outcome, deadline: None }))
    }

    /// What was sent on.
    pub(super) fn passed(&self) -> Vec<&Seen> {
        let is_it = |seen: &&Seen| seen.packet.number == Some(self.number);
        self.outcome.seen.iter().filter(|seen| !self.is_of_the_router(seen)).filter(is_it).collect()
    }

    /// What the router itself has said. A reset carries no number.
    pub(super) fn own(&self) -> Vec<&Seen> {
        let is_about_it = |seen: &&Seen| seen.packet.number.is_none_or(|number| number == self.number);
        self.outcome.seen.iter().filter(|seen| self.is_of_the_router(seen)).filter(is_about_it).collect()
    }

    /// Whether the router itself got it.
    pub(super) fn is_delivered(&self) -> bool {
        let sent_error = is_error(&self.arrival.packet);
        self.outcome.delivered.iter().any(|heard| heard.number == self.number && heard.is_error == sent_error)
    }

    /// What the first packet of a connection became behind all translations, as the kernel knows it; `None` if it keeps no
    /// such connection.
    pub(super) fn translated(&self, first: &Tuple) -> Result<Option<Tuple>, LabError> {
        self.bench.translated(first)
    }

    /// Waits until something more comes. Returns whether something did.
    pub(super) fn more(&mut self) -> Result<bool, LabError> {
        const PAUSE: Duration = Duration::from_millis(1);
        let deadline = *self.deadline.get_or_insert_with(|| Instant::now() + PATIENCE);
        while Instant::now() < deadline {
            thread::sleep(PAUSE);
            let Outcome { seen, delivered } = self.bench.collect()?;
            if !seen.is_empty() || !delivered.is_empty() {
                self.outcome.seen.extend(seen);
                self.outcome.delivered.extend(delivered);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Everything that was seen.
    pub(super) fn into_outcome(self) -> Outcome {
        self.outcome
    }

    /// Whether a packet that was seen is none that was sent on, but one that the router made of it: an error or an answer.
    fn is_of_the_router(&self, seen: &Seen) -> bool {
        let (sent, seen) = (&self.arrival.packet, &seen.packet.packet);
        [is_error, is_reset, is_reply].into_iter().any(|is| is(seen) && !is(sent))
    }
}

fn is_error(packet: &Packet) -> bool {
    matches!(packet.payload, Payload::Error { .. })
}

fn is_reset(packet: &Packet) -> bool {
    matches!(&packet.payload, Payload::Tcp { flags, .. } if flags.contains(&TcpFlag::Rst))
}

fn is_reply(packet: &Packet) -> bool {
    matches!(packet.payload, Payload::Echo { reply: true, .. })
}
