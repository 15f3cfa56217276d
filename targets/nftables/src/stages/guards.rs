//! The filters that change first.

use super::{reached, translating_chains};
use crate::expr::{Ct, Expr, Meta};
use crate::state::{Chain, ChainType, Table};
use crate::statement::Statement;
use crate::{Name, Rule};
use std::collections::BTreeSet;

/// The chains of both states that only let packets pass or not, with those that they jump to.
///
/// A filter that asks for marks is not among them if what marks packets changes too: a new one would not find the marks
/// that it lets through yet, and drop what both states forward.
pub(super) fn early(old: &Table, new: &Table, translating: &BTreeSet<Name>) -> BTreeSet<Name> {
    // What marks packets in one state guards in neither, however packets come there.
    let guards = |base: &Name| {
        let chains = &reached(old, [base]) | &reached(new, [base]);
        chains
            .iter()
            .flat_map(|name| [old.chains.get(name), new.chains.get(name)])
            .flatten()
            .all(|chain| !changes_packets(chain))
    };
    let all: BTreeSet<Name> = (&bases(old) | &bases(new)).into_iter().filter(guards).collect();
    let is_marked_anew = {
        let guarding = all.iter().flat_map(|base| &reached(old, [base]) | &reached(new, [base]));
        let settled: BTreeSet<Name> = guarding.chain(translating.iter().cloned()).collect();
        let names = old.chains.keys().chain(new.chains.keys());
        names.filter(|name| !settled.contains(*name)).any(|name| old.chains.get(name) != new.chains.get(name))
    };
    let is_early = |base: &&Name| {
        let asks = |table: &Table| {
            let chains = reached(table, [*base]);
            chains.iter().filter_map(|name| table.chains.get(name)).any(asks_for_marks)
        };
        !is_marked_anew || !(asks(old) || asks(new))
    };
    let early = all.iter().filter(is_early);
    early.flat_map(|base| &reached(old, [base]) | &reached(new, [base])).collect()
}

/// The chains of hooks in which packets are filtered.
fn bases(table: &Table) -> BTreeSet<Name> {
    let translating = translating_chains(table);
    let bases = table.chains.iter().filter(|(name, chain)| {
        let is_filter = chain.hook.is_some_and(|hook| hook.kind == ChainType::Filter);
        is_filter && !translating.contains(*name)
    });
    bases.map(|(name, _)| name.clone()).collect()
}

fn asks_for_marks(chain: &Chain) -> bool {
    let is_mark = |expression: &Expr| match expression {
        Expr::Masked(inner, _) => matches!(**inner, Expr::Meta(Meta::Mark) | Expr::Ct(Ct::Mark)),
        other => matches!(other, Expr::Meta(Meta::Mark) | Expr::Ct(Ct::Mark)),
    };
    chain.rules.iter().flat_map(Rule::statements).any(|statement| match statement {
        Statement::Match(condition) => is_mark(condition.left()),
        Statement::Vmap(vmap) => is_mark(vmap.key()),
        Statement::Opaque(_) => true,
        _ => false,
    })
}

fn changes_packets(chain: &Chain) -> bool {
    chain.rules.iter().flat_map(Rule::statements).any(|statement| match statement {
        Statement::SetMark(_)
        | Statement::SetMaxseg(_)
        | Statement::SetField(_)
        | Statement::SetHelper(_)
        | Statement::Nat(_)
        | Statement::Opaque(_) => true,
        Statement::Match(_)
        | Statement::Limit(_)
        | Statement::SetUpdate(_)
        | Statement::Counter(_)
        | Statement::Log(_)
        | Statement::Notrack
        | Statement::FlowAdd(_)
        | Statement::Vmap(_)
        | Statement::Reject(_)
        | Statement::Verdict(_) => false,
    })
}
