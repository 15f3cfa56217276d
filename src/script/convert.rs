//! The global commands that make one value of another.

use super::globals::Bound;
use super::stop::Stop;
use super::value::{Array, MOST_TEXT, Mistake, Value, equal};
use super::{Evaluator, diagnostics};
use rosc_target::Origin;

impl Evaluator<'_> {
    /// `:len`, `:pick`, `:tostr` and the like.
    pub(super) fn convert(
        &mut self,
        verb: &'static str,
        bound: &Bound<'_>,
        origin: Origin,
    ) -> Result<Value, Stop> {
        match verb {
            "pick" => return self.pick(bound, origin),
            "find" => return self.find_in_value(bound, origin),
            "range" => return self.range(bound, origin),
            _ => {}
        }
        let value = self.bound_value(bound, "value")?;
        let made = match verb {
            "len" => Ok(number(length(&value)?)),
            "typeof" => Ok(Value::str(value.kind())),
            "tonum" => Ok(value.to_num()),
            "tobool" => Ok(value.to_bool()),
            "totime" => Ok(value.to_time()),
            "toip" => Ok(value.to_ip()),
            "toip6" => Ok(value.to_ip6()),
            "toid" => Ok(value.to_id()),
            "tonsec" => Ok(match value.to_time() {
                Value::Time(nanos) => Value::Num(nanos),
                none => none,
            }),
            "toarray" => {
                let delimiter = self.bound_value(bound, "delimiter")?;
                let delimiter = self.text_of(&delimiter, origin)?;
                value.to_array(if delimiter.is_empty() { "," } else { &delimiter })
            }
            "tolf" => self.text_of(&value, origin).map(|text| Ok(Value::str(text.replace("\r\n", "\n"))))?,
            "tocrlf" => self.text_of(&value, origin).map(|text| {
                let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
                if lines.len() > MOST_TEXT {
                    Err(Mistake::too_large("text", MOST_TEXT, "bytes"))
                } else {
                    Ok(Value::str(lines))
                }
            })?,
            "parse" => {
                let text = self.text_of(&value, origin)?;
                return if let Value::Code(_) = value { Ok(value) } else { self.parse_code(&text, origin) };
            }
            _ => value.text().map(|text| Value::str(&*text)),
        };
        self.made(made, origin)
    }

    /// `:pick value begin [end]`: a piece of text or of an array. Text is counted in characters, each of which is a byte
    /// in RouterOS's own code page.
    fn pick(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let value = self.bound_value(bound, "counter")?;
        let begin = self.bound_value(bound, "begin")?.as_number().unwrap_or(0);
        let length = length(&value)?;
        self.step(length / 16)?;
        let place = |n: i64| usize::try_from(n.max(0)).unwrap_or(usize::MAX).min(length);
        let begin = place(begin);
        let has_end = bound.get("end").is_some();
        let end = match self.bound_value(bound, "end")? {
            _ if !has_end => begin.saturating_add(1).min(length),
            // The end is often what `:find` found, which is nothing where there is none.
            value if value.is_none() => length,
            value => match value.as_number() {
                Some(end) => place(end),
                None => {
                    let mistake = Mistake::new(format!("the end is a number, and this is {}", value.kind()));
                    return Err(diagnostics::script_fails(mistake, origin).into());
                }
            },
        };
        let end = end.max(begin);
        let picked = match &value {
            Value::Array(array) => {
                let elements: Vec<Value> = array.pairs().map(|(_, value)| value.clone()).collect();
                if !has_end {
                    return Ok(elements.get(begin).cloned().unwrap_or_default());
                }
                Array::of(elements[begin..end].iter().cloned()).map(|array| Value::Array(array.into()))
            }
            other => {
                let text = self.text_of(other, origin)?;
                if text.is_ascii() {
                    Ok(Value::str(&text[begin..end]))
                } else {
                    Ok(Value::str(text.chars().skip(begin).take(end - begin).collect::<String>()))
                }
            }
        };
        self.made(picked, origin)
    }

    /// `:find in key [from]`: where a text lies in another, or a value in an array. The search begins behind `from`.
    fn find_in_value(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let (value, key) = (self.bound_value(bound, "in")?, self.bound_value(bound, "key")?);
        let from = self.bound_value(bound, "from")?.as_number().unwrap_or(-1);
        let first = usize::try_from(from.saturating_add(1)).unwrap_or(0);
        self.step(length(&value)? / 16)?;
        let found = match &value {
            Value::Array(array) => array
                .pairs()
                .enumerate()
                .skip(first)
                .find(|(_, (_, element))| equal(element, &key))
                .map(|(index, (name, _))| if let Value::Str(_) = name { name } else { number(index) }),
            other => {
                let (text, key) = (self.text_of(other, origin)?, self.text_of(&key, origin)?);
                let start = text.char_indices().nth(first).map_or(text.len(), |(at, _)| at);
                let found = text[start..].find(&*key).map(|at| text[..start + at].chars().count());
                found.filter(|_| !key.is_empty() && first <= text.chars().count()).map(number)
            }
        };
        Ok(found.unwrap_or(Value::Nil))
    }

    /// `:range from to`: the numbers or addresses from one to the other.
    fn range(&mut self, bound: &Bound<'_>, origin: Origin) -> Result<Value, Stop> {
        let (from, to) = (self.bound_value(bound, "from")?, self.bound_value(bound, "to")?);
        let step = match self.bound_value(bound, "step")? {
            Value::Nothing => 1,
            value => value.as_number().unwrap_or(0),
        };
        let ends = match (&from, &to) {
            (Value::Ip(from), Value::Ip(to)) => Some((i64::from(from.to_bits()), i64::from(to.to_bits()))),
            (from, to) => from.as_number().zip(to.as_number()),
        };
        let (Some((first, last)), true) = (ends, step > 0) else {
            let mistake = Mistake::new("a range goes from a number or an address to another");
            return Err(diagnostics::script_fails(mistake, origin).into());
        };
        let is_address = matches!(from, Value::Ip(_));
        let mut array = Array::default();
        let mut next = first;
        while next <= last {
            self.step(1)?;
            let value = if is_address { Value::Num(next).to_ip() } else { Value::Num(next) };
            self.plain(array.push(value), origin)?;
            let Some(after) = next.checked_add(step) else { break };
            next = after;
        }
        Ok(Value::Array(array.into()))
    }
}

fn number(n: usize) -> Value {
    Value::Num(i64::try_from(n).unwrap_or(i64::MAX))
}

/// How many elements an array has, or characters the text of another value.
fn length(value: &Value) -> Result<usize, Stop> {
    Ok(match value {
        Value::Array(array) => array.len(),
        Value::Str(text) if text.is_ascii() => text.len(),
        other => other.text().map_or(0, |text| text.chars().count()),
    })
}
