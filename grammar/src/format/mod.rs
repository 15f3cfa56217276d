//! One canonical style for a script, with its comments and its meaning.
//!
//! - A command a line. Those that stood on one line at the top stay together, because a router gives each line of an
//!   imported file a scope of its own.
//! - Four blanks for each block. A block stays on one line if it stood on one and holds one short command.
//! - Lines of up to 120 columns; longer commands go on behind `\`.
//! - One blank between arguments and around operators, no blank inside of brackets; at most one empty line.
//! - What an author has laid out over several lines in parentheses, brackets or an array stays as it is, and so do
//!   texts in quotes but for joined lines.
//!
//! What is printed is read again and compared; a command that would not mean the same is left as it was written.

mod gap;
mod printer;
mod same;

use crate::ast::{Span, Statement};
use crate::error::SyntaxError;
use crate::parse;
use printer::Printer;

/// Why a text can't be formatted.
#[derive(Debug, Clone, PartialEq)]
pub enum NotFormatted {
    /// It has mistakes; formatting would have to guess.
    Syntax(Vec<SyntaxError>),
    /// It is a pasted terminal session; this is its first prompt or its first output.
    Session(Span),
}

/// Formats a script. The result is what formatting it again would return.
///
/// A byte order mark is left out, and lines end with a newline each; line ends inside of quotes are part of a text, and
/// stay.
///
/// # Errors
/// If the text has syntax errors, or is a terminal session.
pub fn format(text: &str) -> Result<String, NotFormatted> {
    let parsed = parse(text);
    if !parsed.errors.is_empty() {
        return Err(NotFormatted::Syntax(parsed.errors));
    }
    let is_input = |statement: &&Statement| matches!(statement, Statement::Command(_) | Statement::Block(_));
    if let Some(other) = parsed.statements.iter().find(|statement| !is_input(statement)) {
        return Err(NotFormatted::Session(other.span()));
    }
    Ok(Printer::new(text).file(&parsed.statements))
}
