//! `rosc apply`.

use super::confirm::{post_guard, wait};
use super::failure::{already_there, explain, unreadable};
use super::names::with_names;
use super::output::{Output, extent, options, read};
use super::{Outcome, PlanDocument, leave, privileges, rules_for, signals};
use crate::cli::{ApplyArgs, Changing, Format};
use crate::compile::compile;
use crate::diagnostic::{Code, Diagnostic, has_errors, tidy};
use crate::lint::lint;
use crate::lower::{Desired, lower_with};
use crate::plan::{Plan, View, plan};
use crate::source::Sources;
use crate::transaction::{self, Applied, Confirmation, Failure, Machine, Options};
use std::io::IsTerminal;

pub(super) fn run(args: &ApplyArgs, output: &Output) -> Outcome {
    if args.remove {
        // Nothing is wanted: what there is of ours goes.
        return bring_to(&Desired::default(), &args.changing, output);
    }
    let (sources, mut diagnostics) = read(&args.files);
    let compiled = compile(&sources, options(args.routeros, args.strict));
    diagnostics.extend(compiled.diagnostics);
    diagnostics.extend(privileges::files_are_read().err());
    let prepared = if has_errors(&diagnostics) {
        None
    } else {
        prepare(args, &compiled.router, &mut diagnostics).filter(|_| !has_errors(&diagnostics))
    };
    let Some((machine, desired)) = prepared else {
        let document = Report { plan: None, outcome: Outcome::Errors };
        return document.show(&args.changing, diagnostics, &sources, output);
    };
    diagnostics.extend(lint(&compiled.router));
    let report = if args.changing.dry_run {
        dry_run(machine, &desired, &mut diagnostics)
    } else {
        change(&args.changing, machine, &desired, &mut diagnostics, &sources, output)
    };
    leave((compiled.database, compiled.router, desired));
    report.show(&args.changing, diagnostics, &sources, output)
}

/// Brings the machine to a state that no file asks for now.
pub(super) fn bring_to(desired: &Desired, changing: &Changing, output: &Output) -> Outcome {
    let (sources, mut diagnostics) = (Sources::default(), Vec::new());
    let report = match Machine::open(&changing.state_dir) {
        Ok(machine) if changing.dry_run => dry_run(machine, desired, &mut diagnostics),
        Ok(machine) => change(changing, machine, desired, &mut diagnostics, &sources, output),
        Err(error) => {
            diagnostics.push(unreadable(&error));
            Report { plan: None, outcome: Outcome::Errors }
        }
    };
    report.show(changing, diagnostics, &sources, output)
}

