//! The marks by which rosc's objects are told from everyone else's.
//!
//! The kernel is the only record of what rosc made, so each kind of object carries its mark inside the kernel.
//! An object that bears the mark but has a property that this crate can't express was not made by it, and
//! counts as foreign.

use crate::DeviceName;

/// The originator of rosc's routes (`rtm_protocol`), rules (`FRA_PROTOCOL`) and addresses (`IFA_PROTO`).
///
/// `iproute2` shows it as `proto 200`. The kernel keeps `IFA_PROTO` since Linux 5.18; an older one drops it
/// without a word, so that rosc's addresses would look foreign there.
pub const PROTOCOL: u8 = 200;

/// The group (`IFLA_GROUP`) of the bridges that rosc makes; `ip link show group 200` lists them.
///
/// The alias would read nicer, but the kernel ignores `IFLA_IFALIAS` when it creates a link, so a crash
/// between creation and marking would leave a bridge that nobody owns. The group is set by the creation itself.
pub const LINK_GROUP: u32 = PROTOCOL as u32;

/// How the alternative name starts that marks a device which rosc put into a bridge.
///
/// Such a device is someone else's, and none of its own properties may be used up for a mark; alternative
/// names can be added and removed without touching anything. Ports without the mark (a virtual machine's, a
/// wireless daemon's) are foreign and stay in the bridge.
const PORT_MARK: &str = "rosc-port-";

/// Returns the alternative name that marks the device with this index as put into its bridge by rosc.
///
/// Alternative names are unique in a namespace; the index makes them so, and survives a renaming.
pub(crate) fn port_mark(index: u32) -> String {
    format!("{PORT_MARK}{index}")
}

/// Says whether an alternative name is the mark of a port.
pub(crate) fn is_port_mark(name: &[u8]) -> bool {
    name.starts_with(PORT_MARK.as_bytes())
}

/// Says whether a device may be given this name without being mistaken for a mark.
pub(crate) fn is_reserved(name: &DeviceName) -> bool {
    is_port_mark(name.as_str().as_bytes())
}
