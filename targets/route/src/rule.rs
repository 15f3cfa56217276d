//! Rules of the routing policy.

use crate::{DeviceName, Family};
use ipnet::IpNet;
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;

/// The preferences that rosc's rules take. The kernel's own rules for the tables local (0), main (32766) and
/// default (32767) stay where they are, with room before and behind for others.
pub const PREFERENCES: RangeInclusive<u32> = 10_000..=29_999;

/// A rule of the routing policy. A rule matches packets of one family that meet every selector it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The line that asked for it.
    #[serde(skip)]
    pub origin: Origin,
    /// The packets that it is for. Rules of the two families are two lists.
    pub family: Family,
    /// The source address lies in here.
    pub from: Option<IpNet>,
    /// The destination address lies in here.
    pub to: Option<IpNet>,
    /// The packet came in by this device, `lo` for the router's own. A device that does not exist is
    /// accepted, and matches nothing until it does.
    pub iif: Option<DeviceName>,
    /// The mark of the packet.
    pub fwmark: Option<FwMark>,
    /// What becomes of the packet.
    pub action: RuleAction,
}

/// Matches packets whose mark, under the mask, is the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FwMark {
    /// The bits.
    pub value: u32,
    /// The bits that count.
    pub mask: u32,
}

/// What becomes of a packet that a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleAction {
    /// It is looked up in a table, and if that has no route for it, the next rule is tried.
    Lookup {
        /// The table, 1..=4294967295.
        table: u32,
        /// A route whose prefix is this long or shorter counts as none; 0 leaves out default routes.
        suppress_prefixlength: Option<u8>,
    },
    /// It is dropped, and the sender is told that the network is unreachable.
    Unreachable,
    /// It is dropped silently.
    Blackhole,
    /// It is dropped, and the sender is told that this is forbidden.
    Prohibit,
}

/// A rule and its place in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedRule {
    /// The rule with the lowest preference is tried first.
    pub preference: u32,
    /// The rule.
    pub rule: Rule,
}

impl Rule {
    /// Everything that the rule is, in a form that can be looked up.
    pub(crate) fn content(&self) -> (Selectors<'_>, RuleAction) {
        (self.selectors(), self.action)
    }

    /// Says whether this rule is there to stop what `lookup` found no route for: a refusal directly behind a
    /// look-up with the same selectors makes the two "look up only in this table".
    pub(crate) fn guards(&self, lookup: &Self) -> bool {
        let refuses = match self.action {
            RuleAction::Lookup { .. } => false,
            RuleAction::Unreachable | RuleAction::Blackhole | RuleAction::Prohibit => true,
        };
        refuses
            && matches!(lookup.action, RuleAction::Lookup { .. })
            && self.selectors() == lookup.selectors()
    }

    fn selectors(&self) -> Selectors<'_> {
        (self.family, self.from, self.to, self.iif.as_ref(), self.fwmark)
    }
}

type Selectors<'a> = (Family, Option<IpNet>, Option<IpNet>, Option<&'a DeviceName>, Option<FwMark>);

/// The words that `ip rule add` takes; for an IPv6 rule, `ip -6 rule add`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.from {
            Some(from) => write!(f, "from {from}")?,
            None => f.write_str("from all")?,
        }
        if let Some(to) = self.to {
            write!(f, " to {to}")?;
        }
        if let Some(device) = &self.iif {
            write!(f, " iif {device}")?;
        }
        if let Some(FwMark { value, mask }) = self.fwmark {
            write!(f, " fwmark {value:#x}/{mask:#x}")?;
        }
        write!(f, " {}", self.action)
    }
}

impl fmt::Display for RuleAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lookup { table, suppress_prefixlength: None } => write!(f, "lookup {table}"),
            Self::Lookup { table, suppress_prefixlength: Some(length) } => {
                write!(f, "lookup {table} suppress_prefixlength {length}")
            }
            Self::Unreachable => f.write_str("unreachable"),
            Self::Blackhole => f.write_str("blackhole"),
            Self::Prohibit => f.write_str("prohibit"),
        }
    }
}

impl fmt::Display for PlacedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} preference {}", self.rule, self.preference)
    }
}
