//! Text with parts of it overwritten, so that offsets into it stay what they are.

use std::borrow::Cow;

/// Fills ranges of bytes with an ASCII character. Each range begins and ends at character boundaries.
pub(crate) fn overwritten(
    text: &str,
    ranges: impl IntoIterator<Item = (usize, usize)>,
    with: u8,
) -> Cow<'_, str> {
    let mut bytes = None;
    for (start, end) in ranges {
        if start < end {
            bytes.get_or_insert_with(|| text.as_bytes().to_vec())[start..end].fill(with);
        }
    }
    match bytes {
        None => Cow::Borrowed(text),
        Some(bytes) => Cow::Owned(String::from_utf8(bytes).expect("whole characters gave way to ASCII")),
    }
}
