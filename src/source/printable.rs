//! Text that may be shown on a terminal, whatever stands in a file.

use std::borrow::Cow;

/// Replaces what would steer a terminal, or turn the direction of writing: a file may come from anybody.
///
/// Every character keeps its length in bytes, so that offsets hold in both texts.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.char_indices().any(|(at, c)| steers(text, at, c)) {
        return Cow::Borrowed(text);
    }
    let shown = text.char_indices().map(|(at, c)| match c.len_utf8() {
        _ if !steers(text, at, c) => c,
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
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_hold() {
        let text = "a\x1b\u{9b}\u{202e}\r\u{e9}\r\n\t";
        let shown = printable(text);
        assert_eq!(shown, "a?\u{b7}\u{fffd}?\u{e9}\r\n\t");
        assert_eq!(shown.len(), text.len());
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(printable("/ip address\r\nadd \u{e9}"), Cow::Borrowed(_)));
    }
}
