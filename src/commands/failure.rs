//! What went wrong on the machine, as diagnostics.

use super::Outcome;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Plan;
use crate::transaction::history::NotKept;
use crate::transaction::{Cause, Failure, Unread};
use rosc_route::Pending;
use rosc_target::{Conflict, TargetError};
use std::collections::BTreeMap;

/// The diagnostics of a failure, and how the command ends.
pub(super) fn explain(failure: &Failure) -> (Vec<Diagnostic>, Outcome) {
    match failure {
        Failure::Locked(holder) => {
            let diagnostic = Diagnostic::new(Code::Locked, holder.clone()).help("wait until it is done");
            (vec![diagnostic], Outcome::Errors)
        }
        Failure::Waiting { left } => {
            let message = format!("a change waits to be confirmed, for {} seconds more", left.as_secs());
            let help = "rosc confirm keeps it; without that it is taken back by itself";
            (vec![Diagnostic::new(Code::Unconfirmed, message).help(help)], Outcome::Errors)
        }
        Failure::NothingKept { why, .. } => {
            let mut diagnostics = not_kept(why);
            let help = "name the files to be applied in its place, or apply one";
            diagnostics.push(Diagnostic::new(Code::NoSuchState, "there is no state to restore").help(help));
            (diagnostics, Outcome::Errors)
        }
        Failure::StateDir { operation, path, error } => {
            let message = format!("could not {operation} {}: {error}", path.display());
            let help = "name another directory by --state-dir, or run as root";
            (vec![Diagnostic::new(Code::Journal, message).help(help)], Outcome::Errors)
        }
        Failure::Observe(error) => (vec![unreadable(error)], Outcome::Errors),
        Failure::NotRecovered(error) => {
            let context = "an earlier run was cut off, and what it has left can't be taken back";
            (vec![undo_failed(context, error)], Outcome::Errors)
        }
        Failure::Conflicts { plan } => (conflicts(plan), Outcome::Errors),
        Failure::Undone { cause, left } => {
            let mut diagnostics = undone(cause);
            let context = "a change can't be taken back";
            diagnostics.extend(left.as_deref().map(|error| undo_failed(context, error)));
            (diagnostics, Outcome::Undone)
        }
    }
}

/// An earlier run was taken back.
pub(super) fn taken_back_first() -> Diagnostic {
    let message = "an earlier run was cut off; what it had begun was taken back first";
    Diagnostic::new(Code::Recovered, message)
}

/// Kept states that can't be read.
pub(super) fn unreadable_states(numbers: &[u32]) -> Option<Diagnostic> {
    let list = || numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let subject = match numbers {
        [] => return None,
        [number] => format!("state {number}"),
        [..] => format!("states {}", list()),
    };
    let message = format!("{subject} can't be read and is left out: another version of rosc has kept it");
    Some(
        Diagnostic::new(Code::UnreadableState, message)
            .help("it goes by itself, when ten newer states are kept"),
    )
}

/// What is wrong where there is no state to be restored: nothing, if none was kept yet.
pub(super) fn not_kept(why: &NotKept) -> Vec<Diagnostic> {
    match why {
        NotKept::Never => Vec::new(),
        NotKept::Unreadable { number, why } => {
            let message = format!("state {number}, which was kept last, can't be read: {why}");
            vec![Diagnostic::new(Code::UnreadableState, message)]
        }
    }
}

/// Foreign objects in the way.
pub(super) fn conflicts(plan: &Plan) -> Vec<Diagnostic> {
    plan.conflicts.iter().map(conflict).collect()
}

/// Foreign objects that already do what is asked.
pub(super) fn already_there(plan: &Plan) -> Vec<Diagnostic> {
    let note = |satisfied: &rosc_route::Satisfied| {
        let message = format!("{} is there already and not made by rosc: it is left alone", satisfied.object);
        Diagnostic::new(Code::AlreadyThere, message).label(satisfied.origin, "asked for here")
    };
    plan.satisfied.iter().map(note).collect()
}

