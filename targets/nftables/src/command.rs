//! Turning changes into the commands of one nft transaction.
//!
//! The kernel takes a transaction as a whole, but it looks at each command as it comes: what a command refers
//! to has to be there, and what still is referred to can't go. So the commands of all changes are sorted into
//! phases: rules go first and come last.

mod subject;

pub(crate) use subject::Subject;

use crate::change::{Action, Change, Run};
use crate::kernel::elements;
use crate::name::Name;
use crate::observed::Observed;
use crate::revert::stand_at;
use crate::rule::Rule;
use crate::schema::{self, Elements};
use crate::state::{BaseHook, Chain, Family, Set, SetType, TABLE};
use crate::values::Values;
use rosc_target::{Origin, TargetError};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One command for nft, and what is to be said if it is refused.
#[derive(Debug)]
pub(crate) struct Command<'a> {
    phase: Phase,
    pub(crate) json: String,
    pub(crate) operation: &'static str,
    pub(crate) subject: Subject<'a>,
}

/// The order of commands in a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    AddTables,
    DeleteRules,
    DeleteObjects,
    DeleteChains,
    DeleteSets,
    AddSets,
    DeleteElements,
    AddElements,
    AddChains,
    AddObjects,
    AddRules,
    DeleteTables,
}

/// Returns the commands that make the changes.
///
/// `observed` is what the kernel has now: rules are deleted by the handles in it. It is an error if a chain
/// to be edited is not as the changes expect it. What is `filled` is there already.
pub(crate) fn commands<'a>(
    changes: &'a [Change],
    observed: &Observed,
    filled: &[Filled<'_>],
) -> Result<Vec<Command<'a>>, TargetError> {
    let mut list = List { commands: Vec::new(), observed };
    // With a table everything in it goes.
    let is_deletion = |change: &&Change| matches!(change.action, Action::DeleteTable {});
    let deleted: BTreeSet<Family> = changes.iter().filter(is_deletion).map(|change| change.family).collect();
    for change in changes {
        let is_there = filled.iter().any(|filled| filled.is_made_by(change));
        if !is_there && (!deleted.contains(&change.family) || is_deletion(&change)) {
            list.add_change(change.family, &change.action)?;
        }
    }
    list.commands.sort_by_key(|command| command.phase);
    Ok(list.commands)
}

/// Takes those commands out that delete sets which no others replace. They are for a transaction of their own: a packet that
/// still is among the old rules must find the elements.
pub(crate) fn take_deletions<'a>(commands: &mut Vec<Command<'a>>, changes: &[Change]) -> Vec<Command<'a>> {
    let is_replaced = |name: &Name| {
        changes
            .iter()
            .any(|change| matches!(&change.action, Action::CreateSet { name: made, .. } if made == name))
    };
    let is_last = |command: &mut Command<'a>| {
        command.phase == Phase::DeleteSets
            && matches!(command.subject, Subject::Set(_, name, _) if !is_replaced(name))
    };
    commands.extract_if(.., is_last).collect()
}

/// Returns the commands that make sets, and the tables around them. Those that can be filled without nft stay empty.
pub(crate) fn commands_for_sets<'a>(filled: &[Filled<'a>], observed: &Observed) -> Vec<Command<'a>> {
    let mut list = List { commands: Vec::new(), observed };
    for Filled { family, name, set } in filled {
        let table = json!({ "table": schema::table(*family) });
        list.push(Phase::AddTables, "add", Subject::Table(*family), &table);
        match set.kind() {
            SetType::Listed(key) if elements::can_add(set.elements()) => {
                let object = json!({ "set": schema::set(*family, name.as_str(), *key) });
                list.push(Phase::AddSets, "add", Subject::Set(*family, name, set.origin), &object);
            }
            SetType::Listed(_) | SetType::Dynamic(_) => list.create_set(*family, name, set),
        }
    }
    list.commands.sort_by_key(|command| command.phase);
    list.commands
}

/// Returns the commands that take back what [`commands_for_sets`] has made.
pub(crate) fn commands_against<'a>(filled: &[Filled<'a>], observed: &Observed) -> Vec<Command<'a>> {
    let mut list = List { commands: Vec::new(), observed };
    for Filled { family, name, set } in filled {
        if observed.state.tables.contains_key(family) {
            let subject = Subject::Set(*family, name, set.origin);
            list.push(Phase::DeleteSets, "delete", subject, &named(*family, "set", name.as_str()));
        } else {
            let table = json!({ "table": schema::table(*family) });
            list.push(Phase::DeleteTables, "delete", Subject::Table(*family), &table);
        }
    }
    list.commands.dedup_by(|next, kept| next.json == kept.json);
    list.commands
}

/// A set that is made and filled before all else, while nothing looks into it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filled<'a> {
    pub(crate) family: Family,
    pub(crate) name: &'a Name,
    pub(crate) set: &'a Set,
}

