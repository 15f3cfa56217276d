//! Packets and what is done to them, in words.

use crate::catalog::types::{Keyword, protocol_name};
use crate::ir::firewall::{FilterAction, MangleAction, Mss, RawAction, TcpFlag};
use crate::trace::{IcmpError, Packet, Payload, USUAL_DATA};
use std::net::{IpAddr, SocketAddr};

/// A packet in one line: `tcp 192.168.88.10:50000 -> 198.51.100.7:443 syn`.
pub fn packet_words(packet: &Packet) -> String {
    let protocol = packet.protocol();
    let name = protocol_name(protocol).map_or_else(|| format!("protocol {}", protocol.0), str::to_owned);
    let end = |address: IpAddr, port: Option<u16>| match port {
        Some(port) => SocketAddr::new(address, port).to_string(),
        None if address.is_unspecified() => "the router".to_owned(),
        None => address.to_string(),
    };
    let ports = packet.ports();
    let from =
        end(packet.source, ports.map(|ports| ports.source).filter(|_| !packet.source.is_unspecified()));
    let to = end(packet.destination, ports.map(|ports| ports.destination));
    let more = match &packet.payload {
        Payload::Tcp { flags, mss, .. } => {
            let flags = flags.iter().map(|flag: &TcpFlag| flag.word()).collect::<Vec<_>>().join(",");
            let mss = mss.map(|mss| format!(" mss {mss}")).unwrap_or_default();
            format!(" {flags}{mss}")
        }
        Payload::Echo { reply: false, .. } => " echo-request".to_owned(),
        Payload::Echo { reply: true, .. } => " echo-reply".to_owned(),
        Payload::Error { kind, about } => format!(" {}, about {}", icmp_error(*kind), packet_words(about)),
        Payload::Datagram { .. } | Payload::Other(_) => String::new(),
    };
    let dscp = if packet.dscp == 0 { String::new() } else { format!(" dscp {}", packet.dscp) };
    let is_usual = packet.data == USUAL_DATA || matches!(packet.payload, Payload::Error { .. });
    let size = if is_usual { String::new() } else { format!(" of {} bytes", packet.length()) };
    format!("{name} {from} -> {to}{more}{dscp}{size}")
}

/// What an ICMP error says.
pub(super) fn icmp_error(error: IcmpError) -> &'static str {
    match error {
        IcmpError::NetworkUnreachable => "network unreachable",
        IcmpError::HostUnreachable => "host unreachable",
        IcmpError::Prohibited => "administratively prohibited",
        IcmpError::PortUnreachable => "port unreachable",
        IcmpError::TimeExceeded => "time exceeded",
        IcmpError::ProtocolUnreachable => "protocol unreachable",
        IcmpError::NetworkProhibited => "network prohibited",
        IcmpError::HostProhibited => "host prohibited",
        IcmpError::BeyondScope => "beyond scope",
    }
}

/// What a filter rule did.
pub(super) fn filtered(action: &FilterAction) -> String {
    match action {
        FilterAction::Drop => "dropped".to_owned(),
        FilterAction::Reject(with) => format!("rejected with {}", with.word()),
        FilterAction::Tarpit => "held in a tarpit".to_owned(),
        FilterAction::FasttrackConnection => "the connection may take a short cut".to_owned(),
    }
}

/// What a raw rule did.
pub(super) fn of_raw(action: &RawAction) -> String {
    match action {
        RawAction::Drop => "dropped".to_owned(),
        RawAction::Notrack => "of no connection".to_owned(),
    }
}

/// What a mangle rule did.
pub(super) fn mangled(action: &MangleAction) -> String {
    match action {
        MangleAction::Drop => "dropped".to_owned(),
        MangleAction::MarkConnection(Some(mark), _) => format!("connection mark {mark}"),
        MangleAction::MarkConnection(None, _) => "no connection mark".to_owned(),
        MangleAction::MarkRouting(table, _) => format!("routing mark {table}"),
        MangleAction::MarkPacket(Some(mark), _) => format!("packet mark {mark}"),
        MangleAction::MarkPacket(None, _) => "no packet mark".to_owned(),
        MangleAction::ChangeMss(Mss::ClampToPmtu, _) => "MSS at most what fits the way".to_owned(),
        MangleAction::ChangeMss(Mss::Bytes(bytes), _) => format!("MSS at most {bytes}"),
        MangleAction::ChangeDscp(dscp, _) => format!("DSCP {dscp}"),
        MangleAction::ChangeTtl(ttl, _) => format!("time to live {ttl}"),
        MangleAction::ClearDf(_) => "may be taken apart".to_owned(),
        MangleAction::SetPriority(priority, _) => format!("priority {priority}"),
        MangleAction::FasttrackConnection => "the connection may take a short cut".to_owned(),
    }
}
