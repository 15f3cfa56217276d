//! What NAT and mangle rules do.

use super::{Chain, IpRange, MangleHook, NatHook, PortRange};
use crate::ir::{ConnectionMark, PacketMark, TableName};
use ipnet::IpNet;
use serde::Serialize;

/// The action of a NAT rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NatAction {
    /// No translation.
    Accept,
    /// Goes on in another chain, and comes back if nothing there decides.
    Jump(Chain<NatHook>),
    /// Back to the chain that jumped here.
    Return,
    /// Only counts.
    Passthrough,
    /// Source becomes the address of the outgoing interface.
    Masquerade {
        /// Source ports to choose from.
        to_ports: Option<PortRange>,
    },
    /// Source becomes one of these.
    SrcNat(NatTarget),
    /// Destination becomes one of these.
    DstNat(NatTarget),
    /// Destination becomes the router.
    Redirect {
        /// Ports to choose from; the packet's own without.
        to_ports: Option<PortRange>,
    },
    /// The address becomes the one with the same host part in this prefix.
    Netmap(IpNet),
}

/// Where NAT sends to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NatTarget {
    /// One of these addresses; the port stays if it can.
    Addresses(IpRange),
    /// The packet's own address, one of these ports.
    Ports(PortRange),
    /// One of these addresses and one of these ports.
    AddressesAndPorts(IpRange, PortRange),
}

/// The action of a mangle rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MangleAction {
    /// Ends mangle for this packet at this hook.
    Accept,
    /// Goes on in another chain, and comes back if nothing there decides.
    Jump(Chain<MangleHook>),
    /// Back to the chain that jumped here.
    Return,
    /// Only counts.
    Passthrough,
    /// Sets the connection's mark; `None` clears it.
    MarkConnection(Option<ConnectionMark>, Passthrough),
    /// Sets the packet's routing mark; `main` clears it.
    MarkRouting(TableName, Passthrough),
    /// Sets the packet's mark; `None` clears it.
    MarkPacket(Option<PacketMark>, Passthrough),
    /// Lowers the MSS of a TCP handshake.
    ChangeMss(Mss, Passthrough),
}

/// `new-mss`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mss {
    /// What fits the way's MTU.
    ClampToPmtu,
    /// This many bytes.
    Bytes(u16),
}

/// `passthrough`: what comes after a rule that changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passthrough {
    /// `yes`: the next rule.
    Continue,
    /// `no`: nothing more of mangle at this hook, also from within a custom chain.
    Stop,
}
