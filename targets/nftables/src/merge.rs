//! Runs of rules that differ in one field: one look-up instead of a comparison for each.
//!
//! What the rules do goes into chains of their own, and a verdict map in their place leads into them: each rule keeps its
//! counter, its comment and its origin. The field is one that no rule of the run changes, and no value of it stands in two
//! of them, so at most one meets a packet, whichever way they are asked.

#[cfg(test)]
mod law;

use crate::expr::{Ct, Expr, Ip6Field, IpField, Meta, Payload};
use crate::matching::{Match, Operand, Test};
use crate::name::Name;
use crate::rule::Rule;
use crate::state::{Chain, Table};
use crate::statement::{Mark, Statement, Verdict};
use crate::values::Values;
use crate::vmap::Vmap;
use rosc_target::{Origin, fnv_1a};
use std::collections::{BTreeMap, BTreeSet};

/// Shorter runs stay as they are: comparisons one by one are as fast (`cargo bench --bench packets`).
const SHORTEST: usize = 8;
/// The same where each comparison is with a hash.
const SHORTEST_OF_HASHES: usize = 3;
/// Longer ones are divided: whoever edits one rule has its whole map loaded.
const LONGEST: usize = 256;
/// So many chains deep the kernel lets rules jump, less one (`NFT_JUMP_STACK_SIZE`).
const DEEPEST: usize = 15;

impl Table {
    /// Merges the runs of rules in all chains. What packets meet stays the same, in the same order, and is counted for each
    /// rule as before.
    pub fn merge_runs(&mut self) {
        let room = DEEPEST.saturating_sub(self.depth());
        if room == 0 {
            return;
        }
        let names: Vec<Name> = self.chains.keys().cloned().collect();
        for name in names {
            let Some(chain) = self.chains.get_mut(&name) else { continue };
            let rules = std::mem::take(&mut chain.rules);
            let (rules, made) = merged(&name, rules, &self.chains, room);
            self.chains.extend(made);
            self.chain(&name).rules = rules;
        }
    }

    /// The most jumps that follow one another on any way through the rules, or [`DEEPEST`] where they are more.
    fn depth(&self) -> usize {
        let rules = |chain: &Name| self.chains.get(chain).into_iter().flat_map(|chain| &chain.rules);
        let mut reached: BTreeSet<&Name> = self.chains.keys().collect();
        for depth in 0..DEEPEST {
            reached = reached.into_iter().flat_map(rules).flat_map(Rule::targets).collect();
            if reached.is_empty() {
                return depth;
            }
        }
        DEEPEST
    }
}

/// A line may ask for so many rules that are alternatives, of which a packet meets one at most.
const MOST_ALTERNATIVES: usize = 4;

/// The rules of a line.
type Group = [Rule];

/// One alternative of the rules of a run: the conditions that all of them share, and the field in which they differ.
struct Column<'a> {
    /// The place of the field among the conditions.
    place: usize,
    key: &'a Expr,
    common: Vec<&'a Statement>,
    /// The values of all rules so far.
    taken: Values,
}

struct Run<'a> {
    columns: Vec<Column<'a>>,
    groups: Vec<&'a Group>,
}

/// Returns the rules with their runs merged, and the chains that were made.
fn merged(
    chain: &Name,
    rules: Vec<Rule>,
    others: &BTreeMap<Name, Chain>,
    room: usize,
) -> (Vec<Rule>, BTreeMap<Name, Chain>) {
    let mut kept = Vec::new();
    let mut made = BTreeMap::new();
    let mut rest = &rules[..];
    while !rest.is_empty() {
        let runs = (1..=MOST_ALTERNATIVES).filter_map(|alternatives| Run::at_start(rest, alternatives, room));
        let run = runs.filter(Run::is_worth_it).max_by_key(Run::count);
        let count = run.as_ref().map_or(1, Run::count);
        match run.and_then(|run| run.look_up(chain, others, &mut made)) {
            Some(look_up) => kept.extend(look_up),
            None => kept.extend_from_slice(&rest[..count]),
        }
        rest = &rest[count..];
    }
    (kept, made)
}

/// The conditions of a rule, and what it does.
fn parts(rule: &Rule) -> (&[Statement], &[Statement]) {
    let statements = rule.statements();
    let count = statements.iter().take_while(|statement| statement.is_condition()).count();
    statements.split_at(count)
}

