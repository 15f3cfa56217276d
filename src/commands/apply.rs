//! `rosc apply`.

use super::confirm::{post_guard, wait};
use super::failure::{already_there, explain, taken_back_first, unreadable, waiting};
use super::names::host_for;
use super::output::{Output, extent, options, read};
use super::session::confirmation;
use super::{Outcome, PlanDocument, leave, privileges, rules_for, signals};
use crate::cli::{ApplyArgs, Changing, Format};
use crate::compile::compile;
use crate::diagnostic::{Code, Diagnostic, Severity, has_errors, tidy};
use crate::host::Host;
use crate::lint::lint;
use crate::lower::{Desired, lower_with};
use crate::plan::{Leeway, Plan, Planned, Session, View, plan_with};
use crate::source::Sources;
use crate::transaction::{self, Applied, Confirmation, Failure, Machine, Options};
use std::io::IsTerminal;
use std::time::Duration;

pub(super) fn run(args: &ApplyArgs, session: Option<Session>, output: &Output) -> Outcome {
    if args.remove {
        // Nothing is wanted: what there is of ours goes.
        return bring_to(&Desired::default(), &args.changing, session, output);
    }
    apply_files(args, session, Vec::new(), output)
}

/// Applies the files. What there is to be said already is said first.
pub(super) fn apply_files(
    args: &ApplyArgs,
    session: Option<Session>,
    said: Vec<Diagnostic>,
    output: &Output,
) -> Outcome {
    let (sources, unreadable) = read(&args.files);
    let mut diagnostics = said;
    diagnostics.extend(unreadable);
    let compiled = compile(&sources, options(args.routeros, args.strict));
    diagnostics.extend(compiled.diagnostics);
    diagnostics.extend(privileges::files_are_read().err());
    let prepared = if has_errors(&diagnostics) {
        None
    } else {
        prepare(args, &compiled.router, &mut diagnostics).filter(|_| !has_errors(&diagnostics))
    };
    let Some((machine, desired)) = prepared else {
        let document = Report::nothing();
        return document.show(&args.changing, diagnostics, &sources, output);
    };
    diagnostics.extend(lint(&compiled.router));
    let report = if args.changing.dry_run {
        dry_run(&args.changing, machine, &desired, &mut diagnostics)
    } else {
        make(&args.changing, session, machine, &desired, &mut diagnostics, &sources, output)
    };
    leave((compiled.database, compiled.router, desired));
    report.show(&args.changing, diagnostics, &sources, output)
}

