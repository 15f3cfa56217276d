//! Reads the arguments of a command: properties, switches, and what names items.

use super::stop::Stop;
use super::value as script;
use super::{Evaluator, diagnostics};
use crate::catalog;
use crate::catalog::types::FromText;
use crate::database::{
    Item, ItemId, MOST_NAMES, MenuPath, Property, PropertyName, Written, set_property, v6,
};
use crate::diagnostic::Diagnostic;
use rosc_grammar::ast::{Arg, ArgKind, Value, Word};
use rosc_target::Origin;

/// Properties that a command gives.
#[derive(Debug, Default)]
pub(super) struct Given {
    set: Vec<Property>,
    unset: Vec<PropertyName>,
    /// Whether there is more that could not be read.
    is_broken: bool,
}

impl Evaluator<'_> {
    /// The properties among the arguments; an argument that can't be read is reported and leaves the others valid.
    /// What is no property (a selector, a position) is left out.
    /// Where `on-error` looks after the command, its first mistake is the end of it, as on a router.
    pub(super) fn given(&mut self, menu: MenuPath, args: &[Arg], verb: &str) -> Result<Given, Stop> {
        let mut given = Given { set: Vec::with_capacity(args.len()), ..Given::default() };
        let mut words_are_wrong = false;
        for (place, arg) in args.iter().enumerate() {
            // A word behind a wrong one is most likely its value, written without `=`.
            let is_word = arg.kind == ArgKind::Unnamed;
            if is_word && words_are_wrong {
                continue;
            }
            match self.give(&mut given, menu, (place, arg), verb) {
                Ok(()) => continue,
                Err(Stop::Failed(mistake) | Stop::Unknown(mistake)) if self.handlers == 0 => {
                    self.report(*mistake);
                }
                Err(Stop::Reported(_)) if self.handlers == 0 => {}
                Err(stop) => return Err(stop),
            }
            words_are_wrong |= is_word;
            given.is_broken = true;
        }
        Ok(given)
    }

    fn give(
        &mut self,
        given: &mut Given,
        menu: MenuPath,
        (place, arg): (usize, &Arg),
        verb: &str,
    ) -> Result<(), Stop> {
        let property = match arg.kind {
            ArgKind::Named(name) => {
                let spelling = name.span.slice(self.text);
                let id = match self.names.get_at(place, menu, spelling) {
                    Some(known) => known,
                    None if is_position(&name.text(self.text)) => return Ok(()),
                    None => {
                        let id = self.property_name(menu, name)?;
                        self.names.insert_at(place, menu, spelling, id);
                        id
                    }
                };
                match self.property(menu, id, arg)? {
                    Some(property) => property,
                    None => {
                        given.unset.push(id);
                        return Ok(());
                    }
                }
            }
            ArgKind::Unset(name) => {
                given.unset.push(self.property_name(menu, name)?);
                return Ok(());
            }
            ArgKind::Unnamed => match self.switch(menu, arg, verb)? {
                Some(property) => property,
                None => return Ok(()),
            },
        };
        if let Some(before) = given.set.iter().find(|other| other.name == property.name) {
            let name = self.database.name(property.name);
            return Err(diagnostics::repeated_property(name, self.origin(arg.span), before.origin).into());
        }
        given.set.push(property);
        Ok(())
    }

    /// A bare word among the arguments: a switch such as `fib` or `blackhole`.
    fn switch(&mut self, menu: MenuPath, arg: &Arg, verb: &str) -> Result<Option<Property>, Diagnostic> {
        let origin = self.origin(arg.span);
        let Value::Word(word) = arg.value else {
            return match catalog::menu(menu) {
                Some(_) => Err(diagnostics::bad_argument(verb, origin, "properties are written name=value")),
                None => Ok(None),
            };
        };
        let name = self.property_name(menu, word)?;
        let statement = catalog::menu(menu).and_then(|menu| menu.property(self.database.name(name)));
        if statement.is_some_and(|property| property.shape != <bool as FromText>::SHAPE) {
            let why = format!("write {}=VALUE", self.database.name(name));
            return Err(diagnostics::bad_argument(verb, origin, &why));
        }
        Ok(Some(Property { name, written: Written::Switch, origin }))
    }

    /// A property's name in full and in the spelling of version 7.
    pub(super) fn property_name(&mut self, menu: MenuPath, word: Word) -> Result<PropertyName, Diagnostic> {
        let raw = word.span.slice(self.text);
        if let Some(known) = self.names.get(menu, raw) {
            return Ok(known);
        }
        let origin = self.origin(word.span);
        let written = word.text(self.text);
        self.signs.note(menu, Some(&written), origin);
        let name = v6::property(menu, &written);
        let full = match catalog::menu(menu) {
            None => name,
            Some(statement) => property_of(statement, name).ok_or_else(|| {
                let known = statement.properties().map(|property| property.name);
                diagnostics::unknown_property(menu, name, origin, known)
            })?,
        };
        if !self.database.has_room_for_name(full) {
            return Err(diagnostics::too_much(&format!("{MOST_NAMES} names of properties"), origin));
        }
        let id = self.database.name_id(full);
        self.names.insert(menu, raw, id);
        Ok(id)
    }

    /// The property that an argument gives; `None` for an empty value, which unsets it.
    pub(super) fn property(
        &mut self,
        menu: MenuPath,
        name: PropertyName,
        arg: &Arg,
    ) -> Result<Option<Property>, Stop> {
        let span = match &arg.value {
            Value::Empty => return Ok(None),
            Value::Word(word) if self.made_at.is_none() => word.span,
            Value::Quoted(quoted) if self.made_at.is_none() => quoted.span,
            value => return self.computed(menu, name, value, self.origin(value.span().unwrap_or(arg.span))),
        };
        let origin = self.origin(span);
        let is_empty = span.slice(self.text) == "\"\"";
        Ok((!is_empty).then_some(Property { name, written: Written::Value, origin }))
    }

    /// A property whose value is computed, or stands in no file.
    fn computed(
        &mut self,
        menu: MenuPath,
        name: PropertyName,
        value: &Value,
        origin: Origin,
    ) -> Result<Option<Property>, Stop> {
        let raw = value.span().map(|span| span.slice(self.text)).unwrap_or_default();
        let text = match value {
            Value::Word(word) => word.text(self.text).into_owned(),
            Value::Quoted(quoted) => quoted.text(self.text).into_owned(),
            // A script that is to run on an event.
            Value::Code(_) => raw.to_owned(),
            Value::Empty
            | Value::Interpolated(_)
            | Value::Variable(_)
            | Value::Substitution(_)
            | Value::Group(_)
            | Value::Array(_) => match self.property_text(value, origin) {
                Ok(text) => text,
                // In a menu that is not lowered, what can't be computed stays as it is written.
                Err(Stop::Failed(_) | Stop::Unknown(_) | Stop::Reported(_))
                    if catalog::menu(menu).is_none() =>
                {
                    raw.to_owned()
                }
                Err(stop) => return Err(stop),
            },
        };
        self.step(text.len() / 16)?;
        let written = if text.is_empty() { return Ok(None) } else { self.database.keep(&text) };
        Ok(Some(Property { name, written, origin }))
    }

    fn property_text(&mut self, value: &Value, origin: Origin) -> Result<String, Stop> {
        let computed = self.value(value)?;
        if let script::Value::Nothing = computed {
            let variable = match value {
                Value::Variable(variable) => Some(variable.text(self.text)),
                _ => None,
            };
            return Err(diagnostics::no_value(variable.as_deref(), origin).into());
        }
        self.step(computed.weight())?;
        let text = computed.property_text().map(|text| text.into_owned());
        self.plain(text, origin)
    }
}
impl Given {
    pub(super) fn setting(property: Property) -> Self {
        Self { set: vec![property], ..Self::default() }
    }

