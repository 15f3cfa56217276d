//! Functions, and scripts that are made of text.

use super::command::Wanted;
use super::stop::Stop;
use super::value::{Array, Code, Mistake, Value};
use super::variables::Slot;
use super::{Evaluator, Text, diagnostics};
use crate::diagnostic::{Diagnostic, Label};
use rosc_grammar::ast::{self, Arg, ArgKind, Block, Span};
use rosc_target::Origin;
use std::rc::Rc;

/// How many texts a run may make scripts of.
const MOST_PARSED: usize = 1000;

/// How many calls an error tells of.
const MOST_LABELS: usize = 4;

impl Evaluator<'_> {
    /// `$f a b name=value`: what a call gives. A variable that holds no function is its value.
    pub(super) fn call_command(&mut self, args: &[Arg], origin: Origin) -> Result<Value, Stop> {
        let [head, args @ ..] = args else { return Ok(Value::Nothing) };
        let name = head.span.slice(self.text);
        let name: Rc<str> = if name.len() <= 40 { name.into() } else { "(...)".into() };
        let function = self.value(&head.value)?;
        match function {
            Value::Code(code) => {
                let arguments = self.call_arguments(args, &name)?;
                self.call(&code, arguments, &name, origin)
            }
            other if args.is_empty() && !matches!(head.value, ast::Value::Variable(_)) => Ok(other),
            Value::Nothing | Value::Nil if !matches!(head.value, ast::Value::Variable(_)) => {
                Err(diagnostics::no_value(None, self.origin(head.span)).into())
            }
            Value::Nothing | Value::Nil => Err(self.no_function(&name, self.origin(head.span))),
            other if args.is_empty() => Ok(other),
            other => {
                let mistake = Mistake::new(format!("`{name}` is no function, but {}", other.kind()));
                Err(diagnostics::script_fails(mistake, origin).into())
            }
        }
    }

    fn no_function(&mut self, name: &str, origin: Origin) -> Stop {
        let bare = name.trim_start_matches('$').trim_matches('"').to_owned();
        match self.variables.see(&bare) {
            super::variables::Seen::GlobalOutOfSight => diagnostics::out_of_sight(&bare, origin).into(),
            _ => diagnostics::no_value(Some(&bare), origin).into(),
        }
    }

    fn call_arguments(&mut self, args: &[Arg], name: &Rc<str>) -> Result<Vec<(Rc<str>, Value)>, Stop> {
        let mut arguments: Vec<(Rc<str>, Value)> = vec![("0".into(), Value::Str(Rc::clone(name)))];
        let mut position = 0;
        for arg in args {
            let value = self.argument(arg)?;
            let name = match arg.kind {
                ArgKind::Unnamed => {
                    position += 1;
                    position.to_string()
                }
                ArgKind::Named(name) | ArgKind::Unset(name) => name.text(self.text).into_owned(),
            };
            arguments.push((name.into(), value));
        }
        Ok(arguments)
    }

    /// `f <%% {a; b; name=value}`.
    pub(super) fn activate(
        &mut self,
        function: &Value,
        arguments: &Value,
        origin: Origin,
    ) -> Result<Value, Stop> {
        let Value::Code(code) = function else {
            let mistake =
                Mistake::new(format!("only code can be activated, and this is {}", function.kind()));
            return Err(diagnostics::script_fails(mistake, origin).into());
        };
        let none = Array::default();
        let array = if let Value::Array(array) = arguments { &**array } else { &none };
        let keyed = array.keyed().map(|(key, value)| (Rc::clone(key), value.clone()));
        let items = array.items().iter().enumerate();
        let items = items.map(|(index, value)| (Rc::from(index.to_string()), value.clone()));
        let arguments = items.chain(keyed).collect();
        self.call(code, arguments, "<%%", origin)
    }

    /// Runs code as a function: it sees its arguments, and globals that it declares.
    pub(super) fn call(
        &mut self,
        code: &Rc<Code>,
        arguments: Vec<(Rc<str>, Value)>,
        name: &str,
        origin: Origin,
    ) -> Result<Value, Stop> {
        let result = self.calling(name, origin, |this| {
            let (text, menu, item) = (this.at, this.menu, this.item.take());
            this.go_to(code.text);
            this.variables.enter_function();
            for (name, value) in arguments {
                this.variables.local(&name, Slot::Value(value));
            }
            let result =
                this.deeper(origin, |this| this.statements(&code.body.body, code.menu, Wanted::Value));
            this.variables.leave();
            this.go_to(text);
            (this.menu, this.item) = (menu, item);
            result
        });
        match result {
            Err(Stop::Return(value)) => Ok(value),
            Err(Stop::Break | Stop::Continue) => Err(diagnostics::outside_a_loop(origin).into()),
            Err(Stop::Failed(mut error)) => {
                by_way_of(&mut error, origin, "called here");
                Err(Stop::Failed(error))
            }
            Err(Stop::Unknown(mut error)) => {
                by_way_of(&mut error, origin, "called here");
                Err(Stop::Unknown(error))
            }
            other => other,
        }
    }

    /// `:parse`: the code that a text is.
    pub(super) fn parse_code(&mut self, text: &str, origin: Origin) -> Result<Value, Stop> {
        self.step(text.len() / 4)?;
        if self.texts.len() >= MOST_PARSED {
            return Err(
                diagnostics::too_much(&format!("{MOST_PARSED} texts made into scripts"), origin).into()
            );
        }
        let text = self.sources.keep(text.to_owned());
        let parsed = rosc_grammar::parse(text);
        if let Some(error) = parsed.errors.first() {
            let at = text.get(..error.span.start as usize).unwrap_or_default();
            let mistake = Mistake::new(format!(
                "this text is no script: {} in line {}",
                error.kind.headline(),
                at.matches('\n').count() + 1
            ));
            return Err(diagnostics::script_fails(mistake, origin).into());
        }
        self.texts.push(Text { file: self.file, text, made_at: Some(origin) });
        let end = u32::try_from(text.len()).expect("texts of scripts are short");
        let body = Block { span: Span { start: 0, end }, body: parsed.statements };
        Ok(Value::Code(Rc::new(Code { body, text: self.texts.len() - 1, menu: self.menu })))
    }

    /// `/system script run NAME`.
    pub(super) fn run_stored(&mut self, args: &[Arg], origin: Origin) -> Result<Value, Stop> {
        let menu = "/system/script";
        let items = match args.first().map(|arg| self.select(menu, &arg.value)) {
            Some(Ok(selected)) => selected.items,
            None | Some(Err(Stop::Failed(_) | Stop::Unknown(_) | Stop::Reported(_))) => Vec::new(),
            Some(Err(stop)) => return Err(stop),
        };
        let stored = self.database.items(menu).iter().find(|item| items.contains(&item.id));
        let source =
            stored.and_then(|item| self.database.value(item, "source")).map(|text| text.into_owned());
        let Some(source) = source else {
            // It is on the router, and what it does is not known.
            self.database.menu_mut(menu).actions.push(origin);
            return Ok(Value::Nothing);
        };
        let source = source.trim();
        let inside = source.strip_prefix('{').and_then(|source| source.strip_suffix('}')).unwrap_or(source);
        let Value::Code(code) = self.parse_code(inside, origin)? else { return Ok(Value::Nothing) };
        let code = Rc::new(Code { body: code.body.clone(), text: code.text, menu: "/" });
        self.call(&code, Vec::new(), "run", origin)
    }
}

/// Adds to an error the place of a command that led to it.
pub(super) fn by_way_of(error: &mut Diagnostic, origin: Origin, how: &str) {
    let is_known = error.labels.iter().any(|label| label.origin.is_same_place(origin));
    if error.labels.len() < MOST_LABELS && !is_known {
        error.labels.push(Label { origin, text: how.to_owned() });
    }
}
