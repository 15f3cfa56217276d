//! Routing tables.

use super::{Read, Resolver, diagnostics};
use crate::catalog::{self, TableItem};
use crate::ir::{Dialect, Table, TableName};
use rosc_target::Origin;

impl Resolver<'_, '_> {
    pub(super) fn tables(&mut self) {
        let items = self.read_declarations(&catalog::ROUTING_TABLE, TableItem::read);
        for Read { origin, is_usable, value, .. } in items.into_iter().filter(|item| !item.disabled) {
            let TableItem { name, fib } = value;
            let name_origin = name.origin;
            let Some(name) = self.declared("name", name, is_usable) else { continue };
            let name = TableName::new(&name);
            if name.is_main() {
                continue;
            }
            if let Some(before) = self.router.tables.get(&name) {
                let before = before.origin;
                self.report(diagnostics::duplicate(&format!("table `{name}`"), name_origin, before));
                continue;
            }
            let fib = fib.value == Some(true);
            if !fib && is_usable {
                self.report(diagnostics::table_without_fib(name.as_str(), name_origin));
            }
            self.router.tables.insert(name, Table { origin, fib });
        }
    }

    /// A table by its name. In version 6 a table exists by being named.
    pub(super) fn table(&mut self, name: &str, origin: Origin) -> Option<TableName> {
        if let Some((table, _)) = self.router.tables.get_key_value(name) {
            return Some(table.clone());
        }
        match self.router.dialect {
            Dialect::V6 => {
                let table = TableName::new(name);
                self.router.tables.insert(table.clone(), Table { origin, fib: true });
                Some(table)
            }
            Dialect::V7 if self.is_vrf(name) => {
                self.report(diagnostics::table_of_vrf(name, origin));
                None
            }
            Dialect::V7 => {
                let names: Vec<String> = self.router.tables.keys().map(ToString::to_string).collect();
                let declare = format!("/routing table add fib name={name}");
                let known = names.iter().map(String::as_str);
                self.report(diagnostics::dangling("routing table", name, origin, known, &declare));
                None
            }
        }
    }

    /// A VRF has a table of its name.
    fn is_vrf(&self, name: &str) -> bool {
        let vrfs = self.database.items("/ip/vrf").iter();
        vrfs.filter_map(|vrf| self.database.value(vrf, "name")).any(|vrf| vrf == name)
    }
}
