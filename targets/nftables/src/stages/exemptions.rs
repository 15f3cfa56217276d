//! Translations of two states side by side.
//!
//! Each packet is translated if one of the states translates it, the new one preferred, and is not if neither does. So what
//! only one state leaves alone (`accept` in front of its translations) asks the other state first, in a copy of that one's
//! chains: while routes change the packet may go either way, and must not leave as it came by the one on which it is
//! translated.

use super::reached;
use crate::sequence;
use crate::state::{Chain, ChainType, Table};
use crate::statement::{Statement, Verdict};
use crate::{Name, Rule};
use rosc_target::Origin;
use std::collections::{BTreeMap, BTreeSet};

/// One of the two states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Old,
    New,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Old => Self::New,
            Self::New => Self::Old,
        }
    }

    /// The name of a chain's copy. No chain of a state is called so: no name of theirs starts with two such words.
    fn copy_of(self, name: &Name) -> Name {
        let side = match self {
            Self::Old => "old",
            Self::New => "new",
        };
        Name::listed(&format!("stage_{side}_{name}"))
    }
}

/// The chains that translate, of both states, and with them the copies that they need.
pub(super) fn side_by_side(old: &Table, new: &Table, names: &BTreeSet<Name>) -> BTreeMap<Name, Chain> {
    let mut asked = BTreeSet::new();
    let mut chains = BTreeMap::new();
    for name in names {
        let bases = bases(old, new, name);
        // A chain of several hooks would have to ask a different one in each.
        let base = Some(&bases).filter(|bases| bases.len() == 1).and_then(BTreeSet::first);
        let is_base = base == Some(name);
        let mut rules = Vec::new();
        for (rule, side) in in_turn(old.chains.get(name), new.chains.get(name)) {
            let other = side.map(Side::other).zip(base).filter(|(other, base)| {
                let table = if *other == Side::Old { old } else { new };
                table.chains.contains_key(*base)
            });
            rules.push(match other {
                Some((other, base)) if exempts(rule, is_base) => {
                    asked.insert((other, base.clone()));
                    asking(rule, is_base, &other.copy_of(base))
                }
                Some(_) | None => rule.clone(),
            });
        }
        if let Some(chain) = new.chains.get(name).or_else(|| old.chains.get(name)) {
            chains.insert(name.clone(), Chain { rules, ..chain.clone() });
        }
    }
    for (side, base) in asked {
        let table = if side == Side::Old { old } else { new };
        for name in reached(table, [&base]) {
            if let Some(chain) = table.chains.get(&name) {
                chains.insert(side.copy_of(&name), copy(chain, side, name == base));
            }
        }
    }
    chains
}

/// The rules of both chains, new ones in front of the old ones in their place, each with the only state that has it there.
fn in_turn<'t>(old: Option<&'t Chain>, new: Option<&'t Chain>) -> Vec<(&'t Rule, Option<Side>)> {
    let of = |chain: Option<&'t Chain>| chain.map_or(&[][..], |chain| chain.rules.as_slice());
    let (old, new) = (of(old), of(new));
    let mut rules = Vec::with_capacity(old.len() + new.len());
    let mut next = 0;
    for hunk in sequence::compare(old, new, |_| true) {
        rules.extend(new[next..hunk.new.start].iter().map(|rule| (rule, None)));
        next = hunk.new.end;
        rules.extend(new[hunk.new].iter().map(|rule| (rule, Some(Side::New))));
        rules.extend(old[hunk.old].iter().map(|rule| (rule, Some(Side::Old))));
    }
    rules.extend(new[next..].iter().map(|rule| (rule, None)));
    rules
}

/// The chains of type nat from which packets come into a chain, in either state.
fn bases(old: &Table, new: &Table, name: &Name) -> BTreeSet<Name> {
    let of = |table: &Table| {
        let is_nat = |chain: &Chain| chain.hook.is_some_and(|hook| hook.kind == ChainType::Nat);
        let bases = table.chains.iter().filter(|(_, chain)| is_nat(chain)).map(|(base, _)| base);
        bases.filter(|base| reached(table, [*base]).contains(name)).cloned().collect::<BTreeSet<_>>()
    };
    &of(old) | &of(new)
}

/// Whether some packets end at the rule untranslated.
fn exempts(rule: &Rule, is_base: bool) -> bool {
    rule.statements().iter().any(|statement| match statement {
        Statement::Verdict(verdict) => ends(verdict, is_base),
        Statement::Vmap(vmap) => vmap.verdicts().iter().any(|(verdict, _)| ends(verdict, is_base)),
        _ => false,
    })
}

fn ends(verdict: &Verdict, is_base: bool) -> bool {
    match verdict {
        Verdict::Accept => true,
        Verdict::Return => is_base,
        Verdict::Drop | Verdict::Continue | Verdict::Jump(_) | Verdict::Goto(_) => false,
    }
}

/// The rule with packets that would end there going into another chain.
fn asking(rule: &Rule, is_base: bool, chain: &Name) -> Rule {
    rule.with_verdicts(
        |verdict| {
            if ends(verdict, is_base) { Verdict::Goto(chain.clone()) } else { verdict.clone() }
        },
    )
}

/// The chain as no hook comes to it; whoever gets to the end of its base is through.
fn copy(chain: &Chain, side: Side, is_base: bool) -> Chain {
    let verdict = |verdict: &Verdict| match verdict {
        Verdict::Jump(target) => Verdict::Jump(side.copy_of(target)),
        Verdict::Goto(target) => Verdict::Goto(side.copy_of(target)),
        Verdict::Return if is_base => Verdict::Accept,
        Verdict::Accept | Verdict::Drop | Verdict::Continue | Verdict::Return => verdict.clone(),
    };
    let mut rules: Vec<Rule> = chain.rules.iter().map(|rule| rule.with_verdicts(verdict)).collect();
    if is_base {
        rules.push(Rule::new(Origin::IMPLIED, [Verdict::Accept]).expect("a verdict is a rule"));
    }
    Chain { hook: None, rules, ..chain.clone() }
}
