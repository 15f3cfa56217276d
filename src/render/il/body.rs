//! Statements in a row: a script, a block, what stands in brackets.

use super::refusal::NO_END;
use super::{Read, Reader, Refused};
use rosc_grammar::ast::{ArgKind, Block, Statement, Value};

/// What was read last before a place between two statements.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The opening bracket, or nothing at all.
    Opening,
    Statement,
    Semicolon,
    Newline,
}

impl Reader<'_> {
    /// The form of the whole script.
    pub(super) fn program(mut self, statements: &[Statement]) -> Read {
        let form = self.pieces(statements, (0, self.text.len())).join(";");
        Read { form, faults: self.faults }
    }

    /// A block: its statements side by side, `(evl a b)`. The menu before it is the menu behind it.
    pub(super) fn block(&mut self, block: &Block) -> String {
        let outside = self.menu;
        self.variables.push(Vec::new());
        let inside = (block.span.start as usize + 1, block.span.end as usize - 1);
        let pieces = self.pieces(&block.body, inside);
        self.variables.pop();
        self.menu = outside;
        format!("(evl {})", pieces.join(" "))
    }

    /// The forms of statements, with those that the router finds where there is nothing between separators. What it does
    /// not take is noted, and the next statement is read.
    fn pieces(&mut self, statements: &[Statement], inside: (usize, usize)) -> Vec<String> {
        let mut pieces = Vec::new();
        let (mut at, mut before) = (inside.0, Before::Opening);
        for statement in statements {
            let span = statement.span();
            self.add_empties(&mut pieces, (at, span.start as usize), before, false);
            let (menu, depth) = (self.menu, self.variables.len());
            if let Err(fault) = self.add_statement(&mut pieces, statement) {
                self.faults.push(fault);
                self.menu = menu;
                self.variables.truncate(depth);
            }
            (at, before) = (span.end as usize, Before::Statement);
        }
        self.add_empties(&mut pieces, (at, inside.1), before, true);
        pieces
    }

    fn add_empties(&mut self, pieces: &mut Vec<String>, gap: (usize, usize), before: Before, at_end: bool) {
        match self.empties(gap.0, gap.1, before, at_end) {
            Ok(count) => pieces.extend(std::iter::repeat_n(self.here(), count)),
            Err(fault) => self.faults.push(fault),
        }
    }

    fn add_statement(&mut self, pieces: &mut Vec<String>, statement: &Statement) -> Result<(), Refused> {
        match self.bracket_statement(statement, pieces)? {
            Some(whole) => *pieces = vec![whole],
            None => pieces.push(self.statement(statement)?),
        }
        Ok(())
    }

    /// A statement that begins with a bracket takes in what stands before it in its block: the router opens the
    /// bracket's block around the one that it is reading.
    fn bracket_statement(
        &mut self,
        statement: &Statement,
        before: &[String],
    ) -> Result<Option<String>, Refused> {
        let Statement::Command(command) = statement else { return Ok(None) };
        let Some((first, rest)) = command.args.split_first() else { return Ok(None) };
        let (ArgKind::Unnamed, Value::Substitution(block)) = (first.kind, &first.value) else {
            return Ok(None);
        };
        let inside = (block.span.start as usize + 1, block.span.end as usize - 1);
        let mut pieces = before.to_vec();
        pieces.extend(self.pieces(&block.body, inside));
        let callee = match pieces.as_slice() {
            [piece] => piece.clone(),
            pieces => format!("(evl {})", pieces.join(";")),
        };
        Ok(Some(format!("(<%% {callee} {})", self.loose_arguments(rest)?.join(";"))))
    }

    fn statement(&mut self, statement: &Statement) -> Result<String, Refused> {
        match statement {
            Statement::Command(command) => self.command(command),
            Statement::Block(block) => Ok(self.block(block)),
            // There is none in a text that is read as a script.
            Statement::Prompt(_) | Statement::Output(_) => Ok(String::new()),
        }
    }

    /// The current menu as a statement.
    pub(super) fn here(&self) -> String {
        menu_line(self.menu)
    }

    /// How many empty statements the router sees in text between statements.
    ///
    /// Behind a line end it skips lines that are blank or hold a comment in the first column. Elsewhere a statement
    /// begins: blanks and comments, each with its line end, are part of it, and a line end or `;` ends it, be it
    /// empty or not. Behind a command on its own line, a comment needs a `;` before it. An empty text is no statement, but an empty block holds one.
    fn empties(&self, from: usize, to: usize, mut before: Before, at_end: bool) -> Result<usize, Refused> {
        let text = &self.text.as_bytes()[from..to];
        let (mut at, mut empties) = (0, 0);
        loop {
            if before == Before::Newline {
                at += skipped_lines(&text[at..]);
            }
            let start = at;
            let mut comment = false;
            while let Some(&byte) = text.get(at) {
                match byte {
                    b'#' if before == Before::Statement => return Err((from + at, NO_END)),
                    b'#' => {
                        comment = true;
                        at +=
                            text[at..].iter().position(|&byte| byte == b'\n').unwrap_or(text.len() - at - 1)
                                + 1;
                    }
                    b'\n' | b';' => break,
                    _ => at += 1,
                }
            }
            let begun = match before {
                Before::Opening => true,
                Before::Semicolon => !matches!(&text[start..at], b"" | b"\r"),
                Before::Newline => comment,
                Before::Statement => false,
            };
            match text.get(at) {
                Some(b'\n') => {
                    empties += usize::from(begun);
                    before = Before::Newline;
                }
                Some(_) => {
                    empties += usize::from(before != Before::Statement);
                    before = Before::Semicolon;
                }
                None => return Ok(empties + usize::from(at_end && begun && !self.text.is_empty())),
            }
            at += 1;
        }
    }
}

/// How many bytes of blank lines, and of comments in the first column, there are.
fn skipped_lines(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let line = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |newline| newline + 1);
        let is_blank = rest[..line].iter().all(u8::is_ascii_whitespace) && rest[..line].ends_with(b"\n");
        if !is_blank && rest[0] != b'#' {
            break;
        }
        at += line;
    }
    at
}

/// A menu alone: `/ip/route/`, `/` for the root.
pub(super) fn menu_line(menu: &str) -> String {
    if menu == "/" { menu.to_owned() } else { format!("{menu}/") }
}
