//! Statements in the canonical style.

use super::gap::{Gap, Line};
use super::same;
use crate::ast::{
    Anchor, Arg, ArgKind, Array, BinaryOp, Block, Command, Expr, Group, Quoted, Span, Statement, UnaryOp,
    Value,
};
use crate::decode::{Escape, escape};
use crate::parse;

/// Lines are not longer than this, in characters, if that can be.
const WIDTH: usize = 120;
/// How far a block stands in from what it belongs to, and the rest of a long command from its beginning.
const INDENT: usize = 4;
/// What a line ends with that goes on: ` \\`.
const CONTINUATION: usize = 2;

pub(super) struct Printer<'t> {
    text: &'t str,
}

impl<'t> Printer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text }
    }

    /// Prints all statements of a file.
    pub(super) fn file(&self, statements: &[Statement]) -> String {
        let whole = Span { start: self.start(), end: offset(self.text.len()) };
        self.lines(statements, whole, 0, |statement| {
            let printed = self.statement(statement, 0);
            if self.is_kept(statement, &printed) {
                printed
            } else {
                statement.span().slice(self.text).to_owned()
            }
        })
    }

    /// Behind the byte order mark.
    fn start(&self) -> u32 {
        let mark = '\u{feff}';
        if self.text.starts_with(mark) { offset(mark.len_utf8()) } else { 0 }
    }

    /// Whether what is printed of a statement means the same.
    fn is_kept(&self, statement: &Statement, printed: &str) -> bool {
        let again = parse(printed);
        again.errors.is_empty()
            && matches!(&again.statements[..], [one] if same::statement((self.text, statement), (printed, one)))
    }

    /// Prints statements and the comments between them, each line with its line end.
    fn lines(
        &self,
        statements: &[Statement],
        around: Span,
        indent: usize,
        print: impl Fn(&Statement) -> String,
    ) -> String {
        let margin = " ".repeat(indent);
        let mut out = String::new();
        let mut end = around.start;
        for statement in statements {
            let gap = self.gap(end, statement.span().start);
            let is_first = end == around.start;
            end = statement.span().end;
            if !is_first && indent == 0 && !gap.ends_line {
                out.push_str("; ");
            } else {
                push_gap(&mut out, &gap, &margin, is_first);
                out.push_str(&margin);
            }
            out.push_str(&print(statement));
        }
        let mut last = self.gap(end, around.end);
        if last.lines.last() == Some(&Line::Blank) {
            last.lines.pop();
        }
        push_gap(&mut out, &last, &margin, statements.is_empty());
        out
    }

    fn gap(&self, from: u32, to: u32) -> Gap<'t> {
        Gap::read(Span { start: from, end: to.max(from) }.slice(self.text))
    }

    fn statement(&self, statement: &Statement, indent: usize) -> String {
        match statement {
            Statement::Command(command) => self.command(command, indent),
            Statement::Block(block) => self.block(block, indent),
            // There is none in a script.
            Statement::Prompt(word) | Statement::Output(word) => word.span.slice(self.text).to_owned(),
        }
    }

    fn command(&self, command: &Command, indent: usize) -> String {
        let on_one_line = self.command_on_one_line(command);
        let is_short = indent + width(&on_one_line) <= WIDTH;
        let blocks = || {
            command.args.iter().filter_map(|arg| match &arg.value {
                Value::Code(block) => Some(block),
                _ => None,
            })
        };
        if blocks().next().is_none() {
            return if is_short || on_one_line.contains('\n') {
                on_one_line
            } else {
                self.wrapped(command, indent)
            };
        }
        if is_short && !on_one_line.contains('\n') && !blocks().any(|block| self.needs_lines(block)) {
            return on_one_line;
        }
        let pieces = command.args.iter().map(|arg| match &arg.value {
            Value::Code(block) => self.name(arg) + &self.block(block, indent),
            value => self.name(arg) + &self.value(value),
        });
        let mut pieces: Vec<String> = pieces.collect();
        pieces.extend(self.condition(command));
        anchor(command).to_owned() + &pieces.join(" ")
    }

    fn command_on_one_line(&self, command: &Command) -> String {
        anchor(command).to_owned() + &self.pieces(command).join(" ")
    }

    fn pieces(&self, command: &Command) -> Vec<String> {
        let args = command.args.iter().map(|arg| self.name(arg) + &self.value(&arg.value));
        let mut pieces: Vec<String> = args.collect();
        pieces.extend(self.condition(command));
        pieces
    }

    /// A long command goes on on further lines. The blank before the backslash stays one between arguments.
    fn wrapped(&self, command: &Command, indent: usize) -> String {
        let margin = " ".repeat(indent + INDENT);
        let mut out = anchor(command).to_owned();
        let mut column = indent + out.len();
        for (index, piece) in self.pieces(command).iter().enumerate() {
            let fits = |column| column + width(piece) + CONTINUATION <= WIDTH;
            if index > 0 && !fits(column + 1) && (index > 1 || fits(margin.len())) {
                out.push_str(" \\\n");
                out.push_str(&margin);
                column = margin.len();
            } else if index > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(piece);
            column += width(piece);
        }
        out
    }

    fn name(&self, arg: &Arg) -> String {
        match arg.kind {
            ArgKind::Unnamed => String::new(),
            ArgKind::Named(name) => format!("{}=", name.text(self.text)),
            ArgKind::Unset(name) => format!("!{}", name.text(self.text)),
        }
    }

    /// The terms as they are written, for in them blanks can have a meaning, with one blank between them.
    fn condition(&self, command: &Command) -> Vec<String> {
        let terms: Vec<Span> = command.condition.iter().filter_map(Expr::span).collect();
        let Some(first) = terms.first() else { return Vec::new() };
        let before = command.args.last().map_or(command.span.start, |arg| arg.span.end);
        let says_where = Span { start: before, end: first.start }.slice(self.text).contains("where");
        let terms = terms.iter().map(|term| term.slice(self.text).to_owned());
        says_where.then(|| "where".to_owned()).into_iter().chain(terms).collect()
    }

    /// Whether a block does not fit on the line of its command, or was not meant to.
    fn needs_lines(&self, block: &Block) -> bool {
        let [statement] = &block.body[..] else {
            return !block.body.is_empty() || self.inner_gap(block).has_comment();
        };
        let before = self.gap(block.span.start + 1, statement.span().start);
        let behind = self.gap(statement.span().end, block.span.end - 1);
        before.ends_line || before.has_comment() || behind.has_comment()
    }

    fn inner_gap(&self, block: &Block) -> Gap<'t> {
        self.gap(block.span.start + 1, block.span.end - 1)
    }

    fn block(&self, block: &Block, indent: usize) -> String {
        if block.body.is_empty() && !self.inner_gap(block).has_comment() {
            return "{}".to_owned();
        }
        let inside = Span { start: block.span.start + 1, end: block.span.end - 1 };
        let deeper = indent + INDENT;
        let lines = self.lines(&block.body, inside, deeper, |statement| self.statement(statement, deeper));
        format!("{{\n{lines}{}}}", " ".repeat(indent))
    }

    fn value(&self, value: &Value) -> String {
        let Some(span) = value.span() else { return String::new() };
        let written = span.slice(self.text);
        match value {
            Value::Word(word) => word.text(self.text).into_owned(),
            Value::Quoted(quoted) => self.quoted(*quoted),
            // Laid out by hand, or a text.
            _ if written.contains(['\n', '\r']) => written.to_owned(),
            Value::Empty | Value::Interpolated(_) | Value::Variable(_) => written.to_owned(),
            Value::Substitution(block) => format!("[{}]", self.statements_on_one_line(block)),
            Value::Group(group) => self.group(group),
            Value::Code(block) if block.body.is_empty() => "{}".to_owned(),
            Value::Code(block) => format!("{{ {} }}", self.statements_on_one_line(block)),
            Value::Array(array) => self.array(array),
        }
    }

    fn statements_on_one_line(&self, block: &Block) -> String {
        let statements = block.body.iter().map(|statement| match statement {
            Statement::Command(command) => self.command_on_one_line(command),
            other => other.span().slice(self.text).to_owned(),
        });
        statements.collect::<Vec<_>>().join("; ")
    }

    /// A text as it is written, without joined lines: behind one, an export writes a blank as `\_`.
    fn quoted(&self, quoted: Quoted) -> String {
        let mut rest = quoted.span.slice(self.text);
        let mut out = String::with_capacity(rest.len());
        while let Some(at) = rest.find('\\') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let (meaning, length) = escape(rest.as_bytes());
            match meaning {
                Escape::LineJoin => {}
                Escape::Character(' ') => out.push(' '),
                Escape::Character(_) | Escape::Unknown => out.push_str(&rest[..length]),
            }
            rest = &rest[length..];
        }
        out + rest
    }

    fn group(&self, group: &Group) -> String {
        group.expr.as_ref().map_or_else(|| "()".to_owned(), |expr| format!("({})", self.expr(expr)))
    }

    fn array(&self, array: &Array) -> String {
        let elements = array.elements.iter().map(|element| match &element.key {
            Some(key) => format!("{}={}", self.value(key), self.expr(&element.value)),
            None => self.expr(&element.value),
        });
        format!("{{{}}}", elements.collect::<Vec<_>>().join("; "))
    }

    fn expr(&self, expr: &Expr) -> String {
        match expr {
            Expr::Value(value) => self.value(value),
            Expr::Unary { op, operand, .. } => {
                let blank = if *op == UnaryOp::Any { " " } else { "" };
                format!("{}{blank}{}", op.symbol(), self.expr(operand))
            }
            Expr::Binary { op, left, right, .. } => {
                let (left_text, right_text) = (self.expr(left), self.expr(right));
                let operator = self.operator(*op, left, right);
                match op {
                    BinaryOp::Arrow => format!("{left_text}{operator}{right_text}"),
                    BinaryOp::Comma => format!("{left_text}{operator} {right_text}"),
                    _ => format!("{left_text} {operator} {right_text}"),
                }
            }
        }
    }

    /// The operator as it is written: `&&` or `and`.
    fn operator(&self, op: BinaryOp, left: &Expr, right: &Expr) -> &'t str {
        let (Some(left), Some(right)) = (left.span(), right.span()) else { return op.symbol() };
        Span { start: left.end, end: right.start.max(left.end) }.slice(self.text).trim()
    }
}

fn anchor(command: &Command) -> &'static str {
    match command.anchor {
        Anchor::Here => "",
        Anchor::Root => "/",
        Anchor::Global => ":",
    }
}

/// Ends the line, and writes the lines of a gap.
fn push_gap(out: &mut String, gap: &Gap<'_>, margin: &str, is_first: bool) {
    if let Some(comment) = gap.trailing {
        out.push_str(if is_first { margin } else { " " });
        out.push_str(comment);
    }
    if !is_first || gap.trailing.is_some() {
        out.push('\n');
    }
    for (index, line) in gap.lines.iter().enumerate() {
        match line {
            Line::Blank if is_first && index == 0 && gap.trailing.is_none() => {}
            Line::Blank => out.push('\n'),
            Line::Comment(comment) => {
                out.push_str(margin);
                out.push_str(comment);
                out.push('\n');
            }
        }
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).expect("texts that are parsed are shorter than 4 GiB")
}
