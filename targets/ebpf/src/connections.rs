//! How connections are kept alive.

use crate::group;
use crate::layout::{RawTimeout, TIMEOUT_TCP, TIMEOUT_UDP};
use crate::maps::Maps;
use aya::maps::MapError;
use rosc_target::Origin;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fmt;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// How connections are kept alive whose packets the kernel does not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// The line that asked for it.
    #[serde(skip)]
    pub origin: Origin,
    /// Seconds after which an established connection of TCP without packets is forgotten.
    pub tcp_timeout: u32,
    /// The same for UDP, once it was answered.
    pub udp_timeout: u32,
}

impl Connections {
    /// The longest timeout, in seconds: programs count milliseconds in 32 bits.
    pub const MAX_TIMEOUT: u32 = u32::MAX / 1000;
}

impl fmt::Display for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tcp {}s udp {}s", self.tcp_timeout, self.udp_timeout)
    }
}

const MILLISECONDS: u32 = 1000;

/// Reads it; `None` where nothing was said.
pub(crate) fn read(maps: &Maps) -> Result<Option<Connections>, MapError> {
    let seconds = |of: u32| maps.timeouts.get(&of, 0).map(|raw| raw.milliseconds / MILLISECONDS);
    let (tcp_timeout, udp_timeout) = (seconds(TIMEOUT_TCP)?, seconds(TIMEOUT_UDP)?);
    let is_said = tcp_timeout != 0 && udp_timeout != 0;
    Ok(is_said.then_some(Connections { origin: Origin::IMPLIED, tcp_timeout, udp_timeout }))
}

/// Has the programs ask the kernel anew about all connections of which they remember what their packets become: rules may
/// have changed.
pub(crate) fn forget_all(maps: &mut Maps) -> Outcome {
    // As `tick` of bpf/remembered.h counts: never 0, and again from there after 32 bits.
    const TICK: u32 = 24;
    let tick = (group::now()? >> TICK | 1) & u64::from(u32::MAX);
    Ok(maps.all_forgotten.set(0, u32::try_from(tick).expect("32 bits"), 0)?)
}

/// Writes it, or that nothing is said.
pub(crate) fn set(maps: &mut Maps, connections: Option<&Connections>) -> Result<(), MapError> {
    let of = |seconds: fn(&Connections) -> u32| connections.map_or(0, seconds);
    let timeouts = [
        (TIMEOUT_TCP, of(|connections| connections.tcp_timeout)),
        (TIMEOUT_UDP, of(|connections| connections.udp_timeout)),
    ];
    for (place, seconds) in timeouts {
        let milliseconds = seconds.saturating_mul(MILLISECONDS);
        maps.timeouts.set(place, RawTimeout { milliseconds, ticks: 0 }, 0)?;
    }
    Ok(())
}
