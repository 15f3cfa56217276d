//! The statements of a text, one after the other.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::ast::{Arg, ArgKind, Command, Span, Statement, Value, Word};
use crate::error::{MAX_ERRORS, SyntaxError, SyntaxErrorKind};
use crate::overwrite::overwritten;
use crate::splitter::{self, Cut, Fault, Stuck};
use crate::transcript::{self, Mode, Segment};
use crate::tree::Builder;
use crate::{bulk, class, decode, rules};

/// How often the text may be searched again for the ends of statements that have none, counted in its length.
/// Each such search may go to the end of the text; the limit keeps the whole linear.
const MAX_RESCANS: usize = 8;

/// The longest statement that the grammar reads, in bytes: its tree takes up to a hundred times the memory. Plain commands
/// may be longer, for they are read without it. Published files are all shorter as a whole.
pub const MAX_STATEMENT: usize = 8 << 20;

/// Reads a text statement by statement.
///
/// Memory is bounded by the largest statement. The errors of a statement come directly before what could be
/// read of it, so that a reader knows that it is incomplete before acting on it; a statement of which nothing
/// is left yields its errors only.
#[derive(Debug)]
pub struct Statements<'t> {
    text: Cow<'t, str>,
    passes: Passes,
    segments: VecDeque<Segment>,
    /// Where reading goes on, inside the first segment.
    at: usize,
    /// What has been read and not yet been asked for.
    pending: VecDeque<Result<Statement, SyntaxError>>,
    errors: usize,
    /// Whether the last statement was nothing but parameters without a command.
    stray: bool,
    /// The opener that was reported last: a search that starts again may find the same.
    reported_opener: Option<usize>,
    rescanned: usize,
    scratch: Vec<Arg>,
}

/// Which passes may read a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passes {
    /// The fast path where it can, else the grammar.
    All,
    /// The grammar alone.
    GrammarOnly,
    /// As all, but no line is taken for a terminal's prompt.
    ScriptOnly,
}

impl<'t> Statements<'t> {
    pub(crate) fn new(text: &'t str, passes: Passes) -> Self {
        let mut statements = Self {
            text: Cow::Borrowed(""),
            passes,
            segments: VecDeque::new(),
            at: 0,
            pending: VecDeque::new(),
            errors: 0,
            stray: false,
            reported_opener: None,
            rescanned: 0,
            scratch: Vec::new(),
        };
        if u32::try_from(text.len()).is_err() {
            let start = Span { start: 0, end: 0 };
            let error = SyntaxError::new(SyntaxErrorKind::TextTooLong, start, "offsets into it have 32 bits")
                .help("split the text into files below 4 GiB");
            statements.pending.push_back(Err(error));
            return statements;
        }
        let segments = match passes {
            Passes::All | Passes::GrammarOnly => transcript::segments(text),
            Passes::ScriptOnly => vec![Segment::script(text)],
        };
        let is_session = segments.iter().any(|segment| segment.prompt.is_some());
        statements.text =
            if is_session { transcript::without_continuation_prompts(text) } else { Cow::Borrowed(text) };
        statements.segments = segments.into();
        statements.enter_segment();
        statements
    }

    /// Goes to the start of the first segment, and yields the menu of its prompt.
    fn enter_segment(&mut self) {
        let Some(segment) = self.segments.front() else { return };
        self.at = segment.start;
        if self.at == 0 && self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        if let Some(span) = segment.prompt {
            self.pending.push_back(Ok(Statement::Prompt(Word { span })));
        }
    }

    /// Reads on to the next statement or error. What else is read on the way becomes pending.
    fn read(&mut self) -> Option<Result<Statement, SyntaxError>> {
        loop {
            if let Some(pending) = self.pending.pop_front() {
                return Some(pending);
            }
            let &segment = self.segments.front()?;
            if !self.skip_separators(segment) {
                self.pass_over_output(segment);
                self.segments.pop_front();
                self.enter_segment();
                continue;
            }
            let text = &self.text.as_bytes()[..segment.end];
            if self.passes != Passes::GrammarOnly
                && let Some((command, end)) = bulk::command(text, self.at, &mut self.scratch)
            {
                self.at = end;
                self.stray = false;
                let statement = Statement::Command(command);
                self.see(&statement);
                return Some(Ok(statement));
            }
            match splitter::cut(text, self.at) {
                Ok(cut) => self.by_grammar(cut),
                Err(stuck) => self.skip_unended(stuck, segment),
            }
        }
    }

