//! Interfaces, bridges, interface lists, and the devices behind them.

use super::{Read, Resolver, diagnostics};
use crate::catalog::{
    self, BridgeItem, BridgePortItem, DeviceItem, InterfaceListItem, InterfaceListMemberItem,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{
    Bridge, BridgePort, Interface, InterfaceKind, InterfaceList, InterfaceListName, InterfaceName,
    SpanningTree,
};
use rosc_target::Origin;
use std::collections::{BTreeMap, BTreeSet};

/// Lists that RouterOS has by itself.
pub(super) const BUILT_IN_LISTS: &[&str] = &["all", "none", "dynamic", "static"];

impl Resolver<'_, '_> {
    pub(super) fn interfaces(&mut self) {
        self.declared_elsewhere();
        self.bridges();
        self.bridge_ports();
        self.read_settings(&catalog::INTERFACE_BRIDGE_SETTINGS, catalog::BridgeSettings::read);
        self.devices();
        self.interface_lists();
    }

    /// An interface by its name, made known if need be; `None` (and a warning) for what is left of a deleted one.
    pub(super) fn interface(&mut self, name: &str, origin: Origin) -> Option<InterfaceName> {
        if is_deleted(name) {
            self.report(diagnostics::deleted_object(name, origin));
            return None;
        }
        let known = InterfaceName::new(name);
        let port = || Interface { origin, device: None, kind: InterfaceKind::Port };
        self.router.interfaces.entry(known.clone()).or_insert_with(port);
        Some(known)
    }

    /// The interface that carries what is configured on one: the bridge of a port.
    pub(super) fn carrier(&mut self, name: &str, origin: Origin) -> Option<InterfaceName> {
        let bridge = self.bridge_ports.get(name).cloned();
        self.interface(bridge.as_deref().unwrap_or(name), origin)
    }

    /// Interfaces made in menus that rosc does not lower exist all the same.
    fn declared_elsewhere(&mut self) {
        let database = self.database;
        for (path, menu) in database.menus() {
            let lowered = catalog::menu(path).is_some();
            if !path.starts_with("/interface/") || lowered || path.matches('/').count() != 2 {
                continue;
            }
            for item in &menu.items {
                if let Some(name) = database.value(item, "name") {
                    let port = Interface { origin: item.origin, device: None, kind: InterfaceKind::Port };
                    self.router.interfaces.entry(InterfaceName::new(&name)).or_insert(port);
                }
            }
        }
    }

    fn bridges(&mut self) {
        let items = self.read_declarations(&catalog::INTERFACE_BRIDGE, BridgeItem::read);
        for Read { origin, is_usable, value, .. } in items.into_iter().filter(|item| !item.disabled) {
            let BridgeItem {
                name,
                mtu,
                protocol_mode,
                auto_mac,
                admin_mac,
                ageing_time,
                priority,
                forward_delay,
                igmp_snooping,
            } = value;
            let name_origin = name.origin;
            let Some(name) = self.declared("name", name, is_usable) else { continue };
            let name = InterfaceName::new(&name);
            if let Some(Interface { origin: before, .. }) = self.router.interfaces.get(&name) {
                let before = *before;
                self.report(diagnostics::duplicate(&format!("interface `{name}`"), name_origin, before));
                continue;
            }
            let spanning_tree = protocol_mode.value.unwrap_or(SpanningTree::None);
            if protocol_mode.given && matches!(spanning_tree, SpanningTree::Rstp | SpanningTree::Mstp) {
                self.report(rapid_spanning_tree(protocol_mode.origin));
            }
            let bridge = Bridge {
                spanning_tree,
                mac: (auto_mac.value == Some(false)).then_some(admin_mac.value).flatten().map(|mac| mac.0),
                mtu: mtu.value.and_then(|mtu| mtu.0),
                priority: priority.value.map_or(0x8000, |n| u16::try_from(n.0).expect("checked by its type")),
                ageing_time: ageing_time.value.unwrap_or_default(),
                forward_delay: forward_delay.value.unwrap_or_default(),
                igmp_snooping: igmp_snooping.value.unwrap_or_default(),
                ports: Vec::new(),
            };
            let kind = InterfaceKind::Bridge(bridge);
            self.router.interfaces.insert(name, Interface { origin, device: None, kind });
        }
    }

    fn bridge_ports(&mut self) {
        let mut places: BTreeMap<String, Origin> = BTreeMap::new();
        for Read { origin, value, .. } in
            self.read_enabled(&catalog::INTERFACE_BRIDGE_PORT, BridgePortItem::read)
        {
            let BridgePortItem { bridge, interface } = value;
            let (bridge_origin, interface_origin) = (bridge.origin, interface.origin);
            let bridge = bridge.required("bridge", &mut self.diagnostics);
            let interface = interface.required("interface", &mut self.diagnostics);
            let (Some(bridge), Some(interface)) = (bridge, interface) else { continue };
            if let Some(before) = places.insert(interface.clone(), interface_origin) {
                self.report(diagnostics::duplicate(&format!("port `{interface}`"), interface_origin, before));
                continue;
            }
            let Some(port) = self.interface(&interface, interface_origin) else { continue };
            let is_bridge = |interface: &Interface| matches!(interface.kind, InterfaceKind::Bridge(_));
            let interfaces = &mut self.router.interfaces;
            if let Some(Interface { kind: InterfaceKind::Bridge(known), .. }) =
                interfaces.get_mut(bridge.as_str())
            {
                known.ports.push(BridgePort { origin, interface: port });
                self.bridge_ports.insert(interface, bridge);
            } else {
                let bridges: Vec<String> = interfaces
                    .iter()
                    .filter(|(_, i)| is_bridge(i))
                    .map(|(name, _)| name.to_string())
                    .collect();
                let bridges = bridges.iter().map(String::as_str);
                let declare = "/interface bridge add name=...";
                self.report(diagnostics::dangling("bridge", &bridge, bridge_origin, bridges, declare));
            }
        }
    }

    /// `/rosc interface`.
    fn devices(&mut self) {
        for Read { value, .. } in self.read_enabled(&catalog::ROSC_INTERFACE, DeviceItem::read) {
            let DeviceItem { name, device } = value;
            let (name_origin, device_origin) = (name.origin, device.origin);
            let name = name.required("name", &mut self.diagnostics);
            let device = device.required("device", &mut self.diagnostics);
            let (Some(name), Some(device)) = (name, device) else { continue };
            let Some(name) = self.interface(&name, name_origin) else { continue };
            let interface = self.router.interfaces.get_mut(&name).expect("just made known");
            if interface.device.replace(device).is_some() {
                let what = format!("the device of interface `{name}`");
                self.report(diagnostics::duplicate(&what, device_origin, name_origin));
            }
        }
    }

    fn interface_lists(&mut self) {
        let mut lists: BTreeMap<String, Read<InterfaceListItem>> = BTreeMap::new();
        let items = self.read_declarations(&catalog::INTERFACE_LIST, InterfaceListItem::read);
        for item in items.into_iter().filter(|item| !item.disabled) {
            let Some(name) = self.declared("name", item.value.name.clone(), item.is_usable) else { continue };
            if BUILT_IN_LISTS.contains(&name.as_str()) {
                continue;
            }
            if let Some(before) = lists.get(&name) {
                let diagnostic =
                    diagnostics::duplicate(&format!("interface list `{name}`"), item.origin, before.origin);
                self.report(diagnostic);
                continue;
            }
            lists.insert(name, item);
        }
        let mut members: BTreeMap<String, BTreeSet<InterfaceName>> = BTreeMap::new();
        let items = self.read_enabled(&catalog::INTERFACE_LIST_MEMBER, InterfaceListMemberItem::read);
        for Read { value: InterfaceListMemberItem { interface, list }, .. } in items {
            let (interface_origin, list_origin) = (interface.origin, list.origin);
            let interface = interface.required("interface", &mut self.diagnostics);
            let list = list.required("list", &mut self.diagnostics);
            let (Some(interface), Some(list)) = (interface, list) else { continue };
            if !lists.contains_key(&list) {
                let known = lists.keys().map(String::as_str);
                let declare = "/interface list add name=...";
                let diagnostic = diagnostics::dangling("interface list", &list, list_origin, known, declare);
                self.report(diagnostic);
                continue;
            }
            if let Some(interface) = self.interface(&interface, interface_origin) {
                members.entry(list).or_default().insert(interface);
            }
        }
        for (name, item) in &lists {
            let mut path = Vec::new();
            let all = self.members_of(name, &lists, &members, &mut path);
            let list = InterfaceList { origin: item.origin, members: all };
            self.router.interface_lists.insert(InterfaceListName::new(name), list);
        }
    }

    /// The members of the included lists without those of the excluded, and the list's own. A list that includes
    /// itself adds nothing to itself.
    fn members_of(
        &mut self,
        name: &str,
        lists: &BTreeMap<String, Read<InterfaceListItem>>,
        members: &BTreeMap<String, BTreeSet<InterfaceName>>,
        path: &mut Vec<String>,
    ) -> BTreeSet<InterfaceName> {
        let Some(item) = lists.get(name).filter(|_| !path.iter().any(|seen| seen == name)) else {
            return BTreeSet::new();
        };
        path.push(name.to_owned());
        let InterfaceListItem { name: _, include, exclude } = &item.value;
        let mut all = BTreeSet::new();
        for (field, takes) in [(include, true), (exclude, false)] {
            for piece in field.value.iter().flat_map(|list| &list.0) {
                let other = piece.value.as_str();
                if BUILT_IN_LISTS.contains(&other) && other != "none" {
                    let message = format!("`{other}` can't be part of a list");
                    let help = "name the interfaces, because which there are is not known when rosc runs";
                    self.report(diagnostics::refused(message, piece.origin(field), help));
                } else if other != "none" && !lists.contains_key(other) {
                    let known = lists.keys().map(String::as_str);
                    let declare = "/interface list add name=...";
                    let origin = piece.origin(field);
                    self.report(diagnostics::dangling("interface list", other, origin, known, declare));
                }
                let others = self.members_of(other, lists, members, path);
                if takes {
                    all.extend(others);
                } else {
                    all.retain(|interface| !others.contains(interface));
                }
            }
        }
        path.pop();
        all.extend(members.get(name).into_iter().flatten().cloned());
        all
    }
}

/// `*1F`: an export's name for an object that is gone.
fn is_deleted(name: &str) -> bool {
    name.strip_prefix('*').is_some_and(|id| !id.is_empty() && id.chars().all(|c| c.is_ascii_hexdigit()))
}

fn rapid_spanning_tree(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::LinuxDiffers, "the kernel's bridge speaks neither RSTP nor MSTP")
        .label(origin, "the spanning tree is off on Linux")
        .help("write protocol-mode=stp for the kernel's own, or none if there is no loop to guard against")
}
