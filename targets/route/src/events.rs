//! What the kernel tells of changes by itself.

use crate::failure;
use crate::netlink::Connection;
use crate::read::NeighbourRecord;
use rosc_target::TargetError;
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

// include/uapi/linux/rtnetlink.h
const RTNLGRP_LINK: u32 = 1;
const RTNLGRP_NEIGH: u32 = 3;
const RTNLGRP_IPV4_IFADDR: u32 = 5;
const RTNLGRP_IPV4_ROUTE: u32 = 7;
const RTNLGRP_IPV4_RULE: u32 = 8;
const RTNLGRP_IPV6_IFADDR: u32 = 9;
const RTNLGRP_IPV6_ROUTE: u32 = 11;
const RTNLGRP_IPV6_RULE: u32 = 19;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_NEWNEIGH: u16 = 28;
const RTM_DELNEIGH: u16 = 29;
const RTM_NEWRULE: u16 = 32;
const RTM_DELRULE: u16 = 33;
/// What is listened to.
const GROUPS: [u32; 8] = [
    RTNLGRP_LINK,
    RTNLGRP_NEIGH,
    RTNLGRP_IPV4_IFADDR,
    RTNLGRP_IPV4_ROUTE,
    RTNLGRP_IPV4_RULE,
    RTNLGRP_IPV6_IFADDR,
    RTNLGRP_IPV6_ROUTE,
    RTNLGRP_IPV6_RULE,
];
/// So many datagrams are read in one go at most: who comes back for the rest has done something about these.
const BURST: usize = 4096;

/// The kernel's words about links, neighbours, addresses, routes and policy rules, from the moment on that this is opened.
///
/// They say that something has changed; what there is now is read. The file descriptor can be read from when there are any.
pub struct Events {
    connection: Connection,
}

/// What some of them were about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// A link.
    pub links: bool,
    /// What decides where packets go: an address, a route or a policy rule.
    pub decisions: bool,
    /// Neighbours with these addresses.
    pub neighbours: BTreeSet<IpAddr>,
    /// The kernel had more to tell than there was room for: it may be anything.
    pub missed: bool,
}

impl Events {
    /// Listens in the network namespace of the calling thread. It takes no rights.
    ///
    /// # Errors
    /// If the system has no routing netlink, or no file descriptor left.
    pub fn open() -> Result<Self, TargetError> {
        let connection = Connection::subscribe(&GROUPS).map_err(failure::opening)?;
        Ok(Self { connection })
    }

    /// Takes what there is, without waiting for more.
    ///
    /// # Errors
    /// If the kernel refuses to tell.
    pub fn take(&mut self) -> Result<Changed, TargetError> {
        let mut changed = Changed::default();
        for _ in 0..BURST {
            let received = self.connection.receive(|event| {
                match event.kind {
                    RTM_NEWNEIGH | RTM_DELNEIGH => {
                        let record = NeighbourRecord::parse(event.payload);
                        changed.neighbours.extend(record.map(|record| record.address));
                    }
                    RTM_NEWADDR | RTM_DELADDR | RTM_NEWROUTE | RTM_DELROUTE | RTM_NEWRULE | RTM_DELRULE => {
                        changed.decisions = true;
                    }
                    _ => changed.links = true,
                }
                None::<()>
            });
            match received {
                Ok(_) => {}
                Err(refusal) if refusal.errno == Errno::AGAIN.raw_os_error() => break,
                Err(refusal) if refusal.errno == Errno::NOBUFS.raw_os_error() => changed.missed = true,
                Err(refusal) => {
                    return Err(failure::kernel("read", "events of the kernel".to_owned(), refusal));
                }
            }
        }
        Ok(changed)
    }
}

impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}
