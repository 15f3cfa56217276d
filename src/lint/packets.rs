//! Packets that stand for many, and how many of them are followed.

use super::uplink::{Uplink, is_private};
use crate::ir::firewall::{
    AddressMatch, Condition, IpRange, PccKey, PerConnectionClassifier, Ports, Protocol,
};
use crate::ir::{AddressListName, Firewall, Router};
use crate::trace::{Packet, Payload, PortPair};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// So many rules are looked at by the packets of one lint: a second at most, which no configuration of sane size comes
/// near to.
const MOST_LOOKS: usize = 3_000_000;

/// At least so many packets are followed for each uplink, however many rules there are.
const FEWEST: usize = 32;

/// How many packets are still to be followed.
pub(super) struct Budget(usize);

impl Budget {
    /// What there is for one of some uplinks.
    pub(super) fn of_one(uplinks: &[Uplink<'_>], router: &Router) -> Self {
        let rules = router.firewall.matchers().count() + router.ipv6_firewall.matchers().count();
        Self((MOST_LOOKS / rules.max(1) / uplinks.len().max(1)).max(FEWEST))
    }

    /// Takes one; false if there is none.
    pub(super) fn take(&mut self) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0
    }
}

/// Hosts somewhere in the Internet, for want of better ones.
const SOMEWHERE: [(Ipv4Addr, Ipv6Addr); 6] = [
    (Ipv4Addr::new(23, 45, 67, 89), Ipv6Addr::new(0x2600, 0x45, 0x67, 0x89, 0, 0, 0, 1)),
    (Ipv4Addr::new(91, 123, 45, 67), Ipv6Addr::new(0x2a02, 0x123, 0x45, 0x67, 0, 0, 0, 1)),
    (Ipv4Addr::new(177, 34, 56, 78), Ipv6Addr::new(0x2804, 0x34, 0x56, 0x78, 0, 0, 0, 1)),
    (Ipv4Addr::new(203, 45, 67, 89), Ipv6Addr::new(0x2400, 0x45, 0x67, 0x89, 0, 0, 0, 1)),
    (Ipv4Addr::new(51, 76, 54, 32), Ipv6Addr::new(0x2001, 0x41d0, 0x76, 0x54, 0, 0, 0, 1)),
    (Ipv4Addr::new(64, 98, 76, 54), Ipv6Addr::new(0x2607, 0x98, 0x76, 0x54, 0, 0, 0, 1)),
];

/// A host of the Internet that the configuration says nothing about; `None` if it has something to say about all.
pub(super) fn somebody(router: &Router, ipv6: bool) -> Option<IpAddr> {
    let firewall = firewall(router, ipv6);
    let is_unknown = |address: &IpAddr| {
        let by_route = router
            .routes
            .iter()
            .any(|route| route.destination.prefix_len() > 3 && route.destination.contains(address));
        let by_address = router.addresses.iter().any(|own| own.connected().contains(address));
        let mut listed = firewall.address_lists.values().flat_map(|list| list.ranges());
        !by_route && !by_address && !listed.any(|range| range.contains(*address))
    };
    let hosts = SOMEWHERE.iter().map(|&(v4, v6)| if ipv6 { IpAddr::from(v6) } else { v4.into() });
    hosts.into_iter().find(is_unknown)
}

/// The firewall of a family.
pub(super) fn firewall(router: &Router, ipv6: bool) -> &Firewall {
    if ipv6 { &router.ipv6_firewall } else { &router.firewall }
}

/// An address that meets both conditions, as far as they are not negated: the one that is preferred if it does, or else
/// the first public one of the range or list.
pub(super) fn meeting(
    firewall: &Firewall,
    conditions: [Option<&Condition<AddressMatch>>; 2],
    preferred: Option<IpAddr>,
) -> Option<IpAddr> {
    let entries = |list: &AddressListName| {
        let list = firewall.address_lists.get(list);
        list.into_iter().flat_map(|list| list.ranges()).collect::<Vec<_>>()
    };
    let ranges: Vec<Vec<IpRange>> = conditions
        .into_iter()
        .flatten()
        .filter_map(|condition| match condition {
            Condition::Is(AddressMatch::Range(range)) => Some(vec![*range]),
            Condition::Is(AddressMatch::List(list)) => Some(entries(list)),
            Condition::IsNot(_) => None,
        })
        .collect();
    let fits =
        |address: IpAddr| ranges.iter().all(|ranges| ranges.iter().any(|range| range.contains(address)));
    let firsts = ranges.iter().flatten().map(IpRange::first).filter(|first| !is_private(*first));
    preferred.into_iter().chain(firsts).find(|address| fits(*address))
}

/// The first packet of a connection of TCP.
pub(super) fn opening(source: IpAddr, destination: IpAddr, port: u16) -> Packet {
    let ports = PortPair { source: SOURCE_PORT, destination: port };
    new_packet(source, destination, Protocol::TCP, ports)
}

/// One of the ports that systems take by themselves.
pub(super) const SOURCE_PORT: u16 = 50_000;

/// The first packet of a connection.
pub(super) fn new_packet(source: IpAddr, destination: IpAddr, protocol: Protocol, ports: PortPair) -> Packet {
    let is_control = matches!(protocol, Protocol::ICMP | Protocol::ICMPV6);
    let payload = match protocol {
        Protocol::TCP => Payload::Tcp { ports, flags: [crate::ir::firewall::TcpFlag::Syn].into(), mss: None },
        _ if is_control => Payload::Echo { reply: false, id: 1 },
        _ if protocol.has_ports() => Payload::Datagram { protocol, ports },
        _ => Payload::Other(protocol),
    };
    Packet::new(source, destination, 64, payload)
}

/// A port that meets a condition; `None` if it asks for none in particular.
pub(super) fn port(condition: Option<&Condition<Ports>>) -> Option<u16> {
    match condition {
        Some(Condition::Is(ports)) => ports.ranges().first().map(|&(first, _)| first),
        Some(Condition::IsNot(_)) | None => None,
    }
}

/// Puts every packet into one and the same class.
pub(super) fn into_class(class: u32) -> impl Fn(&PerConnectionClassifier, &PccKey) -> bool {
    move |classifier, _| classifier.remainder == class % classifier.denominator
}
