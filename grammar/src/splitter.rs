//! Where a statement ends, and whether its brackets match.
//!
//! The splitter knows brackets, quotes, comments and line joins, and nothing else of the language. It hands
//! the grammar balanced text only: what does not match is reported here and taken out, so that one forgotten
//! parenthesis costs its line and not the script around it.

use memchr::{memchr2, memchr3};

use crate::ast::Span;
use crate::class::{self, BLANK, HOLE, NEWLINE, STRUCTURE};
use crate::decode;
use crate::error::{MAX_ERRORS, SyntaxError, SyntaxErrorKind};

/// How many brackets may stand inside each other. Published scripts stay below 15.
pub const MAX_NESTING: usize = 128;

/// A statement's extent.
#[derive(Debug)]
pub(crate) struct Cut {
    /// Offset behind the statement: at its line end, its `;`, or the end of the text.
    pub(crate) end: usize,
    /// What does not match, in the order of the text.
    pub(crate) faults: Vec<Fault>,
}

/// Something wrong with brackets or line joins.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: SyntaxErrorKind,
    /// The offending bytes.
    pub(crate) at: (usize, usize),
    /// The opener of a bracket that is not closed.
    pub(crate) opened: Option<usize>,
    /// What the grammar must not see.
    pub(crate) removed: (usize, usize),
}

/// Why no end was found.
#[derive(Debug)]
pub(crate) struct Stuck {
    pub(crate) kind: SyntaxErrorKind,
    /// The bracket or quote to blame.
    pub(crate) at: usize,
    /// Where the search gave up.
    pub(crate) scanned_to: usize,
    /// Where reading can go on, if the brackets tell.
    pub(crate) resume: Option<usize>,
}

impl Fault {
    pub(crate) fn error(&self) -> SyntaxError {
        let at = span(self.at.0, self.at.1);
        let error = |label| SyntaxError::new(self.kind, at, label);
        match (self.kind, self.opened) {
            (_, Some(opener)) => error("another bracket is closed here").opened(span(opener, opener + 1)),
            (SyntaxErrorKind::BrokenLineJoin, None) => {
                error("blanks stand between this backslash and the line end")
                    .help("remove the blanks at the end of the line")
            }
            (SyntaxErrorKind::CommentBetweenJoinedLines, None) => {
                error("the line before this is to be continued by the next")
                    .help("put the comment before the command")
            }
            (SyntaxErrorKind::UnexpectedCharacter, None) => {
                error("a control character stands here").help("remove it")
            }
            (_, None) => error("nothing is open that this closes"),
        }
    }
}

impl Stuck {
    pub(crate) fn span(&self) -> Span {
        span(self.at, self.at + 1)
    }

    pub(crate) fn error(&self) -> SyntaxError {
        let error = |label| SyntaxError::new(self.kind, self.span(), label);
        match self.kind {
            SyntaxErrorKind::NestingTooDeep => error("this bracket is one too many"),
            _ => error("opened here").opened(self.span()),
        }
    }
}

fn span(start: usize, end: usize) -> Span {
    // The driver admits no text of 4 GiB, so that every offset fits.
    Span { start: start as u32, end: end as u32 }
}

/// Finds the end of the statement that starts at `start`.
pub(crate) fn cut(text: &[u8], start: usize) -> Result<Cut, Stuck> {
    let mut splitter =
        Splitter { text, open: Vec::new(), line_start: start, joined_to: start, faults: Vec::new() };
    splitter.run(start)
}

/// Finds the line behind `from` where reading can go on after a statement without end: one that starts in the
/// first column with what only a new statement starts with.
pub(crate) fn resume_line(text: &[u8], from: usize) -> usize {
    const STARTS: [&[u8]; 7] = [b"/", b":", b"add ", b"set ", b"remove ", b"enable ", b"disable "];
    let mut at = from;
    while let Some(offset) = memchr2(b'\n', b'\r', &text[at..]) {
        at += offset + 1;
        if STARTS.iter().any(|start| text[at..].starts_with(start)) {
            return at;
        }
    }
    text.len()
}

