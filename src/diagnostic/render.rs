//! Diagnostics for people, drawn by miette.

use super::excerpt::{Excerpt, is_far, shown_part};
use super::{Diagnostic, Severity};
use crate::source::{Sources, on_one_line};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use miette::{ThemeCharacters, ThemeStyles};
use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

/// More diagnostics than this are counted instead of shown.
const MOST_SHOWN: usize = 50;

/// More places of one diagnostic than this are counted instead of shown.
const MOST_PLACES: usize = 6;

/// A message longer than this, in characters, is cut: it quotes something that is no name.
const LONGEST_MESSAGE: usize = 400;

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Colours, for a terminal.
    pub color: bool,
    /// Columns to wrap at.
    pub width: usize,
}

impl Style {
    /// The style of files and of tests.
    pub const PLAIN: Self = Self { color: false, width: 100 };
}

/// Draws the diagnostics, each with its piece of source, and a count of what was left out.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(style.width);
    let mut out = String::new();
    let shown = most_important(diagnostics);
    for diagnostic in &shown {
        let report = Report::new(diagnostic, sources);
        if handler.render_report(&mut out, &report).is_err() {
            out.push_str(&text_of(&diagnostic.message));
        }
        out.push('\n');
    }
    let more = diagnostics.len() - shown.len();
    if more > 0 {
        out.push_str(&format!("... and {more} more; --format json has them all\n"));
    }
    out
}

/// As many as are shown, in their order: what is left out is never worse than what is shown.
fn most_important(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut by_weight: Vec<usize> = (0..diagnostics.len()).collect();
    by_weight.sort_by_key(|&index| Reverse(diagnostics[index].severity));
    by_weight.truncate(MOST_SHOWN);
    by_weight.sort_unstable();
    by_weight.into_iter().map(|index| &diagnostics[index]).collect()
}

/// A text as a terminal may have it: messages quote names and values, which must not go on as lines of their own.
fn text_of(text: &str) -> String {
    let shown = on_one_line(text);
    match shown.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}...", &shown[..end]),
        None => shown.into_owned(),
    }
}

/// What miette is shown: a diagnostic whose labels lie in one file, and notes for labels in other files.
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
    elsewhere: Vec<Elsewhere>,
}

impl<'a> Report<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &Sources) -> Self {
        let home = diagnostic.origin().and_then(|origin| sources.file_of(origin));
        let mut labels = Vec::new();
        let mut elsewhere = Vec::new();
        for label in diagnostic.labels.iter().take(MOST_PLACES) {
            let Some(file) = sources.file_of(label.origin) else { continue };
            let text = Some(text_of(&label.text)).filter(|text| !text.is_empty());
            let start = label.origin.start as usize;
            let span = LabeledSpan::new(text, start, shown_part(file, label.origin));
            if home.is_some_and(|home| Arc::ptr_eq(home, file)) {
                if !labels.first().is_some_and(|first: &LabeledSpan| is_far(file, first.offset(), start)) {
                    labels.push(span);
                }
            } else {
                elsewhere.push(Elsewhere { source: Excerpt::of(Arc::clone(file)), label: span });
            }
        }
        Self { diagnostic, source: home.map(|file| Excerpt::of(Arc::clone(file))), labels, elsewhere }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text_of(&self.diagnostic.message))?;
        match self.diagnostic.labels.len().checked_sub(MOST_PLACES) {
            Some(more @ 1..) => write!(f, " (and {more} more places)"),
            Some(0) | None => Ok(()),
        }
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Note => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(text_of(help)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.elsewhere.iter().map(|note| note as &dyn miette::Diagnostic)))
    }
}

/// A label in another file than the one at fault.
struct Elsewhere {
    source: Excerpt,
    label: LabeledSpan,
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label.label().unwrap_or("see also"))
    }
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Elsewhere {}

impl miette::Diagnostic for Elsewhere {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.label.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use rosc_grammar::ast::Span;

    fn drawn(diagnostics: &[Diagnostic], sources: &Sources) -> String {
        render(diagnostics, sources, Style::PLAIN)
    }

    #[test]
    fn an_error_is_shown_however_many_warnings_stand_before_it() {
        let warning = || Diagnostic::new(Code::NotLowered, "a warning");
        let mut diagnostics: Vec<Diagnostic> = (0..MOST_SHOWN + 5).map(|_| warning()).collect();
        diagnostics.push(Diagnostic::new(Code::WrongType, "the error"));
        let shown = drawn(&diagnostics, &Sources::default());
        assert!(shown.contains("the error"), "{shown}");
        assert!(shown.contains("... and 6 more"), "{shown}");
    }

    #[test]
    fn what_steers_a_terminal_does_not_reach_it() {
        let mut sources = Sources::default();
        let text = "add name=\x1b[2J\u{9b}2J\u{202e}x\rwiped\n";
        let file = sources.add("a\x07.rsc", text);
        let whole = Span { start: 4, end: u32::try_from(text.len() - 1).expect("short") };
        let diagnostic = Diagnostic::new(Code::WrongType, "`\x1b[2J` is wrong")
            .label(sources.origin(file, whole), "\x1b[2J");
        let shown = drawn(&[diagnostic.help("\x1b[2J")], &sources);
        let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!shown.contains(steers), "{shown:?}");
    }

    #[test]
    fn of_an_endless_line_the_place_is_shown() {
        let mut sources = Sources::default();
        let text = format!("{}here{}\n", "a".repeat(100_000), "b".repeat(100_000));
        let file = sources.add("a.rsc", text);
        let places = [(0, 200_004), (100_000, 100_004)].map(|(start, end)| Span { start, end });
        let diagnostics = places.map(|span| {
            Diagnostic::new(Code::WrongType, "x".repeat(100_000)).label(sources.origin(file, span), "wrong")
        });
        let shown = drawn(&diagnostics, &sources);
        assert!(shown.len() < 6000, "{} bytes", shown.len());
        assert!(shown.contains("here") && shown.contains("a.rsc:1:100001"), "{shown}");
    }

    #[test]
    fn of_a_command_over_many_lines_the_first_is_shown() {
        let text = ":do {\n/ip route\nadd gateway=192.0.2.1\n}\n# end\n";
        let mut sources = Sources::default();
        let file = sources.add("a.rsc", text);
        let command = Span { start: 0, end: 40 };
        let diagnostic =
            Diagnostic::new(Code::WrongType, "not run").label(sources.origin(file, command), "here");
        let shown = drawn(&[diagnostic], &sources);
        assert!(shown.contains(" 1 │ :do {\n") && !shown.contains("# end"), "{shown}");
    }
}
