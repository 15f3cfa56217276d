//! `:convert`, `:serialize` and `:deserialize`: values as text in other formats, and back.

use super::globals::Bound;
use super::stop::Stop;
use super::value::{Mistake, Value, dsv, encoding, json};
use super::{Evaluator, diagnostics};
use rosc_grammar::ast::Arg;
use rosc_target::Origin;
use std::rc::Rc;

impl Evaluator<'_> {
    /// What one of these commands gives. Where that is not known to rosc, a fact may tell it.
    pub(super) fn reformat(
        &mut self,
        verb: &'static str,
        args: &[Arg],
        bound: &Bound<'_>,
        origin: Origin,
    ) -> Result<Value, Stop> {
        let value = self.bound_value(bound, "value")?;
        self.step(value.weight())?;
        let made = match verb {
            "convert" => self.reencoded(&value, bound, origin)?,
            "serialize" => self.serialized(&value, bound, origin)?,
            _ => self.deserialized(&value, bound, origin)?,
        };
        let mistake = match made {
            Err(mistake) if mistake.is_unknown => mistake,
            made => return self.made(made, origin),
        };
        let question = self.question("/", verb, args, &[])?;
        match self.facts.answer(&question) {
            Some(answer) => Ok(Value::literal(answer)),
            None => Err(diagnostics::not_reformatted(mistake, &question, origin).into()),
        }
    }

    fn reencoded(
        &mut self,
        value: &Value,
        bound: &Bound<'_>,
        origin: Origin,
    ) -> Result<Result<Value, Mistake>, Stop> {
        let from = self.word_in(bound, "from", "raw", origin)?;
        let to = self.word_in(bound, "to", "raw", origin)?;
        let how = self.word_in(bound, "transform", "none", origin)?;
        let bytes = encoding::decode(value, &from);
        let bytes = bytes.and_then(|bytes| encoding::transform(bytes, &how));
        Ok(bytes.and_then(|bytes| encoding::encode(bytes, &to)))
    }

    fn serialized(
        &mut self,
        value: &Value,
        bound: &Bound<'_>,
        origin: Origin,
    ) -> Result<Result<Value, Mistake>, Stop> {
        bound.required("to", "a format: to=json or to=dsv", origin)?;
        let format = self.word_in(bound, "to", "", origin)?;
        let options = self.options_in(bound, origin)?;
        let only = |known: &[&str]| options.iter().all(|option| known.contains(&&**option));
        let text = match &*format {
            "json" if only(&["json.no-string-conversion"]) => json::to_json(value, strings(&options)),
            "dsv" if only(&[]) && bound.get("order").is_none() => {
                bound.required("delimiter", "a delimiter: delimiter=\";\"", origin)?;
                let delimiter = self.word_in(bound, "delimiter", "", origin)?;
                dsv::to_dsv(value, &delimiter)
            }
            "json" | "dsv" => {
                Err(Mistake::unknown("the form that these options ask for is not known to rosc"))
            }
            _ => Err(Mistake::new("there is no such format").help("json or dsv")),
        };
        // Into a file: no value, and no configuration.
        let is_value = bound.get("file-name").is_none();
        Ok(text.map(|text| Value::str(if is_value { text } else { String::new() })))
    }

    fn deserialized(
        &mut self,
        value: &Value,
        bound: &Bound<'_>,
        origin: Origin,
    ) -> Result<Result<Value, Mistake>, Stop> {
        bound.required("from", "a format: from=json or from=dsv", origin)?;
        let format = self.word_in(bound, "from", "", origin)?;
        let options = self.options_in(bound, origin)?;
        let text = self.text_of(value, origin)?;
        self.step(text.len() / 16)?;
        let options: Vec<&str> = options.iter().map(|option| &**option).collect();
        Ok(match (&*format, options.as_slice()) {
            ("json", [] | ["json.no-string-conversion"]) => json::from_json(&text, strings(&options)),
            ("dsv", [lines @ ("dsv.plain" | "dsv.array")]) => {
                let lines = if *lines == "dsv.plain" { dsv::Lines::Plain } else { dsv::Lines::UnderHeader };
                bound.required("delimiter", "a delimiter: delimiter=\";\"", origin)?;
                let delimiter = self.word_in(bound, "delimiter", "", origin)?;
                dsv::from_dsv(&text, &delimiter, lines)
            }
            ("json" | "dsv", _) => {
                Err(Mistake::unknown("what these options make of the text is not known to rosc"))
            }
            _ => Err(Mistake::new("there is no such format").help("json or dsv")),
        })
    }

    /// The text of an argument.
    fn word_in(
        &mut self,
        bound: &Bound<'_>,
        name: &str,
        otherwise: &str,
        origin: Origin,
    ) -> Result<Rc<str>, Stop> {
        let Some(arg) = bound.get(name) else { return Ok(otherwise.into()) };
        // `delimiter=,` is no list.
        let value = self.value(&arg.value)?;
        self.text_of(&value, origin)
    }

    /// `options=a,b` or `options=(a,b)`.
    fn options_in(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Vec<Rc<str>>, Stop> {
        match self.bound_value(bound, "options")? {
            Value::Array(array) => {
                let mut options = Vec::new();
                for option in array.items() {
                    options.push(self.text_of(option, origin)?);
                }
                Ok(options)
            }
            none if none.is_none() => Ok(Vec::new()),
            one => Ok(vec![self.text_of(&one, origin)?]),
        }
    }
}

fn strings<T: AsRef<str>>(options: &[T]) -> json::Strings {
    match options.iter().any(|option| option.as_ref() == "json.no-string-conversion") {
        true => json::Strings::Kept,
        false => json::Strings::Converted,
    }
}
