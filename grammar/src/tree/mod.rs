//! The syntax tree, built of what the grammar has read.

mod command;
mod expression;
mod fault;
mod value;

pub use expression::MAX_EXPRESSION_DEPTH;

use pest::iterators::{Pair, Pairs};

use crate::ast::{Block, Span, Statement, Word};
use crate::error::{MAX_ERRORS, SyntaxError, SyntaxErrorKind};
use crate::rules::Rule;

/// Builds the tree of a statement and collects its errors.
pub(crate) struct Builder<'e> {
    /// Where the statement starts in its text.
    base: u32,
    /// How many operators are above the expression that is being built.
    depth: usize,
    errors: &'e mut Vec<SyntaxError>,
}

impl<'e> Builder<'e> {
    pub(crate) fn new(base: u32, errors: &'e mut Vec<SyntaxError>) -> Self {
        Self { base, depth: 0, errors }
    }

    /// Builds the statements among the pairs.
    pub(crate) fn statements(&mut self, pairs: Pairs<'_, Rule>) -> Vec<Statement> {
        let mut statements = Vec::new();
        for pair in pairs {
            match pair.as_rule() {
                Rule::command => statements.push(Statement::Command(self.command(pair))),
                Rule::block => statements.push(Statement::Block(self.block(pair))),
                Rule::bad_statement => {
                    let error = fault::no_command(pair.as_str(), self.span(&pair));
                    self.report(error);
                }
                Rule::leftover => {
                    let span = self.span(&pair);
                    // Behind a command, this is what made its first word none: `/IP route` leaves the slash.
                    let after_command =
                        statements.pop_if(|last| matches!(last, Statement::Command(_))).is_some();
                    let error = if after_command {
                        fault::no_command(pair.as_str(), span)
                    } else {
                        fault::no_blank(pair.as_str(), span)
                    };
                    self.report(error);
                }
                Rule::EOI => {}
                _ => self.not_understood(&pair),
            }
        }
        statements
    }

    /// Builds a block from `{...}` or `[...]`.
    fn block(&mut self, pair: Pair<'_, Rule>) -> Block {
        Block { span: self.span(&pair), body: self.statements(pair.into_inner()) }
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        // The driver admits no text of 4 GiB, so that every offset fits.
        Span { start: self.base + span.start() as u32, end: self.base + span.end() as u32 }
    }

    /// Returns text of the statement that the pair belongs to.
    fn text_of<'p>(&self, pair: &Pair<'p, Rule>, span: Span) -> &'p str {
        &pair.get_input()[(span.start - self.base) as usize..(span.end - self.base) as usize]
    }

    fn word(&self, pair: &Pair<'_, Rule>) -> Word {
        Word { span: self.span(pair) }
    }

    /// Adds an error, unless there are so many that reading stops behind this statement anyway.
    fn report(&mut self, error: SyntaxError) {
        if self.errors.len() <= MAX_ERRORS {
            self.errors.push(error);
        }
    }

    /// Reports a pair that has no place in the tree. The splitter sees to it that there are none.
    fn not_understood(&mut self, pair: &Pair<'_, Rule>) {
        let label = "nothing is known that this could be";
        self.report(SyntaxError::new(SyntaxErrorKind::NotUnderstood, self.span(pair), label));
    }
}
