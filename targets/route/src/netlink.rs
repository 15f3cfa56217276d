//! Talking to the kernel: one socket, dumps, batches of requests, and the kernel's words when it refuses.

pub(crate) mod attributes;
mod batch;
mod connection;
mod netdev;
mod refusal;

pub(crate) use batch::{Batch, BatchError, Request};
pub(crate) use connection::Connection;
pub(crate) use netdev::redirectable;
pub(crate) use refusal::Refusal;

/// The length of a `struct nlmsghdr`.
const HEADER_LEN: usize = 16;
