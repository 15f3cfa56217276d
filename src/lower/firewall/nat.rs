//! NAT rules.

use super::chain::{Placed, chain_name};
use super::{Side, reached_from};
use crate::ir::firewall::{Chain, IpRange, NatAction, NatHook, NatTarget, PortRange};
use crate::lower::Context;
use rosc_nftables::{Interval, Nat, NatAddresses, NatFlags, NatTo, Statement, Verdict};

impl<'r> Context<'r> {
    pub(super) fn nat(&mut self, side: &mut Side<'r>) {
        let table = &side.firewall.nat;
        let sources = reached_from(table, NatHook::translates_source, |action| match action {
            NatAction::Jump(target) => Some(target),
            _ => None,
        });
        for (chain, rules) in &table.chains {
            let name = chain_name(chain);
            if let Chain::Base(hook) = chain {
                side.table.chain(&name).hook = Some(hook.place());
            }
            side.table.chain(&name).origin = rules.first().map(|rule| rule.origin).unwrap_or_default();
            for rule in rules {
                let conditions = self.alternatives(side, &rule.matchers, rule.origin);
                let action = nat_action(&rule.action, sources.contains(chain));
                self.push(side, &name, rule.origin, rule.comment.as_deref(), conditions, &action);
            }
        }
    }
}

/// `is_source` says which side of the connection the chain translates, for actions that do either.
fn nat_action(action: &NatAction, is_source: bool) -> Vec<Statement> {
    let flags = NatFlags::NONE;
    let statement: Statement = match action {
        NatAction::Accept => Verdict::Accept.into(),
        NatAction::Return => Verdict::Return.into(),
        NatAction::Passthrough => return Vec::new(),
        NatAction::Jump(target) => Verdict::Jump(chain_name(target)).into(),
        NatAction::Masquerade { to_ports } => Nat::Masquerade(to_ports.map(interval), flags).into(),
        NatAction::Redirect { to_ports } => Nat::Redirect(to_ports.map(interval), flags).into(),
        NatAction::SrcNat(target) => Nat::Snat(translated(*target), flags).into(),
        NatAction::DstNat(target) => Nat::Dnat(translated(*target), flags).into(),
        NatAction::Netmap(prefix) if is_source => Nat::SnatPrefix((*prefix).into()).into(),
        NatAction::Netmap(prefix) => Nat::DnatPrefix((*prefix).into()).into(),
    };
    vec![statement]
}

fn translated(target: NatTarget) -> NatTo {
    match target {
        NatTarget::Addresses(addresses) => NatTo::Addresses(addresses_of(addresses)),
        NatTarget::Ports(ports) => NatTo::Ports(interval(ports)),
        NatTarget::AddressesAndPorts(addresses, ports) => {
            NatTo::AddressesAndPorts(addresses_of(addresses), interval(ports))
        }
    }
}

fn addresses_of(range: IpRange) -> NatAddresses {
    const ORDERED: &str = "a range begins before it ends";
    match range {
        IpRange::V4(first, last) => Interval::new(first, last).expect(ORDERED).into(),
        IpRange::V6(first, last) => Interval::new(first, last).expect(ORDERED).into(),
    }
}

fn interval(ports: PortRange) -> Interval<u16> {
    Interval::new(ports.first(), ports.last()).expect("port ranges begin before they end")
}
