//! The commands that scripts are made of.

use super::command::Wanted;
use super::stop::Stop;
use super::value::{Array, Mistake, Value};
use super::variables::{Seen, Slot};
use super::{Evaluator, diagnostics};
use crate::diagnostic::{Code, Severity};
use rosc_grammar::ast::{self, Arg, ArgKind, BinaryOp, Expr};
use rosc_target::Origin;
use std::rc::Rc;

/// Arguments by their names.
pub(super) struct Bound<'a> {
    verb: &'static str,
    args: Vec<(&'static str, &'a Arg)>,
}

impl<'a> Bound<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a Arg> {
        self.args.iter().find(|(of, _)| *of == name).map(|(_, arg)| *arg)
    }

    pub(super) fn required(&self, name: &str, what: &str, origin: Origin) -> Result<&'a Arg, Stop> {
        self.get(name).ok_or_else(|| diagnostics::missing_argument(self.verb, what, origin).into())
    }
}

/// The names of a command's arguments, in the order in which values without a name fill them.
fn names_of(verb: &str) -> &'static [&'static str] {
    match verb {
        "local" | "global" | "set" => &["name", "value", "do"],
        "if" => &["condition", "do", "else"],
        "while" => &["condition", "do"],
        "do" => &["command", "while", "on-error"],
        "for" => &["counter", "from", "to", "step", "do", "on-error"],
        "foreach" => &["counter", "in", "do", "on-error"],
        "onerror" => &["error", "in", "do"],
        "retry" => &["command", "delay", "max", "on-error"],
        "pick" => &["counter", "begin", "end"],
        "find" => &["in", "key", "from"],
        "error" | "put" => &["message"],
        "range" => &["from", "to", "step"],
        "toarray" => &["value", "delimiter"],
        "convert" => &["value", "from", "to", "transform", "from-scheme", "to-scheme", "transform-scheme"],
        "serialize" => &["value", "to", "delimiter", "options", "order", "file-name"],
        "deserialize" => &["value", "from", "delimiter", "options"],
        "execute" => &["script", "file", "as-string"],
        "import" => &["file-name", "from-line", "verbose", "dry-run"],
        _ => &["value"],
    }
}

/// Arguments that may stand as bare words.
fn switches_of(verb: &str) -> &'static [&'static str] {
    match verb {
        "import" => &["dry-run"],
        "execute" => &["as-string"],
        _ => &[],
    }
}

/// Global commands that do nothing to the configuration and tell nothing.
const SILENT: &[&str] =
    &["put", "log", "delay", "beep", "nothing", "export", "recursive-print", "info", "warning", "debug"];

/// Global commands that are run here.
const OF_SCRIPTS: &[&str] = &[
    "local",
    "global",
    "set",
    "if",
    "for",
    "foreach",
    "while",
    "do",
    "onerror",
    "retry",
    "return",
    "error",
    "len",
    "typeof",
    "tostr",
    "tonum",
    "tobool",
    "totime",
    "toip",
    "toip6",
    "toid",
    "tonsec",
    "toarray",
    "pick",
    "find",
    "range",
    "parse",
    "import",
    "execute",
    "convert",
    "serialize",
    "deserialize",
    "tocrlf",
    "tolf",
];

/// Global commands whose answer only a running router has.
const OF_ROUTERS: &[&str] =
    &["resolve", "grep", "ping", "rndnum", "rndstr", "timestamp", "jobname", "time", "password"];

