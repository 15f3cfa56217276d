//! Statements: what rules consist of.

use crate::dynamic::SetUpdate;
use crate::limit::Limit;
use crate::matching::Match;
use crate::name::Name;
use crate::nat::Nat;
use crate::opaque::Opaque;
use crate::quoted::LogPrefix;
use crate::reject::Reject;
use crate::set_field::SetField;
use crate::values::Values;
use crate::vmap::Vmap;
use std::num::NonZeroU32;

/// One step of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Statement {
    /// Goes on only if the packet fulfils the condition.
    Match(Match),
    /// Goes on only if packets do not come too fast, or only if they do.
    Limit(Limit),
    /// Finds or makes the packet's element of a dynamic set.
    SetUpdate(SetUpdate),
    /// Counts the packet.
    Counter(Counter),
    /// Logs the packet.
    Log(Option<LogPrefix>),
    /// Exempts the packet from connection tracking.
    Notrack,
    /// Assigns a helper of the table to the connection, if it is of the helper's protocol and has just begun.
    ///
    /// Only behind connection tracking: in base chains with a priority above -200.
    SetHelper(Name),
    /// Puts the packet's connection into a flow table of the table, if it is one that can be there.
    ///
    /// Only in the hook forward. Packets whose connection is there already, or can't be, leave the rule here.
    FlowAdd(Name),
    /// Sets a mark.
    SetMark(SetMark),
    /// Sets the maximum segment size that a TCP packet announces, if it announces one.
    SetMaxseg(Maxseg),
    /// Sets another field of the packet.
    SetField(SetField),
    /// Translates addresses or ports.
    Nat(Nat),
    /// Refuses the packet with an answer.
    Reject(Reject),
    /// Looks up a verdict.
    Vmap(Vmap),
    /// Ends the rule with a verdict.
    Verdict(Verdict),
    /// Something that rosc did not make and does not know.
    Opaque(Opaque),
}

impl From<Match> for Statement {
    fn from(condition: Match) -> Self {
        Self::Match(condition)
    }
}

impl From<Limit> for Statement {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

impl From<SetUpdate> for Statement {
    fn from(update: SetUpdate) -> Self {
        Self::SetUpdate(update)
    }
}

impl From<Verdict> for Statement {
    fn from(verdict: Verdict) -> Self {
        Self::Verdict(verdict)
    }
}

impl From<Nat> for Statement {
    fn from(nat: Nat) -> Self {
        Self::Nat(nat)
    }
}

impl From<SetMark> for Statement {
    fn from(set: SetMark) -> Self {
        Self::SetMark(set)
    }
}

impl From<Maxseg> for Statement {
    fn from(size: Maxseg) -> Self {
        Self::SetMaxseg(size)
    }
}

impl From<SetField> for Statement {
    fn from(set: SetField) -> Self {
        Self::SetField(set)
    }
}

impl From<Reject> for Statement {
    fn from(reject: Reject) -> Self {
        Self::Reject(reject)
    }
}

impl Statement {
    /// Counts the packet, starting at zero.
    pub const fn counter() -> Self {
        Self::Counter(Counter { packets: 0, bytes: 0 })
    }

    /// Logs the packet, with a text in front.
    pub fn log(prefix: &str) -> Self {
        Self::Log(Some(LogPrefix::new(prefix)))
    }

