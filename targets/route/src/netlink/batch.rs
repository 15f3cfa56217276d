//! Many requests in one go.

use super::attributes::u16_of;
use super::connection::Connection;
use super::refusal::Refusal;
use netlink_packet_core::{NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR, NetlinkMessage};
use netlink_packet_route::RouteNetlinkMessage;
use std::ops::Range;

/// So many bytes go to the kernel at once. Larger pieces were no faster, and this one fits into the send
/// buffer that every socket has.
const BATCH_LEN: usize = 32 << 10;
/// Where the flags stand in a `struct nlmsghdr`.
const FLAGS: Range<usize> = 6..8;

/// A request, and the flags that it needs beside `NLM_F_REQUEST`.
pub(crate) struct Request {
    pub(crate) message: RouteNetlinkMessage,
    pub(crate) flags: u16,
}

/// A batch that did not go through whole.
#[derive(Debug)]
pub(crate) enum BatchError {
    /// The kernel refused a request.
    Refused {
        /// The step that the request was part of.
        step: usize,
        refusal: Refusal,
    },
    /// The batch could not be sent, or its answer was lost. What of it took place is unknown.
    Lost(Refusal),
}

/// Requests that are collected and sent together, with one acknowledgement for all of them.
///
/// The kernel works through the requests one by one and answers those that it refuses, whether or not they
/// ask for an answer; only the last does. It goes on behind a refused one: the rest of what was sent
/// together takes place, and nothing is sent afterwards.
#[derive(Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Where the last message begins.
    last: usize,
    /// The step of each message.
    steps: Vec<usize>,
}

impl Batch {
    /// Adds the requests of a step, which stay in one piece. Where there is no room left for them, what was
    /// collected before is sent first.
    pub(crate) fn push(
        &mut self,
        connection: &mut Connection,
        step: usize,
        requests: Vec<Request>,
    ) -> Result<(), BatchError> {
        let messages: Vec<_> = requests.into_iter().map(finished).collect();
        let length: usize = messages.iter().map(NetlinkMessage::buffer_len).sum();
        if self.bytes.len() + length > BATCH_LEN {
            self.flush(connection)?;
        }
        for mut message in messages {
            message.header.sequence_number = connection.next_sequence();
            self.last = self.bytes.len();
            self.bytes.resize(self.last + message.buffer_len(), 0);
            message.serialize(&mut self.bytes[self.last..]);
            self.steps.push(step);
        }
        Ok(())
    }

    /// Sends what was collected and waits until the kernel has worked through it.
    pub(crate) fn flush(&mut self, connection: &mut Connection) -> Result<(), BatchError> {
        let Self { mut bytes, last, steps } = std::mem::take(self);
        if steps.is_empty() {
            return Ok(());
        }
        let flags = &mut bytes[last..][FLAGS];
        let asking = u16_of(flags).unwrap_or_default() | NLM_F_ACK;
        flags.copy_from_slice(&asking.to_ne_bytes());
        match connection.send(&bytes).and_then(|()| first_refusal(connection, steps.len())) {
            Ok(None) => Ok(()),
            Ok(Some((place, refusal))) => Err(BatchError::Refused { step: steps[place], refusal }),
            Err(refusal) => Err(BatchError::Lost(refusal)),
        }
    }
}

/// Waits for the answer to the last of the latest requests, and returns the refusal of the earliest that was
/// refused, with its place among them.
fn first_refusal(connection: &mut Connection, count: usize) -> Result<Option<(usize, Refusal)>, Refusal> {
    let end = connection.sequence();
    let mut first: Option<(usize, Refusal)> = None;
    loop {
        let outcome = connection.receive(|answer| {
            let behind = end.wrapping_sub(answer.sequence) as usize;
            if answer.kind != NLMSG_ERROR || behind >= count {
                return None;
            }
            let place = count - 1 - behind;
            if let Some(refusal) = Refusal::of_acknowledgement(answer.flags, answer.payload)
                && first.as_ref().is_none_or(|(earlier, _)| place < *earlier)
            {
                first = Some((place, refusal));
            }
            (behind == 0).then_some(())
        })?;
        if outcome.is_some() {
            return Ok(first);
        }
    }
}

fn finished(Request { message, flags }: Request) -> NetlinkMessage<RouteNetlinkMessage> {
    let mut message = NetlinkMessage::from(message);
    message.header.flags = NLM_F_REQUEST | flags;
    message.finalize();
    message
}
