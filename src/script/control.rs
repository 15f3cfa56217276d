//! `:if`, loops, and what takes errors.

use super::command::Wanted;
use super::globals::Bound;
use super::stop::Stop;
use super::value::{Mistake, Value};
use super::variables::Slot;
use super::{Evaluator, diagnostics};
use crate::diagnostic::Severity;
use rosc_grammar::ast::{self, Arg};
use rosc_target::Origin;
use std::rc::Rc;

/// Whether a loop goes on.
enum Turn {
    Next,
    Done,
}

impl Evaluator<'_> {
    pub(super) fn run_if(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let condition = bound.required("condition", "a condition", origin)?;
        if self.condition_holds(condition)? {
            self.body(bound.get("do"))
        } else {
            self.body(bound.get("else"))
        }
    }

    pub(super) fn run_for(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let counter = self.name_in(bound, "counter", origin)?;
        let from = self.number_in(bound, "from")?.unwrap_or(0);
        let Some(to) = self.number_in(bound, "to")? else {
            return Err(diagnostics::missing_argument("for", "an end: to=...", origin).into());
        };
        let step = self.number_in(bound, "step")?.unwrap_or(if from > to { -1 } else { 1 });
        if step == 0 {
            let place = bound.get("step").map_or(origin, |arg| self.origin(arg.span));
            return Err(diagnostics::script_fails(Mistake::new("the step of a loop is not 0"), place).into());
        }
        self.looping("for", origin, |this| {
            let mut number = from;
            while (step > 0 && number <= to) || (step < 0 && number >= to) {
                let locals = [(Rc::clone(&counter), Value::Num(number))];
                if let Turn::Done = this.turn(bound.get("do"), locals)? {
                    break;
                }
                let Some(next) = number.checked_add(step) else { break };
                number = next;
            }
            Ok(Value::Nothing)
        })
    }

    pub(super) fn run_foreach(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let counter = self.name_in(bound, "counter", origin)?;
        let (key, name): (Option<Rc<str>>, Rc<str>) = match counter.split_once(',') {
            Some((key, value)) => (Some(key.into()), value.into()),
            None => (None, counter),
        };
        let all = self.argument(bound.required("in", "something to go through: in=...", origin)?)?;
        let array = match &all {
            Value::Array(array) => Rc::clone(array),
            Value::Nothing | Value::Nil => return Ok(Value::Nothing),
            Value::Str(text) if text.is_empty() => return Ok(Value::Nothing),
            one => {
                let array = super::value::Array::of([one.clone()]);
                Rc::new(self.plain(array, origin)?)
            }
        };
        self.looping("foreach", origin, |this| {
            for (number, value) in array.pairs() {
                let locals = [Some((Rc::clone(&name), value.clone())), key.clone().map(|key| (key, number))];
                if let Turn::Done = this.turn(bound.get("do"), locals.into_iter().flatten())? {
                    break;
                }
            }
            Ok(Value::Nothing)
        })
    }

    pub(super) fn run_while(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let condition = bound.required("condition", "a condition", origin)?;
        self.looping("while", origin, |this| {
            while this.condition_holds(condition)? {
                if let Turn::Done = this.turn(bound.get("do"), [])? {
                    break;
                }
            }
            Ok(Value::Nothing)
        })
    }

    /// `:do {...}`, `:do {...} while=(...)`, `:do {...} on-error={...}`.
    pub(super) fn run_do(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let command = bound.required("command", "commands in braces", origin)?;
        if let Some(condition) = bound.get("while") {
            return self.looping("do", origin, |this| {
                loop {
                    if let Turn::Done = this.turn(Some(command), [])? {
                        break;
                    }
                    if !this.condition_holds(condition)? {
                        break;
                    }
                }
                Ok(Value::Nothing)
            });
        }
        let Some(handler) = bound.get("on-error") else { return self.body(Some(command)) };
        match self.guarded(|this| this.body(Some(command)))? {
            Ok(value) => Ok(value),
            Err(_) => self.body(Some(handler)),
        }
    }

    /// `:onerror e in={...} do={...}`.
    pub(super) fn run_onerror(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let name = self.name_in(bound, "error", origin)?;
        let command = bound.required("in", "commands in braces: in={...}", origin)?;
        match self.guarded(|this| this.body(Some(command)))? {
            Ok(value) => Ok(value),
            Err(message) => {
                self.variables.enter_block();
                self.variables.local(&name, Slot::Value(Value::str(message)));
                let result = self.body(bound.get("do"));
                self.variables.leave();
                result
            }
        }
    }

    /// `:retry command={...} delay=1 max=3 on-error={...}`; nothing is waited for.
    pub(super) fn run_retry(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let command = bound.required("command", "commands in braces: command={...}", origin)?;
        let most = self.number_in(bound, "max")?.unwrap_or(1).max(1);
        self.looping("retry", origin, |this| {
            for _ in 1..most {
                this.step(1)?;
                if let Ok(value) = this.guarded(|this| this.body(Some(command)))? {
                    return Ok(value);
                }
            }
            match bound.get("on-error") {
                None => this.body(Some(command)),
                Some(handler) => match this.guarded(|this| this.body(Some(command)))? {
                    Ok(value) => Ok(value),
                    Err(_) => this.body(Some(handler)),
                },
            }
        })
    }

    /// Runs something whose errors are taken: the message of one that was. What only a router could tell is warned of.
    fn guarded(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<Value, Stop>,
    ) -> Result<Result<Value, String>, Stop> {
        self.handlers += 1;
        let result = inside(self);
        self.handlers -= 1;
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Stop::Failed(error)) => Ok(Err(diagnostics::message_for_script(&error).to_owned())),
            Err(Stop::Unknown(mut error)) => {
                let message = error.message.clone();
                error.severity = Severity::Warning;
                error.message.push_str(": taken for a failure, which `on-error` handles");
                self.report(*error);
                Ok(Err(message))
            }
            Err(Stop::Reported(_)) => Ok(Err(String::new())),
            Err(other) => Err(other),
        }
    }

    /// One turn of a loop, with its variables.
    fn turn(
        &mut self,
        body: Option<&Arg>,
        locals: impl IntoIterator<Item = (Rc<str>, Value)>,
    ) -> Result<Turn, Stop> {
        self.step(1)?;
        self.variables.enter_block();
        for (name, value) in locals {
            self.variables.local(&name, Slot::Value(value));
        }
        let result = self.body(body);
        self.variables.leave();
        match result {
            Ok(_) | Err(Stop::Continue) => Ok(Turn::Next),
            Err(Stop::Break) => Ok(Turn::Done),
            Err(other) => Err(other),
        }
    }

    /// Runs the statements of a body in a scope of their own.
    fn body(&mut self, arg: Option<&Arg>) -> Result<Value, Stop> {
        let Some(arg) = arg else { return Ok(Value::Nothing) };
        let origin = self.origin(arg.span);
        match &arg.value {
            ast::Value::Code(block) => {
                self.variables.enter_block();
                let menu = self.menu;
                let result = self.deeper(origin, |this| this.statements(&block.body, menu, Wanted::Nothing));
                self.variables.leave();
                result
            }
            ast::Value::Empty => Ok(Value::Nothing),
            value => match self.value(value)? {
                Value::Code(code) => self.call(&code, Vec::new(), "do", origin),
                _ => Ok(Value::Nothing),
            },
        }
    }

    pub(super) fn condition_holds(&mut self, arg: &Arg) -> Result<bool, Stop> {
        let value = self.argument(arg)?;
        let origin = self.origin(arg.span);
        self.plain(super::expression::truth(&value), origin)
    }

    fn name_in(&mut self, bound: &Bound<'_>, name: &'static str, origin: Origin) -> Result<Rc<str>, Stop> {
        let arg = bound.required(name, "the name of a variable", origin)?;
        self.name_of_variable(arg)
    }

    pub(super) fn number_in(&mut self, bound: &Bound<'_>, name: &'static str) -> Result<Option<i64>, Stop> {
        let Some(arg) = bound.get(name) else { return Ok(None) };
        let value = self.argument(arg)?;
        let place = self.origin(arg.span);
        match value.as_number() {
            Some(number) => Ok(Some(number)),
            None => {
                let mistake = Mistake::new(format!("{name} is a number, and this is {}", value.kind()));
                Err(diagnostics::script_fails(mistake, place).into())
            }
        }
    }
}
