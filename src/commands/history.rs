//! `rosc history` and `rosc rollback`.

use super::Outcome;
use super::apply::bring_to;
use super::failure::{explain, unreadable_states};
use super::output::{Output, extent};
use crate::cli::{Format, HistoryArgs, RollbackArgs};
use crate::diagnostic::{Code, Diagnostic, json};
use crate::lower::Desired;
use crate::plan::{Observed, Session, View, plan};
use crate::source::{Sources, on_one_line};
use crate::transaction::Failure;
use crate::transaction::history::{Entry, History, history, state};
use serde::Serialize;
use std::path::Path;

/// The JSON document.
#[derive(Debug, Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    diagnostics: json::Document,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<&'a [Entry]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a View>,
}

/// Lists the states, or shows what one of them changed.
pub(super) fn run(args: &HistoryArgs, output: &Output) -> Outcome {
    let sources = Sources::default();
    let mut diagnostics = Vec::new();
    let found = history(&args.state_dir).and_then(|History { entries, unreadable }| {
        diagnostics.extend(unreadable_states(&unreadable));
        match args.number {
            None => Ok((Some(entries), None)),
            Some(number) => changes(&args.state_dir, &entries, number, args.format).map(|view| (None, view)),
        }
    });
    let ((entries, view), outcome) = match found {
        Ok((None, None)) => {
            diagnostics.push(no_such_state(args.number));
            ((None, None), Outcome::Errors)
        }
        Ok(found) => (found, Outcome::Fine),
        Err(failure) => {
            let (explained, outcome) = explain(&failure);
            diagnostics.extend(explained);
            ((None, None), outcome)
        }
    };
    if args.format == Format::Json {
        let diagnostics = json::document(&diagnostics, &sources);
        output.print_json(&Document { diagnostics, history: entries.as_deref(), plan: view.as_ref() });
        return outcome;
    }
    output.diagnostics(&diagnostics, &sources);
    match (entries.as_deref(), &view) {
        (Some([]), _) if diagnostics.is_empty() => output.remark("nothing was applied yet"),
        (Some(entries), _) => output.print(&entries.iter().map(line).collect::<String>()),
        (None, Some(view)) => {
            output.plan(view);
            output.remark(&if view.changes == 0 { "no changes".to_owned() } else { view.summary() });
        }
        (None, None) => {}
    }
    outcome
}

/// Brings the machine back.
pub(super) fn rollback(args: &RollbackArgs, session: Option<Session>, output: &Output) -> Outcome {
    let mut diagnostics = Vec::new();
    match earlier(&args.changing.state_dir, args.number, &mut diagnostics) {
        Ok(Some(desired)) => bring_to(&desired, &args.changing, session, output),
        Ok(None) => {
            diagnostics.push(no_such_state(args.number));
            refuse(diagnostics, args.changing.format, output)
        }
        Err(failure) => refuse(explain(&failure).0, args.changing.format, output),
    }
}

/// The state of a number, or the one before the last.
fn earlier(
    state_dir: &Path,
    number: Option<u32>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<Desired>, Failure> {
    let History { entries, unreadable } = history(state_dir)?;
    diagnostics.extend(unreadable_states(&unreadable));
    let entry = match number {
        Some(number) => entries.iter().find(|entry| entry.number == number),
        None => entries.iter().rev().nth(1),
    };
    entry.map(|entry| state(state_dir, entry.number)).transpose()
}

/// What changed from the state before; from nothing, if none is known.
fn changes(
    state_dir: &Path,
    entries: &[Entry],
    number: u32,
    format: Format,
) -> Result<Option<View>, Failure> {
    let Some(place) = entries.iter().position(|entry| entry.number == number) else { return Ok(None) };
    let after = state(state_dir, number)?;
    let before = match place.checked_sub(1) {
        Some(before) => state(state_dir, entries[before].number)?,
        None => Desired::default(),
    };
    let plan = plan(&after, &Observed::assumed(&before, &after));
    Ok(Some(View::new(&plan, extent(format), &Sources::default())))
}

fn line(entry: &Entry) -> String {
    let Entry { number, at, changes } = entry;
    let plural = if *changes == 1 { "" } else { "s" };
    format!("{number:>4}  {}  {changes} change{plural}\n", on_one_line(at))
}

fn no_such_state(number: Option<u32>) -> Diagnostic {
    let message = match number {
        Some(number) => format!("no state {number} is kept"),
        None => "there is no earlier state to go back to".to_owned(),
    };
    Diagnostic::new(Code::NoSuchState, message).help("rosc history lists the states; the last ten are kept")
}

fn refuse(diagnostics: Vec<Diagnostic>, format: Format, output: &Output) -> Outcome {
    let sources = Sources::default();
    match format {
        Format::Json => {
            let diagnostics = json::document(&diagnostics, &sources);
            output.print_json(&Document { diagnostics, history: None, plan: None });
        }
        Format::Human => {
            output.diagnostics(&diagnostics, &sources);
            output.remark("nothing was changed");
        }
    }
    Outcome::Errors
}
