//! Address lists.

use super::Family;
use crate::catalog::types::ListedAddress;
use crate::catalog::{self, AddressListItem, Menu};
use crate::ir::AddressListName;
use crate::ir::firewall::{AddressEntry, AddressList, Listed};
use crate::resolve::{Read, Resolver, diagnostics};
use std::collections::{BTreeMap, HashMap};

impl Resolver<'_, '_> {
    pub(super) fn address_lists(&mut self, family: Family) -> BTreeMap<AddressListName, AddressList> {
        let menu = match family {
            Family::Ip => &catalog::IP_FIREWALL_ADDRESS_LIST,
            Family::Ipv6 => &catalog::IPV6_FIREWALL_ADDRESS_LIST,
        };
        let mut lists: Vec<(String, AddressList)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut place = 0;
        self.for_each_declaration(menu, AddressListItem::read, |resolver, read| {
            let Read { origin, disabled, is_usable, value, .. } = read;
            let AddressListItem { list, address } = value;
            let Some(list) = resolver.declared("list", list, is_usable) else { return };
            // A name is declared by every entry, whatever becomes of the entry itself. Most are of the list of the
            // entry before.
            if lists.get(place).is_none_or(|(name, _)| *name != list) {
                place = places.get(&list).copied().unwrap_or(lists.len());
                if place == lists.len() {
                    places.insert(list.clone(), place);
                    lists.push((list, AddressList::default()));
                }
            }
            let entries = &mut lists[place].1.entries;
            if disabled || !is_usable {
                return;
            }
            match &address.value {
                Some(ListedAddress(Listed::Range(range))) if range.is_ipv6() != family.is_ipv6() => {
                    resolver.report(diagnostics::wrong_family(&address, "address", family.is_ipv6()));
                }
                Some(ListedAddress(listed)) => {
                    entries.push(AddressEntry { origin, listed: listed.clone() });
                }
                // RouterOS takes an entry without an address, which no packet matches: scripts declare a list so.
                None => {}
            }
        });
        let mut lists: BTreeMap<AddressListName, AddressList> =
            lists.into_iter().map(|(name, list)| (AddressListName::new(&name), list)).collect();
        // Rules that put addresses on a list declare it too.
        for menu in rule_menus(family) {
            for item in self.database.items(menu.path) {
                if let Some(list) = self.database.value(item, "address-list") {
                    lists.entry(AddressListName::new(&list)).or_default();
                }
            }
        }
        lists
    }
}

fn rule_menus(family: Family) -> [&'static Menu; 4] {
    use catalog as c;
    match family {
        Family::Ip => {
            [&c::IP_FIREWALL_RAW, &c::IP_FIREWALL_MANGLE, &c::IP_FIREWALL_NAT, &c::IP_FIREWALL_FILTER]
        }
        Family::Ipv6 => {
            [&c::IPV6_FIREWALL_RAW, &c::IPV6_FIREWALL_MANGLE, &c::IPV6_FIREWALL_NAT, &c::IPV6_FIREWALL_FILTER]
        }
    }
}
