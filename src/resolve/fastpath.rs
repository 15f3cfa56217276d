//! `/rosc fastpath`.

use super::interface::BUILT_IN_LISTS;
use super::settings::setting;
use super::{Resolver, diagnostics};
use crate::catalog::types::{List, Seconds};
use crate::catalog::{FastPathGroups, FastPathItem, Field, ROSC_FASTPATH};
use crate::ir::firewall::InterfaceMatch;
use crate::ir::{
    FastPath, FastPathHash, FastPathMode, FastPathPort, FastPathTable, InterfaceListName, Setting,
};
use rosc_target::Origin;

impl Resolver<'_, '_> {
    /// Comes behind everything that names interfaces: here they are named, not made known.
    pub(super) fn fastpath(&mut self) {
        let Some(item) = self.read_settings(&ROSC_FASTPATH, FastPathItem::read) else { return };
        let FastPathItem { enabled, interfaces, groups, hash_policy, mode, table_size, drain_time } = item;
        let interfaces = self.fastpath_ports(&interfaces);
        let Some(wish) = enabled.value.flatten() else { return };
        match groups.value.unwrap_or(FastPathGroups::Auto) {
            FastPathGroups::Auto => {}
        }
        let Seconds(drain_secs) = drain_time.value.unwrap_or(Seconds(0));
        self.router.fastpath = Some(FastPath {
            origin: enabled.origin,
            enabled: wish,
            interfaces,
            hash_policy: hash_policy.value.unwrap_or(FastPathHash::Auto),
            mode: setting(mode, Setting::implied(FastPathMode::Auto)),
            table_size: table_size.value.unwrap_or(FastPathTable::Auto),
            drain_secs,
        });
    }

    fn fastpath_ports(&mut self, field: &Field<List<String>>) -> Vec<FastPathPort> {
        let pieces = field.value.iter().flat_map(|list| &list.0);
        let named = pieces.map(|piece| (piece.value.as_str(), piece.origin(field)));
        named
            .filter_map(|(name, origin)| {
                self.fastpath_port(name, origin).map(|wanted| FastPathPort { origin, wanted })
            })
            .collect()
    }

    /// A list of that name, or an interface.
    fn fastpath_port(&mut self, name: &str, origin: Origin) -> Option<InterfaceMatch> {
        if let Some((list, _)) = self.router.interface_lists.get_key_value(name) {
            return Some(InterfaceMatch::List(list.clone()));
        }
        if let Some((interface, _)) = self.router.interfaces.get_key_value(name) {
            return Some(InterfaceMatch::Interface(interface.clone()));
        }
        match name {
            "all" => return Some(InterfaceMatch::All),
            "none" => return Some(InterfaceMatch::None),
            built_in if BUILT_IN_LISTS.contains(&built_in) => {
                let message = format!("the list `{built_in}` is not known when rosc runs");
                let help = "make a list of the interfaces that are meant";
                self.report(diagnostics::refused(message, origin, help));
                return None;
            }
            _ => {}
        }
        let lists = self.router.interface_lists.keys().map(InterfaceListName::as_str);
        let interfaces = self.router.interfaces.keys().map(|interface| interface.as_str());
        let known: Vec<String> = lists.chain(interfaces).map(str::to_owned).collect();
        let known = known.iter().map(String::as_str);
        let declare =
            "an interface is known by what is configured on it, a list by /interface list add name=...";
        self.report(diagnostics::dangling("interface or interface list", name, origin, known, declare));
        None
    }
}
