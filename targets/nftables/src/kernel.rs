//! What the kernel is asked directly, without nft: the number of its ruleset generation, which tables there are, and the
//! elements of sets.
//!
//! The first take microseconds however large the ruleset is. nft 1.0.6 reads every table for `list tables`, can't tell "no
//! such table" from other errors but by its words, and prints broken JSON for a dormant table.

pub(crate) mod batch;
pub(crate) mod connections;
pub(crate) mod copy;
pub(crate) mod elements;
pub(crate) mod flowtables;
pub(crate) mod helpers;
mod message;
mod numbers;
pub(crate) mod rules;
mod tuples;

use crate::state::{Family, TABLE};
use message::{Reply, find, number, replies, request, text, unreadable};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_NETFILTER};
use numbers::{DUMP, GENERATION_ID, GET_GENERATION, GET_TABLE, table};
use rosc_target::TargetError;
use std::io;
use std::ops::ControlFlow;

/// Returns the number of the ruleset in this thread's network namespace; it changes with every transaction,
/// whoever makes it (`NFTA_GEN_ID`).
pub(crate) fn generation() -> io::Result<u32> {
    let reply = get(GET_GENERATION, None, |_| {})?;
    find(&reply, GENERATION_ID).and_then(number).ok_or_else(unreadable)
}

/// A table, as far as the kernel tells without its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableStatus {
    /// There is none.
    Absent,
    /// There is one, and its chains see packets.
    Active,
    /// There is one, but somebody has switched it off.
    Dormant,
}

/// Says whether there is a table of ours in this thread's network namespace.
pub(crate) fn table_status(family: Family) -> io::Result<TableStatus> {
    status_of(family, TABLE)
}

/// Says whether there is a table of some name in this thread's network namespace.
pub(crate) fn status_of(family: Family, name: &str) -> io::Result<TableStatus> {
    match get(GET_TABLE, Some(family), |bytes| text(bytes, table::NAME, name)) {
        Ok(reply) => {
            let flags = find(&reply, table::FLAGS).and_then(number).unwrap_or_default();
            Ok(if flags & table::DORMANT == 0 { TableStatus::Active } else { TableStatus::Dormant })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(TableStatus::Absent),
        Err(error) => Err(error),
    }
}

/// Says whether there is any table of a family but ours.
pub(crate) fn has_other_tables(family: Family) -> io::Result<bool> {
    let ours = [TABLE.as_bytes(), &[0]].concat();
    let mut has_others = false;
    let look_at = |object: &[u8]| {
        has_others |= find(object, table::NAME) != Some(ours.as_slice());
        Ok(())
    };
    dump(GET_TABLE, family, |_| {}, look_at)?;
    Ok(has_others)
}

/// An error for which no object is to blame.
pub(crate) fn error(error: &io::Error) -> TargetError {
    let text = error.to_string();
    let number = error.raw_os_error().map(|number| format!(" (os error {number})")).unwrap_or_default();
    TargetError {
        origin: None,
        operation: "read",
        object: "nf_tables".to_owned(),
        errno: error.raw_os_error(),
        message: text.strip_suffix(&number).unwrap_or(&text).to_owned(),
    }
}

/// A socket of this thread's network namespace.
fn open() -> io::Result<Socket> {
    let socket = Socket::new(NETLINK_NETFILTER)?;
    socket.connect(&SocketAddr::new(0, 0))?;
    Ok(socket)
}

/// The kernel fills so much at once where it is given the room (`NLMSG_GOODSIZE`).
const DATAGRAM: usize = 32 * 1024;

/// Asks for one object and returns its attributes.
fn get(kind: u16, family: Option<Family>, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<Vec<u8>> {
    let first = |object: &[u8]| Ok(ControlFlow::Break(object.to_vec()));
    ask(&request(kind, 0, family, write), first)?.ok_or_else(unreadable)
}

/// Asks for all objects of a kind, and hands on the attributes of each.
fn dump(
    kind: u16,
    family: Family,
    write: impl FnOnce(&mut Vec<u8>),
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let next = |object: &[u8]| each(object).map(ControlFlow::<()>::Continue);
    ask(&request(kind, DUMP, Some(family), write), next).map(|_| ())
}

/// Sends a request and hands on the attributes of each object of the answer, until there are no more or one has broken it
/// off: behind an object that was asked for alone no end is marked.
fn ask<T>(
    request: &[u8],
    mut each: impl FnMut(&[u8]) -> io::Result<ControlFlow<T>>,
) -> io::Result<Option<T>> {
    let socket = open()?;
    socket.send(request, 0)?;
    let mut datagram = Vec::with_capacity(DATAGRAM);
    loop {
        datagram.clear();
        socket.recv(&mut datagram, 0)?;
        for reply in replies(&datagram) {
            match reply?.1 {
                Reply::Object(attributes) => {
                    if let ControlFlow::Break(found) = each(attributes)? {
                        return Ok(Some(found));
                    }
                }
                Reply::Done => return Ok(None),
                Reply::Refused(error) => return Err(error),
            }
        }
    }
}
