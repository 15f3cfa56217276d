//! `/ip firewall service-port`: protocols whose connections a helper follows.

use super::{Ports, Protocol};
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

impl ServicePort {
    /// Whether a helper looks into connections of a protocol to a port.
    pub fn looks_into(&self, protocol: Protocol, port: u16, is_ipv6: bool) -> bool {
        let is_asked = || self.ports.as_ref().is_some_and(|ports| ports.contains(port));
        match (self.service, protocol) {
            (Service::Ftp, Protocol::TCP) | (Service::Tftp, Protocol::UDP) => is_asked(),
            (Service::Sip, Protocol::TCP | Protocol::UDP) => is_asked(),
            (Service::Irc, Protocol::TCP) => !is_ipv6 && is_asked(),
            (Service::Pptp, Protocol::TCP) => !is_ipv6 && port == 1723,
            (Service::H323, Protocol::TCP) => port == 1720,
            (Service::H323, Protocol::UDP) => port == 1719,
            _ => false,
        }
    }
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
