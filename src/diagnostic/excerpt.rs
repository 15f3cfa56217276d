//! The piece of a file that a diagnostic shows.

use crate::source::{SourceFile, on_one_line};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use rosc_target::Origin;
use std::sync::Arc;

/// Of a line longer than this, in bytes, only the surroundings of the place are shown, and no line beside it.
const LONGEST_LINE: usize = 400;

/// How much is shown on each side of a place in such a line, in bytes.
const MARGIN: usize = 60;

/// A file whose lines are found by the index: miette's own source walks the whole text for every label.
pub(super) struct Excerpt(Arc<SourceFile>);

impl Excerpt {
    pub(super) fn of(file: Arc<SourceFile>) -> Self {
        Self(file)
    }
}

/// How many bytes of a place are marked: of a command over many lines the first one shows which it is, and of a long
/// one its beginning does.
pub(super) fn shown_part(file: &SourceFile, place: Origin) -> usize {
    let text = file.text().get(place.start as usize..place.end as usize).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    line.floor_char_boundary(LONGEST_LINE)
}

/// Says whether two places are so far from each other in one line that they can't be shown together.
pub(super) fn is_far(file: &SourceFile, one: usize, other: usize) -> bool {
    let (from, to) = (one.min(other), one.max(other));
    to - from > LONGEST_LINE
        && file.text().as_bytes().get(from..to).is_some_and(|text| !text.contains(&b'\n'))
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.0.printable();
        let (from, to) = (span.offset(), span.offset() + span.len());
        if to > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let starts = self.0.line_starts();
        let start_of = |line: usize| starts.get(line).map_or(text.len(), |&start| start as usize);
        let line_of = |offset: usize| starts.partition_point(|&start| start as usize <= offset) - 1;
        let is_long = |line: usize| start_of(line + 1) - start_of(line) > LONGEST_LINE;
        let first = line_of(from);
        let last = line_of(if to > from { to - 1 } else { to });
        let mut top = first;
        while top > 0 && first - top < lines_before && !is_long(first) && !is_long(top - 1) {
            top -= 1;
        }
        let mut bottom = last;
        while bottom + 1 < starts.len()
            && bottom - last < lines_after
            && !is_long(last)
            && !is_long(bottom + 1)
        {
            bottom += 1;
        }
        let start = if is_long(first) {
            text.floor_char_boundary(from.saturating_sub(MARGIN)).max(start_of(first))
        } else {
            start_of(top)
        };
        let end = if is_long(last) {
            text.ceil_char_boundary((to + MARGIN).min(text.len())).min(start_of(last + 1))
        } else {
            start_of(bottom + 1)
        };
        let column = if lines_before == 0 { text[start_of(first)..from].chars().count() } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            on_one_line(self.0.name()).into_owned(),
            &text.as_bytes()[start..end],
            (start, end - start).into(),
            top,
            column,
            starts.len(),
        )))
    }
}