/// Returns the length of the comment at `at`, if one starts there. Elsewhere than behind a blank, a line end,
/// `;` or an opening bracket, a `#` is text.
pub(crate) fn comment(text: &[u8], start: usize, at: usize) -> Option<usize> {
    let starts_token = at == start
        || matches!(text[at - 1], b' ' | b'\t' | HOLE | b'\n' | b'\r' | b';' | b'{' | b'[' | b'(');
    (text[at] == b'#' && starts_token).then(|| to_line_end(&text[at..]))
}

fn to_line_end(text: &[u8]) -> usize {
    memchr2(b'\n', b'\r', text).unwrap_or(text.len())
}

/// A bracket or quote that is open.
struct Open {
    byte: u8,
    at: usize,
    /// Where the line or statement that holds it starts, on the level around it.
    line_start: usize,
    /// The first line end that it holds itself, outside further brackets. If it is never closed, its
    /// statement was meant to end there.
    first_newline: Option<usize>,
}

struct Splitter<'t> {
    text: &'t [u8],
    open: Vec<Open>,
    /// Where the current line or statement starts, on the innermost level.
    line_start: usize,
    /// Where the last line join ended: blanks before it belong to the join.
    joined_to: usize,
    faults: Vec<Fault>,
}

impl Splitter<'_> {
    fn run(&mut self, start: usize) -> Result<Cut, Stuck> {
        let mut at = start;
        loop {
            if let Some(last) = self.faults.get(MAX_ERRORS) {
                // Reading stops here; the statement is not worth more memory.
                let kind = SyntaxErrorKind::TooManyErrors;
                return Err(Stuck { kind, at: last.at.0, scanned_to: at, resume: None });
            }
            if self.open.last().is_some_and(|open| open.byte == b'"') {
                at = self.inside_quotes(at)?;
                continue;
            }
            let Some(offset) = self.text[at..].iter().position(|&byte| class::is(byte, STRUCTURE)) else {
                at = self.text.len();
                break;
            };
            at += offset;
            let byte = self.text[at];
            match byte {
                b'#' => at += comment(self.text, start, at).unwrap_or(1),
                b'\\' => at = self.backslash(at),
                b'"' | b'(' | b'[' | b'{' => at = self.push(byte, at)?,
                b')' | b']' | b'}' => at = self.close(byte, at),
                HOLE => {
                    self.remark(SyntaxErrorKind::UnexpectedCharacter, at);
                    at += 1;
                }
                _ => {
                    // A line end or `;`.
                    if self.open.is_empty() {
                        break;
                    }
                    at += 1;
                    self.line_start = at;
                    if let Some(open) = self.open.last_mut()
                        && class::is(byte, NEWLINE)
                    {
                        open.first_newline.get_or_insert(at);
                    }
                }
            }
        }
        if self.open.is_empty() {
            Ok(Cut { end: at, faults: std::mem::take(&mut self.faults) })
        } else {
            Err(self.stuck(at))
        }
    }

    /// Goes to the next thing inside a string that is not text.
    fn inside_quotes(&mut self, from: usize) -> Result<usize, Stuck> {
        let Some(offset) = memchr3(b'"', b'\\', b'$', &self.text[from..]) else {
            return Err(self.stuck(self.text.len()));
        };
        let at = from + offset;
        match (self.text[at], self.text.get(at + 1)) {
            (b'"', _) => {
                self.pop();
                Ok(at + 1)
            }
            (b'$', Some(&opener @ (b'(' | b'[' | b'"'))) => self.push(opener, at + 1),
            (b'$', _) => Ok(at + 1),
            // The escaped character may be longer than a byte; its rest is then text like any other.
            _ => Ok((at + 2).min(self.text.len())),
        }
    }

    /// Goes behind a line join, and behind the comments between the lines that it joins. Text as it would be
    /// if the join were not there has no comment: `a\` joined with `#b` is the word `a#b`.
    fn backslash(&mut self, at: usize) -> usize {
        let Some(join) = decode::line_join(&self.text[at..]) else { return at + 1 };
        if join.is_broken {
            self.remark(SyntaxErrorKind::BrokenLineJoin, at);
        }
        let follows_blank = at > self.joined_to && class::is(self.text[at - 1], BLANK);
        let mut next = at + join.length;
        while self.text.get(next) == Some(&b'#') {
            if !follows_blank {
                return next + 1;
            }
            self.remark(SyntaxErrorKind::CommentBetweenJoinedLines, next);
            next += to_line_end(&self.text[next..]);
            next += self.text[next..].iter().take(2).take_while(|&&byte| class::is(byte, NEWLINE)).count();
            next += self.text[next..].iter().take_while(|&&byte| class::is(byte, BLANK)).count();
        }
        self.joined_to = next;
        next
    }

    fn push(&mut self, byte: u8, at: usize) -> Result<usize, Stuck> {
        if self.open.len() == MAX_NESTING {
            return Err(Stuck { kind: SyntaxErrorKind::NestingTooDeep, at, scanned_to: at, resume: None });
        }
        self.open.push(Open { byte, at, line_start: self.line_start, first_newline: None });
        self.line_start = at + 1;
        Ok(at + 1)
    }

    fn pop(&mut self) {
        if let Some(open) = self.open.pop() {
            self.line_start = open.line_start;
        }
    }

    /// Closes the bracket that fits. Braces hold whole statements, so `)` and `]` never reach past one, and
    /// `}` closes whatever was left open inside its own.
    fn close(&mut self, closer: u8, at: usize) -> usize {
        let opener = match closer {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        let depth = self
            .open
            .iter()
            .rev()
            .take_while(|open| open.byte == opener || !matches!(open.byte, b'"' | b'{'))
            .position(|open| open.byte == opener);
        let Some(depth) = depth else { return self.stray_closer(at) };
        let matching = self.open.len() - 1 - depth;
        for open in &self.open[matching + 1..] {
            self.faults.push(Fault {
                kind: unclosed(open.byte),
                at: (at, at + 1),
                opened: Some(open.at),
                removed: (open.line_start, open.first_newline.unwrap_or(at)),
            });
        }
        self.open.truncate(matching + 1);
        self.pop();
        at + 1
    }

    /// Reports a byte that the grammar gets to see and reads past.
    fn remark(&mut self, kind: SyntaxErrorKind, at: usize) {
        self.faults.push(Fault { kind, at: (at, at + 1), opened: None, removed: (at, at) });
    }

    /// Takes out a closer. A `#` behind the hole that it leaves starts a comment.
    fn stray_closer(&mut self, at: usize) -> usize {
        let next = at + 1;
        self.faults.push(Fault {
            kind: SyntaxErrorKind::UnexpectedCloser,
            at: (at, next),
            opened: None,
            removed: (at, next),
        });
        if self.text.get(next) == Some(&b'#') { next + to_line_end(&self.text[next..]) } else { next }
    }

    /// The text ends with something open. A quote at the end is the one to blame, since what was opened
    /// before it may be closed inside it; of brackets, the outermost has waited for its closer all along.
    fn stuck(&self, end: usize) -> Stuck {
        let first = self.open.first().expect("the caller has seen that something is open");
        let last = self.open.last().expect("the caller has seen that something is open");
        let blamed = if last.byte == b'"' { last } else { first };
        // The statement of a parenthesis or bracket was meant to end with its line; where that of a brace or
        // a quote was meant to end, nothing tells.
        let resume = match first.byte {
            b'(' | b'[' if last.byte != b'"' => first.first_newline,
            _ => None,
        };
        Stuck { kind: unclosed(blamed.byte), at: blamed.at, scanned_to: end, resume }
    }
}

fn unclosed(opener: u8) -> SyntaxErrorKind {
    match opener {
        b'"' => SyntaxErrorKind::UnclosedQuote,
        b'(' => SyntaxErrorKind::UnclosedParenthesis,
        b'[' => SyntaxErrorKind::UnclosedBracket,
        _ => SyntaxErrorKind::UnclosedBrace,
    }
}
