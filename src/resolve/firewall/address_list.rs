//! Address lists.

use super::Family;
use crate::catalog::types::ListedAddress;
use crate::catalog::{self, AddressListItem};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::AddressListName;
use crate::ir::firewall::{AddressEntry, AddressList};
use crate::resolve::{Read, Resolver, diagnostics};
use rosc_target::Origin;
use std::collections::{BTreeMap, HashMap};

impl Resolver<'_, '_> {
    pub(super) fn address_lists(&mut self, family: Family) -> BTreeMap<AddressListName, AddressList> {
        let menu = match family {
            Family::Ip => &catalog::IP_FIREWALL_ADDRESS_LIST,
            Family::Ipv6 => &catalog::IPV6_FIREWALL_ADDRESS_LIST,
        };
        let mut lists: HashMap<String, AddressList> = HashMap::new();
        self.for_each(menu, AddressListItem::read, |resolver, Read { origin, disabled, value, .. }| {
            let AddressListItem { list, address } = value;
            let address_origin = address.origin;
            let wrong_family = match &address.value {
                Some(ListedAddress::Range(range)) => range.is_ipv6() != family.is_ipv6(),
                Some(ListedAddress::DnsName(_)) | None => false,
            };
            if wrong_family {
                resolver.report(diagnostics::wrong_family(&address, "address", family.is_ipv6()));
                return;
            }
            let list = list.required("list", &mut resolver.diagnostics);
            let address = address.required("address", &mut resolver.diagnostics);
            let (Some(list), Some(address)) = (list, address) else { return };
            // A name is declared by a disabled entry too.
            let entries = match lists.get_mut(&list) {
                Some(list) => &mut list.entries,
                None => &mut lists.entry(list).or_default().entries,
            };
            match address {
                _ if disabled => {}
                ListedAddress::Range(range) => entries.push(AddressEntry { origin, range }),
                ListedAddress::DnsName(name) => resolver.diagnostics.push(dns_name(&name, address_origin)),
            }
        });
        lists.into_iter().map(|(name, list)| (AddressListName::new(&name), list)).collect()
    }
}

fn dns_name(name: &str, origin: Origin) -> Diagnostic {
    Diagnostic::new(
        Code::RefusedProperty,
        format!("`{name}` is a DNS name, which only a running router resolves"),
    )
    .label(origin, "not an address")
    .help("write the addresses, or disable the entry")
}