impl<'a> Filled<'a> {
    /// The sets that changes make, if there is a table already whose packets could meet them, or if one of them has so many
    /// addresses that nft is slow with them. Then it is all of them: where nft has elements to add to any set, it reads those
    /// of others first.
    ///
    /// A rule must not come with its set: between the two generations of rules the kernel puts the elements of an interval
    /// set in their place last of all (`nft_set_commit_update`), and until then packets find the new rule and an empty set.
    pub(crate) fn by(changes: &'a [Change], observed: &Observed) -> Vec<Self> {
        /// Below, it makes no difference that anyone would notice.
        const MANY: usize = 1000;
        let new = |change: &'a Change| {
            let Action::CreateSet { name, set } = &change.action else { return None };
            let table = observed.state.tables.get(&change.family);
            // One of the same name and another kind has to go first.
            let is_new = table.is_none_or(|table| !table.sets.contains_key(name));
            is_new.then_some(Self { family: change.family, name, set })
        };
        let sets: Vec<Self> = changes.iter().filter_map(new).collect();
        let is_large = |set: &Set| set.elements().len() >= MANY && elements::can_add(set.elements());
        let may_be_met = |filled: &Self| {
            observed.state.tables.contains_key(&filled.family) && !filled.set.elements().is_empty()
        };
        if sets.iter().any(|filled| is_large(filled.set) || may_be_met(filled)) { sets } else { Vec::new() }
    }

    fn is_made_by(&self, change: &Change) -> bool {
        let Action::CreateSet { name, .. } = &change.action else { return false };
        change.family == self.family && name == self.name
    }
}

struct List<'a, 'o> {
    commands: Vec<Command<'a>>,
    observed: &'o Observed,
}

