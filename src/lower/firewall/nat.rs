//! NAT rules.

use super::Side;
use crate::ir::firewall::{IpRange, NatAction, NatHook, NatTarget, PortChoice, PortRange};
use crate::lower::{Context, diagnostics};
use rosc_nftables::{Interval, Nat, NatAddresses, NatFlags, NatTo};

impl<'r> Context<'r> {
    pub(super) fn nat(&mut self, side: &mut Side<'r>) {
        let table = &side.firewall.nat;
        let reach = table.reach();
        self.menu(side, table, |this, chain, action, origin| {
            if let NatAction::Same { .. } = action {
                let message =
                    "which address of the range a source becomes is chosen by another hash on Linux";
                let help = "it is always the same one, as on RouterOS";
                this.diagnostics.push(diagnostics::differs(message, origin, help));
            }
            let is_source = reach.comes_by(chain, NatHook::translates_source);
            Some(vec![nat_action(action, is_source).into()])
        });
    }
}

/// `is_source` says which side of the connection the chain translates, for actions that do either.
fn nat_action(action: &NatAction, is_source: bool) -> Nat {
    match action {
        NatAction::Masquerade { to_ports, choice } => Nat::Masquerade(to_ports.map(interval), flags(*choice)),
        NatAction::Redirect { to_ports, choice } => Nat::Redirect(to_ports.map(interval), flags(*choice)),
        NatAction::SrcNat(target, choice) => Nat::Snat(translated(*target), flags(*choice)),
        NatAction::DstNat(target, choice) => Nat::Dnat(translated(*target), flags(*choice)),
        // The kernel hashes the addresses of a connection, with this flag the source alone (`find_best_ips_proto`).
        NatAction::Same { to, by_destination } => {
            let flags = if *by_destination { NatFlags::NONE } else { NatFlags::PERSISTENT };
            Nat::Snat(NatTo::Addresses(addresses_of(*to)), flags)
        }
        NatAction::Netmap(prefix) if is_source => Nat::SnatPrefix((*prefix).into()),
        NatAction::Netmap(prefix) => Nat::DnatPrefix((*prefix).into()),
    }
}

fn flags(choice: PortChoice) -> NatFlags {
    match choice {
        PortChoice::Keep => NatFlags::NONE,
        PortChoice::Random => NatFlags::FULLY_RANDOM,
    }
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
