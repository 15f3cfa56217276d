//! `psd`: sources that ask for one port after the other.
//!
//! nftables has no expression for it, but sets that count. A set of sources, each of which is forgotten when nothing new
//! has come from it for the delay, has a bucket for each that never fills again: from the unit on that would make the
//! weight full, it is over. A set of sources with ports lets the first packet to each port pass. A port that weighs more
//! than one takes a unit in as many rules, each with its own memory of ports: all but the last do nothing else, and stand
//! in front of the one that acts.

use super::Side;
use super::address::payload;
use super::counted::own_set;
use super::matchers::Alternatives;
use crate::ir::firewall::{AddressSide, Matchers, Protocol, Psd};
use crate::lower::{Context, diagnostics};
use rosc_nftables::select::{meta, port, tcp};
use rosc_nftables::{
    DynamicType, Interval, Key, KeyField, Lifetime, Limit, LimitPer, Payload, PortField, SetUpdate,
    Statement, TcpFlags, Transport,
};
use rosc_target::Origin;

/// More rules than this in front of one are refused.
const MOST_IN_FRONT: u32 = 10;

/// The ports that RouterOS calls low, and all others.
const LOW: (u16, u16) = (0, 1023);
const HIGH: (u16, u16) = (1024, u16::MAX);

/// The conditions that count what sources ask for.
pub(super) struct Scan {
    /// Those of the rules in front.
    pub(super) in_front: Vec<Alternatives>,
    /// Those of the rule itself, which hold for new ports once the weight is full.
    pub(super) last: Alternatives,
}

/// Weights as small as they can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Units {
    full: u32,
    low: u32,
    high: u32,
}

impl Units {
    fn of(psd: Psd) -> Self {
        let Psd { weight, delay: _, low_weight, high_weight } = psd;
        if weight == 0 {
            // Full from the beginning, whatever ports weigh.
            return Self { full: 1, low: 1, high: 1 };
        }
        let divisor = greatest_common_divisor(low_weight, high_weight).max(1);
        let full = weight.div_ceil(divisor);
        Self { full, low: (low_weight / divisor).min(full), high: (high_weight / divisor).min(full) }
    }

    /// The ports that take a unit in each of the rules, in their order; `None` is all ports.
    fn steps(self) -> impl Iterator<Item = Option<(u16, u16)>> {
        let (lighter, heavier, ports) =
            if self.low < self.high { (self.low, self.high, HIGH) } else { (self.high, self.low, LOW) };
        (0..heavier).map(move |step| (step < heavier - lighter).then_some(ports))
    }
}

impl<'r> Context<'r> {
    /// `psd`, if the rule asks for it; what takes too many rules is reported.
    pub(super) fn psd(&mut self, side: &mut Side<'r>, matchers: &Matchers, origin: Origin) -> Option<Scan> {
        let psd = matchers.circumstances.psd?;
        let units = Units::of(psd);
        let in_front = units.low.max(units.high).saturating_sub(1);
        if in_front > MOST_IN_FRONT {
            let message = format!("psd with these weights of ports takes {} rules on Linux", in_front + 1);
            let help = "write weights up to 11, or with a common divisor, and the sum in proportion";
            self.diagnostics.push(diagnostics::no_linux_form(message, origin, help));
            return None;
        }
        if (units.low == 0) != (units.high == 0) {
            let message = "psd with ports that weigh nothing, which never match on Linux";
            let help = "on RouterOS they match too, once other ports have made up the sum";
            self.diagnostics.push(diagnostics::differs(message, origin, help));
        }
        let sum = match units.full {
            0 | 1 => None,
            full => match Limit::packets(1, LimitPer::Week, full - 1) {
                Ok(limit) => Some(limit.over()),
                Err(error) => {
                    let help = "write a smaller sum of weights";
                    self.diagnostics.push(diagnostics::no_linux_form(error.to_string(), origin, help));
                    return None;
                }
            },
        };
        let step = |(step, ports)| of_step(side, matchers, origin, psd, step, ports, sum);
        let mut steps: Vec<Alternatives> = units.steps().enumerate().map(step).collect();
        // Where no port weighs anything, the sum is never reached.
        let last = steps.pop().unwrap_or_default();
        Some(Scan { in_front: steps, last })
    }
}

