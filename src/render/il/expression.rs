//! Expressions as prefix lists.

use super::refusal::SYNTAX;
use super::{Reader, Refused, literal};
use rosc_grammar::ast::{Arg, BinaryOp, Expr, Group, Statement, UnaryOp, Value, Word};

/// How many values may stand side by side. Each is a text of its own to the grammar.
const MOST_SIDE_BY_SIDE: usize = 256;

impl Reader<'_> {
    /// What stands in parentheses.
    pub(super) fn group(&mut self, group: &Group) -> Result<String, Refused> {
        let Some(expr) = &group.expr else { return Ok(String::new()) };
        let mut values = vec![self.expression(expr)?];
        let mut rest = self.rest_of(group, expr);
        while let Some(text) = rest.take() {
            if values.len() == MOST_SIDE_BY_SIDE {
                return Err((group.span.start as usize, SYNTAX));
            }
            let parsed = rosc_grammar::parse_script(&text);
            let mut reader = Reader::new(&text, &parsed.errors);
            reader.menu = self.menu;
            reader.variables.clone_from(&self.variables);
            if let [Statement::Command(command)] = parsed.statements.as_slice()
                && let [Arg { value: Value::Group(next), .. }] = command.args.as_slice()
                && let Some(expr) = &next.expr
            {
                let at = |refused: Refused| (group.span.start as usize, refused.1);
                values.push(reader.expression(expr).map_err(at)?);
                self.faults.extend(std::mem::take(&mut reader.faults).into_iter().map(at));
                rest = reader.rest_of(next, expr);
            }
        }
        match <[String; 1]>::try_from(values) {
            Ok([value]) => Ok(value),
            Err(values) => Ok(format!("(  {})", values.join(" "))),
        }
    }

    /// What stands in parentheses behind a whole expression, in parentheses again. Values side by side are a list to a
    /// router; the grammar knows no such operator and leaves out what follows.
    fn rest_of(&self, group: &Group, expr: &Expr) -> Option<String> {
        let (from, to) = (expr.span()?.end as usize, group.span.end as usize - 1);
        let follows =
            |&start: &usize| from <= start && start < to && self.text[from..start].trim().is_empty();
        let start = self.side_by_side.iter().copied().find(follows)?;
        Some(format!("({})", &self.text[start..to]))
    }

    pub(super) fn expression(&mut self, expr: &Expr) -> Result<String, Refused> {
        match expr {
            Expr::Value(Value::Word(word)) => Ok(self.operand_word(*word)),
            Expr::Value(value) => self.value(value),
            Expr::Unary { op: UnaryOp::Negate, operand, .. } => match self.expression(operand)? {
                number if number.parse::<u64>().is_ok() => Ok(format!("-{number}")),
                operand => Ok(format!("(- {operand})")),
            },
            Expr::Unary { op, operand, .. } => Ok(format!("({} {})", op.symbol(), self.expression(operand)?)),
            Expr::Binary { op, .. } => {
                let mut operands = Vec::new();
                self.operands(expr, *op, &mut operands)?;
                Ok(format!("({} {})", op.symbol(), operands.join(" ")))
            }
        }
    }

    /// Collects the operands of an operator. A chain of one that knows no order is one list.
    fn operands(
        &mut self,
        expr: &Expr,
        chained: BinaryOp,
        operands: &mut Vec<String>,
    ) -> Result<(), Refused> {
        match expr {
            Expr::Binary { op, left, right, .. } if *op == chained => {
                if is_list(chained) {
                    self.operands(left, chained, operands)?;
                    self.operands(right, chained, operands)?;
                } else {
                    operands.extend([self.expression(left)?, self.expression(right)?]);
                }
            }
            Expr::Value(value) => self.operands_of_value(value, chained, operands)?,
            Expr::Unary { .. } | Expr::Binary { .. } => operands.push(self.expression(expr)?),
        }
        Ok(())
    }

    /// Parentheses leave no trace: an operator in them is one with the same operator around them. A string is the
    /// concatenation of its pieces, and they are operands of the one that it stands in.
    pub(super) fn operands_of_value(
        &mut self,
        value: &Value,
        chained: BinaryOp,
        operands: &mut Vec<String>,
    ) -> Result<(), Refused> {
        match value {
            Value::Group(group) if is_list(chained) => match &group.expr {
                Some(expr) if self.rest_of(group, expr).is_none() => {
                    self.operands(expr, chained, operands)?
                }
                Some(_) | None => operands.push(self.group(group)?),
            },
            Value::Quoted(quoted) if chained == BinaryOp::Concat => {
                operands.extend(self.quoted_pieces(quoted.span));
            }
            Value::Interpolated(string) if chained == BinaryOp::Concat => {
                operands.extend(self.interpolated_pieces(string)?);
            }
            Value::Word(word) => operands.push(self.operand_word(*word)),
            Value::Empty
            | Value::Quoted(_)
            | Value::Interpolated(_)
            | Value::Variable(_)
            | Value::Substitution(_)
            | Value::Group(_)
            | Value::Code(_)
            | Value::Array(_) => operands.push(self.value(value)?),
        }
        Ok(())
    }

    /// A word between operators: a literal, or else the name of a variable.
    fn operand_word(&self, word: Word) -> String {
        let text = word.text(self.text);
        literal::of(&text).unwrap_or_else(|| format!("${text}"))
    }
}

/// Says whether a chain of the operator is one list: `(+ 1 2 3)`, but `(- (- 1 2) 3)`.
fn is_list(op: BinaryOp) -> bool {
    match op {
        BinaryOp::Add
        | BinaryOp::Multiply
        | BinaryOp::BitAnd
        | BinaryOp::BitXor
        | BinaryOp::BitOr
        | BinaryOp::Concat
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Comma => true,
        BinaryOp::Arrow
        | BinaryOp::Divide
        | BinaryOp::Modulo
        | BinaryOp::Subtract
        | BinaryOp::ShiftLeft
        | BinaryOp::ShiftRight
        | BinaryOp::Less
        | BinaryOp::Greater
        | BinaryOp::LessOrEqual
        | BinaryOp::GreaterOrEqual
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Match
        | BinaryOp::In
        | BinaryOp::Activate => false,
    }
}
