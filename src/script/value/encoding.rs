//! `:convert`: bytes as text, numbers and bits.
//!
//! RouterOS's texts are bytes. Of what a text beyond ASCII is in bytes, the code page decides that it was written in,
//! which is why such texts are refused here.

use super::{Array, MOST_TEXT, Mistake, Value};
use std::fmt::Write;

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The bytes that a value stands for in a format.
pub(crate) fn decode(value: &Value, format: &str) -> Result<Vec<u8>, Mistake> {
    let text = || value.text().map(|text| text.into_owned());
    match format {
        "raw" => ascii(text()?),
        "hex" => from_hex(&text()?),
        "base64" => from_digits(&text()?, BASE64, 6),
        "base32" => from_digits(&text()?, BASE32, 5),
        "url" => from_url(&text()?),
        "num" => Ok(vec![byte(value).ok_or_else(large_number)?]),
        "byte-array" => match value {
            Value::Array(array) => array.items().iter().map(|one| byte(one).ok_or_else(no_byte)).collect(),
            one => Ok(vec![byte(one).ok_or_else(no_byte)?]),
        },
        _ => Err(Mistake::new("there is no such format to convert from")
            .help("base32, base64, byte-array, hex, num, raw or url")),
    }
}

/// Bytes in a format.
pub(crate) fn encode(bytes: Vec<u8>, format: &str) -> Result<Value, Mistake> {
    let bits = |of: fn(u8, u8) -> u8| {
        let bits = bytes.iter().flat_map(|&byte| (0..8).map(move |at| of(byte, at) & 1));
        Array::of(bits.map(|bit| Value::Num(bit.into()))).map(|array| Value::Array(array.into()))
    };
    let text = match format {
        "raw" => match String::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => text,
            Ok(_) | Err(_) => return Err(beyond_ascii()),
        },
        "hex" => bytes.iter().fold(String::new(), |mut out, byte| {
            write!(out, "{byte:02x}").expect("writing to a string");
            out
        }),
        "base64" => to_digits(&bytes, BASE64, 6, 4),
        "base32" => to_digits(&bytes, BASE32, 5, 8),
        "url" => to_url(&bytes),
        "num" => match bytes.as_slice() {
            [byte] => return Ok(Value::Num((*byte).into())),
            _ => return Err(large_number()),
        },
        "byte-array" => {
            let array = Array::of(bytes.into_iter().map(|byte| Value::Num(byte.into())))?;
            return Ok(Value::Array(array.into()));
        }
        "bit-array-msb" => return bits(|byte, at| byte >> (7 - at)),
        "bit-array-lsb" => return bits(|byte, at| byte >> at),
        _ => {
            return Err(Mistake::new("there is no such format to convert to")
                .help("base32, base64, bit-array-lsb, bit-array-msb, byte-array, hex, num, raw or url"));
        }
    };
    if text.len() > MOST_TEXT {
        return Err(Mistake::too_large("text", MOST_TEXT, "bytes"));
    }
    Ok(Value::str(text))
}

/// Changes bytes on their way from one format to another.
pub(crate) fn transform(mut bytes: Vec<u8>, how: &str) -> Result<Vec<u8>, Mistake> {
    match how {
        "none" => {}
        "lc" => bytes.make_ascii_lowercase(),
        "uc" => bytes.make_ascii_uppercase(),
        "lcfirst" => bytes.iter_mut().take(1).for_each(|first| first.make_ascii_lowercase()),
        "ucfirst" => bytes.iter_mut().take(1).for_each(|first| first.make_ascii_uppercase()),
        "reverse" => bytes.reverse(),
        "rot13" => bytes.iter_mut().for_each(|byte| *byte = rotated(*byte)),
        "lf" => bytes = without_returns(&bytes),
        "crlf" => {
            let lines = without_returns(&bytes);
            let ends = lines.iter().flat_map(|&byte| match byte {
                b'\n' => [Some(b'\r'), Some(b'\n')],
                byte => [Some(byte), None],
            });
            bytes = ends.flatten().collect();
        }
        _ => {
            return Err(Mistake::unknown(format!("the transformation `{how}` is not known to rosc"))
                .help("crlf, lc, lcfirst, lf, none, reverse, rot13, uc or ucfirst"));
        }
    }
    Ok(bytes)
}

fn rotated(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        other => other,
    }
}

fn without_returns(bytes: &[u8]) -> Vec<u8> {
    let ends_line = |at: usize| bytes.get(at + 1) == Some(&b'\n');
    let kept = bytes.iter().enumerate().filter(|(at, byte)| **byte != b'\r' || !ends_line(*at));
    kept.map(|(_, byte)| *byte).collect()
}

fn ascii(text: String) -> Result<Vec<u8>, Mistake> {
    if text.is_ascii() { Ok(text.into_bytes()) } else { Err(beyond_ascii()) }
}

fn beyond_ascii() -> Mistake {
    Mistake::unknown("the bytes of a text beyond ASCII depend on the router's code page")
}