    /// Says whether no statement can follow, because the packet leaves the rule here.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Verdict(Verdict::Continue) => false,
            Self::Verdict(_) | Self::Nat(_) | Self::Reject(_) => true,
            Self::Match(_) | Self::Limit(_) | Self::SetUpdate(_) | Self::Counter(_) => false,
            Self::Log(_) | Self::Notrack | Self::SetHelper(_) | Self::FlowAdd(_) => false,
            Self::SetMark(_) | Self::SetMaxseg(_) | Self::SetField(_) | Self::Vmap(_) | Self::Opaque(_) => {
                false
            }
        }
    }

    /// Says whether packets may leave the rule here because they do not fulfil a condition.
    pub fn is_condition(&self) -> bool {
        match self {
            Self::Match(_) | Self::Limit(_) => true,
            Self::SetUpdate(update) => update.meter.is_some(),
            Self::Counter(_) | Self::Log(_) | Self::Notrack | Self::SetHelper(_) | Self::FlowAdd(_) => false,
            Self::SetMark(_) | Self::SetMaxseg(_) | Self::SetField(_) | Self::Nat(_) | Self::Reject(_) => {
                false
            }
            Self::Vmap(_) | Self::Verdict(_) | Self::Opaque(_) => false,
        }
    }

    /// Says whether it is a condition that depends on the packets before.
    pub fn is_stateful(&self) -> bool {
        match self {
            Self::Match(condition) => condition.left().is_stateful(),
            other => other.is_condition(),
        }
    }

    /// Returns the values that are written down in the statement itself, in one set or map.
    pub(crate) fn values(&self) -> Vec<&Values> {
        match self {
            Self::Match(condition) => condition.values().into_iter().collect(),
            Self::Vmap(vmap) => vmap.verdicts().iter().map(|(_, values)| values).collect(),
            Self::Limit(_) | Self::SetUpdate(_) | Self::Counter(_) | Self::Log(_) => Vec::new(),
            Self::Notrack | Self::SetHelper(_) | Self::FlowAdd(_) | Self::SetMark(_) => Vec::new(),
            Self::SetMaxseg(_) | Self::SetField(_) | Self::Nat(_) | Self::Reject(_) => Vec::new(),
            Self::Verdict(_) | Self::Opaque(_) => Vec::new(),
        }
    }

    /// Returns the chains that the packet may go into from here.
    pub(crate) fn targets(&self) -> Vec<&Name> {
        match self {
            Self::Verdict(verdict) => verdict.target().into_iter().collect(),
            Self::Vmap(vmap) => vmap.verdicts().iter().filter_map(|(verdict, _)| verdict.target()).collect(),
            Self::Match(_) | Self::Limit(_) | Self::SetUpdate(_) | Self::Counter(_) => Vec::new(),
            Self::Log(_) | Self::Notrack | Self::SetHelper(_) | Self::FlowAdd(_) => Vec::new(),
            Self::SetMark(_) | Self::SetMaxseg(_) | Self::SetField(_) | Self::Nat(_) => Vec::new(),
            Self::Reject(_) | Self::Opaque(_) => Vec::new(),
        }
    }

    /// Returns the name of the set that the statement looks into or adds to.
    pub(crate) fn set(&self) -> Option<&Name> {
        match self {
            Self::Match(condition) => condition.set(),
            Self::SetUpdate(update) => Some(&update.set),
            Self::Limit(_)
            | Self::Counter(_)
            | Self::Log(_)
            | Self::Notrack
            | Self::SetHelper(_)
            | Self::FlowAdd(_)
            | Self::SetMark(_) => None,
            Self::SetMaxseg(_) | Self::SetField(_) | Self::Nat(_) | Self::Vmap(_) | Self::Reject(_) => None,
            Self::Verdict(_) | Self::Opaque(_) => None,
        }
    }
}

/// How many packets and bytes have come by.
///
/// What a rule has counted is no part of what it is: all counters are equal, as all origins are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counter {
    /// Number of packets.
    pub packets: u64,
    /// Number of bytes.
    pub bytes: u64,
}

impl PartialEq for Counter {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Counter {}

impl std::hash::Hash for Counter {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// Where the packet goes after the rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Out of this hook, to the next base chain.
    Accept,
    /// Nowhere.
    Drop,
    /// On to the next rule.
    Continue,
    /// Back to the chain that jumped here; in a base chain, to its policy.
    Return,
    /// Into that chain, and from its end back here.
    Jump(Name),
    /// Into that chain, and from its end to where this one would have returned to.
    Goto(Name),
}

impl Verdict {
    /// Returns the chain that the packet goes into.
    pub fn target(&self) -> Option<&Name> {
        match self {
            Self::Jump(chain) | Self::Goto(chain) => Some(chain),
            Self::Accept | Self::Drop | Self::Continue | Self::Return => None,
        }
    }
}

/// One of the two marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// The packet's.
    Packet,
    /// The connection's.
    Connection,
}

/// Sets a mark, or some bits of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SetMark {
    /// The mark that is set.
    pub(crate) mark: Mark,
    pub(crate) value: MarkValue,
}

/// What a mark is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum MarkValue {
    /// A number.
    Constant(u32),
    /// The bits `keep` of a mark, and in addition the bits `set`, which are none of `keep`.
    ///
    /// That is what the kernel computes. nft writes it as `mark & (keep | set) | set`.
    Bits { of: Mark, keep: NonZeroU32, set: u32 },
}

impl SetMark {
    /// Sets the bits of `field` to those of `value`, and leaves the other bits of the mark as they are. Bits
    /// of `value` outside of the field are ignored.
    pub fn field(mark: Mark, field: NonZeroU32, value: u32) -> Self {
        Self { mark, value: MarkValue::bits(mark, !field.get(), value & field.get()) }
    }

    /// Sets the whole mark.
    pub fn constant(mark: Mark, value: u32) -> Self {
        Self { mark, value: MarkValue::Constant(value) }
    }

    /// Sets the whole mark to these bits of the other one; its other bits become zero.
    pub fn copied(mark: Mark, bits: NonZeroU32) -> Self {
        let of = match mark {
            Mark::Packet => Mark::Connection,
            Mark::Connection => Mark::Packet,
        };
        Self { mark, value: MarkValue::bits(of, bits.get(), 0) }
    }
}

impl MarkValue {
    /// Returns `of & keep | set` in its canonical form.
    pub(crate) fn bits(of: Mark, keep: u32, set: u32) -> Self {
        match NonZeroU32::new(keep & !set) {
            Some(keep) => Self::Bits { of, keep, set },
            None => Self::Constant(set),
        }
    }
}

/// A maximum segment size. The kernel never makes the announced one larger (`nft_exthdr_tcp_set_eval`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Maxseg {
    /// That many bytes.
    Bytes(u16),
    /// What fits the packet's route; only in forward, output and postrouting.
    RouteMtu,
}
