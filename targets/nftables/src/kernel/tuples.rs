//! The tuples of connections, as ctnetlink writes them (`CTA_TUPLE_*`).

use super::message::{attribute, find, nested, unreadable};
use super::numbers::tuple::{
    DESTINATION_PORT, ICMP, ICMPV6, IPV4, IPV6, Icmp, NETWORK, NUMBER, SOURCE_PORT, TRANSPORT,
};
use crate::conntrack::{Detail, Tuple};
use std::io;
use std::net::IpAddr;

/// `IPPROTO_ICMP` and `IPPROTO_ICMPV6`, each with how its echoes are written.
const ECHOES: [(u8, Icmp); 2] = [(1, ICMP), (58, ICMPV6)];

/// Adds a tuple as an attribute of some type.
pub(super) fn write(bytes: &mut Vec<u8>, kind: u16, tuple: &Tuple) {
    nested(bytes, kind, |bytes| {
        nested(bytes, NETWORK, |bytes| match (tuple.source, tuple.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                attribute(bytes, IPV4.source, &source.octets());
                attribute(bytes, IPV4.destination, &destination.octets());
            }
            (source, destination) => {
                for (kind, address) in [(IPV6.source, source), (IPV6.destination, destination)] {
                    let IpAddr::V6(address) = address else { continue };
                    attribute(bytes, kind, &address.octets());
                }
            }
        });
        nested(bytes, TRANSPORT, |bytes| {
            attribute(bytes, NUMBER, &[tuple.protocol]);
            match tuple.detail {
                Detail::Ports { source, destination } => {
                    attribute(bytes, SOURCE_PORT, &source.to_be_bytes());
                    attribute(bytes, DESTINATION_PORT, &destination.to_be_bytes());
                }
                Detail::Echo { id, reply } => {
                    let Some(of) = echo_of(tuple.protocol) else { return };
                    attribute(bytes, of.id, &id.to_be_bytes());
                    attribute(bytes, of.kind, &[if reply { of.reply } else { of.request }]);
                    attribute(bytes, of.code, &[0]);
                }
                Detail::None => {}
            }
        });
    });
}

/// Reads a tuple from what such an attribute holds.
pub(super) fn read(bytes: &[u8]) -> io::Result<Tuple> {
    try_read(bytes).ok_or_else(unreadable)
}

fn try_read(bytes: &[u8]) -> Option<Tuple> {
    let (network, transport) = (find(bytes, NETWORK)?, find(bytes, TRANSPORT)?);
    let ipv4 = |kind| Some(IpAddr::from(<[u8; 4]>::try_from(find(network, kind)?).ok()?));
    let ipv6 = |kind| Some(IpAddr::from(<[u8; 16]>::try_from(find(network, kind)?).ok()?));
    let number = |kind| Some(u16::from_be_bytes(find(transport, kind)?.try_into().ok()?));
    let &[protocol] = find(transport, NUMBER)? else { return None };
    let detail = match (number(SOURCE_PORT), number(DESTINATION_PORT), echo_of(protocol)) {
        (Some(source), Some(destination), _) => Detail::Ports { source, destination },
        (_, _, Some(of)) => {
            Detail::Echo { id: number(of.id)?, reply: find(transport, of.kind)? == [of.reply] }
        }
        _ => Detail::None,
    };
    Some(Tuple {
        source: ipv4(IPV4.source).or_else(|| ipv6(IPV6.source))?,
        destination: ipv4(IPV4.destination).or_else(|| ipv6(IPV6.destination))?,
        protocol,
        detail,
    })
}

fn echo_of(protocol: u8) -> Option<&'static Icmp> {
    ECHOES.iter().find(|(number, _)| *number == protocol).map(|(_, of)| of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let tuple = |source: &str, destination: &str, protocol, detail| Tuple {
            source: source.parse().expect("an address"),
            destination: destination.parse().expect("an address"),
            protocol,
            detail,
        };
        for tuple in [
            tuple("192.0.2.1", "198.51.100.2", 6, Detail::Ports { source: 50000, destination: 443 }),
            tuple("2001:db8::1", "2001:db8::2", 17, Detail::Ports { source: 53, destination: 1024 }),
            tuple("192.0.2.1", "198.51.100.2", 1, Detail::Echo { id: 7, reply: false }),
            tuple("2001:db8::1", "2001:db8::2", 58, Detail::Echo { id: 7, reply: true }),
            tuple("192.0.2.1", "198.51.100.2", 47, Detail::None),
        ] {
            let mut bytes = Vec::new();
            write(&mut bytes, 1, &tuple);
            assert_eq!(read(find(&bytes, 1).expect("written")).expect("readable"), tuple);
        }
    }
}
