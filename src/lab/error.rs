//! Why a lab can't be.

use crate::diagnostic::Diagnostic;
use crate::transaction::Failure;
use rosc_target::TargetError;
use std::io;
use std::net::IpAddr;
use thiserror::Error;

/// Why a lab can't be.
#[derive(Debug, Error)]
pub enum LabError {
    /// The system does not let it.
    #[error("could not {operation}: {error}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// The kernel refused a part of the world.
    #[error(transparent)]
    Target(TargetError),
    /// The configuration could not be applied in the lab.
    #[error(transparent)]
    Apply(Box<Failure>),
    /// The configuration can't be lowered for the lab's router.
    #[error("the configuration has errors")]
    Lower(Vec<Diagnostic>),
    /// There is no such gateway.
    #[error("{gateway} is no gateway of this configuration")]
    NoSuchGateway {
        /// The gateway.
        gateway: IpAddr,
        /// Those that there are.
        known: Vec<IpAddr>,
    },
    /// There is nothing to send to.
    #[error(
        "the configuration has no default route and no route with several gateways: there is nothing to balance"
    )]
    NothingToSend,
    /// No packet can come to the router.
    #[error(
        "the configuration names no interface that a packet could come in by: there is nothing to verify"
    )]
    NoWire,
    /// More sockets would be open than the system allows.
    #[error("{needed} sockets would be open at a time, and this process may have {limit}")]
    TooManyFlows {
        /// The sockets of all flows, at both ends.
        needed: u64,
        /// The limit on open files.
        limit: u64,
    },
    /// The lab was told to end.
    #[error("interrupted")]
    Interrupted,
    /// A port did not notice that its cable was cut or mended.
    #[error("{0} did not notice the change of its cable")]
    NoCarrierChange(String),
}

impl LabError {
    pub(super) fn system(operation: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::System { operation, error }
    }
}
