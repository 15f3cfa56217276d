//! What the router's kernel has made of connections.

use crate::ir::firewall::Protocol;
use crate::trace::{Detail, PortPair, Tuple};
use rosc_nftables::conntrack;
use rosc_target::TargetError;

/// What the first packet of a connection became behind all translations, in this thread's namespace; `None` if the kernel
/// keeps no such connection.
pub(super) fn translated(first: &Tuple) -> Result<Option<Tuple>, TargetError> {
    let reply = conntrack::reply_of(&in_numbers(first))?;
    Ok(reply.map(|reply| in_words(&reply).inverse()))
}

fn in_numbers(tuple: &Tuple) -> conntrack::Tuple {
    let detail = match tuple.detail {
        Detail::Ports(ports) => {
            conntrack::Detail::Ports { source: ports.source, destination: ports.destination }
        }
        Detail::Echo { id, reply } => conntrack::Detail::Echo { id, reply },
        Detail::None => conntrack::Detail::None,
    };
    let Tuple { source, destination, protocol: Protocol(protocol), .. } = *tuple;
    conntrack::Tuple { source, destination, protocol, detail }
}

fn in_words(tuple: &conntrack::Tuple) -> Tuple {
    let detail = match tuple.detail {
        conntrack::Detail::Ports { source, destination } => Detail::Ports(PortPair { source, destination }),
        conntrack::Detail::Echo { id, reply } => Detail::Echo { id, reply },
        conntrack::Detail::None => Detail::None,
    };
    let conntrack::Tuple { source, destination, protocol, .. } = *tuple;
    Tuple { source, destination, protocol: Protocol(protocol), detail }
}
