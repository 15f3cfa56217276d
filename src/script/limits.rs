//! The sandbox: how much a run may take, and what is named when it takes more.

use super::stop::Stop;
use super::{Evaluator, diagnostics};
use rosc_target::Origin;

/// Statements, operators, elements and bytes by sixteen, of the whole run.
const MOST_STEPS: u64 = 5_000_000;

/// Calls inside calls.
const MOST_CALLS: usize = 60;

/// Blocks, expressions and calls inside each other.
const MOST_DEPTH: u32 = 300;

/// The part of the machine's stack that they may take, in bytes: the net below the count, for builds whose frames are
/// large. The threads of tests have 2 MiB.
const MOST_STACK: usize = 1 << 20;

/// What a run has taken.
#[derive(Debug)]
pub(super) struct Limits {
    steps: u64,
    depth: u32,
    /// Where on the stack the run began.
    base: usize,
    running: Vec<Running>,
}

/// A loop or a call that is not done.
#[derive(Debug)]
struct Running {
    what: String,
    is_call: bool,
    origin: Origin,
    since: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 0, depth: 0, base: place_on_stack(), running: Vec::new() }
    }
}

/// An address in the frame of a function that is called here.
#[inline(never)]
fn place_on_stack() -> usize {
    let marker = 0u8;
    std::ptr::from_ref(&marker).addr()
}

impl Evaluator<'_> {
    /// Takes steps.
    pub(super) fn step(&mut self, steps: usize) -> Result<(), Stop> {
        self.limits.steps = self.limits.steps.saturating_add(steps as u64);
        if self.limits.steps <= MOST_STEPS {
            return Ok(());
        }
        // What comes after has no steps left either, and one mistake costs one diagnostic.
        if let Some(report) = self.exhausted {
            return Err(Stop::Reported(report));
        }
        // The innermost one that has taken most of it: what it runs inside, or what runs inside it, is not at fault.
        let most = |running: &&Running| running.since < MOST_STEPS / 2;
        let named = self.limits.running.iter().rev().find(most).or(self.limits.running.first());
        Err(match named {
            Some(running) => diagnostics::too_many_steps(&running.what, running.origin, MOST_STEPS).into(),
            None => diagnostics::too_many_steps("this script", self.statement, MOST_STEPS).into(),
        })
    }

    /// Does something inside something, as deep as the stack of the machine allows.
    pub(super) fn deeper<T>(
        &mut self,
        origin: Origin,
        inside: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let stack = self.limits.base.abs_diff(place_on_stack());
        if self.limits.depth >= MOST_DEPTH || stack > MOST_STACK {
            let call = self.limits.running.iter().rev().find(|running| running.is_call);
            let place = call.map_or(origin, |call| call.origin);
            return Err(diagnostics::too_deep(call.map(|call| call.what.as_str()), place).into());
        }
        self.limits.depth += 1;
        let result = inside(self);
        self.limits.depth -= 1;
        result
    }

    /// Runs a loop.
    pub(super) fn looping<T>(
        &mut self,
        verb: &str,
        origin: Origin,
        inside: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        self.running(format!("this `{verb}` loop"), false, origin, inside)
    }

    /// Runs a function.
    pub(super) fn calling<T>(
        &mut self,
        name: &str,
        origin: Origin,
        inside: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let calls = self.limits.running.iter().filter(|running| running.is_call).count();
        let what = format!("this call of `{name}`");
        if calls >= MOST_CALLS {
            return Err(diagnostics::too_deep(Some(&what), origin).into());
        }
        self.running(what, true, origin, inside)
    }

    fn running<T>(
        &mut self,
        what: String,
        is_call: bool,
        origin: Origin,
        inside: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        self.step(1)?;
        let since = self.limits.steps;
        self.limits.running.push(Running { what, is_call, origin, since });
        let result = inside(self);
        self.limits.running.pop();
        result
    }

    /// Whether no steps are left.
    pub(super) fn is_spent(&self) -> bool {
        self.limits.steps > MOST_STEPS
    }

    /// Whether a loop or a function runs.
    pub(super) fn is_inside(&self) -> bool {
        !self.limits.running.is_empty()
    }
}
