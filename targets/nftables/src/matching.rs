//! Matches: conditions that a packet has to fulfil for a rule to go on.

use crate::bits::TcpFlags;
use crate::datatype::Datatype;
use crate::expr::Expr;
use crate::name::Name;
use crate::range::Ranges;
use crate::values::Values;

/// A condition on one expression, in its canonical form.
///
/// Two matches that nft lists alike are equal, so comparing rules is plain comparison. A match is made by a
/// [selector](crate::select).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Match {
    pub(crate) left: Expr,
    pub(crate) test: Test,
}

/// What the value of an expression is compared with.
///
/// There is no "less" and "greater": they are intervals here. nft 1.0.6 lists `ip ttl < 249 ip ttl > 217` as
/// `ip ttl != 249-217`, which is another rule and no interval.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Test {
    /// It is one of them.
    In(Operand),
    /// It is none of them.
    NotIn(Operand),
    /// At least one of these bits is set in it.
    AnyOf(u32),
    /// None of these bits is set in it.
    NoneOf(u32),
}

/// The values of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operand {
    /// Written down in the rule itself.
    Values(Values),
    /// The elements of a set.
    Set(Name),
}

impl Match {
    /// Returns the match in its canonical form.
    pub(crate) fn new(left: Expr, test: Test) -> Self {
        let left = match left {
            Expr::Masked(inner, mask) if Self::mask_covers(&inner, mask) => *inner,
            other => other,
        };
        match left {
            Expr::Masked(inner, mask) if inner.datatype().is_flags() => masked_flags(*inner, mask, test),
            // The field has no other bits, so this is a test under a mask of all of them.
            left if left.datatype() == Datatype::TcpFlag => match masked_flags(left, TcpFlags::MASK, test) {
                Self { left: Expr::Masked(inner, TcpFlags::MASK), test } => Self { left: *inner, test },
                simple => simple,
            },
            left if left.datatype() == Datatype::Boolean => Self { left, test: yes_or_no(test) },
            left => Self { left, test },
        }
    }

    /// Says whether a mask leaves all bits of the expression, so that nft lists none.
    pub(crate) fn mask_covers(inner: &Expr, mask: u32) -> bool {
        let all = if inner.datatype() == Datatype::TcpFlag { TcpFlags::MASK } else { u32::MAX };
        mask & all == all
    }

    /// What is compared.
    pub fn left(&self) -> &Expr {
        &self.left
    }

    /// What it is compared with.
    pub fn test(&self) -> &Test {
        &self.test
    }

    /// Returns the values that the match compares with.
    pub(crate) fn values(&self) -> Option<&Values> {
        match &self.test {
            Test::In(Operand::Values(values)) | Test::NotIn(Operand::Values(values)) => Some(values),
            Test::In(Operand::Set(_)) | Test::NotIn(Operand::Set(_)) => None,
            Test::AnyOf(_) | Test::NoneOf(_) => None,
        }
    }

    /// Returns the name of the set that the match looks into.
    pub(crate) fn set(&self) -> Option<&Name> {
        match &self.test {
            Test::In(Operand::Set(name)) | Test::NotIn(Operand::Set(name)) => Some(name),
            Test::In(Operand::Values(_)) | Test::NotIn(Operand::Values(_)) => None,
            Test::AnyOf(_) | Test::NoneOf(_) => None,
        }
    }
}

/// To be unequal to one of two values is to be equal to the other one.
fn yes_or_no(test: Test) -> Test {
    let unequal_to = match &test {
        Test::NotIn(Operand::Values(values)) => values.single_number(),
        Test::NotIn(Operand::Set(_)) | Test::In(_) | Test::AnyOf(_) | Test::NoneOf(_) => None,
    };
    match unequal_to {
        Some(number @ (0 | 1)) => Test::In(Operand::Values(Values::Numbers(Ranges::from_iter([1 - number])))),
        Some(_) | None => test,
    }
}

/// nft lists `tcp flags & (syn | ack) == 0` as `tcp flags ! syn,ack`; and where the mask is a single bit,
/// both ways to ask for it mean the same.
fn masked_flags(left: Expr, mask: u32, test: Test) -> Match {
    let (number, is_in) = match &test {
        Test::In(Operand::Values(values)) => (values.single_number(), true),
        Test::NotIn(Operand::Values(values)) => (values.single_number(), false),
        Test::In(Operand::Set(_)) | Test::NotIn(Operand::Set(_)) => (None, true),
        Test::AnyOf(_) | Test::NoneOf(_) => (None, true),
    };
    let simple = match number {
        Some(0) => Some(if is_in { Test::NoneOf(mask) } else { Test::AnyOf(mask) }),
        Some(number) if number == mask && mask.is_power_of_two() => {
            Some(if is_in { Test::AnyOf(mask) } else { Test::NoneOf(mask) })
        }
        Some(_) | None => None,
    };
    match simple {
        Some(test) => Match { left, test },
        None => Match { left: Expr::Masked(Box::new(left), mask), test },
    }
}
