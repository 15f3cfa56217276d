//! Whether two statements, each with the text that it stands in, say the same.

use crate::ast::{Arg, ArgKind, Block, Command, Expr, Statement, StringPart, Value};

/// A part of a tree and the text that its places are in.
type Of<'a, T> = (&'a str, &'a T);

pub(super) fn statement((text, a): Of<'_, Statement>, (other, b): Of<'_, Statement>) -> bool {
    match (a, b) {
        (Statement::Command(a), Statement::Command(b)) => command((text, a), (other, b)),
        (Statement::Block(a), Statement::Block(b)) => block((text, a), (other, b)),
        (Statement::Prompt(a), Statement::Prompt(b)) | (Statement::Output(a), Statement::Output(b)) => {
            a.text(text) == b.text(other)
        }
        _ => false,
    }
}

fn command((text, a): Of<'_, Command>, (other, b): Of<'_, Command>) -> bool {
    a.anchor == b.anchor
        && all(&a.args, &b.args, |a, b| arg((text, a), (other, b)))
        && all(&a.condition, &b.condition, |a, b| expr((text, a), (other, b)))
}

fn block((text, a): Of<'_, Block>, (other, b): Of<'_, Block>) -> bool {
    all(&a.body, &b.body, |a, b| statement((text, a), (other, b)))
}

fn arg((text, a): Of<'_, Arg>, (other, b): Of<'_, Arg>) -> bool {
    let is_same_kind = match (a.kind, b.kind) {
        (ArgKind::Unnamed, ArgKind::Unnamed) => true,
        (ArgKind::Named(a), ArgKind::Named(b)) | (ArgKind::Unset(a), ArgKind::Unset(b)) => {
            a.text(text) == b.text(other)
        }
        _ => false,
    };
    is_same_kind && value((text, &a.value), (other, &b.value))
}

fn value((text, a): Of<'_, Value>, (other, b): Of<'_, Value>) -> bool {
    match (a, b) {
        (Value::Empty, Value::Empty) => true,
        (Value::Word(a), Value::Word(b)) => a.text(text) == b.text(other),
        (Value::Quoted(a), Value::Quoted(b)) => a.text(text) == b.text(other),
        (Value::Variable(a), Value::Variable(b)) => a.text(text) == b.text(other),
        (Value::Interpolated(a), Value::Interpolated(b)) => {
            all(&a.parts, &b.parts, |a, b| part((text, a), (other, b)))
        }
        (Value::Substitution(a), Value::Substitution(b)) | (Value::Code(a), Value::Code(b)) => {
            block((text, a), (other, b))
        }
        (Value::Group(a), Value::Group(b)) => match (&a.expr, &b.expr) {
            (Some(a), Some(b)) => expr((text, a), (other, b)),
            (None, None) => true,
            _ => false,
        },
        (Value::Array(a), Value::Array(b)) => all(&a.elements, &b.elements, |a, b| {
            let is_same_key = match (&a.key, &b.key) {
                (Some(a), Some(b)) => value((text, a), (other, b)),
                (None, None) => true,
                _ => false,
            };
            is_same_key && expr((text, &a.value), (other, &b.value))
        }),
        _ => false,
    }
}

fn part((text, a): Of<'_, StringPart>, (other, b): Of<'_, StringPart>) -> bool {
    match (a, b) {
        (StringPart::Literal(a), StringPart::Literal(b)) => a.unescape(text) == b.unescape(other),
        (StringPart::Value(a), StringPart::Value(b)) => value((text, a), (other, b)),
        _ => false,
    }
}

fn expr((text, a): Of<'_, Expr>, (other, b): Of<'_, Expr>) -> bool {
    match (a, b) {
        (Expr::Value(a), Expr::Value(b)) => value((text, a), (other, b)),
        (Expr::Unary { op, operand, .. }, Expr::Unary { op: other_op, operand: other_operand, .. }) => {
            op == other_op && expr((text, operand), (other, other_operand))
        }
        (
            Expr::Binary { op, left, right, .. },
            Expr::Binary { op: other_op, left: other_left, right: other_right, .. },
        ) => {
            op == other_op
                && expr((text, left), (other, other_left))
                && expr((text, right), (other, other_right))
        }
        _ => false,
    }
}

fn all<T>(a: &[T], b: &[T], is_same: impl Fn(&T, &T) -> bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
}
