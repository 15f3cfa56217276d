//! Firewalls: a nftables table for each family.
//!
//! The chains sit where RouterOS has its own in the way of a packet ("Packet Flow"), and rules keep their order. An
//! interface list or an address list is a named set, so that a change of it touches no rule.

mod chain;
mod classifier;
mod mangle;
mod matchers;
mod nat;
mod sets;
mod transport;

use super::Context;
use crate::ir::Firewall;
use crate::ir::firewall::Chain;
use classifier::Classes;
use rosc_nftables::{Family, State, Statement, Table};
use rosc_target::Origin;
use std::collections::BTreeSet;

/// What lowering one family's firewall needs beside the context.
struct Side<'r> {
    family: Family,
    firewall: &'r Firewall,
    classes: Classes,
    table: Table,
}

impl<'r> Context<'r> {
    pub(super) fn nftables(&mut self) -> State {
        let router = self.router;
        let mut state = State::default();
        for (family, firewall) in [(Family::Ip, &router.firewall), (Family::Ip6, &router.ipv6_firewall)] {
            if firewall.nat.chains.is_empty() && firewall.mangle.chains.is_empty() {
                continue;
            }
            let classes = Classes::of(firewall, &mut self.diagnostics);
            let mut side = Side { family, firewall, classes, table: Table::default() };
            self.mangle(&mut side);
            self.nat(&mut side);
            self.sets(&mut side);
            state.tables.insert(family, side.table);
        }
        state
    }

    /// Adds the rules that one RouterOS rule becomes: one for each alternative of its conditions.
    fn push(
        &mut self,
        side: &mut Side<'r>,
        chain: &rosc_nftables::Name,
        origin: Origin,
        comment: Option<&str>,
        conditions: Vec<Vec<Statement>>,
        action: &[Statement],
    ) {
        for condition in conditions {
            let statements = condition.into_iter().chain(action.iter().cloned());
            match rosc_nftables::Rule::new(origin, statements) {
                Ok(rule) => {
                    let rule = rule.with_comment(comment.unwrap_or_default());
                    side.table.chain(chain).rules.push(rule);
                }
                Err(error) => {
                    let help = "change the matchers so that a packet can meet all of them";
                    self.diagnostics.push(super::diagnostics::no_linux_form(error.to_string(), origin, help));
                }
            }
        }
    }
}

/// The custom chains that packets come to from base chains that fit.
fn reached_from<H: crate::ir::firewall::Hook, A>(
    table: &crate::ir::firewall::RuleTable<H, A>,
    fits: impl Fn(H) -> bool,
    jump_of: impl Fn(&A) -> Option<&Chain<H>>,
) -> BTreeSet<&Chain<H>> {
    let mut reached: BTreeSet<&Chain<H>> = BTreeSet::new();
    let base = |chain: &&Chain<H>| matches!(chain, Chain::Base(hook) if fits(*hook));
    let mut pending: Vec<&Chain<H>> = table.chains.keys().filter(base).collect();
    while let Some(chain) = pending.pop() {
        if !reached.insert(chain) {
            continue;
        }
        let rules = table.chains.get(chain).into_iter().flatten();
        pending.extend(rules.filter_map(|rule| jump_of(&rule.action)));
    }
    reached
}
