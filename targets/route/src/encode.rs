//! Changes as requests to the kernel.
//!
//! Requests are built with the builders of `rtnetlink` where it has one, else with the types of
//! `netlink-packet-route`.

mod address;
mod link;
mod route;
mod rule;

pub(crate) use address::message as address_message;
pub(crate) use link::link_by_index;
pub(crate) use route::message as route_message;

use crate::change::{Action, Change, RuleChange};
use crate::netlink::Request;
use crate::{Adopted, DeviceName, PROTOCOL};
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use std::fmt;

/// Finds a device by its name.
pub(crate) trait Devices {
    /// The index of a device.
    fn index(&self, name: &DeviceName) -> Result<u32, NotEncodable>;
    /// Whether the device keeps the other addresses of a subnet when the primary one goes.
    fn promotes_secondaries(&self, name: &DeviceName) -> bool;
}

/// A change that can't even be said to the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotEncodable {
    /// There is no such device.
    NoDevice(DeviceName),
    /// The parts don't fit together; only a change that was altered in its journal can be so.
    Contradiction(String),
}

/// Creates, and takes an existing object for an error.
pub(crate) const CREATE: u16 = NLM_F_CREATE | NLM_F_EXCL;
/// Creates, or replaces what has the same key. Of a foreign object only what is taken over has such a key.
pub(crate) const PUT: u16 = NLM_F_CREATE | NLM_F_REPLACE;
/// Changes or deletes an existing object.
pub(crate) const EXISTING: u16 = 0;

/// Returns the requests of a change. They belong together: sent in one piece, they all take place unless one
/// is refused.
pub(crate) fn requests(change: &Change, devices: &impl Devices) -> Result<Vec<Request>, NotEncodable> {
    match change {
        Change::Link(Action::Create(link)) => link::create(link, devices),
        Change::Link(Action::Modify { to, .. }) => link::modify(to, devices),
        Change::Link(Action::Delete(link)) => link::delete(link, devices),
        Change::Device(change) => link::set_device(change, devices),
        Change::Address(Action::Create(address)) => address::create(address, devices),
        Change::Address(Action::Modify { from, to }) => address::modify(from, to, devices),
        Change::Address(Action::Delete(address)) => address::delete(address, devices),
        Change::Route(Action::Create(route)) => route::add(route, CREATE, devices),
        Change::Route(Action::Modify { to, .. }) => route::add(to, PUT, devices),
        Change::Route(Action::Delete(route)) => route::delete(route),
        Change::Rule(RuleChange::Create(rule)) => Ok(rule::create(rule)),
        Change::Rule(RuleChange::Delete(rule)) => Ok(rule::delete(rule)),
        Change::Adopt(Adopted::Route { route, .. }) => route::add(route, PUT, devices),
        Change::Adopt(Adopted::Address { address, .. }) => address::put_as(address, PROTOCOL, devices),
        Change::Release(Adopted::Route { route, protocol }) => route::put_as(route, *protocol, devices),
        Change::Release(Adopted::Address { address, protocol }) => {
            address::put_as(address, *protocol, devices)
        }
    }
}

impl fmt::Display for NotEncodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDevice(name) => write!(f, "there is no device `{name}`"),
            Self::Contradiction(reason) => f.write_str(reason),
        }
    }
}
