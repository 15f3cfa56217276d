//! What `find` and `print where` look for.

use super::refusal::NO_END;
use super::{Reader, Refused};
use crate::catalog::readable;
use rosc_grammar::ast::{Arg, ArgKind, BinaryOp, Command, Expr, Span, UnaryOp, Value, Word};

/// What every item of a list has.
const OF_EVERY_ITEM: [&str; 4] = [".id", ".nextid", ".dead", ".about"];

/// What the router puts behind each condition.
const MARK: &str = "5";

impl Reader<'_> {
    /// The terms that must all hold.
    pub(super) fn condition(&mut self, terms: &[Expr]) -> Result<Vec<String>, Refused> {
        terms.iter().map(|term| self.term(term)).collect()
    }

    /// A term: on the left of an operator stands a property.
    fn term(&mut self, term: &Expr) -> Result<String, Refused> {
        match term {
            Expr::Value(Value::Word(word)) => Ok(format!("${}", word.text(self.text))),
            Expr::Unary { op, operand, .. } => Ok(format!("({} {})", op.symbol(), self.term(operand)?)),
            Expr::Binary { op, left, right, .. } => {
                let left = self.term(left)?;
                let right = match &**right {
                    Expr::Value(Value::Word(word)) => super::literal::plain(&word.text(self.text)),
                    Expr::Binary { .. } => self.term(right)?,
                    Expr::Value(_) | Expr::Unary { .. } => self.expression(right)?,
                };
                Ok(format!("({} {left} {right})", op.symbol()))
            }
            Expr::Value(_) => self.expression(term),
        }
    }
}

/// The terms of a condition as the arguments that they would be behind another command.
pub(super) fn as_arguments(terms: &[Expr]) -> Result<Vec<Arg>, Refused> {
    terms.iter().map(as_argument).collect()
}

fn as_argument(term: &Expr) -> Result<Arg, Refused> {
    let span = term.span().unwrap_or(Span { start: 0, end: 0 });
    let (kind, value) = match term {
        Expr::Value(value) => (ArgKind::Unnamed, value.clone()),
        Expr::Unary { op: UnaryOp::Negate, .. } => (ArgKind::Unnamed, Value::Word(Word { span })),
        Expr::Binary { op: BinaryOp::Equal, left, right, .. } => match (&**left, &**right) {
            (Expr::Value(Value::Word(name)), Expr::Value(value)) => (ArgKind::Named(*name), value.clone()),
            (Expr::Value(Value::Word(name)), Expr::Unary { span, .. }) => {
                (ArgKind::Named(*name), Value::Word(Word { span: *span }))
            }
            _ => return Err((span.start as usize, NO_END)),
        },
        Expr::Unary { .. } | Expr::Binary { .. } => return Err((span.start as usize, NO_END)),
    };
    Ok(Arg { span, kind, value })
}

/// Says whether the command has a condition, be it empty.
pub(super) fn is_asked_for(command: &Command, text: &str) -> bool {
    let from = command.args.last().map_or(command.span.start, |arg| arg.span.end) as usize;
    let rest = &text[from.min(command.span.end as usize)..command.span.end as usize];
    !command.condition.is_empty() || rest.trim_start().starts_with("where")
}

/// The value of `where`: the names that the condition may use, the condition, and a mark.
pub(super) fn form(menu: &'static str, terms: &[String]) -> String {
    let names = readable::names(menu);
    let mut parts: Vec<String> = names.iter().chain(&OF_EVERY_ITEM).map(|name| format!("${name}")).collect();
    match terms {
        [] => {}
        [term] => parts.push(term.clone()),
        terms => parts.push(format!("(  {})", terms.join(" "))),
    }
    parts.push(MARK.to_owned());
    parts.join(";")
}