    pub(super) fn unsetting(name: PropertyName) -> Self {
        Self { unset: vec![name], ..Self::default() }
    }

    /// Makes an item, which has no more room than it needs: a list may have a million.
    pub(super) fn into_item(self, id: ItemId, origin: Origin) -> Item {
        Item { id, origin, called: None, properties: self.set, is_broken: self.is_broken }
    }

    /// Changes an item.
    pub(super) fn apply(&self, item: &mut Item) {
        item.is_broken |= self.is_broken;
        for &name in &self.unset {
            item.unset(name);
        }
        for &property in &self.set {
            item.set(property);
        }
    }

    /// Changes the values of a menu that is no list.
    pub(super) fn apply_to_settings(self, settings: &mut Vec<Property>) {
        settings.retain(|property| !self.unset.contains(&property.name));
        for property in self.set {
            set_property(settings, property);
        }
    }
}

/// A property's name in full, for all of it or as much as no other begins with.
fn property_of(menu: &'static catalog::Menu, name: &str) -> Option<&'static str> {
    if let Some(property) = menu.property(name) {
        return Some(property.name);
    }
    let mut beginning = menu.properties().filter(|property| property.name.starts_with(name));
    match (beginning.next(), beginning.next()) {
        (Some(property), None) => Some(property.name),
        _ => None,
    }
}

/// Arguments that say which item, or where.
fn is_position(name: &str) -> bool {
    matches!(name, "numbers" | "place-before" | "copy-from")
}

/// The arguments that name items: `numbers=`, or those without a name.
pub(super) fn selector<'a>(args: &'a [Arg], text: &'a str) -> impl Iterator<Item = &'a Arg> {
    args.iter().filter(move |arg| match arg.kind {
        ArgKind::Unnamed => true,
        ArgKind::Named(name) => name.text(text) == "numbers",
        ArgKind::Unset(_) => false,
    })
}

pub(super) fn named<'a>(args: &'a [Arg], wanted: &str, text: &str) -> Option<&'a Arg> {
    // A name is never written shorter than it is, which spares most of them the decoding.
    let is_wanted = |name: Word| name.span.slice(text).len() >= wanted.len() && name.text(text) == wanted;
    args.iter().find(|arg| matches!(arg.kind, ArgKind::Named(name) if is_wanted(name)))
}

/// The arguments that are properties or take them away.
pub(super) fn named_only(args: &[Arg]) -> Vec<Arg> {
    args.iter().filter(|arg| arg.kind != ArgKind::Unnamed).cloned().collect()
}
