//! The intermediate form of a script: what a router's `:parse` prints of it.
//!
//! A router reads a script with its menus at hand: every command gets its full path and canonical argument names,
//! expressions become prefix lists. The form is the router's own and is documented nowhere; what is done here was
//! learnt from published dumps of RouterOS 7.22.1. It speaks for a router without further packages.
//!
//! ```text
//! /ip ro
//! add dst-address=10.0.0.0/8 gateway=$gw     →     /ip/route/;(evl /ip/route/adddst-address=10.0.0.0/8;gateway=$gw)
//! ```

mod arguments;
mod body;
mod command;
mod condition;
mod expression;
mod literal;
mod parameters;
mod path;
mod refusal;
#[cfg(test)]
mod tests;
mod text;
mod value;

pub use refusal::{Refusal, Words};

use crate::source::Sources;
use rosc_grammar::{SyntaxError, SyntaxErrorKind};

/// Writes the intermediate form of each source on a line of its own, or why a router refuses it. Secrets are left out.
pub fn il(sources: &Sources) -> String {
    let forms = sources.ids().map(|file| match intermediate(&sources.file(file).without_secrets()) {
        Ok(form) => form + "\n",
        Err(refusal) => format!("{refusal}\n"),
    });
    forms.collect()
}

/// Returns the intermediate form of a script, or the first thing in it that a router does not take.
pub fn intermediate(text: &str) -> Result<String, Refusal> {
    let read = read(text);
    match read.faults.into_iter().next() {
        None => Ok(read.form),
        Some((offset, says)) => Err(Refusal::new(text, offset, says)),
    }
}

/// Returns everything in a script that a router does not take, in the order of the places: one for each line, and no
/// more than a hundred. A router itself says no more than the first.
pub fn refusals(text: &str) -> Vec<Refusal> {
    refusals_of(text, read(text).faults)
}

/// Returns what [`refusals`] does as far as it shows without knowing the router's menus and arguments.
pub fn syntax_refusals(text: &str) -> Vec<Refusal> {
    refusals_of(text, syntax_faults(text, &rosc_grammar::parse_script(text).errors))
}

/// How many lines of a script are told of.
const MOST_REFUSALS: usize = 100;

fn refusals_of(text: &str, faults: Vec<Refused>) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = Vec::new();
    let mut end_of_line = None;
    for (offset, says) in faults {
        if end_of_line.is_none_or(|end| offset > end) && refusals.len() < MOST_REFUSALS {
            let refusal = Refusal::new(text, offset, says);
            let line = text.as_bytes()[refusal.offset..].iter().position(|&byte| byte == b'\n');
            end_of_line = Some(line.map_or(text.len(), |end| refusal.offset + end));
            refusals.push(refusal);
        }
    }
    refusals
}

/// What is wrong, and at which byte.
type Refused = (usize, Words);

/// A script as read: its form is worth something if there are no faults.
struct Read {
    form: String,
    /// In the order of the places.
    faults: Vec<Refused>,
}

fn read(text: &str) -> Read {
    let parsed = rosc_grammar::parse_script(text);
    // A brace that closes nothing ends the script: a router reads no further.
    if let Some(brace) = parsed.errors.iter().find(|error| ends_script(error, text)) {
        return read(&text[..brace.span.start as usize]);
    }
    let lacks_brace = parsed.errors.iter().any(|error| error.kind == SyntaxErrorKind::UnclosedBrace);
    let mut read = match close_braces(text).filter(|_| lacks_brace) {
        Some(closed) => read(&closed),
        None => Reader::new(text, &parsed.errors).program(&parsed.statements),
    };
    read.faults.extend(syntax_faults(text, &parsed.errors));
    read.faults.sort_by_key(|fault| fault.0);
    // What stands behind a bracket that is not closed may be right, for all that one can tell.
    if parsed.errors.iter().any(|error| error.opened.is_some()) {
        read.faults.truncate(1);
    }
    read
}

/// What the grammar has found that a router does not take either, in the order of the places.
fn syntax_faults(text: &str, errors: &[SyntaxError]) -> Vec<Refused> {
    let end = errors.iter().find(|error| ends_script(error, text)).map(|brace| brace.span.start as usize);
    let mut faults: Vec<Refused> = errors.iter().filter_map(|error| refusal::of(error, text)).collect();
    // Where a bracket is not closed, the grammar sees less than a router, which notices the missing brace at the end.
    if errors.iter().any(|error| error.opened.is_some()) {
        faults.extend(refusal::first_impossible(text).map(|at| (at, refusal::SYNTAX)));
    }
    faults.retain(|fault| end.is_none_or(|end| fault.0 < end));
    faults.sort_by_key(|fault| fault.0);
    faults
}

fn ends_script(error: &SyntaxError, text: &str) -> bool {
    error.kind == SyntaxErrorKind::UnexpectedCloser && error.span.slice(text) == "}"
}

/// Adds the closing braces that a text lacks; `None` if it lacks more than braces.
fn close_braces(text: &str) -> Option<String> {
    let mut closed = text.to_owned();
    for _ in 0..rosc_grammar::MAX_NESTING {
        closed.push_str("\n}");
        let errors = rosc_grammar::parse_script(&closed).errors;
        if !errors.iter().any(|error| error.kind == SyntaxErrorKind::UnclosedBrace) {
            return Some(closed);
        }
    }
    None
}

/// A way through a script that follows the menus and the variables.
struct Reader<'t> {
    text: &'t str,
    /// The current menu.
    menu: &'static str,
    /// The variables that are declared, a list for each block around.
    variables: Vec<Vec<String>>,
    /// Where values stand behind others without an operator, in the order of the text.
    side_by_side: Vec<usize>,
    /// The last place whose line was asked for, and that line: the next one is mostly behind it.
    line: (usize, usize),
    /// What a router does not take, of the statements before.
    faults: Vec<Refused>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, errors: &[SyntaxError]) -> Self {
        let beside = errors.iter().filter(|error| error.kind == SyntaxErrorKind::OperatorExpected);
        let side_by_side = beside.map(|error| error.span.start as usize).collect();
        Self { text, menu: "/", variables: vec![Vec::new()], side_by_side, line: (0, 1), faults: Vec::new() }
    }
}
