//! `rosc restore`: what the machine does when it starts.

use super::Outcome;
use super::apply::{Report, apply_files, change, dry_run};
use super::failure::{explain, not_kept, taken_back_first, unreadable};
use super::output::Output;
use crate::cli::{ApplyArgs, Changing, Format, RestoreArgs};
use crate::source::Sources;
use crate::transaction::history::{self, NotKept};
use crate::transaction::{self, Failure, Machine};

/// Brings the machine to the state that was kept last, or applies the files if there is none.
pub(super) fn run(args: &RestoreArgs, output: &Output) -> Outcome {
    let changing = args.changing();
    let (sources, mut diagnostics) = (Sources::default(), Vec::new());
    let (mut restored, mut nothing_kept) = (None, None);
    let report = match Machine::open(&args.state_dir) {
        Err(error) => {
            diagnostics.push(unreadable(&error));
            Report::nothing()
        }
        Ok(machine) if args.dry_run => match kept(args) {
            Ok((entry, desired)) => {
                restored = Some(entry);
                dry_run(&changing, machine, &desired, &mut diagnostics)
            }
            Err(failure) => {
                diagnostics.extend(explain(&failure).0);
                nothing_kept = why(&failure);
                Report::nothing()
            }
        },
        Ok(machine) => {
            let make = |machine: &mut Machine, options: &transaction::Options<'_>| {
                let outcome = transaction::restore(machine, options);
                nothing_kept = outcome.as_ref().err().and_then(why);
                outcome.map(|(entry, applied)| {
                    restored = Some(entry);
                    applied
                })
            };
            change(&changing, None, machine, make, &mut diagnostics, &sources, output)
        }
    };
    if let Some((why, recovered)) = nothing_kept.filter(|_| !args.files.is_empty()) {
        return in_its_place(args, changing, &why, recovered, output);
    }
    if let Some(entry) = restored.filter(|_| args.format == Format::Human) {
        output.remark(&format!("state {}, which was applied at {}", entry.number, entry.at));
    }
    report.show(&changing, diagnostics, &sources, output)
}

fn kept(args: &RestoreArgs) -> Result<(history::Entry, crate::lower::Desired), Failure> {
    let last = history::last(&args.state_dir)?;
    last.map_err(|why| Failure::NothingKept { why, recovered: false })
}

/// Why no state is kept, if that is what is wrong, and whether a run was taken back before that was found.
fn why(failure: &Failure) -> Option<(NotKept, bool)> {
    match failure {
        Failure::NothingKept { why, recovered } => Some((why.clone(), *recovered)),
        _ => None,
    }
}

/// Applies the files.
fn in_its_place(
    args: &RestoreArgs,
    changing: Changing,
    why: &NotKept,
    recovered: bool,
    output: &Output,
) -> Outcome {
    if args.format == Format::Human {
        output.remark(match why {
            NotKept::Never => "no state is kept yet: the files are applied",
            NotKept::Unreadable { .. } => {
                "the state kept last can't be read: the files are applied in its place"
            }
        });
    }
    let said = recovered.then(taken_back_first).into_iter().chain(not_kept(why)).collect();
    let apply = ApplyArgs {
        files: args.files.clone(),
        routeros: args.routeros,
        strict: args.strict,
        remove: false,
        lowering: args.lowering,
        changing,
    };
    apply_files(&apply, None, said, output)
}

impl RestoreArgs {
    /// The machine that starts has nobody who confirms, and does not wait for devices that come later.
    fn changing(&self) -> Changing {
        Changing {
            dry_run: self.dry_run,
            adopt: false,
            skip_missing: true,
            confirm: None,
            no_confirm: true,
            format: self.format,
            state_dir: self.state_dir.clone(),
        }
    }
}
