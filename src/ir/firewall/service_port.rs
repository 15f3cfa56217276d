//! `/ip firewall service-port`: protocols whose connections a helper follows.

use super::{Ports, Protocol};
use rosc_target::Origin;
use serde::Serialize;
use std::borrow::Cow;

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
        self.service.followed().iter().any(|followed| {
            followed.transport.protocol() == protocol
                && (followed.has_ipv6 || !is_ipv6)
                && self.ports_of(followed).is_some_and(|ports| ports.contains(port))
        })
    }

    /// The ports that such connections are to.
    pub fn ports_of(&self, followed: &Followed) -> Option<Cow<'_, Ports>> {
        match followed.port {
            Some(port) => Ports::new(vec![(port, port)]).map(Cow::Owned),
            None => self.ports.as_ref().map(Cow::Borrowed),
        }
    }
}

/// Connections of a service that a helper looks into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// What they are carried by.
    pub transport: ServiceTransport,
    /// The port that they are to, where RouterOS lets nobody choose it.
    pub port: Option<u16>,
    /// Whether the helper reads IPv6 too.
    pub has_ipv6: bool,
}

/// A transport protocol whose connections helpers look into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceTransport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl ServiceTransport {
    /// The protocol by its number.
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Tcp => Protocol::TCP,
            Self::Udp => Protocol::UDP,
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

    /// What its helper looks into.
    pub const fn followed(self) -> &'static [Followed] {
        use ServiceTransport::{Tcp, Udp};
        const fn followed(transport: ServiceTransport, port: Option<u16>, has_ipv6: bool) -> Followed {
            Followed { transport, port, has_ipv6 }
        }
        match self {
            Self::Ftp => const { &[followed(Tcp, None, true)] },
            Self::Tftp => const { &[followed(Udp, None, true)] },
            Self::Irc => const { &[followed(Tcp, None, false)] },
            Self::H323 => const { &[followed(Tcp, Some(1720), true), followed(Udp, Some(1719), true)] },
            Self::Sip => const { &[followed(Tcp, None, true), followed(Udp, None, true)] },
            Self::Pptp => const { &[followed(Tcp, Some(1723), false)] },
            // Nobody has written one for RTSP; the others are tracked without.
            Self::Rtsp | Self::Udplite | Self::Dccp | Self::Sctp => &[],
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
