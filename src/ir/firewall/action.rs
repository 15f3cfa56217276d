//! What rules do.

use super::{Chain, Hook, IpRange, PortRange};
use crate::ir::{AddressListName, ConnectionMark, PacketMark, TableName};
use ipnet::IpNet;
use serde::Serialize;
use std::num::NonZeroU32;

/// The action of a rule of any menu.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", bound = "H: Hook, A: Serialize")]
pub enum Action<H, A> {
    /// Ends the menu's rules for this packet at this hook, also from within a custom chain.
    Accept,
    /// Goes on in another chain, and comes back if nothing there decides.
    Jump(Chain<H>),
    /// Back to the chain that jumped here.
    Return,
    /// Only counts, or logs.
    Passthrough,
    /// Puts an address of the packet on a list, and goes on.
    Remember(Remember),
    /// What only rules of this menu do.
    #[serde(untagged)]
    Own(A),
}

impl<H, A> Action<H, A> {
    /// The chain in which it goes on.
    pub fn jump_target(&self) -> Option<&Chain<H>> {
        match self {
            Self::Jump(target) => Some(target),
            Self::Accept | Self::Return | Self::Passthrough | Self::Remember(_) | Self::Own(_) => None,
        }
    }

    /// What only rules of this menu do.
    pub fn own(&self) -> Option<&A> {
        match self {
            Self::Own(own) => Some(own),
            Self::Accept | Self::Jump(_) | Self::Return | Self::Passthrough | Self::Remember(_) => None,
        }
    }
}

/// `add-src-to-address-list` and `add-dst-to-address-list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remember {
    /// Which address.
    pub side: AddressSide,
    /// The list.
    pub list: AddressListName,
    /// How long.
    pub lasting: Lasting,
}

/// An address of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum AddressSide {
    Source,
    Destination,
}

/// `address-list-timeout`: how long an address stays on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lasting {
    /// So many seconds after the last packet that put it there.
    Seconds(NonZeroU32),
    /// Until the router starts again.
    UntilRestart,
    /// It becomes part of the configuration.
    ForEver,
}

/// What only a rule of `filter` does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilterAction {
    /// Away with it, without a word.
    Drop,
    /// Away with it, and its sender is told.
    Reject(RejectWith),
    /// Holds a TCP connection without ever answering further.
    Tarpit,
    /// Lets further packets of the connection take a short cut; goes on.
    FasttrackConnection,
}

/// `reject-with`: what the sender of a rejected packet is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum RejectWith {
    IcmpNetworkUnreachable,
    IcmpHostUnreachable,
    IcmpProtocolUnreachable,
    IcmpPortUnreachable,
    IcmpNetProhibited,
    IcmpHostProhibited,
    IcmpAdminProhibited,
    /// IPv6 only.
    IcmpNoRoute,
    /// IPv6 only.
    IcmpNotNeighbour,
    /// IPv6 only.
    IcmpAddressUnreachable,
    /// A reset instead of an error; of TCP only.
    TcpReset,
}

/// What only a rule of `raw` does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RawAction {
    /// Away with it, without a word.
    Drop,
    /// The packet is of no connection; ends raw.
    Notrack,
}

/// What only a rule of `nat` does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NatAction {
    /// Source becomes the address of the outgoing interface.
    Masquerade {
        /// Source ports to choose from.
        to_ports: Option<PortRange>,
        /// How one is chosen.
        choice: PortChoice,
    },
    /// Source becomes one of these.
    SrcNat(NatTarget, PortChoice),
    /// Destination becomes one of these.
    DstNat(NatTarget, PortChoice),
    /// The source becomes one of these.
    Same {
        /// The addresses.
        to: IpRange,
        /// Whether the destination has a part in which one it is; if not, a source always becomes the same one.
        by_destination: bool,
    },
    /// Destination becomes the router.
    Redirect {
        /// Ports to choose from; the packet's own without.
        to_ports: Option<PortRange>,
        /// How one is chosen.
        choice: PortChoice,
    },
    /// The address becomes the one with the same host part in this prefix.
    Netmap(IpNet),
}

/// `randomise-ports`: how a translated port is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortChoice {
    /// The packet's own if it can be, or the next that is free.
    Keep,
    /// By lot.
    Random,
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

/// What only a rule of `mangle` does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MangleAction {
    /// Away with it, without a word.
    Drop,
    /// Sets the connection's mark; `None` clears it.
    MarkConnection(Option<ConnectionMark>, Passthrough),
    /// Sets the packet's routing mark; `main` clears it.
    MarkRouting(TableName, Passthrough),
    /// Sets the packet's mark; `None` clears it.
    MarkPacket(Option<PacketMark>, Passthrough),
    /// Lowers the MSS of a TCP handshake.
    ChangeMss(Mss, Passthrough),
    /// Sets the differentiated services code point, 0..=63.
    ChangeDscp(u8, Passthrough),
    /// Sets the time to live, or hop limit.
    ChangeTtl(u8, Passthrough),
    /// Allows that the packet is taken apart on its way; of IPv4 only.
    ClearDf(Passthrough),
    /// Sets the priority inside the router, 0..=63.
    SetPriority(u8, Passthrough),
    /// Lets further packets of the connection take a short cut; goes on.
    FasttrackConnection,
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
