//! What rules ask of connections.

use serde::Serialize;

/// What connection tracking says of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum ConnectionState {
    Invalid,
    Established,
    Related,
    New,
    Untracked,
}

/// Which sides of a connection are translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum ConnectionNatState {
    Srcnat,
    Dstnat,
}

/// A protocol whose connections a helper follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum ConnectionType {
    Ftp,
    H323,
    Irc,
    Pptp,
    Sip,
    Tftp,
}

/// `connection-limit=COUNT,PREFIX`: more than so many connections from the sources that share so many bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConnectionLimit {
    /// So many are allowed.
    pub most: u32,
    /// Length of the prefix that sources share, in bits.
    pub prefix_len: u8,
}

/// `ipsec-policy`: whether a packet came, or leaves, through IPsec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct IpsecPolicy {
    pub direction: IpsecDirection,
    pub is_ipsec: bool,
}

/// The side on which IPsec is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum IpsecDirection {
    In,
    Out,
}
