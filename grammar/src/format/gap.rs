//! What stands between two statements: line ends, `;`, comments.

use crate::decode::line_join;

/// The text between two statements, or between one and the end of what they stand in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Gap<'t> {
    /// A comment on the line on which the gap begins.
    pub(super) trailing: Option<&'t str>,
    /// The lines between the first and the last of the gap.
    pub(super) lines: Vec<Line<'t>>,
    /// Whether the gap begins and ends on different lines.
    pub(super) ends_line: bool,
}

/// A line without a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'t> {
    /// Empty; several of them are one.
    Blank,
    Comment(&'t str),
}

impl<'t> Gap<'t> {
    pub(super) fn read(text: &'t str) -> Self {
        let mut gap = Self::default();
        let mut at = 0;
        let mut is_empty_line = false;
        let bytes = text.as_bytes();
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\n' | b'\r' => {
                    if is_empty_line && gap.lines.last() != Some(&Line::Blank) {
                        gap.lines.push(Line::Blank);
                    }
                    is_empty_line = true;
                    gap.ends_line = true;
                    at += if bytes[at..].starts_with(b"\r\n") { 2 } else { 1 };
                }
                b'#' => {
                    let end =
                        memchr::memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |length| at + length);
                    let comment = text[at..end].trim_end();
                    if gap.ends_line {
                        gap.lines.push(Line::Comment(comment));
                    } else {
                        gap.trailing = Some(comment);
                    }
                    is_empty_line = false;
                    at = end;
                }
                b'\\' => at += line_join(&bytes[at..]).map_or(1, |join| join.length),
                _ => at += 1,
            }
        }
        gap
    }

    /// Whether there is a comment.
    pub(super) fn has_comment(&self) -> bool {
        self.trailing.is_some() || self.lines.iter().any(|line| matches!(line, Line::Comment(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_are_one_and_comments_have_their_place() {
        let gap = Gap::read(" ; # behind \r\n\r\n \r\n# above\r\n\r\n");
        assert_eq!(gap.trailing, Some("# behind"));
        assert_eq!(gap.lines, [Line::Blank, Line::Comment("# above"), Line::Blank]);
        assert!(gap.ends_line);
    }

    #[test]
    fn statements_on_one_line_have_no_line_end_between_them() {
        assert_eq!(Gap::read(" ; \\\n  "), Gap::default());
    }
}