    /// Goes to the next statement, and says whether there is one in the segment.
    fn skip_separators(&mut self, segment: Segment) -> bool {
        let text = &self.text.as_bytes()[..segment.end];
        while let Some(&byte) = text.get(self.at) {
            match byte {
                _ if segment.mode == Mode::Output => return false,
                b'\n' | b'\r' if segment.mode == Mode::FirstLine => return false,
                b' ' | b'\t' | b'\n' | b'\r' | b';' => self.at += 1,
                b'#' => match splitter::comment(text, self.at, self.at) {
                    Some(length) => self.at += length,
                    None => return true,
                },
                b'\\' => match decode::line_join(&text[self.at..]) {
                    Some(join) => self.at += join.length,
                    None => return true,
                },
                _ => return true,
            }
        }
        false
    }

    /// Yields what is left of a segment, unless it is blank.
    fn pass_over_output(&mut self, segment: Segment) {
        let rest = &self.text[self.at.min(segment.end)..segment.end];
        let output = rest.trim();
        if !output.is_empty() {
            let start = segment.end - rest.trim_start().len();
            let span = Span { start: start as u32, end: (start + output.len()) as u32 };
            self.pending.push_back(Ok(Statement::Output(Word { span })));
        }
    }

    fn by_grammar(&mut self, cut: Cut) {
        let start = self.at;
        self.at = cut.end;
        if cut.end - start > MAX_STATEMENT {
            return self.report(vec![too_long(start, cut.end - start)]);
        }
        let mut errors: Vec<SyntaxError> = cut.faults.iter().map(Fault::error).collect();
        let removed = cut.faults.iter().map(|fault| (fault.removed.0 - start, fault.removed.1 - start));
        let statement = overwritten(&self.text[start..cut.end], removed, class::HOLE);
        let statements = match rules::read(&statement) {
            Some(pairs) => Builder::new(start as u32, &mut errors).statements(pairs),
            None => {
                let span = Span { start: start as u32, end: cut.end as u32 };
                let label = "nothing is known that this could be";
                errors.push(SyntaxError::new(SyntaxErrorKind::NotUnderstood, span, label));
                Vec::new()
            }
        };
        errors.sort_by_key(|error| error.span);
        let stray = matches!(&errors[..], [error] if error.kind == SyntaxErrorKind::StrayParameter);
        if !(stray && self.stray) {
            self.report(errors);
        }
        self.stray = stray;
        if self.segments.is_empty() {
            return; // Reading has stopped.
        }
        for statement in statements {
            self.see(&statement);
            self.pending.push_back(Ok(statement));
        }
    }

    /// Reports a statement that never ends, and goes to where the next one may start.
    fn skip_unended(&mut self, stuck: Stuck, segment: Segment) {
        let text = &self.text.as_bytes()[..segment.end];
        self.at = stuck.resume.unwrap_or_else(|| splitter::resume_line(text, self.at));
        self.rescanned += stuck.scanned_to.saturating_sub(self.at);
        if stuck.kind == SyntaxErrorKind::TooManyErrors {
            return self.give_up(stuck.span());
        }
        if self.reported_opener.replace(stuck.at) != Some(stuck.at) {
            self.report(vec![stuck.error()]);
        }
        if self.rescanned > MAX_RESCANS * (self.text.len() + 4096) {
            self.give_up(stuck.span());
        }
    }

    fn report(&mut self, errors: Vec<SyntaxError>) {
        for error in errors {
            let span = error.span;
            self.errors += 1;
            self.pending.push_back(Err(error));
            if self.errors == MAX_ERRORS {
                return self.give_up(span);
            }
        }
    }

    fn give_up(&mut self, at: Span) {
        let error = SyntaxError::new(SyntaxErrorKind::TooManyErrors, at, "reading stopped here");
        self.pending.push_back(Err(error));
        self.segments.clear();
    }

    /// Looks at a statement for what it does to the reading of the rest.
    fn see(&mut self, statement: &Statement) {
        if let Some(segment) = self.segments.front_mut()
            && segment.mode == Mode::FirstLine
            && matches!(statement, Statement::Command(command) if prints_configuration(command, &self.text))
        {
            segment.mode = Mode::Script;
        }
    }
}

impl Iterator for Statements<'_> {
    type Item = Result<Statement, SyntaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read()
    }
}

fn too_long(start: usize, length: usize) -> SyntaxError {
    let begin = Span { start: start as u32, end: start as u32 };
    let label = format!("{} MB from here to its end", length / 1_000_000);
    let most = MAX_STATEMENT / 1_000_000;
    SyntaxError::new(SyntaxErrorKind::StatementTooLong, begin, label)
        .help(format!("divide it: {most} MB are the most, but for commands of plain words and strings"))
}

/// Says whether a command is some menu's `export`, whose output is a script.
fn prints_configuration(command: &Command, text: &str) -> bool {
    command.args.iter().any(|arg| match (arg.kind, &arg.value) {
        (ArgKind::Unnamed, Value::Word(word)) => word.text(text).rsplit('/').next() == Some("export"),
        _ => false,
    })
}
