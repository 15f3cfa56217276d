//! Expressions as prefix lists.

use super::{Reader, Refused, literal};
use rosc_grammar::ast::{BinaryOp, Expr, Group, UnaryOp, Value};

impl Reader<'_> {
    /// What stands in parentheses.
    pub(super) fn group(&mut self, group: &Group) -> Result<String, Refused> {
        group.expr.as_ref().map_or_else(|| Ok(String::new()), |expr| self.expression(expr))
    }

    pub(super) fn expression(&mut self, expr: &Expr) -> Result<String, Refused> {
        match expr {
            Expr::Value(Value::Word(word)) => {
                let text = word.text(self.text);
                Ok(literal::of(&text).unwrap_or_else(|| format!("${text}")))
            }
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
        let is_list = matches!(
            chained,
            BinaryOp::And | BinaryOp::Or | BinaryOp::Concat | BinaryOp::Comma | BinaryOp::Multiply
        );
        match expr {
            Expr::Binary { op, left, right, .. } if *op == chained => {
                if is_list {
                    self.operands(left, chained, operands)?;
                } else {
                    operands.push(self.expression(left)?);
                }
                match is_list {
                    true => self.operands(right, chained, operands)?,
                    false => operands.push(self.expression(right)?),
                }
            }
            // The pieces of a string are operands of the concatenation that it stands in.
            Expr::Value(Value::Quoted(quoted)) if chained == BinaryOp::Concat => {
                operands.extend(self.quoted_pieces(quoted.span));
            }
            Expr::Value(Value::Interpolated(string)) if chained == BinaryOp::Concat => {
                operands.extend(self.interpolated_pieces(string)?);
            }
            Expr::Value(_) | Expr::Unary { .. } | Expr::Binary { .. } => {
                operands.push(self.expression(expr)?)
            }
        }
        Ok(())
    }
}
