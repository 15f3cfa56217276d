//! Which chains packets can come to, and what follows for their rules.

use super::super::{Resolver, diagnostics};
use crate::ir::ChainName;
use crate::ir::firewall::{Chain, Hook, RuleTable};
use rosc_target::Origin;
use std::collections::{BTreeMap, BTreeSet};

/// Where rules name the chains that they stand in.
pub(super) type ChainPlaces<H> = BTreeMap<Chain<H>, Vec<Origin>>;

/// From where the chains of a menu are reached.
pub(super) struct Reach<H> {
    hooks: BTreeMap<ChainName, BTreeSet<H>>,
}

impl<H: Hook> Reach<H> {
    /// The built-in chains by which packets come to a chain.
    pub(super) fn of(&self, chain: &Chain<H>) -> BTreeSet<H> {
        match chain {
            Chain::Base(hook) => BTreeSet::from([*hook]),
            Chain::Custom(name) => self.hooks.get(name).cloned().unwrap_or_default(),
        }
    }
}

/// Keeps chains that rules jump to, but whose own rules are all disabled or left out: such a jump comes back at once.
pub(super) fn keep_without_rules<H: Hook, A>(
    table: &mut RuleTable<H, A>,
    named: &BTreeSet<Chain<H>>,
    jump_of: impl Fn(&A) -> Option<&Chain<H>>,
) {
    let targets = table.chains.values().flatten().filter_map(|rule| jump_of(&rule.action));
    let kept: Vec<Chain<H>> = targets.filter(|target| named.contains(target)).cloned().collect();
    for chain in kept {
        table.chains.entry(chain).or_default();
    }
}

impl Resolver<'_, '_> {
    /// Follows the jumps of a menu. Jumps to chains without rules, jumps in a circle and chains that nothing jumps
    /// to are reported.
    pub(super) fn reach<H: Hook, A>(
        &mut self,
        table: &RuleTable<H, A>,
        places: &ChainPlaces<H>,
        jump_of: impl Fn(&A) -> Option<&Chain<H>>,
    ) -> Reach<H> {
        let mut jumps: BTreeMap<&Chain<H>, Vec<(&Chain<H>, Origin)>> = BTreeMap::new();
        for (chain, rules) in &table.chains {
            for rule in rules {
                let Some(target) = jump_of(&rule.action) else { continue };
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
        let mut hooks: BTreeMap<ChainName, BTreeSet<H>> = BTreeMap::new();
        for &hook in H::ALL {
            let base = Chain::Base(hook);
            let mut pending = vec![&base];
            while let Some(chain) = pending.pop() {
                for (target, _) in jumps.get(chain).into_iter().flatten() {
                    if let Chain::Custom(name) = target
                        && hooks.entry(name.clone()).or_default().insert(hook)
                    {
                        pending.push(target);
                    }
                }
            }
        }
        self.unreachable_chains(places, &hooks);
        Reach { hooks }
    }

    fn unreachable_chains<H: Hook>(
        &mut self,
        places: &ChainPlaces<H>,
        hooks: &BTreeMap<ChainName, BTreeSet<H>>,
    ) {
        for (chain, origins) in places {
            let Chain::Custom(name) = chain else { continue };
            if hooks.contains_key(name) {
                continue;
            }
            let others = places.keys().filter(|other| *other != chain).map(Chain::name);
            let known = H::ALL.iter().map(|hook| hook.name()).chain(others);
            self.diagnostics.push(diagnostics::unreachable_chain(name.as_str(), origins, known));
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
