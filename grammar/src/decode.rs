//! What written text says: line joins taken out, escapes decoded.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use crate::ast::{Quoted, Span, Variable, Word};
use crate::class::{self, BLANK};

impl Word {
    /// Returns what the word says: its text without line joins.
    pub fn text(self, source: &str) -> Cow<'_, str> {
        let next = |rest: &[u8]| memchr(b'\\', rest);
        rewritten(self.span.slice(source), next, |rest, _| {
            // A word holds no backslash but those of joins; one more would be passed over.
            join_and_prompt(rest.as_bytes(), PromptsIn::Code).unwrap_or(1)
        })
    }
}

impl Quoted {
    /// Returns what the string says: without its quotes, escapes decoded, line joins taken out.
    ///
    /// `\XX` stands for a byte of the router's code page, which is taken for Windows-1252, so that the result
    /// is text. A script that means other bytes finds them as written in [`Quoted::span`].
    pub fn text(self, source: &str) -> Cow<'_, str> {
        let inside = Span { start: self.span.start + 1, end: self.span.end - 1 };
        inside.unescape(source)
    }
}

impl Variable {
    /// Returns the name: without `$` and quotes, decoded.
    pub fn text(self, source: &str) -> Cow<'_, str> {
        self.name.unescape(source)
    }
}

impl Span {
    /// Returns what the span says when it is read as the inside of a string.
    ///
    /// An unknown escape, for which parsing has reported an error, stays as it is written.
    pub fn unescape(self, source: &str) -> Cow<'_, str> {
        // A bare quote can't stand inside a string, except as the first character of the prompt by which a
        // terminal asks for the next line of it.
        let next = |rest: &[u8]| memchr2(b'\\', b'"', rest);
        rewritten(self.slice(source), next, |rest, text| {
            if rest.starts_with('"') {
                return continuation_prompt(rest.as_bytes(), PromptsIn::Strings).unwrap_or_else(|| {
                    text.push('"');
                    1
                });
            }
            let (escape, length) = escape(rest.as_bytes());
            match escape {
                Escape::Character(character) => text.push(character),
                Escape::LineJoin => {}
                Escape::Unknown => text.push_str(&rest[..length]),
            }
            length
        })
    }
}

/// Copies a text, except where `next` finds something: there `replace` writes what stands for it, and returns
/// the length of what it stands for. A text in which nothing is found is borrowed.
fn rewritten<'t>(
    written: &'t str,
    next: impl Fn(&[u8]) -> Option<usize>,
    replace: impl Fn(&'t str, &mut String) -> usize,
) -> Cow<'t, str> {
    let Some(mut at) = next(written.as_bytes()) else { return Cow::Borrowed(written) };
    let mut text = String::with_capacity(written.len());
    let mut rest = written;
    loop {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[replace(rest, &mut text)..];
        match next(rest.as_bytes()) {
            Some(offset) => at = offset,
            None => break,
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// What a backslash in a string introduces.
pub(crate) enum Escape {
    /// One character.
    Character(char),
    /// Nothing: the string goes on behind the blanks of the next line.
    LineJoin,
    /// No escape of the language.
    Unknown,
}

/// Reads the escape at the start of the text, which is a backslash, and says how many bytes it takes.
///
/// Source of the set: the manual's page "Scripting", section "Constant Escape Sequences". Hex digits are
/// upper case only, which is what tells `\b` and `\f` from bytes.
pub(crate) fn escape(text: &[u8]) -> (Escape, usize) {
    let Some(&second) = text.get(1) else { return (Escape::Unknown, 1) };
    let character = match second {
        b'"' | b'\\' | b'$' | b'?' => char::from(second),
        b'_' => ' ',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'a' => '\x07',
        b'b' => '\x08',
        b'f' => '\x0c',
        b'v' => '\x0b',
        b'0'..=b'9' | b'A'..=b'F' => match text.get(2).and_then(|&third| hex_digit(third)) {
            Some(low) => {
                let high = hex_digit(second).expect("the arm admits hex digits only");
                return (Escape::Character(windows_1252(high * 16 + low)), 3);
            }
            None => return (Escape::Unknown, 2),
        },
        _ => {
            return match join_and_prompt(text, PromptsIn::Strings) {
                Some(length) => (Escape::LineJoin, length),
                // The backslash alone, so that a character of several bytes stays whole.
                None => (Escape::Unknown, 1),
            };
        }
    };
    (Escape::Character(character), 2)
}

/// Returns how many bytes the escape at the start of the text takes: a backslash, with what it belongs to. A joined line
/// counts with the blanks at the start of the next one.
///
/// # Panics
/// If the text is empty.
pub fn escape_length(text: &str) -> usize {
    escape(text.as_bytes()).1
}

/// Where a terminal's prompt for the next line would stand.
#[derive(Clone, Copy)]
pub(crate) enum PromptsIn {
    /// Inside quotes, where a brace is text like any other.
    Strings,
    /// Outside quotes.
    Code,
}

/// Returns the length of the prompt that a terminal prints for the next line of an unfinished command.
///
/// It is what is open, then three dots and a blank: `{... `, `"... `. None of them can stand where it is
/// looked for, so that no text is mistaken for one: `\.` is no escape, and a word holds no brackets.
pub(crate) fn continuation_prompt(text: &[u8], place: PromptsIn) -> Option<usize> {
    let opened: &[u8] = match place {
        PromptsIn::Strings => b"\"\\",
        PromptsIn::Code => b"\"\\{[(",
    };
    (opened.contains(text.first()?) && text[1..].starts_with(b"... ")).then_some(5)
}

/// A line join: a backslash at the end of a line, with the blanks at the start of the next.
pub(crate) struct LineJoin {
    pub(crate) length: usize,
    /// Whether blanks stand between the backslash and the line end, where none may be.
    pub(crate) is_broken: bool,
}

/// Reads the line join at the start of the text, which is a backslash.
pub(crate) fn line_join(text: &[u8]) -> Option<LineJoin> {
    let broken = blanks(&text[1..]);
    let newline = match text[1 + broken..] {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => return None,
    };
    let next = 1 + broken + newline;
    Some(LineJoin { length: next + blanks(&text[next..]), is_broken: broken > 0 })
}

/// Returns the length of a line join and of the prompt that a terminal has printed before the next line.
fn join_and_prompt(text: &[u8], place: PromptsIn) -> Option<usize> {
    let LineJoin { length, is_broken } = line_join(text)?;
    match place {
        // In a string, a blank behind a backslash makes it an unknown escape.
        PromptsIn::Strings if is_broken => return None,
        PromptsIn::Strings | PromptsIn::Code => {}
    }
    let prompt = continuation_prompt(&text[length..], place).unwrap_or(0);
    let next = length + prompt;
    Some(if prompt > 0 { next + blanks(&text[next..]) } else { next })
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|&&byte| class::is(byte, BLANK)).count()
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Returns the character of a byte of code page 1252, in which routers show text that is not UTF-8.
///
/// The five bytes that it leaves open stand for themselves, as in the WHATWG encoding standard.
pub fn windows_1252(byte: u8) -> char {
    const FROM_0X80: [char; 32] = [
        '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
        '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}',
        '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}',
        '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
    ];
    match byte {
        0x80..=0x9f => FROM_0X80[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}
