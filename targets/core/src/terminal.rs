//! What steers a terminal.

/// Says whether a terminal, or whoever reads what stands there, would take the character for something else than a part
/// of a text: control characters, marks that turn the direction of writing, and ends of lines that are no control
/// characters. All of them lie in Unicode's first plane.
pub fn steers_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_all_scripts_are_text() {
        assert!(!"größe שלום 中文 — 'x' \u{1f600}".contains(steers_terminal));
        for c in ['\0', '\n', '\x1b', '\x7f', '\u{9b}', '\u{2029}', '\u{202e}', '\u{2066}'] {
            assert!(steers_terminal(c), "{c:?}");
        }
    }
}
