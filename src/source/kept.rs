//! Texts that scripts make while the sources are borrowed.

use std::sync::OnceLock;

/// A list that only grows, so that what lies in it can be lent out.
#[derive(Debug, Default)]
pub(super) struct Kept {
    first: OnceLock<Box<Text>>,
}

#[derive(Debug)]
struct Text {
    text: String,
    next: OnceLock<Box<Text>>,
}

impl Kept {
    /// Appends a text.
    pub(super) fn keep(&self, text: String) -> &str {
        let mut made = Some(Box::new(Text { text, next: OnceLock::new() }));
        let mut place = &self.first;
        loop {
            let text = place.get_or_init(|| made.take().expect("only the last place is empty"));
            if made.is_none() {
                return &text.text;
            }
            place = &text.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_stays_where_it_is() {
        let kept = Kept::default();
        let (first, second) = (kept.keep("a".to_owned()), kept.keep("b".to_owned()));
        assert_eq!((first, second), ("a", "b"));
    }
}
