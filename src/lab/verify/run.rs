//! A run of packets through a trial.

use super::draw::{Pool, error_about};
use super::judge::{Difference, Trial, Verdict};
use crate::ir::Router;
use crate::lab::LabError;
use crate::trace::Numbers;
use crate::trace::{Arrival, End, answer_to};

/// What came of a run.
#[derive(Debug, Default)]
pub struct Verified<'r> {
    /// How many packets were sent and compared.
    pub packets: u64,
    /// How many of them left, arrived at the router, and got no further.
    pub left: u64,
    /// Those that the router itself got.
    pub delivered: u64,
    /// How many do otherwise as is known, and said when the configuration is checked.
    pub known: u64,
    /// What did otherwise, with the packets that were sent before.
    pub differences: Vec<Difference<'r>>,
}

impl<'r> Verified<'r> {
    fn note(&mut self, verdict: Verdict<'r>) -> Option<End<'r>> {
        if !matches!(verdict, Verdict::NotSent) {
            self.packets += 1;
        }
        match verdict {
            Verdict::Agrees(end) => {
                match &end {
                    End::Leaves { .. } => self.left += 1,
                    End::Delivered(_) => self.delivered += 1,
                    End::Dropped(_) | End::Refused(..) => {}
                }
                return Some(end);
            }
            Verdict::KnownToDiffer => self.known += 1,
            Verdict::Differs(difference) => self.differences.push(*difference),
            Verdict::NotSent => {}
        }
        None
    }
}

/// Sends packets that are drawn from what a router names: each with its answer, and some again or with an error about
/// them. The same numbers draw the same packets. Ends at the first difference, for what was left behind is not the same
/// on both sides from there on.
pub fn verify<'r>(router: &'r Router, count: u64, numbers: &mut Numbers) -> Result<Verified<'r>, LabError> {
    let mut trial = Trial::build(router)?;
    let pool = Pool::of(router, |interface| trial.has_wire(interface));
    let mut verified = Verified::default();
    while verified.packets + verified.known < count && verified.differences.is_empty() {
        let first = pool.packet(numbers);
        let Some(end) = verified.note(trial.send(&first)?) else {
            if verified.known > 0 {
                break;
            }
            continue;
        };
        let End::Leaves { interface, gateway, packet } = &end else { continue };
        if !trial.has_wire(interface) {
            continue;
        }
        let answered = numbers.below(4) > 0;
        if answered
            && let Some(answer) = answer_to(&end)
            && verified.note(trial.send(&answer)?).is_none()
        {
            continue;
        }
        if numbers.below(3) == 0 && verified.note(trial.send(&first)?).is_none() {
            continue;
        }
        if numbers.below(4) == 0 {
            let from = gateway.unwrap_or(packet.destination);
            let error = error_about(packet, from, numbers);
            verified.note(trial.send(&Arrival { interface: Some(interface.clone()), packet: error })?);
        }
    }
    Ok(verified)
}