fn prepare(
    args: &ApplyArgs,
    router: &crate::ir::Router,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(Machine, Desired)> {
    let opened = Machine::open(&args.changing.state_dir).and_then(|mut machine| {
        let host = with_names(machine.host()?, router);
        Ok((machine, host))
    });
    match opened {
        Ok((machine, host)) => {
            let lowered = lower_with(rules_for(&args.lowering), router, &host);
            diagnostics.extend(lowered.diagnostics);
            Some((machine, lowered.desired))
        }
        Err(error) => {
            diagnostics.push(unreadable(&error));
            None
        }
    }
}

fn dry_run(mut machine: Machine, desired: &Desired, diagnostics: &mut Vec<Diagnostic>) -> Report {
    machine.look_at(desired.sysctl.settings.keys().cloned());
    match machine.observe() {
        Ok(observed) => {
            let plan = plan(desired, &observed);
            diagnostics.extend(super::failure::conflicts(&plan));
            diagnostics.extend(already_there(&plan));
            let outcome = if plan.conflicts.is_empty() { Outcome::Fine } else { Outcome::Errors };
            Report { plan: Some(plan), outcome }
        }
        Err(error) => {
            diagnostics.push(unreadable(&error));
            Report { plan: None, outcome: Outcome::Errors }
        }
    }
}

fn change(
    args: &Changing,
    mut machine: Machine,
    desired: &Desired,
    diagnostics: &mut Vec<Diagnostic>,
    sources: &Sources,
    output: &Output,
) -> Report {
    let interrupted = match signals::watch() {
        Ok(interrupted) => interrupted,
        Err(error) => {
            diagnostics.push(Diagnostic::new(Code::Journal, format!("could not watch for signals: {error}")));
            return Report { plan: None, outcome: Outcome::Errors };
        }
    };
    let guard = match args.confirm.map(|_| post_guard(&args.state_dir)).transpose() {
        Ok(guard) => guard,
        Err(error) => {
            let message = format!("could not start the guard of the change: {error}");
            diagnostics.push(Diagnostic::new(Code::Journal, message));
            return Report { plan: None, outcome: Outcome::Errors };
        }
    };
    let confirmation = args.confirm.zip(guard.as_ref().and_then(|guard| guard.stdin.as_ref()));
    let options = Options {
        state_dir: args.state_dir.clone(),
        interrupted: Some(&interrupted),
        confirmation: confirmation.map(|(within, guard)| Confirmation { within, guard }),
        fault: None,
    };
    match transaction::apply(&mut machine, desired, &options) {
        Ok(Applied { plan, recovered, waits }) => {
            if recovered {
                let message = "an earlier run was cut off; what it had begun was taken back first";
                diagnostics.push(Diagnostic::new(Code::Recovered, message));
            }
            diagnostics.extend(already_there(&plan));
            let mut report = Report { plan: Some(plan), outcome: Outcome::Fine };
            if waits {
                report.ask(args, diagnostics, sources, output);
                report.outcome = match wait(&mut machine, &args.state_dir, &interrupted) {
                    Ok(outcome) => outcome,
                    Err(failure) => {
                        let (explained, outcome) = explain(&failure);
                        diagnostics.extend(explained);
                        outcome
                    }
                };
            }
            report
        }
        Err(failure) => {
            let (explained, outcome) = explain(&failure);
            diagnostics.extend(explained);
            let plan = match failure {
                Failure::Conflicts { plan } => Some(*plan),
                _ => None,
            };
            Report { plan, outcome }
        }
    }
}

/// What is shown at the end.
struct Report {
    plan: Option<Plan>,
    outcome: Outcome,
}

impl Report {
    /// Shows people what was done and has to be confirmed now, and how.
    fn ask(&self, args: &Changing, diagnostics: &mut Vec<Diagnostic>, sources: &Sources, output: &Output) {
        let (Format::Human, Some(plan), Some(within)) = (args.format, &self.plan, args.confirm) else {
            return;
        };
        output.diagnostics(&tidy(std::mem::take(diagnostics)), sources);
        let view = View::new(plan, extent(args.format), sources);
        output.plan(&view);
        let or = if std::io::stdin().is_terminal() { " or Enter" } else { "" };
        output.remark(&format!(
            "{}: applied and verified; it is taken back in {} seconds, unless rosc confirm{or} keeps it",
            view.summary(),
            within.as_secs()
        ));
    }

    fn show(
        self,
        args: &Changing,
        diagnostics: Vec<Diagnostic>,
        sources: &Sources,
        output: &Output,
    ) -> Outcome {
        let diagnostics = tidy(diagnostics);
        let view = self.plan.as_ref().map(|plan| View::new(plan, extent(args.format), sources));
        match args.format {
            Format::Json => output.print_json(&PlanDocument::new(&diagnostics, view.as_ref(), sources)),
            Format::Human => {
                output.diagnostics(&diagnostics, sources);
                // What had to be confirmed was shown before.
                if let Some(view) = view.as_ref().filter(|_| args.confirm.is_none()) {
                    output.plan(view);
                }
                output.remark(&self.remark(args, view.as_ref()));
            }
        }
        leave(self.plan);
        self.outcome
    }

    fn remark(&self, args: &Changing, view: Option<&View>) -> String {
        match (self.outcome, view) {
            (Outcome::Fine, Some(view)) if view.changes == 0 => "nothing to change".to_owned(),
            (Outcome::Fine, Some(_)) if args.confirm.is_some() => "confirmed: the change stays".to_owned(),
            (Outcome::Fine, Some(view)) if args.dry_run => format!("{}; nothing was changed", view.summary()),
            (Outcome::Fine, Some(view)) => format!("{}: applied and verified", view.summary()),
            (Outcome::Undone, Some(_)) if args.confirm.is_some() => {
                "not confirmed: the machine is as it was".to_owned()
            }
            (Outcome::Undone, _) => "the machine is as it was".to_owned(),
            (Outcome::Fine | Outcome::Errors | Outcome::Differences, _) => "nothing was changed".to_owned(),
        }
    }
}
