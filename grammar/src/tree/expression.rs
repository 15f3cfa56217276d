//! Expressions: operators and how tightly they bind.

use pest::iterators::{Pair, Pairs};

use super::{Builder, fault};
use crate::ast::{BinaryOp, Expr, Span, UnaryOp};
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::rules::Rule;

/// How many operators of an expression may lie one below the other in its tree, those of the expressions
/// around it included. The tree leans to the left, so that a long chain makes a deep tree; readers that walk
/// it by recursion stay within a small stack. The longest chain in published scripts has 64 operators.
pub const MAX_EXPRESSION_DEPTH: usize = 512;

impl Builder<'_> {
    /// Builds the expression of operands and operators as they follow each other. `None` means that it was
    /// too long and has been reported.
    pub(super) fn chain(&mut self, span: Span, pairs: Pairs<'_, Rule>) -> Option<Expr> {
        let operators =
            pairs.clone().filter(|pair| matches!(pair.as_rule(), Rule::prefix | Rule::infix)).count();
        if self.depth + operators > MAX_EXPRESSION_DEPTH {
            self.report(
                SyntaxError::new(
                    SyntaxErrorKind::ExpressionTooLong,
                    span,
                    format!("more than {MAX_EXPRESSION_DEPTH} operators"),
                )
                .help("write a list as an array: {a;b;c}"),
            );
            return None;
        }
        self.depth += operators;
        let mut chain = Chain::default();
        for pair in pairs {
            let span = self.span(&pair);
            match pair.as_rule() {
                Rule::prefix => chain.operators.push(Operator::Unary(unary(pair.as_str()), span.start)),
                Rule::infix => chain.infix(binary(pair.as_str())),
                _ => {
                    let operand = Expr::Value(self.value(pair));
                    chain.operands.push((operand, span));
                }
            }
        }
        self.depth -= operators;
        chain.finish()
    }

    /// Reports text at which an expression can't go on.
    pub(super) fn bad_operand(&mut self, pair: Pair<'_, Rule>) {
        let (text, span) = (pair.as_str(), self.span(&pair));
        let operator = pair.into_inner().next().filter(|first| first.as_rule() == Rule::infix);
        let error = match operator {
            Some(operator) => fault::no_value(text, self.span(&operator)),
            None => fault::no_operand(text, span),
        };
        self.report(error);
    }
}

/// Operands and operators that wait for their right side.
#[derive(Default)]
struct Chain {
    operands: Vec<(Expr, Span)>,
    operators: Vec<Operator>,
}

enum Operator {
    /// With the offset where it stands.
    Unary(UnaryOp, u32),
    Binary(BinaryOp),
}

impl Chain {
    /// Adds an operator between operands, after applying those before it that bind their operand first.
    fn infix(&mut self, op: BinaryOp) {
        while let Some(before) = self.operators.last() {
            let applies = match before {
                Operator::Unary(..) => UNARY_STRENGTH > strength(op),
                Operator::Binary(BinaryOp::Activate) => {
                    BinaryOp::Activate != op && strength(BinaryOp::Activate) > strength(op)
                }
                Operator::Binary(before) => strength(*before) >= strength(op),
            };
            if !applies {
                break;
            }
            self.apply();
        }
        self.operators.push(Operator::Binary(op));
    }

    /// Applies the last operator to the last operands.
    fn apply(&mut self) {
        let Some(operator) = self.operators.pop() else { return };
        let (right, right_span) = self.operands.pop().expect("an operand follows each operator");
        let node = match operator {
            Operator::Unary(op, start) => {
                let span = Span { start, end: right_span.end };
                (Expr::Unary { span, op, operand: Box::new(right) }, span)
            }
            Operator::Binary(op) => {
                let (left, left_span) = self.operands.pop().expect("an operand precedes each infix operator");
                let span = Span { start: left_span.start, end: right_span.end };
                (Expr::Binary { span, op, left: Box::new(left), right: Box::new(right) }, span)
            }
        };
        self.operands.push(node);
    }

    fn finish(mut self) -> Option<Expr> {
        while !self.operators.is_empty() {
            self.apply();
        }
        self.operands.pop().map(|(expr, _)| expr)
    }
}

/// Between `->` and `*`.
const UNARY_STRENGTH: u8 = 12;

/// Returns how tightly an operator binds; more is tighter.
fn strength(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Arrow => 13,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => 11,
        BinaryOp::Add | BinaryOp::Subtract => 10,
        BinaryOp::ShiftLeft | BinaryOp::ShiftRight => 9,
        BinaryOp::BitAnd => 8,
        BinaryOp::BitXor => 7,
        BinaryOp::BitOr => 6,
        BinaryOp::Concat => 5,
        BinaryOp::Less
        | BinaryOp::Greater
        | BinaryOp::LessOrEqual
        | BinaryOp::GreaterOrEqual
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Match
        | BinaryOp::In => 4,
        BinaryOp::And => 3,
        BinaryOp::Or => 2,
        BinaryOp::Activate => 1,
        BinaryOp::Comma => 0,
    }
}

fn unary(text: &str) -> UnaryOp {
    match text {
        "!" => UnaryOp::Not,
        "-" => UnaryOp::Negate,
        "~" => UnaryOp::Complement,
        "any" => UnaryOp::Any,
        _ => UnaryOp::Quote,
    }
}

fn binary(text: &str) -> BinaryOp {
    match text {
        "->" => BinaryOp::Arrow,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        "%" => BinaryOp::Modulo,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "<<" => BinaryOp::ShiftLeft,
        ">>" => BinaryOp::ShiftRight,
        "&" => BinaryOp::BitAnd,
        "^" => BinaryOp::BitXor,
        "|" => BinaryOp::BitOr,
        "." => BinaryOp::Concat,
        "<" => BinaryOp::Less,
        ">" => BinaryOp::Greater,
        "<=" => BinaryOp::LessOrEqual,
        ">=" => BinaryOp::GreaterOrEqual,
        "=" => BinaryOp::Equal,
        "!=" => BinaryOp::NotEqual,
        "~" => BinaryOp::Match,
        "in" => BinaryOp::In,
        "and" | "&&" => BinaryOp::And,
        "or" | "||" => BinaryOp::Or,
        "<%%" => BinaryOp::Activate,
        _ => BinaryOp::Comma,
    }
}
