//! Runs the commands of a script against the database, as a router would when the file is imported.
//!
//! Deterministic and without I/O. What is run are the commands that change configuration (`add`, `set`, `remove`,
//! `move`, `enable`, `disable`, `comment`, `unset`), on items selected by number, name or `[find ...]`; what would
//! take a running script (variables, loops, functions) is refused with its place.

mod command;
mod condition;
mod diagnostics;
mod dialect;
mod path;
mod selector;

use crate::database::{Database, MenuPath, PropertyName};
use crate::diagnostic::Diagnostic;
use crate::ir::Dialect;
use crate::source::{FileId, Sources};
use dialect::Signs;
use path::PathCache;
use rosc_grammar::ast::{Block, Span, Statement};
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
    paths: PathCache<'s>,
    /// Property names already looked up, by menu and spelling.
    names: HashMap<(MenuPath, &'s str), PropertyName>,
    signs: Signs,
    /// Script commands that are not run, by file and name, so that each is reported once.
    scripts: Vec<(FileId, &'static str, Vec<Origin>)>,
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
            paths: PathCache::default(),
            names: HashMap::new(),
            signs: Signs::default(),
            scripts: Vec::new(),
        }
    }

    fn run_file(&mut self, file: FileId) {
        self.file = file;
        self.text = self.sources.file(file).text();
        self.menu = "/";
        self.signs.read_header(self.sources, file);
        for statement in rosc_grammar::statements(self.text) {
            match statement {
                Ok(statement) => self.run(&statement),
                Err(error) => self.diagnostics.push(diagnostics::syntax(&error, self.sources, file)),
            }
        }
    }

    fn run(&mut self, statement: &Statement) {
        match statement {
            Statement::Command(command) => self.run_command(command),
            Statement::Block(block) => self.run_block(block, self.menu),
            Statement::Prompt(path) => {
                if let Some(menu) = path::menu_of_prompt(&path.text(self.text)) {
                    self.menu = menu;
                }
            }
        }
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
