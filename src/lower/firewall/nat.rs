//! NAT rules.

use super::Side;
use super::chain::chain_name;
use crate::ir::firewall::{IpRange, NatAction, NatHook, NatTarget, PortRange};
use crate::lower::Context;
use rosc_nftables::{Interval, Nat, NatAddresses, NatFlags, NatTo, Statement, Verdict};

impl<'r> Context<'r> {
    pub(super) fn nat(&mut self, side: &mut Side<'r>) {
        let table = &side.firewall.nat;
        let reach = table.reach();
        self.menu(side, table, |_, chain, rule| {
            let is_source = reach.comes_by(chain, NatHook::translates_source);
            Some(nat_action(&rule.action, is_source))
        });
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
