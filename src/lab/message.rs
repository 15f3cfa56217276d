//! What the lab's packets carry: which flow they belong to.

use std::net::{IpAddr, SocketAddr};

/// The payload of a request; its answer is the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message {
    /// The flow.
    pub(super) flow: u32,
    /// How many requests the flow has sent before.
    pub(super) round: u32,
    /// Where it was sent to, so that the far side answers from there.
    pub(super) destination: SocketAddr,
}

/// The length of every message.
pub(super) const LENGTH: usize = 32;

const MAGIC: [u8; 4] = *b"rosc";

impl Message {
    pub(super) fn encode(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&self.flow.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.round.to_be_bytes());
        bytes[12..14].copy_from_slice(&self.destination.port().to_be_bytes());
        match self.destination.ip() {
            IpAddr::V4(address) => {
                bytes[14] = 4;
                bytes[16..20].copy_from_slice(&address.octets());
            }
            IpAddr::V6(address) => {
                bytes[14] = 6;
                bytes[16..32].copy_from_slice(&address.octets());
            }
        }
        bytes
    }

    /// Reads a message; `None` for what the lab did not send.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LENGTH] = bytes.get(..LENGTH)?.try_into().ok()?;
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let address: IpAddr = match bytes[14] {
            4 => <[u8; 4]>::try_from(&bytes[16..20]).ok()?.into(),
            6 => <[u8; 16]>::try_from(&bytes[16..32]).ok()?.into(),
            _ => return None,
        };
        let destination = SocketAddr::new(address, u16::from_be_bytes([bytes[12], bytes[13]]));
        (bytes[..4] == MAGIC).then_some(Self { flow: number(4), round: number(8), destination })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        for destination in ["198.51.100.7:443", "[2001:db8::7]:80"] {
            let message = Message { flow: 7, round: 2, destination: destination.parse().expect("an address") };
            assert_eq!(Message::decode(&message.encode()), Some(message));
        }
        assert_eq!(Message::decode(b"GET / HTTP/1.1"), None);
    }
}
