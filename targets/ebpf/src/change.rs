//! What has to change, with both sides of each change.

use crate::program::Build;
use crate::{Connections, Group, GroupName, Observed, Port, State, Way};
use ipnet::IpNet;
use rosc_target::{DeviceName, Diff, Origin};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "object")]
pub enum Change {
    /// The programs and their maps, named after what they were built from.
    Programs(Action<String>),
    /// How connections are kept alive.
    Connections(Action<Connections>),
    /// A group, with how its packets are shared out.
    Group {
        /// Its name.
        name: GroupName,
        /// What happens to it.
        action: Action<Group>,
    },
    /// Where packets to some destinations go.
    Way {
        /// The destinations.
        prefix: IpNet,
        /// What happens to it.
        action: Action<Way>,
    },
    /// A device whose packets are looked at.
    Port {
        /// The device.
        device: DeviceName,
        /// What happens to it.
        action: Action<Port>,
    },
}

/// What happens to an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action<T> {
    /// It comes.
    Create(T),
    /// It becomes another.
    Change {
        /// What it is.
        from: T,
        /// What it will be.
        to: T,
    },
    /// It goes.
    Delete(T),
}

impl<T> Action<T> {
    /// What there is before.
    pub fn from(&self) -> Option<&T> {
        match self {
            Self::Create(_) => None,
            Self::Change { from, .. } | Self::Delete(from) => Some(from),
        }
    }

    /// What there is behind it.
    pub fn to(&self) -> Option<&T> {
        match self {
            Self::Create(to) | Self::Change { to, .. } => Some(to),
            Self::Delete(_) => None,
        }
    }

    /// The object, as it will be or else was.
    pub fn object(&self) -> &T {
        match self {
            Self::Create(object) | Self::Change { to: object, .. } | Self::Delete(object) => object,
        }
    }

    fn between(from: Option<&T>, to: Option<&T>) -> Option<Self>
    where
        T: Clone + PartialEq,
    {
        match (from, to) {
            (None, Some(to)) => Some(Self::Create(to.clone())),
            (Some(from), Some(to)) if from != to => Some(Self::Change { from: from.clone(), to: to.clone() }),
            (Some(from), None) => Some(Self::Delete(from.clone())),
            _ => None,
        }
    }

    fn sign(&self) -> char {
        match self {
            Self::Create(_) => '+',
            Self::Change { .. } => '~',
            Self::Delete(_) => '-',
        }
    }
}

impl Change {
    /// Whether connections are taken from here on that were not before.
    pub fn begins_connections(&self) -> bool {
        matches!(self, Self::Connections(Action::Create(_)))
    }

    /// Whether connections are taken no more from here on.
    pub fn ends_connections(&self) -> bool {
        matches!(self, Self::Connections(Action::Delete(_)))
    }

    /// The line that asked for the object, as it will be or else was.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Programs(_) => Origin::IMPLIED,
            Self::Connections(action) => action.object().origin,
            Self::Group { action, .. } => action.object().origin,
            Self::Way { action, .. } => action.object().origin,
            Self::Port { action, .. } => action.object().origin,
        }
    }

    /// What the object is before, where it changes.
    pub fn was(&self) -> Option<String> {
        match self {
            Self::Programs(Action::Change { .. }) => Some("of another build".to_owned()),
            Self::Connections(Action::Change { from, .. }) => Some(from.to_string()),
            Self::Group { action: Action::Change { from, .. }, .. } => Some(from.to_string()),
            Self::Way { action: Action::Change { from, .. }, .. } => Some(from.to_string()),
            Self::Port { action: Action::Change { from, .. }, .. } => Some(from.to_string()),
            _ => None,
        }
    }

    /// `+`, `~` or `-`: whether it comes, changes or goes.
    pub fn sign(&self) -> char {
        match self {
            Self::Programs(action) => action.sign(),
            Self::Connections(action) => action.sign(),
            Self::Group { action, .. } => action.sign(),
            Self::Way { action, .. } => action.sign(),
            Self::Port { action, .. } => action.sign(),
        }
    }
}

impl fmt::Display for Change {
    /// The object, as it will be or else was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Programs(_) => write!(f, "fastpath programs"),
            Self::Connections(action) => write!(f, "fastpath connections {}", action.object()),
            Self::Group { name, action } => {
                write!(f, "fastpath group {:?} {}", name.as_str(), action.object())
            }
            Self::Way { prefix, action } => write!(f, "fastpath way {prefix} {}", action.object()),
            Self::Port { device, action } => write!(f, "fastpath port {device} {}", action.object()),
        }
    }
}

/// Compares. What comes stands in the order in which packets can be sent through it, from the end of their way to its
/// beginning, and what goes behind it the other way round.
pub(crate) fn diff(desired: &State, observed: &Observed) -> Diff<Change> {
    let wanted = Build::of(desired).map(Build::name);
    let programs = Action::between(observed.programs.as_ref(), wanted.as_ref()).map(Change::Programs);
    let state = &observed.state;
    let connections = Action::between(state.connections.as_ref(), desired.connections.as_ref());
    let connections = connections.map(Change::Connections);
    let groups = between(&state.groups, &desired.groups, |name, action| Change::Group { name, action });
    let ways = between(&state.ways, &desired.ways, |prefix, action| Change::Way { prefix, action });
    let ports = between(&state.ports, &desired.ports, |device, action| Change::Port { device, action });
    let all: Vec<Change> =
        programs.into_iter().chain(connections).chain(groups).chain(ways).chain(ports).collect();
    let (mut going, mut changes): (Vec<Change>, Vec<Change>) =
        all.into_iter().partition(|change| change.sign() == '-');
    going.reverse();
    changes.extend(going);
    Diff { changes, conflicts: Vec::new() }
}

fn between<K: Ord + Clone, V: Clone + PartialEq>(
    from: &BTreeMap<K, V>,
    to: &BTreeMap<K, V>,
    change: impl Fn(K, Action<V>) -> Change,
) -> Vec<Change> {
    let keys = to.keys().chain(from.keys().filter(|key| !to.contains_key(*key)));
    keys.filter_map(|key| Some(change(key.clone(), Action::between(from.get(key), to.get(key))?))).collect()
}
