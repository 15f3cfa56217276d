//! The target itself.

use crate::netlink::Connection;
use crate::{
    Action, Change, Device, DeviceName, DuplicateDetection, ForeignDecisions, Neighbourhood, Observed,
    ObservedAddress, State, apply, diff, failure, neighbour, read, undo,
};
use rosc_target::{Diff, Target, TargetError};
use std::collections::HashSet;
use std::net::IpAddr;
use std::thread;
use std::time::{Duration, Instant};

/// So often `undo` looks whether everything is as it was. Without interference the third look finds nothing:
/// a bridge has to be back before its ports.
const UNDO_ROUNDS: usize = 4;
/// What an apply or undo says that was told to stop.
const STOPPED: &str = "stopped here for a test";

/// The kernel takes notice of a carrier after up to a second, asks once for a duplicate up to a second later, and waits
/// a second for an answer (RFC 4862, 5.4.2; `dad_transmits`, `retrans_time_ms`).
const DUPLICATE_DETECTION: Duration = Duration::from_secs(4);
/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(20);

/// Links, addresses, routes and rules of the network namespace in which it was opened.
///
/// Reading needs no rights; changing needs `CAP_NET_ADMIN` in the namespace. Linux 5.18 or later.
pub struct RouteTarget {
    connection: Connection,
    stop_after: Option<usize>,
}

impl RouteTarget {
    /// Opens a socket in the network namespace of the calling thread; from there on any thread may use it.
    ///
    /// # Errors
    /// If the system has no routing netlink, or no file descriptor left.
    pub fn open() -> Result<Self, TargetError> {
        let connection = Connection::open().map_err(failure::opening)?;
        Ok(Self { connection, stop_after: None })
    }

    /// Reads the devices and addresses alone: what must be known to decide what is wanted. However many routes there
    /// are, it is quick.
    ///
    /// # Errors
    /// If the kernel refuses to tell.
    pub fn devices(&mut self) -> Result<(Vec<Device>, Vec<ObservedAddress>), TargetError> {
        read::devices_and_addresses(&mut self.connection).map_err(failure::reading)
    }

    /// Reads what others decide about packets that rosc has routes for.
    ///
    /// # Errors
    /// If the kernel refuses to tell.
    pub fn foreign_decisions(&mut self) -> Result<ForeignDecisions, TargetError> {
        read::foreign_decisions(&mut self.connection).map_err(failure::reading)
    }

    /// Reads who can be sent to, and by what.
    ///
    /// # Errors
    /// If the kernel refuses to tell.
    pub fn neighbourhood(&mut self) -> Result<Neighbourhood, TargetError> {
        neighbour::neighbourhood(&mut self.connection).map_err(failure::reading)
    }

    /// Has the kernel find out where these neighbours are, or whether they are still there. It asks those of whom it is not
    /// sure, as it would for a packet; what comes of it is told by [`Events`](crate::Events). Not for
    /// [permanent](crate::Neighbour::permanent) ones, which would be so no more.
    ///
    /// # Errors
    /// Without `CAP_NET_ADMIN`. A neighbour that can't be asked for is none: its device may just have gone.
    pub fn look_for(&mut self, neighbours: &[(DeviceName, IpAddr)]) -> Result<(), TargetError> {
        neighbour::look_for(&mut self.connection, neighbours)
    }

    /// Waits until the kernel has found no duplicate of the addresses that were added: before that, it sends from
    /// another address in their place. Without a carrier it does not begin, and then nothing is waited for.
    fn wait_for_addresses(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        let added: HashSet<_> = changes.iter().filter_map(added_tentatively).collect();
        let deadline = Instant::now() + DUPLICATE_DETECTION;
        while !added.is_empty() && Instant::now() < deadline {
            let tentative = read::tentative_addresses(&mut self.connection).map_err(failure::reading)?;
            if tentative.is_disjoint(&added) {
                break;
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// For tests of whoever relies on `undo`: lets `apply` and `undo` carry out so many more changes between
    /// them, and then stop with an error, as a crash would. `None` ends this.
    pub fn stop_after(&mut self, changes: Option<usize>) {
        self.stop_after = changes;
    }

    fn carry_out(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        let allowed = self.stop_after.unwrap_or(usize::MAX).min(changes.len());
        let (first, rest) = changes.split_at(allowed);
        apply::carry_out(&mut self.connection, first)?;
        self.stop_after = self.stop_after.map(|left| left - allowed);
        let stopped = rest.first().map(|change| failure::not_sent(change, STOPPED.to_owned()));
        stopped.map_or(Ok(()), Err)
    }
}

impl Target for RouteTarget {
    const NAME: &'static str = "route";

    type State = State;
    type Observed = Observed;
    type Change = Change;

    fn observe(&mut self) -> Result<Observed, TargetError> {
        read::observe(&mut self.connection).map_err(failure::reading)
    }

    /// [`crate::compare`] says more: which wanted objects someone else has made already.
    fn diff(desired: &State, observed: &Observed) -> Diff<Change> {
        let diff::Comparison { changes, conflicts, satisfied: _ } = diff::compare(desired, observed);
        Diff { changes, conflicts }
    }

    /// Returns when the addresses that are added can be used, or some seconds have passed.
    fn apply(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        self.carry_out(changes)?;
        self.wait_for_addresses(changes)
    }

    /// Foreign objects that came in the meantime and depend on ours are not harmed: what they depend on stays
    /// in place, everything else is taken back, and the error names the first of them.
    ///
    /// An address that was the primary one of its subnet becomes so again, unless a foreign one took its place.
    fn undo(&mut self, changes: &[Change]) -> Result<(), TargetError> {
        for _ in 0..UNDO_ROUNDS {
            let diff::Comparison { changes, conflicts, satisfied: _ } = undo::plan(changes, &self.observe()?);
            if changes.is_empty() {
                let left = conflicts.into_iter().next().map(failure::left_in_place);
                return left.map_or(Ok(()), Err);
            }
            self.carry_out(&changes)?;
        }
        Err(failure::not_settled())
    }
}

/// The address of a change that adds one which the kernel checks for duplicates first.
fn added_tentatively(change: &Change) -> Option<(DeviceName, IpAddr)> {
    let Change::Address(Action::Create(address) | Action::Modify { to: address, .. }) = change else {
        return None;
    };
    let is_checked = address.local.is_ipv6() && address.duplicate_detection == DuplicateDetection::Perform;
    is_checked.then(|| (address.device.clone(), address.local))
}
