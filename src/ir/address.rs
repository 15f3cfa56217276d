//! Addresses of the router.

use super::InterfaceName;
use rosc_target::Origin;
use serde::Serialize;
use std::net::IpAddr;

/// An item of `/ip address` or `/ipv6 address`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Address {
    /// The item.
    #[serde(skip)]
    pub origin: Origin,
    /// The interface that carries it.
    pub interface: InterfaceName,
    /// The address itself, host bits included.
    pub address: IpAddr,
    /// Length of the connected prefix.
    pub prefix_len: u8,
    /// `network=` of a point-to-point address: the other end, which alone is connected.
    pub peer: Option<IpAddr>,
    /// Whether IPv6 looks for a duplicate before it uses the address (`no-dad=no`).
    pub detect_duplicates: bool,
}

impl Address {
    /// The prefix that is connected through this address.
    pub fn connected(&self) -> ipnet::IpNet {
        let network = self.peer.unwrap_or(self.address);
        ipnet::IpNet::new(network, self.prefix_len).expect("resolve checks the length").trunc()
    }
}
