//! Which chains packets can come to, and what follows for their rules.

use super::super::{Resolver, diagnostics};
use crate::catalog::Field;
use crate::ir::firewall::{Chain, Hook, Rule, RuleTable};
use rosc_target::Origin;
use std::collections::{BTreeMap, BTreeSet};

/// The rules of a menu while they are read.
pub(super) struct Chains<H: Hook, A> {
    table: RuleTable<H, A>,
    /// Where rules name the chains that they stand in.
    places: BTreeMap<Chain<H>, Vec<Origin>>,
    /// Every chain that an item names, whatever becomes of the item.
    named: BTreeSet<Chain<H>>,
    /// Where the rule that is being read leads, until it is added.
    leads_to: Option<Chain<H>>,
    /// Where rules with mistakes would lead, which are left out: their chains are no mistakes too.
    left_out: BTreeSet<Chain<H>>,
}

impl<H: Hook, A> Chains<H, A> {
    pub(super) fn new() -> Self {
        Self {
            table: RuleTable::default(),
            places: BTreeMap::new(),
            named: BTreeSet::new(),
            leads_to: None,
            left_out: BTreeSet::new(),
        }
    }

    /// Notes that there is an item for a chain.
    pub(super) fn name(&mut self, chain: &Field<String>) {
        self.named.extend(chain.value.as_deref().map(Chain::named));
    }

    /// Notes where a rule that is not disabled would lead.
    pub(super) fn leads_to(&mut self, target: &Field<String>) {
        let target = target.value.as_deref().map(Chain::named);
        self.left_out.extend(std::mem::replace(&mut self.leads_to, target));
    }

    /// Adds a rule; `place` is where it names its chain.
    pub(super) fn push(&mut self, chain: &str, place: Origin, rule: Rule<H, A>) {
        let chain = Chain::named(chain);
        self.leads_to = None;
        self.places.entry(chain.clone()).or_default().push(place);
        self.table.chains.entry(chain).or_default().push(rule);
    }

    /// Keeps chains that rules jump to, but whose own rules are all disabled or left out: such a jump comes back at
    /// once.
    fn keep_without_rules(&mut self) {
        let targets = self.table.chains.values().flatten().filter_map(|rule| rule.action.jump_target());
        let kept: Vec<Chain<H>> = targets.filter(|target| self.named.contains(target)).cloned().collect();
        for chain in kept {
            self.table.chains.entry(chain).or_default();
        }
    }
}

impl Resolver<'_, '_> {
    /// Ends the reading of a menu. Jumps to chains without rules, jumps in a circle and chains that nothing jumps to are
    /// reported.
    pub(super) fn finished<H: Hook, A>(&mut self, mut chains: Chains<H, A>) -> RuleTable<H, A> {
        chains.keep_without_rules();
        let Chains { table, places, named: _, leads_to, left_out } = chains;
        let mut jumps: BTreeMap<&Chain<H>, Vec<(&Chain<H>, Origin)>> = BTreeMap::new();
        for (chain, rules) in &table.chains {
            for rule in rules {
                let Some(target) = rule.action.jump_target() else { continue };
                if table.chains.contains_key(target) {
                    jumps.entry(chain).or_default().push((target, rule.origin));
                } else {
                    let known = table.chains.keys().map(Chain::name);
                    let declare = format!("add a rule with chain={}", target.name());
                    self.diagnostics.push(diagnostics::dangling(
                        "chain",
                        target.name(),
                        rule.origin,
                        known,
                        &declare,
                    ));
                }
            }
        }
        self.jump_loops(&jumps);
        let mut unreached = places;
        let reach = table.reach();
        unreached.retain(|chain, _| !reach.has(chain));
        let mut pending: Vec<Chain<H>> = left_out.into_iter().chain(leads_to).collect();
        while let Some(chain) = pending.pop() {
            if unreached.remove(&chain).is_some() {
                pending.extend(jumps.get(&chain).into_iter().flatten().map(|(target, _)| (*target).clone()));
            }
        }
        self.unreachable_chains(&unreached, &table);
        table
    }

    fn unreachable_chains<H: Hook, A>(
        &mut self,
        unreached: &BTreeMap<Chain<H>, Vec<Origin>>,
        table: &RuleTable<H, A>,
    ) {
        for (chain, origins) in unreached {
            let others = table.chains.keys().filter(|other| *other != chain).map(Chain::name);
            let known = H::ALL.iter().map(|hook| hook.name()).chain(others);
            self.diagnostics.push(diagnostics::unreachable_chain(chain.name(), origins, known));
        }
    }

    /// Reports each jump that leads back to a chain on the way to it.
    fn jump_loops<H: Hook>(&mut self, jumps: &BTreeMap<&Chain<H>, Vec<(&Chain<H>, Origin)>>) {
        let mut done: BTreeSet<&Chain<H>> = BTreeSet::new();
        for &start in jumps.keys() {
            // Each entry: a chain on the way, and how many of its jumps have been followed.
            let mut way: Vec<(&Chain<H>, usize)> = vec![(start, 0)];
            while let Some((chain, followed)) = way.last_mut() {
                let next = jumps.get(*chain).and_then(|targets| targets.get(*followed));
                *followed += 1;
                match next {
                    None => {
                        done.insert(chain);
                        way.pop();
                    }
                    Some((target, _)) if done.contains(target) => {}
                    Some((target, origin)) => match way.iter().position(|(seen, _)| seen == target) {
                        Some(from) => {
                            let circle = way[from..].iter().map(|(chain, _)| chain.name());
                            let circle: Vec<&str> = circle.chain([target.name()]).collect();
                            self.diagnostics.push(diagnostics::jump_loop(&circle.join(" -> "), *origin));
                        }
                        None => way.push((target, 0)),
                    },
                }
            }
        }
    }
}
