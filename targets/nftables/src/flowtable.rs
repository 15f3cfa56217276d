//! Flow tables: the kernel's short cut for connections of TCP and UDP that rules have put there.
//!
//! What comes in by one of a table's devices, and is of such a connection, is translated and sent on by the route that the
//! connection had when it was put there: it comes by no rule. What is special (fragments, options, the end of a connection
//! of TCP, what is too large for its way) goes the long way.

use crate::interface::InterfaceName;
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// A flow table. It looks at packets as they come in (`hook ingress`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flowtable {
    /// The line that asks for it.
    #[serde(skip)]
    pub origin: Origin,
    /// The order among what looks at packets as they come in, lower first.
    pub priority: i32,
    /// The devices by which its packets come in. They have to be there when the table is made; one that goes leaves the
    /// table.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub devices: BTreeSet<InterfaceName>,
}

impl Flowtable {
    /// The same with those devices only that some condition holds for.
    #[must_use]
    pub fn with_devices(&self, is_wanted: impl Fn(&InterfaceName) -> bool) -> Self {
        let devices = self.devices.iter().filter(|device| is_wanted(device)).cloned().collect();
        Self { devices, ..self.clone() }
    }
}

/// Its devices.
impl fmt::Display for Flowtable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.devices.iter().map(InterfaceName::as_str).collect();
        if names.is_empty() { f.write_str("no devices") } else { f.write_str(&names.join(", ")) }
    }
}
