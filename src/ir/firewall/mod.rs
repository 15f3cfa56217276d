//! A family's firewall: address lists, NAT, mangle.

mod action;
mod address_list;
mod classifier;
mod matcher;
mod reach;

pub use action::{MangleAction, Mss, NatAction, NatTarget, Passthrough};
pub use address_list::{AddressEntry, AddressList, IpRange};
pub use classifier::{Nth, PccFields, PccKey, PerConnectionClassifier};
pub use matcher::{
    AddressMatch, AddressType, Condition, ConnectionNatState, ConnectionState, InterfaceMatch, Matchers,
    PortRange, Ports, Protocol, TcpFlag, TcpFlags,
};
pub use reach::{Action, Reach};

use super::{AddressListName, ChainName};
use rosc_target::Origin;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// `/ip firewall` or `/ipv6 firewall`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Firewall {
    /// `address-list`.
    pub address_lists: BTreeMap<AddressListName, AddressList>,
    /// `nat`.
    pub nat: RuleTable<NatHook, NatAction>,
    /// `mangle`.
    pub mangle: RuleTable<MangleHook, MangleAction>,
}

/// The rules of one menu: a chain holds its rules in the order of the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent, bound = "A: Serialize")]
pub struct RuleTable<H: Hook, A> {
    /// The chains that have rules.
    pub chains: BTreeMap<Chain<H>, Vec<Rule<A>>>,
}

/// A chain of a menu.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chain<H> {
    /// One that packets enter by themselves.
    Base(H),
    /// One that a rule has to jump to.
    Custom(ChainName),
}

/// The built-in chains of a menu.
pub trait Hook: Copy + Ord + fmt::Debug + 'static {
    /// All of them, in the order in which a packet meets them.
    const ALL: &'static [Self];

    /// RouterOS's name of the chain.
    fn name(self) -> &'static str;
}

/// The built-in chains of `nat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum NatHook {
    Dstnat,
    Input,
    Output,
    Srcnat,
}

/// The built-in chains of `mangle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum MangleHook {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

/// A rule that is not disabled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule<A> {
    /// The item.
    #[serde(skip)]
    pub origin: Origin,
    /// Its comment.
    pub comment: Option<String>,
    /// The conditions, all of which must hold.
    #[serde(flatten)]
    pub matchers: Matchers,
    /// What happens then.
    pub action: A,
}

impl Firewall {
    /// Says whether the menus have no items at all.
    pub fn is_empty(&self) -> bool {
        self.address_lists.is_empty() && self.nat.chains.is_empty() && self.mangle.chains.is_empty()
    }

    /// The conditions of all rules of all menus, each with the rule's origin.
    pub fn matchers(&self) -> impl Iterator<Item = (&Matchers, Origin)> {
        let mangle = self.mangle.chains.values().flatten().map(|rule| (&rule.matchers, rule.origin));
        let nat = self.nat.chains.values().flatten().map(|rule| (&rule.matchers, rule.origin));
        mangle.chain(nat)
    }
}

impl<H: Hook, A> Default for RuleTable<H, A> {
    fn default() -> Self {
        Self { chains: BTreeMap::new() }
    }
}

impl<H: Hook> Chain<H> {
    /// The chain that `chain=` names.
    pub(crate) fn named(name: &str) -> Self {
        H::ALL
            .iter()
            .find(|hook| hook.name() == name)
            .map_or_else(|| Self::Custom(ChainName::new(name)), |&hook| Self::Base(hook))
    }

    /// The name as `chain=` has it.
    pub fn name(&self) -> &str {
        match self {
            Self::Base(hook) => hook.name(),
            Self::Custom(name) => name.as_str(),
        }
    }
}

impl<H: Hook> Serialize for Chain<H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Hook for NatHook {
    const ALL: &'static [Self] = &[Self::Dstnat, Self::Input, Self::Output, Self::Srcnat];

    fn name(self) -> &'static str {
        match self {
            Self::Dstnat => "dstnat",
            Self::Input => "input",
            Self::Output => "output",
            Self::Srcnat => "srcnat",
        }
    }
}

impl NatHook {
    /// Whether the chain translates sources (the others translate destinations).
    pub fn translates_source(self) -> bool {
        match self {
            Self::Input | Self::Srcnat => true,
            Self::Dstnat | Self::Output => false,
        }
    }
}

impl Hook for MangleHook {
    const ALL: &'static [Self] =
        &[Self::Prerouting, Self::Input, Self::Forward, Self::Output, Self::Postrouting];

    fn name(self) -> &'static str {
        match self {
            Self::Prerouting => "prerouting",
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
            Self::Postrouting => "postrouting",
        }
    }
}

impl MangleHook {
    /// Whether a routing mark set here is still in time for the routing decision.
    pub fn is_before_routing(self) -> bool {
        match self {
            Self::Prerouting | Self::Output => true,
            Self::Input | Self::Forward | Self::Postrouting => false,
        }
    }
}
