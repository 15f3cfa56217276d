//! `rosc confirm`, the guard, and the waiting between them.

use super::Outcome;
use super::failure::explain;
use super::output::Output;
use crate::cli::ConfirmArgs;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Sources;
use crate::transaction::{self, Failure, Machine, Pending};
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks at whether the change was confirmed.
const PAUSE: Duration = Duration::from_millis(100);

/// Keeps the change that waits.
pub(super) fn run(args: &ConfirmArgs, output: &Output) -> Outcome {
    let (diagnostics, outcome) = match transaction::confirm(&args.state_dir) {
        Ok(true) => (Vec::new(), Outcome::Fine),
        Ok(false) => (vec![nothing_waits()], Outcome::Errors),
        Err(failure) => explain(&failure),
    };
    output.diagnostics(&diagnostics, &Sources::default());
    if outcome == Outcome::Fine {
        output.remark("confirmed: the change stays");
    }
    outcome
}

fn nothing_waits() -> Diagnostic {
    Diagnostic::new(Code::Unconfirmed, "no change waits to be confirmed")
        .help("a change waits after rosc apply --confirm, until its time is over")
}

/// Starts the guard. It waits to be woken by the run, and ends if that ends before it has begun.
pub(super) fn post_guard(state_dir: &Path) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg("guard")
        .arg("--state-dir")
        .arg(state_dir)
        .stdin(Stdio::piped())
        .stdout(modules()?)
        .stderr(Stdio::null())
        .spawn()
}

/// In place of an output, which the guard has none of, it gets what it can't open itself: it may have to load a program for
/// connections again.
fn modules() -> io::Result<Stdio> {
    Ok(match rosc_ebpf::opened_modules() {
        Some(modules) => modules.try_clone_to_owned()?.into(),
        None => Stdio::null(),
    })
}

/// The guard's own process. It leaves the session, so that it stays when the terminal goes.
pub(super) fn guard(args: &ConfirmArgs) -> Outcome {
    if rustix::process::setsid().is_err() {
        // It leads one of its own already.
    }
    let is_woken = io::stdin().read(&mut [0]).is_ok_and(|read| read > 0);
    // A run that is killed just before it wakes the guard has written down already what it is at.
    let is_begun = || matches!(Pending::read(&args.state_dir), Ok(Some(Pending::Applying)));
    if !is_woken && !is_begun() {
        return Outcome::Fine;
    }
    let stood = Machine::open(&args.state_dir)
        .map_err(Failure::Observe)
        .and_then(|mut machine| transaction::guard(&mut machine, &args.state_dir));
    match stood {
        Ok(_) => Outcome::Fine,
        // The journal is kept, and the next run tries again.
        Err(_) => Outcome::Errors,
    }
}

/// Waits until the change is confirmed, by `rosc confirm` or by a line on the terminal, or taken back: by the guard, or here
/// when a signal asks for it. Says how it ended.
pub(super) fn wait(
    machine: &mut Machine,
    state_dir: &Path,
    interrupted: &AtomicBool,
) -> Result<Outcome, Failure> {
    /// The guard takes the change back when its time is over; so much later it must be gone.
    const GUARD: Duration = Duration::from_secs(3);
    let entered = line_on_terminal();
    let mut last_time_left = Instant::now();
    loop {
        match Pending::read(state_dir)? {
            Some(Pending::Confirmed) => return Ok(Outcome::Fine),
            None | Some(Pending::Undone) => return Ok(Outcome::Undone),
            Some(pending) if pending.left().is_some() => last_time_left = Instant::now(),
            Some(Pending::Applying | Pending::Waiting { .. }) => {}
        }
        if entered.load(Ordering::Relaxed) {
            transaction::confirm(state_dir)?;
        } else if interrupted.load(Ordering::Relaxed) || last_time_left.elapsed() > GUARD {
            transaction::take_back(machine, state_dir)?;
        }
        thread::sleep(PAUSE);
    }
}

/// Becomes true when somebody presses Enter.
fn line_on_terminal() -> Arc<AtomicBool> {
    let entered = Arc::new(AtomicBool::new(false));
    if io::stdin().is_terminal() {
        let flag = Arc::clone(&entered);
        thread::spawn(move || {
            if io::stdin().read_line(&mut String::new()).is_ok_and(|length| length > 0) {
                flag.store(true, Ordering::Relaxed);
            }
        });
    }
    entered
}
