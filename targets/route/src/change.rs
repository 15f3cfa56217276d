//! What there is to do.

use crate::{Address, Adopted, DeviceName, Link, PlacedRule, Route};
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One step from the observed state to the desired one.
///
/// Each step is sent to the kernel in one piece, so a crash falls between steps and never into one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A bridge that rosc makes.
    Link(Action<Link>),
    /// A device that is there: whether it is up, and whose port it is.
    Device(DeviceChange),
    /// An address.
    Address(Action<Address>),
    /// A route.
    Route(Action<Route>),
    /// A rule.
    Rule(RuleChange),
    /// An object of someone else becomes rosc's, and stays as it is.
    Adopt(Adopted),
    /// It becomes that of whoever had made it again. Only an undo does this.
    Release(Adopted),
}

/// What happens to an object that has an identity and content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action<T> {
    /// It is not there and will be.
    Create(T),
    /// It gets other content. Where both sides are equal, the kernel drops or changes the object as a
    /// consequence of an earlier step, and this puts it back.
    Modify {
        /// Before.
        from: T,
        /// After.
        to: T,
    },
    /// It is there and won't be.
    Delete(T),
}

/// What happens to a rule. It has no content beside its identity, so it can't be modified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleChange {
    /// It is not there and will be.
    Create(PlacedRule),
    /// It is there and won't be.
    Delete(PlacedRule),
}

/// A device gets up or down, or changes its bridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceChange {
    /// The line that asked for it.
    #[serde(skip)]
    pub origin: Origin,
    /// The device.
    pub device: DeviceName,
    /// Before.
    pub from: DeviceState,
    /// After.
    pub to: DeviceState,
}

/// What rosc can change of a device that it did not make.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceState {
    /// Whether it is up (`IFF_UP`), as far as the administrator is concerned.
    pub up: bool,
    /// The device that it is a port of.
    pub master: Option<DeviceName>,
    /// Whether it is marked as put there by rosc.
    pub marked: bool,
}

/// A part of the way that can be interleaved with the changes of other targets: at the end of each, packets
/// find what they need. The order of the variants is the order of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Bridges are made, devices put into them and set up.
    Links,
    /// Addresses are added.
    Addresses,
    /// Routes are added and replaced.
    Routes,
    /// Rules are added.
    Rules,
    /// Stale rules are deleted.
    StaleRules,
    /// Stale routes are deleted.
    StaleRoutes,
    /// Stale addresses are deleted.
    StaleAddresses,
    /// What the kernel took along with an address is put back.
    Restored,
    /// Devices are taken out of bridges, stale bridges deleted.
    StaleLinks,
}

impl Change {
    /// What happens to an address, if it is one.
    pub(crate) fn address(&self) -> Option<&Action<Address>> {
        if let Self::Address(action) = self { Some(action) } else { None }
    }

    /// The part of the way that the change belongs to.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Link(Action::Create(_) | Action::Modify { .. }) => Phase::Links,
            Self::Link(Action::Delete(_)) => Phase::StaleLinks,
            Self::Device(change) if change.is_addition() => Phase::Links,
            Self::Device(_) => Phase::StaleLinks,
            Self::Address(Action::Create(_)) => Phase::Addresses,
            Self::Address(Action::Modify { from, to }) if from == to => Phase::Restored,
            Self::Address(Action::Modify { .. }) => Phase::Addresses,
            Self::Address(Action::Delete(_)) => Phase::StaleAddresses,
            Self::Route(Action::Create(_)) => Phase::Routes,
            Self::Route(Action::Modify { from, to }) if from == to => Phase::Restored,
            Self::Route(Action::Modify { .. }) => Phase::Routes,
            Self::Route(Action::Delete(_)) => Phase::StaleRoutes,
            Self::Rule(RuleChange::Create(_)) => Phase::Rules,
            Self::Adopt(Adopted::Address { .. }) | Self::Release(Adopted::Address { .. }) => Phase::Addresses,
            Self::Adopt(Adopted::Route { .. }) | Self::Release(Adopted::Route { .. }) => Phase::Routes,
            Self::Rule(RuleChange::Delete(_)) => Phase::StaleRules,
        }
    }

    /// The line that asked for the change; [`Origin::IMPLIED`] where something is deleted, since no line asks
    /// for it.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Link(action) => action.subject().origin,
            Self::Device(change) => change.origin,
            Self::Address(action) => action.subject().origin,
            Self::Route(action) => action.subject().origin,
            Self::Rule(change) => change.subject().rule.origin,
            Self::Adopt(adopted) | Self::Release(adopted) => adopted.origin(),
        }
    }

    /// What is done: `add`, `replace`, `set` or `delete`.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Link(Action::Modify { .. }) => "set",
            Self::Link(action) => action.operation(),
            Self::Device(_) => "set",
            Self::Address(action) => action.operation(),
            Self::Route(action) => action.operation(),
            Self::Rule(RuleChange::Create(_)) => "add",
            Self::Rule(RuleChange::Delete(_)) => "delete",
            Self::Adopt(_) => "adopt",
            Self::Release(_) => "release",
        }
    }

    /// The object with its kind, in the words of `ip`.
    pub fn object(&self) -> String {
        format!("{} {}", self.kind(), self.words())
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Link(_) | Self::Device(_) => "link",
            Self::Address(_) => "address",
            Self::Route(_) => "route",
            Self::Rule(_) => "rule",
            Self::Adopt(adopted) | Self::Release(adopted) => adopted.kind(),
        }
    }

    /// The object in the words of `ip`, without its kind.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Link(Action::Delete(link)) => link.name.to_string(),
            Self::Link(action) => action.subject().to_string(),
            Self::Device(change) => change.to_string(),
            Self::Address(action) => action.subject().to_string(),
            Self::Route(action) => action.subject().to_string(),
            Self::Rule(change) => change.subject().to_string(),
            Self::Adopt(adopted) | Self::Release(adopted) => adopted.to_string(),
        }
    }
}

