//! A run of packets through a trial.

use super::draw::Pool;
use super::follow::followers;
use super::judge::{Difference, Trial, Verdict};
use crate::ir::Router;
use crate::lab::LabError;
use crate::trace::{Arrival, End, Numbers};
use std::sync::atomic::{AtomicBool, Ordering};

/// What to send.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// So many packets are compared.
    pub packets: u64,
    /// The same seed draws the same packets.
    pub seed: u64,
    /// Set from outside when the run is to end early.
    pub interrupted: &'a AtomicBool,
    /// Told now and then how many packets were compared.
    pub progress: &'a dyn Fn(u64),
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Verified<'r> {
    /// How many packets were sent and compared.
    pub packets: u64,
    /// How many of them left.
    pub left: u64,
    /// How many took the short cut of their connection.
    pub short: u64,
    /// Those that the router itself got.
    pub delivered: u64,
    /// Those that got no further, whether their sender was told or not.
    pub ended: u64,
    /// How many do otherwise as is known, and said when the configuration is checked.
    pub known: u64,
    /// The packet that did otherwise, if one did.
    pub difference: Option<Shown<'r>>,
}

/// A difference, and how to see it again.
#[derive(Debug)]
pub struct Shown<'r> {
    /// The packets that a fresh trial has to send, in this order: the last one shows it.
    pub packets: Vec<Arrival>,
    /// What it did, and what it should have done.
    pub difference: Difference<'r>,
}

/// Draws packets from what a router names, each with its answer, and some again or with an error about them, and
/// compares what becomes of them. Ends at the first difference, for what was left behind is not the same on both sides
/// from there on.
pub fn verify<'r>(router: &'r Router, order: Order<'_>) -> Result<Verified<'r>, LabError> {
    verify_with(|| Trial::build(router), router, order)
}

/// The same in trials that a caller builds, each as fresh as the one before.
pub fn verify_with<'r>(
    build: impl Fn() -> Result<Trial<'r>, LabError>,
    router: &'r Router,
    order: Order<'_>,
) -> Result<Verified<'r>, LabError> {
    let mut numbers = Numbers::new(order.seed);
    let trial = build()?;
    let pool = Pool::of(router, |interface| trial.has_wire(interface));
    if !pool.has_interfaces() {
        return Err(LabError::NoWire);
    }
    let mut run = Run { trial, build, sent: Vec::new(), verified: Verified::default(), order };
    while !run.is_done() {
        let first = pool.packet(&mut numbers);
        let Some(end) = run.send(first.clone())? else { continue };
        for follower in followers(&first, &end, &mut numbers, |interface| run.trial.has_wire(interface)) {
            if run.is_done() || run.send(follower)?.is_none() {
                break;
            }
        }
    }
    Ok(run.verified)
}

/// So many packets are sent through one router: what both sides remember of them grows with each.
const IN_A_TRIAL: usize = 4000;

struct Run<'a, 'r, B> {
    trial: Trial<'r>,
    build: B,
    /// What the trial was sent.
    sent: Vec<Arrival>,
    verified: Verified<'r>,
    order: Order<'a>,
}

impl<'r, B: Fn() -> Result<Trial<'r>, LabError>> Run<'_, 'r, B> {
    fn is_done(&self) -> bool {
        self.verified.packets >= self.order.packets || self.verified.difference.is_some()
    }

    /// Sends a packet, and counts it. Returns how it ended, if that is as it should be.
    fn send(&mut self, packet: Arrival) -> Result<Option<End<'r>>, LabError> {
        /// Between two words about how far it is.
        const AT_A_TIME: u64 = 100;
        if self.order.interrupted.load(Ordering::Relaxed) {
            return Err(LabError::Interrupted);
        }
        if self.verified.packets.is_multiple_of(AT_A_TIME) {
            (self.order.progress)(self.verified.packets);
        }
        let verdict = self.trial.send(&packet)?;
        if !matches!(verdict, Verdict::NotSent) {
            self.verified.packets += 1;
            self.sent.push(packet);
        }
        if self.sent.len() == IN_A_TRIAL && !matches!(verdict, Verdict::Differs(_)) {
            self.begin_anew()?;
        }
        match verdict {
            Verdict::NotSent => {}
            Verdict::Agrees(end) => {
                self.verified.short += u64::from(self.trial.took_short_cut());
                self.count(&end);
                return Ok(Some(end));
            }
            Verdict::Unsettled(end) => {
                self.count(&end);
                // What it has left behind may not be the same on both sides.
                self.begin_anew()?;
                return Ok(Some(end));
            }
            Verdict::KnownToDiffer => {
                self.verified.known += 1;
                // What it has left behind is not the same on both sides.
                self.begin_anew()?;
            }
            Verdict::Differs(difference) => {
                let packets = std::mem::take(&mut self.sent);
                self.verified.difference = Some(Shown { packets, difference: *difference });
            }
        }
        Ok(None)
    }

    fn count(&mut self, end: &End<'_>) {
        match end {
            End::Leaves { .. } => self.verified.left += 1,
            End::Delivered(_) => self.verified.delivered += 1,
            End::Dropped(_) | End::Refused(..) | End::Reset(_) => self.verified.ended += 1,
        }
    }

    fn begin_anew(&mut self) -> Result<(), LabError> {
        self.trial = (self.build)()?;
        self.sent.clear();
        Ok(())
    }
}
