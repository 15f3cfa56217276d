//! Connections, as the kernel's connection tracking tells of them and as it is told of them.

use super::batch::answers;
use super::message::{Header, attribute, find, message, nested, number_of, unreadable};
use super::numbers::connection::{BE_LIBERAL, MARK, MARK_MASK, ORIGINAL, PROTOCOL, REPLY, TCP, TCP_FLAGS};
use super::numbers::{ACK, GET_CONNECTION, NESTED, NEW_CONNECTION, REQUEST};
use super::{dump, get, open, tuples};
use crate::conntrack::Tuple;
use crate::state::Family;
use rustix::io::Errno;
use std::io;

/// So many messages are sent at once: they find room in any socket.
const AT_ONCE: usize = 100;

/// What answers to the first packet of a connection look like; `None` if no connection began with such a packet, or if the
/// kernel can't be asked (without `nf_conntrack_netlink`).
pub(crate) fn reply_of(original: &Tuple) -> io::Result<Option<Tuple>> {
    let family = if original.source.is_ipv6() { Family::Ip6 } else { Family::Ip };
    let found = get(GET_CONNECTION, Some(family), |bytes| tuples::write(bytes, ORIGINAL, original));
    let found = match found {
        Err(error) if is(&error, Errno::NOENT) || is(&error, Errno::INVAL) => return Ok(None),
        found => found?,
    };
    let tuple = |kind| tuples::read(find(&found, kind).ok_or_else(unreadable)?);
    // The kernel finds it by what answers look like too.
    if tuple(ORIGINAL)? != *original {
        return Ok(None);
    }
    tuple(REPLY).map(Some)
}

/// Has the kernel take any segment for one of its connection's window, of all connections of TCP that have a bit in their
/// marks: it has not seen their segments for a while. Those that have ended meanwhile are none any more. A kernel that can't
/// be told (without `nf_conntrack_netlink`) goes on as it is: an undo must not end here.
pub(crate) fn take_any_segment(bit: u32) -> io::Result<()> {
    for &family in Family::ALL {
        let mut ends = Vec::new();
        let with_bit = |bytes: &mut Vec<u8>| {
            attribute(bytes, MARK, &bit.to_be_bytes());
            attribute(bytes, MARK_MASK, &bit.to_be_bytes());
        };
        let found = dump(GET_CONNECTION, family, with_bit, |connection| {
            let is_tcp = find(connection, PROTOCOL).is_some_and(|of| find(of, TCP).is_some());
            ends.extend(find(connection, ORIGINAL).filter(|_| is_tcp).map(<[u8]>::to_vec));
            Ok(())
        });
        match found {
            Err(error) if is(&error, Errno::INVAL) => return Ok(()),
            found => found?,
        }
        for ends in ends.chunks(AT_ONCE) {
            change(family, ends)?;
        }
    }
    Ok(())
}

fn is(error: &io::Error, number: Errno) -> bool {
    error.raw_os_error() == Some(number.raw_os_error())
}

fn change(family: Family, all: &[Vec<u8>]) -> io::Result<()> {
    let mut bytes = Vec::new();
    let last = u32::try_from(all.len()).expect("they are few");
    for (number, ends) in (1..).zip(all) {
        // The others are answered only where they are refused.
        let flags = if number == last { REQUEST | ACK } else { REQUEST };
        let header = Header { flags, sequence: number, family: number_of(family), resource: 0 };
        message(&mut bytes, NEW_CONNECTION, header, |bytes| {
            attribute(bytes, ORIGINAL | NESTED, ends);
            nested(bytes, PROTOCOL, |bytes| {
                nested(bytes, TCP, |bytes| {
                    for of in TCP_FLAGS {
                        attribute(bytes, of, &[BE_LIBERAL, BE_LIBERAL]);
                    }
                });
            });
        });
    }
    let socket = open()?;
    socket.send(&bytes, 0)?;
    answers(&socket, last, |outcome| match outcome {
        Err(error) if !is(&error, Errno::NOENT) => Err(error),
        _ => Ok(()),
    })
}
