//! The tree as text, so that tests read as text.
//!
//! A command is its anchor and arguments between `<` and `>`, its condition behind `?`. Expressions are
//! prefix lists. Words are as they say, strings in quotes with `+` between the parts of one with
//! substitutions; `[...]` is a substitution, `(...)` a group or an operator, `{...}` code, `#{...}` an array.

use crate::ast::{
    Anchor, Arg, ArgKind, BinaryOp, Command, Element, Expr, Statement, StringPart, UnaryOp, Value,
};
use crate::{SyntaxError, parse};

/// Returns the statements of a text, one a line. The text must have no errors.
pub(super) fn tree_of(text: &str) -> String {
    let parsed = parse(text);
    assert_eq!(errors_in(text, &parsed.errors), "", "the text has errors");
    statements(text, &parsed.statements, "\n")
}

/// Returns the statements and the errors of a text, one a line.
pub(super) fn tree_and_errors_of(text: &str) -> String {
    let parsed = parse(text);
    format!("{}\n{}", statements(text, &parsed.statements, "\n"), errors_in(text, &parsed.errors))
}

/// Returns the errors of a text, one a line: the kind, then the text it points at.
pub(super) fn errors_of(text: &str) -> String {
    errors_in(text, &parse(text).errors)
}

fn errors_in(text: &str, errors: &[SyntaxError]) -> String {
    let lines = errors.iter().map(|error| {
        let opened = error.opened.filter(|&opened| opened != error.span);
        let opened = opened.map_or(String::new(), |opened| format!(" opened at {}", opened.start));
        format!("{:?} at {} `{}`{opened}", error.kind, error.span.start, error.span.slice(text))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn statements(text: &str, statements: &[Statement], separator: &str) -> String {
    let printed = statements.iter().map(|statement| match statement {
        Statement::Command(command) => self::command(text, command),
        Statement::Block(block) => format!("{{{}}}", self::statements(text, &block.body, " ")),
        Statement::Prompt(menu) => format!("prompt `{}`", menu.text(text)),
    });
    printed.collect::<Vec<_>>().join(separator)
}

fn command(text: &str, command: &Command) -> String {
    let anchor = match command.anchor {
        Anchor::Here => "",
        Anchor::Root => "/",
        Anchor::Global => ":",
    };
    let args: Vec<_> = command.args.iter().map(|arg| self::arg(text, arg)).collect();
    let condition: String = command.condition.iter().map(|term| format!(" ? {}", expr(text, term))).collect();
    format!("<{anchor}{}{condition}>", args.join(" "))
}

fn arg(text: &str, arg: &Arg) -> String {
    let value = value(text, &arg.value);
    match arg.kind {
        ArgKind::Unnamed => value,
        ArgKind::Named(name) => format!("{}={value}", name.text(text)),
        ArgKind::Unset(name) => format!("!{}{value}", name.text(text)),
    }
}

fn value(text: &str, value: &Value) -> String {
    match value {
        Value::Empty => String::new(),
        Value::Word(word) => word.text(text).into_owned(),
        Value::Quoted(quoted) => format!("{:?}", quoted.text(text)),
        Value::Interpolated(interpolated) => {
            let parts = interpolated.parts.iter().map(|part| match part {
                StringPart::Literal(span) => format!("{:?}", span.unescape(text)),
                StringPart::Value(value) => self::value(text, value),
            });
            parts.collect::<Vec<_>>().join("+")
        }
        Value::Variable(variable) => format!("${}", variable.text(text)),
        Value::Substitution(block) => format!("[{}]", statements(text, &block.body, " ")),
        Value::Group(group) => format!("({})", group.expr.as_ref().map_or(String::new(), |e| expr(text, e))),
        Value::Code(block) => format!("{{{}}}", statements(text, &block.body, " ")),
        Value::Array(array) => {
            let elements: Vec<_> =
                array.elements.iter().map(|element| self::element(text, element)).collect();
            format!("#{{{}}}", elements.join("; "))
        }
    }
}

fn element(text: &str, element: &Element) -> String {
    let key = element.key.as_ref().map_or(String::new(), |key| format!("{}=", value(text, key)));
    format!("{key}{}", expr(text, &element.value))
}

fn expr(text: &str, expression: &Expr) -> String {
    match expression {
        Expr::Value(value) => self::value(text, value),
        Expr::Unary { op, operand, .. } => format!("({} {})", unary(*op), expr(text, operand)),
        Expr::Binary { op, left, right, .. } => {
            format!("({} {} {})", binary(*op), expr(text, left), expr(text, right))
        }
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
