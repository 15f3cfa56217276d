//! Whether a packet meets the conditions of a rule.
//!
//! Source: "Common Firewall Matchers and Actions". A negated list is the complement of the list; a packet without an
//! incoming or outgoing interface meets no condition on it but a negated one.

use super::Moment;
use super::chance::Chance;
use super::conntrack::Membership;
use super::lists::{Listed, Lists};
use super::local::Own;
use super::packet::{Packet, Payload};
use crate::ir::firewall::{
    AddressMatch, AddressType, Circumstances, Condition, ConnectionNatState, ConnectionState, HeaderMatchers,
    IcmpOptions, InterfaceMatch, Ipv4Options, Matchers, Nth, PccFields, PccKey, Ports, Protocol, TcpFlag,
    TcpFlags,
};
use crate::ir::{AddressListName, ConnectionMark, InterfaceName, PacketMark, Router, TableName};
use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

/// What a rule can see of a packet.
pub(super) struct Sight<'a> {
    pub(super) router: &'a Router,
    pub(super) lists: &'a Lists<'a>,
    /// What packets before this one, and this one itself, have put on lists.
    pub(super) remembered: (&'a HashSet<Listed>, &'a [Listed]),
    pub(super) own: &'a Own,
    pub(super) packet: &'a Packet,
    pub(super) moment: Option<Moment>,
    pub(super) in_interface: Option<&'a InterfaceName>,
    pub(super) out_interface: Option<&'a InterfaceName>,
    pub(super) packet_mark: Option<&'a PacketMark>,
    pub(super) routing_mark: Option<&'a TableName>,
    pub(super) state: ConnectionState,
    pub(super) membership: Option<&'a Membership>,
}

