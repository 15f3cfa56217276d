//! `/import`: runs a file that lies beside the one that imports it.

use super::call::by_way_of;
use super::command::Wanted;
use super::globals::Bound;
use super::stop::Stop;
use super::value::Value;
use super::{Evaluator, diagnostics};
use crate::diagnostic::Severity;
use crate::source::{FileId, ImportError};
use rosc_grammar::ast::{self, Arg};
use rosc_target::Origin;

/// Files that import files that import files.
const MOST_DEPTH: usize = 16;

/// What it costs to look a file up that has been imported before, or in a loop.
const STEPS_OF_AN_IMPORT: usize = 200;

/// How much of a file is run.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Where what is run begins.
    from: u32,
    /// Whether the text is only checked.
    is_dry: bool,
}

impl Evaluator<'_> {
    /// `/import file-name=x.rsc from-line=3 dry-run`. Ends at the first error, as on a router.
    pub(super) fn import(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let arg = bound.required("file-name", "the name of a file", origin)?;
        let name = self.file_name(arg)?;
        let first_line = self.number_in(bound, "from-line")?;
        let is_dry = self.is_on(bound, "dry-run")?;
        let place = self.origin(arg.span);
        let file = match self.sources.import(self.file, &name) {
            Ok(file) => file,
            Err(ImportError::TooMany) => return Err(diagnostics::too_many_imports(place).into()),
            Err(error) => return Err(diagnostics::not_imported(&name, &error, place).into()),
        };
        if self.importing.contains(&file) {
            return Err(diagnostics::imports_itself(&name, place).into());
        }
        if self.importing.len() > MOST_DEPTH {
            return Err(diagnostics::imports_too_deep(MOST_DEPTH, place).into());
        }
        let line = first_line.and_then(|line| usize::try_from(line - 1).ok()).unwrap_or(0);
        let from = self.sources.file(file).line_starts().get(line).copied().unwrap_or(u32::MAX);
        match self.deeper(origin, |this| this.run_imported(file, Extent { from, is_dry })) {
            Ok(()) | Err(Stop::Return(_)) => Ok(Value::Nothing),
            Err(stop) => Err(self.imported_here(stop, origin)),
        }
    }

    fn file_name(&mut self, arg: &Arg) -> Result<String, Stop> {
        // `10.1` would be an address, and `a,b` a list.
        if let ast::Value::Word(word) = &arg.value {
            return Ok(word.text(self.text).into_owned());
        }
        let value = self.value(&arg.value)?;
        Ok(self.text_of(&value, self.origin(arg.span))?.to_string())
    }

    /// Runs the statements of a file, with locals and a menu of its own.
    fn run_imported(&mut self, file: FileId, extent: Extent) -> Result<(), Stop> {
        let (at, is_again) = self.text_of_file(file);
        if is_again || self.is_inside() {
            self.step(STEPS_OF_AN_IMPORT)?;
        }
        if !is_again {
            self.signs.read_header(self.sources, file);
        }
        let outside = (self.at, self.menu, self.is_lost, self.statement, self.item.take());
        let broken = std::mem::take(&mut self.broken);
        self.go_to(at);
        (self.menu, self.is_lost) = ("/", false);
        self.importing.push(file);
        self.variables.enter_function();
        let result = self.statements_of_file(extent, is_again);
        self.variables.leave();
        self.importing.pop();
        self.go_to(outside.0);
        (_, self.menu, self.is_lost, self.statement, self.item) = outside;
        self.broken = broken;
        result
    }

    fn statements_of_file(&mut self, extent: Extent, is_again: bool) -> Result<(), Stop> {
        for statement in rosc_grammar::statements(self.text) {
            let statement = match statement {
                Ok(statement) => statement,
                Err(error) if error.span.start < extent.from => continue,
                Err(error) => {
                    let error = diagnostics::syntax(&error, self.sources, self.file);
                    if extent.is_dry {
                        self.report(error);
                        continue;
                    }
                    return Err(Stop::Failed(Box::new(error)));
                }
            };
            let span = statement.span();
            if extent.is_dry || span.start < extent.from {
                continue;
            }
            // A long list is read for nothing once, and a file that a loop imports takes steps.
            if is_again || self.is_inside() {
                self.step(1 + (span.end - span.start) as usize / 16)?;
            }
            self.statement = self.origin(span);
            let before = self.diagnostics.len();
            match self.run(&statement, Wanted::Nothing) {
                Ok(_) => {}
                Err(Stop::Break | Stop::Continue) => {
                    return Err(diagnostics::outside_a_loop(self.statement).into());
                }
                Err(stop) => return Err(stop),
            }
            let mut new = self.diagnostics.iter().enumerate().skip(before);
            if let Some((report, _)) = new.find(|(_, diagnostic)| diagnostic.severity == Severity::Error) {
                return Err(Stop::Reported(report));
            }
        }
        Ok(())
    }

    fn imported_here(&mut self, mut stop: Stop, origin: Origin) -> Stop {
        let error = match &mut stop {
            Stop::Failed(error) | Stop::Unknown(error) | Stop::Exhausted(error) => Some(&mut **error),
            Stop::Reported(report) => self.diagnostics.get_mut(*report),
            Stop::Return(_) | Stop::Break | Stop::Continue | Stop::Quit => None,
        };
        if let Some(error) = error {
            by_way_of(error, origin, "imported here, up to this error");
        }
        stop
    }
}
