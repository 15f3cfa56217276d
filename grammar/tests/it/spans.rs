//! All spans of a tree, checked as they are met.

use rosc_grammar::Parsed;
use rosc_grammar::ast::{ArgKind, Block, Command, Expr, Span, Statement, StringPart, Value};

/// Panics unless each span lies on character boundaries of the text and inside the one around it, and each
/// word and string can be decoded.
pub(crate) fn check(text: &str, parsed: &Parsed) {
    let whole = Span { start: 0, end: u32::try_from(text.len()).expect("the text is short") };
    let tree = Tree { text };
    for statement in &parsed.statements {
        tree.statement(whole, statement);
    }
    for error in &parsed.errors {
        tree.span(whole, error.span);
        error.opened.into_iter().for_each(|opened| tree.span(whole, opened));
        assert!(!error.label.is_empty());
    }
}

struct Tree<'t> {
    text: &'t str,
}

impl Tree<'_> {
    fn span(&self, around: Span, span: Span) {
        assert!(span.start <= span.end, "{span:?} ends before it starts");
        assert!(around.start <= span.start && span.end <= around.end, "{span:?} is not inside {around:?}");
        assert!(
            self.text.is_char_boundary(span.start as usize) && self.text.is_char_boundary(span.end as usize),
            "{span:?} cuts a character"
        );
    }

    fn statement(&self, around: Span, statement: &Statement) {
        match statement {
            Statement::Command(command) => self.command(around, command),
            Statement::Block(block) => self.block(around, block),
            Statement::Prompt(menu) => {
                self.span(around, menu.span);
                menu.text(self.text);
            }
        }
    }

    fn block(&self, around: Span, block: &Block) {
        self.span(around, block.span);
        block.body.iter().for_each(|statement| self.statement(block.span, statement));
    }

    fn command(&self, around: Span, command: &Command) {
        self.span(around, command.span);
        for arg in &command.args {
            self.span(command.span, arg.span);
            match arg.kind {
                ArgKind::Unnamed => {}
                ArgKind::Named(name) | ArgKind::Unset(name) => {
                    self.span(arg.span, name.span);
                    assert!(!name.text(self.text).is_empty());
                }
            }
            self.value(arg.span, &arg.value);
        }
        command.condition.iter().for_each(|term| self.expr(command.span, term));
    }

    fn value(&self, around: Span, value: &Value) {
        match value {
            Value::Empty => {}
            Value::Word(word) => {
                self.span(around, word.span);
                assert!(!word.text(self.text).is_empty());
            }
            Value::Quoted(quoted) => {
                self.span(around, quoted.span);
                quoted.text(self.text);
            }
            Value::Interpolated(interpolated) => {
                self.span(around, interpolated.span);
                for part in &interpolated.parts {
                    match part {
                        StringPart::Literal(span) => {
                            self.span(interpolated.span, *span);
                            span.unescape(self.text);
                        }
                        StringPart::Value(value) => self.value(interpolated.span, value),
                    }
                }
            }
            Value::Variable(variable) => {
                self.span(around, variable.span);
                self.span(variable.span, variable.name);
                variable.text(self.text);
            }
            Value::Substitution(block) | Value::Code(block) => self.block(around, block),
            Value::Group(group) => {
                self.span(around, group.span);
                group.expr.iter().for_each(|expr| self.expr(group.span, expr));
            }
            Value::Array(array) => {
                self.span(around, array.span);
                for element in &array.elements {
                    element.key.iter().for_each(|key| self.value(array.span, key));
                    self.expr(array.span, &element.value);
                }
            }
        }
    }

    fn expr(&self, around: Span, expr: &Expr) {
        self.span(around, expr.span().expect("no expression is empty"));
        match expr {
            Expr::Value(value) => self.value(around, value),
            Expr::Unary { span, operand, .. } => {
                self.span(around, *span);
                self.expr(*span, operand);
            }
            Expr::Binary { span, left, right, .. } => {
                self.span(around, *span);
                self.expr(*span, left);
                self.expr(*span, right);
            }
        }
    }
}
