//! Why a router refuses a script, in its words.

use super::{Refused, path};
use rosc_grammar::{SyntaxError, SyntaxErrorKind};
use std::fmt;

pub(super) const SYNTAX: &str = "syntax error";
pub(super) const NO_COMMAND: &str = "expected command name";
pub(super) const NO_END: &str = "expected end of command";
pub(super) const NO_INPUT: &str = "expected input value";
pub(super) const NO_CONDITION: &str = "missing value for where";
pub(super) const MISSING_BRACE: &str = "missing closing brace";

/// The first thing in a script that a router does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, as the router says it.
    pub says: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in bytes.
    pub column: usize,
}

impl Refusal {
    pub(super) fn new(text: &str, offset: usize, says: &'static str) -> Self {
        let (line, column) = place(text, offset);
        Self { says, line, column }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {} column {})", self.says, self.line, self.column)
    }
}

/// Line and column of a byte.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    (before.iter().filter(|&&byte| byte == b'\n').count() + 1, before.len() - line_start + 1)
}

/// Where and in which words a router notices what the grammar has found.
pub(super) fn of(error: &SyntaxError, text: &str) -> Refused {
    let at = error.span.start as usize;
    match error.kind {
        SyntaxErrorKind::CommandExpected | SyntaxErrorKind::StrayParameter => path::refused(text, at),
        SyntaxErrorKind::UnknownEscape => (at + 1, NO_INPUT),
        SyntaxErrorKind::CommentBetweenJoinedLines | SyntaxErrorKind::BlankExpected => (at, NO_END),
        SyntaxErrorKind::UnclosedBrace => (text.len(), MISSING_BRACE),
        SyntaxErrorKind::UnclosedQuote => (text.len(), SYNTAX),
        SyntaxErrorKind::UnclosedBracket
        | SyntaxErrorKind::UnclosedParenthesis
        | SyntaxErrorKind::UnexpectedCloser
        | SyntaxErrorKind::UnexpectedCharacter
        | SyntaxErrorKind::BrokenLineJoin
        | SyntaxErrorKind::BlankAroundEquals
        | SyntaxErrorKind::ValueExpected
        | SyntaxErrorKind::OperatorExpected
        | SyntaxErrorKind::VariableNameExpected
        | SyntaxErrorKind::NestingTooDeep
        | SyntaxErrorKind::ExpressionTooLong
        | SyntaxErrorKind::NotUnderstood
        | SyntaxErrorKind::TextTooLong
        | SyntaxErrorKind::TooManyErrors => (at, SYNTAX),
    }
}
