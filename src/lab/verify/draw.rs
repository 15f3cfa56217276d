//! Draws packets from what a configuration names: just inside and just outside of each prefix, range and list.

use super::bench::EXPERIMENT;
use crate::ir::firewall::{AddressMatch, IpRange, Matchers, NatAction, NatTarget, Protocol, TcpFlag};
use crate::ir::nexthop::is_own_address;
use crate::ir::{GatewayHop, InterfaceName, RouteTarget, Router};
use crate::trace::Numbers;
use crate::trace::{Arrival, Packet, Payload, PortPair, USUAL_DATA};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What packets are made of.
#[derive(Debug)]
pub struct Pool {
    interfaces: Vec<InterfaceName>,
    /// IPv4, then IPv6.
    families: [Addresses; 2],
    ports: Vec<u16>,
    mss: Vec<u16>,
    ttl: Vec<u8>,
    dscp: Vec<u8>,
    lengths: Vec<u16>,
}

#[derive(Debug, Default)]
struct Addresses {
    /// Addresses at boundaries, and one far away.
    all: Vec<IpAddr>,
    /// Those of them that a packet can honestly come from: none that stands for several of a network.
    sources: Vec<IpAddr>,
    /// By the place of the interface: hosts of its networks.
    beside: Vec<Vec<IpAddr>>,
}

impl Pool {
    /// What a router names. `has_wire` says by which interfaces packets can come.
    pub fn of(router: &Router, has_wire: impl Fn(&InterfaceName) -> bool) -> Self {
        let interfaces: Vec<InterfaceName> =
            router.interfaces.keys().filter(|name| has_wire(name)).cloned().collect();
        let mut found = Found::default();
        for (firewall, far) in [(&router.firewall, "198.18.7.7"), (&router.ipv6_firewall, "2001:2::77")] {
            found.addresses.insert(far.parse().expect("an address"));
            for (matchers, _) in firewall.matchers() {
                found.matchers(matchers);
            }
            for list in firewall.address_lists.values() {
                list.ranges().for_each(|range| found.range(&range));
            }
            for rule in firewall.nat.rules() {
                found.translation(rule.action.own());
            }
        }
        for address in &router.addresses {
            found.range(&address.connected().into());
            found.addresses.insert(address.address);
        }
        // Answers to a router that pretends to be itself never leave it.
        let is_own = |address: &IpAddr| address.is_ipv6() && is_own_address(&router.addresses, *address);
        let of_several: BTreeSet<IpAddr> = router
            .addresses
            .iter()
            .map(|address| match address.connected() {
                IpNet::V4(net) => net.broadcast().into(),
                IpNet::V6(net) => net.network().into(),
            })
            .collect();
        // The first address of a network means any of its routers, to the kernel also where the network is another's: it
        // tells no errors to it, and answers come from it.
        let of_routers: BTreeSet<IpAddr> =
            router.routes.iter().map(|route| route.destination.network()).filter(IpAddr::is_ipv6).collect();
        for rule in &router.rules {
            rule.source.iter().chain(&rule.destination).for_each(|prefix| found.range(&(*prefix).into()));
        }
        for route in &router.routes {
            found.range(&route.destination.into());
            if let RouteTarget::Via(gateways) = &route.target {
                for gateway in gateways {
                    if let GatewayHop::Address { address, .. } | GatewayHop::OnInterface { address, .. } =
                        &gateway.hop
                    {
                        found.addresses.insert(*address);
                    }
                }
            }
        }
        let of_family = |is_ipv6: bool| {
            let drawn = found.addresses.iter().copied().filter(|address| !of_routers.contains(address));
            drawn.filter(move |address| address.is_ipv6() == is_ipv6)
        };
        let family = |is_ipv6: bool| Addresses {
            all: of_family(is_ipv6).collect(),
            sources: of_family(is_ipv6)
                .filter(|address| !of_several.contains(address) && !is_own(address))
                .collect(),
            beside: interfaces.iter().map(|interface| hosts_beside(router, interface, is_ipv6)).collect(),
        };
        let families = [family(false), family(router.uses_ipv6())];
        let mut ports: Vec<u16> = found.ports.into_iter().collect();
        ports.extend([53, 443, 50_000]);
        Self {
            families,
            ports,
            mss: found.mss.into_iter().collect(),
            ttl: found.ttl.into_iter().filter(|ttl| *ttl > 0).collect(),
            dscp: found.dscp.into_iter().collect(),
            lengths: found.lengths.into_iter().collect(),
            interfaces,
        }
    }