impl<'a> Run<'a> {
    /// The longest run at the start of some rules, of which each line asks for so many; `None` if there is none.
    fn at_start(rules: &'a [Rule], alternatives: usize, room: usize) -> Option<Self> {
        let mut groups = rules.chunks_exact(alternatives).take(LONGEST);
        let (first, second) = (groups.next()?, groups.next()?);
        if !can_be_one(first, room) {
            return None;
        }
        let columns: Option<Vec<Column<'a>>> =
            first.iter().zip(second.iter()).map(|(one, other)| Column::between(one, other)).collect();
        let mut run = Self { columns: columns?, groups: vec![first] };
        if !run.columns_exclude_each_other() || !run.leaves_field(first) {
            return None;
        }
        for group in [second].into_iter().chain(groups) {
            if !can_be_one(group, room) || !run.leaves_field(group) || !run.take(group) {
                break;
            }
        }
        Some(run)
    }

    fn is_worth_it(&self) -> bool {
        let hashes = self.columns.iter().any(|column| matches!(column.key, Expr::Jhash(_)));
        self.groups.len() >= if hashes { SHORTEST_OF_HASHES } else { SHORTEST }
    }

    /// The number of rules.
    fn count(&self) -> usize {
        self.columns.len() * self.groups.len()
    }

    /// Whether what a group does leaves the field as it is.
    fn leaves_field(&self, group: &Group) -> bool {
        let leaves = |column: &Column<'_>| {
            stays(column.key) || !parts(&group[0]).1.iter().any(|statement| may_change(statement, column.key))
        };
        self.columns.iter().all(leaves)
    }

    /// Adds a group, if it differs from the others in the field alone and no packet meets it that meets one of them.
    fn take(&mut self, group: &'a Group) -> bool {
        let values: Option<Vec<&Values>> =
            self.columns.iter().zip(group).map(|(column, rule)| column.new_values(rule)).collect();
        let Some(values) = values else { return false };
        for (column, values) in self.columns.iter_mut().zip(values) {
            column.taken = column.taken.union(values);
        }
        self.groups.push(group);
        true
    }

    /// Whether a packet that fulfils what one column shares can't fulfil what another one does.
    fn columns_exclude_each_other(&self) -> bool {
        let exclude = |one: &Column<'_>, other: &Column<'_>| {
            one.common.iter().any(|a| other.common.iter().any(|b| contradict(a, b)))
        };
        let columns = &self.columns;
        columns
            .iter()
            .enumerate()
            .all(|(place, one)| columns[place + 1..].iter().all(|other| exclude(one, other)))
    }

    /// The rules that stand for the run; `None` if nft can't take them so.
    fn look_up(
        &self,
        chain: &Name,
        others: &BTreeMap<Name, Chain>,
        made: &mut BTreeMap<Name, Chain>,
    ) -> Option<Vec<Rule>> {
        let mut own: BTreeMap<Name, Chain> = BTreeMap::new();
        let mut names = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let is_free = |name: &Name| {
                !others.contains_key(name) && !made.contains_key(name) && !own.contains_key(name)
            };
            let name = name_of(chain, group, is_free)?;
            let rule = Rule::new(group[0].origin(), parts(&group[0]).1.iter().cloned()).ok()?;
            let comment = group[0].comment().map_or("", |comment| comment.as_str());
            let rules = vec![rule.with_comment(comment)];
            own.insert(name.clone(), Chain { origin: group[0].origin(), hook: None, rules });
            names.push(name);
        }
        let remark = format!("one look-up for {} rules", self.groups.len());
        let look_ups = self.columns.iter().enumerate().map(|(place, column)| {
            let cases = self.groups.iter().zip(&names).filter_map(|(group, name)| {
                Some((Verdict::Jump(name.clone()), column.values(&group[place])?.clone()))
            });
            let look_up = Statement::Vmap(Vmap::new(column.key.clone(), cases)?);
            let protocol = column.protocol().map(crate::canonical::is_protocol);
            let conditions = protocol.into_iter().chain(column.common.iter().copied().cloned());
            let statements = conditions.chain([Statement::counter(), look_up]);
            Some(Rule::new(Origin::IMPLIED, statements).ok()?.with_comment(&remark))
        });
        let look_ups: Vec<Rule> = look_ups.collect::<Option<_>>()?;
        made.append(&mut own);
        Some(look_ups)
    }
}

impl<'a> Column<'a> {
    /// What two rules share, if they differ in one field and that one can be looked up.
    fn between(one: &'a Rule, other: &Rule) -> Option<Self> {
        let (conditions, others) = (parts(one).0, parts(other).0);
        let mut places = conditions.iter().zip(others).enumerate().filter(|(_, (a, b))| a != b);
        let (Some((place, _)), None) = (places.next(), places.next()) else { return None };
        let Statement::Match(Match { left: key, test: Test::In(Operand::Values(values)) }) =
            &conditions[place]
        else {
            return None;
        };
        let common = conditions.iter().enumerate().filter(|(other, _)| *other != place);
        let common = common.map(|(_, condition)| condition).collect();
        let can_be_key =
            (stays(key) || mark(key).is_some()) && !values.has_wildcard() && conditions.len() == others.len();
        can_be_key.then(|| Self { place, key, common, taken: values.clone() })
    }

