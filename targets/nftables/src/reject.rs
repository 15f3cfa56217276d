//! Refusing packets with an answer.

use crate::keyword::keywords;

/// How a packet is refused: it is dropped, and its sender is told so.
///
/// Only in the hooks prerouting, input, forward and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reject {
    /// A TCP segment with the flag RST. The rule needs a match on TCP.
    TcpReset,
    /// Destination unreachable, of ICMP. Only in tables of IPv4.
    Icmp(Unreachable),
    /// Destination unreachable, of ICMPv6. Only in tables of IPv6.
    Icmpv6(Unreachable6),
}

keywords! {
    /// Why a destination can't be reached, in ICMP (RFC 792, RFC 1122).
    pub enum Unreachable {
        /// Net unreachable, code 0.
        Net = "net-unreachable",
        /// Host unreachable, code 1.
        Host = "host-unreachable",
        /// Protocol unreachable, code 2.
        Protocol = "prot-unreachable",
        /// Port unreachable, code 3.
        Port = "port-unreachable",
        /// Communication with the net administratively prohibited, code 9.
        NetProhibited = "net-prohibited",
        /// Communication with the host administratively prohibited, code 10.
        HostProhibited = "host-prohibited",
        /// Communication administratively prohibited by filtering, code 13.
        AdminProhibited = "admin-prohibited",
    }
}

keywords! {
    /// Why a destination can't be reached, in ICMPv6 (RFC 4443).
    pub enum Unreachable6 {
        /// No route to the destination, code 0.
        NoRoute = "no-route",
        /// Communication administratively prohibited, code 1.
        AdminProhibited = "admin-prohibited",
        /// Address unreachable, code 3.
        Address = "addr-unreachable",
        /// Port unreachable, code 4.
        Port = "port-unreachable",
        /// Source address failed ingress or egress policy, code 5.
        PolicyFail = "policy-fail",
        /// Reject route to the destination, code 6.
        RejectRoute = "reject-route",
    }
}

impl Unreachable {
    /// Returns the code in the header of ICMP.
    pub fn code(self) -> u8 {
        match self {
            Self::Net => 0,
            Self::Host => 1,
            Self::Protocol => 2,
            Self::Port => 3,
            Self::NetProhibited => 9,
            Self::HostProhibited => 10,
            Self::AdminProhibited => 13,
        }
    }
}

impl Unreachable6 {
    /// Returns the code in the header of ICMPv6.
    pub fn code(self) -> u8 {
        match self {
            Self::NoRoute => 0,
            Self::AdminProhibited => 1,
            Self::Address => 3,
            Self::Port => 4,
            Self::PolicyFail => 5,
            Self::RejectRoute => 6,
        }
    }
}
