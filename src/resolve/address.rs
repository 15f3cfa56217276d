//! Addresses.

use super::{Read, Resolver, diagnostics};
use crate::catalog::types::InterfaceAddress;
use crate::catalog::{self, Field, Ipv4AddressItem, Ipv6AddressItem};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Address, InterfaceName};
use rosc_target::Origin;
use std::collections::HashMap;
use std::net::IpAddr;

/// Menus, none of them lowered, whose items bring the machine addresses at run time.
const CLIENTS: &[&str] = &[
    "/interface/l2tp-client",
    "/interface/lte",
    "/interface/ovpn-client",
    "/interface/ppp-client",
    "/interface/pppoe-client",
    "/interface/pptp-client",
    "/interface/sstp-client",
    "/ip/dhcp-client",
    "/ipv6/dhcp-client",
    "/ppp/secret",
];

impl Resolver<'_, '_> {
    pub(super) fn addresses(&mut self) {
        self.address_clients();
        for Read { origin, value, .. } in self.read_enabled(&catalog::IP_ADDRESS, Ipv4AddressItem::read) {
            let Ipv4AddressItem { address, interface, network, netmask } = value;
            let masked = netmask.value.map(|mask| (mask.0, netmask.origin));
            let Some(mut address) = self.address(origin, address, interface) else { continue };
            if let Some((mask, mask_origin)) = masked {
                match mask {
                    IpAddr::V4(mask) if is_netmask(mask.to_bits()) => {
                        address.prefix_len = u8::try_from(mask.to_bits().leading_ones()).expect("at most 32");
                    }
                    IpAddr::V4(_) | IpAddr::V6(_) => self.report(no_netmask(mask, mask_origin)),
                }
            }
            if let Some(network) = network.value.map(|network| network.0) {
                if address.prefix_len == 32 && network != address.address {
                    address.peer = Some(network);
                } else if address.connected().network() != network && address.prefix_len < 32 {
                    self.report(other_network(&address, network));
                }
            }
            self.router.addresses.push(address);
        }
        for Read { origin, value, .. } in self.read_enabled(&catalog::IPV6_ADDRESS, Ipv6AddressItem::read) {
            let Ipv6AddressItem { address, interface, no_dad, advertise } = value;
            if advertise.value != Some(false) {
                self.report(not_advertised(advertise.origin));
            }
            let Some(mut address) = self.address(origin, address, interface) else { continue };
            address.detect_duplicates = no_dad.value != Some(true);
            self.router.addresses.push(address);
        }
        self.duplicate_addresses();
    }

    fn address_clients(&mut self) {
        let database = self.database;
        for item in CLIENTS.iter().flat_map(|menu| database.items(menu)) {
            if matches!(database.value(item, "disabled").as_deref(), Some("yes" | "true")) {
                continue;
            }
            self.router.address_clients.push(item.origin);
            // What the machine has learned on it counts when gateways are looked up.
            if let Some(interface) = database.value(item, "interface") {
                self.interface(&interface, item.origin);
            }
        }
    }

    fn address<const V6: bool>(
        &mut self,
        origin: Origin,
        address: Field<InterfaceAddress<V6>>,
        interface: Field<String>,
    ) -> Option<Address> {
        let interface_origin = interface.origin;
        let address = address.required("address", &mut self.diagnostics);
        let interface = interface.required("interface", &mut self.diagnostics);
        let (address, interface) = (address?, interface?);
        Some(Address {
            origin,
            interface: self.carrier(&interface, interface_origin)?,
            address: address.address,
            prefix_len: address.prefix_len,
            peer: None,
            detect_duplicates: true,
        })
    }

    fn duplicate_addresses(&mut self) {
        let mut seen: HashMap<(&InterfaceName, IpAddr, Option<IpAddr>), Origin> = HashMap::new();
        let mut twice = Vec::new();
        for address in &self.router.addresses {
            let key = (&address.interface, address.address, address.peer);
            if let Some(before) = seen.insert(key, address.origin) {
                let what = format!("address {} on {}", address.address, address.interface);
                twice.push(diagnostics::duplicate(&what, address.origin, before));
            }
        }
        self.diagnostics.extend(twice);
    }
}

fn is_netmask(mask: u32) -> bool {
    mask.leading_ones() + mask.trailing_zeros() == 32
}

fn no_netmask(mask: IpAddr, origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::WrongType, format!("`{mask}` is not a netmask"))
        .label(origin, "the value of netmask")
        .help("for example 255.255.255.0; or write the length behind the address")
}

fn not_advertised(origin: Origin) -> Diagnostic {
    Diagnostic::new(Code::LinuxDiffers, "rosc sends no router advertisements for the prefix of an address")
        .label(origin, "RouterOS would announce it to the link (advertise=yes)")
        .help(
            "announce it with radvd or dnsmasq if hosts are to configure themselves; else write advertise=no",
        )
}

fn other_network(address: &Address, network: IpAddr) -> Diagnostic {
    let connected = address.connected().network();
    diagnostics::contradiction(
        format!("network {network} is not the network of {}/{}", address.address, address.prefix_len),
        address.origin,
        "address and network don't fit each other",
        &format!("leave network out, or write network={connected}"),
    )
}
