//! The rules of a menu, with jumps that are followed by number.

use super::step::End;
use crate::ir::firewall::{Chain, Hook, Rule, RuleTable};
use std::collections::BTreeMap;

/// The chains of a menu.
#[derive(Debug)]
pub(super) struct Chains<'r, H, A> {
    chains: Vec<Numbered<'r, H, A>>,
    base: BTreeMap<H, usize>,
}

#[derive(Debug)]
struct Numbered<'r, H, A> {
    chain: &'r Chain<H>,
    rules: Vec<Known<'r, H, A>>,
}

/// A rule with what a trace has to know of it.
#[derive(Debug)]
pub(super) struct Known<'r, H, A> {
    pub(super) rule: &'r Rule<H, A>,
    /// Its number among all rules of the router.
    pub(super) number: usize,
    /// The chain that it jumps to.
    target: Option<usize>,
}

/// What comes after a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// The next rule.
    Next,
    /// The chain that the rule jumps to.
    Jump,
    /// The rule behind the jump that led here.
    Return,
    /// Nothing more of this menu here.
    End,
}

impl<'r, H: Hook, A> Chains<'r, H, A> {
    /// Numbers the rules of a menu from `first` on.
    pub(super) fn new(table: &'r RuleTable<H, A>, first: usize) -> Self {
        let places: BTreeMap<&Chain<H>, usize> = table.chains.keys().zip(0..).collect();
        let mut number = first;
        let mut chains = Vec::with_capacity(places.len());
        for (chain, rules) in &table.chains {
            let mut known = Vec::with_capacity(rules.len());
            for rule in rules {
                let target = rule.action.jump_target().and_then(|target| places.get(target).copied());
                known.push(Known { rule, number, target });
                number += 1;
            }
            chains.push(Numbered { chain, rules: known });
        }
        let base = places.iter().filter_map(|(chain, place)| match chain {
            Chain::Base(hook) => Some((*hook, *place)),
            Chain::Custom(_) => None,
        });
        Self { base: base.collect(), chains }
    }

    /// How many rules there are.
    pub(super) fn len(&self) -> usize {
        self.chains.iter().map(|chain| chain.rules.len()).sum()
    }

    /// Leads through the rules of a built-in chain, each with the name of the chain that it stands in.
    pub(super) fn walk(
        &self,
        hook: H,
        mut visit: impl FnMut(&'r str, &Known<'r, H, A>) -> Result<Then, End<'r>>,
    ) -> Result<(), End<'r>> {
        let Some(&start) = self.base.get(&hook) else { return Ok(()) };
        let mut callers: Vec<(usize, usize)> = Vec::new();
        let mut here = (start, 0);
        loop {
            let (place, position) = here;
            let chain = &self.chains[place];
            let then = match chain.rules.get(position) {
                Some(known) => visit(chain.chain.name(), known)?,
                None => Then::Return,
            };
            here = match then {
                Then::Next => (place, position + 1),
                // A jump to a chain without rules leads nowhere; a circle of jumps is refused before any trace.
                Then::Jump => match chain.rules[position].target {
                    Some(target) if callers.len() < self.chains.len() => {
                        callers.push((place, position + 1));
                        (target, 0)
                    }
                    _ => (place, position + 1),
                },
                Then::Return => match callers.pop() {
                    Some(caller) => caller,
                    None => return Ok(()),
                },
                Then::End => return Ok(()),
            };
        }
    }
}
