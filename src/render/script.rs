//! The statements of the sources, as parsed.

use crate::source::{FileId, HIDDEN, Sources, is_sensitive};
use rosc_grammar::ast::{
    Anchor, Arg, ArgKind, Array, Block, Command, Expr, Group, Statement, StringPart, UnaryOp, Value,
};
use std::fmt::Write;

/// Writes every statement on a line of its own: where it stands, then its parts with blanks between them, values
/// decoded and in quotes unless they are words. The lines of a block are indented.
pub fn script(sources: &Sources) -> String {
    let mut out = String::new();
    for file in sources.ids() {
        let mut writer = Writer { sources, file, text: sources.file(file).text(), out: &mut out };
        for statement in rosc_grammar::parse(writer.text).statements {
            writer.statement(&statement, 0);
        }
    }
    out
}

struct Writer<'a> {
    sources: &'a Sources,
    file: FileId,
    text: &'a str,
    out: &'a mut String,
}

impl Writer<'_> {
    fn statement(&mut self, statement: &Statement, indent: usize) {
        match statement {
            Statement::Command(command) => {
                self.place(command.span.start, indent);
                self.command(command, indent);
                self.out.push('\n');
            }
            Statement::Block(block) => {
                self.place(block.span.start, indent);
                self.block(block, indent);
                self.out.push('\n');
            }
            Statement::Prompt(path) => {
                self.place(path.span.start, indent);
                self.push(&format!("prompt {:?}\n", path.text(self.text)));
            }
            Statement::Output(lines) => {
                self.place(lines.span.start, indent);
                let count = lines.text(self.text).lines().count();
                self.push(&format!("output, {count} line{}\n", if count == 1 { "" } else { "s" }));
            }
        }
    }

    fn place(&mut self, offset: u32, indent: usize) {
        let (line, _) = self.sources.file(self.file).line_and_column(offset);
        write!(self.out, "{line:>5}  {:indent$}", "", indent = indent * 4).expect("writing to a string");
    }

    fn command(&mut self, command: &Command, indent: usize) {
        self.push(match command.anchor {
            Anchor::Here => "",
            Anchor::Root => "/",
            Anchor::Global => ":",
        });
        for (index, arg) in command.args.iter().enumerate() {
            if index > 0 {
                self.out.push(' ');
            }
            self.arg(arg, indent);
        }
        for (index, term) in command.condition.iter().enumerate() {
            self.push(if index == 0 { " where " } else { " and " });
            self.expr(term, indent);
        }
    }

    fn arg(&mut self, arg: &Arg, indent: usize) {
        match arg.kind {
            ArgKind::Unnamed => {}
            ArgKind::Named(name) => {
                let name = name.text(self.text);
                self.push(&name);
                self.out.push('=');
                if is_sensitive(&name) {
                    return self.push(HIDDEN);
                }
            }
            ArgKind::Unset(name) => {
                let name = name.text(self.text);
                self.out.push('!');
                self.push(&name);
            }
        }
        self.value(&arg.value, indent);
    }

    fn value(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Empty => {}
            Value::Word(word) => {
                let text = word.text(self.text);
                self.push(&text);
            }
            Value::Quoted(quoted) => self.push(&format!("{:?}", quoted.text(self.text))),
            Value::Interpolated(string) => {
                self.out.push('"');
                for part in &string.parts {
                    match part {
                        StringPart::Literal(span) => self.push(&format!("{:?}", span.unescape(self.text))),
                        StringPart::Value(value) => self.value(value, indent),
                    }
                }
                self.out.push('"');
            }
            Value::Variable(variable) => self.push(&format!("${}", variable.text(self.text))),
            Value::Substitution(block) => {
                self.out.push('[');
                for (index, statement) in block.body.iter().enumerate() {
                    if index > 0 {
                        self.push("; ");
                    }
                    if let Statement::Command(command) = statement {
                        self.command(command, indent);
                    }
                }
                self.out.push(']');
            }
            Value::Group(group) => self.group(group, indent),
            Value::Code(block) => self.block(block, indent),
            Value::Array(array) => self.array(array, indent),
        }
    }

    fn block(&mut self, block: &Block, indent: usize) {
        self.push("{\n");
        for statement in &block.body {
            self.statement(statement, indent + 1);
        }
        self.place(block.span.end.saturating_sub(1), indent);
        self.out.push('}');
    }

    fn group(&mut self, group: &Group, indent: usize) {
        self.out.push('(');
        if let Some(expr) = &group.expr {
            self.expr(expr, indent);
        }
        self.out.push(')');
    }

    fn array(&mut self, array: &Array, indent: usize) {
        self.out.push('{');
        for (index, element) in array.elements.iter().enumerate() {
            if index > 0 {
                self.push("; ");
            }
            if let Some(key) = &element.key {
                self.value(key, indent);
                self.out.push('=');
            }
            self.expr(&element.value, indent);
        }
        self.out.push('}');
    }

    fn expr(&mut self, expr: &Expr, indent: usize) {
        match expr {
            Expr::Value(value) => self.value(value, indent),
            Expr::Unary { op, operand, .. } => {
                self.push(op.symbol());
                if *op == UnaryOp::Any {
                    self.push(" ");
                }
                self.expr(operand, indent);
            }
            Expr::Binary { op, left, right, .. } => {
                self.expr(left, indent);
                self.push(&format!(" {} ", op.symbol()));
                self.expr(right, indent);
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }
}
