//! A plan as people and programs see it. The text is made from the same value as the JSON, so they can't disagree.

use super::{Plan, Step};
use crate::source::{Location, Sources, on_one_line};
use rosc_nftables::Action;
use rosc_sysctl::Ownership;
use rosc_target::Origin;
use serde::Serialize;
use std::fmt::{self, Write};

/// So many changes of a step are worth reading for people.
const MOST_SHOWN: usize = 200;

/// How much of a plan is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every change.
    All,
    /// The beginning of each step, which is what people read of a very long one. The others are counted.
    Beginnings,
}

/// A plan with its places looked up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// How many changes there are.
    pub changes: usize,
    /// The steps in order.
    pub steps: Vec<StepView>,
    /// What is in the way.
    pub conflicts: Vec<ConflictView>,
    /// What others have made already, and is left alone.
    pub already_there: Vec<ObjectView>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepView {
    pub target: &'static str,
    pub changes: Vec<ChangeView>,
    /// All changes, those that are not looked up included.
    #[serde(skip)]
    pub counts: Counts,
}

/// How many changes do what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub create: usize,
    pub change: usize,
    pub delete: usize,
}

/// A change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeView {
    /// What is done.
    pub action: ActionView,
    /// The object in the words of Linux.
    pub object: String,
    /// The object as it is, where it is replaced.
    pub was: Option<String>,
    /// The file that asks for it.
    pub file: Option<String>,
    /// The line that asks for it.
    pub line: Option<u32>,
}

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionView {
    Create,
    Change,
    Delete,
}

/// A conflict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConflictView {
    pub wanted: String,
    pub foreign: String,
    pub file: Option<String>,
    pub line: Option<u32>,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObjectView {
    pub object: String,
    pub file: Option<String>,
    pub line: Option<u32>,
}

impl View {
    /// Looks the places of a plan up.
    pub fn new(plan: &Plan, extent: Extent, sources: &Sources) -> Self {
        let most = match extent {
            Extent::All => usize::MAX,
            Extent::Beginnings => MOST_SHOWN,
        };
        let steps = plan.steps.iter().map(|step| {
            let mut writer = Writer { sources, most, changes: Vec::new(), counts: Counts::default() };
            writer.step(step);
            StepView { target: step.target(), changes: writer.changes, counts: writer.counts }
        });
        let steps: Vec<StepView> = steps.collect();
        let conflicts = plan.conflicts.iter().map(|conflict| {
            let (file, line) = place(sources, conflict.origin);
            ConflictView { wanted: conflict.wanted.clone(), foreign: conflict.foreign.clone(), file, line }
        });
        let already_there = plan.satisfied.iter().map(|satisfied| {
            let (file, line) = place(sources, satisfied.origin);
            ObjectView { object: satisfied.object.clone(), file, line }
        });
        Self {
            changes: steps.iter().map(|step| step.counts.total()).sum(),
            conflicts: conflicts.collect(),
            already_there: already_there.collect(),
            steps,
        }
    }

    /// The plan as text: a change a line, `+` for what comes, `~` for what is changed, `-` for what goes.
    pub fn text(&self) -> String {
        const SHORT: usize = 30;
        let mut out = String::new();
        for step in &self.steps {
            for change in &step.changes {
                let sign = match change.action {
                    ActionView::Create => '+',
                    ActionView::Change => '~',
                    ActionView::Delete => '-',
                };
                write!(out, "{sign} {}", on_one_line(&change.object)).expect("writing to a string");
                match change.was.as_deref().map(on_one_line) {
                    Some(was) if was.len() <= SHORT => write!(out, " (was {was})"),
                    Some(was) => write!(out, "\n    was {was}\n   "),
                    None => Ok(()),
                }
                .expect("writing to a string");
                if let (Some(file), Some(line)) = (&change.file, change.line) {
                    write!(out, "  # {}:{line}", on_one_line(file)).expect("writing to a string");
                }
                out.push('\n');
            }
            out.push_str(&step.more());
        }
        out
    }

