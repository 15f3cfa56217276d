//! Strings: the router keeps each escape as a piece of its own, and joins the pieces like any concatenation.

use super::{Reader, Refused};
use rosc_grammar::ast::{BinaryOp, Interpolated, Span, StringPart};
use rosc_grammar::escape_length;

impl Reader<'_> {
    /// A string without substitutions.
    pub(super) fn quoted(&self, span: Span) -> String {
        joined(self.quoted_pieces(span))
    }

    pub(super) fn quoted_pieces(&self, span: Span) -> Vec<String> {
        let pieces = self.literal_pieces(Span { start: span.start + 1, end: span.end - 1 });
        if pieces.is_empty() { vec![String::new()] } else { pieces }
    }

    pub(super) fn interpolated(&mut self, string: &Interpolated) -> Result<String, Refused> {
        Ok(joined(self.interpolated_pieces(string)?))
    }

    pub(super) fn interpolated_pieces(&mut self, string: &Interpolated) -> Result<Vec<String>, Refused> {
        let mut pieces = Vec::new();
        for part in &string.parts {
            match part {
                StringPart::Literal(span) => pieces.extend(self.literal_pieces(*span)),
                StringPart::Value(value) => self.operands_of_value(value, BinaryOp::Concat, &mut pieces)?,
            }
        }
        Ok(pieces)
    }

    fn literal_pieces(&self, span: Span) -> Vec<String> {
        let written = span.slice(self.text);
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut at = 0;
        while let Some(offset) = written[at..].find('\\') {
            plain.push_str(&written[at..at + offset]);
            at += offset;
            let length = escape_length(&written[at..]);
            let escape = Span { start: span.start + at as u32, end: span.start + (at + length) as u32 };
            let said = escape.unescape(self.text);
            at += length;
            if !plain.is_empty() {
                pieces.push(std::mem::take(&mut plain));
            }
            if !said.is_empty() {
                pieces.push(said.into_owned()); // A line join says nothing, but ends the piece.
            }
        }
        plain.push_str(&written[at..]);
        if !plain.is_empty() {
            pieces.push(plain);
        }
        pieces
    }
}

fn joined(pieces: Vec<String>) -> String {
    match <[String; 1]>::try_from(pieces) {
        Ok([piece]) => piece,
        Err(pieces) => format!("(. {})", pieces.join(" ")),
    }
}
