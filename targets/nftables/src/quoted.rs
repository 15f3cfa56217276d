//! Texts that stand in quotes in nft's language: comments and log prefixes.
//!
//! nft's JSON takes nearly any text, but its own language has no escape for a quote and ends a text at its
//! line. A comment that holds one makes `nft list ruleset` print what `nft -f` refuses, and the firewall that
//! an administrator saved that way is gone after the next start. So such texts are never loaded.

use rosc_target::steers_terminal;
use std::fmt;

/// A rule's comment: at most 128 bytes, without quotes, control characters and what turns the direction of writing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Comment(String);

impl Comment {
    /// nft's language takes 128 bytes (`NFTNL_UDATA_COMMENT_MAXLEN`). In JSON 253 are possible, and from 254
    /// on libnftables 1.0.6 ends the process.
    const MAX_LENGTH: usize = 128;

    /// Returns the comment, with `"` made `'`, what steers or turns a terminal made blanks, and cut at 128 bytes between
    /// two characters; `None` where nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let quotable = quotable(text, Self::MAX_LENGTH, &['"']);
        (!quotable.is_empty()).then_some(Self(quotable))
    }

    /// Takes the comment of a rule in the kernel as it is.
    pub(crate) fn listed(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text in front of each line of a log: at most 127 bytes, without `"`, `$` and control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPrefix(String);

impl LogPrefix {
    /// `NF_LOG_PREFIXLEN` of the kernel, less the final zero byte.
    const MAX_LENGTH: usize = 127;

    /// Returns the prefix, with `"` and `$` made `'`, what steers or turns a terminal made blanks, and cut at 127 bytes
    /// between two characters.
    ///
    /// In a log prefix, and only there, nft takes `$word` for a variable.
    pub fn new(text: &str) -> Self {
        Self(quotable(text, Self::MAX_LENGTH, &['"', '$']))
    }

    /// Takes the prefix of a rule in the kernel as it is.
    pub(crate) fn listed(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn quotable(text: &str, max_length: usize, forbidden: &[char]) -> String {
    let mut quotable = String::with_capacity(text.len().min(max_length));
    for character in text.chars() {
        let character = match character {
            c if forbidden.contains(&c) => '\'',
            c if steers_terminal(c) => ' ',
            c => c,
        };
        if quotable.len() + character.len_utf8() > max_length {
            break;
        }
        quotable.push(character);
    }
    quotable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_comment_is_cut_between_two_characters() {
        let comment = Comment::new(&"é".repeat(5000)).unwrap();
        assert_eq!(comment.as_str(), "é".repeat(64));
        let comment = Comment::new(&format!("a{}", "é".repeat(5000))).unwrap();
        assert_eq!(comment.as_str(), format!("a{}", "é".repeat(63)));
    }

    #[test]
    fn what_would_end_a_quoted_text_is_replaced() {
        assert_eq!(Comment::new("say \"hi\"\n\0$x").unwrap().as_str(), "say 'hi'  $x");
        assert_eq!(LogPrefix::new("say \"hi\" $x\0").as_str(), "say 'hi' 'x ");
        assert_eq!(Comment::new("drop\u{202e}tpecca\u{2028}x").unwrap().as_str(), "drop tpecca x");
        assert_eq!(Comment::new(""), None);
    }
}
