//! Runs the commands of a script against the database, as a router would when the file is imported.
//!
//! Deterministic and without I/O: no clock, no network, and limits on what a script may take (`limits`). What only a
//! running router knows is an error with its place. Plain commands (`add`, `set`, ... with values as written) never
//! become values of the script: they go from the text to the database.

mod arguments;
mod call;
mod command;
mod condition;
mod control;
mod convert;
mod diagnostics;
mod dialect;
mod evaluate;
mod execute;
mod expression;
mod facts;
mod globals;
mod import;
mod items;
mod limits;
mod names;
mod path;
mod question;
mod selector;
mod serialize;
mod session;
mod stop;
mod value;
mod variables;
mod verbs;

pub(crate) use diagnostics::syntax as syntax_diagnostic;

use crate::database::{Database, MenuPath};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::ir::Dialect;
use crate::source::{FileId, Sources};
use command::Wanted;
use dialect::Signs;
use facts::Facts;
use limits::Limits;
use names::NameCache;
use path::PathCache;
use regex::Regex;
use rosc_grammar::ast::{Block, Command, Span, Statement, Value};
use rosc_target::Origin;
use std::collections::HashMap;
use stop::Stop;
use value::Value as ScriptValue;
use variables::Variables;

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
        evaluator.learn_early(file);
    }
    for file in sources.ids() {
        evaluator.run_file(file);
    }
    evaluator.diagnostics.extend(evaluator.facts.unasked());
    let (dialect, mixed) = evaluator.signs.decide(forced);
    evaluator.diagnostics.extend(mixed);
    Evaluated { database: evaluator.database, dialect, diagnostics: evaluator.diagnostics }
}

/// A text that statements stand in.
#[derive(Debug, Clone, Copy)]
struct Text<'s> {
    file: FileId,
    text: &'s str,
    /// Of a text that no file holds, the command that made it.
    made_at: Option<Origin>,
}

/// The state of a run.
struct Evaluator<'s> {
    sources: &'s Sources,
    database: Database<'s>,
    diagnostics: Vec<Diagnostic>,
    file: FileId,
    text: &'s str,
    /// Of statements that no file holds, the command that made them.
    made_at: Option<Origin>,
    /// The file that runs, and in front of it those that import it.
    importing: Vec<FileId>,
    /// The text that runs, by its place among all texts.
    at: usize,
    texts: Vec<Text<'s>>,
    menu: MenuPath,
    /// Whether the current menu does not exist: what stands below it is passed over.
    is_lost: bool,
    paths: PathCache<'s>,
    names: NameCache<'s>,
    signs: Signs,
    /// Where the statement that comes next has syntax errors.
    broken: Vec<Span>,
    variables: Variables,
    limits: Limits,
    facts: Facts,
    /// How many jobs have run.
    jobs: u32,
    /// How many `on-error` would take an error.
    handlers: u32,
    /// The statement of the file that runs.
    statement: Origin,
    /// The report that a limit is reached.
    exhausted: Option<usize>,
    /// The item that a condition is asked of.
    item: Option<(MenuPath, usize)>,
    patterns: HashMap<String, Regex>,
    /// What is reported, so that a loop says it once.
    reported: HashMap<(Code, u32, u32, u32), usize>,
    /// What looks like a command among the output in a session.
    unprompted: Vec<Origin>,
}

impl<'s> Evaluator<'s> {
    fn new(sources: &'s Sources) -> Self {
        Self {
            sources,
            database: items::with_built_in(sources),
            diagnostics: Vec::new(),
            file: FileId::default(),
            text: "",
            made_at: None,
            importing: Vec::new(),
            at: 0,
            texts: Vec::new(),
            menu: "/",
            is_lost: false,
            paths: PathCache::default(),
            names: NameCache::default(),
            signs: Signs::default(),
            broken: Vec::new(),
            variables: Variables::default(),
            limits: Limits::default(),
            facts: Facts::default(),
            jobs: 0,
            handlers: 0,
            statement: Origin::IMPLIED,
            exhausted: None,
            item: None,
            patterns: HashMap::new(),
            reported: HashMap::new(),
            unprompted: Vec::new(),
        }
    }

