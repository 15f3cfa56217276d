//! `/rosc fact`: what only a running router knows, written down by whoever knows the router.

use super::path::menu_of_prompt;
use super::question::Question;
use super::stop::Stop;
use super::value::Value;
use super::{Evaluator, diagnostics};
use crate::catalog::{Common, FactItem, ROSC_FACT, Reader};
use crate::database::{ItemId, MenuPath, v6};
use crate::diagnostic::Diagnostic;
use crate::source::FileId;
use rosc_grammar::ast::{self, Anchor, Arg, Statement};
use rosc_target::Origin;
use std::cell::Cell;
use std::collections::HashMap;

/// All facts, by what they answer.
#[derive(Debug, Default)]
pub(super) struct Facts {
    answers: HashMap<Question, Fact>,
    /// The commands that are run before all others, by file and offset.
    early: HashMap<(u32, u32), ItemId>,
}

#[derive(Debug)]
struct Fact {
    answer: String,
    origin: Origin,
    is_asked: Cell<bool>,
}

impl Facts {
    /// Answers a question, if a fact does.
    pub(super) fn answer(&self, question: &Question) -> Option<&str> {
        let fact = self.answers.get(question)?;
        fact.is_asked.set(true);
        Some(&fact.answer)
    }

    /// Answers a question, or says that it takes a router.
    pub(super) fn ask(&self, question: &Question, origin: Origin) -> Result<&str, Diagnostic> {
        self.answer(question).ok_or_else(|| diagnostics::only_live_router_knows(question, origin))
    }

    /// What is said of the facts that answer nothing, in the order of their places.
    pub(super) fn unasked(&self) -> Vec<Diagnostic> {
        let mut unasked: Vec<Origin> =
            self.answers.values().filter(|fact| !fact.is_asked.get()).map(|fact| fact.origin).collect();
        unasked.sort_by_key(|origin| (origin.file, origin.start));
        unasked.into_iter().map(diagnostics::unasked_fact).collect()
    }
}

impl Evaluator<'_> {
    /// Reads the facts of a file, wherever they stand in it: a file of facts is most often given behind the script that
    /// asks. Those that a script computes are read when it does.
    pub(super) fn learn_early(&mut self, file: FileId) {
        if !self.sources.file(file).text().contains("/rosc") {
            return;
        }
        self.begin(file);
        for statement in rosc_grammar::statements(self.text) {
            let Ok(Statement::Command(command)) = &statement else { continue };
            let Ok(target) = self.target(command) else {
                // What stands below a menu that does not exist is of no menu.
                self.menu = if command.anchor == Anchor::Root { "/" } else { self.menu };
                continue;
            };
            let args = command.args.get(target.words..).unwrap_or_default();
            match target.verb {
                None if args.is_empty() => self.menu = target.menu,
                Some("add") if target.menu == ROSC_FACT.path && args.iter().all(is_written_out) => {
                    self.statement = self.origin(command.span);
                    match self.add_fact(args, self.statement) {
                        Ok(Value::Id(id)) => {
                            let place = (self.statement.file, self.statement.start);
                            self.facts.early.insert(place, ItemId(id));
                        }
                        Ok(_) | Err(Stop::Reported(_)) => {}
                        Err(Stop::Failed(mistake) | Stop::Unknown(mistake) | Stop::Exhausted(mistake)) => {
                            self.report(*mistake);
                        }
                        Err(Stop::Return(_) | Stop::Break | Stop::Continue | Stop::Quit) => {}
                    }
                }
                None | Some(_) => {}
            }
        }
    }

    /// `/rosc fact add`.
    pub(super) fn add_fact(&mut self, args: &[Arg], origin: Origin) -> Result<Value, Stop> {
        if let Some(id) = self.facts.early.get(&(origin.file, origin.start)) {
            return Ok(Value::Id(id.0));
        }
        let made = self.add(ROSC_FACT.path, args, origin)?;
        let item = self.database.items(ROSC_FACT.path).last().expect("just added");
        if item.is_broken {
            return Ok(made);
        }
        let mut mistakes = Vec::new();
        let mut reader = Reader::new(&self.database, &ROSC_FACT, &item.properties, origin);
        let Common { disabled, comment: _ } = Common::read(&mut reader);
        let FactItem { menu, item, property, command, value } = FactItem::read(&mut reader);
        reader.finish(&mut mistakes);
        let answer = value.required("value", &mut mistakes);
        let place = command.place().or(menu.place()).unwrap_or(origin);
        let asked = match (command.value, menu.value, property.value) {
            (Some(command), None, None) if item.value.is_none() => Ok(command),
            (None, Some(menu), Some(property)) => Err((menu, item.value, property)),
            (None, _, _) => return Err(diagnostics::incomplete_fact(origin).into()),
            (Some(_), _, _) => return Err(diagnostics::overfull_fact(place).into()),
        };
        for mistake in mistakes {
            self.report(mistake);
        }
        let (Some(answer), false) = (answer, disabled.value == Some(true)) else { return Ok(made) };
        let question = match asked {
            Ok(command) => self.question_of_text(&command, place)?,
            Err((menu, item, property)) => {
                let Some(known) = menu_of_prompt(&menu) else {
                    return Err(diagnostics::fact_of_no_menu(&menu, place).into());
                };
                Question::Property { menu: v6::menu(known), item, property }
            }
        };
        if let Some(before) = self.facts.answers.get(&question) {
            return Err(diagnostics::repeated_fact(place, before.origin).into());
        }
        self.facts.answers.insert(question, Fact { answer, origin: place, is_asked: Cell::new(false) });
        Ok(made)
    }

    /// The answer to a question as a value, or an error that it takes a router.
    pub(super) fn ask(&mut self, question: &Question, origin: Origin) -> Result<Value, Stop> {
        let answer = self.facts.ask(question, origin)?;
        let (menu, property) = match question {
            Question::Property { menu, property, .. } => (*menu, property.as_str()),
            Question::Command(_) => ("/", ""),
        };
        let made = super::items::typed(menu, property, answer);
        self.made(made, origin)
    }

    /// The names by which a fact may call an item: its name, its comment, its number.
    pub(super) fn names_for_facts(&self, menu: MenuPath, index: usize) -> Vec<String> {
        let item = self.database.items(menu).get(index);
        let said = ["name", "comment"].into_iter().filter_map(|name| {
            let value = self.database.value(item?, name)?;
            Some(value.into_owned())
        });
        said.chain([index.to_string()]).collect()
    }

    /// What a fact says of an item that the configuration made, or an error that it takes a router.
    pub(super) fn ask_of_item(
        &self,
        menu: MenuPath,
        index: usize,
        property: &str,
        origin: Origin,
    ) -> Result<&str, Diagnostic> {
        let questions = self.names_for_facts(menu, index).into_iter().map(|item| {
            let property = property.to_owned();
            Question::Property { menu, item: Some(item), property }
        });
        let questions: Vec<Question> = questions.collect();
        let answer = questions.iter().find_map(|question| self.facts.answer(question));
        answer.ok_or_else(|| diagnostics::only_live_router_knows(&questions[0], origin))
    }
}

/// Whether an argument needs no script to be read.
fn is_written_out(arg: &Arg) -> bool {
    matches!(arg.value, ast::Value::Empty | ast::Value::Word(_) | ast::Value::Quoted(_))
}
