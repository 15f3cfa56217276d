//! What nft 1.0.6 would merge into something else.
//!
//! It makes one comparison of two neighbouring fields of a header, `tcp sport != 50 tcp dport != 60`, as it does for
//! `==`. But two values are unequal to two others as soon as one of them is, so that the rule lets pass what neither
//! half does, in whichever order they stand and whatever stands between them. It merges plain values only: one half is
//! written as all values but that one.

use crate::expr::{Expr, IcmpField, IpField, Payload, PortField};
use crate::interval::Interval;
use crate::matching::{Match, Operand, Test};
use crate::range::Ranges;
use crate::statement::Statement;
use crate::values::Values;

/// Writes fields that must be unequal to a value as all other values, where the neighbouring field must be unequal as well.
pub(crate) fn keep_apart(statements: &mut [Statement]) {
    for (first, second) in NEIGHBOURS {
        if statements.iter().any(|statement| unequal_to(statement, first).is_some()) {
            for statement in statements.iter_mut() {
                if let Some(value) = unequal_to(statement, second)
                    && let Statement::Match(condition) = statement
                {
                    let others = all_but(value, condition.left.greatest());
                    condition.test = Test::In(Operand::Values(Values::Numbers(others)));
                }
            }
        }
    }
}

/// Says whether a payload is a certain field.
type IsField = fn(&Payload) -> bool;

/// The fields that follow each other without a gap, and that nft merges. It does not merge the two addresses: together
/// they are longer than what the kernel compares at once.
const NEIGHBOURS: [(IsField, IsField); 4] = [
    (
        |field| matches!(field, Payload::Port(_, PortField::Sport)),
        |field| matches!(field, Payload::Port(_, PortField::Dport)),
    ),
    (
        |field| matches!(field, Payload::Icmp(IcmpField::Type)),
        |field| matches!(field, Payload::Icmp(IcmpField::Code)),
    ),
    (
        |field| matches!(field, Payload::Icmpv6(IcmpField::Type)),
        |field| matches!(field, Payload::Icmpv6(IcmpField::Code)),
    ),
    // The time to live is the one to be written otherwise: nft has no form for a range of protocols.
    (
        |field| matches!(field, Payload::Ip(IpField::Protocol)),
        |field| matches!(field, Payload::Ip(IpField::Ttl)),
    ),
];

/// Returns the single value to which the statement wants that field to be unequal.
fn unequal_to(statement: &Statement, is_field: IsField) -> Option<u32> {
    match statement {
        Statement::Match(Match {
            left: Expr::Payload(field),
            test: Test::NotIn(Operand::Values(values)),
        }) if is_field(field) => values.single_number(),
        _ => None,
    }
}

fn all_but(value: u32, last: u32) -> Ranges<u32> {
    let below = value.checked_sub(1).and_then(|before| Interval::new(0, before));
    let above = value.checked_add(1).and_then(|behind| Interval::new(behind, last));
    below.into_iter().chain(above).collect()
}

#[cfg(test)]
mod tests {
    use crate::select::{icmp, ip, port};
    use crate::{Protocol, Rule, Statement, Transport, Verdict};
    use rosc_target::Origin;

    fn made(statements: impl IntoIterator<Item = Statement>) -> String {
        Rule::new(Origin::IMPLIED, statements).expect("a rule").to_string()
    }

    #[test]
    fn two_ports_are_not_unequal_to_values_side_by_side() {
        let statements =
            [port::sport(Transport::Tcp).ne(50), port::dport(Transport::Tcp).ne(0), Verdict::Accept.into()];
        assert_eq!(made(statements), "tcp sport != 50 tcp dport 1-65535 counter accept");
    }

    #[test]
    fn all_of_several_ports_are_kept_apart_from_the_other() {
        let dport = || port::dport(Transport::Udp);
        let statements = [dport().ne(7), port::sport(Transport::Udp).ne(4), dport().ne(0xffff)];
        assert_eq!(made(statements), "udp sport != 4 udp dport { 0-6, 8-65535 } udp dport 0-65534 counter");
        assert_eq!(made([dport().ne(7), dport().ne(6)]), "udp dport != 6 udp dport != 7 counter");
    }

    #[test]
    fn a_type_of_icmp_is_kept_apart_from_the_code() {
        let statements = [icmp::type_().ne(3), icmp::code().ne(0)];
        assert_eq!(made(statements), "icmp type != 3 icmp code 1-255 counter");
    }

    #[test]
    fn a_protocol_is_kept_apart_from_the_time_to_live() {
        let statements = [ip::protocol().ne(Protocol(47)), ip::ttl().ne(1)];
        assert_eq!(made(statements), "ip protocol != 47 ip ttl { 0, 2-255 } counter");
    }
}
