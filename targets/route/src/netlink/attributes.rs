//! Reading attributes.
//!
//! Messages are written with the types of `netlink-packet-route`; dumps are read by walking their bytes. A
//! typed reader builds every attribute of every object, and gives up on the whole message when a foreign
//! object has one that it doesn't know in that form. Here a handful of attributes matters, foreign objects
//! may hold anything, and a table may hold a million routes.

use std::net::IpAddr;

/// The lower bits of an attribute's type; the upper two say how its value is written.
const TYPE_MASK: u16 = 0x3fff;
const HEADER_LEN: usize = 4;

/// The attributes in a piece of a message, as pairs of type and value. A damaged rest ends the walk.
#[derive(Clone, Copy)]
pub(crate) struct Attributes<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::from(u16_of(self.0)?);
        let kind = u16_of(self.0.get(2..)?)? & TYPE_MASK;
        let value = self.0.get(HEADER_LEN..length)?;
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    }
}

/// The first two bytes as a number in the host's order.
pub(crate) fn u16_of(value: &[u8]) -> Option<u16> {
    value.first_chunk().map(|bytes| u16::from_ne_bytes(*bytes))
}

/// The first four bytes as a number in the host's order.
pub(crate) fn u32_of(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

/// The value as an address of either family, by its length.
pub(crate) fn ip_of(value: &[u8]) -> Option<IpAddr> {
    match value.len() {
        4 => <[u8; 4]>::try_from(value).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(value).ok().map(IpAddr::from),
        _ => None,
    }
}

/// The value as text, without the zero that closes it.
pub(crate) fn text_of(value: &[u8]) -> &[u8] {
    value.strip_suffix(&[0]).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_with_their_padding() {
        let mut bytes = Vec::new();
        bytes.extend(5u16.to_ne_bytes());
        bytes.extend(7u16.to_ne_bytes());
        bytes.extend([9, 0, 0, 0]);
        bytes.extend(8u16.to_ne_bytes());
        bytes.extend((8u16 | 0x8000).to_ne_bytes());
        bytes.extend(1u32.to_ne_bytes());
        let read: Vec<_> = Attributes(&bytes).collect();
        assert_eq!(read, [(7, &[9][..]), (8, &1u32.to_ne_bytes()[..])]);
    }

    #[test]
    fn a_damaged_attribute_ends_the_walk() {
        for bytes in [&[][..], &[4], &[0, 0, 1, 0, 1, 1], &[3, 0, 1, 0], &[200, 0, 1, 0, 1]] {
            assert_eq!(Attributes(bytes).count(), 0, "{bytes:?}");
        }
    }
}