    /// Whether packets can come in at all.
    pub fn has_interfaces(&self) -> bool {
        !self.interfaces.is_empty()
    }

    /// Draws a packet.
    pub fn packet(&self, numbers: &mut Numbers) -> Arrival {
        let has_ipv6 = !self.families[1].all.is_empty();
        let is_ipv6 = has_ipv6 && numbers.below(2) == 0;
        let addresses = &self.families[usize::from(is_ipv6)];
        let destination = one_of(&addresses.all, numbers);
        let is_own = !self.has_interfaces() || numbers.below(8) == 0;
        if is_own {
            let nobody: IpAddr =
                if is_ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
            let payload = match numbers.below(2) {
                0 => Payload::Datagram { protocol: Protocol::UDP, ports: self.ports(numbers) },
                _ => Payload::Echo { reply: false, id: identifier(numbers) },
            };
            return Arrival { interface: None, packet: Packet::new(nobody, destination, 64, payload) };
        }
        let place = numbers.below(self.interfaces.len());
        let beside = &addresses.beside[place];
        let source = match numbers.below(4) {
            0..=2 if !beside.is_empty() => one_of(beside, numbers),
            _ => one_of(&addresses.sources, numbers),
        };
        let ttl = match numbers.below(20) {
            0 => 1,
            1..=8 if !self.ttl.is_empty() => one_of(&self.ttl, numbers),
            _ => 61,
        };
        let mut packet = Packet::new(source, destination, ttl, self.payload(numbers));
        if !self.dscp.is_empty() && numbers.below(2) == 0 {
            packet.dscp = one_of(&self.dscp, numbers);
        }
        self.lengthen(&mut packet, numbers);
        Arrival { interface: Some(self.interfaces[place].clone()), packet }
    }

    /// Gives a packet a length that some rule asks for, now and then.
    fn lengthen(&self, packet: &mut Packet, numbers: &mut Numbers) {
        if self.lengths.is_empty() || numbers.below(2) == 0 {
            return;
        }
        let headers = packet.length() - packet.data;
        let data = one_of(&self.lengths, numbers).checked_sub(headers);
        packet.data = data.filter(|data| (USUAL_DATA..=LONGEST).contains(data)).unwrap_or(packet.data);
    }

    fn payload(&self, numbers: &mut Numbers) -> Payload {
        match numbers.below(8) {
            0..=2 => Payload::Datagram { protocol: Protocol::UDP, ports: self.ports(numbers) },
            3..=5 => {
                let flags: BTreeSet<TcpFlag> = match numbers.below(6) {
                    0 => [TcpFlag::Ack].into(),
                    1 => [TcpFlag::Syn, TcpFlag::Ece, TcpFlag::Cwr].into(),
                    _ => [TcpFlag::Syn].into(),
                };
                let mss = flags.contains(&TcpFlag::Syn).then(|| match self.mss.as_slice() {
                    [] => 1460,
                    known => one_of(known, numbers),
                });
                Payload::Tcp { ports: self.ports(numbers), flags, mss }
            }
            6 => Payload::Echo { reply: numbers.below(8) == 0, id: identifier(numbers) },
            _ => Payload::Other(EXPERIMENT),
        }
    }

    fn ports(&self, numbers: &mut Numbers) -> PortPair {
        let source = match numbers.below(4) {
            0 => one_of(&self.ports, numbers),
            _ => identifier(numbers),
        };
        PortPair { source, destination: one_of(&self.ports, numbers) }
    }
}

/// So much fits into a packet that no wire takes apart.
const LONGEST: u16 = 1300;

/// What stands at the boundaries.
#[derive(Default)]
struct Found {
    ttl: BTreeSet<u8>,
    dscp: BTreeSet<u8>,
    lengths: BTreeSet<u16>,
    addresses: BTreeSet<IpAddr>,
    ports: BTreeSet<u16>,
    mss: BTreeSet<u16>,
}