impl Evaluator<'_> {
    /// Runs a global command.
    pub(super) fn run_global(
        &mut self,
        verb: &'static str,
        args: &[Arg],
        wanted: Wanted,
        origin: Origin,
    ) -> Result<Value, Stop> {
        if SILENT.contains(&verb) {
            for arg in args {
                match self.argument(arg) {
                    Ok(_) | Err(Stop::Reported(_)) => {}
                    // What is shown changes nothing; that it is not known is worth a warning all the same.
                    Err(Stop::Unknown(mut unknown))
                        if matches!(unknown.code, Code::OnlyLiveRouterKnows | Code::ScriptNotRun) =>
                    {
                        unknown.severity = Severity::Warning;
                        unknown.message.push_str(", which is only shown here");
                        self.report(*unknown);
                    }
                    Err(stop) => return Err(stop),
                }
            }
            return Ok(Value::Nothing);
        }
        if OF_ROUTERS.contains(&verb) {
            let question = self.question("/", verb, args, &[])?;
            return self.ask(&question, origin);
        }
        match verb {
            "quit" | "exit" => return Err(Stop::Quit),
            "break" => return Err(Stop::Break),
            "continue" => return Err(Stop::Continue),
            _ if !OF_SCRIPTS.contains(&verb) => {
                return Err(diagnostics::script_not_run(verb, origin).into());
            }
            _ => {}
        }
        let bound = self.bind(verb, args)?;
        match verb {
            "local" | "global" => self.declare(verb == "global", &bound, origin),
            "set" => self.assign(&bound, origin),
            "if" => self.run_if(&bound, origin),
            "for" => self.run_for(&bound, origin),
            "foreach" => self.run_foreach(&bound, origin),
            "while" => self.run_while(&bound, origin),
            "do" => self.run_do(&bound, origin),
            "onerror" => self.run_onerror(&bound, origin),
            "retry" => self.run_retry(&bound, origin),
            "import" => self.import(&bound, origin),
            "execute" => self.execute(args, &bound, wanted, origin),
            "convert" | "serialize" | "deserialize" => self.reformat(verb, args, &bound, origin),
            "return" => {
                let value = self.bound_value(&bound, "value")?;
                Err(Stop::Return(value))
            }
            "error" => {
                let value = self.bound_value(&bound, "message")?;
                let message = self.text_of(&value, origin)?;
                Err(diagnostics::script_gives_up(&message, origin).into())
            }
            _ => self.convert(verb, &bound, origin),
        }
    }

    fn bind<'a>(&mut self, verb: &'static str, args: &'a [Arg]) -> Result<Bound<'a>, Stop> {
        let names = names_of(verb);
        let mut bound = Bound { verb, args: Vec::with_capacity(args.len()) };
        let mut args = args.iter().peekable();
        while let Some(arg) = args.next() {
            let written = match arg.kind {
                ArgKind::Named(name) | ArgKind::Unset(name) => Some(name.text(self.text)),
                // `else {` is as good as `else={`.
                ArgKind::Unnamed => match (&arg.value, args.peek().map(|next| &next.value)) {
                    (ast::Value::Word(word), Some(ast::Value::Code(_))) => {
                        Some(word.text(self.text)).filter(|word| names[1..].contains(&&**word))
                    }
                    _ => None,
                },
            };
            if let (ArgKind::Unnamed, ast::Value::Word(word)) = (arg.kind, &arg.value)
                && let Some(switch) = switches_of(verb).iter().find(|switch| **switch == word.text(self.text))
            {
                bound.args.push((*switch, arg));
                continue;
            }
            let (name, arg) = match written {
                Some(written) => {
                    let exact = names.iter().find(|name| **name == &*written);
                    let mut beginning = names.iter().filter(|name| name.starts_with(&*written));
                    let only = beginning.next().filter(|_| beginning.next().is_none());
                    let Some(name) = exact.or(only) else {
                        let why = format!("it takes {}", names.join(", "));
                        return Err(diagnostics::bad_argument(verb, self.origin(arg.span), &why).into());
                    };
                    let value = if arg.kind == ArgKind::Unnamed { args.next().unwrap_or(arg) } else { arg };
                    (*name, value)
                }
                None => {
                    let taken = |name: &&&str| bound.args.iter().all(|(of, _)| *of != **name);
                    let Some(name) = names.iter().find(taken) else {
                        let why = "it takes no further value; put an expression in parentheses";
                        return Err(diagnostics::bad_argument(verb, self.origin(arg.span), why).into());
                    };
                    (*name, arg)
                }
            };
            bound.args.push((name, arg));
        }
        Ok(bound)
    }

    /// The value of an argument. An unquoted list is an array.
    pub(super) fn argument(&mut self, arg: &Arg) -> Result<Value, Stop> {
        self.step(1)?;
        if let ast::Value::Word(word) = &arg.value {
            let text = word.text(self.text);
            if text.contains(',') && text.len() > 1 {
                let elements = text.split(',').filter(|part| !part.is_empty()).map(Value::literal);
                let made = Array::of(elements).map(|array| Value::Array(array.into()));
                return self.made(made, self.origin(arg.span));
            }
        }
        self.value(&arg.value)
    }

    /// Whether a switch is on: a bare word, or a name with a value that is true.
    pub(super) fn is_on(&mut self, bound: &Bound<'_>, name: &str) -> Result<bool, Stop> {
        match bound.get(name) {
            None => Ok(false),
            Some(arg) if arg.kind == ArgKind::Unnamed => Ok(true),
            Some(arg) => self.condition_holds(arg),
        }
    }

    pub(super) fn bound_value(&mut self, bound: &Bound<'_>, name: &str) -> Result<Value, Stop> {
        match bound.get(name) {
            Some(arg) => self.argument(arg),
            None => Ok(Value::Nothing),
        }
    }

    pub(super) fn name_of_variable(&mut self, arg: &Arg) -> Result<Rc<str>, Stop> {
        match &arg.value {
            ast::Value::Word(word) => Ok((*word.text(self.text)).into()),
            ast::Value::Quoted(quoted) => Ok((*quoted.text(self.text)).into()),
            // `:set $x 1` is `:set x 1`.
            ast::Value::Variable(variable) => Ok((*variable.text(self.text)).into()),
            _ => {
                let mistake =
                    Mistake::new("this is no name of a variable").help("for example `:set name value`");
                Err(diagnostics::script_fails(mistake, self.origin(arg.span)).into())
            }
        }
    }

    /// `:local` and `:global`.
    fn declare(&mut self, is_global: bool, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let name = self.name_of_variable(bound.required("name", "a name", origin)?)?;
        let given = bound.get("value").or(bound.get("do"));
        let slot = match given {
            Some(arg) => {
                let value = self.argument(arg);
                Some(self.slot(value)?)
            }
            None if is_global => None,
            None => Some(Slot::Value(Value::Nil)),
        };
        match slot {
            _ if is_global => self.variables.global(&name, slot),
            Some(slot) => self.variables.local(&name, slot),
            None => {}
        }
        Ok(Value::Nothing)
    }

    /// What a variable is set to. Where nothing takes the error, it is reported here, so that what needs the variable
    /// says no more of it.
    fn slot(&mut self, value: Result<Value, Stop>) -> Result<Slot, Stop> {
        match value {
            Ok(value) => Ok(Slot::Value(value)),
            Err(Stop::Failed(error) | Stop::Unknown(error)) if self.handlers == 0 => {
                Ok(Slot::Failed(self.report(*error)))
            }
            Err(Stop::Reported(report)) if self.handlers == 0 => Ok(Slot::Failed(report)),
            Err(other) => Err(other),
        }
    }

    /// `:set name value` and `:set ($array->key) value`.
    fn assign(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let target = bound.required("name", "a name", origin)?;
        let given = bound.get("value").or(bound.get("do"));
        let value = match given {
            Some(arg) => self.argument(arg),
            None => Ok(Value::Nothing),
        };
        if let ast::Value::Group(group) = &target.value
            && let Some(expr) = &group.expr
        {
            let mut keys = Vec::new();
            let name = self.path_of_element(expr, &mut keys)?;
            let value = value?;
            return self.assign_element(&name, &keys, value, origin);
        }
        let name = self.name_of_variable(target)?;
        let new = self.slot(value)?;
        match self.variables.see(&name) {
            Seen::Slot(slot) => {
                *slot = new;
                Ok(Value::Nothing)
            }
            Seen::GlobalOutOfSight => Err(diagnostics::out_of_sight(&name, self.origin(target.span)).into()),
            Seen::Undeclared => Err(diagnostics::undeclared(&name, self.origin(target.span)).into()),
        }
    }

    /// The variable and the keys of `$a->"b"->"c"`.
    fn path_of_element(&mut self, expr: &Expr, keys: &mut Vec<Value>) -> Result<Rc<str>, Stop> {
        match expr {
            Expr::Value(ast::Value::Variable(variable)) => Ok((*variable.text(self.text)).into()),
            Expr::Value(ast::Value::Group(group)) if group.expr.is_some() => match &group.expr {
                Some(inner) => self.path_of_element(inner, keys),
                None => Ok("".into()),
            },
            Expr::Binary { op: BinaryOp::Arrow, left, right, .. } => {
                let name = self.path_of_element(left, keys)?;
                let key = self.expr(right)?;
                keys.push(key);
                Ok(name)
            }
            _ => {
                let mistake = Mistake::new("this is nothing that can be set")
                    .help("a variable or an element of one: ($array->\"key\")");
                Err(diagnostics::script_fails(mistake, self.origin_of(expr)).into())
            }
        }
    }

    fn assign_element(
        &mut self,
        name: &str,
        keys: &[Value],
        value: Value,
        origin: Origin,
    ) -> Result<Value, Stop> {
        self.step(1 + value.weight())?;
        let slot = match self.variables.see(name) {
            Seen::Slot(slot) => slot,
            Seen::GlobalOutOfSight => return Err(diagnostics::out_of_sight(name, origin).into()),
            Seen::Undeclared => return Err(diagnostics::undeclared(name, origin).into()),
        };
        let mut whole = match slot {
            Slot::Value(whole) => std::mem::take(whole),
            Slot::Failed(report) => return Err(Stop::Reported(*report)),
        };
        let shared = matches!(&whole, Value::Array(array) if Rc::strong_count(array) > 1);
        let copied = if shared { whole.weight() } else { 0 };
        let set = set_element(&mut whole, keys, value);
        *slot = Slot::Value(whole);
        self.plain(set, origin)?;
        self.step(copied)?;
        Ok(Value::Nothing)
    }
}

fn set_element(whole: &mut Value, keys: &[Value], value: Value) -> Result<(), Mistake> {
    let [key, deeper @ ..] = keys else {
        *whole = value;
        return Ok(());
    };
    if whole.is_none() {
        *whole = Value::Array(Rc::default());
    }
    let Value::Array(array) = whole else {
        return Err(Mistake::new(format!("only arrays have elements, and this is {}", whole.kind())));
    };
    let array = Rc::make_mut(array);
    if deeper.is_empty() {
        return array.set(key, value);
    }
    let mut inner = array.take(key);
    let result = set_element(&mut inner, deeper, value);
    array.set(key, inner)?;
    result
}
