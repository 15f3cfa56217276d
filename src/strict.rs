//! What a router's own parser refuses, as diagnostics.
//!
//! rosc reads more than a router does: sessions with their prompts, names that any version has, values without their
//! blanks. Whoever wants to know what a router would say of a file gets it here, beside all else.

use crate::diagnostic::{Code, Diagnostic, Label, Severity};
use crate::ir::Dialect;
use crate::render::{Refusal, Words, refusals, syntax_refusals};
use crate::source::{FileId, Sources};
use rosc_grammar::ast::{Span, Statement};
use rosc_target::Origin;

/// Adds what a router refuses to what was found, so that no place is told of twice.
///
/// The menus and arguments that it knows are those of RouterOS 7; files for version 6 are held to the syntax alone. A
/// mistake in the syntax of a file that a router takes becomes a warning: it is rosc that can't read on there.
pub fn hold_to_router(sources: &Sources, dialect: Dialect, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    for file in sources.ids() {
        let text = sources.file(file).text();
        let mut refusals = match dialect {
            Dialect::V7 => refusals(text),
            Dialect::V6 => syntax_refusals(text),
        };
        if refusals.is_empty() {
            found
                .iter_mut()
                .filter(|known| known.code == Code::Syntax && is_of(known, sources, file))
                .for_each(tolerate);
            continue;
        }
        let is_session = has_prompts(text);
        // Behind the first prompt nothing is a script any more.
        refusals.truncate(if is_session { 1 } else { refusals.len() });
        for refusal in refusals {
            let place = sources.origin(file, word_at(text, refusal.offset));
            let refused = match take_same(&mut found, &refusal, place, sources) {
                Some(known) => reworded(known, &refusal),
                None => refused(&refusal, place),
            };
            found.push(if is_session { refused.help(SESSION) } else { refused });
        }
    }
    found
}

const SESSION: &str = "this is a terminal session: leave --routeros out and it is read as one";

/// The diagnostic of a place that nothing else was found at.
fn refused(refusal: &Refusal, place: Origin) -> Diagnostic {
    let (label, help) = match refusal.says {
        Words::ExpectedCommandName => {
            ("no command begins like this", "begin with a menu, a command or a `:`")
        }
        Words::ExpectedEndOfCommand => (
            "not an argument of this command, and not its end",
            "see how the argument is spelled in RouterOS 7, or end the command with `;` or a new line",
        ),
        Words::ExpectedInputValue => {
            ("no value goes on like this", "write `\\\\` for a backslash in a string")
        }
        Words::MissingCondition => {
            ("no condition behind `where`", "say what to look for, or leave `where` out")
        }
        Words::MissingClosingBrace => ("the script ends inside a block", "close the block with `}`"),
        Words::SyntaxError => ("can't be read on from here", "see what is missing or too much before this"),
    };
    Diagnostic::new(Code::RouterRefuses, headline(refusal)).label(place, label).help(help)
}

/// What was found at the same place, under the router's headline.
fn reworded(mut known: Diagnostic, refusal: &Refusal) -> Diagnostic {
    if let Some(first) = known.labels.first_mut() {
        first.text = known.message;
    }
    Diagnostic {
        code: Code::RouterRefuses,
        severity: Code::RouterRefuses.severity(),
        message: headline(refusal),
        ..known
    }
}

fn headline(refusal: &Refusal) -> String {
    format!("a router refuses this: {}", refusal.says)
}

/// Takes what was found at the place of a refusal out of what was found. Of several places, only this one.
fn take_same(
    found: &mut Vec<Diagnostic>,
    refusal: &Refusal,
    place: Origin,
    sources: &Sources,
) -> Option<Diagnostic> {
    let is_same = |code: Code, label: &Label| {
        let origin = label.origin;
        let is_in = origin.file == place.file && (origin.start..=origin.end).contains(&place.start);
        let line = || sources.locate(origin).map(|at| at.line as usize);
        match code {
            Code::Syntax => is_in || (origin.file == place.file && line() == Some(refusal.line)),
            Code::UnknownCommand | Code::UnknownProperty | Code::BadArgument => is_in,
            _ => origin.is_same_place(place),
        }
    };
    let errors = found.iter().enumerate().filter(|(_, known)| known.severity == Severity::Error);
    let (index, label) =
        errors.filter(|(_, known)| known.code != Code::RouterRefuses).find_map(|(index, known)| {
            known.labels.iter().position(|label| is_same(known.code, label)).map(|label| (index, label))
        })?;
    let known = &mut found[index];
    // What opened a bracket stays with it; the same mistake at another place stays where it is.
    if known.labels.len() == 1 || known.code == Code::Syntax {
        return Some(found.remove(index));
    }
    let label = known.labels.remove(label);
    let first = &mut known.labels[0];
    if first.text.is_empty() {
        first.text.clone_from(&label.text); // It is said at the first place only.
    }
    Some(Diagnostic { labels: vec![label], ..known.clone() })
}

fn is_of(diagnostic: &Diagnostic, sources: &Sources, file: FileId) -> bool {
    let start = sources.origin(file, Span { start: 0, end: 0 });
    diagnostic.origin().is_some_and(|origin| origin.file == start.file)
}

fn tolerate(diagnostic: &mut Diagnostic) {
    diagnostic.severity = Severity::Warning;
    diagnostic.help = Some("a router reads this, rosc does not: write it in another way".to_owned());
}

fn has_prompts(text: &str) -> bool {
    rosc_grammar::statements(text).any(|statement| matches!(statement, Ok(Statement::Prompt(_))))
}

/// The word that begins at a byte; nothing at the end of a line.
fn word_at(text: &str, offset: usize) -> Span {
    let start = (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let length = text[start..].find(char::is_whitespace).unwrap_or(text.len() - start);
    let offset = |at: usize| u32::try_from(at).expect("offsets have 32 bits");
    Span { start: offset(start), end: offset(start + length) }
}
