//! The pure part of the way in one call: sources to a router.

use crate::database::Database;
use crate::diagnostic::{Code, Diagnostic, Severity, tidy};
use crate::ir::{Dialect, Router};
use crate::resolve::resolve;
use crate::script::evaluate;
use crate::source::Sources;

/// How to read a configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// The version of RouterOS; by default what the files themselves tell.
    pub dialect: Option<Dialect>,
    /// Whether what is not carried over is an error.
    pub strict: bool,
}

/// A configuration, read and understood.
#[derive(Debug)]
pub struct Compiled<'s> {
    /// What RouterOS would hold.
    pub database: Database<'s>,
    /// What the router does.
    pub router: Router,
    /// What was found on the way, in the order of the places.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads all files as one configuration.
pub fn compile(sources: &Sources, options: Options) -> Compiled<'_> {
    let evaluated = evaluate(sources, options.dialect);
    let resolved = resolve(&evaluated.database, evaluated.dialect);
    let mut diagnostics = evaluated.diagnostics;
    diagnostics.extend(resolved.diagnostics);
    let mut diagnostics = tidy(diagnostics);
    if options.strict {
        for diagnostic in &mut diagnostics {
            if matches!(diagnostic.code, Code::NotLowered | Code::OneTimeAction | Code::Unprompted) {
                diagnostic.severity = Severity::Error;
            }
        }
    }
    Compiled { database: evaluated.database, router: resolved.router, diagnostics }
}
