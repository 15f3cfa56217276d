//! Sets of bits that the kernel compares as such.

use crate::keyword::flags;

/// A kind of bits.
pub trait Bits: Copy {
    /// Returns the kernel's bits.
    fn bits(self) -> u32;
}

flags! {
    /// States of a connection, as one packet sees it (`NF_CT_STATE_*` of the kernel).
    pub struct CtState {
        /// The packet belongs to no connection that could be.
        INVALID = 1, "invalid";
        /// Packets have gone both ways.
        ESTABLISHED = 2, "established";
        /// The connection was announced by another one.
        RELATED = 4, "related";
        /// The first packet.
        NEW = 8, "new";
        /// Exempted from connection tracking.
        UNTRACKED = 64, "untracked";
    }
}

flags! {
    /// What has happened to a connection (`IPS_*` of the kernel).
    pub struct CtStatus {
        /// It was announced by another connection.
        EXPECTED = 1, "expected";
        /// Packets have gone both ways.
        SEEN_REPLY = 2, "seen-reply";
        /// It is not dropped early when the table is full.
        ASSURED = 4, "assured";
        /// Its first packet has left the machine.
        CONFIRMED = 8, "confirmed";
        /// Its source address is translated.
        SNAT = 16, "snat";
        /// Its destination address is translated.
        DNAT = 32, "dnat";
        /// It is being removed.
        DYING = 512, "dying";
    }
}

flags! {
    /// TCP flags.
    pub struct TcpFlags {
        /// No more data from the sender.
        FIN = 1, "fin";
        /// Synchronise sequence numbers.
        SYN = 2, "syn";
        /// Reset the connection.
        RST = 4, "rst";
        /// Push.
        PSH = 8, "psh";
        /// The acknowledgment number counts.
        ACK = 16, "ack";
        /// The urgent pointer counts.
        URG = 32, "urg";
        /// ECN echo; nft calls it `ecn`.
        ECE = 64, "ecn";
        /// Congestion window reduced.
        CWR = 128, "cwr";
    }
}

impl TcpFlags {
    /// All bits of the field; a comparison under this mask is one without a mask.
    pub(crate) const MASK: u32 = 0xff;
}

impl Bits for CtState {
    fn bits(self) -> u32 {
        self.bits()
    }
}

impl Bits for CtStatus {
    fn bits(self) -> u32 {
        self.bits()
    }
}

impl Bits for TcpFlags {
    fn bits(self) -> u32 {
        self.bits()
    }
}
