//! Pasted terminal sessions: which lines were typed, and which the router printed.
//!
//! A line that starts with a prompt (`[admin@MikroTik] > `, `[admin@MikroTik] /ip/address> `) holds a
//! command; what follows up to the next prompt is output. Two kinds of output are input all the same, because
//! people paste them for the configuration in them: what `export` prints, and an export that precedes the
//! first prompt.
//!
//! Spans point into the text as it is: segments are ranges of it, and the prompts for the next line of an
//! unfinished command (`{... `, `"... `) are overwritten by blanks, in a copy.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use crate::ast::Span;
use crate::class::{self, BLANK};
use crate::decode::{PromptsIn, continuation_prompt};
use crate::overwrite::overwritten;

/// Names and menus longer than this are no part of a prompt.
const LONGEST: usize = 128;

/// A part of the text and how to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The menu of the prompt before it.
    pub(crate) prompt: Option<Span>,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) mode: Mode,
}

/// How much of a segment is input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// All of it.
    Script,
    /// The statements of its first line; the rest is output.
    FirstLine,
    /// None of it.
    Output,
}

impl Segment {
    /// The whole of a text, as a script.
    pub(crate) fn script(text: &str) -> Self {
        Self { prompt: None, start: 0, end: text.len(), mode: Mode::Script }
    }
}

/// Splits a session at its prompts. A text without prompts is one segment.
pub(crate) fn segments(text: &str) -> Vec<Segment> {
    let bytes = text.as_bytes();
    let mut segments = Vec::new();
    for at in memchr_iter(b'@', bytes) {
        let Some(prompt) = Prompt::around(bytes, at) else { continue };
        match segments.last_mut() {
            None => {
                let is_script = starts_like_a_script(&bytes[..prompt.line_start]);
                let mode = if is_script { Mode::Script } else { Mode::Output };
                segments.push(Segment { prompt: None, start: 0, end: prompt.line_start, mode });
            }
            Some(last) => last.end = prompt.line_start,
        }
        segments.push(Segment {
            prompt: Some(Span { start: prompt.menu.0 as u32, end: prompt.menu.1 as u32 }),
            start: prompt.input_start,
            end: bytes.len(),
            mode: Mode::FirstLine,
        });
    }
    if segments.is_empty() {
        segments.push(Segment { prompt: None, start: 0, end: bytes.len(), mode: Mode::Script });
    }
    segments
}

/// Overwrites the prompts for the next line of an unfinished command.
pub(crate) fn without_continuation_prompts(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let prompts = memchr_iter(b'\n', bytes).filter_map(|newline| {
        let start = newline + 1;
        Some((start, start + continuation_prompt(&bytes[start..], PromptsIn::Code)?))
    });
    overwritten(text, prompts, b' ')
}

/// A prompt, by its places in the text.
struct Prompt {
    line_start: usize,
    /// The text between `]` and `>`, without the blanks around it.
    menu: (usize, usize),
    input_start: usize,
}

impl Prompt {
    /// Reads the prompt whose `@` is at `at`: `[user@identity] menu> `, or `<SAFE>` for the `>` in safe mode.
    fn around(text: &[u8], at: usize) -> Option<Self> {
        let user = text[at.saturating_sub(LONGEST)..at]
            .iter()
            .rev()
            .take_while(|byte| {
                !matches!(byte, b'[' | b']' | b'"' | b'$' | b'=' | b' ' | b'\t' | b'\n' | b'\r')
            })
            .count();
        let bracket = at.checked_sub(user + 1)?;
        if user == 0 || text[bracket] != b'[' {
            return None;
        }
        let before = &text[..bracket];
        let indent = before.iter().rev().take(LONGEST).take_while(|&&byte| class::is(byte, BLANK)).count();
        let line_start = bracket - indent;
        if !(matches!(text[..line_start], [] | [.., b'\n' | b'\r'])
            || &text[..line_start] == "\u{feff}".as_bytes())
        {
            return None;
        }

        let identity = memchr(b']', &text[at..text.len().min(at + LONGEST)])?;
        if identity == 1
            || text[at..at + identity].iter().any(|byte| matches!(byte, b'\n' | b'\r' | b'"' | b'['))
        {
            return None;
        }
        let menu_start = at + identity + 1;
        let menu = text[menu_start..text.len().min(menu_start + LONGEST)]
            .iter()
            .take_while(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b' '))
            .count();
        let menu_end = menu_start + menu;
        let end = match &text[menu_end..] {
            [b'>', ..] => menu_end + 1,
            safe if safe.starts_with(b"<SAFE>") => menu_end + 6,
            _ => return None,
        };
        let trimmed = text[menu_start..menu_end].trim_ascii_start();
        let start = menu_end - trimmed.len();
        Some(Self { line_start, menu: (start, start + trimmed.trim_ascii_end().len()), input_start: end })
    }
}

fn starts_like_a_script(text: &[u8]) -> bool {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text).trim_ascii_start();
    matches!(text.first(), Some(b'#' | b'/' | b':'))
}
