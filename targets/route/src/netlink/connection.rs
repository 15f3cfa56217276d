//! The socket, and reading what the kernel has.

use super::HEADER_LEN;
use super::attributes::{u16_of, u32_of};
use super::refusal::Refusal;
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NetlinkMessage,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{
    Socket, SocketAddr,
    protocols::{NETLINK_GENERIC, NETLINK_ROUTE},
};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::{RecvFlags, SendFlags, sockopt};
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// Room for every answer to a batch: half a thousand requests fit into one, and each refusal takes about a
/// kilobyte of the kernel's accounting.
const RECEIVE_BUFFER: usize = 4 << 20;
/// The kernel fills a dump in pieces of up to 32 KiB, and needs a larger one only for an object of that size.
const READ_BUFFER: usize = 64 << 10;
/// The kernel answers before `send` returns, so an answer that takes this long was lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// A dump that is interrupted by a change is repeated this often.
const DUMP_ATTEMPTS: usize = 16;
/// Where the number of the request stands in a `struct nlmsghdr`.
const SEQUENCE: Range<usize> = 8..12;

/// A netlink socket, of routing unless something else is said, in the network namespace of the thread that opened it.
pub(crate) struct Connection {
    socket: Socket,
    sequence: u32,
    buffer: Vec<u8>,
}

/// One message of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    pub(crate) payload: &'a [u8],
}

impl Connection {
    /// Opens a socket. Reading needs no rights, writing needs `CAP_NET_ADMIN`.
    pub(crate) fn open() -> io::Result<Self> {
        Self::open_protocol(NETLINK_ROUTE)
    }

    /// Opens a socket of generic netlink.
    pub(crate) fn open_generic() -> io::Result<Self> {
        Self::open_protocol(NETLINK_GENERIC)
    }

    /// Opens a socket that the kernel tells of changes, and from which is read without waiting.
    pub(crate) fn subscribe(groups: &[u32]) -> io::Result<Self> {
        let connection = Self::open()?;
        for group in groups {
            connection.socket.add_membership(*group)?;
        }
        connection.socket.set_non_blocking(true)?;
        Ok(connection)
    }

    fn open_protocol(protocol: isize) -> io::Result<Self> {
        let mut socket = Socket::new(protocol)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        socket.set_ext_ack(true)?;
        socket.set_cap_ack(true)?;
        socket.set_netlink_get_strict_chk(true)?;
        // Beyond the limit of the system only the administrator of the machine may go, not that of a
        // container; what is granted then will do for batches in which little is refused.
        if sockopt::set_socket_recv_buffer_size_force(&socket, RECEIVE_BUFFER).is_err() {
            sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER)?;
        }
        sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(PATIENCE))?;
        Ok(Self { socket, sequence: 0, buffer: vec![0; READ_BUFFER] })
    }

    /// Reads all objects of a kind. `collect` gets a fresh collection and the payload of each message.
    pub(crate) fn dump<T>(
        &mut self,
        request: RouteNetlinkMessage,
        fresh: impl Fn() -> T,
        collect: impl FnMut(&mut T, &[u8]),
    ) -> Result<T, Refusal> {
        let mut message = NetlinkMessage::from(request);
        message.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.ask(bytes, fresh, collect)
    }

    /// Asks with a message of bytes, and collects what `read` makes of the answers. One that is no dump is acknowledged.
    pub(crate) fn request<T>(
        &mut self,
        kind: u16,
        flags: u16,
        payload: &[u8],
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Vec<T>, Refusal> {
        let length = u32::try_from(HEADER_LEN + payload.len()).map_err(|_| Errno::MSGSIZE)?;
        let flags = if flags & NLM_F_DUMP == NLM_F_DUMP { flags } else { flags | NLM_F_ACK };
        let mut message = Vec::from(length.to_ne_bytes());
        message.extend(kind.to_ne_bytes());
        message.extend(flags.to_ne_bytes());
        message.extend([0; 8]); // the number of the request, and that of a port
        message.extend(payload);
        self.ask(message, Vec::new, |collected, payload| collected.extend(read(payload)))
    }

    /// Sends a message, with a number of its own, and reads the answers to it.
    ///
    /// A change in between makes the kernel mark a dump as inconsistent; then it is read again from the
    /// start, up to a limit.
    fn ask<T>(
        &mut self,
        mut message: Vec<u8>,
        fresh: impl Fn() -> T,
        mut collect: impl FnMut(&mut T, &[u8]),
    ) -> Result<T, Refusal> {
        for _ in 0..DUMP_ATTEMPTS {
            let sequence = self.next_sequence();
            message[SEQUENCE].copy_from_slice(&sequence.to_ne_bytes());
            self.send(&message)?;
            let mut collected = fresh();
            match self.read_dump(sequence, |payload| collect(&mut collected, payload))? {
                Dump::Consistent => return Ok(collected),
                Dump::Interrupted => {}
            }
        }
        Err(Errno::INTR.into())
    }

    pub(crate) fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// The number of the latest request.
    pub(crate) fn sequence(&self) -> u32 {
        self.sequence
    }

    /// Sends whole messages in one go; the kernel works through them before this returns.
    pub(crate) fn send(&self, messages: &[u8]) -> Result<(), Refusal> {
        retry_on_intr(|| rustix::net::send(&self.socket, messages, SendFlags::empty()))?;
        Ok(())
    }

    /// Receives one datagram and hands out its messages, until one of them ends the wait.
    pub(crate) fn receive<T>(
        &mut self,
        mut read: impl FnMut(Answer<'_>) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Self { socket, buffer, .. } = self;
        let (_, length) =
            retry_on_intr(|| rustix::net::recv(&*socket, buffer.as_mut_slice(), RecvFlags::TRUNC))?;
        let mut rest = buffer.get(..length).ok_or(Errno::MSGSIZE)?;
        while let Some((answer, behind)) = split_message(rest) {
            if let Some(end) = read(answer) {
                return Ok(Some(end));
            }
            rest = behind;
        }
        Ok(None)
    }

    fn read_dump(&mut self, sequence: u32, mut collect: impl FnMut(&[u8])) -> Result<Dump, Refusal> {
        let mut dump = Dump::Consistent;
        loop {
            let end = self.receive(|answer| {
                // What is left over from a request that was given up has another number.
                if answer.sequence != sequence {
                    return None;
                }
                if answer.flags & NLM_F_DUMP_INTR != 0 {
                    dump = Dump::Interrupted;
                }
                match answer.kind {
                    NLMSG_DONE => Some(Refusal::of_done(answer.flags, answer.payload)),
                    NLMSG_ERROR => Some(Refusal::of_acknowledgement(answer.flags, answer.payload)),
                    _ => {
                        collect(answer.payload);
                        None
                    }
                }
            })?;
            match end {
                None => {}
                Some(None) => return Ok(dump),
                Some(Some(refusal)) => return Err(refusal),
            }
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dump {
    Consistent,
    Interrupted,
}

/// Takes the first message off a datagram. A damaged one ends it.
fn split_message(datagram: &[u8]) -> Option<(Answer<'_>, &[u8])> {
    let length = u32_of(datagram)? as usize;
    let (header, payload) = datagram.get(..length)?.split_at_checked(HEADER_LEN)?;
    let answer = Answer {
        kind: u16_of(header.get(4..)?)?,
        flags: u16_of(header.get(6..)?)?,
        sequence: u32_of(header.get(8..)?)?,
        payload,
    };
    Some((answer, datagram.get(length.next_multiple_of(4)..).unwrap_or_default()))
}
