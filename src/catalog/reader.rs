//! Reads an item's properties by the statements of the catalog.

use super::types::{FromText, Mistake};
use super::{Menu, Support};
use crate::database::{Database, Property};
use crate::diagnostic::{Code, Diagnostic};
use rosc_target::Origin;

/// A property as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<T> {
    /// The value, or the default; `None` if the property is unset.
    pub value: Option<T>,
    /// Where the value stands; the item if it is not given.
    pub origin: Origin,
    /// Whether it is given.
    pub given: bool,
}

/// Reads one item, or the values of one menu of settings.
#[derive(Debug)]
pub struct Reader<'d, 's> {
    database: &'d Database<'s>,
    menu: &'static Menu,
    properties: &'d [Property],
    origin: Origin,
    mistakes: Vec<Diagnostic>,
}

impl<'d, 's> Reader<'d, 's> {
    /// A reader of these properties; `origin` is the item.
    pub fn new(
        database: &'d Database<'s>,
        menu: &'static Menu,
        properties: &'d [Property],
        origin: Origin,
    ) -> Self {
        Self { database, menu, properties, origin, mistakes: Vec::new() }
    }

    /// The item.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Reads a property. An empty value is the same as none.
    pub fn field<T: FromText>(&mut self, name: &str, default: Option<&'static str>) -> Field<T> {
        let given = self.property(name);
        let Some(property) = given else {
            let value = default.map(|text| T::from_text(text).expect("a default is of its property's type"));
            return Field { value, origin: self.origin, given: false };
        };
        let text = self.database.text(&property);
        let origin = property.origin;
        if text.is_empty() {
            return Field { value: None, origin, given: true };
        }
        let value = match T::from_text(&text) {
            Ok(value) => Some(value),
            Err(mistake) => {
                self.mistakes.push(wrong_type(name, &text, T::SHAPE, mistake, origin));
                None
            }
        };
        Field { value, origin, given: true }
    }

    /// Reads a property for its type only.
    pub fn check<T: FromText>(&mut self, name: &str) {
        if self.property(name).is_some() {
            self.field::<T>(name, None);
        }
    }

    /// Ends the reading: what is refused, or only nearly the same, is reported with the mistakes found.
    ///
    /// Returns whether everything can be used.
    pub fn finish(self, diagnostics: &mut Vec<Diagnostic>) -> bool {
        let mut usable = self.mistakes.is_empty();
        for property in self.properties {
            let name = self.database.name(property.name);
            let Some(statement) = self.menu.property(name) else { continue };
            let means_nothing = || {
                let text = self.database.text(property);
                text.is_empty() || statement.default.is_some_and(|default| is_same_value(default, &text))
            };
            match statement.support {
                Support::Same | Support::SameAs(_) | Support::Depends(_) => {}
                Support::Close(_) | Support::Refused(_) if means_nothing() => {}
                Support::Close(difference) => {
                    diagnostics.push(close(self.menu.path, name, difference, property.origin));
                }
                Support::Refused(reason) => {
                    usable = false;
                    diagnostics.push(refused(self.menu.path, name, reason, property.origin));
                }
            }
        }
        diagnostics.extend(self.mistakes);
        usable
    }

    fn property(&self, name: &str) -> Option<Property> {
        // An item says a handful of the many things that it could: comparing is quicker than looking the name up.
        self.properties.iter().find(|property| self.database.name(property.name) == name).copied()
    }
}

impl<T> Field<T> {
    /// Where a value is given; `None` if the property is left out or set to nothing.
    pub fn place(&self) -> Option<Origin> {
        (self.given && self.value.is_some()).then_some(self.origin)
    }

    /// The value, or an error that the item lacks it.
    pub fn required(self, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
        if self.value.is_none() {
            diagnostics.push(missing(name, self.origin));
        }
        self.value
    }
}

/// Values that RouterOS takes for the same, whatever their property.
fn is_same_value(a: &str, b: &str) -> bool {
    plain_value(a) == plain_value(b)
}

fn plain_value(text: &str) -> &str {
    match text {
        "true" => "yes",
        "false" => "no",
        other => other,
    }
}

fn wrong_type(name: &str, text: &str, shape: &str, mistake: Mistake, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::WrongType, format!("`{}` is not {shape}", shortened(text)))
        .label(origin, format!("the value of {name}"))
        .maybe_help(mistake.help)
}

fn close(menu: &str, name: &str, difference: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::CloseProperty, format!("{name} of {menu} is not quite the same on Linux"))
        .label(origin, "used here")
        .help(difference)
}

fn refused(menu: &str, name: &str, reason: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::RefusedProperty, format!("{name} of {menu} can't be carried over"))
        .label(origin, "used here")
        .help(reason)
}

/// An item lacks a property.
pub fn missing(name: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::MissingProperty, format!("{name} is missing"))
        .label(origin, format!("this item has no {name}"))
        .help(format!("add {name}=..."))
}

fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let clean: String =
        text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(MOST).collect();
    if text.chars().nth(MOST).is_some() { format!("{clean}...") } else { clean }
}
