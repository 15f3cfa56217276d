//! Verdict maps: one look-up instead of a rule for each value.

use crate::expr::Expr;
use crate::matching::Match;
use crate::statement::Verdict;
use crate::values::Values;
use std::collections::BTreeMap;

/// A verdict for each value of an expression; packets with other values go on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Vmap {
    pub(crate) key: Expr,
    /// Sorted by verdict, each verdict once, no value twice.
    pub(crate) verdicts: Vec<(Verdict, Values)>,
}

impl Vmap {
    /// Returns the map; `None` if there is no value, or if two verdicts are given for one value.
    pub(crate) fn new(key: Expr, verdicts: impl IntoIterator<Item = (Verdict, Values)>) -> Option<Self> {
        let mut by_verdict: BTreeMap<Verdict, Vec<Values>> = BTreeMap::new();
        for (verdict, values) in verdicts {
            by_verdict.entry(verdict).or_default().push(values);
        }
        let merged =
            by_verdict.into_iter().filter_map(|(verdict, all)| Some((verdict, Values::merged(all)?)));
        let merged: Vec<(Verdict, Values)> = merged.collect();
        let ambiguous = merged.iter().enumerate().any(|(index, (_, values))| {
            merged[index + 1..].iter().any(|(_, others)| !values.is_disjoint(others))
        });
        (!merged.is_empty() && !ambiguous).then_some(Self { key: canonical_key(key), verdicts: merged })
    }

    /// What is looked up.
    pub fn key(&self) -> &Expr {
        &self.key
    }

    /// Returns the map with other verdicts.
    pub(crate) fn with_verdicts(&self, verdict: impl Fn(&Verdict) -> Verdict) -> Self {
        let verdicts = self.verdicts.iter().map(|(before, values)| (verdict(before), values.clone()));
        Self::new(self.key.clone(), verdicts).expect("the values are those of a map")
    }

    /// Returns each interval of values with its verdict, ascending by value, as nft lists them.
    pub(crate) fn cases(&self) -> Vec<(Values, &Verdict)> {
        let mut cases: Vec<(Values, &Verdict)> = Vec::new();
        for (verdict, values) in &self.verdicts {
            cases.extend(values.split().into_iter().map(|values| (values, verdict)));
        }
        cases.sort();
        cases
    }

    /// The verdicts with their values: each verdict once, no value twice.
    pub fn verdicts(&self) -> &[(Verdict, Values)] {
        &self.verdicts
    }
}

/// A key loses a mask that covers all bits, as the left side of a match does.
fn canonical_key(key: Expr) -> Expr {
    match key {
        Expr::Masked(inner, mask) if Match::mask_covers(&inner, mask) => *inner,
        other => other,
    }
}
