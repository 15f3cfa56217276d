//! The fast path for plain lines.
//!
//! Big files are lists: a million lines of `add list=x address=192.0.2.0/24 comment="y z"`. Such a line is a
//! word, then words and strings without escapes, with or without `name=` before them, and reading it takes
//! one pass over its bytes. Whatever is not exactly that is left to the grammar; what is read here, the
//! grammar reads to the same tree, which tests hold for arbitrary text.

use memchr::memchr3;

use crate::ast::{Anchor, Arg, ArgKind, Command, Quoted, Span, Value, Word};
use crate::class::{self, BLANK, NAME, NEWLINE, VERB, WORD};

/// Reads the command at `start`, and says where it ends. `None` means that the line is not plain.
///
/// `scratch` is empty before and after; it only saves growing a list of arguments for each line.
pub(crate) fn command(text: &[u8], start: usize, scratch: &mut Vec<Arg>) -> Option<(Command, usize)> {
    scratch.clear();
    let (anchor, mut at) = match text.get(start)? {
        b'/' => (Anchor::Root, start + 1),
        b':' => (Anchor::Global, start + 1),
        _ => (Anchor::Here, start),
    };

    let verb = at;
    at = skip(text, at, VERB);
    if verb == at || text[verb] == b'/' || !is_argument_end(text, at) {
        return None;
    }
    if is_keyword(&text[verb..at]) {
        return None;
    }
    scratch.push(word(verb, at));

    loop {
        let end = at;
        at = skip(text, at, BLANK);
        match text.get(at) {
            None | Some(b'\n' | b'\r' | b';' | b'#') => {
                let span = span(start, end);
                let mut args = Vec::with_capacity(scratch.len());
                args.append(scratch);
                return Some((Command { span, anchor, args, condition: Vec::new() }, end));
            }
            Some(_) => {}
        }
        let argument = at;
        let name_end = skip(text, argument, NAME);
        let (kind, start) = if name_end > argument && text.get(name_end) == Some(&b'=') {
            (ArgKind::Named(Word { span: span(argument, name_end) }), name_end + 1)
        } else {
            (ArgKind::Unnamed, argument)
        };
        let value;
        (value, at) = self::value(text, start)?;
        let has_meaning =
            kind == ArgKind::Unnamed && (text[argument] == b'!' || is_keyword(&text[argument..at]));
        if has_meaning || !is_argument_end(text, at) {
            return None;
        }
        scratch.push(Arg { span: span(argument, at), kind, value });
    }
}

/// Reads a word, or a string without escapes and substitutions.
fn value(text: &[u8], start: usize) -> Option<(Value, usize)> {
    if text.get(start) == Some(&b'"') {
        let closing = start + 1 + memchr3(b'"', b'\\', b'$', &text[start + 1..])?;
        let end = closing + 1;
        return (text[closing] == b'"').then(|| (Value::Quoted(Quoted { span: span(start, end) }), end));
    }
    let end = skip(text, start, WORD);
    (end > start).then(|| (Value::Word(Word { span: span(start, end) }), end))
}

fn skip(text: &[u8], mut at: usize, classes: u8) -> usize {
    while at < text.len() && class::is(text[at], classes) {
        at += 1;
    }
    at
}

/// Says whether an argument may end here: at a blank, a line end, `;` or the end of the text.
fn is_argument_end(text: &[u8], at: usize) -> bool {
    match text.get(at) {
        None | Some(b';') => true,
        Some(&byte) => class::is(byte, BLANK | NEWLINE),
    }
}

/// Says whether a condition begins here: behind `where`, or behind the verb `find`, which may end a path.
fn is_keyword(word: &[u8]) -> bool {
    word == b"where" || word.strip_suffix(b"find").is_some_and(|path| path.is_empty() || path.ends_with(b"/"))
}

fn word(start: usize, end: usize) -> Arg {
    let span = span(start, end);
    Arg { span, kind: ArgKind::Unnamed, value: Value::Word(Word { span }) }
}

fn span(start: usize, end: usize) -> Span {
    // The driver admits no text of 4 GiB, so that every offset fits.
    Span { start: start as u32, end: end as u32 }
}

#[cfg(test)]
mod tests {
    use crate::{parse, parse_by_grammar};

    /// Says whether the fast path reads all of the text, which is one statement.
    fn reads(text: &str) -> bool {
        super::command(text.as_bytes(), 0, &mut Vec::new()).is_some_and(|(_, end)| end == text.len())
    }

    #[test]
    fn plain_lines_are_read() {
        assert!(reads("add address=192.0.2.0/24 list=a,b disabled=yes"));
        assert!(reads("/ip/route add gateway=2001:db8::1%ether1 .x=*1F"));
        assert!(reads(":put 1"));
        assert!(reads("set 0"));
        assert!(reads("add comment=\"a [b] #c\" \"d\" e=\"\" f=\"g\nh\""));
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_grammar() {
        for text in [
            "",
            "/",
            ":",
            "x=1",
            "Add a=1",
            "add a=",
            "add a= b=1",
            "add a==b",
            "add a=b=c",
            "add !a",
            "add 'a'",
            "add a=\"b\\n\"",
            "add a=\"$b\"",
            "add a=\"b",
            "add a=\"b\"c",
            "add a\"b\"",
            "add [find]",
            "add $a",
            "add a=b\\\n c",
            "find a=b",
            "/ip/route/find a=b",
            "print where a=b",
            "add {",
            "add a=\u{e9}",
            "add \0",
        ] {
            assert!(!reads(text), "{text:?}");
        }
    }

    #[test]
    fn every_byte_is_classed_as_in_the_grammar() {
        for byte in 0..=0x7f_u8 {
            let byte = char::from(byte);
            for text in [
                format!("{byte}dd x"),
                format!("a{byte}d x"),
                format!("/{byte}d x"),
                format!("add {byte}x y"),
                format!("add x{byte}x y"),
                format!("add x{byte}=x y"),
                format!("add {byte}=x y"),
                format!("add x={byte} y"),
                format!("add x=x{byte} y"),
            ] {
                assert_eq!(parse(&text), parse_by_grammar(&text), "{text:?}");
            }
        }
    }
}
