//! Expressions in the form that RouterOS's own parser prints: operator first, operands behind it, in
//! parentheses.

use rosc_grammar::Parsed;
use rosc_grammar::ast::{BinaryOp, Block, Expr, Statement, StringPart, UnaryOp, Value};

/// Returns the form of each expression in parentheses that has an operator and can be compared: without
/// commands, arrays or values that RouterOS prints in another way than they are written.
pub(crate) fn expressions_of(text: &str, parsed: &Parsed) -> Vec<String> {
    let mut printer = Printer { text, forms: Vec::new() };
    printer.statements(&parsed.statements);
    printer.forms
}

struct Printer<'t> {
    text: &'t str,
    forms: Vec<String>,
}

impl Printer<'_> {
    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            match statement {
                Statement::Command(command) => {
                    command.args.iter().for_each(|arg| self.value(&arg.value));
                    command.condition.iter().for_each(|term| self.inside(term));
                }
                Statement::Block(Block { body, .. }) => self.statements(body),
                Statement::Prompt(_) => {}
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Group(group) => {
                if let Some(expr) = &group.expr {
                    let has_operator = !matches!(expr, Expr::Value(_));
                    self.forms.extend(form(self.text, expr).filter(|_| has_operator));
                    self.inside(expr);
                }
            }
            Value::Substitution(block) | Value::Code(block) => self.statements(&block.body),
            Value::Array(array) => array.elements.iter().for_each(|element| self.inside(&element.value)),
            Value::Interpolated(interpolated) => {
                for part in &interpolated.parts {
                    match part {
                        StringPart::Value(value) => self.value(value),
                        StringPart::Literal(_) => {}
                    }
                }
            }
            Value::Empty | Value::Word(_) | Value::Quoted(_) | Value::Variable(_) => {}
        }
    }

    fn inside(&mut self, expr: &Expr) {
        match expr {
            Expr::Value(value) => self.value(value),
            Expr::Unary { operand, .. } => self.inside(operand),
            Expr::Binary { left, right, .. } => {
                self.inside(left);
                self.inside(right);
            }
        }
    }
}

fn form(text: &str, expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(Value::Variable(variable)) => Some(format!("${}", variable.text(text))),
        Expr::Value(Value::Group(group)) => form(text, group.expr.as_ref()?),
        // RouterOS splits strings at escapes.
        Expr::Value(Value::Quoted(quoted)) if !quoted.span.slice(text).contains('\\') => {
            Some(quoted.text(text).into_owned())
        }
        // Addresses and times are printed in a form of their own, yes and no as true and false.
        Expr::Value(Value::Word(word)) => match &*word.text(text) {
            number if number.parse::<u32>().is_ok() => Some(number.to_owned()),
            truth @ ("true" | "false") => Some(truth.to_owned()),
            _ => None,
        },
        Expr::Value(_) => None,
        Expr::Unary { op, operand, .. } => Some(format!("({} {})", unary(*op), form(text, operand)?)),
        Expr::Binary { op, .. } => {
            let mut operands = Vec::new();
            operands_of(expr, *op, &mut operands);
            let forms: Option<Vec<String>> =
                operands.into_iter().map(|operand| form(text, operand)).collect();
            Some(format!("({} {})", binary(*op), forms?.join(" ")))
        }
    }
}

/// Collects the operands of an operator. RouterOS prints a chain of one of these as one list.
fn operands_of<'e>(expr: &'e Expr, chained: BinaryOp, operands: &mut Vec<&'e Expr>) {
    let is_list = matches!(chained, BinaryOp::And | BinaryOp::Or | BinaryOp::Concat | BinaryOp::Comma);
    match expr {
        Expr::Binary { op, left, right, .. } if *op == chained => {
            if is_list {
                operands_of(left, chained, operands)
            } else {
                operands.push(left)
            }
            operands.push(right);
        }
        Expr::Value(_) | Expr::Unary { .. } | Expr::Binary { .. } => operands.push(expr),
    }
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Not => "!",
        UnaryOp::Negate => "-",
        UnaryOp::Complement => "~",
        UnaryOp::Quote => ">",
        UnaryOp::Any => "any",
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Arrow => "->",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::ShiftLeft => "<<",
        BinaryOp::ShiftRight => ">>",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitXor => "^",
        BinaryOp::BitOr => "|",
        BinaryOp::Concat => ".",
        BinaryOp::Less => "<",
        BinaryOp::Greater => ">",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Equal => "=",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Match => "~",
        BinaryOp::In => "in",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
        BinaryOp::Activate => "<%%",
        BinaryOp::Comma => ",",
    }
}
