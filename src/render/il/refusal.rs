//! Why a router refuses a script, in its words.

use super::{Refused, path};
use rosc_grammar::{SyntaxError, SyntaxErrorKind};
use std::fmt;

/// What a router says of what it does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Text that nothing can be made of.
    SyntaxError,
    /// Text where a command should begin.
    ExpectedCommandName,
    /// An argument that the command does not have, or one too many.
    ExpectedEndOfCommand,
    /// Text where a value should go on.
    ExpectedInputValue,
    /// `where` with nothing behind it.
    MissingCondition,
    /// A block that the script does not close.
    MissingClosingBrace,
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SyntaxError => "syntax error",
            Self::ExpectedCommandName => "expected command name",
            Self::ExpectedEndOfCommand => "expected end of command",
            Self::ExpectedInputValue => "expected input value",
            Self::MissingCondition => "missing value for where",
            Self::MissingClosingBrace => "missing closing brace",
        })
    }
}

pub(super) const SYNTAX: Words = Words::SyntaxError;
pub(super) const NO_COMMAND: Words = Words::ExpectedCommandName;
pub(super) const NO_END: Words = Words::ExpectedEndOfCommand;
pub(super) const NO_INPUT: Words = Words::ExpectedInputValue;
pub(super) const NO_CONDITION: Words = Words::MissingCondition;
pub(super) const MISSING_BRACE: Words = Words::MissingClosingBrace;

/// The first thing in a script that a router does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, as the router says it.
    pub says: Words,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in bytes; a tab goes on to the next multiple of eight.
    pub column: usize,
    /// The byte, from 0.
    pub offset: usize,
}

impl Refusal {
    pub(super) fn new(text: &str, offset: usize, says: Words) -> Self {
        let (line, column) = place(text, offset, (0, 1));
        Self { says, line, column, offset: offset.min(text.len()) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {} column {})", self.says, self.line, self.column)
    }
}

/// Line and column of a byte; the byte of `known` stands in a line of that number, at the offset or before it.
pub(super) fn place(text: &str, offset: usize, known: (usize, usize)) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let line = before[known.0..].iter().filter(|&&byte| byte == b'\n').count() + known.1;
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
    if text[..at].ends_with("where") && text[at..].lines().next().is_some_and(|rest| rest.trim() == "=") {
        return Some((at + 1, NO_CONDITION));
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
        SyntaxErrorKind::BlankAroundEquals => (behind_blanks(text, at), SYNTAX),
        SyntaxErrorKind::UnclosedBracket
        | SyntaxErrorKind::UnexpectedCloser
        | SyntaxErrorKind::UnexpectedCharacter
        | SyntaxErrorKind::BrokenLineJoin
        | SyntaxErrorKind::ValueExpected
        | SyntaxErrorKind::OperatorExpected
        | SyntaxErrorKind::NestingTooDeep
        | SyntaxErrorKind::ExpressionTooLong
        | SyntaxErrorKind::NotUnderstood
        | SyntaxErrorKind::StatementTooLong
        | SyntaxErrorKind::TextTooLong
        | SyntaxErrorKind::TooManyErrors => (at, SYNTAX),
    })
}

fn behind_blanks(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start_matches([' ', '\t']).len()
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
