//! `/rosc fastpath`.

use super::firewall::{InterfaceMatch, PccFields};
use super::{HashPolicy, Setting};
use rosc_target::Origin;
use serde::Serialize;

/// A fast path for forwarded packets, which is asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FastPath {
    /// The line that asks for it.
    #[serde(skip)]
    pub origin: Origin,
    /// `enabled`.
    pub enabled: FastPathWish,
    /// `interfaces`; without any, all interfaces that are routed on.
    pub interfaces: Vec<FastPathPort>,
    /// `hash-policy`.
    pub hash_policy: FastPathHash,
    /// `mode`.
    pub mode: Setting<FastPathMode>,
    /// `table-size`.
    pub table_size: FastPathTable,
    /// `drain-time`, in seconds.
    pub drain_secs: u32,
}

/// What `interfaces` names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FastPathPort {
    /// The word that names it.
    #[serde(skip)]
    pub origin: Origin,
    /// An interface, or the members of a list.
    #[serde(flatten)]
    pub wanted: InterfaceMatch,
}

/// `enabled`, where it is not `no`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FastPathWish {
    /// Where it is the same, and what stands in its way elsewhere is told.
    Yes,
    /// Where it is the same.
    Auto,
}

/// `hash-policy`: what groups share packets by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FastPathHash {
    /// What the settings of each family say of multipath routes.
    Auto,
    /// The same for both families, whatever the settings say.
    Policy(HashPolicy),
    /// These fields and no others, without the protocol.
    Fields(PccFields),
}

/// `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FastPathMode {
    /// What works on every device.
    Auto,
    /// At the ingress of traffic control.
    Tc,
    /// In the driver.
    Xdp,
}

/// `table-size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FastPathTable {
    /// By the number of members.
    Auto,
    /// 4,099 slots.
    Small,
    /// 65,537 slots.
    Large,
}
