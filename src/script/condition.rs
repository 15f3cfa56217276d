//! Decides which items a `find` finds.

use super::stop::Stop;
use super::value as script;
use super::{Evaluator, diagnostics};
use crate::catalog;
use crate::database::{MenuPath, v6};
use crate::diagnostic::Diagnostic;
use ipnet::IpNet;
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

impl<'s> Evaluator<'s> {
    /// Says whether all terms hold for the item of this number.
    pub(super) fn matches(&mut self, menu: MenuPath, index: usize, terms: &[Expr]) -> Result<bool, Stop> {
        for term in terms {
            if !self.holds(menu, index, term)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn holds(&mut self, menu: MenuPath, index: usize, expr: &Expr) -> Result<bool, Stop> {
        match expr {
            Expr::Value(Value::Group(group)) => match &group.expr {
                Some(inner) => self.deeper(self.origin(group.span), |this| this.holds(menu, index, inner)),
                None => Err(diagnostics::value_not_computed(self.origin(group.span)).into()),
            },
            Expr::Value(Value::Word(word)) => {
                let name = word.text(self.text);
                Ok(self.is_set(menu, index, &name, self.origin_of(expr))?)
            }
            Expr::Unary { op: UnaryOp::Not, operand, .. } => Ok(!self.holds(menu, index, operand)?),
            Expr::Binary { op: BinaryOp::And, left, right, .. } => {
                Ok(self.holds(menu, index, left)? && self.holds(menu, index, right)?)
            }
            Expr::Binary { op: BinaryOp::Or, left, right, .. } => {
                Ok(self.holds(menu, index, left)? || self.holds(menu, index, right)?)
            }
            Expr::Binary { op, left, right, .. } => self.compares(menu, index, *op, left, right),
            Expr::Value(_) | Expr::Unary { .. } => {
                let value = self.of_item(menu, index, expr)?;
                let truth = super::expression::truth(&value);
                self.plain(truth, self.origin_of(expr))
            }
        }
    }

    fn compares(
        &mut self,
        menu: MenuPath,
        index: usize,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
    ) -> Result<bool, Stop> {
        let place = self.origin_of(left);
        let Expr::Value(Value::Word(name)) = left else {
            // `[:len $comment] > 3`: an expression, in which the properties are variables.
            let (a, b) = (self.of_item(menu, index, left)?, self.of_item(menu, index, right)?);
            if op == BinaryOp::Match {
                let pattern = self.text_of(&b, place)?;
                let pattern = self.pattern(&pattern, place)?;
                let text = self.text_of(&a, place)?;
                return Ok(pattern.is_match(&text));
            }
            let Some(made) = super::expression::binary(op, &a, &b) else {
                return Err(diagnostics::value_not_computed(place).into());
            };
            let made = self.made(made, place)?;
            let truth = super::expression::truth(&made);
            return self.plain(truth, place);
        };
        let name = name.text(self.text);
        let wanted = self.wanted(menu, index, right)?;
        if name == ".id" {
            let id = self.database.items(menu).get(index).map(|item| format!("*{:X}", item.id.0));
            let is_it = id.is_some_and(|id| wanted.split([';', ',']).any(|wanted| wanted == id));
            return Ok(is_it == (op != BinaryOp::NotEqual));
        }
        if op == BinaryOp::Match {
            let pattern = self.pattern(&wanted, self.origin_of(right))?;
            let value = self.value_or_default(menu, index, &name, place)?;
            return Ok(value.is_some_and(|value| pattern.is_match(&value)));
        }
        let Some(value) = self.value_or_default(menu, index, &name, place)? else {
            return Ok(op == BinaryOp::NotEqual);
        };
        match op {
            BinaryOp::Equal => Ok(is_equal(&value, &wanted)),
            BinaryOp::NotEqual => Ok(!is_equal(&value, &wanted)),
            BinaryOp::In => match (prefix(&value), prefix(&wanted)) {
                (Some(inner), Some(outer)) => Ok(outer.contains(&inner)),
                _ => Ok(false),
            },
            BinaryOp::Less | BinaryOp::Greater | BinaryOp::LessOrEqual | BinaryOp::GreaterOrEqual => {
                let (value, wanted) = (script::Value::literal(&value), script::Value::literal(&wanted));
                let compared = super::expression::binary(op, &value, &wanted);
                let compared = compared.unwrap_or(Ok(script::Value::Bool(false)));
                Ok(self.plain(compared, place)?.as_bool() == Some(true))
            }
            _ => Err(diagnostics::value_not_computed(place).into()),
        }
    }

    /// The value of an expression in which the item's properties are variables.
    fn of_item(&mut self, menu: MenuPath, index: usize, expr: &Expr) -> Result<script::Value, Stop> {
        let outside = self.item.replace((menu, index));
        let value = self.expr(expr);
        self.item = outside;
        value
    }

    /// A bare name: a flag that is true, or a property that is set.
    fn is_set(&self, menu: MenuPath, index: usize, name: &str, at: Origin) -> Result<bool, Diagnostic> {
        let value = self.value_or_default(menu, index, name, at)?;
        Ok(value.is_some_and(|value| !matches!(&*value, "no" | "false" | "")))
    }

    /// The value of a property of the item of this number, or its default.
    pub(super) fn value_or_default(
        &self,
        menu: MenuPath,
        index: usize,
        name: &str,
        at: Origin,
    ) -> Result<Option<Cow<'_, str>>, Diagnostic> {
        let name = v6::property(menu, name);
        let Some(item) = self.database.items(menu).get(index) else { return Ok(None) };
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
            Some((_, None)) => {
                self.ask_of_item(menu, index, name, at).map(|answer| Some(Cow::Borrowed(answer)))
            }
            None if name == "disabled" => Ok(Some(Cow::Borrowed("no"))),
            None => match catalog::menu(menu) {
                // In version 7 a condition on an unknown property holds for every item: a trap, not a wish.
                Some(statement) => Err(diagnostics::unknown_property(
                    menu,
                    name,
                    at,
                    statement.properties().map(|property| property.name),
                )),
                None => Ok(None),
            },
        }
    }

