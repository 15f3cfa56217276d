//! Transactions of nfnetlink: several messages between two marks, of which all are carried out or none.

use super::message::{Header, Reply, message, number_of, replies};
use super::numbers::{ACK, BATCH_BEGIN, BATCH_END, NFTABLES, REQUEST};
use super::open;
use crate::state::Family;
use netlink_sys::Socket;
use rustix::net::sockopt::set_socket_send_buffer_size_force;
use std::io;

/// Where the flags stand in `struct nlmsghdr`.
const FLAGS: usize = 6;

/// The table of a rehearsal, which nobody ever sees, and everything in it.
pub(super) const REHEARSAL: &str = "rosc-rehearsal";

/// A transaction.
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Where its messages start; the first has the number 1.
    starts: Vec<usize>,
}

impl Batch {
    pub(crate) fn new() -> Self {
        let mut bytes = Vec::new();
        message(&mut bytes, BATCH_BEGIN, Self::bound(0), |_| {});
        Self { bytes, starts: Vec::new() }
    }

    fn bound(sequence: u32) -> Header {
        Header { flags: REQUEST, sequence, family: 0, resource: NFTABLES }
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is nothing to be carried out.
    pub(crate) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Adds a message whose attributes the function writes, with flags beside those that all have.
    pub(super) fn push(&mut self, kind: u16, flags: u16, family: Family, write: impl FnOnce(&mut Vec<u8>)) {
        self.starts.push(self.bytes.len());
        let header =
            Header { flags: REQUEST | flags, sequence: self.last(), family: number_of(family), resource: 0 };
        message(&mut self.bytes, kind, header, write);
    }

    /// The number of its last message.
    fn last(&self) -> u32 {
        u32::try_from(self.starts.len()).expect("a transaction has fewer messages than bytes")
    }

    /// Has messages answered even if they are carried out. Those that are refused always are.
    fn ask_for_answers(&mut self, from: usize) {
        for start in &self.starts[from..] {
            let flags = &mut self.bytes[start + FLAGS..start + FLAGS + 2];
            flags.copy_from_slice(&(u16::from_ne_bytes([flags[0], flags[1]]) | ACK).to_ne_bytes());
        }
    }

    /// Has it carried out. The last message alone is answered: of thousands of answers some could find no room.
    pub(super) fn commit(mut self, socket: &Socket) -> io::Result<()> {
        let last = self.last();
        if last == 0 {
            return Ok(());
        }
        self.ask_for_answers(self.starts.len() - 1);
        message(&mut self.bytes, BATCH_END, Self::bound(last + 1), |_| {});
        socket.send(&self.bytes, 0)?;
        answers(socket, last, |outcome| outcome)
    }

    /// Has it carried out, however large it is.
    pub(crate) fn commit_at_once(self) -> io::Result<()> {
        let socket = open()?;
        // Not all users may have more room; then one that is too large is refused.
        let _refused = set_socket_send_buffer_size_force(&socket, 2 * self.len());
        self.commit(&socket)
    }

    /// Has the kernel say of each message whether it would carry it out, and take everything back: without the mark at its
    /// end a transaction is none (`nfnetlink_rcv_batch`).
    pub(super) fn rehearse(mut self) -> io::Result<Vec<io::Result<()>>> {
        self.ask_for_answers(0);
        let socket = open()?;
        socket.send(&self.bytes, 0)?;
        let mut outcomes = Vec::new();
        answers(&socket, self.last(), |outcome| {
            outcomes.push(outcome);
            Ok(())
        })?;
        Ok(outcomes)
    }
}

/// Reads the answers to messages that are numbered from 1 in their order, until one of them is an end or that to the last.
pub(super) fn answers(
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
