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

pub use classifier::Classifiers;

use super::{Context, diagnostics};
use crate::ir::Firewall;
use crate::ir::firewall::{Action, Chain, Rule, RuleTable};
use chain::{Placed, chain_name};
use classifier::Classes;
use rosc_nftables::{Family, State, Statement, Table};
use rosc_target::Origin;

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

    /// Adds the chains and rules of a menu. `action` says what a rule does, or has reported why it can't.
    fn menu<H: Placed, A: Action<H>>(
        &mut self,
        side: &mut Side<'r>,
        table: &RuleTable<H, A>,
        action: impl Fn(&mut Self, &Chain<H>, &Rule<A>) -> Option<Vec<Statement>>,
    ) {
        for (chain, rules) in &table.chains {
            let name = chain_name(chain);
            let made = side.table.chain(&name);
            if let Chain::Base(hook) = chain {
                made.hook = Some(hook.place());
            }
            made.origin = rules.first().map(|rule| rule.origin).unwrap_or_default();
            for rule in rules {
                if let Some(Chain::Base(_)) = rule.action.jump_target() {
                    let message = "a jump to a built-in chain, which nftables has no jump to";
                    let help = "put the rules into a chain of their own, and jump there from both";
                    self.diagnostics.push(diagnostics::no_linux_form(message, rule.origin, help));
                    continue;
                }
                let Some(action) = action(self, chain, rule) else { continue };
                let conditions = self.alternatives(side, &rule.matchers, rule.origin);
                self.push(side, &name, rule.origin, rule.comment.as_deref(), conditions, &action);
            }
        }
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
                    self.diagnostics.push(diagnostics::no_linux_form(error.to_string(), origin, help));
                }
            }
        }
    }
}
