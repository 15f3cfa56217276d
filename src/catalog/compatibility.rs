//! COMPATIBILITY.md: what becomes of each property of each menu that rosc lowers, derived from the catalog.

use super::{Kind, MENUS, Menu, Property, Support};
use std::fmt::Write;

const HEAD: &str = "\
# Compatibility

What becomes of RouterOS configuration on Linux, menu by menu. The page is made from the catalog in `src/catalog/`;
`cargo test` compares it, and `UPDATE_PAGES=1 cargo test` writes it anew.

- **same**: a packet fares as it would on RouterOS.
- **depends**: the same for some values and not for others, as stated; `rosc check` warns of those or refuses them.
- **close**: nearly so. The difference is stated here, and `rosc check` warns wherever the property is used.
- **refused**: rosc has no faithful form of it. A value other than the default is an error with its line.

A property without a default is unset until it is written. Every other menu is read and kept, and `rosc check` warns
once of each that it is not lowered; with `--strict` that is an error. Version 6 spellings are read as their version 7
forms.
";

/// The whole page, in Markdown.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for menu in MENUS {
        section(&mut page, menu).expect("a String takes everything");
    }
    page
}

fn section(page: &mut String, menu: &Menu) -> std::fmt::Result {
    let path = menu.path.replacen('/', "\0", 1).replace('/', " ").replace('\0', "/");
    let kind = match menu.kind {
        Kind::Items => "A list",
        Kind::Settings => "Settings",
        Kind::BuiltIn(_) => "Items that a router has by itself",
    };
    writeln!(page, "\n## {path}\n\n{kind}. On Linux: {}.\n", menu.becomes)?;
    writeln!(page, "| property | default | on Linux | |\n|---|---|---|---|")?;
    menu.properties().try_for_each(|property| row(page, property))
}

fn row(page: &mut String, property: &Property) -> std::fmt::Result {
    let (verdict, remark) = match property.support {
        Support::Same => ("same", ""),
        Support::SameAs(remark) => ("same", remark),
        Support::Depends(remark) => ("depends", remark),
        Support::Close(remark) => ("close", remark),
        Support::Refused(remark) => ("refused", remark),
    };
    let default = match property.default {
        None => String::new(),
        Some("") => "empty".to_owned(),
        Some(text) => format!("`{text}`"),
    };
    writeln!(page, "| `{}` | {default} | {verdict} | {remark} |", property.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::commands::Commands;

    /// What `add` and `set` take everywhere beside properties.
    const OF_COMMANDS: &[&str] = &["copy-from", "place-before", "numbers"];

    #[test]
    fn a_row_says_what_becomes_of_a_property() {
        let page = page();
        assert!(page.contains("## /routing rule\n\nA list."), "{page}");
        assert!(page.contains("| `distance` | `1` | same |  |"), "{page}");
        assert!(
            page.contains(
                "| `max-learned-entries` | `auto` | close | the kernel's bridge has no such limit |"
            ),
            "{page}"
        );
    }

    #[test]
    fn properties_of_older_versions_are_known() {
        let older = [
            ("/ip/route", "bgp-communities"),
            ("/ipv6/route", "type"),
            ("/interface/bridge/port", "external-fdb"),
            ("/ip/firewall/mangle", "routing-table"),
            ("/ip/firewall/mangle", "p2p"),
            ("/ip/settings", "route-cache"),
            ("/ip/settings", "max-arp-entries"),
        ];
        for (path, name) in older {
            let name = crate::database::v6::property(path, name);
            assert!(
                crate::catalog::menu(path).is_some_and(|menu| menu.property(name).is_some()),
                "{path} {name}"
            );
        }
    }

    #[test]
    fn no_property_of_a_lowered_menu_is_left_unsaid() {
        let mut unsaid = Vec::new();
        for menu in MENUS {
            for command in ["add", "set"] {
                let arguments = Commands::all().arguments(menu.path, command).iter();
                let properties = arguments.filter(|name| !OF_COMMANDS.contains(name));
                unsaid.extend(
                    properties
                        .filter(|name| menu.property(name).is_none())
                        .map(|name| format!("{} {name}", menu.path)),
                );
            }
        }
        unsaid.dedup();
        assert_eq!(unsaid, Vec::<String>::new());
    }
}
