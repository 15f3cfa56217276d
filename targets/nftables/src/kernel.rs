//! What the kernel is asked directly, without nft: the number of its ruleset generation, which tables there are, and the
//! elements of sets.
//!
//! The first take microseconds however large the ruleset is. nft 1.0.6 reads every table for `list tables`, can't tell "no
//! such table" from other errors but by its words, and prints broken JSON for a dormant table.

pub(crate) mod batch;
pub(crate) mod copy;
pub(crate) mod elements;
pub(crate) mod flowtables;
pub(crate) mod helpers;
mod message;
mod numbers;
pub(crate) mod rules;

use crate::state::{Family, TABLE};
use message::{Header, Reply, find, message, number, number_of, replies, text, unreadable};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_NETFILTER};
use numbers::{DUMP, GENERATION_ID, GET_GENERATION, GET_TABLE, REQUEST, table};
use rosc_target::TargetError;
use std::io;

/// Returns the number of the ruleset in this thread's network namespace; it changes with every transaction,
/// whoever makes it (`NFTA_GEN_ID`).
pub(crate) fn generation() -> io::Result<u32> {
    let mut request = Vec::new();
    message(&mut request, GET_GENERATION, Header { flags: REQUEST, ..Header::default() }, |_| {});
    let reply = ask(&request)?.pop().ok_or_else(unreadable)?;
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
    let mut request = Vec::new();
    let header = Header { flags: REQUEST, family: number_of(family), ..Header::default() };
    message(&mut request, GET_TABLE, header, |bytes| text(bytes, table::NAME, name));
    match ask(&request) {
        Ok(mut replies) => {
            let reply = replies.pop().ok_or_else(unreadable)?;
            let flags = find(&reply, table::FLAGS).and_then(number).unwrap_or_default();
            Ok(if flags & table::DORMANT == 0 { TableStatus::Active } else { TableStatus::Dormant })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(TableStatus::Absent),
        Err(error) => Err(error),
    }
}

/// Says whether there is any table of a family but ours.
pub(crate) fn has_other_tables(family: Family) -> io::Result<bool> {
    let mut request = Vec::new();
    let header = Header { flags: REQUEST | DUMP, family: number_of(family), ..Header::default() };
    message(&mut request, GET_TABLE, header, |_| {});
    let ours = [TABLE.as_bytes(), &[0]].concat();
    Ok(ask(&request)?.iter().any(|table| find(table, table::NAME) != Some(ours.as_slice())))
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

/// Sends one request and returns the attributes of each object of the answer.
fn ask(request: &[u8]) -> io::Result<Vec<Vec<u8>>> {
    let socket = open()?;
    socket.send(request, 0)?;
    let has_end = u16::from_ne_bytes([request[6], request[7]]) & DUMP == DUMP;
    let mut objects = Vec::new();
    loop {
        let (datagram, _) = socket.recv_from_full()?;
        for reply in replies(&datagram) {
            match reply?.1 {
                Reply::Object(attributes) => objects.push(attributes.to_vec()),
                Reply::Done => return Ok(objects),
                Reply::Refused(error) => return Err(error),
            }
        }
        if !has_end {
            return Ok(objects);
        }
    }
}

/// The kernel fills so much at once where it is given the room (`NLMSG_GOODSIZE`).
const DATAGRAM: usize = 32 * 1024;

/// Sends one request for all objects of a kind, and hands on the attributes of each.
fn dump(request: &[u8], mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let socket = open()?;
    socket.send(request, 0)?;
    let mut datagram = Vec::with_capacity(DATAGRAM);
    loop {
        datagram.clear();
        socket.recv(&mut datagram, 0)?;
        for reply in replies(&datagram) {
            match reply?.1 {
                Reply::Object(attributes) => each(attributes)?,
                Reply::Done => return Ok(()),
                Reply::Refused(error) => return Err(error),
            }
        }
    }
}
