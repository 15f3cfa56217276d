//! Connections of TCP whose segments the kernel's connection tracking has not seen for a while.

use super::batch::answers;
use super::message::{Header, attribute, find, message, nested, number_of};
use super::numbers::connection::{BE_LIBERAL, MARK, MARK_MASK, ORIGINAL, PROTOCOL, TCP, TCP_FLAGS};
use super::numbers::{ACK, GET_CONNECTION, NESTED, NEW_CONNECTION, REQUEST};
use super::{dump, open};
use crate::state::Family;
use rustix::io::Errno;
use std::io;

/// So many messages are sent at once: they find room in any socket.
const AT_ONCE: usize = 100;

/// Has the kernel take any segment for one of its connection's window, of all connections of TCP that have a bit in their
/// marks. Those that have ended meanwhile are none any more. A kernel that can't be told (without `nf_conntrack_netlink`) goes
/// on as it is: an undo must not end here.
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
