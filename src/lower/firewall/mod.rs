//! Firewalls: a nftables table for each family.
//!
//! The chains sit where RouterOS has its own in the way of a packet ("Packet Flow"), and rules keep their order. An
//! interface list or an address list is a named set, so that a change of it touches no rule.

mod address;
mod chain;
mod circumstances;
mod classifier;
mod counted;
mod filter;
mod header;
mod helper;
mod mangle;
mod matchers;
mod members;
mod names;
mod nat;
mod psd;
mod sets;
mod short_cut;
mod text;
mod time;
mod transport;

pub use classifier::Classifiers;
pub(super) use short_cut::begins_short_cut;

use super::{Context, diagnostics};
use crate::host::Needs;
use crate::ir::Router;
use crate::ir::firewall::{Action, Chain, Rule, RuleTable};
use crate::ir::{AddressListName, Firewall};
use chain::{Placed, chain_name};
use classifier::Classes;
use matchers::Conditions;
use rosc_nftables::{Family, InvalidRule, Name, Rule as LinuxRule, State, Statement, Table, Verdict};
use rosc_route::Link;
use rosc_target::Origin;
use std::collections::{BTreeMap, BTreeSet};

/// The parts of a kernel that a router's rules would use.
pub fn needs_of(router: &Router) -> Needs {
    let flow_tables = short_cut::wanted(router);
    let connections = router.fastpath.is_some() && !flow_tables.is_empty();
    let foreign_decisions = router.fastpath.is_some();
    Needs { helpers: helper::wanted(router), flow_tables, connections, foreign_decisions }
}

/// What lowering one family's firewall needs beside the context.
struct Side<'r> {
    family: Family,
    firewall: &'r Firewall,
    classes: Classes,
    /// The address lists that rules fill.
    filled: BTreeSet<&'r AddressListName>,
    /// The rule that is being lowered, by its number among all.
    rule: usize,
    /// The sets in which rules keep their numbers, each with its rule.
    counted_in: BTreeMap<Name, usize>,
    table: Table,
}

impl<'r> Context<'r> {
    pub(super) fn nftables(&mut self, links: &[Link]) -> State {
        let router = self.router;
        let mut state = State::default();
        for (family, firewall) in [(Family::Ip, &router.firewall), (Family::Ip6, &router.ipv6_firewall)] {
            if !firewall.has_rules() {
                continue;
            }
            let classes = Classes::of(firewall, &mut self.diagnostics);
            let filled = firewall.remembered().map(|(remember, _)| &remember.list).collect();
            let mut side = Side {
                family,
                firewall,
                classes,
                filled,
                rule: 0,
                counted_in: BTreeMap::new(),
                table: Table::default(),
            };
            self.raw(&mut side);
            self.mangle(&mut side);
            self.nat(&mut side);
            self.filter(&mut side);
            self.short_cut_chain(&mut side, links);
            self.helpers(&mut side);
            self.sets(&mut side);
            state.tables.insert(family, side.table);
        }
        self.missing_helpers();
        state
    }

    /// Adds the chains and rules of a menu. `own` says what only rules of this menu do, or has reported why it can't.
    fn menu<H: Placed, A>(
        &mut self,
        side: &mut Side<'r>,
        table: &RuleTable<H, A>,
        own: impl Fn(&mut Self, &Chain<H>, &A, Origin) -> Option<Vec<Statement>>,
    ) {
        for (chain, rules) in &table.chains {
            let name = chain_name(chain);
            let made = side.table.chain(&name);
            if let Chain::Base(hook) = chain {
                made.hook = Some(hook.place());
            }
            made.origin = rules.first().map(|rule| rule.origin).unwrap_or_default();
            for rule in rules {
                let Rule { origin, comment, matchers, log_prefix, action } = rule;
                side.rule += 1;
                self.diagnostics.extend(text::differences(
                    comment.as_deref(),
                    log_prefix.as_deref(),
                    *origin,
                ));
                let action: Option<Vec<Statement>> = match action {
                    Action::Accept => Some(vec![Verdict::Accept.into()]),
                    Action::Return => Some(vec![Verdict::Return.into()]),
                    Action::Passthrough => Some(Vec::new()),
                    Action::Jump(Chain::Base(_)) => {
                        let message = "a jump to a built-in chain, which nftables has no jump to";
                        let help = "put the rules into a chain of their own, and jump there from both";
                        self.diagnostics.push(diagnostics::no_linux_form(message, *origin, help));
                        None
                    }
                    Action::Jump(target) => Some(vec![Verdict::Jump(chain_name(target)).into()]),
                    Action::Remember(remember) => Some(vec![self.remember(side, remember, *origin)]),
                    Action::Own(action) => own(self, chain, action, *origin),
                };
                let Some(action) = action else { continue };
                let logged = log_prefix.as_ref().map(|prefix| text::log(prefix));
                let statements: Vec<Statement> = logged.into_iter().chain(action).collect();
                let Conditions { counting, acting } = self.conditions(side, matchers, *origin);
                let counting = counting.into_iter().map(|condition| LinuxRule::uncounted(*origin, condition));
                let acting = acting.into_iter().map(|condition| {
                    LinuxRule::new(*origin, condition.into_iter().chain(statements.iter().cloned()))
                });
                for rule in counting.chain(acting) {
                    self.push(side, &name, *origin, comment.as_deref(), rule);
                }
            }
        }
    }

    /// Adds one of the rules that a RouterOS rule becomes.
    fn push(
        &mut self,
        side: &mut Side<'r>,
        chain: &Name,
        origin: Origin,
        comment: Option<&str>,
        rule: Result<LinuxRule, InvalidRule>,
    ) {
        match rule {
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
