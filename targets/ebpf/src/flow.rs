//! Connections as they are hashed: `bpf/hash.h` in Rust.

use crate::HashFields;
use crate::layout::{AF_INET, AF_INET6};
use rosc_target::jhash;
use std::net::{IpAddr, Ipv4Addr};

/// What of a packet may be hashed. Both addresses are of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flow {
    /// The source address.
    pub source: IpAddr,
    /// The destination address.
    pub destination: IpAddr,
    /// The number of the protocol.
    pub protocol: u8,
    /// The source port; 0 where there is none, and in fragments.
    pub source_port: u16,
    /// The destination port, likewise.
    pub destination_port: u16,
    /// Source and destination of the packet that it carries, of one family, if it is a tunnel's that the programs look into.
    pub inner: Option<(IpAddr, IpAddr)>,
}

impl Flow {
    /// What nothing is known of.
    const NOTHING: Self = Self {
        source: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        destination: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        protocol: 0,
        source_port: 0,
        destination_port: 0,
        inner: None,
    };

    /// The hash of the fields that a group hashes: Jenkins' of both addresses, both ports in network order, and the
    /// protocol in four bytes, with zeros for what is not hashed.
    pub fn hash(&self, fields: HashFields) -> u32 {
        if fields.inner
            && let Some((source, destination)) = self.inner
        {
            let inner = Self { source, destination, ..Self::NOTHING };
            return inner.hash(fields);
        }
        let mut key = Vec::with_capacity(40);
        push_address(&mut key, self.source, fields.source);
        push_address(&mut key, self.destination, fields.destination);
        let port = |port: u16, taken: bool| if taken { port } else { 0 }.to_be_bytes();
        key.extend(port(self.source_port, fields.source_port));
        key.extend(port(self.destination_port, fields.destination_port));
        let protocol = if fields.protocol { self.protocol } else { 0 };
        key.extend(u32::from(protocol).to_le_bytes());
        jhash(&key, 0)
    }
}

fn push_address(key: &mut Vec<u8>, address: IpAddr, taken: bool) {
    let start = key.len();
    match address {
        IpAddr::V4(address) => key.extend(address.octets()),
        IpAddr::V6(address) => key.extend(address.octets()),
    }
    if !taken {
        key[start..].fill(0);
    }
}

/// An address as maps hold it: 16 bytes, and its family.
pub(crate) fn raw_address(address: IpAddr) -> ([u8; 16], u8) {
    match address {
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            (bytes, AF_INET)
        }
        IpAddr::V6(address) => (address.octets(), AF_INET6),
    }
}

/// An address of a map; `None` for no family.
pub(crate) fn read_address(bytes: [u8; 16], family: u8) -> Option<IpAddr> {
    match family {
        AF_INET => Some(IpAddr::from([bytes[0], bytes[1], bytes[2], bytes[3]])),
        AF_INET6 => Some(IpAddr::from(bytes)),
        _ => None,
    }
}
