//! What each byte can be part of, for the passes that read bytes instead of running the grammar.

/// Part of an unquoted value: letters, digits and `-.,:<>/|+_*&^%#@!~`.
pub(crate) const WORD: u8 = 1;
/// Part of the name in `name=value`.
pub(crate) const NAME: u8 = 2;
/// Part of a command's first word.
pub(crate) const VERB: u8 = 4;
/// A blank between arguments.
pub(crate) const BLANK: u8 = 8;
/// A line end.
pub(crate) const NEWLINE: u8 = 16;
/// Something that the splitter must look at outside quotes.
pub(crate) const STRUCTURE: u8 = 32;

/// What takes the place of text that the grammar must not see: a vertical tab, which the grammar reads as a
/// blank and the language does not have. Unlike a blank, it never becomes part of a line join.
pub(crate) const HOLE: u8 = 0x0b;

/// Says whether the byte is of one of the classes.
pub(crate) fn is(byte: u8, classes: u8) -> bool {
    TABLE[usize::from(byte)] & classes != 0
}

static TABLE: [u8; 256] = table();

const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = classes(byte as u8);
        byte += 1;
    }
    table
}

const fn classes(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' => WORD | NAME | VERB,
        b'A'..=b'Z' | b'_' => WORD | NAME,
        b'/' => WORD | VERB,
        b',' | b':' | b'<' | b'>' | b'|' | b'+' | b'*' | b'&' | b'^' | b'%' | b'@' | b'!' | b'~' => WORD,
        b'#' => WORD | STRUCTURE,
        b' ' | b'\t' => BLANK,
        b'\n' | b'\r' => NEWLINE | STRUCTURE,
        HOLE | b'"' | b';' | b'\\' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => STRUCTURE,
        _ => 0,
    }
}
