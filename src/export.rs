//! The configuration as RouterOS 7 would export it.

use crate::catalog::{self, Support};
use crate::database::{Database, Item, Menu, MenuPath, Property, Written, quoted_if_needed};
use crate::source::is_sensitive;
use std::fmt::Write;

/// Menus whose items others name, in front of those that name them: a router reads an export from the top.
const DECLARING: &[&str] = &[
    "/interface/bridge",
    "/interface/ethernet",
    "/interface/vlan",
    "/interface/bonding",
    "/interface/list",
    "/ip/pool",
    "/ip/vrf",
    "/routing/table",
    "/interface/bridge/port",
    "/interface/list/member",
];

/// An export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The commands.
    pub text: String,
    /// How many secrets were left out.
    pub hidden: usize,
}

/// Writes commands that make the database on a router of version 7: each menu once, its items in their order, the
/// properties in that of the alphabet, without those that say what holds by default.
///
/// Secrets are left out unless asked for. What acts once is no configuration, and is left out too. Commands on items that
/// a router has from the start stand as they were written.
pub fn export(database: &Database<'_>, show_sensitive: bool) -> Export {
    // Facts have been used, and no router has such a menu.
    let menus = database.menus().filter(|(path, _)| *path != catalog::ROSC_FACT.path);
    let mut menus: Vec<(MenuPath, &Menu)> = menus.collect();
    menus.sort_by_key(|(path, _)| {
        (DECLARING.iter().position(|declaring| declaring == path).unwrap_or(DECLARING.len()), *path)
    });
    let mut writer = Writer { database, show_sensitive, out: String::new(), hidden: 0 };
    writeln!(writer.out, "# rosc {}, in the form of an export by RouterOS 7.22", env!("CARGO_PKG_VERSION"))
        .expect("writing to a string");
    for (path, menu) in menus {
        writer.menu(path, menu);
    }
    let Writer { out, hidden, .. } = writer;
    // What can't be brought into the canonical style is right all the same.
    let text = rosc_grammar::format(&out).unwrap_or(out);
    Export { text, hidden }
}

struct Writer<'d, 's> {
    database: &'d Database<'s>,
    show_sensitive: bool,
    out: String,
    hidden: usize,
}

impl Writer<'_, '_> {
    fn menu(&mut self, path: MenuPath, menu: &Menu) {
        let mut lines = String::new();
        for item in menu.items.iter().filter(|item| item.is_mentioned()) {
            self.database.write_verb(&mut lines, item).expect("writing to a string");
            self.properties(path, &sorted(self.database, item), &mut lines);
            lines.push('\n');
        }
        for change in &menu.changes {
            // Not from where it was given: that may be above its menu.
            lines.push_str(change.verb);
            lines.push_str(self.database.sources().slice(change.arguments));
            lines.push('\n');
        }
        let mut settings = String::new();
        let mut properties: Vec<&Property> = menu.settings.iter().collect();
        properties.sort_by_key(|property| self.database.name(property.name));
        self.properties(path, &properties, &mut settings);
        if !settings.is_empty() {
            lines.push_str("set");
            lines.push_str(&settings);
            lines.push('\n');
        }
        if !lines.is_empty() {
            self.out.push('/');
            self.out.push_str(&path[1..].replace('/', " "));
            self.out.push('\n');
            self.out.push_str(&lines);
        }
    }

    fn properties(&mut self, path: MenuPath, properties: &[&Property], out: &mut String) {
        for property in properties {
            let name = self.database.name(property.name);
            let value = self.database.text(property);
            if is_default(path, name, &value) {
                continue;
            }
            if !self.show_sensitive && is_sensitive(name) && !value.is_empty() {
                self.hidden += 1;
                continue;
            }
            out.push(' ');
            out.push_str(name);
            match property.written {
                Written::Switch => {}
                Written::Value | Written::Computed(_) => {
                    out.push('=');
                    out.push_str(&quoted_if_needed(&value));
                }
            }
        }
    }
}

fn sorted<'i>(database: &Database<'_>, item: &'i Item) -> Vec<&'i Property> {
    let mut properties: Vec<&Property> = item.written().collect();
    properties.sort_by_key(|property| database.name(property.name));
    properties
}

/// Whether a value is the one that holds anyway. Of menus that are not lowered, defaults are not known.
fn is_default(path: MenuPath, name: &str, value: &str) -> bool {
    let Some(property) = catalog::menu(path).and_then(|menu| menu.property(name)) else { return false };
    // A value that is only nearly carried over, or not at all, is worth seeing.
    let is_plain = matches!(property.support, Support::Same | Support::SameAs(_));
    is_plain && property.default == Some(value)
}
