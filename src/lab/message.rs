//! What the lab's packets carry: which flow they belong to.

/// The payload of a request; its answer is the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Message {
    /// The flow.
    pub flow: u32,
    /// How many requests the flow has sent before.
    pub round: u32,
}

/// The length of every message.
pub(super) const LENGTH: usize = 12;

const MAGIC: [u8; 4] = *b"rosc";

impl Message {
    /// The length of every message.
    pub const LENGTH: usize = LENGTH;

    /// The payload.
    pub fn encode(self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&self.flow.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.round.to_be_bytes());
        bytes
    }

    /// Reads a message; `None` for what the lab did not send.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let [magic, flow, round] = [bytes.get(..4)?, bytes.get(4..8)?, bytes.get(8..12)?];
        let number = |bytes: &[u8]| bytes.try_into().map(u32::from_be_bytes).ok();
        Some(Self { flow: number(flow)?, round: number(round)? }).filter(|_| magic == MAGIC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let message = Message { flow: 7, round: 2 };
        assert_eq!(Message::decode(&message.encode()), Some(message));
        assert_eq!(Message::decode(b"GET / HTTP/1.1"), None);
        assert_eq!(Message::decode(b"rosc"), None);
    }
}
