//! Text to meaning: reads the database by the catalog and yields the router.
//!
//! Each property of each item is consumed or reported: the structs that the catalog reads items into are taken
//! apart field by field here, and what the catalog refuses never gets this far. An item with a mistake is left
//! out, so that it causes no further errors; a name that it declares is known all the same.

mod address;
mod diagnostics;
mod fastpath;
mod firewall;
mod interface;
mod not_lowered;
mod route;
mod rule;
mod settings;
mod table;
mod tracking;

use crate::catalog::{Common, Field, Menu, Reader};
use crate::database::Database;
use crate::diagnostic::Diagnostic;
use crate::ir::{Dialect, Router};
use rosc_target::Origin;
use std::collections::BTreeMap;

/// The router, and what was found on the way to it.
#[derive(Debug)]
pub struct Resolved {
    /// What the router does. It is complete only if no diagnostic is an error.
    pub router: Router,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the whole database.
pub fn resolve(database: &Database<'_>, dialect: Dialect) -> Resolved {
    let mut resolver = Resolver {
        database,
        router: Router::empty(dialect),
        diagnostics: Vec::new(),
        bridge_ports: BTreeMap::new(),
    };
    resolver.interfaces();
    resolver.addresses();
    resolver.tables();
    resolver.routes();
    resolver.rules();
    resolver.settings();
    resolver.tracking();
    resolver.firewalls();
    resolver.fastpath();
    resolver.menus_not_lowered();
    Resolved { router: resolver.router, diagnostics: resolver.diagnostics }
}

/// The state of a reading.
struct Resolver<'d, 's> {
    database: &'d Database<'s>,
    router: Router,
    diagnostics: Vec<Diagnostic>,
    /// Interfaces that are ports, with the bridge that they are ports of.
    bridge_ports: BTreeMap<String, String>,
}

/// An item as read, with what every item has.
struct Read<T> {
    origin: Origin,
    disabled: bool,
    comment: Option<String>,
    /// Whether everything that is said of the item could be read; if not, that is reported.
    is_usable: bool,
    value: T,
}

impl<'d> Resolver<'d, '_> {
    /// Reads the items of a menu that declares names, one by one, so that a list of any length takes the room of one
    /// item as read. Items with mistakes are reported, but are among them: what they declare is there, and whoever names
    /// it is not at fault.
    fn for_each_declaration<T>(
        &mut self,
        menu: &'static Menu,
        read: fn(&mut Reader<'_, '_>) -> T,
        mut resolve: impl FnMut(&mut Self, Read<T>),
    ) {
        let database: &'d Database<'_> = self.database;
        for item in database.items(menu.path) {
            let mut reader = Reader::new(database, menu, &item.properties, item.origin);
            let Common { disabled, comment } = Common::read(&mut reader);
            let value = read(&mut reader);
            let is_usable = reader.finish(&mut self.diagnostics) && !item.is_broken;
            let disabled = disabled.value == Some(true);
            resolve(self, Read { origin: item.origin, disabled, comment: comment.value, is_usable, value });
        }
    }

    /// The same, all of them before any is looked at.
    fn read_declarations<T>(
        &mut self,
        menu: &'static Menu,
        read: fn(&mut Reader<'_, '_>) -> T,
    ) -> Vec<Read<T>> {
        let mut items = Vec::new();
        self.for_each_declaration(menu, read, |_, item| items.push(item));
        items
    }

    /// Reads the items of a menu that are not disabled, one by one; those with mistakes are reported and left out.
    fn for_each_enabled<T>(
        &mut self,
        menu: &'static Menu,
        read: fn(&mut Reader<'_, '_>) -> T,
        mut resolve: impl FnMut(&mut Self, Read<T>),
    ) {
        self.for_each_declaration(menu, read, |resolver, item| {
            if item.is_usable && !item.disabled {
                resolve(resolver, item);
            }
        });
    }

    /// The same, all of them before any is looked at.
    fn read_enabled<T>(&mut self, menu: &'static Menu, read: fn(&mut Reader<'_, '_>) -> T) -> Vec<Read<T>> {
        let mut items = Vec::new();
        self.for_each_enabled(menu, read, |_, item| items.push(item));
        items
    }

    /// Reads the values of a menu of settings; `None` if the configuration does not touch it, or not rightly.
    fn read_settings<T>(&mut self, menu: &'static Menu, read: fn(&mut Reader<'_, '_>) -> T) -> Option<T> {
        let is_touched = self.database.menu(menu.path).is_some_and(|menu| !menu.settings.is_empty());
        if is_touched { self.read_settings_or_defaults(menu, read) } else { None }
    }

    /// The same with the defaults of a menu that the configuration does not touch.
    fn read_settings_or_defaults<T>(
        &mut self,
        menu: &'static Menu,
        read: fn(&mut Reader<'_, '_>) -> T,
    ) -> Option<T> {
        let database: &'d Database<'_> = self.database;
        let settings = database.menu(menu.path).map_or(&[][..], |menu| &menu.settings);
        let origin = settings.first().map_or(Origin::IMPLIED, |first| first.origin);
        let mut reader = Reader::new(database, menu, settings, origin);
        let value = read(&mut reader);
        reader.finish(&mut self.diagnostics).then_some(value)
    }

    /// The name that an item declares. That it is missing is reported, unless the item has mistakes already: the name may
    /// be among what could not be read.
    fn declared(&mut self, name: &str, field: Field<String>, is_usable: bool) -> Option<String> {
        if is_usable { field.required(name, &mut self.diagnostics) } else { field.value }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