/// Routers of different processors order the bytes of a number differently.
fn large_number() -> Mistake {
    Mistake::unknown("the bytes of a number above 255 depend on the router's processor")
}

fn no_byte() -> Mistake {
    Mistake::new("a byte is a number from 0 to 255")
}

fn byte(value: &Value) -> Option<u8> {
    value.as_number().and_then(|number| u8::try_from(number).ok())
}

fn from_hex(text: &str) -> Result<Vec<u8>, Mistake> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    bytes.ok_or_else(|| Mistake::new("this is not hexadecimal: pairs of the digits 0 to 9 and a to f"))
}

/// Digits of so many bits each, the last ones padded.
fn to_digits(bytes: &[u8], digits: &[u8], width: u32, group: usize) -> String {
    let mut out = String::with_capacity(bytes.len() * 8 / width as usize + group);
    let (mut held, mut bits) = (0u32, 0);
    let mask = (1 << width) - 1;
    for &byte in bytes {
        held = held << 8 | u32::from(byte);
        bits += 8;
        while bits >= width {
            bits -= width;
            out.push(char::from(digits[(held >> bits & mask) as usize]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.push(char::from(digits[(held << (width - bits) & mask) as usize]));
    }
    while !out.len().is_multiple_of(group) {
        out.push('=');
    }
    out
}

fn from_digits(text: &str, digits: &[u8], width: u32) -> Result<Vec<u8>, Mistake> {
    let mut bytes = Vec::with_capacity(text.len() * width as usize / 8);
    let (mut held, mut bits) = (0u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let Some(value) = digits.iter().position(|known| *known == digit) else {
            return Err(Mistake::new("this is not of the format that it is to be converted from"));
        };
        held = held << width | u32::try_from(value).expect("alphabets are small");
        bits += width;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Ok(bytes)
}

fn to_url(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, &byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => write!(out, "%{other:02X}").expect("writing to a string"),
        }
        out
    })
}

fn from_url(text: &str) -> Result<Vec<u8>, Mistake> {
    let mut pieces = text.split('%');
    let mut bytes = ascii(pieces.next().unwrap_or_default().to_owned())?;
    for piece in pieces {
        let escape = piece.get(..2).ok_or_else(|| Mistake::new("a `%` without two digits behind it"))?;
        bytes.extend(from_hex(escape)?);
        bytes.extend(ascii(piece[2..].to_owned())?);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(text: &str, from: &str, how: &str, to: &str) -> String {
        let bytes = decode(&Value::str(text), from).expect("of the format");
        let value = encode(transform(bytes, how).expect("known"), to).expect("known");
        value.text().expect("short").into_owned()
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for (format, encoded) in [
            ("base64", ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]),
            ("base32", ["", "MY======", "MZXQ====", "MZXW6===", "MZXW6YQ=", "MZXW6YTB", "MZXW6YTBOI======"]),
            ("hex", ["", "66", "666f", "666f6f", "666f6f62", "666f6f6261", "666f6f626172"]),
        ] {
            for (length, encoded) in encoded.into_iter().enumerate() {
                let text = &"foobar"[..length];
                assert_eq!(converted(text, "raw", "none", format), encoded);
                assert_eq!(converted(encoded, format, "none", "raw"), text);
            }
        }
        assert_eq!(converted("a b/c~1", "raw", "none", "url"), "a%20b%2Fc~1");
        assert_eq!(converted("a%20b%2fc", "url", "none", "raw"), "a b/c");
    }

    #[test]
    fn bits_come_in_both_orders() {
        assert_eq!(converted("EF", "hex", "none", "bit-array-lsb"), "1;1;1;1;0;1;1;1");
        assert_eq!(converted("EF", "hex", "none", "bit-array-msb"), "1;1;1;0;1;1;1;1");
    }

    #[test]
    fn texts_are_transformed() {
        assert_eq!(converted("YWJjZA==", "base64", "reverse", "hex"), "64636261");
        assert_eq!(converted("Hello", "raw", "rot13", "raw"), "Uryyb");
        assert_eq!(converted("aBc", "raw", "ucfirst", "raw"), "ABc");
        assert_eq!(converted("0\n0\r\n", "raw", "crlf", "hex"), "300d0a300d0a");
        assert_eq!(converted("0\r\n\r0", "raw", "lf", "hex"), "300a0d30");
    }

    #[test]
    fn what_depends_on_the_router_is_refused() {
        assert!(decode(&Value::Num(256), "num").expect_err("two bytes").is_unknown);
        assert!(decode(&Value::str("\u{e4}"), "raw").expect_err("not ASCII").is_unknown);
        assert!(encode(vec![0xe4], "raw").expect_err("not ASCII").is_unknown);
        assert!(transform(Vec::new(), "md5").expect_err("no hash").is_unknown);
        assert!(!decode(&Value::str("4"), "hex").expect_err("half a byte").is_unknown);
    }
}
