//! Text to meaning: reads the database by the catalog and yields the router.
//!
//! Each property of each item is consumed or reported: the structs that the catalog reads items into are taken
//! apart field by field here, and what the catalog refuses never gets this far. An item with a mistake is left
//! out, so that it causes no further errors.

mod address;
mod diagnostics;
mod firewall;
mod interface;
mod not_lowered;
mod route;
mod rule;
mod settings;
mod table;

use crate::catalog::{Common, Menu, Reader};
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
    resolver.firewalls();
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
    value: T,
}

impl<'d> Resolver<'d, '_> {
    /// Reads the items of a menu and resolves them one by one, so that a list of any length takes the room of one item
    /// as read; those with mistakes are reported and left out.
    fn for_each<T>(
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
            if reader.finish(&mut self.diagnostics) {
                let disabled = disabled.value == Some(true);
                resolve(self, Read { origin: item.origin, disabled, comment: comment.value, value });
            }
        }
    }

    /// Reads the items of a menu that are not disabled, all of them before any is looked at.
    fn read_enabled<T>(&mut self, menu: &'static Menu, read: fn(&mut Reader<'_, '_>) -> T) -> Vec<Read<T>> {
        let mut items = Vec::new();
        self.for_each(menu, read, |_, item| items.extend(Some(item).filter(|item| !item.disabled)));
        items
    }

    /// Reads the values of a menu of settings; `None` if the configuration does not touch it, or not rightly.
    fn read_settings<T>(&mut self, menu: &'static Menu, read: fn(&mut Reader<'_, '_>) -> T) -> Option<T> {
        let settings = &self.database.menu(menu.path)?.settings;
        let origin = settings.first()?.origin;
        let mut reader = Reader::new(self.database, menu, settings, origin);
        let value = read(&mut reader);
        reader.finish(&mut self.diagnostics).then_some(value)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
