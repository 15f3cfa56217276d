//! Firewalls of both families.

mod address_list;
mod chains;
mod fields;
mod filter;
mod helper;
mod mangle;
mod matchers;
mod nat;
mod rules;

use super::{Resolver, diagnostics};
use crate::ir::Firewall;
use rosc_target::Origin;

/// One of the two families while its menus are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Ip,
    Ipv6,
}

impl Family {
    fn is_ipv6(self) -> bool {
        match self {
            Self::Ip => false,
            Self::Ipv6 => true,
        }
    }
}

impl Resolver<'_, '_> {
    pub(super) fn firewalls(&mut self) {
        self.router.service_ports = self.service_ports();
        self.layer7_protocols();
        for family in [Family::Ip, Family::Ipv6] {
            let address_lists = self.address_lists(family);
            self.firewall_mut(family).address_lists = address_lists;
            let raw = self.raw(family);
            self.firewall_mut(family).raw = raw;
            let mangle = self.mangle(family);
            self.firewall_mut(family).mangle = mangle;
            let nat = self.nat(family);
            self.firewall_mut(family).nat = nat;
            let filter = self.filter(family);
            self.firewall_mut(family).filter = filter;
        }
    }

    /// Reports properties that the rule's action does not look at, where they are given.
    fn no_effect(&mut self, action: &str, unused: impl IntoIterator<Item = (&'static str, Option<Origin>)>) {
        let given = unused.into_iter().filter_map(|(property, place)| Some((property, place?)));
        for (property, origin) in given {
            self.report(diagnostics::no_effect(property, action, origin));
        }
    }

    fn firewall_mut(&mut self, family: Family) -> &mut Firewall {
        match family {
            Family::Ip => &mut self.router.firewall,
            Family::Ipv6 => &mut self.router.ipv6_firewall,
        }
    }

    fn firewall(&self, family: Family) -> &Firewall {
        match family {
            Family::Ip => &self.router.firewall,
            Family::Ipv6 => &self.router.ipv6_firewall,
        }
    }
}
