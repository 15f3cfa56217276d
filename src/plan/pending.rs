//! What has to wait for devices that are not there yet.

use crate::lower::Desired;
use rosc_route::{LinkKind, Observed, Pending};
use std::collections::BTreeSet;

/// What is wanted without what needs devices that are not there, and what that is. `None` if they are all there.
///
/// The firewall stays as it is: its rules name devices, and hold from when these come.
pub fn without_absent(desired: &Desired, observed: &Observed) -> Option<(Desired, Vec<Pending>)> {
    let (route, pending) = desired.route.without_absent(&observed.devices)?;
    let needed = desired.route.links().iter().filter(|link| link.kind == LinkKind::Existing);
    let absent = needed.filter(|link| observed.device(&link.name).is_none());
    let absent: BTreeSet<&str> = absent.map(|link| link.name.as_str()).collect();
    let mut sysctl = desired.sysctl.clone();
    sysctl.settings.retain(|key, _| key.device().is_none_or(|device| !absent.contains(device)));
    Some((Desired { route, nftables: desired.nftables.clone(), sysctl }, pending))
}
