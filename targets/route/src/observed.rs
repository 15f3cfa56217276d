//! What the kernel has: what rosc owns, and what must be known of everything else.

use crate::{Address, Bridge, DeviceName, DeviceState, Family, ForeignRoutes, MacAddress, PlacedRule, State};
use serde::{Deserialize, Serialize};

/// What the kernel has. As JSON it can be kept, to be compared with elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its name.
    pub name: DeviceName,
    /// The number by which other objects refer to it.
    pub index: u32,
    /// What made it, in the kernel's word: `bridge`, `veth`, `vlan`...; `None` for hardware and `lo`.
    pub kind: Option<String>,
    /// Whether it is up, and whose port it is.
    pub state: DeviceState,
    /// Whether it can send and receive (`IFF_RUNNING`). The kernel notices a carrier that comes or goes up to a
    /// second late, and changes this together with what its routes do.
    pub running: bool,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedBridge {
    /// Its properties; address and MTU are always there.
    pub bridge: Bridge,
    /// Whether rosc made it.
    pub owned: bool,
}

/// An address of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedAddress {
    /// The address.
    pub address: Address,
    /// Who added it.
    pub owner: AddressOwner,
    /// The number of who added it (`IFA_PROTO`), 0 for nobody in particular; `None` if the address has properties beside
    /// those of an [`Address`].
    #[serde(default)]
    pub protocol: Option<u8>,
    /// Whether another IPv4 address of the same subnet was there before, and is what the kernel prefers as
    /// source.
    pub secondary: bool,
}

/// Who added an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressOwner {
    /// rosc.
    Rosc,
    /// The kernel by itself, as it does for link-local and loopback addresses.
    Kernel,
    /// Someone else.
    Other,
}

/// The objects of others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// Routes, save those that the kernel keeps for its own addresses in the table `local`.
    pub routes: ForeignRoutes,
    /// Rules.
    pub rules: Vec<ForeignRule>,
}

/// A rule of someone else: its place is all that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ForeignRule {
    /// The family.
    pub family: Family,
    /// The place.
    pub preference: u32,
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
