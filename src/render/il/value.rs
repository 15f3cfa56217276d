//! Values.

use super::{Reader, Refused, literal};
use rosc_grammar::ast::{Arg, ArgKind, Array, Expr, Value, Variable};

impl Reader<'_> {
    /// A value where nothing is known of what it is for.
    pub(super) fn value(&mut self, value: &Value) -> Result<String, Refused> {
        match value {
            Value::Empty => Ok(String::new()),
            Value::Word(word) => Ok(literal::plain(&word.text(self.text))),
            Value::Quoted(quoted) => Ok(self.quoted(quoted.span)),
            Value::Interpolated(string) => self.interpolated(string),
            Value::Variable(variable) => Ok(self.variable(*variable)),
            Value::Substitution(block) => Ok(self.block(block)),
            Value::Group(group) => self.group(group),
            Value::Code(block) => Ok(format!(";{}", self.block(block))),
            Value::Array(array) => self.array(array),
        }
    }

    /// A variable. One that is not declared is so from here on, in the block or bracket around it.
    fn variable(&mut self, variable: Variable) -> String {
        let name = variable.text(self.text).into_owned();
        let form = format!("${name}");
        self.declare(name);
        form
    }

    /// Declares a variable in the innermost block.
    pub(super) fn declare(&mut self, name: String) {
        let scope = self.variables.last_mut().expect("a script has a scope");
        if !scope.contains(&name) {
            scope.push(name);
        }
    }

    /// Elements in their order, then those with keys by key. Arrays in arrays have no brackets of their own.
    fn array(&mut self, array: &Array) -> Result<String, Refused> {
        let (mut elements, mut keyed) = (Vec::new(), Vec::new());
        for element in &array.elements {
            let key = element.key.as_ref().map(|key| self.raw(key)).transpose()?;
            let value = match &element.value {
                Expr::Value(value) => self.value(value)?,
                expr => self.expression(expr)?,
            };
            match key {
                Some(key) => keyed.push((key, value)),
                None => elements.push(value),
            }
        }
        keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
        elements.extend(keyed.into_iter().map(|(key, value)| format!("{key}={value}")));
        Ok(elements.join(";"))
    }

    /// A value whose words stay as they are written.
    pub(super) fn raw(&mut self, value: &Value) -> Result<String, Refused> {
        match value {
            Value::Word(word) => Ok(word.text(self.text).into_owned()),
            _ => self.value(value),
        }
    }

    /// The arguments of what is no command of a menu: values in their order, then the named ones by name.
    pub(super) fn loose_arguments(&mut self, args: &[Arg]) -> Result<Vec<String>, Refused> {
        let (mut values, mut named) = (Vec::new(), Vec::new());
        for arg in args {
            let value = self.raw(&arg.value)?;
            match arg.kind {
                ArgKind::Unnamed => values.push(value),
                ArgKind::Named(name) => named.push((name.text(self.text).into_owned(), value)),
                ArgKind::Unset(name) => values.push(format!("!{}", name.text(self.text))),
            }
        }
        named.sort_by(|(a, _), (b, _)| a.cmp(b));
        values.extend(named.into_iter().map(|(name, value)| format!("{name}={value}")));
        Ok(values)
    }
}
