//! By which built-in chains packets come to a chain.

use super::{Chain, Hook, RuleTable};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// From where the custom chains of a menu are reached.
#[derive(Debug)]
pub struct Reach<'t, H> {
    hooks: BTreeMap<&'t Chain<H>, BTreeSet<H>>,
}

impl<H: Hook> Reach<'_, H> {
    /// The built-in chains by which packets come to a chain; of a built-in one, itself.
    pub fn of(&self, chain: &Chain<H>) -> BTreeSet<H> {
        match chain {
            Chain::Base(hook) => BTreeSet::from([*hook]),
            Chain::Custom(_) => self.hooks.get(chain).cloned().unwrap_or_default(),
        }
    }

    /// Whether packets come to a chain by a built-in one that fits.
    pub fn comes_by(&self, chain: &Chain<H>, fits: impl Fn(H) -> bool) -> bool {
        match chain {
            Chain::Base(hook) => fits(*hook),
            Chain::Custom(_) => {
                self.hooks.get(chain).is_some_and(|hooks| hooks.iter().any(|hook| fits(*hook)))
            }
        }
    }

    /// Whether packets come to a chain by one built-in chain alone, if they come at all.
    pub fn is_of(&self, hook: H, chain: &Chain<H>) -> bool {
        !self.comes_by(chain, |other| other != hook)
    }

    /// Whether packets come to a chain at all.
    pub fn has(&self, chain: &Chain<H>) -> bool {
        matches!(chain, Chain::Base(_)) || self.hooks.contains_key(chain)
    }
}

impl<'t, H: Hook> Reach<'t, H> {
    /// The names of the chains to which packets come by one built-in chain alone, and of that one.
    pub fn led_to_by(&self, hook: H) -> HashSet<&'t str> {
        let alone = self.hooks.keys().filter(|chain| self.is_of(hook, chain));
        alone.map(|chain| chain.name()).chain([hook.name()]).collect()
    }
}

impl<H: Hook, A> RuleTable<H, A> {
    /// Follows the jumps from the built-in chains. Chains that are not there lead nowhere.
    pub fn reach(&self) -> Reach<'_, H> {
        let mut hooks: BTreeMap<&Chain<H>, BTreeSet<H>> = BTreeMap::new();
        for &hook in H::ALL {
            let mut pending: Vec<&Chain<H>> =
                self.chains.keys().filter(|chain| **chain == Chain::Base(hook)).collect();
            while let Some(chain) = pending.pop() {
                for rule in self.chains.get(chain).into_iter().flatten() {
                    let target =
                        rule.action.jump_target().and_then(|target| self.chains.get_key_value(target));
                    if let Some((target @ Chain::Custom(_), _)) = target
                        && hooks.entry(target).or_default().insert(hook)
                    {
                        pending.push(target);
                    }
                }
            }
        }
        Reach { hooks }
    }
}