/// What waits for devices that are not there, a diagnostic for each device.
pub(super) fn waiting(pending: &[Pending]) -> Vec<Diagnostic> {
    let mut by_device: BTreeMap<&str, Vec<&Pending>> = BTreeMap::new();
    for pending in pending {
        by_device.entry(pending.device.as_str()).or_default().push(pending);
    }
    let diagnostic = |(device, waiting): (&str, Vec<&Pending>)| {
        let objects: Vec<&str> = waiting.iter().map(|pending| pending.object.as_str()).collect();
        let message = format!("there is no device `{device}`: what needs it waits: {}", objects.join(", "));
        let diagnostic = Diagnostic::new(Code::WaitsForDevice, message);
        let diagnostic = waiting
            .iter()
            .fold(diagnostic, |diagnostic, pending| diagnostic.label(pending.origin, "waits for the device"));
        diagnostic.help("run it again when the device is there")
    };
    by_device.into_iter().map(diagnostic).collect()
}

/// The machine could not be read.
pub(super) fn unreadable(error: &TargetError) -> Diagnostic {
    /// `EPERM` and `EACCES`.
    const NO_RIGHT: [i32; 2] = [1, 13];
    let diagnostic = refused(error);
    match error.errno {
        Some(errno) if NO_RIGHT.contains(&errno) => {
            diagnostic.help("reading the firewall needs root; so does changing anything")
        }
        _ => diagnostic,
    }
}

/// The user may not read a part of the machine.
pub(super) fn not_read(part: Unread) -> Diagnostic {
    match part {
        Unread::Firewall => Diagnostic::new(
            Code::FirewallUnreadable,
            "the firewall of this machine is not among what was read",
        )
        .help("reading it takes CAP_NET_ADMIN: run this as root to see it too"),
        Unread::FastPath => Diagnostic::new(
            Code::FirewallUnreadable,
            "the fast path of this machine is not among what was read",
        )
        .help("reading it takes CAP_BPF: run this as root to see it too"),
        Unread::FormerSettings => {
            let message = "which kernel settings rosc has changed is not among what was read";
            Diagnostic::new(Code::RecordUnreadable, message).help(
                "the state directory is not open to this user: run this as root to see what would go back",
            )
        }
    }
}

fn undone(cause: &Cause) -> Vec<Diagnostic> {
    match cause {
        Cause::Refused(error) => vec![refused(error).help("everything that was done is taken back")],
        Cause::Interrupted => {
            vec![Diagnostic::new(Code::Refused, "interrupted; everything that was done is taken back")]
        }
        Cause::NotVerified { left } => {
            let message = format!(
                "after the change the kernel is not as asked ({} differences); everything is taken back",
                left.len()
            );
            vec![
                Diagnostic::new(Code::NotVerified, message)
                    .help("another program may be changing it; try again"),
            ]
        }
    }
}

/// The kernel, or a tool that speaks to it, refused something.
pub(super) fn refused(error: &TargetError) -> Diagnostic {
    let TargetError { origin, operation, object, errno: _, message } = error;
    let diagnostic = Diagnostic::new(Code::Refused, format!("could not {operation} {object}: {message}"));
    match origin {
        Some(origin) => diagnostic.label(*origin, "asked for here"),
        None => diagnostic,
    }
}

fn undo_failed(context: &str, error: &TargetError) -> Diagnostic {
    let TargetError { operation, object, message, .. } = error;
    Diagnostic::new(Code::UndoFailed, format!("{context}: {operation} {object}: {message}"))
        .help("remove what is in the way; the journal is kept, and the next rosc apply tries again")
}

fn conflict(conflict: &Conflict) -> Diagnostic {
    let Conflict { origin, wanted, foreign } = conflict;
    Diagnostic::new(Code::ForeignObject, format!("something foreign is in the way of {wanted}: {foreign}"))
        .label(*origin, "asked for here")
        .help("rosc touches only what it made: change the other object by hand, or leave this one out; --adopt takes over \
             routes and addresses that it can give back")
}
