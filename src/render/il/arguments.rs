//! The arguments of a command under their canonical names.

use super::parameters::{self, Kind};
use super::path::unnamed_word;
use super::refusal::{NO_END, SYNTAX};
use super::{Reader, Refused, literal};
use crate::catalog::commands::Commands;
use rosc_grammar::ast::{Arg, ArgKind, Value, Word};

impl Reader<'_> {
    pub(super) fn arguments(
        &mut self,
        menu: &'static str,
        verb: &'static str,
        args: &[Arg],
    ) -> Result<Vec<(String, String)>, Refused> {
        let known = Commands::router().arguments(menu, verb);
        let mut unnamed = parameters::unnamed(menu, verb, known);
        let mut found: Vec<(String, String)> = Vec::new();
        // A switch takes the value of the argument before it, which is a quirk of the router's.
        let mut last = "true".to_owned();
        let mut dotted = String::new();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let start = arg.span.start as usize;
            let (name, value) = match arg.kind {
                ArgKind::Named(word) => {
                    let written = qualified(&word.text(self.text), &mut dotted);
                    let Some(name) = parameters::complete(known, &written) else {
                        // The name is taken for an unnamed value, if there is still one to come.
                        let has_place = unnamed.iter().any(|name| !has(&found, name));
                        let at = if has_place { word.span.end as usize } else { start };
                        return Err((at, NO_END));
                    };
                    (name.to_owned(), self.argument(menu, verb, name, &arg.value)?)
                }
                ArgKind::Unset(word) => {
                    let written = word.text(self.text);
                    let Some(name) = parameters::complete(known, &written) else {
                        return Err((start, NO_END));
                    };
                    (format!("!{name}"), String::new())
                }
                ArgKind::Unnamed => {
                    // `else {` works like `else={`.
                    let name =
                        unnamed_word(arg).and_then(|word| parameters::exact(known, &word.text(self.text)));
                    if let (Some(name), Some(next)) = (name, args.as_slice().first())
                        && let (ArgKind::Unnamed, Value::Code(block)) = (next.kind, &next.value)
                    {
                        let value = format!(";{}", self.block(block));
                        last.clone_from(&value);
                        found.push((name.to_owned(), value));
                        args.next();
                        continue;
                    }
                    let switch =
                        unnamed_word(arg).and_then(|word| parameters::switch(known, &word.text(self.text)));
                    if let Some(name) = switch {
                        found.push((name.to_owned(), last.clone()));
                        continue;
                    }
                    unnamed.retain(|name| !has(&found, name));
                    if unnamed.is_empty() {
                        return Err((start, NO_END));
                    }
                    let name = unnamed.remove(0);
                    (name.to_owned(), self.argument(menu, verb, name, &arg.value)?)
                }
            };
            last.clone_from(&value);
            found.push((name, value));
        }
        Ok(found)
    }

    /// The value of a parameter.
    fn argument(&mut self, menu: &str, verb: &str, name: &str, value: &Value) -> Result<String, Refused> {
        let kind = parameters::kind(menu, verb, name);
        match (kind, value) {
            (Kind::Declared, _) => self.declared(value, true),
            (Kind::Variable, _) => self.declared(value, false),
            (Kind::Source, Value::Code(block)) => {
                Ok(self.text[block.span.start as usize + 1..block.span.end as usize - 1].to_owned())
            }
            (Kind::Reference, Value::Code(block)) => Err((block.span.start as usize, SYNTAX)),
            (kind, Value::Word(word)) => Ok(self.word(kind, name, *word)),
            _ => self.value(value),
        }
    }

    fn word(&self, kind: Kind, name: &str, word: Word) -> String {
        let text = word.text(self.text);
        match kind {
            Kind::Any => literal::plain(&text),
            Kind::Time => {
                literal::time(&text).or_else(|| literal::seconds(&text)).unwrap_or_else(|| text.into_owned())
            }
            Kind::Setting => literal::truth(&text)
                .map(str::to_owned)
                .or_else(|| literal::time(&text))
                .unwrap_or_else(|| text.split(',').collect::<Vec<_>>().join(";")),
            Kind::Choice => literal::time(&text).unwrap_or_else(|| text.into_owned()),
            Kind::Length => match &*text {
                "short" => "false".to_owned(),
                "long" => "true".to_owned(),
                _ => text.into_owned(),
            },
            Kind::AddressWithMask => {
                literal::address(&text).unwrap_or_else(|| text.into_owned()).replace('/', ";")
            }
            Kind::Matcher => {
                let (not, text) = text.strip_prefix('!').map_or(("", &*text), |text| ("!", text));
                format!(
                    "{not};{}",
                    if name == CLASSIFIER { text.replace([':', '/'], ";") } else { text.replace(',', ";") }
                )
            }
            Kind::Declared | Kind::Variable | Kind::Source | Kind::Reference | Kind::Text => {
                text.into_owned()
            }
        }
    }

    /// The name of a variable: one that is declared here, or one that has to be declared already.
    fn declared(&mut self, value: &Value, is_new: bool) -> Result<String, Refused> {
        let (names, at) = match value {
            Value::Word(word) => (word.text(self.text).into_owned(), word.span.start),
            Value::Quoted(quoted) => (quoted.text(self.text).into_owned(), quoted.span.start),
            _ => return self.value(value),
        };
        let mut forms = Vec::new();
        for name in names.split(',') {
            if is_new {
                self.declare(name.to_owned());
            } else if !self.variables.iter().flatten().any(|declared| declared == name) {
                return Err((at as usize, SYNTAX));
            }
            forms.push(format!("${name}"));
        }
        Ok(forms.join(";"))
    }
}

/// The matcher with two numbers behind its word: `both-addresses:2/0`.
const CLASSIFIER: &str = "per-connection-classifier";

fn has(found: &[(String, String)], name: &str) -> bool {
    found.iter().any(|(found, _)| found == name)
}

/// A name that begins with a dot goes on where the last dotted one began: `local.role=x .as=1`.
fn qualified(name: &str, dotted: &mut String) -> String {
    if let Some(rest) = name.strip_prefix('.').filter(|_| !dotted.is_empty()) {
        return format!("{dotted}.{rest}");
    }
    if let Some((group, _)) = name.split_once('.') {
        group.clone_into(dotted);
    }
    name.to_owned()
}
