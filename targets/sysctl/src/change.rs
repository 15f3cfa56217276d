//! Changes of settings.

use crate::{Key, Observed, Presence, State};
use rosc_target::{Diff, Origin};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A setting that gets another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The line that asked for it.
    #[serde(skip)]
    pub origin: Origin,
    /// The setting.
    pub key: Key,
    /// The value now; `None` if what it belongs to (a bridge) is still to be made.
    pub from: Option<String>,
    /// The value to come.
    pub to: String,
    /// What happens to the ownership.
    pub ownership: Ownership,
}

/// What a change does to the record of former values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// The value before is recorded: rosc owns the setting from now on.
    Take,
    /// The value before is on record already.
    Keep,
    /// The recorded value comes back, and the record goes.
    Release,
}

/// When in a larger change a setting is safe to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// At the start: what concerns the whole namespace.
    Global,
    /// Once the devices are there.
    Device,
    /// Once the firewall is there, which loads what tracks connections, and before packets are forwarded by it.
    Connections,
    /// At the end, when everything that decides about packets is in place: forwarding.
    Forwarding,
    /// After it, because the kernel resets these when forwarding is switched (`inet_forward_change` and
    /// `addrconf_fixup_forwarding`).
    AfterForwarding,
}

impl Change {
    /// When in a larger change this one is safe.
    pub fn phase(&self) -> Phase {
        let key = self.key.as_str();
        let last = key.rsplit('/').next().unwrap_or_default();
        match last {
            "ip_forward" | "forwarding" => Phase::Forwarding,
            "accept_redirects" | "accept_ra" => Phase::AfterForwarding,
            _ if key.contains("/conf/") && !key.contains("/conf/all/") && !key.contains("/conf/default/") => {
                Phase::Device
            }
            _ if last.starts_with("nf_conntrack_") => Phase::Connections,
            _ => Phase::Global,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.from {
            Some(from) => write!(f, "{} = {} (was {from})", self.key, self.to),
            None => write!(f, "{} = {}", self.key, self.to),
        }
    }
}

/// Compares; the changes are in the order of their phases.
pub(crate) fn diff(desired: &State, observed: &Observed) -> Diff<Change> {
    let mut changes = Vec::new();
    for (key, setting) in &desired.settings {
        let now = observed.values.get(key);
        if now == Some(&setting.value) || (now.is_none() && setting.presence == Presence::IfPresent) {
            continue;
        }
        let owned = observed.originals.contains_key(key);
        changes.push(Change {
            origin: setting.origin,
            key: key.clone(),
            from: now.cloned(),
            to: setting.value.clone(),
            ownership: if owned { Ownership::Keep } else { Ownership::Take },
        });
    }
    changes.extend(releases(desired, &observed.originals, &observed.values));
    changes.sort_by_key(Change::phase);
    Diff { changes, conflicts: Vec::new() }
}

/// Owned settings that nobody asks for any more. One whose device is gone has nothing to get back.
fn releases<'a>(
    desired: &'a State,
    originals: &'a BTreeMap<Key, String>,
    values: &'a BTreeMap<Key, String>,
) -> impl Iterator<Item = Change> + 'a {
    let unwanted = originals.iter().filter(|(key, _)| !desired.settings.contains_key(key));
    unwanted.filter_map(|(key, original)| {
        Some(Change {
            origin: Origin::IMPLIED,
            key: key.clone(),
            from: Some(values.get(key)?.clone()),
            to: original.clone(),
            ownership: Ownership::Release,
        })
    })
}
