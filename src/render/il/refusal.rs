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
    /// The column, from 1, in bytes; a tab goes on to the next multiple of eight.
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
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let step = |column: usize, byte: &u8| if *byte == b'\t' { (column / 8 + 1) * 8 } else { column + 1 };
    (line, before[line_start..].iter().fold(1, step))
}

/// Where and in which words a router notices what the grammar has found.
///
/// `None` is for what a router takes: values side by side, `(a b)`, are a list to it.
pub(super) fn of(error: &SyntaxError, text: &str) -> Option<Refused> {
    let at = error.span.start as usize;
    if error.kind == SyntaxErrorKind::OperatorExpected && !text[at..].starts_with('_') {
        return None;
    }
    Some(match error.kind {
        SyntaxErrorKind::CommandExpected | SyntaxErrorKind::StrayParameter => path::refused(text, at),
        SyntaxErrorKind::VariableNameExpected => (at + 1, SYNTAX),
        SyntaxErrorKind::UnknownEscape => (at + 1, NO_INPUT),
        SyntaxErrorKind::CommentBetweenJoinedLines | SyntaxErrorKind::BlankExpected => (at, NO_END),
        SyntaxErrorKind::UnclosedBrace => (text.len(), MISSING_BRACE),
        SyntaxErrorKind::UnclosedQuote => (text[at..].find('\n').map_or(text.len(), |end| at + end), SYNTAX),
        SyntaxErrorKind::UnclosedParenthesis => {
            let opener = error.opened.unwrap_or(error.span).start as usize;
            (end_of_expression(text, opener + 1), SYNTAX)
        }
        SyntaxErrorKind::UnclosedBracket
        | SyntaxErrorKind::UnexpectedCloser
        | SyntaxErrorKind::UnexpectedCharacter
        | SyntaxErrorKind::BrokenLineJoin
        | SyntaxErrorKind::BlankAroundEquals
        | SyntaxErrorKind::ValueExpected
        | SyntaxErrorKind::OperatorExpected
        | SyntaxErrorKind::NestingTooDeep
        | SyntaxErrorKind::ExpressionTooLong
        | SyntaxErrorKind::NotUnderstood
        | SyntaxErrorKind::TextTooLong
        | SyntaxErrorKind::TooManyErrors => (at, SYNTAX),
    })
}

/// The first character outside of strings and comments that nothing can make sense of: a backslash that joins no
/// lines, a `$` with no name. Where brackets don't match, the grammar can't tell.
pub(super) fn first_impossible(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open: Vec<u8> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied().unwrap_or(b'\n');
        let in_string = open.last() == Some(&b'"');
        let starts_token =
            at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b';' | b'{' | b'[' | b'(');
        match byte {
            b'\\' if in_string => at += 1,
            b'\\' if !matches!(next, b'\n' | b'\r') => return Some(at),
            b'"' if in_string => drop(open.pop()),
            b'$' if in_string && matches!(next, b'(' | b'[') => {
                open.push(next);
                at += 1;
            }
            _ if in_string => {}
            b'$' if !next.is_ascii_alphanumeric() && !matches!(next, b'"' | b'(' | b'[') => {
                return Some(at + 1);
            }
            b'#' if starts_token => at += text[at..].find('\n').map_or(text.len(), |end| end - 1),
            b'"' | b'(' | b'[' | b'{' => open.push(byte),
            b')' | b']' | b'}' => drop(open.pop()),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where an expression that is never closed can't go on: at the next command, or at a bracket that closes another.
fn end_of_expression(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut brackets = 0_usize;
    let mut in_string = false;
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        let is_command = byte == b':' && bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        match byte {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' => brackets += 1,
            b']' if brackets > 0 => brackets -= 1,
            b']' | b'}' => return at,
            b':' if brackets == 0 && is_command && !bytes[at - 1].is_ascii_alphanumeric() => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}
