//! Links, addresses, routes and policy rules of Linux, described as a value.
//!
//! [`State`] says what should be there, [`RouteTarget::observe`](rosc_target::Target::observe) what is;
//! [`compare`] turns the difference into [`Change`]s, in an order that is safe for traffic, and the target
//! applies them and takes them back. Everything acts in the network namespace of the thread that opened the
//! target.
//!
//! What this crate makes carries a mark in the kernel ([`PROTOCOL`], [`LINK_GROUP`]), which is how it is found
//! again: there is no state file. Objects without the mark are foreign. They are never changed nor removed,
//! nor allowed to vanish as a consequence; where one is in the way, that is a conflict.
//!
//! - [`Link`]: bridges, and the use of devices that others make.
//! - [`Address`], [`Route`] with its [`NextHops`], [`Rule`].
//! - [`Observed`]: also the facts about the host that a configuration depends on.
//! - [`Neighbourhood`]: who can be sent to; [`Events`]: that this has changed.
//! - [`batch_lines`]: a state as lines for `ip -batch`.
//! - [`topology`]: building namespaces' insides for tests and labs.

mod absent;
mod address;
mod adopt;
mod apply;
mod assumed;
mod change;

mod decisions;
mod diff;
mod encode;
mod events;
mod failure;
mod family;
mod foreign_routes;
mod iproute2;
mod link;
mod neighbour;
mod netlink;
mod nexthop;
mod observed;
mod ownership;
mod read;
mod route;
mod rule;
mod state;
mod target;
pub mod topology;
mod undo;

pub use absent::Pending;
pub use address::{Address, DuplicateDetection};
pub use adopt::{Adopted, compare_adopting};
pub use change::{Action, Change, DeviceChange, DeviceState, Phase, RuleChange};
pub use decisions::{DecidingRule, ForeignDecisions};
pub use diff::{Comparison, Satisfied, compare};
pub use events::{Changed, Events};
pub use family::Family;
pub use foreign_routes::ForeignRoutes;
pub use iproute2::batch_lines;
pub use link::{Bridge, Centiseconds, InvalidMacAddress, Link, LinkKind, MacAddress};
pub use neighbour::{Neighbour, Neighbourhood, Sender};
pub use nexthop::{InvalidNextHops, InvalidWeight, NextHop, NextHops, Weight};
pub use observed::{AddressOwner, Device, Foreign, ForeignRule, Observed, ObservedAddress, ObservedBridge};
pub use ownership::{LINK_GROUP, PROTOCOL};
pub use rosc_target::{DeviceName, InvalidDeviceName};
pub use route::{MAIN_TABLE, Route, RouteKey, RouteKind};
pub use rule::{FwMark, PREFERENCES, PlacedRule, Rule, RuleAction};
pub use state::{InvalidObject, InvalidReason, State};
pub use target::RouteTarget;
