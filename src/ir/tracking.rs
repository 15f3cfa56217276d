//! `/ip firewall connection tracking`.

use super::Setting;
use serde::Serialize;
use std::collections::BTreeMap;

/// How connections are tracked, in both families.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConnectionTracking {
    /// `enabled`.
    pub enabled: Setting<TrackingMode>,
    /// After how many seconds without a packet a connection is forgotten. A router that was read has all of them.
    #[serde(rename = "timeouts_secs")]
    pub timeouts: BTreeMap<Timeout, Setting<u32>>,
    /// `loose-tcp-tracking`: whether a connection may be picked up in its middle.
    pub loose_tcp: Setting<bool>,
    /// `liberal-tcp-tracking`: whether segments outside of the window are taken for valid.
    pub liberal_tcp: Setting<bool>,
}

/// `enabled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum TrackingMode {
    /// On once there is a firewall rule.
    Auto,
    Yes,
    No,
}

/// What a connection is like whose time runs out: the names are RouterOS's, without `-timeout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum Timeout {
    Generic,
    Icmp,
    TcpClose,
    TcpCloseWait,
    TcpEstablished,
    TcpFinWait,
    TcpLastAck,
    TcpMaxRetrans,
    TcpSynReceived,
    TcpSynSent,
    TcpTimeWait,
    TcpUnacked,
    Udp,
    UdpStream,
}

impl Timeout {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Generic,
        Self::Icmp,
        Self::TcpClose,
        Self::TcpCloseWait,
        Self::TcpEstablished,
        Self::TcpFinWait,
        Self::TcpLastAck,
        Self::TcpMaxRetrans,
        Self::TcpSynReceived,
        Self::TcpSynSent,
        Self::TcpTimeWait,
        Self::TcpUnacked,
        Self::Udp,
        Self::UdpStream,
    ];
}

impl Default for ConnectionTracking {
    fn default() -> Self {
        Self {
            enabled: Setting::implied(TrackingMode::Auto),
            timeouts: BTreeMap::new(),
            loose_tcp: Setting::implied(true),
            liberal_tcp: Setting::implied(false),
        }
    }
}
