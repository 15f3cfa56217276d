//! What a script asks a running router: in one spelling, so that a `/rosc fact` can answer it.

use super::stop::Stop;
use super::{Evaluator, diagnostics};
use crate::database::{MenuPath, quoted_if_needed};
use crate::source::{HIDDEN, is_sensitive};
use rosc_grammar::ast::{self, Arg, ArgKind, Expr, Span};
use rosc_target::Origin;

/// How many characters of a command the first line of an error shows; the fact that answers it has all of it.
const MOST_SHOWN: usize = 80;

/// A question that no configuration answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// The value of a property of an item, or of the menu itself.
    Property { menu: MenuPath, item: Option<String>, property: String },
    /// What a command gives, `:resolve example.com`: with all paths and names in full and all values computed.
    Command(String),
}

impl Question {
    /// What is asked for, as an error says it.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Property { menu, property, .. } => format!("{property}` of `{menu}"),
            Self::Command(command) if command.chars().count() > MOST_SHOWN => {
                format!("{}...", command.chars().take(MOST_SHOWN).collect::<String>())
            }
            Self::Command(command) => command.clone(),
        }
    }

    /// The command that answers it, up to the value.
    pub(super) fn answered_by(&self) -> String {
        match self {
            Self::Property { menu, item, property } => {
                let item = item.as_deref().map(|item| format!(" item={}", quoted_if_needed(item)));
                let (item, property) = (item.unwrap_or_default(), quoted_if_needed(property));
                format!("/rosc fact add menu={menu}{item} property={property} value=...")
            }
            Self::Command(command) => {
                format!("/rosc fact add command={} value=...", quoted_if_needed(command))
            }
        }
    }
}

impl Evaluator<'_> {
    /// What a command asks. The values of its arguments are computed; code and conditions stand as they are written.
    pub(super) fn question(
        &mut self,
        menu: MenuPath,
        verb: &str,
        args: &[Arg],
        condition: &[Expr],
    ) -> Result<Question, Stop> {
        let mut command = if menu == "/" { format!(":{verb}") } else { format!("{menu}/{verb}") };
        for arg in args {
            command.push(' ');
            if let ArgKind::Named(name) | ArgKind::Unset(name) = arg.kind {
                let name = name.text(self.text);
                command.push_str(&name);
                command.push('=');
                // The question is shown, and a fact that repeats it stands in a file.
                if is_sensitive(&name) {
                    command.push_str(HIDDEN);
                    continue;
                }
            }
            command.push_str(&self.argument_of_question(arg)?);
        }
        let terms = condition.iter().filter_map(Expr::span);
        if let Some(all) = terms.reduce(|all, term| Span { end: term.end, ..all }) {
            command.push_str(" where ");
            command.push_str(&one_line(all.slice(self.text)));
        }
        Ok(Question::Command(command))
    }

    fn argument_of_question(&mut self, arg: &Arg) -> Result<String, Stop> {
        let text = match &arg.value {
            ast::Value::Empty => return Ok(String::new()),
            ast::Value::Code(block) => return Ok(one_line(block.span.slice(self.text))),
            ast::Value::Word(word) => word.text(self.text).into_owned(),
            value => {
                let computed = self.value(value)?;
                self.text_of(&computed, self.origin(arg.span))?.to_string()
            }
        };
        Ok(quoted_if_needed(&text).into_owned())
    }

    /// The name by which a script calls an item that no configuration made; where that is only found on the router,
    /// what the script says in its place.
    pub(super) fn name_of_unknown(&mut self, arg: &Arg) -> Result<String, Stop> {
        match &arg.value {
            ast::Value::Word(word) => Ok(word.text(self.text).into_owned()),
            value => match self.value(value) {
                Ok(value) => Ok(self.text_of(&value, self.origin(arg.span))?.to_string()),
                Err(Stop::Failed(_) | Stop::Unknown(_) | Stop::Reported(_)) => {
                    Ok(one_line(arg.span.slice(self.text)))
                }
                Err(stop) => Err(stop),
            },
        }
    }

    /// The question that the command of a fact asks.
    pub(super) fn question_of_text(&mut self, text: &str, origin: Origin) -> Result<Question, Stop> {
        let code = self.parse_code(text, origin)?;
        let super::value::Value::Code(code) = code else { unreachable!("what is parsed is code") };
        let [ast::Statement::Command(command)] = code.body.body.as_slice() else {
            return Err(diagnostics::no_question(text, origin).into());
        };
        let outside = self.at;
        self.go_to(code.text);
        let asked = match self.target(command) {
            Ok(target) => match target.verb {
                Some("get") => self.question_of_get(target.menu, &command.args[target.words..], origin),
                Some(verb) => {
                    let menu = crate::database::v6::menu(target.menu);
                    self.question(menu, verb, &command.args[target.words..], &command.condition)
                }
                None => Err(diagnostics::no_question(text, origin).into()),
            },
            Err(unknown) => Err(unknown.into()),
        };
        self.go_to(outside);
        asked
    }

    /// `/interface get ether1 running` asks for a property.
    fn question_of_get(&mut self, menu: MenuPath, args: &[Arg], origin: Origin) -> Result<Question, Stop> {
        let mut texts = Vec::new();
        for arg in args {
            texts.push(self.name_of_unknown(arg)?);
        }
        let menu = crate::database::v6::menu(menu);
        match <[String; 1]>::try_from(texts) {
            Ok([property]) => Ok(Question::Property { menu, item: None, property }),
            Err(texts) => match <[String; 2]>::try_from(texts) {
                Ok([item, property]) => Ok(Question::Property { menu, item: Some(item), property }),
                Err(_) => Err(diagnostics::no_question("get", origin).into()),
            },
        }
    }
}

/// A piece of a script without its line breaks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
