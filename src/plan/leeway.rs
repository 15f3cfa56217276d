//! Plans that leave something for later, or take something over.

use super::{Observed, Plan, in_order, plan};
use crate::lower::Desired;
use rosc_route::{LinkKind, Pending};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What may be done about what is in the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leeway {
    /// Whether what needs devices that are not there is left for later. Otherwise it is in the way of everything.
    pub skip_missing: bool,
    /// Whether what others have made, and stands where something wanted belongs, is taken over, as far as it can be given
    /// back.
    pub adopt: bool,
}

/// A plan, and what it leads to.
#[derive(Debug)]
pub struct Planned<'d> {
    /// What there will be.
    pub wanted: Cow<'d, Desired>,
    /// What is left for later.
    pub pending: Vec<Pending>,
    /// The way there.
    pub plan: Plan,
}

/// Compares what is wanted with what there is, with that leeway.
pub fn plan_with<'d>(desired: &'d Desired, observed: &Observed, leeway: Leeway) -> Planned<'d> {
    let part = if leeway.skip_missing { without_absent(desired, &observed.route) } else { None };
    let (wanted, pending) =
        part.map_or((Cow::Borrowed(desired), Vec::new()), |(wanted, pending)| (Cow::Owned(wanted), pending));
    let plan = if leeway.adopt {
        in_order(&wanted, observed, rosc_route::compare_adopting(&wanted.route, &observed.route))
    } else {
        plan(&wanted, observed)
    };
    Planned { wanted, pending, plan }
}

/// What is wanted without what needs devices that are not there, and what that is. `None` if they are all there.
///
/// The rules of the firewall stay as they are: they name devices, and hold from when these come. Its flow tables and the fast
/// path do not.
fn without_absent(desired: &Desired, observed: &rosc_route::Observed) -> Option<(Desired, Vec<Pending>)> {
    let (route, pending) = desired.route.without_absent(&observed.devices)?;
    let needed = desired.route.links().iter().filter(|link| link.kind == LinkKind::Existing);
    let absent = needed.filter(|link| observed.device(&link.name).is_none());
    let absent: BTreeSet<&str> = absent.map(|link| link.name.as_str()).collect();
    let mut sysctl = desired.sysctl.clone();
    sysctl.settings.retain(|key, _| key.device().is_none_or(|device| !absent.contains(device)));
    let mut nftables = desired.nftables.clone();
    for flowtable in nftables.tables.values_mut().flat_map(|table| table.flowtables.values_mut()) {
        *flowtable = flowtable.with_devices(|device| !absent.contains(device.as_str()));
    }
    let mut ebpf = desired.ebpf.clone();
    ebpf.leave_out(|device| absent.contains(device.as_str()));
    Some((Desired { route, nftables, sysctl, ebpf }, pending))
}
