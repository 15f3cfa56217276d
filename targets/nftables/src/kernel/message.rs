//! Messages of nfnetlink: `struct nlmsghdr`, `struct nfgenmsg`, attributes.

use super::numbers::{DONE, ERROR, NESTED, REQUEST, TYPE_MASK};
use crate::state::Family;
use std::io;

/// The length of `struct nlmsghdr`.
pub(super) const HEADER_LENGTH: usize = 16;
/// The length of `struct nfgenmsg`.
const FAMILY_HEADER_LENGTH: usize = 4;

/// What stands in the header of a message beside its type.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Header {
    pub(super) flags: u16,
    pub(super) sequence: u32,
    /// `NFPROTO_*`; 0 for none.
    pub(super) family: u8,
    /// `res_id` of `struct nfgenmsg`, in network byte order on the wire.
    pub(super) resource: u16,
}

/// A message that asks for something, of a family or of none, with flags beside those that all have.
pub(super) fn request(
    kind: u16,
    flags: u16,
    family: Option<Family>,
    write: impl FnOnce(&mut Vec<u8>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let family = family.map(number_of).unwrap_or_default();
    message(&mut bytes, kind, Header { flags: REQUEST | flags, family, ..Header::default() }, write);
    bytes
}

/// Adds a message whose attributes the function writes.
pub(super) fn message(bytes: &mut Vec<u8>, kind: u16, header: Header, write: impl FnOnce(&mut Vec<u8>)) {
    let start = bytes.len();
    bytes.extend([0; 4]);
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(header.flags.to_ne_bytes());
    bytes.extend(header.sequence.to_ne_bytes());
    bytes.extend([0; 4]); // port number
    bytes.extend([header.family, 0]);
    bytes.extend(header.resource.to_be_bytes());
    write(bytes);
    let length = u32::try_from(bytes.len() - start).expect("messages are shorter than 4 GiB");
    bytes[start..start + 4].copy_from_slice(&length.to_ne_bytes());
}

/// Adds an attribute.
pub(super) fn attribute(bytes: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(value.len() + 4).expect("an attribute is shorter than 64 KiB");
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// Adds an attribute that is a text with a zero byte at its end.
pub(super) fn text(bytes: &mut Vec<u8>, kind: u16, text: &str) {
    attribute(bytes, kind, &[text.as_bytes(), &[0]].concat());
}

/// Adds an attribute of attributes, which the function writes: less than 64 KiB of them.
pub(super) fn nested(bytes: &mut Vec<u8>, kind: u16, write: impl FnOnce(&mut Vec<u8>)) {
    let start = bytes.len();
    bytes.extend([0; 2]);
    bytes.extend((kind | NESTED).to_ne_bytes());
    write(bytes);
    let length = u16::try_from(bytes.len() - start).expect("what is nested is shorter than 64 KiB");
    bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes());
}

/// The attributes of a piece, each with its type.
pub(super) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let [l0, l1, t0, t1, ..] = *bytes else { return None };
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        let value = bytes.get(4..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((u16::from_ne_bytes([t0, t1]) & TYPE_MASK, value))
    })
}

/// The first attribute of a type.
pub(super) fn find(bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    attributes(bytes).find_map(|(kind, value)| (kind == wanted).then_some(value))
}

/// Numbers of nfnetlink are in network byte order.
pub(super) fn number(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_be_bytes)
}

/// A message that the kernel sent.
#[derive(Debug)]
pub(super) enum Reply<'b> {
    /// An object: its attributes.
    Object(&'b [u8]),
    /// A request was carried out.
    Done,
    /// A request was refused.
    Refused(io::Error),
}

/// The messages of a datagram, each with the number of its request.
pub(super) fn replies(mut bytes: &[u8]) -> impl Iterator<Item = io::Result<(u32, Reply<'_>)>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let found = first_reply(bytes);
        bytes = match &found {
            Ok((length, _, _)) => bytes.get(length.next_multiple_of(4)..).unwrap_or_default(),
            Err(_) => &[],
        };
        Some(found.map(|(_, sequence, reply)| (sequence, reply)))
    })
}

fn first_reply(bytes: &[u8]) -> io::Result<(usize, u32, Reply<'_>)> {
    let word = |at: usize| bytes.get(at..at + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
    let length = word(0).map(u32::from_ne_bytes).and_then(|length| usize::try_from(length).ok());
    let (Some(length), Some([k0, k1, ..]), Some(sequence)) = (length, word(4), word(8)) else {
        return Err(unreadable());
    };
    let sequence = u32::from_ne_bytes(sequence);
    let body = bytes.get(HEADER_LENGTH..length).ok_or_else(unreadable)?;
    let reply = match u16::from_ne_bytes([k0, k1]) {
        kind @ (ERROR | DONE) => match body.get(..4).and_then(|code| code.try_into().ok()) {
            Some(code) => match i32::from_ne_bytes(code) {
                0 => Reply::Done,
                code => Reply::Refused(io::Error::from_raw_os_error(code.wrapping_neg())),
            },
            None if kind == DONE => Reply::Done,
            None => return Err(unreadable()),
        },
        _ => Reply::Object(body.get(FAMILY_HEADER_LENGTH..).ok_or_else(unreadable)?),
    };
    Ok((length, sequence, reply))
}

/// `NFPROTO_IPV4` and `NFPROTO_IPV6`.
pub(super) fn number_of(family: Family) -> u8 {
    match family {
        Family::Ip => 2,
        Family::Ip6 => 10,
    }
}

pub(super) fn unreadable() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the kernel's answer is not what nf_tables sends")
}
