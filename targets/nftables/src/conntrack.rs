//! What the kernel's connection tracking has made of a connection.

use crate::kernel::{connections, error};
use rosc_target::TargetError;
use std::net::IpAddr;

/// What the packets of one direction of a connection look like (`struct nf_conntrack_tuple`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuple {
    /// The source address.
    pub source: IpAddr,
    /// The destination address, of the same family.
    pub destination: IpAddr,
    /// The protocol by its number, `IPPROTO_*`.
    pub protocol: u8,
    /// What the protocol adds.
    pub detail: Detail,
}

/// What a protocol adds to the addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Ports in host byte order.
    Ports {
        /// The source port.
        source: u16,
        /// The destination port.
        destination: u16,
    },
    /// An echo of ICMP or ICMPv6.
    Echo {
        /// The identifier.
        id: u16,
        /// Whether it is the answer.
        reply: bool,
    },
    /// Nothing.
    None,
}

/// Returns what answers to a connection's first packet look like when they come, in this thread's network namespace; `None`
/// if no connection began with such a packet, or if the kernel can't be asked (without `nf_conntrack_netlink`).
///
/// # Errors
///
/// Those of the kernel.
pub fn reply_of(original: &Tuple) -> Result<Option<Tuple>, TargetError> {
    connections::reply_of(original).map_err(|cause| error(&cause))
}
