//! What values and expressions come to.

use super::command::Wanted;
use super::expression;
use super::stop::Stop;
use super::value::{Array, Code, MOST_TEXT, Mistake, Value};
use super::variables::{Seen, Slot};
use super::{Evaluator, diagnostics};
use regex::{Regex, RegexBuilder};
use rosc_grammar::ast::{self, BinaryOp, Block, Expr, StringPart, UnaryOp, Variable};
use rosc_target::Origin;
use std::rc::Rc;

/// How large a pattern may become.
const MOST_PATTERN: usize = 1 << 18;

impl Evaluator<'_> {
    /// The value of a value as written.
    pub(super) fn value(&mut self, value: &ast::Value) -> Result<Value, Stop> {
        match value {
            ast::Value::Empty => Ok(Value::Nothing),
            ast::Value::Word(word) => Ok(Value::literal(&word.text(self.text))),
            ast::Value::Quoted(quoted) => Ok(Value::str(&*quoted.text(self.text))),
            ast::Value::Interpolated(interpolated) => {
                self.interpolated(&interpolated.parts, self.origin(interpolated.span))
            }
            ast::Value::Variable(variable) => self.variable(*variable),
            ast::Value::Substitution(block) => self.substitution(block),
            ast::Value::Group(group) => match &group.expr {
                Some(expr) => self.expr(expr),
                None => Ok(Value::Nothing),
            },
            ast::Value::Code(block) => Ok(self.code(block)),
            ast::Value::Array(array) => self.array(array),
        }
    }

    /// The value of an expression.
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<Value, Stop> {
        let origin = self.origin_of(expr);
        self.step(1)?;
        match expr {
            Expr::Value(value) => self.deeper(origin, |this| this.value(value)),
            Expr::Unary { op: UnaryOp::Quote, operand, .. } => match &**operand {
                Expr::Value(ast::Value::Substitution(block) | ast::Value::Code(block)) => {
                    Ok(self.code(block))
                }
                Expr::Value(ast::Value::Array(array)) if array.elements.is_empty() => {
                    Ok(self.code(&Block { span: array.span, body: Vec::new() }))
                }
                _ => Err(diagnostics::script_not_run(">", origin).into()),
            },
            Expr::Unary { op, operand, .. } => {
                let value = self.deeper(origin, |this| this.expr(operand))?;
                match expression::unary(*op, &value) {
                    Some(made) => self.made(made, origin),
                    None => Err(diagnostics::script_not_run(op.symbol(), origin).into()),
                }
            }
            Expr::Binary { .. } => self.deeper(origin, |this| this.chain(expr)),
        }
    }

    /// The value of operators between operands. Chains lean to the left, so that going down that side in a loop keeps
    /// the stack small however long they are.
    fn chain(&mut self, expr: &Expr) -> Result<Value, Stop> {
        let mut operators = Vec::new();
        let mut first = expr;
        while let Expr::Binary { op, left, right, .. } = first {
            operators.push((*op, right, self.origin_of(left), self.origin_of(first)));
            first = left;
        }
        let mut value = self.expr(first)?;
        while let Some((op, right, left_place, origin)) = operators.pop() {
            self.step(1)?;
            value = match op {
                BinaryOp::And | BinaryOp::Or => {
                    let decides = op == BinaryOp::Or;
                    let left = self.plain(expression::truth(&value), left_place)?;
                    Value::Bool(if left == decides { decides } else { self.truth_of(right)? })
                }
                _ => self.binary(op, &value, right, origin)?,
            };
        }
        Ok(value)
    }

    fn binary(&mut self, op: BinaryOp, a: &Value, right: &Expr, origin: Origin) -> Result<Value, Stop> {
        let b = self.expr(right)?;
        match op {
            BinaryOp::Match => {
                let place = self.origin_of(right);
                let pattern = self.text_of(&b, place)?;
                let pattern = self.pattern(&pattern, place)?;
                let text = self.text_of(a, origin)?;
                self.step(text.len() / 16)?;
                Ok(Value::Bool(pattern.is_match(&text)))
            }
            BinaryOp::Activate => self.activate(a, &b, origin),
            _ => match expression::binary(op, a, &b) {
                Some(made) => self.made(made, origin),
                None => Err(diagnostics::script_not_run(op.symbol(), origin).into()),
            },
        }
    }

    /// Whether a condition holds.
    pub(super) fn truth_of(&mut self, expr: &Expr) -> Result<bool, Stop> {
        let value = self.expr(expr)?;
        let origin = self.origin_of(expr);
        self.plain(expression::truth(&value), origin)
    }

    /// A pattern, compiled once.
    pub(super) fn pattern(&mut self, pattern: &str, origin: Origin) -> Result<Regex, Stop> {
        if let Some(known) = self.patterns.get(pattern) {
            return Ok(known.clone());
        }
        self.step(pattern.len() + 10)?;
        let built = RegexBuilder::new(pattern).size_limit(MOST_PATTERN).build();
        let built = built.map_err(|_| {
            let mistake =
                Mistake::new("this is no pattern").help("a backslash in a string is written twice: \\\\.");
            Stop::from(diagnostics::script_fails(mistake, origin))
        })?;
        self.patterns.insert(pattern.to_owned(), built.clone());
        Ok(built)
    }

    /// What an operation made, after taking steps for its size.
    pub(super) fn made(&mut self, made: Result<Value, Mistake>, origin: Origin) -> Result<Value, Stop> {
        let value = self.plain(made, origin)?;
        self.step(value.weight())?;
        Ok(value)
    }

    /// What an operation made, or the place where it failed.
    pub(super) fn plain<T>(&self, made: Result<T, Mistake>, origin: Origin) -> Result<T, Stop> {
        made.map_err(|mistake| diagnostics::script_fails(mistake, origin).into())
    }

    /// The text of a value.
    pub(super) fn text_of(&mut self, value: &Value, origin: Origin) -> Result<Rc<str>, Stop> {
        if let Value::Str(text) = value {
            return Ok(Rc::clone(text));
        }
        self.step(value.weight())?;
        let text = self.plain(value.text().map(Rc::from), origin)?;
        Ok(text)
    }

    fn interpolated(&mut self, parts: &[StringPart], origin: Origin) -> Result<Value, Stop> {
        let mut out = String::new();
        for part in parts {
            match part {
                StringPart::Literal(span) => out.push_str(&span.unescape(self.text)),
                StringPart::Value(value) => {
                    let value = self.value(value)?;
                    out.push_str(&self.text_of(&value, origin)?);
                }
            }
            if out.len() > MOST_TEXT {
                let mistake = Mistake::too_large("text", MOST_TEXT, "bytes");
                return Err(diagnostics::script_fails(mistake, origin).into());
            }
        }
        self.made(Ok(Value::str(out)), origin)
    }

    /// What a variable holds; nothing if there is none.
    fn variable(&mut self, variable: Variable) -> Result<Value, Stop> {
        let (name, origin) = (variable.text(self.text), self.origin(variable.span));
        if let Some(value) = self.property_as_variable(&name, origin)? {
            return Ok(value);
        }
        match self.variables.see(&name) {
            Seen::Slot(Slot::Value(value)) => Ok(value.clone()),
            Seen::Slot(Slot::Failed(report)) => {
                let report = *report;
                self.needed(report, origin);
                Err(Stop::Reported(report))
            }
            Seen::GlobalOutOfSight | Seen::Undeclared => Ok(Value::Nothing),
        }
    }

    /// The value of the last statement in brackets.
    pub(super) fn substitution(&mut self, block: &Block) -> Result<Value, Stop> {
        let origin = self.origin(block.span);
        self.step(1)?;
        self.deeper(origin, |this| {
            let outside = (this.menu, this.is_lost);
            let mut last = Ok(Value::Nothing);
            for statement in &block.body {
                last = this.run(statement, Wanted::Value);
                if last.is_err() {
                    break;
                }
            }
            (this.menu, this.is_lost) = outside;
            last
        })
    }

    pub(super) fn code(&self, block: &Block) -> Value {
        Value::Code(Rc::new(Code { body: block.clone(), text: self.at, menu: self.menu }))
    }

    fn array(&mut self, array: &ast::Array) -> Result<Value, Stop> {
        let origin = self.origin(array.span);
        let mut made = Array::default();
        for element in &array.elements {
            let value = self.expr(&element.value)?;
            let added = match &element.key {
                None => made.push(value),
                Some(ast::Value::Word(key)) => made.insert((*key.text(self.text)).into(), value),
                Some(key) => {
                    let key = self.value(key)?;
                    let key = self.text_of(&key, origin)?;
                    made.insert(key, value)
                }
            };
            self.plain(added, origin)?;
        }
        self.made(Ok(Value::Array(made.into())), origin)
    }

    pub(super) fn origin_of(&self, expr: &Expr) -> Origin {
        expr.span().map_or(self.statement, |span| self.origin(span))
    }
}
