//! Diagnostics for people, drawn by miette.

use super::{Diagnostic, Severity};
use crate::source::{SourceFile, Sources};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
};
use miette::{SourceSpan, SpanContents, ThemeCharacters, ThemeStyles};
use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

/// More diagnostics than this are counted instead of shown.
const MOST_SHOWN: usize = 50;

/// More places of one diagnostic than this are counted instead of shown.
const MOST_PLACES: usize = 6;

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
            out.push_str(&diagnostic.message);
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

/// What miette is shown: a diagnostic whose labels lie in one file, and notes for labels in other files.
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<Indexed>,
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
            let text = Some(label.text.clone()).filter(|text| !text.is_empty());
            let (start, end) = (label.origin.start as usize, label.origin.end as usize);
            // Of a command over many lines the first one shows which it is.
            let shown = file.text().get(start..end).and_then(|text| text.lines().next()).unwrap_or_default();
            let span = LabeledSpan::new(text, start, shown.len());
            if home.is_some_and(|home| Arc::ptr_eq(home, file)) {
                labels.push(span);
            } else {
                elsewhere.push(Elsewhere { source: Indexed(Arc::clone(file)), label: span });
            }
        }
        Self { diagnostic, source: home.map(|file| Indexed(Arc::clone(file))), labels, elsewhere }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)?;
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
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
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
    source: Indexed,
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

/// A source whose lines are found by the index: miette's own walks the whole text for every label.
struct Indexed(Arc<SourceFile>);

impl SourceCode for Indexed {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.0.text();
        let (from, to) = (span.offset(), span.offset() + span.len());
        if to > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let starts = self.0.line_starts();
        let line_of = |offset: usize| starts.partition_point(|&start| start as usize <= offset) - 1;
        let first = line_of(from);
        let last = line_of(if to > from { to - 1 } else { to });
        let top = first.saturating_sub(lines_before);
        let end = starts.get(last + lines_after + 1).map_or(text.len(), |&start| start as usize);
        let start = starts[top] as usize;
        let column = if lines_before == 0 { from - start } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.0.name().to_owned(),
            &text.as_bytes()[start..end],
            (start, end - start).into(),
            top,
            column,
            starts.len(),
        )))
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
