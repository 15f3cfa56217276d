//! Errors for text that the grammar could read only as a mistake.

use crate::ast::Span;
use crate::error::{SyntaxError, SyntaxErrorKind};

/// A statement that begins like no command.
pub(super) fn no_command(text: &str, span: Span) -> SyntaxError {
    let (word, at) = first_word(text, span);
    let command_expected = |label| SyntaxError::new(SyntaxErrorKind::CommandExpected, at, label);
    if let Some((name, _)) = word.split_once('=')
        && is_name(name)
    {
        let error = SyntaxError::new(SyntaxErrorKind::StrayParameter, at, "no command stands before this");
        return match name {
            "do" | "else" | "on-error" | "while" => {
                error.help(format!("put `{name}=` on the line of the closing brace before it"))
            }
            _ => error.help("end the line before with a backslash to continue it"),
        };
    }
    if word == "$" {
        return bad_text(word, at);
    }
    if word.starts_with('>') {
        return command_expected("no command starts with `>`")
            .help("leave out what a terminal prints before a command");
    }
    if word.starts_with("/*") || word.starts_with("//") || word.starts_with("*") {
        return command_expected("this starts no comment").help("comments start with #");
    }
    if word.starts_with('"') {
        return command_expected("a string is no command");
    }
    let error = command_expected("no menu or command is spelled so");
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) && word.is_ascii() {
        return error.help("menus and commands are lower case; text that is no command belongs behind #");
    }
    error.help("text that is no command belongs behind #")
}

/// Text at the place of an argument that can be none.
pub(super) fn bad_text(text: &str, span: Span) -> SyntaxError {
    let Some(first) = text.chars().next() else {
        return SyntaxError::new(SyntaxErrorKind::NotUnderstood, span, "nothing is known that this could be");
    };
    let at = Span { start: span.start, end: span.start + first.len_utf8() as u32 };
    let unexpected = |label: &'static str| SyntaxError::new(SyntaxErrorKind::UnexpectedCharacter, at, label);
    match first {
        '$' => SyntaxError::new(SyntaxErrorKind::VariableNameExpected, at, "no name stands behind this `$`")
            .help(NAMES),
        '=' => unexpected("a value with `=` in it needs quotes").help("write name=\"...\""),
        '\\' => unexpected("outside quotes a backslash only joins lines, at the very end of one")
            .help("put the value in double quotes"),
        '\'' | '`' | '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => {
            let whole = Span { start: span.start, end: span.start + text.len() as u32 };
            SyntaxError::new(SyntaxErrorKind::UnexpectedCharacter, whole, "these quotes enclose no string")
                .help("use straight double quotes: \"...\"")
        }
        '\u{a0}' | '\u{2007}' | '\u{202f}' => {
            unexpected("this blank is a no-break space").help("replace it by a space")
        }
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {
            unexpected("an invisible character stands here").help("remove it")
        }
        '\0'..='\x1f' | '\x7f' => unexpected("a control character stands here").help("remove it"),
        _ => {
            unexpected("this character needs quotes around the value").help("put the value in double quotes")
        }
    }
}

/// An operator in an expression with nothing to be applied to.
pub(super) fn no_value(text: &str, operator: Span) -> SyntaxError {
    let label = "a value is missing beside this operator";
    let error = SyntaxError::new(SyntaxErrorKind::ValueExpected, operator, label);
    if text.starts_with("==") { error.help("write one `=` to compare") } else { error }
}

/// Text in an expression at which it can't go on.
pub(super) fn no_operand(text: &str, span: Span) -> SyntaxError {
    let (_, at) = first_word(text, span);
    if let Some(rest) = text.strip_prefix(':') {
        let at = Span { start: span.start, end: span.start + 1 };
        let error = |label| SyntaxError::new(SyntaxErrorKind::UnexpectedCharacter, at, label);
        return if rest.starts_with(|next: char| next.is_ascii_lowercase()) {
            error("a command in an expression needs brackets").help("write [:name ...]")
        } else {
            error("no value starts with a colon").help("keys of an array are followed by `=`: {\"a\"=1}")
        };
    }
    if text.starts_with('_') {
        return SyntaxError::new(SyntaxErrorKind::OperatorExpected, at, NAME_ENDED).help(NAMES);
    }
    let names_nothing = text.strip_prefix('$').is_some_and(|rest| !rest.starts_with(starts_value));
    if !names_nothing && text.starts_with(starts_value) {
        return SyntaxError::new(SyntaxErrorKind::OperatorExpected, at, "a second value starts here");
    }
    bad_text(text, span)
}

/// Two things without the blank that separates arguments.
pub(super) fn no_blank(text: &str, span: Span) -> SyntaxError {
    let error = |label| SyntaxError::new(SyntaxErrorKind::BlankExpected, first_line(text, span), label);
    match text.bytes().next() {
        Some(b'$') => error(TOUCHES).help("to build text of a variable, write \"...$name...\""),
        Some(b'_') => error(NAME_ENDED).help(NAMES),
        Some(b'.' | b'+' | b'*' | b',' | b'-' | b'/') => {
            error(TOUCHES).help("put an expression in parentheses: ($a . $b)")
        }
        _ => error(TOUCHES).help("put a blank between them"),
    }
}

/// Text behind a closing quote, which was most likely meant as one inside the string.
pub(super) fn string_ended(text: &str, span: Span) -> SyntaxError {
    let label = "the string ends before this";
    SyntaxError::new(SyntaxErrorKind::BlankExpected, first_line(text, span), label)
        .help("write \\\" for a quote inside a string")
}

const TOUCHES: &str = "this touches what stands before it";
const NAME_ENDED: &str = "the name of the variable ends before this";
const NAMES: &str = "names are letters and digits; others are written $\"my-name\"";

fn starts_value(first: char) -> bool {
    first.is_ascii_alphanumeric() || matches!(first, '$' | '"' | '(' | '[' | '{')
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

/// Returns the place of the text up to its first line end.
fn first_line(text: &str, span: Span) -> Span {
    let length = text.find(['\r', '\n']).unwrap_or(text.len());
    Span { start: span.start, end: span.start + length as u32 }
}

/// Returns the text up to the first blank or `;`, and its place.
fn first_word(text: &str, span: Span) -> (&str, Span) {
    let length = text.find([' ', '\t', '\r', '\n', ';']).unwrap_or(text.len());
    (&text[..length], Span { start: span.start, end: span.start + length as u32 })
}
