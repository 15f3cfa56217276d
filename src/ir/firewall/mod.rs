//! A family's firewall: address lists, and the rules of raw, mangle, NAT and filter.

mod action;
mod address_list;
mod classifier;
mod connection;
mod dns_name;
mod header;
mod hook;
mod matcher;
mod rate;
mod reach;
mod service_port;

pub use action::{
    Action, AddressSide, FilterAction, Lasting, MangleAction, Mss, NatAction, NatTarget, Passthrough,
    PortChoice, RawAction, RejectWith, Remember,
};
pub use address_list::{AddressEntry, AddressList, IpRange, Listed};
pub use classifier::{Nth, PccFields, PccKey, PerConnectionClassifier};
pub use connection::{
    ConnectionLimit, ConnectionNatState, ConnectionState, ConnectionType, IpsecDirection, IpsecPolicy,
};
pub use dns_name::DnsName;
pub use header::{
    IcmpOptions, Ipv4Options, Ipv6Header, Ipv6Headers, PortRange, Ports, Protocol, TcpFlag, TcpFlags,
};
pub use hook::{FilterHook, Hook, MangleHook, NatHook, RawHook};
pub use matcher::{
    AddressMatch, AddressType, Circumstances, Condition, HeaderMatchers, InterfaceMatch, Matchers,
};
pub use rate::{DstLimit, FlowFields, Limit, LimitUnit, Psd, TimeOfDay, Weekday};
pub use reach::Reach;
pub use service_port::{Followed, Service, ServicePort, ServiceTransport};

use super::{AddressListName, ChainName};
use rosc_target::Origin;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// `/ip firewall` or `/ipv6 firewall`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Firewall {
    /// `address-list`.
    pub address_lists: BTreeMap<AddressListName, AddressList>,
    /// `raw`.
    pub raw: RuleTable<RawHook, RawAction>,
    /// `mangle`.
    pub mangle: RuleTable<MangleHook, MangleAction>,
    /// `nat`.
    pub nat: RuleTable<NatHook, NatAction>,
    /// `filter`.
    pub filter: RuleTable<FilterHook, FilterAction>,
}

/// The rules of one menu: a chain holds its rules in the order of the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent, bound = "A: Serialize")]
pub struct RuleTable<H: Hook, A> {
    /// The chains that have rules.
    pub chains: BTreeMap<Chain<H>, Vec<Rule<H, A>>>,
}

/// A chain of a menu.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chain<H> {
    /// One that packets enter by themselves.
    Base(H),
    /// One that a rule has to jump to.
    Custom(ChainName),
}

/// A rule that is not disabled.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(bound = "H: Hook, A: Serialize")]
pub struct Rule<H, A> {
    /// The item.
    #[serde(skip)]
    pub origin: Origin,
    /// Its comment.
    pub comment: Option<String>,
    /// The conditions, all of which must hold.
    #[serde(flatten)]
    pub matchers: Matchers,
    /// What is written in front of each packet that is logged; `None` where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_prefix: Option<String>,
    /// What happens then.
    pub action: Action<H, A>,
}

impl Firewall {
    /// Says whether the menus have no items at all.
    pub fn is_empty(&self) -> bool {
        self.address_lists.is_empty() && !self.has_rules()
    }

    /// Says whether there is any rule.
    pub fn has_rules(&self) -> bool {
        let Self { address_lists: _, raw, mangle, nat, filter } = self;
        !(raw.chains.is_empty()
            && mangle.chains.is_empty()
            && nat.chains.is_empty()
            && filter.chains.is_empty())
    }

    /// What rules put on lists, each with the rule's origin.
    pub fn remembered(&self) -> impl Iterator<Item = (&Remember, Origin)> {
        let Self { address_lists: _, raw, mangle, nat, filter } = self;
        raw.remembered().chain(mangle.remembered()).chain(nat.remembered()).chain(filter.remembered())
    }

    /// The conditions of all rules of all menus, each with the rule's origin.
    pub fn matchers(&self) -> impl Iterator<Item = (&Matchers, Origin)> {
        let Self { address_lists: _, raw, mangle, nat, filter } = self;
        raw.matchers().chain(mangle.matchers()).chain(nat.matchers()).chain(filter.matchers())
    }

    /// The address lists that rules look into.
    pub fn lists_asked(&self) -> BTreeSet<&AddressListName> {
        let conditions = self
            .matchers()
            .flat_map(|(matchers, _)| matchers.src_address_list.iter().chain(&matchers.dst_address_list));
        let wanted = conditions.map(|condition| condition.parts().0);
        let lists = wanted.filter_map(|wanted| match wanted {
            AddressMatch::List(list) => Some(list),
            AddressMatch::Range(_) => None,
        });
        lists.collect()
    }

    /// The DNS names on lists that rules look into, each with its entry's origin.
    pub fn names_asked(&self) -> impl Iterator<Item = (&DnsName, Origin)> {
        let lists = self.lists_asked().into_iter().filter_map(|list| self.address_lists.get(list));
        lists.flat_map(AddressList::names)
    }
}

impl<H: Hook, A> Default for RuleTable<H, A> {
    fn default() -> Self {
        Self { chains: BTreeMap::new() }
    }
}

impl<H: Hook, A> RuleTable<H, A> {
    /// All rules, chain by chain.
    pub fn rules(&self) -> impl Iterator<Item = &Rule<H, A>> {
        self.chains.values().flatten()
    }

    fn remembered(&self) -> impl Iterator<Item = (&Remember, Origin)> {
        self.rules().filter_map(|rule| match &rule.action {
            Action::Remember(remember) => Some((remember, rule.origin)),
            _ => None,
        })
    }

    /// The conditions of all rules, each with the rule's origin.
    fn matchers(&self) -> impl Iterator<Item = (&Matchers, Origin)> {
        self.rules().map(|rule| (&rule.matchers, rule.origin))
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
