//! Selectors that deal packets out.

use crate::expr::{Expr, Jhash, Numgen, NumgenMode, Payload};
use crate::matching::{Match, Operand, Test};
use crate::range::Ranges;
use crate::statement::{Statement, Verdict};
use crate::values::Values;
use crate::vmap::Vmap;

/// A selector that deals packets out to numbers below a modulus.
#[derive(Debug, Clone)]
pub struct Buckets {
    expr: Expr,
    modulus: u32,
}

impl Buckets {
    /// The packet got this number; `None` if no packet can get it.
    pub fn eq(self, bucket: u32) -> Option<Statement> {
        self.one_of(Ranges::from_iter([bucket]))
    }

    /// The packet did not get this number; `None` if no packet can get it.
    pub fn ne(self, bucket: u32) -> Option<Statement> {
        let values = self.values(Ranges::from_iter([bucket]))?;
        Some(Match::new(self.expr, Test::NotIn(Operand::Values(values))).into())
    }

    /// The packet got one of these numbers; `None` if there are none, or if no packet can get one of them.
    pub fn one_of(self, buckets: Ranges<u32>) -> Option<Statement> {
        let values = self.values(buckets)?;
        Some(Match::new(self.expr, Test::In(Operand::Values(values))).into())
    }

    /// A verdict for each number; `None` if there are none, if two verdicts are given for one number, or if
    /// no packet can get one of them.
    pub fn vmap(self, verdicts: impl IntoIterator<Item = (u32, Verdict)>) -> Option<Statement> {
        let verdicts: Option<Vec<_>> = verdicts
            .into_iter()
            .map(|(bucket, verdict)| Some((verdict, self.values(Ranges::from_iter([bucket]))?)))
            .collect();
        Vmap::new(self.expr, verdicts?).map(Statement::Vmap)
    }

    /// nft refuses a comparison with a number that the expression can't have.
    fn values(&self, buckets: Ranges<u32>) -> Option<Values> {
        let greatest = buckets.as_slice().last()?.high();
        (greatest < self.modulus).then_some(Values::Numbers(buckets))
    }
}

/// Deals packets out by a hash of these fields into `modulus` buckets of equal size.
///
/// `None` unless there are at least two buckets and a field, and the fields fit into 48 bytes, each filled up
/// to a multiple of four: with more, nft 1.0.6 runs out of registers and aborts. Both addresses and both
/// ports fit.
///
/// Rules that are to share packets among them need the same fields, modulus and seed.
pub fn jhash(over: impl IntoIterator<Item = Payload>, modulus: u32, seed: u32) -> Option<Buckets> {
    let over: Vec<Payload> = over.into_iter().collect();
    let size: usize = over.iter().map(|payload| payload.register_bytes()).sum();
    (modulus >= 2 && (1..=48).contains(&size))
        .then_some(Buckets { expr: Expr::Jhash(Jhash { over, modulus, seed }), modulus })
}

/// Deals packets out in turn, each rule with a counter of its own; `None` unless there are at least two
/// turns.
///
/// [`Rule::new`](crate::Rule::new) places such a match behind all others of the rule, so that it counts only
/// the packets that fit those.
pub fn numgen_inc(modulus: u32) -> Option<Buckets> {
    numgen(NumgenMode::Inc, modulus)
}

/// Deals packets out by lot, each number being as likely as any other; `None` unless there are at least two.
pub fn numgen_random(modulus: u32) -> Option<Buckets> {
    numgen(NumgenMode::Random, modulus)
}

fn numgen(mode: NumgenMode, modulus: u32) -> Option<Buckets> {
    (modulus >= 2).then_some(Buckets { expr: Expr::Numgen(Numgen { mode, modulus }), modulus })
}
