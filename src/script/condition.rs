//! Decides which items a `find` finds.

use super::Evaluator;
use super::diagnostics;
use crate::catalog;
use crate::database::{Item, MenuPath, v6};
use crate::diagnostic::Diagnostic;
use ipnet::IpNet;
use regex::Regex;
use rosc_grammar::ast::{BinaryOp, Expr, UnaryOp, Value};
use rosc_target::Origin;
use std::borrow::Cow;
use std::net::IpAddr;

/// Flags that a running router sets on items, with what they are for an item that a configuration made.
const RUNTIME_FLAGS: &[(&str, Option<bool>)] = &[
    ("dynamic", Some(false)),
    ("builtin", Some(false)),
    ("static", Some(true)),
    ("active", None),
    ("inactive", None),
    ("invalid", None),
    ("running", None),
    ("slave", None),
    ("bound", None),
    ("status", None),
    ("gateway-status", None),
    ("immediate-gw", None),
    ("actual-interface", None),
    ("bytes", None),
    ("packets", None),
];

impl Evaluator<'_> {
    /// Says whether all terms hold for an item.
    pub(super) fn matches(&self, menu: MenuPath, item: &Item, terms: &[Expr]) -> Result<bool, Diagnostic> {
        for term in terms {
            if !self.holds(menu, item, term)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn holds(&self, menu: MenuPath, item: &Item, expr: &Expr) -> Result<bool, Diagnostic> {
        match expr {
            Expr::Value(Value::Group(group)) => match &group.expr {
                Some(inner) => self.holds(menu, item, inner),
                None => Err(diagnostics::value_not_computed(self.origin(group.span))),
            },
            Expr::Value(Value::Word(word)) => self.is_set(menu, item, &word.text(self.text), expr),
            Expr::Value(_) => Err(self.not_computed(expr)),
            Expr::Unary { op: UnaryOp::Not, operand, .. } => Ok(!self.holds(menu, item, operand)?),
            Expr::Unary { .. } => Err(self.not_computed(expr)),
            Expr::Binary { op: BinaryOp::And, left, right, .. } => {
                Ok(self.holds(menu, item, left)? && self.holds(menu, item, right)?)
            }
            Expr::Binary { op: BinaryOp::Or, left, right, .. } => {
                Ok(self.holds(menu, item, left)? || self.holds(menu, item, right)?)
            }
            Expr::Binary { op, left, right, .. } => self.compares(menu, item, *op, left, right),
        }
    }

    fn compares(
        &self,
        menu: MenuPath,
        item: &Item,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
    ) -> Result<bool, Diagnostic> {
        let Expr::Value(Value::Word(name)) = left else { return Err(self.not_computed(left)) };
        let name = name.text(self.text);
        let wanted = self.literal(right)?;
        if name == ".id" {
            let id = format!("*{:X}", item.id.0);
            return Ok((id == wanted) == (op == BinaryOp::Equal));
        }
        let Some(value) = self.value_or_default(menu, item, &name, left)? else {
            return Ok(op == BinaryOp::NotEqual);
        };
        match op {
            BinaryOp::Equal => Ok(is_equal(&value, &wanted)),
            BinaryOp::NotEqual => Ok(!is_equal(&value, &wanted)),
            BinaryOp::Match => match Regex::new(&wanted) {
                Ok(pattern) => Ok(pattern.is_match(&value)),
                Err(_) => Err(self.not_computed(right)),
            },
            BinaryOp::In => match (prefix(&value), prefix(&wanted)) {
                (Some(inner), Some(outer)) => Ok(outer.contains(&inner)),
                _ => Ok(false),
            },
            BinaryOp::Less | BinaryOp::Greater | BinaryOp::LessOrEqual | BinaryOp::GreaterOrEqual => {
                let (Ok(value), Ok(wanted)) = (value.parse::<i64>(), wanted.parse::<i64>()) else {
                    return Err(self.not_computed(right));
                };
                Ok(match op {
                    BinaryOp::Less => value < wanted,
                    BinaryOp::Greater => value > wanted,
                    BinaryOp::LessOrEqual => value <= wanted,
                    _ => value >= wanted,
                })
            }
            _ => Err(self.not_computed(left)),
        }
    }

    /// A bare name: a flag that is true, or a property that is set.
    fn is_set(&self, menu: MenuPath, item: &Item, name: &str, at: &Expr) -> Result<bool, Diagnostic> {
        let value = self.value_or_default(menu, item, name, at)?;
        Ok(value.is_some_and(|value| !matches!(&*value, "no" | "false" | "")))
    }

    fn value_or_default<'a>(
        &'a self,
        menu: MenuPath,
        item: &'a Item,
        name: &str,
        at: &Expr,
    ) -> Result<Option<Cow<'a, str>>, Diagnostic> {
        let name = v6::property(menu, name);
        if let Some(value) = self.database.value(item, name) {
            return Ok(Some(value));
        }
        let property = catalog::menu(menu).and_then(|menu| menu.property(name));
        if let Some(property) = property {
            return Ok(property.default.map(Cow::Borrowed));
        }
        match RUNTIME_FLAGS.iter().find(|(flag, _)| *flag == name) {
            Some((_, Some(true))) => Ok(Some(Cow::Borrowed("yes"))),
            Some((_, Some(false))) => Ok(Some(Cow::Borrowed("no"))),
            Some((_, None)) => Err(diagnostics::only_live_router_knows(name, self.origin_of(at))),
            None if name == "disabled" => Ok(Some(Cow::Borrowed("no"))),
            None => match catalog::menu(menu) {
                // In version 7 a condition on an unknown property holds for every item: a trap, not a wish.
                Some(statement) => Err(diagnostics::unknown_property(
                    menu,
                    name,
                    self.origin_of(at),
                    statement.properties().map(|property| property.name),
                )),
                None => Ok(None),
            },
        }
    }

    fn literal(&self, expr: &Expr) -> Result<Cow<'_, str>, Diagnostic> {
        match expr {
            Expr::Value(Value::Word(word)) => Ok(word.text(self.text)),
            Expr::Value(Value::Quoted(quoted)) => Ok(quoted.text(self.text)),
            Expr::Value(Value::Group(group)) => match &group.expr {
                Some(inner) => self.literal(inner),
                None => Err(self.not_computed(expr)),
            },
            Expr::Value(_) | Expr::Unary { .. } | Expr::Binary { .. } => Err(self.not_computed(expr)),
        }
    }

    fn origin_of(&self, expr: &Expr) -> Origin {
        expr.span().map_or(Origin::IMPLIED, |span| self.origin(span))
    }

    fn not_computed(&self, expr: &Expr) -> Diagnostic {
        diagnostics::value_not_computed(self.origin_of(expr))
    }
}

/// Says whether RouterOS takes two texts for the same value.
fn is_equal(a: &str, b: &str) -> bool {
    let truth = |text: &str| match text {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    };
    a == b
        || truth(a).is_some() && truth(a) == truth(b)
        || matches!((prefix(a), prefix(b)), (Some(a), Some(b)) if a == b)
}

fn prefix(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