    fn run_file(&mut self, file: FileId) {
        self.begin(file);
        self.signs.read_header(self.sources, file);
        for statement in rosc_grammar::statements(self.text) {
            match statement {
                Ok(statement) => {
                    self.statement = self.origin(statement.span());
                    let result = self.run(&statement, Wanted::Nothing);
                    self.broken.clear();
                    match result {
                        Err(Stop::Quit | Stop::Return(_)) => break,
                        Err(Stop::Failed(error) | Stop::Unknown(error)) => {
                            self.report(*error);
                        }
                        Err(Stop::Exhausted(error)) => {
                            let report = self.report(*error);
                            self.exhausted = self.exhausted.or(self.is_spent().then_some(report));
                        }
                        Err(Stop::Break | Stop::Continue) => {
                            self.report(diagnostics::outside_a_loop(self.statement));
                        }
                        Ok(_) | Err(Stop::Reported(_)) => {}
                    }
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

    /// Stands at the beginning of a file.
    fn begin(&mut self, file: FileId) {
        self.importing = vec![file];
        let (at, _) = self.text_of_file(file);
        self.go_to(at);
        self.variables.begin();
        self.menu = "/";
        self.is_lost = false;
        self.broken.clear();
    }

    /// The place of a file's text among all texts, and whether it was there before.
    fn text_of_file(&mut self, file: FileId) -> (usize, bool) {
        let known = self.texts.iter().position(|text| text.file == file && text.made_at.is_none());
        let at = known.unwrap_or(self.texts.len());
        if known.is_none() {
            self.texts.push(Text { file, text: self.sources.file(file).text(), made_at: None });
        }
        (at, known.is_some())
    }

    fn run(&mut self, statement: &Statement, wanted: Wanted) -> Result<ScriptValue, Stop> {
        match statement {
            Statement::Command(command) if self.is_broken(command) => {}
            Statement::Command(command) => return self.run_command(command, wanted),
            Statement::Block(block) => {
                self.variables.enter_block();
                let result = self.run_block(block, self.menu, wanted);
                self.variables.leave();
                return result;
            }
            Statement::Output(lines) => self.commands_in_output(lines.span),
            Statement::Prompt(path) => {
                if let Some(menu) = path::menu_of_prompt(&path.text(self.text)) {
                    self.menu = menu;
                    self.is_lost = false;
                }
            }
        }
        Ok(ScriptValue::Nothing)
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
    fn run_block(&mut self, block: &Block, menu: MenuPath, wanted: Wanted) -> Result<ScriptValue, Stop> {
        self.deeper(self.origin(block.span), |this| this.statements(&block.body, menu, wanted))
    }

    /// Runs statements inside a menu; the menu outside holds again after them.
    ///
    /// An error ends a loop, a function, and what `on-error` looks after. Elsewhere it is reported and the next
    /// statement runs, so that one mistake hides no other.
    fn statements(
        &mut self,
        body: &[Statement],
        menu: MenuPath,
        wanted: Wanted,
    ) -> Result<ScriptValue, Stop> {
        let outside = (std::mem::replace(&mut self.menu, menu), self.is_lost);
        let mut last = Ok(ScriptValue::Nothing);
        for (index, statement) in body.iter().enumerate() {
            // Of a function, the last statement is what it gives.
            let wanted = if index + 1 == body.len() { wanted } else { Wanted::Nothing };
            last = match self.step(1) {
                Ok(()) => self.run(statement, wanted),
                Err(stop) => Err(stop),
            };
            match last {
                Ok(_) => {}
                Err(Stop::Failed(error) | Stop::Unknown(error)) if self.goes_on() => {
                    self.report(*error);
                    last = Ok(ScriptValue::Nothing);
                }
                Err(Stop::Reported(_)) if self.goes_on() => last = Ok(ScriptValue::Nothing),
                Err(_) => break,
            }
        }
        (self.menu, self.is_lost) = outside;
        last
    }

    fn goes_on(&self) -> bool {
        self.handlers == 0 && !self.is_inside()
    }

    /// Adds a diagnostic, unless the same has been said of the same place. Returns where it stands.
    fn report(&mut self, diagnostic: Diagnostic) -> usize {
        let index = self.diagnostics.len();
        if let Some(place) = diagnostic.origin() {
            let place = (diagnostic.code, place.file, place.start, place.end);
            if let Some(&before) = self.reported.get(&place) {
                return before;
            }
            self.reported.insert(place, index);
        }
        self.diagnostics.push(diagnostic);
        index
    }

    /// Adds to what is reported a place that needs what is missing.
    fn needed(&mut self, report: usize, origin: Origin) {
        const MOST: usize = 8;
        let Some(diagnostic) = self.diagnostics.get_mut(report) else { return };
        let is_new = !diagnostic.labels.iter().any(|label| label.origin.is_same_place(origin));
        if is_new && diagnostic.labels.len() < MOST {
            diagnostic.labels.push(Label { origin, text: "needed here".to_owned() });
        }
    }

    /// Where something stands: in its file, or if it is in none, where the command stands that made it.
    fn origin(&self, span: Span) -> Origin {
        self.made_at.unwrap_or_else(|| self.sources.origin(self.file, span))
    }

    /// Makes another text the one that runs.
    fn go_to(&mut self, at: usize) {
        let Text { file, text, made_at } = self.texts[at];
        (self.at, self.file, self.text, self.made_at) = (at, file, text, made_at);
    }
}
