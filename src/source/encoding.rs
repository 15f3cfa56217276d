//! Bytes of a file to text and back.

/// How a file's text is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, ASCII included.
    #[default]
    Utf8,
    /// RouterOS's own code page.
    Windows1252,
    /// UTF-16 with a byte order mark, as some editors save text. RouterOS reads none.
    Utf16,
}

/// Decodes a file. Text that is not UTF-8 is taken for RouterOS's own code page.
pub(super) fn decode(bytes: Vec<u8>) -> (String, Encoding) {
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => (utf16(rest, u16::from_le_bytes), Encoding::Utf16),
        [0xfe, 0xff, rest @ ..] => (utf16(rest, u16::from_be_bytes), Encoding::Utf16),
        _ => match String::from_utf8(bytes) {
            Ok(text) => (text, Encoding::Utf8),
            Err(error) => {
                let text = error.into_bytes().into_iter().map(rosc_grammar::windows_1252).collect();
                (text, Encoding::Windows1252)
            }
        },
    }
}

impl Encoding {
    /// Encodes text that was decoded from a file of this encoding; what was UTF-16 becomes UTF-8.
    pub fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 | Self::Utf16 => text.as_bytes().to_vec(),
            Self::Windows1252 => text.chars().map(byte_of).collect(),
        }
    }
}

/// The byte of a character; `?` for one that the code page lacks, which none of its texts holds.
fn byte_of(c: char) -> u8 {
    if c.is_ascii() {
        return u8::try_from(c).unwrap_or(b'?');
    }
    (0x80..=0xff).find(|&byte| rosc_grammar::windows_1252(byte) == c).unwrap_or(b'?')
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_the_code_page_of_routers_is_written_as_it_was_read() {
        let bytes: Vec<u8> = (0..=255).collect();
        let (text, encoding) = decode(bytes.clone());
        assert_eq!(encoding, Encoding::Windows1252);
        assert_eq!(encoding.encode(&text), bytes);
    }

    #[test]
    fn bytes_that_are_no_utf8_are_windows_1252() {
        assert_eq!(decode(vec![b'a', 0xe9, 0x80]), ("aé€".to_owned(), Encoding::Windows1252));
        assert_eq!(decode("aé€".into()), ("aé€".to_owned(), Encoding::Utf8));
    }

    #[test]
    fn utf16_with_a_byte_order_mark_is_read() {
        assert_eq!(decode(vec![0xff, 0xfe, b'a', 0, 0xe9, 0]), ("aé".to_owned(), Encoding::Utf16));
        assert_eq!(decode(vec![0xfe, 0xff, 0, b'a', 0, 0xe9]), ("aé".to_owned(), Encoding::Utf16));
    }
}
