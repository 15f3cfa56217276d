//! Text of the RouterOS language to a syntax tree.
//!
//! The language is that of RouterOS 6 and 7: exports, scripts, and what people paste from terminals, prompts
//! and output included. `routeros.pest` is its grammar. Nothing here knows a menu or does any I/O.
//!
//! Parsing never fails: it returns what it could read and every error, and goes on with the next statement.
//!
//! ```
//! use rosc_grammar::ast::Statement;
//!
//! let text = "/ip address\nadd address=192.0.2.1/24 interface=ether1\nadd interface='ether2'\n";
//! let parsed = rosc_grammar::parse(text);
//! assert_eq!(parsed.statements.len(), 3);
//! assert_eq!(parsed.errors[0].span.slice(text), "'ether2'");
//! let Statement::Command(add) = &parsed.statements[1] else { panic!("not a command") };
//! assert_eq!(add.args[1].span.slice(text), "address=192.0.2.1/24");
//! ```
//!
//! A text goes through four passes, each of which knows one thing. [`statements`] finds what was typed in a
//! pasted session, then for each statement: plain lines are read at once (`bulk`); for others the splitter
//! finds the end and sees to brackets, the grammar reads, and the tree is built of what it read.

pub mod ast;

mod bulk;
mod class;
mod decode;
mod error;
mod format;
mod overwrite;
mod rules;
mod splitter;
mod statements;
#[cfg(test)]
mod tests;
mod transcript;
mod tree;

pub use decode::{escape_length, windows_1252};
pub use error::{MAX_ERRORS, SyntaxError, SyntaxErrorKind};
pub use format::{NotFormatted, format};
pub use splitter::MAX_NESTING;
pub use statements::{MAX_STATEMENT, Statements};
pub use tree::MAX_EXPRESSION_DEPTH;

/// What could be read of a text, and what could not.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The statements in the order of the text. One with errors is there as far as it was understood.
    pub statements: Vec<ast::Statement>,
    /// The errors in the order of the text, at most [`MAX_ERRORS`] and a last one that says so.
    pub errors: Vec<SyntaxError>,
}

/// Parses a whole text.
///
/// For a text of any size without holding its tree, see [`statements`].
pub fn parse(text: &str) -> Parsed {
    collect(statements(text))
}

/// Returns the statements of a text as they are read.
///
/// Time is linear in the text; memory is bounded by its largest statement.
pub fn statements(text: &str) -> Statements<'_> {
    Statements::new(text, statements::Passes::All)
}

/// Parses a text that is a script and nothing else, as a router's `:parse` and `/import` read it: what looks
/// like a terminal's prompt is text like any other.
pub fn parse_script(text: &str) -> Parsed {
    collect(Statements::new(text, statements::Passes::ScriptOnly))
}

/// Parses a text by the grammar alone, without the fast path for plain lines.
///
/// The result is that of [`parse`], an order of magnitude later. It is there for the tests of that law.
#[doc(hidden)]
pub fn parse_by_grammar(text: &str) -> Parsed {
    collect(Statements::new(text, statements::Passes::GrammarOnly))
}

fn collect(statements: Statements<'_>) -> Parsed {
    let mut parsed = Parsed { statements: Vec::new(), errors: Vec::new() };
    for statement in statements {
        match statement {
            Ok(statement) => parsed.statements.push(statement),
            Err(error) => parsed.errors.push(error),
        }
    }
    parsed
}
