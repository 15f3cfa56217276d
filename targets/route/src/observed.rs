//! What the kernel has: what rosc owns, and what must be known of everything else.

use crate::read::route::RouteRecord;
use crate::{Address, Bridge, DeviceName, DeviceState, Family, MacAddress, PlacedRule, State};
use std::collections::HashMap;
use std::fmt;

/// What the kernel has.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The objects that rosc owns.
    pub state: State,
    /// The preferences of the rules in [`Observed::state`], one each, in the same order.
    pub rule_preferences: Vec<u32>,
    /// Every device of the namespace, sorted by name.
    pub devices: Vec<Device>,
    /// Every address of the namespace.
    pub addresses: Vec<ObservedAddress>,
    /// The objects of others.
    pub foreign: Foreign,
}

/// A network device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub name: DeviceName,
    /// The number by which other objects refer to it.
    pub index: u32,
    /// What made it, in the kernel's word: `bridge`, `veth`, `vlan`...; `None` for hardware and `lo`.
    pub kind: Option<String>,
    /// Whether it is up, and whose port it is.
    pub state: DeviceState,
    /// Whether it can send and receive (`IFLA_CARRIER`).
    pub carrier: bool,
    /// Its Ethernet address, if it is an Ethernet device.
    pub mac: Option<MacAddress>,
    /// The largest packet, in bytes.
    pub mtu: u32,
    /// The index of the device that it is stacked on in this namespace: a VLAN's, a macvlan's parent.
    pub parent: Option<u32>,
    /// The properties of a bridge, if it is one.
    pub bridge: Option<ObservedBridge>,
    /// Whether an IPv4 subnet keeps its other addresses when its primary one is deleted
    /// (`promote_secondaries` of the device).
    pub promotes_secondaries: bool,
}

/// A bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedBridge {
    /// Its properties; address and MTU are always there.
    pub bridge: Bridge,
    /// Whether rosc made it.
    pub owned: bool,
}

/// An address of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedAddress {
    /// The address.
    pub address: Address,
    /// Who added it.
    pub owner: AddressOwner,
    /// Whether another IPv4 address of the same subnet was there before, and is what the kernel prefers as
    /// source.
    pub secondary: bool,
}

/// Who added an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressOwner {
    /// rosc.
    Rosc,
    /// The kernel by itself, as it does for link-local and loopback addresses.
    Kernel,
    /// Someone else.
    Other,
}

/// The objects of others.
#[derive(Debug, Clone, Default)]
pub struct Foreign {
    /// Routes, save those that the kernel keeps for its own addresses in the table `local`.
    pub routes: ForeignRoutes,
    /// Rules.
    pub rules: Vec<ForeignRule>,
}

/// A rule of someone else: its place is all that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignRule {
    /// The family.
    pub family: Family,
    /// The place.
    pub preference: u32,
}

/// Routes of others, in the kernel's own bytes.
///
/// A router may carry a million of them and a comparison looks at a handful, so they are kept as they came
/// (some 60 bytes each) and read only in passing.
#[derive(Clone, Default)]
pub struct ForeignRoutes {
    /// Each message with its length in front.
    bytes: Vec<u8>,
    count: usize,
    names: HashMap<u32, DeviceName>,
}

impl Observed {
    /// Returns the device of this name.
    pub fn device(&self, name: &DeviceName) -> Option<&Device> {
        let place = self.devices.binary_search_by(|device| device.name.cmp(name)).ok()?;
        self.devices.get(place)
    }

    /// Returns the addresses of a device, whoever added them.
    pub fn addresses_of(&self, device: &DeviceName) -> impl Iterator<Item = &ObservedAddress> {
        self.addresses.iter().filter(move |observed| observed.address.device == *device)
    }

    /// Returns the rules that rosc owns with their places, in the order in which they are tried.
    pub fn placed_rules(&self) -> impl Iterator<Item = PlacedRule> {
        let rules = self.state.rules().iter().cloned().zip(&self.rule_preferences);
        rules.map(|(rule, preference)| PlacedRule { preference: *preference, rule })
    }
}

impl Device {
    /// Says whether rosc made the device.
    pub fn is_owned(&self) -> bool {
        self.bridge.as_ref().is_some_and(|bridge| bridge.owned)
    }
}

impl ForeignRoutes {
    /// Keeps a route message (`struct rtmsg` and its attributes).
    pub(crate) fn push(&mut self, message: &[u8]) {
        let length = u32::try_from(message.len()).expect("a netlink message is shorter than 4 GiB");
        self.bytes.extend_from_slice(&length.to_ne_bytes());
        self.bytes.extend_from_slice(message);
        self.count += 1;
    }

    pub(crate) fn append(&mut self, others: Self) {
        if self.is_empty() {
            *self = others;
        } else {
            self.bytes.extend_from_slice(&others.bytes);
            self.count += others.count;
        }
    }

    pub(crate) fn name_devices(&mut self, names: HashMap<u32, DeviceName>) {
        self.names = names;
    }

    /// The number of routes.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Says whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = RouteRecord<'_>> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk()?;
            let (message, behind) = behind.split_at_checked(u32::from_ne_bytes(*length) as usize)?;
            rest = behind;
            RouteRecord::parse(message)
        })
    }

    /// The devices that the routes may refer to, by index.
    pub(crate) fn names(&self) -> &HashMap<u32, DeviceName> {
        &self.names
    }
}

impl fmt::Debug for ForeignRoutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} routes", self.count)
    }
}
