//! The database as text: commands that would make it.

use super::{Database, Item, Property, Written};
use crate::source::{HIDDEN, is_sensitive};
use std::borrow::Cow;
use std::fmt::{self, Write};

impl fmt::Display for Database<'_> {
    /// A menu a paragraph, in the form of an export: the path, then an `add` for each item or a `set`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, menu) in self.menus() {
            let mut items = menu.items.iter().filter(|item| item.is_mentioned()).peekable();
            if items.peek().is_none() && menu.settings.is_empty() {
                continue;
            }
            writeln!(f, "{path}")?;
            for item in items {
                self.write_verb(f, item)?;
                self.write_properties(f, item.written())?;
            }
            if !menu.settings.is_empty() {
                f.write_str("set")?;
                self.write_properties(f, menu.settings.iter())?;
            }
        }
        Ok(())
    }
}

impl Database<'_> {
    /// The beginning of the command that makes an item, or changes one that a router has from the start.
    pub fn write_verb(&self, out: &mut impl Write, item: &Item) -> fmt::Result {
        match &item.called {
            None if item.is_built_in() => {
                let name = self.value(item, "name").unwrap_or_default();
                write!(out, "set {}", quoted_if_needed(&name))
            }
            None => out.write_str("add"),
            Some(name) => write!(out, "set {}", self.sources.slice(**name)),
        }
    }

    /// Properties as a command gives them, a blank before each and a line end behind; what is secret is left out.
    pub fn write_properties<'p>(
        &self,
        f: &mut impl Write,
        properties: impl IntoIterator<Item = &'p Property>,
    ) -> fmt::Result {
        for property in properties {
            write!(f, " {}", self.name(property.name))?;
            match property.written {
                Written::Switch => {}
                Written::Value | Written::Computed(_) => {
                    f.write_char('=')?;
                    if is_sensitive(self.name(property.name)) {
                        f.write_str(HIDDEN)?;
                    } else {
                        f.write_str(&quoted_if_needed(&self.text(property)))?;
                    }
                }
            }
        }
        f.write_char('\n')
    }
}

/// A value as a command gives it: in quotes where RouterOS needs them.
pub fn quoted_if_needed(text: &str) -> Cow<'_, str> {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "-._:/,*!%@<>~+|&^".contains(c);
    if !text.is_empty() && text.chars().all(is_bare) {
        return Cow::Borrowed(text);
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' | '$' | '?' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\0'..='\x1f' | '\x7f' => quoted.push_str(&format!("\\{:02X}", u32::from(c))),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    Cow::Owned(quoted)
}
