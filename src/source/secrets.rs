//! Values that are shown on demand only.

use rosc_grammar::escape_length;
use std::borrow::Cow;
use std::ops::Range;

/// Properties that RouterOS keeps out of an export; of dotted names, the last part.
const SENSITIVE: &[&str] = &[
    "auth-key",
    "authentication-key",
    "authentication-password",
    "eap-password",
    "encryption-password",
    "group-key",
    "ipsec-secret",
    "l2tp-secret",
    "management-protection-key",
    "passphrase",
    "password",
    "pre-shared-key",
    "preshared-key",
    "private-key",
    "private-pre-shared-key",
    "secret",
    "static-key-0",
    "static-key-1",
    "static-key-2",
    "static-key-3",
    "tcp-md5-key",
    "wpa-pre-shared-key",
    "wpa2-pre-shared-key",
];

/// What stands for a secret where one is.
pub const HIDDEN: &str = "***";

/// Whether a property's value is a secret.
pub fn is_sensitive(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    SENSITIVE.contains(&last)
}

/// A text with a star for each byte of a secret.
pub(super) fn masked(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut shown = String::new();
    for secret in secrets(&text) {
        shown.push_str(&text[shown.len()..secret.start]);
        shown.extend(secret.map(|_| '*'));
    }
    if shown.is_empty() {
        return text;
    }
    shown.push_str(&text[shown.len()..]);
    Cow::Owned(shown)
}

/// Where secrets stand in a text: the values of sensitive properties, without their quotes.
///
/// The text is not parsed, for it may be one that can't be: what looks like such a property is taken for one.
fn secrets(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut end = 0;
    memchr::memchr_iter(b'=', bytes).filter_map(move |equals| {
        // What looks like another secret may stand inside of one. Looking at it again would take time that is not
        // linear in the text.
        if equals < end {
            return None;
        }
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let length = bytes[..equals].iter().rev().take_while(|byte| is_name(byte)).count();
        let name = text.get(equals - length..equals)?;
        if !is_sensitive(name) {
            return None;
        }
        let start = match &bytes[equals + 1..] {
            [b'\\', b'\n' | b'\r', ..] => equals + 1 + escape_length(&text[equals + 1..]),
            _ => equals + 1,
        };
        let secret = match bytes.get(start) {
            Some(b'"') => start + 1..start + 1 + quoted_length(&bytes[start + 1..]),
            _ => start..start + bytes[start..].iter().take_while(|byte| !ends_word(**byte)).count(),
        };
        end = secret.end;
        Some(secret)
    })
}

/// The length of the inside of a string.
fn quoted_length(bytes: &[u8]) -> usize {
    let mut is_escaped = false;
    let is_inside = |byte: &&u8| {
        let goes_on = is_escaped || **byte != b'"';
        is_escaped = !is_escaped && **byte == b'\\';
        goes_on
    };
    bytes.iter().take_while(is_inside).count()
}

fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b';' | b']' | b')' | b'}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        secrets(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn secrets_are_found_however_they_are_written() {
        assert_eq!(found("add name=a password=b comment=c"), ["b"]);
        assert_eq!(found("set security.passphrase=\"a \\\" b\" x=\"c\""), ["a \\\" b"]);
        assert_eq!(found("add secret=\\\r\n    hunter2\nadd secret=\"open"), ["hunter2", "open"]);
        assert_eq!(found(":do { add password=x}; add password="), ["x", ""]);
    }

    #[test]
    fn a_masked_text_is_as_long_as_before() {
        let text = "add password=\"p\u{e4}ss\" x=1";
        let shown = masked(Cow::Borrowed(text));
        assert_eq!(shown, "add password=\"*****\" x=1");
        assert_eq!(shown.len(), text.len());
        let nested = "add password=\"a secret=b c\" secret=password=d e";
        assert_eq!(masked(Cow::Borrowed(nested)), "add password=\"************\" secret=********** e");
    }

    #[test]
    fn what_only_sounds_like_one_is_none() {
        assert_eq!(found("password-length=8 my=password secrets=1 =2"), Vec::<&str>::new());
    }
}
