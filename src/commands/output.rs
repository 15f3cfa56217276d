//! Where output goes and how it looks.

use crate::cli::{Format, Reading, Version, When};
use crate::compile::Options;
use crate::diagnostic::{Code, Diagnostic, Severity, json, render};
use crate::ir::Dialect;
use crate::live::{Live, Tone};
use crate::plan::{Extent, View};
use crate::source::{Disk, Sources, on_one_line, printable, printable_json};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// The two streams and their styles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    when: When,
}

impl Output {
    pub(super) fn new(when: When) -> Self {
        Self { when }
    }

    /// Writes lines for people to standard output, without what would steer their terminal.
    pub(super) fn print(&self, text: &str) {
        self.write(&printable(text));
    }

    /// Writes lines for other programs to standard output. They get each byte; a terminal gets what people read.
    pub(super) fn print_exact(&self, text: &str) {
        if io::stdout().is_terminal() { self.print(text) } else { self.write(text) }
    }

    /// Writes one JSON document to standard output.
    pub(super) fn print_json(&self, document: &impl Serialize) {
        let mut text = serde_json::to_string_pretty(document).expect("documents have text keys only");
        text.push('\n');
        self.write(&printable_json(text));
    }

    /// Writes to standard error: a remark about the run, in one line.
    pub(super) fn remark(&self, text: &str) {
        self.write_error(&on_one_line(text));
    }

    /// Writes to standard output. A reader that has gone away ends the output, not the program's work.
    fn write(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        if stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
            // Nobody reads any more: there is nobody to tell.
        }
    }

    /// Writes to standard error.
    fn write_error(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        if writeln!(stderr, "{text}").is_err() {
            // Nobody reads any more: there is nobody to tell.
        }
    }

    /// Says on a terminal what goes on now, in one line that the next one replaces.
    pub(super) fn progress(&self, text: &str) {
        const CLEAR_LINE: &str = "\r\x1b[2K";
        let mut stderr = io::stderr().lock();
        if !stderr.is_terminal() {
            return;
        }
        let ellipsis = if text.is_empty() { "" } else { " ..." };
        let text = on_one_line(text);
        if write!(stderr, "{CLEAR_LINE}{text}{ellipsis}").and_then(|()| stderr.flush()).is_err() {
            // Nobody reads any more: there is nobody to tell.
        }
    }

    /// Takes the line of progress away.
    pub(super) fn progress_done(&self) {
        self.progress("");
    }

    /// Shows a plan to people: what comes is green, what goes is red.
    pub(super) fn plan(&self, plan: &View) {
        let text = plan.text();
        if !self.colors(io::stdout().is_terminal()) {
            return self.print(&text);
        }
        let colored = text.lines().map(|line| {
            let style = match line.as_bytes().first() {
                Some(b'+') => AnsiColor::Green.on_default(),
                Some(b'-') => AnsiColor::Red.on_default(),
                Some(b'~') => AnsiColor::Yellow.on_default(),
                _ => Style::new().dimmed(),
            };
            format!("{style}{}{style:#}\n", on_one_line(line))
        });
        self.write(&colored.collect::<String>());
    }

    /// Shows to people what rules have counted.
    pub(super) fn live(&self, live: &Live) {
        let has_colors = self.colors(io::stdout().is_terminal());
        let shown = live.lines().into_iter().map(|(tone, line)| {
            let style = match tone {
                _ if !has_colors => Style::new(),
                Tone::Heading => Style::new().bold(),
                Tone::Plain => Style::new(),
                Tone::Quiet => Style::new().dimmed(),
                Tone::Remarkable => AnsiColor::Yellow.on_default(),
            };
            format!("{style}{}{style:#}\n", on_one_line(&line))
        });
        self.write(&shown.collect::<String>());
    }

    /// Shows diagnostics to people, on standard error.
    pub(super) fn diagnostics(&self, diagnostics: &[Diagnostic], sources: &Sources) {
        if diagnostics.is_empty() {
            return;
        }
        let color = self.colors(io::stderr().is_terminal());
        self.write_error(
            render::render(diagnostics, sources, render::Style { color, ..self.style() }).trim_end(),
        );
    }

    /// Shows diagnostics in the form that was asked for.
    pub(super) fn report(&self, format: Format, diagnostics: &[Diagnostic], sources: &Sources) {
        match format {
            Format::Human => self.diagnostics(diagnostics, sources),
            Format::Json => self.print_json(&json::document(diagnostics, sources)),
        }
    }

    fn style(&self) -> render::Style {
        let columns = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        render::Style { color: false, width: columns.unwrap_or(render::Style::PLAIN.width) }
    }

    fn colors(&self, is_terminal: bool) -> bool {
        match self.when {
            When::Always => true,
            When::Never => false,
            When::Auto => is_terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

/// Reads the files. A file that can't be read is reported; the others are read all the same.
pub(super) fn read(files: &[PathBuf]) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default().importing(Disk);
    let mut unreadable = Vec::new();
    for file in files {
        if let Err(error) = sources.read(file) {
            unreadable.push(unreadable_file(file, &error));
        }
    }
    (sources, unreadable)
}

/// A file could not be read.
pub(super) fn unreadable_file(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::new(Code::UnreadableFile, format!("{} can't be read: {error}", path.display()))
}

/// How much of a plan is shown.
pub(super) fn extent(format: Format) -> Extent {
    match format {
        Format::Human => Extent::Beginnings,
        Format::Json => Extent::All,
    }
}

/// How the files are to be read.
pub(super) fn options(routeros: Option<Version>, strict: bool) -> Options {
    Options { dialect: routeros.map(Dialect::from), strict }
}

impl Reading {
    /// How the files are to be read.
    pub(super) fn options(&self) -> Options {
        options(self.routeros, self.strict)
    }
}

/// `2 errors, 1 warning`; empty if there is nothing to count.
pub(super) fn counts(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let kinds = [
        (count(Severity::Error), "error"),
        (count(Severity::Warning), "warning"),
        (count(Severity::Note), "note"),
    ];
    let parts = kinds.iter().filter(|(n, _)| *n > 0);
    let shown = parts.map(|(n, word)| format!("{n} {word}{}", if *n == 1 { "" } else { "s" }));
    shown.collect::<Vec<_>>().join(", ")
}
