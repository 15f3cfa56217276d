//! Transactions of nfnetlink: several messages between two marks, of which all are carried out or none.

use super::message::{ACK, Header, REQUEST, Reply, message, number_of, replies};
use super::{NFTABLES, open};
use crate::state::Family;
use netlink_sys::Socket;
use std::io;

/// `NFNL_MSG_BATCH_BEGIN` and `NFNL_MSG_BATCH_END`.
const BATCH_BEGIN: u16 = 16;
const BATCH_END: u16 = 17;

/// A transaction.
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// The number of its last message.
    last: u32,
}

impl Batch {
    pub(super) fn new() -> Self {
        let mut bytes = Vec::new();
        message(&mut bytes, BATCH_BEGIN, Self::bound(0), |_| {});
        Self { bytes, last: 0 }
    }

    fn bound(sequence: u32) -> Header {
        Header { flags: REQUEST, sequence, family: 0, resource: NFTABLES }
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a message whose attributes the function writes, with flags beside those that all have.
    pub(super) fn push(&mut self, kind: u16, flags: u16, family: Family, write: impl FnOnce(&mut Vec<u8>)) {
        self.last += 1;
        let flags = REQUEST | ACK | flags;
        let header = Header { flags, sequence: self.last, family: number_of(family), resource: 0 };
        message(&mut self.bytes, kind, header, write);
    }

    /// Has it carried out.
    pub(super) fn commit(mut self, socket: &Socket) -> io::Result<()> {
        message(&mut self.bytes, BATCH_END, Self::bound(self.last + 1), |_| {});
        socket.send(&self.bytes, 0)?;
        answers(socket, self.last, |outcome| outcome)
    }

    /// Has the kernel say of each message whether it would carry it out, and take everything back: without the mark at its
    /// end a transaction is none (`nfnetlink_rcv_batch`).
    pub(super) fn rehearse(self) -> io::Result<Vec<io::Result<()>>> {
        let socket = open()?;
        socket.send(&self.bytes, 0)?;
        let mut outcomes = Vec::new();
        answers(&socket, self.last, |outcome| {
            outcomes.push(outcome);
            Ok(())
        })?;
        Ok(outcomes)
    }
}

/// Reads the answers to all messages of a batch in their order, until one of them is an end.
fn answers(
    socket: &Socket,
    last: u32,
    mut each: impl FnMut(io::Result<()>) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        let (datagram, _) = socket.recv_from_full()?;
        for reply in replies(&datagram) {
            let (sequence, outcome) = match reply? {
                (sequence, Reply::Refused(error)) => (sequence, Err(error)),
                (sequence, Reply::Done) => (sequence, Ok(())),
                (_, Reply::Object(_)) => continue,
            };
            // Whoever may not have any of it carried out is told so of the mark at its beginning.
            if sequence == 0 {
                return outcome;
            }
            each(outcome)?;
            if sequence == last {
                return Ok(());
            }
        }
    }
}
