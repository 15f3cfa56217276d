//! The state of the target: one table per family, as wanted or as read.

use crate::dynamic::DynamicType;
use crate::flowtable::Flowtable;
use crate::helper::CtHelper;
use crate::keyword::keywords;
use crate::kind::{Named, SetKey};
use crate::name::{Name, SetName};
use crate::opaque::OpaqueObject;
use crate::range::Ranges;
use crate::rule::Rule;
use crate::values::Values;
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The name of our table in each family. A table of that name in any other family is somebody else's.
pub const TABLE: &str = "rosc";

keywords! {
    /// The address family of a table.
    pub enum Family {
        /// IPv4.
        Ip = "ip",
        /// IPv6.
        Ip6 = "ip6",
    }
}

/// Our tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State {
    /// By family. A family that is missing has no table; an empty table is one without effect.
    pub tables: BTreeMap<Family, Table>,
}

/// A table: its sets, helpers, flow tables, chains and rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sets: BTreeMap<Name, Set>,
    /// The connection tracking helpers that rules can assign.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub helpers: BTreeMap<Name, CtHelper>,
    /// The flow tables that rules can put connections into.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flowtables: BTreeMap<Name, Flowtable>,
    /// The chains.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub chains: BTreeMap<Name, Chain>,
    /// Objects that rosc does not know and that are therefore never wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<OpaqueObject>,
}

/// A chain of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// The line that asks for the chain.
    #[serde(skip)]
    pub origin: Origin,
    /// Where the kernel enters the chain; a chain without a hook is entered by rules that jump to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<BaseHook>,
    /// The rules, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// Where and when the kernel enters a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseHook {
    /// What the chain may do.
    #[serde(rename = "type")]
    pub kind: ChainType,
    /// The place in the packet's way.
    pub hook: Hook,
    /// The order among the chains of a hook, lower first. Chains of type nat need more than -200, the
    /// priority of connection tracking.
    pub priority: i32,
    /// What happens to packets that no rule decided about.
    pub policy: Policy,
}

keywords! {
    /// What a chain may do.
    pub enum ChainType {
        /// See every packet.
        Filter = "filter",
        /// See the first packet of each connection and translate it. Not in the hook forward.
        Nat = "nat",
        /// See locally made packets, and have them routed again if their mark or addresses changed. Only in
        /// the hook output.
        Route = "route",
    }
}

keywords! {
    /// A place in the way of a packet through the kernel.
    pub enum Hook {
        /// Packets that came in, before it is known where they go.
        Prerouting = "prerouting",
        /// Packets to this machine.
        Input = "input",
        /// Packets through this machine.
        Forward = "forward",
        /// Packets from this machine.
        Output = "output",
        /// Packets that leave.
        Postrouting = "postrouting",
    }
}

keywords! {
    /// What happens to packets that no rule of a base chain decided about.
    pub enum Policy {
        /// They go on.
        Accept = "accept",
        /// They are dropped.
        Drop = "drop",
    }
}

/// A named set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Set {
    /// The line that asks for the set.
    #[serde(skip)]
    pub origin: Origin,
    #[serde(rename = "type")]
    kind: SetType,
    elements: Values,
}

/// What a set can hold, and who puts it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SetType {
    /// Values and intervals of one type, which are a part of the state.
    Listed(SetKey),
    /// What rules add to it.
    Dynamic(DynamicType),
}

impl Set {
    /// Returns a set of values of one kind.
    pub fn new<K: Named>(origin: Origin, elements: K::Many) -> Self {
        Self { origin, kind: SetType::Listed(K::KEY), elements: K::many(elements) }
    }

    /// Returns a set that rules add elements to.
    pub fn dynamic(origin: Origin, kind: DynamicType) -> Self {
        Self { origin, kind: SetType::Dynamic(kind), elements: Values::Numbers(Ranges::empty()) }
    }

    /// Takes a set from a listing.
    pub(crate) fn listed(key: SetKey, elements: Values) -> Self {
        Self { origin: Origin::IMPLIED, kind: SetType::Listed(key), elements }
    }

    /// The type of the elements.
    pub fn kind(&self) -> &SetType {
        &self.kind
    }

    /// The elements as far as they are a part of the state: a dynamic set has none.
    pub fn elements(&self) -> &Values {
        &self.elements
    }

    pub(crate) fn elements_mut(&mut self) -> &mut Values {
        &mut self.elements
    }
}

/// As nft writes it: `ipv4_addr`, or `ipv4_addr . inet_service`.
impl fmt::Display for SetType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listed(key) => write!(f, "{key}"),
            Self::Dynamic(kind) => write!(f, "{kind}"),
        }
    }
}

impl State {
    /// Returns the table of a family, making an empty one if there is none.
    pub fn table(&mut self, family: Family) -> &mut Table {
        self.tables.entry(family).or_default()
    }
}

impl Table {
    /// Adds a set; one of the same name is replaced.
    pub fn add_set<K: Named>(&mut self, origin: Origin, name: &SetName<K>, elements: K::Many) {
        self.sets.insert(name.name().clone(), Set::new::<K>(origin, elements));
    }

    /// Adds a set that rules add elements to; one of the same name is replaced.
    pub fn add_dynamic_set(&mut self, origin: Origin, name: &Name, kind: DynamicType) {
        self.sets.insert(name.clone(), Set::dynamic(origin, kind));
    }

    /// Adds a connection tracking helper; one of the same name is replaced.
    pub fn add_helper(&mut self, name: &Name, helper: CtHelper) {
        self.helpers.insert(name.clone(), helper);
    }

    /// Adds a flow table; one of the same name is replaced.
    pub fn add_flowtable(&mut self, name: &Name, flowtable: Flowtable) {
        self.flowtables.insert(name.clone(), flowtable);
    }

    /// Returns the chain of that name, making an empty one without a hook if there is none.
    pub fn chain(&mut self, name: &Name) -> &mut Chain {
        self.chains.entry(name.clone()).or_default()
    }
}
