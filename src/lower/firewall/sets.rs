//! Interface lists and address lists as named sets.

use super::Side;
use super::address::payload;
use super::chain::object_name;
use crate::ir::InterfaceListName;
use crate::ir::firewall::{Condition, InterfaceMatch, IpRange, Lasting, Matchers, Remember};
use crate::lower::{Context, diagnostics};
use rosc_nftables::kind::{AddressV4, AddressV6, Interface, Named};
use rosc_nftables::{
    DynamicType, Family, InterfaceName, Interval, Key, KeyField, Lifetime, SetName, SetUpdate, Statement,
};
use rosc_target::Origin;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

impl Context<'_> {
    /// Adds the sets that rules look into.
    pub(super) fn sets(&mut self, side: &mut Side<'_>) {
        let firewall = side.firewall;
        let mut interface_lists: BTreeSet<&InterfaceListName> = BTreeSet::new();
        for (matchers, _) in firewall.matchers() {
            let Matchers { in_interface_list, out_interface_list, .. } = matchers;
            interface_lists
                .extend(in_interface_list.iter().chain(out_interface_list).filter_map(interface_list));
        }
        for name in interface_lists {
            let Some(list) = self.router.interface_lists.get(name) else { continue };
            let devices = list.members.iter().filter_map(|member| self.devices.named(member));
            let names: Vec<InterfaceName> = devices
                .filter_map(|device| match InterfaceName::new(device.as_str()) {
                    Ok(name) => Some(name),
                    Err(error) => {
                        let help = "give the device another name";
                        let error = error.to_string();
                        self.diagnostics.push(diagnostics::no_linux_form(error, list.origin, help));
                        None
                    }
                })
                .collect();
            side.table.add_set(list.origin, &interface_list_name(name), names.into_iter().collect());
        }
        for name in firewall.lists_asked() {
            let Some(list) = firewall.address_lists.get(name) else { continue };
            // Rules that fill a list without configured entries have made its only set.
            if list.entries.is_empty() && side.filled.contains(name) {
                continue;
            }
            let origin = list.entries.first().map_or(Origin::IMPLIED, |entry| entry.origin);
            let ranges = list.ranges().chain(self.resolved(side.family, list));
            match side.family {
                Family::Ip => side.table.add_set::<AddressV4>(
                    origin,
                    &set_name(CONFIGURED, name.as_str()),
                    v4(ranges).collect(),
                ),
                Family::Ip6 => side.table.add_set::<AddressV6>(
                    origin,
                    &set_name(CONFIGURED, name.as_str()),
                    v6(ranges).collect(),
                ),
            }
        }
    }
}

/// Names of sets with the configured entries of an address list begin so.
pub(super) const CONFIGURED: &str = "al";
/// Names of sets with what rules have put on an address list begin so.
pub(super) const REMEMBERED: &str = "dl";

impl<'r> Context<'r> {
    /// Puts an address of the packet on a list. Every such list can forget, so that it stays the same set whatever its
    /// rules say of the time.
    pub(super) fn remember(&mut self, side: &mut Side<'r>, remember: &Remember, origin: Origin) -> Statement {
        let Remember { side: which, list, lasting } = remember;
        let key = Key::from(KeyField::whole(payload(side.family, *which)).expect("an address"));
        let name = object_name(REMEMBERED, list.as_str());
        side.table.add_dynamic_set(origin, &name, DynamicType::new(&key, Lifetime::Timed));
        let timeout = match lasting {
            Lasting::Seconds(seconds) => Some(*seconds),
            Lasting::UntilRestart => None,
            Lasting::ForEver => {
                let message = "an address that a rule puts on a list stays there until the machine restarts";
                let help = "write the addresses that are to stay into the configuration";
                self.diagnostics.push(diagnostics::differs(message, origin, help));
                None
            }
        };
        match timeout {
            Some(_) => SetUpdate::update(&name, key, timeout).into(),
            None => SetUpdate::add(&name, key, None).into(),
        }
    }
}

/// The set of an interface list: `if_NAME`.
pub(super) fn interface_list_name(list: &InterfaceListName) -> SetName<Interface> {
    set_name("if", list.as_str())
}

/// The set of a list, in which a prefix says what kind of list it is.
pub(super) fn set_name<K: Named>(prefix: &str, name: &str) -> SetName<K> {
    SetName::new(object_name(prefix, name).as_str()).expect("a name is a name of a set too")
}

fn interface_list(condition: &Condition<InterfaceMatch>) -> Option<&InterfaceListName> {
    match condition.parts().0 {
        InterfaceMatch::List(list) => Some(list),
        InterfaceMatch::Interface(_) | InterfaceMatch::All | InterfaceMatch::None => None,
    }
}

fn v4(ranges: impl Iterator<Item = IpRange>) -> impl Iterator<Item = Interval<Ipv4Addr>> {
    ranges.filter_map(|range| match range {
        IpRange::V4(first, last) => Interval::new(first, last),
        IpRange::V6(..) => None,
    })
}

fn v6(ranges: impl Iterator<Item = IpRange>) -> impl Iterator<Item = Interval<Ipv6Addr>> {
    ranges.filter_map(|range| match range {
        IpRange::V4(..) => None,
        IpRange::V6(first, last) => Interval::new(first, last),
    })
}