    /// `12 to create, 1 to change, 3 to delete`.
    pub fn summary(&self) -> String {
        let sum = |count: fn(&Counts) -> usize| self.steps.iter().map(|step| count(&step.counts)).sum();
        let kinds: [(usize, _); 3] = [
            (sum(|counts| counts.create), "to create"),
            (sum(|counts| counts.change), "to change"),
            (sum(|counts| counts.delete), "to delete"),
        ];
        let shown = kinds.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
        shown.collect::<Vec<_>>().join(", ")
    }
}

impl StepView {
    /// What of it is not shown to people.
    pub(super) fn more(&self) -> String {
        match self.counts.total() - self.changes.len() {
            0 => String::new(),
            hidden => format!("  ... and {hidden} more; --format json has all\n"),
        }
    }
}

impl Counts {
    fn total(&self) -> usize {
        let Self { create, change, delete } = self;
        create + change + delete
    }
}

/// Looks up the changes of a step.
struct Writer<'a> {
    sources: &'a Sources,
    /// So many changes are looked up; the others are counted.
    most: usize,
    changes: Vec<ChangeView>,
    counts: Counts,
}

impl Writer<'_> {
    fn push(
        &mut self,
        action: ActionView,
        object: impl fmt::Display,
        was: Option<&dyn fmt::Display>,
        origin: Origin,
    ) {
        let count = match action {
            ActionView::Create => &mut self.counts.create,
            ActionView::Change => &mut self.counts.change,
            ActionView::Delete => &mut self.counts.delete,
        };
        *count += 1;
        if self.changes.len() < self.most {
            // No line asks for what goes; a line of what is compared with would be one of other sources.
            let origin = if action == ActionView::Delete { Origin::IMPLIED } else { origin };
            let (file, line) = place(self.sources, origin);
            let was = was.map(ToString::to_string);
            self.changes.push(ChangeView { action, object: object.to_string(), was, file, line });
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Sysctl(changes) => changes.iter().for_each(|change| self.setting(change)),
            Step::Route(changes) => changes.iter().for_each(|change| self.route(change)),
            Step::Nftables(changes) => changes.iter().for_each(|change| self.nftables(change)),
            Step::Ebpf(changes) => changes.iter().for_each(|change| self.fastpath(change)),
        }
    }

    fn setting(&mut self, change: &rosc_sysctl::Change) {
        let (action, was) = match (&change.from, change.ownership) {
            (None, _) => (ActionView::Create, None),
            (Some(from), Ownership::Take | Ownership::Keep | Ownership::Release) => {
                (ActionView::Change, Some(from as &dyn fmt::Display))
            }
        };
        let object = format_args!("sysctl {} = {}", change.key, change.to);
        self.push(action, object, was, change.origin);
    }

    fn route(&mut self, change: &rosc_route::Change) {
        use rosc_route::{Action, Change, RuleChange};
        let (action, was): (_, Option<&dyn fmt::Display>) = match change {
            Change::Link(Action::Create(_)) | Change::Address(Action::Create(_)) => {
                (ActionView::Create, None)
            }
            Change::Route(Action::Create(_)) | Change::Rule(RuleChange::Create(_)) => {
                (ActionView::Create, None)
            }
            Change::Link(Action::Delete(_)) | Change::Address(Action::Delete(_)) => {
                (ActionView::Delete, None)
            }
            Change::Route(Action::Delete(_)) | Change::Rule(RuleChange::Delete(_)) => {
                (ActionView::Delete, None)
            }
            Change::Link(Action::Modify { from, .. }) => (ActionView::Change, Some(from)),
            Change::Address(Action::Modify { from, .. }) => (ActionView::Change, Some(from)),
            Change::Route(Action::Modify { from, .. }) => (ActionView::Change, Some(from)),
            Change::Device(_) => (ActionView::Change, None),
            Change::Adopt(_) | Change::Release(_) => (ActionView::Change, Some(&"not rosc's")),
        };
        self.push(action, Object(change), was, change.origin());
    }

    fn nftables(&mut self, change: &rosc_nftables::Change) {
        let family = change.family;
        let origin = change.origin();
        match &change.action {
            Action::CreateTable {} => {
                self.push(ActionView::Create, format_args!("table {family} rosc"), None, origin)
            }
            Action::DeleteTable {} => {
                self.push(ActionView::Delete, format_args!("table {family} rosc"), None, origin)
            }
            Action::CreateSet { name, set } => {
                let count = set.elements().len();
                let object = format_args!("set {family} {name} ({count} elements)");
                self.push(ActionView::Create, object, None, origin);
            }
            Action::DeleteSet { name, .. } => {
                self.push(ActionView::Delete, format_args!("set {family} {name}"), None, origin);
            }
            Action::EditSet { name, removed, added, .. } => {
                let (added, removed) = (added.len(), removed.len());
                let object = format_args!("set {family} {name} (+{added} -{removed} elements)");
                self.push(ActionView::Change, object, None, origin);
            }
            Action::CreateHelper { name, helper } => {
                let object = format_args!("ct helper {family} {name} ({helper})");
                self.push(ActionView::Create, object, None, origin);
            }
            Action::DeleteHelper { name, .. } => {
                self.push(ActionView::Delete, format_args!("ct helper {family} {name}"), None, origin);
            }
            Action::CreateFlowtable { name, flowtable } => {
                let object = format_args!("flowtable {family} {name} ({flowtable})");
                self.push(ActionView::Create, object, None, origin);
            }
            Action::DeleteFlowtable { name, .. } => {
                self.push(ActionView::Delete, format_args!("flowtable {family} {name}"), None, origin);
            }
            Action::CreateChain { name, chain } => {
                self.push(ActionView::Create, format_args!("chain {family} {name}"), None, origin);
                self.rules(ActionView::Create, &format!("{family} {name}"), &chain.rules);
            }
            Action::DeleteChain { name, chain } => {
                self.rules(ActionView::Delete, &format!("{family} {name}"), &chain.rules);
                self.push(ActionView::Delete, format_args!("chain {family} {name}"), None, origin);
            }
            Action::SetPolicy { chain, from, to, .. } => {
                let object = format_args!("chain {family} {chain} policy {to}");
                self.push(ActionView::Change, object, Some(from), origin);
            }
            Action::EditChain { chain, runs, .. } => {
                for run in runs {
                    self.rules(ActionView::Delete, &format!("{family} {chain}"), &run.removed);
                    self.rules(ActionView::Create, &format!("{family} {chain}"), &run.inserted);
                }
            }
            Action::CreateObject { .. } => {
                self.push(ActionView::Create, format_args!("an object of table {family} rosc"), None, origin);
            }
            Action::DeleteObject { .. } => {
                let object = format_args!("an object of table {family} rosc that rosc does not know");
                self.push(ActionView::Delete, object, None, origin);
            }
        }
    }

    fn fastpath(&mut self, change: &rosc_ebpf::Change) {
        let action = match change.sign() {
            '+' => ActionView::Create,
            '-' => ActionView::Delete,
            _ => ActionView::Change,
        };
        let was = change.was();
        self.push(action, change, was.as_ref().map(|was| was as &dyn fmt::Display), change.origin());
    }

    fn rules(&mut self, action: ActionView, chain: &str, rules: &[rosc_nftables::Rule]) {
        for rule in rules {
            self.push(action, format!("rule {chain}: {rule}"), None, rule.origin());
        }
    }
}

/// A change's object, in words only if they are asked for.
struct Object<'a>(&'a rosc_route::Change);

impl fmt::Display for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.object())
    }
}

fn place(sources: &Sources, origin: Origin) -> (Option<String>, Option<u32>) {
    match sources.locate(origin) {
        Some(Location { file, line, .. }) => (Some(file), Some(line)),
        None => (None, None),
    }
}
