//! Command lines.

use super::path::Target;
use super::refusal::{NO_CONDITION, SYNTAX, place};
use super::{Reader, Refused, body, condition};
use rosc_grammar::ast::{Anchor, Arg, ArgKind, Command, Value};

impl Reader<'_> {
    pub(super) fn command(&mut self, command: &Command) -> Result<String, Refused> {
        if let Some((first, rest)) = command.args.split_first()
            && first.kind == ArgKind::Unnamed
        {
            match &first.value {
                Value::Variable(variable) => {
                    let name = variable.text(self.text);
                    let mut arguments = vec![format!("(> ${name})")];
                    arguments.extend(self.loose_arguments(rest)?);
                    return Ok(format!("(<%% ${name} {})", arguments.join(";")));
                }
                Value::Group(group) => {
                    let callee = self.group(group)?;
                    return Ok(format!("(<%% {callee} {})", self.loose_arguments(rest)?.join(";")));
                }
                Value::Empty
                | Value::Word(_)
                | Value::Quoted(_)
                | Value::Interpolated(_)
                | Value::Substitution(_)
                | Value::Code(_)
                | Value::Array(_) => {}
            }
        }
        match self.target(command)? {
            Target::Menu(menu, words) => self.menu_command(command, menu, &command.args[words..]),
            Target::Unknown(name, at, words) => self.unknown_command(&name, at, &command.args[words..]),
            Target::Command(menu, verb, words) => {
                self.known_command(command, menu, verb, &command.args[words..])
            }
        }
    }

    /// A menu alone, or with commands in braces.
    fn menu_command(
        &mut self,
        command: &Command,
        menu: &'static str,
        rest: &[Arg],
    ) -> Result<String, Refused> {
        match rest {
            [] => {
                self.menu = menu;
                Ok(body::menu_line(menu))
            }
            [Arg { value: Value::Code(block), kind: ArgKind::Unnamed, .. }] => {
                let outside = std::mem::replace(&mut self.menu, menu);
                let form = self.block(block);
                self.menu = outside;
                Ok(form)
            }
            [arg, ..] => {
                let name = match arg.kind {
                    ArgKind::Named(name) => name.span.end,
                    ArgKind::Unnamed | ArgKind::Unset(_) => arg.span.start,
                };
                Err((name.max(command.span.start) as usize, SYNTAX))
            }
        }
    }

    /// A command that the router does not have: it complains when it comes to running it.
    fn unknown_command(&mut self, name: &str, at: usize, rest: &[Arg]) -> Result<String, Refused> {
        let known = if self.line.0 <= at { self.line } else { (0, 1) };
        let (line, column) = place(self.text, at, known);
        self.line = (at, line);
        // What fills in a string has to be known while reading.
        let text = rest.iter().find(|arg| matches!(arg.value, Value::Interpolated(_)));
        if let Some((text, ArgKind::Named(name))) = text.map(|arg| (arg, arg.kind)) {
            return Err((name.span.end.max(text.span.start) as usize, SYNTAX));
        }
        let code =
            rest.iter().find(|arg| matches!(arg.value, Value::Code(_)) && arg.kind == ArgKind::Unnamed);
        if let Some(code) = code {
            return Err((code.span.start as usize, SYNTAX));
        }
        let mut arguments = vec![name.to_owned()];
        arguments.extend(self.loose_arguments(rest)?);
        Ok(format!("(<%% bad command name {name} (line {line} column {column}) {})", arguments.join(";")))
    }

    fn known_command(
        &mut self,
        command: &Command,
        menu: &'static str,
        verb: &'static str,
        rest: &[Arg],
    ) -> Result<String, Refused> {
        // `[find $x "y"]` looks through a string where the current menu has no `find`; by its words alone it can't be
        // told from the one that looks for items.
        let of_strings = menu == "/" && verb == "find";
        let terms = if of_strings { condition::as_arguments(&command.condition)? } else { Vec::new() };
        let rest: Vec<Arg> = rest.iter().cloned().chain(terms).collect();
        let outside = self.menu;
        if menu != "/" && command.anchor != Anchor::Global {
            self.menu = menu;
        }
        let mut arguments = self.arguments(menu, verb, &rest)?;
        if !of_strings && condition::is_asked_for(command, self.text) {
            let terms = self.condition(&command.condition)?;
            if verb != "find" && terms.is_empty() {
                return Err((command.span.end as usize, NO_CONDITION));
            }
            arguments.push(("where".to_owned(), condition::form(menu, &terms)));
        }
        self.menu = outside;
        arguments.sort_by(|(a, _), (b, _)| a.cmp(b));
        let arguments: Vec<String> =
            arguments.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let menu = if menu == "/" { "" } else { menu };
        Ok(format!("(evl {menu}/{verb}{})", arguments.join(";")))
    }
}