impl Sight<'_> {
    /// Tells the first matcher that does not hold, in RouterOS's order; `None` if the rule matches. Counts the packet for
    /// `nth`, which comes last, if all others hold.
    pub(super) fn fails(
        &self,
        matchers: &Matchers,
        counter: &mut u32,
        chance: &mut dyn Chance,
    ) -> Option<&'static str> {
        let Matchers {
            in_interface,
            out_interface,
            in_interface_list,
            out_interface_list,
            src_address,
            dst_address,
            src_address_list,
            dst_address_list,
            src_address_type,
            dst_address_type,
            protocol,
            src_port,
            dst_port,
            port,
            tcp_flags,
            tcp_mss,
            packet_mark,
            connection_mark,
            routing_mark,
            connection_state,
            connection_nat_state,
            nth,
            per_connection_classifier,
            header,
            circumstances,
        } = matchers;
        let packet = self.packet;
        let interface = |condition: &Condition<InterfaceMatch>, interface| {
            condition.holds(|wanted| self.router.is_meant(wanted, interface))
        };
        let address = |condition: &Condition<AddressMatch>, address: IpAddr| {
            condition.holds(|wanted| match wanted {
                AddressMatch::Range(range) => range.contains(address),
                AddressMatch::List(list) => self.lists.holds(list, address) || self.remembers(list, address),
            })
        };
        let kind = |condition: &Condition<BTreeSet<AddressType>>, address| {
            condition.holds(|kinds| kinds.contains(&self.own.kind(address)))
        };
        let ports = packet.ports();
        let has = |holds: Option<bool>, name| (holds == Some(false)).then_some(name);
        // One after the other, so that nothing is looked at behind the first that fails.
        let mac = header.src_mac_address.as_ref().map(|_| chance.happens(None));
        has(mac, "src-mac-address")
            .or_else(|| has(in_interface.as_ref().map(|c| interface(c, self.in_interface)), "in-interface"))
            .or_else(|| {
                has(out_interface.as_ref().map(|c| interface(c, self.out_interface)), "out-interface")
            })
            .or_else(|| {
                has(in_interface_list.as_ref().map(|c| interface(c, self.in_interface)), "in-interface-list")
            })
            .or_else(|| {
                has(
                    out_interface_list.as_ref().map(|c| interface(c, self.out_interface)),
                    "out-interface-list",
                )
            })
            .or_else(|| has(src_address.as_ref().map(|c| address(c, packet.source)), "src-address"))
            .or_else(|| has(dst_address.as_ref().map(|c| address(c, packet.destination)), "dst-address"))
            .or_else(|| has(src_address_type.as_ref().map(|c| kind(c, packet.source)), "src-address-type"))
            .or_else(|| {
                has(dst_address_type.as_ref().map(|c| kind(c, packet.destination)), "dst-address-type")
            })
            .or_else(|| has(src_address_list.as_ref().map(|c| address(c, packet.source)), "src-address-list"))
            .or_else(|| {
                has(dst_address_list.as_ref().map(|c| address(c, packet.destination)), "dst-address-list")
            })
            .or_else(|| fails_header(header, packet))
            .or_else(|| has(protocol.as_ref().map(|c| c.holds(|p| *p == packet.protocol())), "protocol"))
            .or_else(|| {
                let of = |c: &Condition<Ports>| {
                    ports.is_some_and(|ports| c.holds(|wanted| wanted.contains(ports.destination)))
                };
                has(dst_port.as_ref().map(of), "dst-port")
            })
            .or_else(|| {
                let of = |c: &Condition<Ports>| {
                    ports.is_some_and(|ports| c.holds(|wanted| wanted.contains(ports.source)))
                };
                has(src_port.as_ref().map(of), "src-port")
            })
            .or_else(|| {
                let either = |c: &Condition<Ports>| {
                    ports.is_some_and(|ports| {
                        c.holds(|wanted| wanted.contains(ports.source) || wanted.contains(ports.destination))
                    })
                };
                has(port.as_ref().map(either), "port")
            })
            .or_else(|| has(tcp_flags.as_ref().map(|c| flags_are(c, packet)), "tcp-flags"))
            .or_else(|| has(tcp_mss.as_ref().map(|c| mss_is(c, packet)), "tcp-mss"))
            .or_else(|| {
                let is = |wanted: &Option<PacketMark>| wanted.as_ref() == self.packet_mark;
                has(packet_mark.as_ref().map(|c| c.holds(is)), "packet-mark")
            })
            .or_else(|| {
                let is = |wanted: &TableName| wanted.as_mark() == self.routing_mark;
                has(routing_mark.as_ref().map(|c| c.holds(is)), "routing-mark")
            })
            .or_else(|| has(connection_mark.as_ref().map(|c| self.is_marked(c)), "connection-mark"))
            .or_else(|| {
                let is = |states: &BTreeSet<_>| states.contains(&self.state);
                has(connection_state.as_ref().map(|c| c.holds(is)), "connection-state")
            })
            .or_else(|| {
                has(connection_nat_state.as_ref().map(|c| self.is_translated(c)), "connection-nat-state")
            })
            .or_else(|| fails_circumstances(circumstances, packet, self.moment, chance))
            .or_else(|| has(nth.as_ref().map(|c| is_turn(c, counter)), "nth"))
            .or_else(|| {
                let in_class = per_connection_classifier.as_ref().map(|condition| {
                    condition
                        .holds(|classifier| chance.is_in_class(classifier, &key(classifier.fields, packet)))
                });
                has(in_class, "per-connection-classifier")
            })
            .or_else(|| {
                let Circumstances { limit, dst_limit, connection_limit, .. } = circumstances;
                let mut open = |is_there: bool, name| (is_there && !chance.happens(None)).then_some(name);
                open(connection_limit.is_some(), "connection-limit")
                    .or_else(|| open(limit.is_some(), "limit"))
                    .or_else(|| open(dst_limit.is_some(), "dst-limit"))
            })
    }

    fn remembers(&self, list: &AddressListName, address: IpAddr) -> bool {
        let (before, now) = self.remembered;
        let is = |(of, known): &Listed| of == list && *known == address;
        now.iter().any(is) || (!before.is_empty() && before.contains(&(list.clone(), address)))
    }

    /// A packet of no connection has no mark to be compared with.
    fn is_marked(&self, condition: &Condition<Option<ConnectionMark>>) -> bool {
        let Some(membership) = self.membership else { return false };
        condition.holds(|wanted| *wanted == membership.connection.mark)
    }

    fn is_translated(&self, condition: &Condition<BTreeSet<ConnectionNatState>>) -> bool {
        let Some(Membership { connection, .. }) = self.membership else { return false };
        condition.holds(|wanted| {
            wanted.iter().any(|state| match state {
                ConnectionNatState::Srcnat => connection.has_source_nat(),
                ConnectionNatState::Dstnat => connection.has_destination_nat(),
            })
        })
    }
}

fn fails_header(header: &HeaderMatchers, packet: &Packet) -> Option<&'static str> {
    let HeaderMatchers {
        src_mac_address: _,
        icmp_options,
        packet_size,
        dscp,
        ttl,
        ipv4_options,
        ipv6_headers,
        fragment,
    } = header;
    let icmp = |condition: &Condition<IcmpOptions>| {
        let Some((kind, code)) = packet.icmp() else { return false };
        condition.holds(|wanted| wanted.kind == kind && (wanted.codes.0..=wanted.codes.1).contains(&code))
    };
    let has = |holds: Option<bool>, name| (holds == Some(false)).then_some(name);
    has(ttl.as_ref().map(|c| c.holds(|&(low, high)| (low..=high).contains(&packet.ttl))), "ttl")
        .or_else(|| has(dscp.as_ref().map(|c| c.holds(|wanted| *wanted == packet.dscp)), "dscp"))
        .or_else(|| {
            let fits = |&(low, high): &(u16, u16)| (low..=high).contains(&packet.length());
            has(packet_size.as_ref().map(|c| c.holds(fits)), "packet-size")
        })
        .or_else(|| has(icmp_options.as_ref().map(icmp), "icmp-options"))
        // Packets of a trace have neither options nor extension headers, and are never taken apart.
        .or_else(|| has(ipv4_options.map(has_no_options), "ipv4-options"))
        .or_else(|| has(ipv6_headers.as_ref().map(|c| c.holds(|_| false)), "headers"))
        .or_else(|| has(fragment.map(|wanted| !wanted), "fragment"))
}

