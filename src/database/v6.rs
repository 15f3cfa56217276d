//! Spellings of RouterOS 6, rewritten to those of version 7.
//!
//! Only spellings: where the same words mean something else in version 6 (equal routes, scopes, the order of the
//! look-ups), the dialect decides in the stages that care.

use super::MenuPath;

/// Menus that version 7 has elsewhere.
const MENUS: &[(&str, MenuPath)] = &[("/ip/route/rule", "/routing/rule")];

/// Properties that version 7 calls otherwise.
const PROPERTIES: &[(MenuPath, &str, &str)] = &[
    ("/ip/route", "routing-mark", "routing-table"),
    ("/ipv6/route", "routing-mark", "routing-table"),
    ("/ipv6/firewall/nat", "to-addresses", "to-address"),
    ("/ip/settings", "max-arp-entries", "max-neighbor-entries"),
];

/// Menus and properties that only version 6 has: where one is used, the configuration is of version 6.
const SIGNS: &[(MenuPath, Option<&str>)] = &[
    ("/ip/route/rule", None),
    ("/ip/route/vrf", None),
    ("/routing/bgp/peer", None),
    ("/routing/bgp/network", None),
    ("/routing/ospf/network", None),
    ("/routing/ospf/interface", None),
    ("/ip/route", Some("routing-mark")),
    ("/ip/route", Some("type")),
    ("/ipv6/route", Some("type")),
];

/// The same for version 7.
const SIGNS_OF_7: &[(MenuPath, Option<&str>)] = &[
    ("/routing/table", None),
    ("/routing/rule", None),
    ("/routing/id", None),
    ("/routing/bgp/connection", None),
    ("/routing/bgp/template", None),
    ("/routing/ospf/interface-template", None),
    ("/ip/vrf", None),
    ("/interface/wireguard", None),
    ("/interface/wireguard/peers", None),
    ("/ip/route", Some("routing-table")),
    ("/ip/route", Some("blackhole")),
    ("/ip/route", Some("suppress-hw-offload")),
    ("/ipv6/route", Some("routing-table")),
    ("/ip/settings", Some("ipv4-multipath-hash-policy")),
];

/// The path under which version 7 has a menu.
pub fn menu(path: MenuPath) -> MenuPath {
    MENUS.iter().find(|(old, _)| *old == path).map_or(path, |&(_, new)| new)
}

/// The name under which version 7 has a property of a menu (given by its version 7 path).
pub fn property(menu: MenuPath, name: &str) -> &str {
    PROPERTIES.iter().find(|(of, old, _)| *of == menu && *old == name).map_or(name, |&(_, _, new)| new)
}

/// Says whether using a menu, or a property of it, is a sign of version 6. The path is the one written.
pub fn is_sign(menu: MenuPath, property: Option<&str>) -> bool {
    SIGNS.contains(&(menu, property))
}

/// Says whether using a menu, or a property of it, is a sign of version 7.
pub fn is_sign_of_7(menu: MenuPath, property: Option<&str>) -> bool {
    SIGNS_OF_7.contains(&(menu, property))
}