impl Found {
    fn matchers(&mut self, matchers: &Matchers) {
        for condition in matchers.src_address.iter().chain(&matchers.dst_address) {
            if let AddressMatch::Range(range) = condition.parts().0 {
                self.range(range);
            }
        }
        for condition in matchers.src_port.iter().chain(&matchers.dst_port).chain(&matchers.port) {
            for &(first, last) in condition.parts().0.ranges() {
                self.ports.extend([
                    first.saturating_sub(1).max(1),
                    first.max(1),
                    last,
                    last.saturating_add(1),
                ]);
            }
        }
        if let Some(condition) = &matchers.tcp_mss {
            let (low, high) = *condition.parts().0;
            self.mss.extend([low.saturating_sub(1), low, high, high.saturating_add(1)]);
        }
        if let Some(condition) = &matchers.header.ttl {
            let (low, high) = *condition.parts().0;
            // Behind the routing decision it is one less.
            let near = [low.saturating_sub(1), low, high, high.saturating_add(1), high.saturating_add(2)];
            self.ttl.extend(near);
        }
        if let Some(condition) = &matchers.header.dscp {
            self.dscp.insert(*condition.parts().0);
        }
        if let Some(condition) = &matchers.header.packet_size {
            let (low, high) = *condition.parts().0;
            self.lengths.extend([low.saturating_sub(1), low, high, high.saturating_add(1)]);
        }
    }

    fn translation(&mut self, action: Option<&NatAction>) {
        let Some(action) = action else { return };
        let (range, ports) = match action {
            NatAction::SrcNat(target, _) | NatAction::DstNat(target, _) => match target {
                NatTarget::Addresses(range) => (Some(*range), None),
                NatTarget::Ports(ports) => (None, Some(*ports)),
                NatTarget::AddressesAndPorts(range, ports) => (Some(*range), Some(*ports)),
            },
            NatAction::Netmap(prefix) => (Some((*prefix).into()), None),
            NatAction::Same { to, .. } => (Some(*to), None),
            NatAction::Masquerade { to_ports, .. } | NatAction::Redirect { to_ports, .. } => {
                (None, *to_ports)
            }
        };
        range.iter().for_each(|range| self.range(range));
        ports.iter().for_each(|ports| self.ports.extend([ports.first(), ports.last()]));
    }

    /// Just inside and just outside. Addresses that no host can have are left to packets that ask for them.
    fn range(&mut self, range: &IpRange) {
        let of = |address: IpAddr, by: i8| -> IpAddr {
            match address {
                IpAddr::V4(v4) => {
                    let bits = v4.to_bits();
                    let moved = if by < 0 { bits.wrapping_sub(1) } else { bits.wrapping_add(1) };
                    Ipv4Addr::from_bits(moved).into()
                }
                IpAddr::V6(v6) => {
                    let bits = v6.to_bits();
                    let moved = if by < 0 { bits.wrapping_sub(1) } else { bits.wrapping_add(1) };
                    Ipv6Addr::from_bits(moved).into()
                }
            }
        };
        let (first, last) = (range.first(), range.last());
        let near = [of(first, -1), first, of(first, 1), of(last, -1), last, of(last, 1)];
        self.addresses.extend(near.into_iter().filter(|address| is_unicast(*address)));
    }
}

fn is_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            !v4.is_multicast() && !v4.is_loopback() && v4.octets()[0] != 0 && v4.octets()[0] < 240
        }
        IpAddr::V6(v6) => {
            !v6.is_multicast() && !v6.is_loopback() && !v6.is_unspecified() && !v6.is_unicast_link_local()
        }
    }
}

/// Hosts of an interface's networks that are not the router.
fn hosts_beside(router: &Router, interface: &InterfaceName, is_ipv6: bool) -> Vec<IpAddr> {
    let own = router.addresses.iter().filter(|address| address.interface == *interface);
    let networks = own.map(|address| address.connected()).filter(|net| net.addr().is_ipv6() == is_ipv6);
    let is_own = |host: &IpAddr| is_own_address(&router.addresses, *host);
    networks.flat_map(|net| net.hosts().filter(|host| !is_own(host)).take(8).collect::<Vec<_>>()).collect()
}

fn one_of<T: Copy>(all: &[T], numbers: &mut Numbers) -> T {
    all[numbers.below(all.len())]
}

/// A port or an identifier that is rarely drawn twice.
fn identifier(numbers: &mut Numbers) -> u16 {
    u16::try_from(10_000 + numbers.below(50_000)).expect("below 65,536")
}
