//! rosc's own menus, for what only the Linux box knows.

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

properties! {
    /// What an item of `/rosc interface` says.
    pub struct DeviceItem {
        name: "name" String, Same;
        device: "device" String, Same;
    }
}
