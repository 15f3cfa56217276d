//! What nft 1.0.6 would merge into something else.
//!
//! It makes one comparison of two ports of a header, `tcp sport != 50 tcp dport != 60`, as it does for `==`. But two
//! values are unequal to two others as soon as one of them is, so that the rule lets pass what neither half does, in
//! whichever order they stand. It merges plain values only: one half is written as all values but that one.

use crate::expr::{Expr, Payload};
use crate::interval::Interval;
use crate::matching::{Match, Operand, Test};
use crate::range::Ranges;
use crate::statement::Statement;
use crate::values::Values;

/// Writes the second of two neighbouring ports that must be unequal to a value as all others.
pub(crate) fn keep_apart(statements: &mut [Statement]) {
    for place in 1..statements.len() {
        let (before, from) = statements.split_at_mut(place);
        let (Some(before), Some(Statement::Match(condition))) = (before.last(), from.first_mut()) else {
            continue;
        };
        if let Statement::Match(before) = before
            && unequal_port(before).is_some()
            && let Some(port) = unequal_port(condition)
        {
            condition.test = Test::In(Operand::Values(Values::Numbers(all_but(port))));
        }
    }
}

fn unequal_port(condition: &Match) -> Option<u32> {
    match condition {
        Match { left: Expr::Payload(Payload::Port(..)), test: Test::NotIn(Operand::Values(values)) } => {
            values.single_number()
        }
        _ => None,
    }
}

fn all_but(port: u32) -> Ranges<u32> {
    const LAST: u32 = 0xffff;
    let below = port.checked_sub(1).and_then(|last| Interval::new(0, last));
    let above = Interval::new(port + 1, LAST);
    below.into_iter().chain(above).collect()
}

#[cfg(test)]
mod tests {
    use crate::select::port;
    use crate::{Rule, Statement, Transport, Verdict};
    use rosc_target::Origin;

    #[test]
    fn two_ports_are_not_unequal_to_values_side_by_side() {
        let statements: Vec<Statement> = vec![
            port::sport(Transport::Tcp).ne(50),
            port::dport(Transport::Tcp).ne(0),
            Verdict::Accept.into(),
        ];
        let rule = Rule::new(Origin::IMPLIED, statements).expect("a rule");
        assert_eq!(rule.to_string(), "tcp sport != 50 tcp dport 1-65535 counter accept");
    }
}
