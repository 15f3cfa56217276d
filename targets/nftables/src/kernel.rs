//! What the kernel is asked directly, without nft: the number of its ruleset generation, and whether there is
//! a table of ours.
//!
//! Both take microseconds however large the ruleset is. nft 1.0.6 reads every table for `list tables`, can't
//! tell "no such table" from other errors but by its words, and prints broken JSON for a dormant table.

use crate::state::{Family, TABLE};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_NETFILTER};
use std::io;

/// Returns the number of the ruleset in this thread's network namespace; it changes with every transaction,
/// whoever makes it (`NFTA_GEN_ID`).
pub(crate) fn generation() -> io::Result<u32> {
    let reply = ask(&request(message::GET_GENERATION, 0, &[]))?;
    attribute(&reply, attribute_type::GENERATION_ID).and_then(number).ok_or_else(unreadable)
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
    let mut name = TABLE.as_bytes().to_vec();
    name.push(0);
    let family = match family {
        Family::Ip => NFPROTO_IPV4,
        Family::Ip6 => NFPROTO_IPV6,
    };
    match ask(&request(message::GET_TABLE, family, &encoded(attribute_type::TABLE_NAME, &name))) {
        Ok(reply) => {
            let flags = attribute(&reply, attribute_type::TABLE_FLAGS).and_then(number).unwrap_or_default();
            Ok(if flags & TABLE_IS_DORMANT == 0 { TableStatus::Active } else { TableStatus::Dormant })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(TableStatus::Absent),
        Err(error) => Err(error),
    }
}

/// `enum nf_tables_msg_types` of the kernel, below `NFNL_SUBSYS_NFTABLES` in the upper byte.
mod message {
    pub(super) const GET_TABLE: u16 = SUBSYSTEM | 1;
    pub(super) const GET_GENERATION: u16 = SUBSYSTEM | 16;
    const SUBSYSTEM: u16 = 10 << 8;
}

/// `NFTA_*` of the kernel.
mod attribute_type {
    pub(super) const GENERATION_ID: u16 = 1;
    pub(super) const TABLE_NAME: u16 = 1;
    pub(super) const TABLE_FLAGS: u16 = 2;
}

const NFPROTO_IPV4: u8 = 2;
const NFPROTO_IPV6: u8 = 10;
/// `NFT_TABLE_F_DORMANT`.
const TABLE_IS_DORMANT: u32 = 1;
/// `NLM_F_REQUEST`.
const IS_REQUEST: u16 = 1;
/// `NLMSG_ERROR`.
const ERROR: u16 = 2;
/// The length of `struct nlmsghdr`.
const HEADER_LENGTH: usize = 16;
/// The length of `struct nfgenmsg`.
const FAMILY_HEADER_LENGTH: usize = 4;

/// Returns a message: `struct nlmsghdr`, `struct nfgenmsg`, attributes.
fn request(message: u16, family: u8, attributes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER_LENGTH + FAMILY_HEADER_LENGTH + attributes.len());
    let mut bytes = Vec::new();
    bytes.extend(length.expect("two names are shorter than 4 GiB").to_ne_bytes());
    bytes.extend(message.to_ne_bytes());
    bytes.extend(IS_REQUEST.to_ne_bytes());
    bytes.extend([0; 8]); // sequence and port number
    bytes.extend([family, 0, 0, 0]);
    bytes.extend(attributes);
    bytes
}

fn encoded(attribute: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).expect("a name is shorter than 64 KiB");
    let mut bytes = Vec::new();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(attribute.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// Sends one request and returns the attributes of its answer.
fn ask(request: &[u8]) -> io::Result<Vec<u8>> {
    let socket = Socket::new(NETLINK_NETFILTER)?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(request, 0)?;
    let (reply, _) = socket.recv_from_full()?;
    let kind = reply.get(4..6).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes);
    if kind.ok_or_else(unreadable)? == ERROR {
        let code = reply.get(HEADER_LENGTH..HEADER_LENGTH + 4).and_then(|bytes| bytes.try_into().ok());
        let code = code.map(i32::from_ne_bytes).ok_or_else(unreadable)?;
        return Err(io::Error::from_raw_os_error(code.wrapping_neg()));
    }
    reply.get(HEADER_LENGTH + FAMILY_HEADER_LENGTH..).map(<[u8]>::to_vec).ok_or_else(unreadable)
}

fn attribute(mut attributes: &[u8], wanted: u16) -> Option<&[u8]> {
    while let [l0, l1, t0, t1, ..] = *attributes {
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        if u16::from_ne_bytes([t0, t1]) == wanted {
            return attributes.get(4..length);
        }
        attributes = attributes.get(length.next_multiple_of(4).max(4)..)?;
    }
    None
}

/// Numbers of nfnetlink are in network byte order.
fn number(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_be_bytes)
}

fn unreadable() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the kernel's answer is not what nf_tables sends")
}
