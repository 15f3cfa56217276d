//! rosc's own menus, for what only the Linux box or a running router knows.

use super::Common;
use crate::catalog::property::properties;
use crate::catalog::{Kind, Menu};

/// `/rosc interface`.
pub static ROSC_INTERFACE: Menu = Menu {
    path: "/rosc/interface",
    becomes: "the name of the network device behind a RouterOS interface",
    kind: Kind::Items,
    groups: &[DeviceItem::PROPERTIES, Common::PROPERTIES],
};

/// `/rosc fact`.
pub static ROSC_FACT: Menu = Menu {
    path: "/rosc/fact",
    becomes: "the answer where a script asks a running router: for a property of an item, of a menu, or for what a command gives",
    kind: Kind::Items,
    groups: &[FactItem::PROPERTIES, Common::PROPERTIES],
};

properties! {
    /// What an item of `/rosc fact` says: either a menu and a property, or a command, and the answer.
    pub struct FactItem {
        menu: "menu" String, Same;
        item: "item" String, SameAs("the item's name, comment or number, or what the script writes in its place");
        property: "property" String, Same;
        command: "command" String, Same;
        value: "value" String, SameAs("for a find the ids that it finds, or none");
    }
}

properties! {
    /// What an item of `/rosc interface` says.
    pub struct DeviceItem {
        name: "name" String, Same;
        device: "device" String, Same;
    }
}