/// A new port takes a unit: one alternative for each protocol whose ports count.
fn of_step(
    side: &mut Side<'_>,
    matchers: &Matchers,
    origin: Origin,
    psd: Psd,
    step: usize,
    ports: Option<(u16, u16)>,
    sum: Option<Limit>,
) -> Alternatives {
    let once = Limit::packets(1, LimitPer::Week, 1).expect("one packet in a week is possible");
    let source = KeyField::whole(payload(side.family, AddressSide::Source)).expect("an address");
    let destination = KeyField::whole(Payload::Port(Transport::Any, PortField::Dport)).expect("a port");
    let source_and_port = Key::new([source, destination]).expect("an address and a port fit into a key");
    let mut alternatives = Vec::new();
    for (protocol, transport, prefix) in
        [(Protocol::TCP, Transport::Tcp, "pt"), (Protocol::UDP, Transport::Udp, "pu")]
    {
        if !matchers.protocol.as_ref().is_none_or(|asked| asked.holds(|asked| *asked == protocol)) {
            continue;
        }
        let mut conditions = vec![meta::l4proto().eq(rosc_nftables::Protocol(protocol.0))];
        if protocol == Protocol::TCP {
            conditions.push(tcp::flags().none_of(TcpFlags::ACK | TcpFlags::RST));
        }
        if let Some((first, last)) = ports {
            conditions.push(port::dport(transport).eq(Interval::new(first, last).expect("in that order")));
        }
        let known = DynamicType::new(&source_and_port, Lifetime::Timed);
        let known = own_set(side, &format!("{prefix}{step}"), matchers, origin, known);
        let is_new = SetUpdate::add(&known, source_and_port.clone(), Some(psd.delay)).with_limit(once);
        conditions.push(is_new.into());
        if let Some(sum) = sum {
            let key = Key::from(source);
            let sources = DynamicType::new(&key, Lifetime::Timed);
            let sources = own_set(side, "ps", matchers, origin, sources);
            let unit: Statement = SetUpdate::update(&sources, key, Some(psd.delay)).with_limit(sum).into();
            conditions.push(unit);
        }
        alternatives.push(conditions);
    }
    alternatives
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn units(weight: u32, low_weight: u32, high_weight: u32) -> Units {
        Units::of(Psd { weight, delay: NonZeroU32::MIN, low_weight, high_weight })
    }

    #[test]
    fn weights_are_as_small_as_they_can_be() {
        assert_eq!(units(21, 3, 1), Units { full: 21, low: 3, high: 1 });
        assert_eq!(units(25, 10, 5), Units { full: 5, low: 2, high: 1 });
        // The sum is reached by 15 and not by 10.
        assert_eq!(units(11, 10, 5), Units { full: 3, low: 2, high: 1 });
        // One low port is enough, whatever more it weighs.
        assert_eq!(units(2, 100, 1), Units { full: 2, low: 2, high: 1 });
        assert_eq!(units(0, 0, 7), Units { full: 1, low: 1, high: 1 });
        assert_eq!(units(5, 0, 0), Units { full: 5, low: 0, high: 0 });
    }

    #[test]
    fn a_port_takes_as_many_units_as_it_weighs() {
        let steps = |low, high| units(100, low, high).steps().collect::<Vec<_>>();
        assert_eq!(steps(3, 1), [Some(LOW), Some(LOW), None]);
        assert_eq!(steps(2, 3), [Some(HIGH), None, None]);
        assert_eq!(steps(1, 1), [None]);
        assert_eq!(steps(0, 4), [Some(HIGH)]);
        assert_eq!(steps(0, 0), []);
    }
}