impl<T> Action<T> {
    /// The object as it will be, or as it was if it will not be.
    pub fn subject(&self) -> &T {
        match self {
            Self::Create(subject) | Self::Delete(subject) | Self::Modify { to: subject, .. } => subject,
        }
    }

    fn operation(&self) -> &'static str {
        match self {
            Self::Create(_) => "add",
            Self::Modify { .. } => "replace",
            Self::Delete(_) => "delete",
        }
    }
}

impl RuleChange {
    /// The rule.
    pub fn subject(&self) -> &PlacedRule {
        match self {
            Self::Create(rule) | Self::Delete(rule) => rule,
        }
    }
}

impl DeviceChange {
    /// Says whether the device gets something that packets can use: it comes up, or into a bridge.
    fn is_addition(&self) -> bool {
        let joins = self.to.master.is_some() && self.to.master != self.from.master;
        joins || (self.to.up && !self.from.up)
    }

    pub(crate) fn goes_down(&self) -> bool {
        self.from.up && !self.to.up
    }
}

/// `route add default table 100 metric 1 via 192.0.2.1 dev eth0`, as one would say it to `ip`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.kind(), self.operation(), self.words())
    }
}

impl fmt::Display for DeviceChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { device, from, to, .. } = self;
        write!(f, "{device}")?;
        if from.up != to.up {
            f.write_str(if to.up { " up" } else { " down" })?;
        }
        if from.master != to.master {
            match &to.master {
                Some(master) => write!(f, " master {master}")?,
                None => f.write_str(" nomaster")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NextHop, NextHops, RouteKind};
    use std::num::NonZeroU32;

    fn route(gateway: &str) -> Route {
        let next_hop = NextHop::via(gateway.parse().unwrap(), DeviceName::new("eth0").unwrap());
        Route {
            origin: Origin::IMPLIED,
            table: 100,
            destination: "0.0.0.0/0".parse().unwrap(),
            metric: NonZeroU32::MIN,
            preferred_source: None,
            kind: RouteKind::Unicast(NextHops::one(next_hop)),
        }
    }

    #[test]
    fn a_change_is_read_as_a_sentence_to_ip() {
        let change = Change::Route(Action::Create(route("192.0.2.1")));
        assert_eq!(change.to_string(), "route add default table 100 metric 1 via 192.0.2.1 dev eth0");
        let state = DeviceState { up: true, master: Some(DeviceName::new("br0").unwrap()), marked: true };
        let device = DeviceName::new("eth1").unwrap();
        let (origin, from) = (Origin::IMPLIED, DeviceState::default());
        let change = Change::Device(DeviceChange { origin, device, from, to: state });
        assert_eq!(change.to_string(), "link set eth1 up master br0");
    }

    #[test]
    fn a_change_has_both_sides_in_json() {
        let change = Change::Route(Action::Modify { from: route("192.0.2.1"), to: route("192.0.2.2") });
        let next_hop = |gateway: &str| serde_json::json!([{"gateway": gateway, "device": "eth0", "onlink": false, "weight": 1}]);
        let route = |gateway: &str| {
            serde_json::json!({
                "table": 100, "destination": "0.0.0.0/0", "metric": 1, "preferred_source": null,
                "kind": {"unicast": next_hop(gateway)}
            })
        };
        let expected =
            serde_json::json!({"route": {"modify": {"from": route("192.0.2.1"), "to": route("192.0.2.2")}}});
        assert_eq!(serde_json::to_value(&change).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Change>(expected).unwrap(), change);
    }
}
