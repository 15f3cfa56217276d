//! Finds out what a command is about, and runs it.

use super::path::Target;
use super::verbs::Switch;
use super::{Evaluator, diagnostics};
use crate::catalog;
use crate::database::v6;
use crate::diagnostic::Diagnostic;
use rosc_grammar::ast::{Anchor, Arg, ArgKind, Command, Value};

/// Commands that show things and change nothing.
const WITHOUT_EFFECT: &[&str] = &[
    "print",
    "export",
    "find",
    "get",
    "edit",
    "monitor",
    "check",
    "reset-counters",
    "reset-counters-all",
    "put",
    "log",
    "delay",
    "beep",
    "nothing",
    "info",
    "warning",
    "error",
    "debug",
];

/// Global commands of which a script is made.
const OF_SCRIPTS: &[&str] = &[
    "break", "continue", "do", "execute", "exit", "for", "foreach", "global", "if", "import", "local",
    "lock", "onerror", "parse", "quit", "redo", "resolve", "retry", "return", "set", "undo", "while",
];

impl Evaluator<'_> {
    /// Runs a command line, or reports why it can't be.
    pub(super) fn run_command(&mut self, command: &Command) {
        if let Some(Arg { kind: ArgKind::Unnamed, value, span }) = command.args.first() {
            match value {
                Value::Variable(_) => return self.not_run("a function", self.origin(*span)),
                Value::Substitution(_) | Value::Group(_) | Value::Interpolated(_) => {
                    return self.not_run("an expression", self.origin(*span));
                }
                Value::Empty | Value::Word(_) | Value::Quoted(_) | Value::Code(_) | Value::Array(_) => {}
            }
        }
        if self.is_lost && command.anchor == Anchor::Here {
            return;
        }
        self.is_lost = false;
        let target = match self.target(command) {
            Ok(target) => target,
            Err(unknown) => {
                // Below a menu that does not exist, every command would be unknown too.
                let names_menu = command.args.iter().all(|arg| arg.kind == ArgKind::Unnamed);
                self.is_lost = names_menu && command.anchor == Anchor::Root;
                return self.report(unknown);
            }
        };
        match target.verb {
            None => self.change_menu(command, target),
            Some(verb) if target.menu == "/" && OF_SCRIPTS.contains(&verb) => {
                self.not_run(verb, self.origin(command.span));
            }
            Some(verb) => {
                if let Err(refused) = self.run_verb(command, target, verb) {
                    self.report(refused);
                }
            }
        }
    }

    fn change_menu(&mut self, command: &Command, target: Target) {
        match command.args.get(target.words..) {
            None | Some([]) => self.menu = target.menu,
            Some([Arg { kind: ArgKind::Unnamed, value: Value::Code(block), .. }]) => {
                self.run_block(block, target.menu);
            }
            Some([unexpected, ..]) => {
                let origin = self.origin(unexpected.span);
                let why = "a command such as add or set stands between the menu and its arguments";
                self.report(diagnostics::missing_argument(target.menu, "a command", origin).help(why));
            }
        }
    }

    fn run_verb(&mut self, command: &Command, target: Target, verb: &'static str) -> Result<(), Diagnostic> {
        let menu = v6::menu(target.menu);
        let origin = self.origin(command.span);
        self.signs.note(target.menu, None, origin);
        let args = &command.args[target.words..];
        let outcome = match verb {
            "add" => {
                self.add(menu, args, origin);
                Ok(())
            }
            "set" => self.set(menu, args, origin),
            "remove" => self.remove(menu, args, origin),
            "enable" => self.switch_items(menu, args, origin, Switch::Enable),
            "disable" => self.switch_items(menu, args, origin, Switch::Disable),
            "move" => self.move_items(menu, args, origin),
            "comment" => self.comment(menu, args, origin),
            "unset" => self.unset(menu, args, origin),
            verb if WITHOUT_EFFECT.contains(&verb) => Ok(()),
            verb if catalog::menu(menu).is_some() => {
                self.not_run(verb, origin);
                Ok(())
            }
            _ => {
                self.database.menu_mut(menu).actions.push(origin);
                Ok(())
            }
        };
        match outcome {
            // It may be about an item that is on the router and not in the configuration.
            Err(_) if catalog::menu(menu).is_none() => {
                self.database.menu_mut(menu).changes.push(origin);
                Ok(())
            }
            outcome => outcome,
        }
    }
}