/// Brings the machine to a state that no file asks for now.
pub(super) fn bring_to(
    desired: &Desired,
    changing: &Changing,
    session: Option<Session>,
    output: &Output,
) -> Outcome {
    let (sources, mut diagnostics) = (Sources::default(), Vec::new());
    let report = match Machine::open(&changing.state_dir) {
        Ok(machine) if changing.dry_run => dry_run(changing, machine, desired, &mut diagnostics),
        Ok(machine) => make(changing, session, machine, desired, &mut diagnostics, &sources, output),
        Err(error) => {
            diagnostics.push(unreadable(&error));
            Report::nothing()
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
        let host = host_for(&mut machine, router)?;
        let host = Host { may_lack_devices: args.changing.skip_missing, ..host };
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

/// What the command line lets a plan do about what is in the way.
pub(super) fn leeway(args: &Changing) -> Leeway {
    Leeway { skip_missing: args.skip_missing, adopt: args.adopt }
}

fn without_module(module: &str) -> Diagnostic {
    let message = format!("the kernel module {module} is not there");
    let note = Diagnostic::new(Code::LinuxDiffers, message).help(format!(
        "addresses that are named inside of such connections are not translated, so that what they announce fails: \
         modprobe {module}, if there is one"
    ));
    Diagnostic { severity: Severity::Note, ..note }
}

/// Says what would be changed.
pub(super) fn dry_run(
    args: &Changing,
    mut machine: Machine,
    desired: &Desired,
    diagnostics: &mut Vec<Diagnostic>,
) -> Report {
    machine.look_at(desired.sysctl.settings.keys().cloned());
    match machine.observe() {
        Ok(observed) => {
            let Planned { plan, pending, .. } = plan_with(desired, &observed, leeway(args));
            diagnostics.extend(waiting(&pending));
            diagnostics.extend(super::failure::conflicts(&plan));
            diagnostics.extend(already_there(&plan));
            let outcome = if plan.conflicts.is_empty() { Outcome::Fine } else { Outcome::Errors };
            Report { plan: Some(plan), outcome, confirm: None }
        }
        Err(error) => {
            diagnostics.push(unreadable(&error));
            Report::nothing()
        }
    }
}

/// Brings the machine to a state, and has that confirmed where it is asked for or where it could cut off whoever asks.
fn make(
    args: &Changing,
    session: Option<Session>,
    mut machine: Machine,
    desired: &Desired,
    diagnostics: &mut Vec<Diagnostic>,
    sources: &Sources,
    output: &Output,
) -> Report {
    match confirmation(args, session, &mut machine, desired, diagnostics) {
        Ok(confirm) => {
            let make =
                |machine: &mut Machine, options: &Options<'_>| transaction::apply(machine, desired, options);
            change(args, confirm, machine, make, diagnostics, sources, output)
        }
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            Report::nothing()
        }
    }
}

/// Makes a change, and has it confirmed in that time, if there is one.
pub(super) fn change(
    args: &Changing,
    confirm: Option<Duration>,
    mut machine: Machine,
    make: impl FnOnce(&mut Machine, &Options<'_>) -> Result<Applied, Failure>,
    diagnostics: &mut Vec<Diagnostic>,
    sources: &Sources,
    output: &Output,
) -> Report {
    let interrupted = match signals::watch() {
        Ok(interrupted) => interrupted,
        Err(error) => {
            diagnostics.push(Diagnostic::new(Code::Journal, format!("could not watch for signals: {error}")));
            return Report::nothing();
        }
    };
    let guard = match confirm.map(|_| post_guard(&args.state_dir)).transpose() {
        Ok(guard) => guard,
        Err(error) => {
            let message = format!("could not start the guard of the change: {error}");
            diagnostics.push(Diagnostic::new(Code::Journal, message));
            return Report::nothing();
        }
    };
    let confirmation = confirm.zip(guard.as_ref().and_then(|guard| guard.stdin.as_ref()));
    let options = Options {
        state_dir: args.state_dir.clone(),
        interrupted: Some(&interrupted),
        confirmation: confirmation.map(|(within, guard)| Confirmation { within, guard }),
        leeway: leeway(args),
        fault: None,
    };
    match make(&mut machine, &options) {
        Ok(Applied { plan, recovered, waits, pending, missing_modules }) => {
            diagnostics.extend(recovered.then(taken_back_first));
            diagnostics.extend(already_there(&plan));
            diagnostics.extend(waiting(&pending));
            diagnostics.extend(missing_modules.iter().map(|module| without_module(module)));
            let mut report = Report { plan: Some(plan), outcome: Outcome::Fine, confirm };
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
            Report { plan, outcome, confirm: None }
        }
    }
}

/// What is shown at the end.
pub(super) struct Report {
    pub(super) plan: Option<Plan>,
    pub(super) outcome: Outcome,
    /// In which time it has to be confirmed, if so.
    confirm: Option<Duration>,
}

impl Report {
    /// Nothing was done, because of errors.
    pub(super) fn nothing() -> Self {
        Self { plan: None, outcome: Outcome::Errors, confirm: None }
    }

    /// Shows people what was done and has to be confirmed now, and how.
    fn ask(&self, args: &Changing, diagnostics: &mut Vec<Diagnostic>, sources: &Sources, output: &Output) {
        let (Format::Human, Some(plan), Some(within)) = (args.format, &self.plan, self.confirm) else {
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

    pub(super) fn show(
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
                if let Some(view) = view.as_ref().filter(|_| self.confirm.is_none()) {
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
            (Outcome::Fine, Some(_)) if self.confirm.is_some() => "confirmed: the change stays".to_owned(),
            (Outcome::Fine, Some(view)) if args.dry_run => format!("{}; nothing was changed", view.summary()),
            (Outcome::Fine, Some(view)) => format!("{}: applied and verified", view.summary()),
            (Outcome::Undone, Some(_)) if self.confirm.is_some() => {
                "not confirmed: the machine is as it was".to_owned()
            }
            (Outcome::Undone, _) => "the machine is as it was".to_owned(),
            (Outcome::Fine | Outcome::Errors | Outcome::Differences, _) => "nothing was changed".to_owned(),
        }
    }
}
