//! `rosc diff`.

use super::failure::{already_there, conflicts, not_read, unreadable};
use super::names::host_for;
use super::output::{Output, extent, read};
use super::{Outcome, PlanDocument, privileges, rules_for};
use crate::cli::{DiffArgs, Format};
use crate::compile::{Options, compile};
use crate::diagnostic::{Code, Diagnostic, Severity, has_errors, tidy};
use crate::host::Host;
use crate::lint::lint;
use crate::lower::{Desired, Rules, lower_with};
use crate::plan::{Observed, Plan, View, differences, plan};
use crate::transaction::Machine;
use rosc_target::TargetError;
use serde_json::Value;
use std::fs;
use std::path::Path;

pub(super) fn run(args: &DiffArgs, output: &Output) -> Outcome {
    let (sources, mut diagnostics) = read(&args.reading.files);
    let compiled = compile(&sources, args.reading.options());
    diagnostics.extend(compiled.diagnostics);
    diagnostics.extend(privileges::files_are_read().err());
    let plan = if has_errors(&diagnostics) {
        None
    } else {
        let against = match &args.against {
            None => against_machine(args, &compiled.router, &mut diagnostics),
            Some(path) => against_file(
                path,
                args.reading.options(),
                rules_for(&args.lowering),
                &compiled.router,
                &mut diagnostics,
            ),
        };
        against.filter(|_| !has_errors(&diagnostics))
    };
    if plan.is_some() {
        diagnostics.extend(lint(&compiled.router));
    }
    if let Some(plan) = &plan {
        diagnostics.extend(conflicts(plan));
        diagnostics.extend(already_there(plan));
    }
    let is_partial = diagnostics.iter().any(|diagnostic| is_of_unread_part(diagnostic.code));
    let diagnostics = tidy(diagnostics);
    let view = plan.as_ref().map(|plan| View::new(plan, extent(args.format), &sources));
    match args.format {
        Format::Json => output.print_json(&PlanDocument::new(&diagnostics, view.as_ref(), &sources)),
        Format::Human => {
            output.diagnostics(&diagnostics, &sources);
            if let Some(view) = &view {
                if args.live {
                    output.print(&view.drift());
                } else {
                    output.plan(view);
                }
                let with =
                    args.against.as_ref().map_or("this machine".to_owned(), |p| p.display().to_string());
                output.remark(&match view.changes {
                    0 if is_partial => format!("no changes in what could be read of {with}"),
                    0 => format!("no changes: compared with {with}"),
                    1 if args.live => format!("1 difference on {with}"),
                    differences if args.live => format!("{differences} differences on {with}"),
                    _ => format!("{}, compared with {with}", view.summary()),
                });
            }
        }
    }
    match plan {
        None => Outcome::Errors,
        Some(_) if has_errors(&diagnostics) => Outcome::Errors,
        // What was not read may differ.
        Some(plan) if plan.is_empty() && is_partial => Outcome::Errors,
        Some(plan) if plan.is_empty() => Outcome::Fine,
        Some(_) => Outcome::Differences,
    }
}

fn is_of_unread_part(code: Code) -> bool {
    matches!(code, Code::FirewallUnreadable | Code::RecordUnreadable)
}

fn against_machine(
    args: &DiffArgs,
    router: &crate::ir::Router,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Plan> {
    let compare = |diagnostics: &mut Vec<Diagnostic>| -> Result<Plan, TargetError> {
        let mut machine = Machine::open(&args.state_dir)?;
        let lowered = lower_with(rules_for(&args.lowering), router, &host_for(&mut machine, router)?);
        diagnostics.extend(lowered.diagnostics);
        machine.look_at(lowered.desired.sysctl.settings.keys().cloned());
        let (observed, unread) = machine.observe_as_user(&lowered.desired)?;
        diagnostics.extend(unread.into_iter().map(not_read));
        let compare = if args.live { differences } else { plan };
        Ok(compare(&lowered.desired, &observed))
    };
    match compare(diagnostics) {
        Ok(plan) => Some(plan),
        Err(error) => {
            diagnostics.push(unreadable(&error));
            None
        }
    }
}

/// Another configuration, or a saved state (a name that ends in `.json`).
fn against_file(
    path: &Path,
    options: Options,
    rules: Rules,
    router: &crate::ir::Router,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Plan> {
    let is_state = path.extension().is_some_and(|extension| extension == "json");
    let before = if is_state {
        Saved::read(path)
    } else {
        configuration(path, options, rules).map(|desired| Saved::Wanted(Box::new(desired)))
    };
    let before = before.map_err(|error| diagnostics.push(error)).ok()?;
    // Of a machine that is not known, every device is taken to exist.
    let host = match &before {
        Saved::Live(observed) => Host::from(&observed.route),
        Saved::Wanted(_) => Host::unknown(),
    };
    let lowered = lower_with(rules, router, &host);
    diagnostics.extend(lowered.diagnostics);
    Some(match before {
        Saved::Live(observed) => plan(&lowered.desired, &observed),
        Saved::Wanted(before) => plan(&lowered.desired, &Observed::assumed(&before, &lowered.desired)),
    })
}

fn configuration(path: &Path, options: Options, rules: Rules) -> Result<Desired, Diagnostic> {
    let (sources, unreadable) = read(std::slice::from_ref(&path.to_path_buf()));
    let compiled = compile(&sources, options);
    let lowered = lower_with(rules, &compiled.router, &Host::unknown());
    let all = unreadable.into_iter().chain(compiled.diagnostics).chain(lowered.diagnostics);
    match all.filter(|diagnostic| diagnostic.severity == Severity::Error).count() {
        0 => Ok(lowered.desired),
        errors => {
            let message = format!("{} has {errors} errors; run rosc check on it", path.display());
            Err(Diagnostic::new(Code::BadState, message))
        }
    }
}

/// A state that was saved.
enum Saved {
    /// What a machine had: `show live`.
    Live(Box<Observed>),
    /// What a configuration asked for: `show linux`.
    Wanted(Box<Desired>),
}

impl Saved {
    fn read(path: &Path) -> Result<Self, Diagnostic> {
        let bad = |error: &dyn std::fmt::Display| {
            Diagnostic::new(Code::BadState, format!("{} is no saved state: {error}", path.display()))
                .help("make one by `rosc show live --format json`")
        };
        let text = fs::read(path).map_err(|error| bad(&error))?;
        let value: Value = serde_json::from_slice(&text).map_err(|error| bad(&error))?;
        // What a machine has is more than what rosc owns of it.
        let read = match value.pointer("/route/state") {
            Some(_) => serde_json::from_value(value).map(Self::Live),
            None => serde_json::from_value(value).map(Self::Wanted),
        };
        read.map_err(|error| bad(&error))
    }
}
