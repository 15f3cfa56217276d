//! Text that may be shown on a terminal, whatever stands in a file.

use rosc_target::steers_terminal;
use std::borrow::Cow;
use std::fmt::Write;

/// Replaces what would steer a terminal, or turn the direction of writing: a file may come from anybody.
///
/// Lines stay lines. Every character keeps its length in bytes, so that offsets hold in both texts.
pub fn printable(text: &str) -> Cow<'_, str> {
    replaced(text, |at, c| steers(text, at, c))
}

/// The same for what is one line, such as a name: it must not look like further lines of ours.
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    replaced(text, |_, c| steers_terminal(c))
}

/// A JSON text with escapes for what would steer a terminal. It says the same: outside of its strings, which serde has
/// written, stand no such characters.
pub fn printable_json(text: String) -> String {
    if !text.char_indices().any(|(at, c)| steers(&text, at, c)) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if steers(&text, at, c) {
            write!(escaped, "\\u{:04x}", u32::from(c)).expect("writing to a string");
        } else {
            escaped.push(c);
        }
    }
    escaped
}

fn replaced(text: &str, is_replaced: impl Fn(usize, char) -> bool) -> Cow<'_, str> {
    if !text.char_indices().any(|(at, c)| is_replaced(at, c)) {
        return Cow::Borrowed(text);
    }
    let shown = text.char_indices().map(|(at, c)| match c.len_utf8() {
        _ if !is_replaced(at, c) => c,
        1 if c.is_ascii_whitespace() => ' ',
        1 => '?',
        2 => '\u{b7}',
        _ => '\u{fffd}',
    });
    Cow::Owned(shown.collect())
}

fn steers(text: &str, at: usize, c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // At the end of a line it belongs to it; elsewhere what follows would hide what is before.
        '\r' => text.as_bytes().get(at + 1) != Some(&b'\n'),
        c => steers_terminal(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_hold() {
        let text = "a\x1b\u{9b}\u{202e}\r\u{e9}\r\n\t";
        let shown = printable(text);
        assert_eq!(shown, "a?\u{b7}\u{fffd} \u{e9}\r\n\t");
        assert_eq!(shown.len(), text.len());
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(printable("/ip address\r\nadd \u{e9}"), Cow::Borrowed(_)));
        assert!(matches!(on_one_line("add \u{e9}"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_name_makes_no_lines() {
        assert_eq!(on_one_line("a\r\nb\tc\u{2028}d\u{85}\0"), "a  b c\u{fffd}d\u{b7}?");
    }

    #[test]
    fn escapes_in_json_say_the_same() {
        let names = ["\u{7f}\u{9b}31m\u{202e}\u{2029}", "plain \u{e9}"];
        let text = serde_json::to_string(&names).expect("texts");
        let escaped = printable_json(text);
        assert!(!escaped.contains(steers_terminal), "{escaped:?}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&escaped).expect("JSON"), names);
    }
}