    /// The text that a property is compared with.
    fn wanted(&mut self, menu: MenuPath, index: usize, expr: &Expr) -> Result<Cow<'s, str>, Stop> {
        match expr {
            Expr::Value(Value::Word(word)) => Ok(word.text(self.text)),
            Expr::Value(Value::Quoted(quoted)) => Ok(quoted.text(self.text)),
            Expr::Value(Value::Group(group)) if group.expr.is_some() => match &group.expr {
                Some(inner) => self.wanted(menu, index, inner),
                None => Ok(Cow::Borrowed("")),
            },
            // `find list=!x`: the value is the word with its mark.
            Expr::Unary { op: UnaryOp::Not | UnaryOp::Negate, operand, .. }
                if matches!(&**operand, Expr::Value(Value::Word(_) | Value::Quoted(_))) =>
            {
                Err(diagnostics::value_not_computed(self.origin_of(expr)).into())
            }
            _ => {
                let value = self.of_item(menu, index, expr)?;
                let text = value.property_text().map(|text| Cow::Owned(text.into_owned()));
                self.plain(text, self.origin_of(expr))
            }
        }
    }
}

/// Says whether RouterOS takes two texts for the same value.
fn is_equal(a: &str, b: &str) -> bool {
    let truth = |text: &str| match text {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    };
    a == b || truth(a).is_some() && truth(a) == truth(b) || prefix(a).is_some_and(|a| prefix(b) == Some(a))
}

fn prefix(text: &str) -> Option<IpNet> {
    // Most of what is compared is no address, which is seen at once.
    if !text.contains(['.', ':']) {
        return None;
    }
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
