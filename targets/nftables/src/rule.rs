//! Rules.

use crate::canonical;
use crate::interface::InterfaceName;
use crate::name::Name;
use crate::protocol::Protocol;
use crate::quoted::Comment;
use crate::statement::{Counter, Statement, Verdict};
use crate::{read, schema};
use rosc_target::Origin;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::hash::{Hash, Hasher};
use thiserror::Error;

/// A rule: conditions, a counter, and what happens to the packets that fulfil them.
///
/// Rules are kept in a canonical form, the one in which nft lists them, so that a rule read back from the
/// kernel equals the one that was loaded. Two rules are equal if they do the same and have the same comment;
/// their origins and what they have counted do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    origin: Origin,
    comment: Option<Comment>,
    statements: Vec<Statement>,
}

/// Statements do not make a rule that nft could take.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidRule {
    /// Two matches want different transport protocols, so that no packet fits both.
    #[error("the rule wants a packet to be both {0} and {1}")]
    ConflictingProtocols(Protocol, Protocol),
    /// A statement is about ports that the protocol does not have.
    #[error("the rule is about ports of {0}, which has none")]
    NoPorts(Protocol),
    /// Ports are translated, but it is not said of which protocol.
    #[error("the rule translates ports without a match on the transport protocol")]
    PortsWithoutProtocol,
    /// A TCP connection is reset, but packets of other protocols could come by.
    #[error("the rule resets TCP connections without a match on TCP")]
    ResetWithoutTcp,
    /// A choice of interfaces has a wildcard and the name directly behind it, which nft can't list.
    #[error("the rule names both {0} and {1}, which nft can't list in one rule; a named set can hold both")]
    NeighbouringInterfaces(InterfaceName, InterfaceName),
    /// A condition stands behind another statement.
    #[error("the rule has a condition behind a statement that is none")]
    MatchBehindAction,
    /// A statement stands behind one that ends the rule.
    #[error("the rule goes on after a statement that ends it")]
    AfterTheEnd,
}

impl Rule {
    /// Returns the rule in its canonical form.
    ///
    /// The conditions have to come first. Matches are put in the order of [`Expr`](crate::Expr), and what another
    /// match implies is left out. Conditions that depend on the packets before
    /// ([`numgen_inc`](crate::select::numgen_inc), [`Limit`](crate::Limit)) come last, in the order in which they were
    /// given, so that each sees only packets that fulfil those before it. A counter is put behind them unless there is
    /// one. All other statements keep their places.
    pub fn new(
        origin: Origin,
        statements: impl IntoIterator<Item = impl Into<Statement>>,
    ) -> Result<Self, InvalidRule> {
        let statements = canonical::made(statements.into_iter().map(Into::into).collect())?;
        Ok(Self { origin, comment: None, statements })
    }

    /// Returns a rule of conditions alone, without a counter: there for what its conditions count.
    pub fn uncounted(
        origin: Origin,
        conditions: impl IntoIterator<Item = impl Into<Statement>>,
    ) -> Result<Self, InvalidRule> {
        let mut rule = Self::new(origin, conditions)?;
        rule.statements.retain(|statement| !matches!(statement, Statement::Counter(_)));
        Ok(rule)
    }

    /// Takes a rule from a listing. Nothing is refused, and no counter is added.
    pub(crate) fn listed(comment: Option<Comment>, statements: Vec<Statement>) -> Self {
        Self { origin: Origin::IMPLIED, comment, statements: canonical::listed(statements) }
    }

    /// Adds a comment; an empty one is none.
    #[must_use]
    pub fn with_comment(mut self, comment: &str) -> Self {
        self.comment = Comment::new(comment);
        self
    }

    /// The line that asks for the rule.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The comment.
    pub fn comment(&self) -> Option<&Comment> {
        self.comment.as_ref()
    }

    /// The statements, in order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Returns what the rule's first counter has counted.
    pub fn counter(&self) -> Option<Counter> {
        self.statements.iter().find_map(|statement| {
            if let Statement::Counter(counter) = statement { Some(*counter) } else { None }
        })
    }

    /// Takes over what an equal rule has counted.
    pub(crate) fn count_as(&mut self, other: &Self) {
        for (mine, their) in self.statements.iter_mut().zip(&other.statements) {
            if let (Statement::Counter(mine), Statement::Counter(their)) = (mine, their) {
                *mine = *their;
            }
        }
    }

    /// Takes over what the kernel has counted. `false` if it counts at other places.
    pub(crate) fn count(&mut self, counted: impl Iterator<Item = Counter>) -> bool {
        let mut counted = counted.fuse();
        for statement in &mut self.statements {
            if let Statement::Counter(counter) = statement {
                match counted.next() {
                    Some(now) => *counter = now,
                    None => return false,
                }
            }
        }
        counted.next().is_none()
    }

    /// Returns the chains that packets may go into from here.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Name> {
        self.statements.iter().flat_map(Statement::targets)
    }

    /// Returns the rule with other verdicts.
    pub(crate) fn with_verdicts(&self, verdict: impl Fn(&Verdict) -> Verdict) -> Self {
        let statements = self.statements.iter().map(|statement| match statement {
            Statement::Verdict(before) => Statement::Verdict(verdict(before)),
            Statement::Vmap(vmap) => Statement::Vmap(vmap.with_verdicts(&verdict)),
            other => other.clone(),
        });
        Self { statements: statements.collect(), ..self.clone() }
    }

    /// Returns the flow tables that the rule puts connections into.
    pub(crate) fn flowtables(&self) -> impl Iterator<Item = &Name> {
        self.statements().iter().filter_map(|statement| {
            if let Statement::FlowAdd(flowtable) = statement { Some(flowtable) } else { None }
        })
    }

    /// Returns the connection tracking helpers that the rule assigns.
    pub(crate) fn helpers(&self) -> impl Iterator<Item = &Name> {
        self.statements.iter().filter_map(|statement| {
            if let Statement::SetHelper(helper) = statement { Some(helper) } else { None }
        })
    }

    /// Returns the sets that the rule looks into.
    pub(crate) fn sets(&self) -> impl Iterator<Item = &Name> {
        self.statements.iter().filter_map(Statement::set)
    }
}

impl Hash for Rule {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.comment.hash(state);
        self.statements.hash(state);
    }
}

/// A rule is serialised as nft's JSON for it, without its place and its origin.
impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(comment) = &self.comment {
            map.serialize_entry("comment", comment.as_str())?;
        }
        map.serialize_entry("expr", &schema::statements(self))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(read::rule(&serde_json::Map::deserialize(deserializer)?))
    }
}
