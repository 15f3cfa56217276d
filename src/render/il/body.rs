//! Statements in a row: a script, a block, what stands in brackets.

use super::{Reader, Refused};
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
    pub(super) fn program(&mut self, statements: &[Statement]) -> Result<String, Refused> {
        Ok(self.pieces(statements, (0, self.text.len()))?.join(";"))
    }

    /// A block: its statements side by side, `(evl a b)`. The menu before it is the menu behind it.
    pub(super) fn block(&mut self, block: &Block) -> Result<String, Refused> {
        let outside = self.menu;
        self.variables.push(Vec::new());
        let inside = (block.span.start as usize + 1, block.span.end as usize - 1);
        let pieces = self.pieces(&block.body, inside)?;
        self.variables.pop();
        self.menu = outside;
        Ok(format!("(evl {})", pieces.join(" ")))
    }

    /// The forms of statements, with those that the router finds where there is nothing between separators.
    fn pieces(&mut self, statements: &[Statement], inside: (usize, usize)) -> Result<Vec<String>, Refused> {
        let mut pieces = Vec::new();
        let (mut at, mut before) = (inside.0, Before::Opening);
        for statement in statements {
            let span = statement.span();
            let empty = self.empties(at, span.start as usize, before, false);
            pieces.extend(std::iter::repeat_n(self.here(), empty));
            match self.bracket_statement(statement, &pieces)? {
                Some(whole) => pieces = vec![whole],
                None => {
                    let piece = self.statement(statement)?;
                    pieces.push(piece);
                }
            }
            (at, before) = (span.end as usize, Before::Statement);
        }
        let empty = self.empties(at, inside.1, before, true);
        pieces.extend(std::iter::repeat_n(self.here(), empty));
        Ok(pieces)
    }

    /// A statement that begins with a bracket takes in what stands before it in its block: the router opens the
    /// bracket's block around the one that it is reading.
    fn bracket_statement(&mut self, statement: &Statement, before: &[String]) -> Result<Option<String>, Refused> {
        let Statement::Command(command) = statement else { return Ok(None) };
        let Some((first, rest)) = command.args.split_first() else { return Ok(None) };
        let (ArgKind::Unnamed, Value::Substitution(block)) = (first.kind, &first.value) else { return Ok(None) };
        let inside = (block.span.start as usize + 1, block.span.end as usize - 1);
        let mut pieces = before.to_vec();
        pieces.extend(self.pieces(&block.body, inside)?);
        Ok(Some(format!("(<%% (evl {}) {})", pieces.join(";"), self.loose_arguments(rest)?.join(";"))))
    }

    fn statement(&mut self, statement: &Statement) -> Result<String, Refused> {
        match statement {
            Statement::Command(command) => self.command(command),
            Statement::Block(block) => self.block(block),
            // There is none in a text that is read as a script.
            Statement::Prompt(_) | Statement::Output(_) => Ok(String::new()),
        }
    }

    /// The current menu as a statement.
    pub(super) fn here(&self) -> String {
        menu_line(self.menu)
    }

    /// How many empty statements the router sees in text between statements: one for a line end or a comment
    /// directly behind an opening bracket, one between `;` and what is not directly behind it, and one for an
    /// indented comment with no statement behind it.
    fn empties(&self, from: usize, to: usize, mut before: Before, at_end: bool) -> usize {
        let text = &self.text.as_bytes()[from..to];
        let (mut empties, mut blank, mut comment) = (0, false, false);
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            at += 1;
            match byte {
                b'\n' => {
                    let counts = match before {
                        Before::Opening => true,
                        Before::Semicolon => blank,
                        Before::Statement | Before::Newline => false,
                    };
                    empties += usize::from(counts);
                    (before, blank) = (Before::Newline, false);
                }
                b';' => {
                    let counts = matches!(before, Before::Semicolon | Before::Newline);
                    empties += usize::from(counts);
                    (before, blank, comment) = (Before::Semicolon, false, false);
                }
                b'#' => {
                    at += text[at..].iter().take_while(|&&byte| byte != b'\n').count();
                    comment |= before == Before::Newline && blank;
                }
                _ => blank = true,
            }
        }
        let last = match before {
            Before::Semicolon | Before::Opening => blank,
            Before::Statement | Before::Newline => false,
        };
        empties + usize::from(at_end && (last || comment))
    }
}

/// A menu alone: `/ip/route/`, `/` for the root.
pub(super) fn menu_line(menu: &str) -> String {
    if menu == "/" { menu.to_owned() } else { format!("{menu}/") }
}
