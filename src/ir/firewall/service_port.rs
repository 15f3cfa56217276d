//! `/ip firewall service-port`: protocols whose connections a helper follows.

use super::Ports;
use rosc_target::Origin;
use serde::Serialize;

/// A service that is not disabled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServicePort {
    /// Where the configuration says something of it; implied where it does not.
    #[serde(skip)]
    pub origin: Origin,
    /// What it is.
    pub service: Service,
    /// The ports at which connections of it are expected; `None` for a service without.
    pub ports: Option<Ports>,
}

/// A service that RouterOS has a helper for. The last three are protocols that it tracks in a way of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are RouterOS's")]
pub enum Service {
    Ftp,
    Tftp,
    Irc,
    H323,
    Sip,
    Pptp,
    Rtsp,
    Udplite,
    Dccp,
    Sctp,
}

impl Service {
    /// Its name in RouterOS.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ftp => "ftp",
            Self::Tftp => "tftp",
            Self::Irc => "irc",
            Self::H323 => "h323",
            Self::Sip => "sip",
            Self::Pptp => "pptp",
            Self::Rtsp => "rtsp",
            Self::Udplite => "udplite",
            Self::Dccp => "dccp",
            Self::Sctp => "sctp",
        }
    }

    /// Whether it is no helper, but a transport protocol that is tracked with its ports and states.
    pub fn is_transport(self) -> bool {
        match self {
            Self::Udplite | Self::Dccp | Self::Sctp => true,
            Self::Ftp | Self::Tftp | Self::Irc | Self::H323 | Self::Sip | Self::Pptp | Self::Rtsp => false,
        }
    }
}
