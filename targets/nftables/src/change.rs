//! Changes: what differs between two states, with both sides, so that each change can be taken back.

use crate::flowtable::Flowtable;
use crate::helper::CtHelper;
use crate::kind::SetKey;
use crate::name::Name;
use crate::opaque::OpaqueObject;
use crate::rule::Rule;
use crate::state::{Chain, Family, Policy, Set, SetType, TABLE};
use crate::values::Values;
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One change to one of our tables.
///
/// A list of changes is one transaction: the kernel makes all of them or none, and no packet sees a part of
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The family whose table is changed.
    pub family: Family,
    /// What is changed.
    #[serde(flatten)]
    pub action: Action,
}

/// What a change does to a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields of each variant are explained with the variant")]
pub enum Action {
    /// The table appears, empty.
    CreateTable {},
    /// The table goes; its sets and chains have gone before.
    DeleteTable {},
    /// A set appears with its elements.
    CreateSet { name: Name, set: Set },
    /// A set goes with its elements.
    DeleteSet { name: Name, set: Set },
    /// Elements go and come; all others stay as they are.
    EditSet {
        #[serde(skip)]
        origin: Origin,
        name: Name,
        key: SetKey,
        removed: Values,
        added: Values,
    },
    /// A connection tracking helper appears, which rules can assign.
    CreateHelper { name: Name, helper: CtHelper },
    /// A connection tracking helper goes; connections that have it keep it.
    DeleteHelper { name: Name, helper: CtHelper },
    /// A flow table appears, into which rules can put connections.
    CreateFlowtable { name: Name, flowtable: Flowtable },
    /// A flow table goes; connections that were in it go the long way again.
    DeleteFlowtable { name: Name, flowtable: Flowtable },
    /// A chain appears with its rules.
    CreateChain { name: Name, chain: Chain },
    /// A chain goes with its rules.
    DeleteChain { name: Name, chain: Chain },
    /// What happens to packets that no rule of a base chain decided about.
    SetPolicy {
        #[serde(skip)]
        origin: Origin,
        chain: Name,
        from: Policy,
        to: Policy,
    },
    /// Rules go and come at some places of a chain of `length` rules; all others stay and go on counting.
    EditChain { chain: Name, length: usize, runs: Vec<Run> },
    /// An object appears that rosc does not know. Only an undo does this.
    CreateObject { object: OpaqueObject },
    /// An object goes that rosc does not know.
    DeleteObject { object: OpaqueObject },
}

/// One place of a chain where rules go and come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The index of the first rule that goes, in the chain as it was; where none goes, of the rule in front
    /// of which others come.
    pub at: usize,
    /// The rules that go, with what they have counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Rule>,
    /// The rules that come. One that was only moved comes with what it had counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inserted: Vec<Rule>,
}

