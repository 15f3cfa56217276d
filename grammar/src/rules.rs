//! The parser that pest makes of `routeros.pest`. The rest of the crate sees its pairs, never pest's errors.

use pest::Parser as _;
use pest::iterators::Pairs;
use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "../routeros.pest"]
struct Grammar;

/// Reads one statement of balanced text. `None` means that the grammar does not cover it.
pub(crate) fn read(statement: &str) -> Option<Pairs<'_, Rule>> {
    Grammar::parse(Rule::line, statement).ok()
}
