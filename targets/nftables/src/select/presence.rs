//! Selectors for what is there or not.

use crate::datatype::Datatype;
use crate::expr::Expr;
use crate::matching::{Match, Operand, Test};
use crate::range::Ranges;
use crate::statement::Statement;
use crate::values::Values;

/// Something that a packet has or not.
#[derive(Debug, Clone)]
pub struct Presence(Expr);

impl Presence {
    /// What nft takes for a yes or no, or for a number that is zero if there is nothing.
    pub(super) fn of(expr: Expr) -> Self {
        Self(expr)
    }

    /// It is there.
    pub fn exists(self) -> Statement {
        let number = |number| Operand::Values(Values::Numbers(Ranges::from_iter([number])));
        let test = match self.0.datatype() {
            Datatype::Boolean => Test::In(number(1)),
            _ => Test::NotIn(number(0)),
        };
        Match::new(self.0, test).into()
    }

    /// It is not there.
    pub fn missing(self) -> Statement {
        let zero = Operand::Values(Values::Numbers(Ranges::from_iter([0])));
        Match::new(self.0, Test::In(zero)).into()
    }
}
