//! Room for the sockets of many flows.

use super::LabError;
use super::client::Kind;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the process has open besides flows: namespaces, servers, netlink sockets, files.
const BESIDES: u64 = 512;

/// Raises this process's limit on open files so far that flows of these kinds can all be open at a time.
pub(super) fn make_room(flows: impl Iterator<Item = Kind>) -> Result<(), LabError> {
    let sockets = |kind| match kind {
        // The server at the other end has one as well.
        Kind::Tcp => 2,
        Kind::Udp | Kind::Icmp => 1,
    };
    let needed = flows.map(sockets).sum::<u64>() + BESIDES;
    let limit = getrlimit(Resource::Nofile);
    // No limit is told as none.
    let has = |bound: Option<u64>| bound.is_none_or(|bound| bound >= needed);
    if has(limit.current) {
        return Ok(());
    }
    // Root may raise the upper limit too; others may go up to it.
    let maximum = if has(limit.maximum) { limit.maximum } else { Some(needed) };
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })
        .map_err(|_| LabError::TooManyFlows { needed, limit: limit.maximum.unwrap_or(u64::MAX) })
}