/// Whether a packet without options meets the condition.
fn has_no_options(options: Ipv4Options) -> bool {
    match options {
        Ipv4Options::None
        | Ipv4Options::NoSourceRouting
        | Ipv4Options::NoRecordRoute
        | Ipv4Options::NoRouterAlert
        | Ipv4Options::NoTimestamp => true,
        Ipv4Options::Any
        | Ipv4Options::LooseSourceRouting
        | Ipv4Options::StrictSourceRouting
        | Ipv4Options::RecordRoute
        | Ipv4Options::RouterAlert
        | Ipv4Options::Timestamp => false,
    }
}

/// What no packet tells: it may hold or not, but what comes through IPsec is none of a trace's.
fn fails_circumstances(
    circumstances: &Circumstances,
    packet: &Packet,
    moment: Option<Moment>,
    chance: &mut dyn Chance,
) -> Option<&'static str> {
    let Circumstances {
        priority,
        ipsec_policy,
        connection_bytes,
        connection_type,
        time,
        psd,
        random,
        connection_limit: _,
        limit: _,
        dst_limit: _,
    } = circumstances;
    let mut open = |is_there: bool, percent, name| (is_there && !chance.happens(percent)).then_some(name);
    open(priority.is_some(), None, "priority")
        .or_else(|| open(connection_bytes.is_some(), None, "connection-bytes"))
        .or_else(|| ipsec_policy.filter(|policy| policy.is_ipsec).map(|_| "ipsec-policy"))
        .or_else(|| open(connection_type.is_some(), None, "connection-type"))
        .or_else(|| match (time, moment) {
            (Some(condition), Some(Moment { day, second })) => {
                (!condition.holds(|time| time.contains(day, second))).then_some("time")
            }
            (time, _) => open(time.is_some(), None, "time"),
        })
        .or_else(|| {
            let may_be = psd.is_some() && may_count_as_scan(packet);
            (psd.is_some() && !(may_be && chance.happens(None))).then_some("psd")
        })
        .or_else(|| (random.is_some() && !chance.happens(*random)).then_some("random"))
}

/// Whether a source may ask for a port with such a packet. How many ports it has asked for is not known here.
fn may_count_as_scan(packet: &Packet) -> bool {
    match &packet.payload {
        Payload::Tcp { flags, .. } => !flags.contains(&TcpFlag::Ack) && !flags.contains(&TcpFlag::Rst),
        Payload::Datagram { protocol, .. } => *protocol == Protocol::UDP,
        Payload::Echo { .. } | Payload::Error { .. } | Payload::Other(_) => false,
    }
}

fn flags_are(condition: &Condition<TcpFlags>, packet: &Packet) -> bool {
    let Payload::Tcp { flags, .. } = &packet.payload else { return false };
    condition.holds(|TcpFlags { set, clear }| set.is_subset(flags) && clear.is_disjoint(flags))
}

fn mss_is(condition: &Condition<(u16, u16)>, packet: &Packet) -> bool {
    let Payload::Tcp { mss: Some(mss), .. } = packet.payload else { return false };
    condition.holds(|&(low, high)| (low..=high).contains(&mss))
}

/// Each rule counts by itself, and only what comes as far as here.
fn is_turn(condition: &Condition<Nth>, counter: &mut u32) -> bool {
    let (&Nth { every, packet }, inverted) = condition.parts();
    let turn = *counter % every.get() + 1;
    *counter = turn % every.get();
    (turn == packet) != inverted
}

/// What a classifier hashes of a packet.
fn key(fields: PccFields, packet: &Packet) -> PccKey {
    let ports = packet.ports();
    PccKey {
        is_ipv6: packet.is_ipv6(),
        source_address: fields.source_address().then_some(packet.source),
        destination_address: fields.destination_address().then_some(packet.destination),
        source_port: ports.filter(|_| fields.source_port()).map(|ports| ports.source),
        destination_port: ports.filter(|_| fields.destination_port()).map(|ports| ports.destination),
    }
}
