//! Runs the commands of a script against the database, as a router would when the file is imported.
//!
//! Deterministic and without I/O. What is run are the commands that change configuration (`add`, `set`, `remove`,
//! `move`, `enable`, `disable`, `comment`, `unset`), on items selected by number, name or `[find ...]`; what would
//! take a running script (variables, loops, functions) is refused with its place.

mod arguments;
mod command;
mod condition;
mod diagnostics;
mod dialect;
mod path;
mod selector;
mod session;
mod verbs;

pub(crate) use diagnostics::syntax as syntax_diagnostic;

use crate::database::{Database, MenuPath, PropertyName};
use crate::diagnostic::Diagnostic;
use crate::ir::Dialect;
use crate::source::{FileId, Sources};
use dialect::Signs;
use path::PathCache;
use rosc_grammar::ast::{Block, Command, Span, Statement, Value};
use rosc_target::Origin;
use std::collections::HashMap;

/// What running the scripts left.
#[derive(Debug)]
pub struct Evaluated<'s> {
    /// The configuration.
    pub database: Database<'s>,
    /// The version of RouterOS that it is written for.
    pub dialect: Dialect,
    /// What was found on the way, syntax errors included.
    pub diagnostics: Vec<Diagnostic>,
}

/// Runs all files in their order, as one configuration: a later file adds to what the earlier ones made.
///
/// The version is the forced one, else the one that the headers and the spellings tell, else 7.
pub fn evaluate(sources: &Sources, forced: Option<Dialect>) -> Evaluated<'_> {
    let mut evaluator = Evaluator::new(sources);
    for file in sources.ids() {
        evaluator.run_file(file);
    }
    let (dialect, mixed) = evaluator.signs.decide(forced);
    evaluator.diagnostics.extend(mixed);
    evaluator.report_scripts();
    Evaluated { database: evaluator.database, dialect, diagnostics: evaluator.diagnostics }
}

/// The state of a run.
struct Evaluator<'s> {
    sources: &'s Sources,
    database: Database<'s>,
    diagnostics: Vec<Diagnostic>,
    file: FileId,
    text: &'s str,
    menu: MenuPath,
    /// Whether the current menu does not exist: what stands below it is passed over.
    is_lost: bool,
    paths: PathCache<'s>,
    /// Property names already looked up, by menu and spelling.
    names: HashMap<(MenuPath, &'s str), PropertyName>,
    signs: Signs,
    /// Where the statement that comes next has syntax errors.
    broken: Vec<Span>,
    /// Script commands that are not run, by file and name, so that each is reported once.
    scripts: Vec<(FileId, &'static str, Vec<Origin>)>,
    /// What looks like a command among the output in a session.
    unprompted: Vec<Origin>,
}

impl<'s> Evaluator<'s> {
    fn new(sources: &'s Sources) -> Self {
        Self {
            sources,
            database: Database::new(sources),
            diagnostics: Vec::new(),
            file: FileId::default(),
            text: "",
            menu: "/",
            is_lost: false,
            paths: PathCache::default(),
            names: HashMap::new(),
            signs: Signs::default(),
            broken: Vec::new(),
            scripts: Vec::new(),
            unprompted: Vec::new(),
        }
    }

    fn run_file(&mut self, file: FileId) {
        self.file = file;
        self.text = self.sources.file(file).text();
        self.menu = "/";
        self.is_lost = false;
        self.signs.read_header(self.sources, file);
        self.broken.clear();
        for statement in rosc_grammar::statements(self.text) {
            match statement {
                Ok(statement) => {
                    self.run(&statement);
                    self.broken.clear();
                }
                // The errors of a statement come before what is left of it.
                Err(error) => {
                    self.diagnostics.push(diagnostics::syntax(&error, self.sources, file));
                    self.broken.push(error.span);
                }
            }
        }
        let unprompted = diagnostics::unprompted(&std::mem::take(&mut self.unprompted));
        self.diagnostics.extend(unprompted);
    }

    fn run(&mut self, statement: &Statement) {
        match statement {
            Statement::Command(command) if self.is_broken(command) => {}
            Statement::Command(command) => self.run_command(command),
            Statement::Block(block) => self.run_block(block, self.menu),
            Statement::Output(lines) => self.commands_in_output(lines.span),
            Statement::Prompt(path) => {
                if let Some(menu) = path::menu_of_prompt(&path.text(self.text)) {
                    self.menu = menu;
                    self.is_lost = false;
                }
            }
        }
    }

    /// Whether a syntax error was found in a command: what is left of it would only cause further errors. Errors inside
    /// a block of the command are for the statements of the block.
    fn is_broken(&self, command: &Command) -> bool {
        let blocks = command.args.iter().filter_map(|arg| match &arg.value {
            Value::Code(block) => Some(block.span),
            _ => None,
        });
        let blocks: Vec<Span> = if self.broken.is_empty() { Vec::new() } else { blocks.collect() };
        let touches = |a: Span, b: Span| a.start <= b.end && b.start <= a.end;
        let inside = |a: Span, b: Span| b.start <= a.start && a.end <= b.end;
        let own = |error: &&Span| !blocks.iter().any(|block| inside(**error, *block));
        self.broken.iter().filter(own).any(|error| touches(*error, command.span))
    }

    /// Runs statements inside a menu; the menu outside holds again after them.
    fn run_block(&mut self, block: &Block, menu: MenuPath) {
        let outside = std::mem::replace(&mut self.menu, menu);
        for statement in &block.body {
            self.run(statement);
        }
        self.menu = outside;
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn origin(&self, span: Span) -> Origin {
        self.sources.origin(self.file, span)
    }

    fn not_run(&mut self, name: &'static str, origin: Origin) {
        let file = self.file;
        match self.scripts.iter_mut().find(|(of, command, _)| *of == file && *command == name) {
            Some((_, _, places)) => places.push(origin),
            None => self.scripts.push((file, name, vec![origin])),
        }
    }

    fn report_scripts(&mut self) {
        let reports = self.scripts.iter().map(|(_, name, places)| diagnostics::script_not_run(name, places));
        self.diagnostics.extend(reports);
    }
}