impl Change {
    /// Returns the change that takes this one back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self { family: self.family, action: self.action.inverse() }
    }

    /// The set that is changed, if it is one.
    pub(crate) fn set(&self) -> Option<&Name> {
        match &self.action {
            Action::CreateSet { name, .. }
            | Action::DeleteSet { name, .. }
            | Action::EditSet { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Returns the line that asks for the change, if there is one.
    pub fn origin(&self) -> Origin {
        match &self.action {
            Action::CreateSet { set, .. } | Action::DeleteSet { set, .. } => set.origin,
            Action::CreateHelper { helper, .. } | Action::DeleteHelper { helper, .. } => helper.origin,
            Action::CreateFlowtable { flowtable, .. } | Action::DeleteFlowtable { flowtable, .. } => {
                flowtable.origin
            }
            Action::EditSet { origin, .. } | Action::SetPolicy { origin, .. } => *origin,
            Action::CreateChain { chain, .. } | Action::DeleteChain { chain, .. } => chain.origin,
            Action::EditChain { runs, .. } => {
                let first = runs.iter().flat_map(|run| &run.inserted).next();
                first.map_or(Origin::IMPLIED, Rule::origin)
            }
            Action::CreateTable {} | Action::DeleteTable {} => Origin::IMPLIED,
            Action::CreateObject { .. } | Action::DeleteObject { .. } => Origin::IMPLIED,
        }
    }
}

impl Action {
    fn inverse(&self) -> Self {
        match self.clone() {
            Self::CreateTable {} => Self::DeleteTable {},
            Self::DeleteTable {} => Self::CreateTable {},
            Self::CreateSet { name, set } => Self::DeleteSet { name, set },
            Self::DeleteSet { name, set } => Self::CreateSet { name, set },
            Self::EditSet { origin, name, key, removed, added } => {
                Self::EditSet { origin, name, key, removed: added, added: removed }
            }
            Self::CreateHelper { name, helper } => Self::DeleteHelper { name, helper },
            Self::DeleteHelper { name, helper } => Self::CreateHelper { name, helper },
            Self::CreateFlowtable { name, flowtable } => Self::DeleteFlowtable { name, flowtable },
            Self::DeleteFlowtable { name, flowtable } => Self::CreateFlowtable { name, flowtable },
            Self::CreateChain { name, chain } => Self::DeleteChain { name, chain },
            Self::DeleteChain { name, chain } => Self::CreateChain { name, chain },
            Self::SetPolicy { origin, chain, from, to } => {
                Self::SetPolicy { origin, chain, from: to, to: from }
            }
            Self::EditChain { chain, length, runs } => {
                Self::EditChain { chain, length: length_behind(length, &runs), runs: inverse_runs(runs) }
            }
            Self::CreateObject { object } => Self::DeleteObject { object },
            Self::DeleteObject { object } => Self::CreateObject { object },
        }
    }
}

/// Returns how many rules a chain of `length` rules has after the runs.
pub(crate) fn length_behind(length: usize, runs: &[Run]) -> usize {
    let (mut removed, mut inserted) = (0, 0);
    for run in runs {
        removed += run.removed.len();
        inserted += run.inserted.len();
    }
    (length + inserted).saturating_sub(removed)
}

/// Returns the runs that take these back, with the places in the chain as it is after these.
pub(crate) fn inverse_runs(runs: Vec<Run>) -> Vec<Run> {
    let (mut removed, mut inserted) = (0, 0);
    let inverse = |run: Run| {
        let at = (run.at + inserted).saturating_sub(removed);
        removed += run.removed.len();
        inserted += run.inserted.len();
        Run { at, removed: run.inserted, inserted: run.removed }
    };
    runs.into_iter().map(inverse).collect()
}

/// One line for people: `+`, `-` or `~`, the object, and how much of it changes.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = format_args!("{} {TABLE}", self.family);
        match &self.action {
            Action::CreateTable {} => write!(f, "+ table {table}"),
            Action::DeleteTable {} => write!(f, "- table {table}"),
            Action::CreateSet { name, set } => write!(f, "+ set {table} {name}: {}", elements(set)),
            Action::DeleteSet { name, set } => write!(f, "- set {table} {name}: {}", elements(set)),
            Action::EditSet { name, removed, added, .. } => {
                write!(f, "~ set {table} {name}: +{} -{} elements", added.len(), removed.len())
            }
            Action::CreateHelper { name, helper } => write!(f, "+ ct helper {table} {name}: {helper}"),
            Action::DeleteHelper { name, helper } => write!(f, "- ct helper {table} {name}: {helper}"),
            Action::CreateFlowtable { name, flowtable } => {
                write!(f, "+ flowtable {table} {name}: {flowtable}")
            }
            Action::DeleteFlowtable { name, flowtable } => {
                write!(f, "- flowtable {table} {name}: {flowtable}")
            }
            Action::CreateChain { name, chain } => write!(f, "+ chain {table} {name}: {}", contents(chain)),
            Action::DeleteChain { name, chain } => write!(f, "- chain {table} {name}: {}", contents(chain)),
            Action::SetPolicy { chain, from, to, .. } => {
                write!(f, "~ chain {table} {chain}: policy {from} -> {to}")
            }
            Action::EditChain { chain, runs, .. } => {
                let inserted: usize = runs.iter().map(|run| run.inserted.len()).sum();
                let removed: usize = runs.iter().map(|run| run.removed.len()).sum();
                write!(f, "~ chain {table} {chain}: +{inserted} -{removed} rules")
            }
            Action::CreateObject { object } => write!(f, "+ {} {table} {}", object.kind(), object.name()),
            Action::DeleteObject { object } => write!(f, "- {} {table} {}", object.kind(), object.name()),
        }
    }
}

fn elements(set: &Set) -> String {
    match set.kind() {
        SetType::Listed(key) => format!("{key}, {}", counted(set.elements().len(), "element")),
        SetType::Dynamic(kind) => format!("{kind}, dynamic"),
    }
}

fn contents(chain: &Chain) -> String {
    let rules = counted(chain.rules.len(), "rule");
    match chain.hook {
        Some(hook) => format!("{} {} {} {}, {rules}", hook.kind, hook.hook, hook.priority, hook.policy),
        None => rules,
    }
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
