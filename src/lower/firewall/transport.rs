//! What rules ask of transport headers: ports and flags.

use super::matchers::Lowered;
use crate::ir::firewall::{Condition, Ports, Protocol, TcpFlag, TcpFlags};
use rosc_nftables::kind::Port;
use rosc_nftables::select::{Selector, meta, port, tcp};
use rosc_nftables::{Interval, Ranges, Statement, Transport};
use std::collections::BTreeSet;

/// The transport whose ports a rule looks at; resolve sees to it that a rule with ports names one.
pub(super) fn transport_of(protocol: &Condition<Protocol>) -> Option<Transport> {
    match protocol {
        Condition::Is(Protocol::TCP) => Some(Transport::Tcp),
        Condition::Is(Protocol::UDP) => Some(Transport::Udp),
        Condition::Is(Protocol::DCCP) => Some(Transport::Dccp),
        Condition::Is(Protocol::SCTP) => Some(Transport::Sctp),
        Condition::Is(Protocol::UDP_LITE) => Some(Transport::Udplite),
        Condition::Is(_) | Condition::IsNot(_) => None,
    }
}

/// That the protocol of a packet has ports, and that it has none: where a rule names no protocol, what it asks of ports
/// is lowered once for each.
pub(super) fn with_and_without_ports() -> (Option<Statement>, Option<Statement>) {
    let protocols = Protocol::WITH_PORTS.map(|protocol| rosc_nftables::Protocol(protocol.0)).to_vec();
    (meta::l4proto().one_of(protocols.clone()), meta::l4proto().none_of(protocols))
}

pub(super) fn port_ranges(ports: &Ports) -> Ranges<u16> {
    let interval = |&(first, last)| Interval::new(first, last).expect("port ranges begin before they end");
    ports.ranges().iter().map(interval).collect()
}

pub(super) fn ports(selector: Selector<Port>, condition: &Condition<Ports>) -> Lowered {
    let (wanted, inverted) = condition.parts();
    let ranges = port_ranges(wanted);
    if inverted {
        selector.none_of(ranges).map_or(Lowered::Always, Lowered::from)
    } else {
        selector.one_of(ranges).map_or(Lowered::Never, Lowered::from)
    }
}

/// `port`: either port is one of these, or with `!` neither is.
pub(super) fn either_port(transport: Transport, condition: &Condition<Ports>) -> Lowered {
    let (wanted, inverted) = condition.parts();
    let ranges = port_ranges(wanted);
    let source_is = port::sport(transport).one_of(ranges.clone());
    let source_is_not = port::sport(transport).none_of(ranges.clone());
    let destination_is = port::dport(transport).one_of(ranges.clone());
    let destination_is_not = port::dport(transport).none_of(ranges);
    if inverted {
        return Lowered::All(source_is_not.into_iter().chain(destination_is_not).collect());
    }
    let by_source = source_is.into_iter().collect();
    let by_destination = source_is_not.into_iter().chain(destination_is).collect();
    Lowered::One(vec![by_source, by_destination])
}

pub(super) fn flags(condition: &Condition<TcpFlags>) -> Lowered {
    let bits = |flags: &BTreeSet<TcpFlag>| flags.iter().map(flag).reduce(|all, flag| all | flag);
    let (TcpFlags { set, clear }, inverted) = condition.parts();
    match (bits(set), bits(clear)) {
        (None, None) => Lowered::Always,
        (None, Some(clear)) if inverted => tcp::flags().any_of(clear).into(),
        (None, Some(clear)) => tcp::flags().none_of(clear).into(),
        (Some(set), clear) => {
            let mask = clear.map_or(set, |clear| set | clear);
            if inverted { tcp::flags().masked_ne(mask, set) } else { tcp::flags().masked_eq(mask, set) }
                .into()
        }
    }
}

fn flag(flag: &TcpFlag) -> rosc_nftables::TcpFlags {
    match flag {
        TcpFlag::Fin => rosc_nftables::TcpFlags::FIN,
        TcpFlag::Syn => rosc_nftables::TcpFlags::SYN,
        TcpFlag::Rst => rosc_nftables::TcpFlags::RST,
        TcpFlag::Psh => rosc_nftables::TcpFlags::PSH,
        TcpFlag::Ack => rosc_nftables::TcpFlags::ACK,
        TcpFlag::Urg => rosc_nftables::TcpFlags::URG,
        TcpFlag::Ece => rosc_nftables::TcpFlags::ECE,
        TcpFlag::Cwr => rosc_nftables::TcpFlags::CWR,
    }
}