impl<'a> List<'a, '_> {
    fn add_change(&mut self, family: Family, action: &'a Action) -> Result<(), TargetError> {
        let table = Subject::Table(family);
        match action {
            Action::CreateTable {} => {
                self.push(Phase::AddTables, "add", table, &json!({ "table": schema::table(family) }));
            }
            Action::DeleteTable {} => {
                self.push(Phase::DeleteTables, "delete", table, &json!({ "table": schema::table(family) }));
            }
            Action::CreateSet { name, set } => self.create_set(family, name, set),
            Action::DeleteSet { name, set } => {
                let subject = Subject::Set(family, name, set.origin);
                self.push(Phase::DeleteSets, "delete", subject, &named(family, "set", name.as_str()));
            }
            Action::EditSet { origin, name, removed, added, .. } => {
                self.edit_set(family, name, *origin, removed, added);
            }
            Action::CreateHelper { name, helper } => {
                let subject = Subject::Helper(family, name, helper.origin);
                let object = json!({ "ct helper": schema::helper(family, name.as_str(), helper) });
                self.push(Phase::AddObjects, "add", subject, &object);
            }
            Action::DeleteHelper { name, helper } => {
                let subject = Subject::Helper(family, name, helper.origin);
                let object = named(family, "ct helper", name.as_str());
                self.push(Phase::DeleteObjects, "delete", subject, &object);
            }
            Action::CreateFlowtable { name, flowtable } => {
                let subject = Subject::Flowtable(family, name, flowtable.origin);
                let object = json!({ "flowtable": schema::flowtable(family, name.as_str(), flowtable) });
                self.push(Phase::AddObjects, "add", subject, &object);
            }
            Action::DeleteFlowtable { name, flowtable } => {
                let subject = Subject::Flowtable(family, name, flowtable.origin);
                let object = named(family, "flowtable", name.as_str());
                self.push(Phase::DeleteObjects, "delete", subject, &object);
            }
            Action::CreateChain { name, chain } => {
                self.add_chain(family, name, chain.origin, chain.hook);
                for rule in &chain.rules {
                    self.add_rule(family, name, rule, None);
                }
            }
            Action::DeleteChain { name, chain } => self.delete_chain(family, name, chain),
            Action::SetPolicy { origin, chain, to, .. } => {
                let hook = self.listed_chain(family, chain).and_then(|chain| chain.hook);
                let hook = hook.ok_or_else(|| not_as_planned(family, chain))?;
                self.add_chain(family, chain, *origin, Some(BaseHook { policy: *to, ..hook }));
            }
            Action::EditChain { chain, length, runs } => self.edit_chain(family, chain, *length, runs)?,
            Action::CreateObject { object } => {
                let subject = Subject::Object(family, object.kind(), object.name());
                self.push(Phase::AddObjects, "add", subject, &json!({ object.kind(): object.body }));
            }
            Action::DeleteObject { object } => {
                let subject = Subject::Object(family, object.kind(), object.name());
                let body = named(family, object.kind(), object.name());
                self.push(Phase::DeleteObjects, "delete", subject, &body);
            }
        }
        Ok(())
    }

    fn listed_chain(&self, family: Family, name: &Name) -> Option<&Chain> {
        self.observed.state.tables.get(&family)?.chains.get(name)
    }

    fn create_set(&mut self, family: Family, name: &'a Name, set: &'a Set) {
        let subject = Subject::Set(family, name, set.origin);
        let key = match set.kind() {
            SetType::Listed(key) => *key,
            SetType::Dynamic(kind) => {
                for (operation, object) in schema::create_commands(family, name.as_str(), kind) {
                    self.push(Phase::AddSets, operation, subject, &object);
                }
                return;
            }
        };
        let object = json!({ "set": schema::set(family, name.as_str(), key) });
        self.push(Phase::AddSets, "add", subject, &object);
        self.change_elements(Phase::AddElements, "add", subject, set.elements());
    }

    /// What stays in a set is not touched: re-declaring a set fails if its flags differ in any way.
    fn edit_set(&mut self, family: Family, name: &'a Name, origin: Origin, removed: &Values, added: &Values) {
        let subject = Subject::Set(family, name, origin);
        let listed = self.observed.state.tables.get(&family).and_then(|table| table.sets.get(name));
        match listed {
            Some(set) if self.observed.is_uneven(family, name) || removed.has_wildcard() => {
                // Single elements can't be deleted. In an uneven set the kernel has others than the state,
                // which holds them merged; and nft 1.0.6 does not find a wildcard that it is to delete.
                let wanted = set.elements().without_elements(removed).union(added);
                self.push(Phase::DeleteElements, "flush", subject, &named(family, "set", name.as_str()));
                self.change_elements(Phase::AddElements, "add", subject, &wanted);
            }
            Some(_) | None => {
                self.change_elements(Phase::DeleteElements, "delete", subject, removed);
                self.change_elements(Phase::AddElements, "add", subject, added);
            }
        }
    }

    /// Elements go in one command however many there are: in several smaller ones they take the same time.
    fn change_elements(
        &mut self,
        phase: Phase,
        operation: &'static str,
        subject: Subject<'a>,
        elements: &Values,
    ) {
        let Subject::Set(family, name, _) = subject else { return };
        if elements.is_empty() {
            return;
        }
        #[derive(Serialize)]
        struct Element<'e> {
            family: Family,
            table: &'static str,
            name: &'e str,
            elem: Elements<'e>,
        }
        #[derive(Serialize)]
        struct Object<'e> {
            element: Element<'e>,
        }
        let element = Element { family, table: TABLE, name: name.as_str(), elem: Elements(elements) };
        self.push(phase, operation, subject, &Object { element });
    }

    fn add_chain(&mut self, family: Family, name: &'a Name, origin: Origin, hook: Option<BaseHook>) {
        let object = json!({ "chain": schema::chain(family, name.as_str(), hook) });
        self.push(Phase::AddChains, "add", Subject::Chain(family, name, origin), &object);
    }

    /// The rules go first, in case they jump to other chains that go.
    fn delete_chain(&mut self, family: Family, name: &'a Name, chain: &Chain) {
        let subject = Subject::Chain(family, name, chain.origin);
        let object = named(family, "chain", name.as_str());
        self.push(Phase::DeleteRules, "flush", subject, &object);
        self.push(Phase::DeleteChains, "delete", subject, &object);
    }

    fn edit_chain(
        &mut self,
        family: Family,
        name: &'a Name,
        length: usize,
        runs: &'a [Run],
    ) -> Result<(), TargetError> {
        let rules = self.listed_chain(family, name).map(|chain| chain.rules.as_slice());
        let handles = self.observed.handles(family, name);
        let is_as_planned = |rules: &[Rule]| rules.len() == length && stand_at(rules, runs);
        if !rules.is_some_and(is_as_planned) || handles.len() != length {
            return Err(not_as_planned(family, name));
        }
        for run in runs {
            let behind = run.at + run.removed.len();
            for (rule, handle) in run.removed.iter().zip(&handles[run.at..behind]) {
                let object = json!({ "rule": schema::rule_place(family, name.as_str(), Some(*handle)) });
                self.push(Phase::DeleteRules, "delete", Subject::Rule(family, name, rule), &object);
            }
            for rule in &run.inserted {
                self.add_rule(family, name, rule, handles.get(behind).copied());
            }
        }
        Ok(())
    }

    /// Adds a rule in front of the one with a handle, or at the end of the chain.
    fn add_rule(&mut self, family: Family, chain: &'a Name, rule: &'a Rule, before: Option<u64>) {
        let object = schema::rule(family, chain.as_str(), rule, before);
        let operation = if before.is_some() { "insert" } else { "add" };
        self.push(Phase::AddRules, operation, Subject::Rule(family, chain, rule), &object);
    }

    fn push(&mut self, phase: Phase, operation: &'static str, subject: Subject<'a>, object: &impl Serialize) {
        let object = serde_json::to_string(object).expect("the schema has string keys only");
        let json = format!("{{\"{operation}\":{object}}}");
        self.commands.push(Command { phase, json, operation, subject });
    }
}

fn not_as_planned(family: Family, chain: &Name) -> TargetError {
    TargetError {
        origin: None,
        operation: "edit",
        object: format!("chain {family} {TABLE} {chain}"),
        errno: None,
        message: "it is not as it was when the changes were planned; plan them again".to_owned(),
    }
}

fn named(family: Family, kind: &str, name: &str) -> Value {
    json!({ kind: { "family": family, "table": TABLE, "name": name } })
}