    /// The values of a rule that differs from the others in the field alone.
    fn values<'b>(&self, rule: &'b Rule) -> Option<&'b Values> {
        let conditions = parts(rule).0;
        let Statement::Match(Match { left, test: Test::In(Operand::Values(values)) }) =
            conditions.get(self.place)?
        else {
            return None;
        };
        let others = conditions[..self.place].iter().chain(&conditions[self.place + 1..]);
        let is_like_others = left == self.key && others.eq(self.common.iter().copied());
        (is_like_others && !values.has_wildcard()).then_some(values)
    }

    /// The values of a rule, if no other one of the run has one of them.
    fn new_values<'b>(&self, rule: &'b Rule) -> Option<&'b Values> {
        self.values(rule).filter(|values| values.is_disjoint(&self.taken))
    }

    /// The protocol whose header the field is in. A match on the field implies it, a look-up does not in front of itself.
    fn protocol(&self) -> Option<crate::Protocol> {
        if let Expr::Payload(payload) = self.key { payload.transport() } else { None }
    }
}

/// Whether what a rule does can stand in a chain of its own, and whether its conditions can be asked for once for all.
fn can_move(rule: &Rule, room: usize) -> bool {
    let (conditions, rest) = parts(rule);
    let is_movable = |statement: &Statement| match statement {
        // Where it returns to would be the look-up.
        Statement::Verdict(Verdict::Return | Verdict::Goto(_)) => false,
        // Each jump may come to stand one chain deeper than before, those that follow it too.
        Statement::Verdict(Verdict::Jump(_)) => room > DEEPEST / 2,
        Statement::Vmap(_) | Statement::Opaque(_) | Statement::Nat(_) => false,
        _ => true,
    };
    !conditions.iter().any(Statement::is_stateful) && rest.iter().all(is_movable)
}

/// Whether rules can be counted together: what one line asks for, and what does the same.
fn can_be_one(group: &Group, room: usize) -> bool {
    let first = &group[0];
    group.iter().all(|rule| can_move(rule, room))
        && group[1..].iter().all(|rule| {
            !rule.origin().is_implied()
                && rule.origin().is_same_place(first.origin())
                && rule.comment() == first.comment()
                && parts(rule).1 == parts(first).1
        })
}

/// Whether no rule changes a field of the packet.
fn stays(field: &Expr) -> bool {
    match field {
        Expr::Meta(Meta::Iifname | Meta::Oifname | Meta::L4proto) => true,
        Expr::Payload(payload) => match payload {
            Payload::Port(..) => true,
            Payload::Ip(field) => matches!(field, IpField::Saddr | IpField::Daddr),
            Payload::Ip6(field) => matches!(field, Ip6Field::Saddr | Ip6Field::Daddr),
            _ => false,
        },
        Expr::Jhash(hash) => hash.over.iter().all(|field| stays(&Expr::Payload(*field))),
        Expr::Masked(inner, _) => stays(inner),
        _ => false,
    }
}

/// The mark that a field is, or is a part of.
fn mark(field: &Expr) -> Option<Mark> {
    match field {
        Expr::Meta(Meta::Mark) => Some(Mark::Packet),
        Expr::Ct(Ct::Mark) => Some(Mark::Connection),
        Expr::Masked(inner, _) => mark(inner),
        _ => None,
    }
}

/// Whether a field that is a mark may be another one behind a statement.
fn may_change(statement: &Statement, field: &Expr) -> bool {
    match statement {
        Statement::SetMark(set) => Some(set.mark) == mark(field),
        Statement::Verdict(Verdict::Jump(_)) => true,
        _ => false,
    }
}

/// Whether no packet fulfils both of two conditions on a field that stays.
fn contradict(one: &Statement, other: &Statement) -> bool {
    let (Statement::Match(one), Statement::Match(other)) = (one, other) else { return false };
    one.left == other.left
        && stays(&one.left)
        && match (&one.test, &other.test) {
            (Test::In(Operand::Values(a)), Test::In(Operand::Values(b))) => a.is_disjoint(b),
            (Test::In(a), Test::NotIn(b)) | (Test::NotIn(b), Test::In(a)) => a == b,
            _ => false,
        }
}

/// A name for the chain of a group, made of what the group asks for, so that it stays when other rules change.
fn name_of(chain: &Name, group: &Group, is_free: impl Fn(&Name) -> bool) -> Option<Name> {
    let asked = group.iter().flat_map(|rule| parts(rule).0).map(|condition| format!("{condition} "));
    let asked: String = asked.collect();
    let name = |number: u32| {
        let digest = fnv_1a(format!("{number} {asked}").as_bytes());
        Name::new(&format!("{chain}-{digest:016x}")).ok()
    };
    (0..).map_while(name).find(is_free)
}
