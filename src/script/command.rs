//! Finds out what a command is about, and runs it.

use super::path::Target;
use super::stop::Stop;
use super::value::Value;
use super::verbs::Switch;
use super::{Evaluator, diagnostics};
use crate::catalog::{self, ROSC_FACT};
use crate::database::{Change, v6};
use rosc_grammar::ast::{self, Anchor, Arg, ArgKind, Command};

/// Commands that show things and change nothing.
const WITHOUT_EFFECT: &[&str] =
    &["print", "export", "find", "get", "edit", "monitor", "check", "reset-counters", "reset-counters-all"];

/// What a command on a menu costs in a loop or a function, beside the statement that it is: it is looked up, and so are its
/// arguments.
const STEPS_OF_A_COMMAND: usize = 8;

/// Whether something takes the value that a statement gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Value,
    Nothing,
}

impl Evaluator<'_> {
    /// Runs a command line. The error says why it can't be run.
    pub(super) fn run_command(&mut self, command: &Command, wanted: Wanted) -> Result<Value, Stop> {
        if let Some(Arg { kind: ArgKind::Unnamed, value, .. }) = command.args.first() {
            match value {
                ast::Value::Variable(_)
                | ast::Value::Substitution(_)
                | ast::Value::Group(_)
                | ast::Value::Interpolated(_) => {
                    return self.call_command(&command.args, self.origin(command.span));
                }
                ast::Value::Empty
                | ast::Value::Word(_)
                | ast::Value::Quoted(_)
                | ast::Value::Code(_)
                | ast::Value::Array(_) => {}
            }
        }
        if self.is_lost && command.anchor == Anchor::Here {
            return Ok(Value::Nothing);
        }
        self.is_lost = false;
        let target = match self.target(command) {
            Ok(target) => target,
            Err(unknown) => {
                // Below a menu that does not exist, every command would be unknown too.
                let names_menu = command.args.iter().all(|arg| arg.kind == ArgKind::Unnamed);
                self.is_lost = names_menu && command.anchor == Anchor::Root;
                return Err(unknown.into());
            }
        };
        match target.verb {
            None => self.change_menu(command, target, wanted),
            Some(verb) if target.menu == "/" => {
                self.run_global(verb, &command.args[target.words..], wanted, self.origin(command.span))
            }
            Some(verb) => {
                // What stands in brackets among the arguments is of the command's menu.
                let outside = std::mem::replace(&mut self.menu, target.menu);
                let result = self.run_verb(command, target, verb, wanted);
                self.menu = outside;
                result
            }
        }
    }

    fn change_menu(&mut self, command: &Command, target: Target, wanted: Wanted) -> Result<Value, Stop> {
        match command.args.get(target.words..) {
            None | Some([]) => {
                self.menu = target.menu;
                Ok(Value::Nothing)
            }
            Some([Arg { kind: ArgKind::Unnamed, value: ast::Value::Code(block), .. }]) => {
                self.variables.enter_block();
                let result = self.run_block(block, target.menu, wanted);
                self.variables.leave();
                result
            }
            // The topic is computed: `:log $topic "..."`.
            Some(args) if target.menu == "/log" => {
                self.run_global("log", args, wanted, self.origin(command.span))
            }
            Some([unexpected, ..]) => {
                let origin = self.origin(unexpected.span);
                let why = "a command such as add or set stands between the menu and its arguments";
                Err(diagnostics::missing_argument(target.menu, "a command", origin).help(why).into())
            }
        }
    }

    fn run_verb(
        &mut self,
        command: &Command,
        target: Target,
        verb: &'static str,
        wanted: Wanted,
    ) -> Result<Value, Stop> {
        let menu = v6::menu(target.menu);
        let origin = self.origin(command.span);
        if self.is_inside() {
            self.step(STEPS_OF_A_COMMAND)?;
        }
        self.signs.note(target.menu, None, origin);
        let args = &command.args[target.words..];
        let is_lowered = || catalog::menu(menu).is_some();
        let behind = command.args[..target.words].last().map_or(command.span.start, |arg| arg.span.end);
        let arguments = self.origin(ast::Span { start: behind, end: command.span.end });
        let change = Change { command: origin, verb, arguments };
        let outcome = match verb {
            "add" if menu == ROSC_FACT.path => self.add_fact(args, origin),
            verb if menu == ROSC_FACT.path && !WITHOUT_EFFECT.contains(&verb) => {
                return Err(diagnostics::facts_are_added(verb, origin).into());
            }
            "add" => self.add(menu, args, origin),
            "set" => self.set(menu, args, origin),
            "remove" => self.remove(menu, args, origin),
            "enable" => self.switch_items(menu, args, origin, Switch::Enable, change),
            "disable" => self.switch_items(menu, args, origin, Switch::Disable, change),
            "move" => self.move_items(menu, args, origin),
            "comment" => self.comment(menu, args, origin),
            "unset" => self.unset(menu, args, origin),
            "find" if wanted == Wanted::Value => return self.found(menu, &command.condition, origin),
            "get" if wanted == Wanted::Value => return self.get(menu, args, origin),
            "print" if wanted == Wanted::Value => return self.printed(menu, command, args, origin),
            "run" if menu == "/system/script" => return self.run_stored(args, origin),
            _ if menu == "/log" => return self.run_global("log", args, wanted, origin),
            verb if WITHOUT_EFFECT.contains(&verb) => Ok(Value::Nothing),
            verb if is_lowered() => Err(diagnostics::script_not_run(verb, origin).into()),
            _ if wanted == Wanted::Value => {
                let question = self.question(menu, verb, args, &command.condition)?;
                return self.ask(&question, origin);
            }
            _ => {
                self.database.menu_mut(menu).actions.push(origin);
                Ok(Value::Nothing)
            }
        };
        match outcome {
            // It may be about an item that is on the router and not in the configuration.
            Err(Stop::Failed(_) | Stop::Unknown(_) | Stop::Reported(_)) if !is_lowered() => {
                self.database.note_change(menu, change);
                Ok(Value::Nothing)
            }
            outcome => outcome,
        }
    }
}
