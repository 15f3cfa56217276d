//! Values, strings and arrays.

use memchr::{memchr, memchr2};
use pest::iterators::Pair;

use super::{Builder, fault};
use crate::ast::{Array, Element, Expr, Group, Interpolated, Quoted, Span, StringPart, Value, Variable};
use crate::decode::{self, Escape};
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::rules::Rule;

impl Builder<'_> {
    pub(super) fn value(&mut self, pair: Pair<'_, Rule>) -> Value {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::quoted => {
                self.check_escapes(pair.as_str(), span);
                Value::Quoted(Quoted { span })
            }
            Rule::interpolated => Value::Interpolated(Box::new(self.interpolated(pair))),
            Rule::variable => Value::Variable(self.variable(pair)),
            Rule::substitution => Value::Substitution(Box::new(self.block(pair))),
            Rule::block => Value::Code(Box::new(self.block(pair))),
            Rule::group => Value::Group(Box::new(self.group(pair))),
            Rule::array => Value::Array(Box::new(self.array(pair))),
            Rule::word | Rule::verb | Rule::finder | Rule::expr_word | Rule::term_word => {
                Value::Word(self.word(&pair))
            }
            _ => {
                self.not_understood(&pair);
                Value::Empty
            }
        }
    }

    fn interpolated(&mut self, pair: Pair<'_, Rule>) -> Interpolated {
        let span = self.span(&pair);
        let mut parts = Vec::new();
        for part in pair.into_inner() {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::literal => {
                    self.check_escapes(part.as_str(), span);
                    parts.push(StringPart::Literal(span));
                }
                Rule::lone_dollar => {
                    let error =
                        fault::bad_text(part.as_str(), span).help("write \\$ for the character itself");
                    self.report(error);
                    parts.push(StringPart::Literal(span));
                }
                _ => parts.push(StringPart::Value(self.value(part))),
            }
        }
        Interpolated { span, parts }
    }

    fn variable(&mut self, pair: Pair<'_, Rule>) -> Variable {
        let span = self.span(&pair);
        let name = pair.into_inner().next().expect("a name stands behind `$`");
        let mut inside = self.span(&name);
        if name.as_rule() == Rule::quoted_name {
            self.check_escapes(name.as_str(), inside);
            self.check_name(name.as_str(), inside);
            inside = Span { start: inside.start + 1, end: inside.end - 1 };
        }
        Variable { span, name: inside }
    }

    /// Reports a substitution in the quoted name of a variable.
    fn check_name(&mut self, text: &str, span: Span) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(offset) = memchr2(b'\\', b'$', &bytes[at..]) {
            at += offset;
            if bytes[at] == b'$' {
                let start = span.start + at as u32;
                let span = Span { start, end: start + 1 };
                let label = "the name of a variable has no `$` in it";
                self.report(SyntaxError::new(SyntaxErrorKind::VariableNameExpected, span, label));
                return;
            }
            at += decode::escape(&bytes[at..]).1;
        }
    }

    fn group(&mut self, pair: Pair<'_, Rule>) -> Group {
        let span = self.span(&pair);
        let mut expr = None;
        for part in pair.into_inner() {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::expr => expr = self.chain(span, part.into_inner()),
                Rule::bad_expr => self.bad_operand(part),
                _ => self.not_understood(&part),
            }
        }
        Group { span, expr }
    }

    fn array(&mut self, pair: Pair<'_, Rule>) -> Array {
        let span = self.span(&pair);
        let mut elements = Vec::new();
        let mut end = None;
        for part in pair.into_inner() {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::element => {
                    if end == Some(span.start) {
                        self.report(fault::no_blank(part.as_str(), span));
                    }
                    elements.extend(self.element(part));
                }
                Rule::bad_element => self.bad_operand(part),
                _ => self.not_understood(&part),
            }
            end = Some(span.end);
        }
        Array { span, elements }
    }

    /// Builds `value` or `key=value`. The grammar reads both as one chain of operands, since it can't tell a
    /// key before it has read past it.
    fn element(&mut self, pair: Pair<'_, Rule>) -> Option<Element> {
        let span = self.span(&pair);
        let mut rest = pair.clone().into_inner();
        let first = rest.next().expect("an element begins with a value or an operator");
        let is_key = first.as_rule() != Rule::prefix
            && rest.next().is_some_and(|infix| infix.as_rule() == Rule::infix && infix.as_str() == "=");
        if !is_key {
            return Some(Element { key: None, value: self.chain(span, pair.into_inner())? });
        }
        let key = Some(self.value(first));
        let start = rest.peek().map_or(span.end, |pair| self.span(&pair).start);
        let value: Expr = self.chain(Span { start, end: span.end }, rest)?;
        Some(Element { key, value })
    }

    /// Reports escapes that do not exist. The text is a string or a piece of one.
    fn check_escapes(&mut self, text: &str, span: Span) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(offset) = memchr(b'\\', &bytes[at..]) {
            at += offset;
            let (escape, length) = decode::escape(&bytes[at..]);
            match escape {
                Escape::Character(_) | Escape::LineJoin => {}
                Escape::Unknown => {
                    let after = text[at + 1..].chars().next().map_or(0, char::len_utf8);
                    let start = span.start + at as u32;
                    let span = Span { start, end: start + 1 + after as u32 };
                    self.report(
                        SyntaxError::new(SyntaxErrorKind::UnknownEscape, span, "this escape has no meaning")
                            .help("write \\\\ for a backslash; bytes are \\ and two upper-case hex digits"),
                    );
                }
            }
            at += length;
        }
    }
}
