//! The database as text: commands that would make it.

use super::{Database, Property, Written};
use std::fmt::{self, Write};

impl fmt::Display for Database<'_> {
    /// A menu a paragraph, in the form of an export: the path, then an `add` for each item or a `set`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, menu) in self.menus() {
            if menu.items.is_empty() && menu.settings.is_empty() {
                continue;
            }
            writeln!(f, "{path}")?;
            for item in &menu.items {
                f.write_str("add")?;
                self.write_properties(f, &item.properties)?;
            }
            if !menu.settings.is_empty() {
                f.write_str("set")?;
                self.write_properties(f, &menu.settings)?;
            }
        }
        Ok(())
    }
}

impl Database<'_> {
    fn write_properties(&self, f: &mut fmt::Formatter<'_>, properties: &[Property]) -> fmt::Result {
        for property in properties {
            write!(f, " {}", self.name(property.name))?;
            match property.written {
                Written::Switch => {}
                Written::Value | Written::Computed(_) => {
                    f.write_char('=')?;
                    write_value(f, &self.text(property))?;
                }
            }
        }
        f.write_char('\n')
    }
}

/// Writes a value, in quotes where RouterOS needs them.
fn write_value(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-._:/,*!%@<>~+|&^".contains(c);
    if !text.is_empty() && text.chars().all(bare) {
        return f.write_str(text);
    }
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' | '$' | '?' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\0'..='\x1f' | '\x7f' => write!(f, "\\{:02X}", u32::from(c))?,
            _ => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
