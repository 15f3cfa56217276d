//! The commands: the only place that prints.

mod apply;
mod check;
mod confirm;
mod diff;
mod export;
mod failure;
mod fastpath;
mod fmt;
mod generate;
mod history;
mod lab;
mod live;
mod names;
mod output;
mod privileges;
mod restore;
mod session;
mod show;
mod signals;
mod trace;
mod verify;
mod watch;

use crate::cli::{Cli, Command, Lowering, When};
use crate::diagnostic::{Diagnostic, json};
use crate::lower::Rules;
use crate::plan::View;
use crate::source::{Sources, on_one_line};
use output::Output;
use serde::Serialize;
use std::ffi::OsString;
use std::process::ExitCode;

/// How a command ended, as the exit code says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Fine, or no difference.
    Fine,
    /// Errors; nothing was changed.
    Errors,
    /// Differences were found.
    Differences,
    /// A change was begun and taken back.
    Undone,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Errors => 1,
            Outcome::Differences => 2,
            Outcome::Undone => 3,
        })
    }
}

/// How the command line asks for firewall rules to be lowered.
fn rules_for(lowering: &Lowering) -> Rules {
    if lowering.no_merge { Rules::OneByOne } else { Rules::Merged }
}

/// Runs the command.
///
/// Rights that it does not need are given up first, for the whole process, which has to have no other thread yet.
pub fn run(cli: &Cli) -> Outcome {
    let output = Output::new(cli.color);
    // Before rights are given up: of the processes above it only root is told everything.
    let session = match &cli.command {
        Command::Apply(_) | Command::Rollback(_) => session::of_this_process(),
        _ => None,
    };
    if let Err(diagnostic) = privileges::settle(&cli.command) {
        output.report(cli.command.format(), &[diagnostic], &Sources::default());
        return Outcome::Errors;
    }
    match &cli.command {
        Command::Check(args) => check::run(args, &output),
        Command::Show(args) => show::run(args, &output),
        Command::Diff(args) => diff::run(args, &output),
        Command::Apply(args) => apply::run(args, session, &output),
        Command::Confirm(args) => confirm::run(args, &output),
        Command::History(args) => history::run(args, &output),
        Command::Rollback(args) => history::rollback(args, session, &output),
        Command::Restore(args) => restore::run(args, &output),
        Command::Generate(generated) => generate::run(generated, &output),
        Command::Watch(args) => watch::run(args, &output),
        Command::Guard(args) => confirm::guard(args),
        Command::Lab(args) => lab::run(args, &output),
        Command::Trace(args) => trace::run(args, &output),
        Command::Fmt(args) => fmt::run(args, &output),
        Command::Export(args) => export::run(args, &output),
    }
}

/// Prints help, or what is wrong with the command line. It quotes the line, so the same is read again without what would
/// steer the terminal.
pub fn usage(error: &clap::Error, line: impl IntoIterator<Item = OsString>) -> Outcome {
    let clean = |argument: OsString| OsString::from(on_one_line(&argument.to_string_lossy()).into_owned());
    match Cli::read(line.into_iter().map(clean)) {
        Err(cleaned) => {
            if cleaned.print().is_err() {
                // Nobody reads any more: there is nobody to tell.
            }
        }
        // Nothing but such characters was wrong.
        Ok(_) => Output::new(When::Never).remark(&error.render().to_string()),
    }
    if error.use_stderr() { Outcome::Errors } else { Outcome::Fine }
}

/// Leaves a value to the end of the process, which comes next and frees all memory at once. To take a large
/// configuration apart piece by piece takes as long as a stage of compiling it.
fn leave<T>(value: T) {
    std::mem::forget(value);
}

/// The JSON document of the commands that plan.
#[derive(Debug, Serialize)]
struct PlanDocument<'a> {
    #[serde(flatten)]
    diagnostics: json::Document,
    plan: Option<&'a View>,
}

impl<'a> PlanDocument<'a> {
    fn new(diagnostics: &[Diagnostic], plan: Option<&'a View>, sources: &Sources) -> Self {
        Self { diagnostics: json::document(diagnostics, sources), plan }
    }
}
