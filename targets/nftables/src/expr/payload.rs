//! Fields of a packet's headers.

use crate::bits::TcpFlags;
use crate::keyword::keywords;
use crate::protocol::Protocol;

/// A field of a packet's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Payload {
    /// The address of the sender in the Ethernet header; nft lists no match on the type of the interface beside it.
    EtherSaddr,
    /// A field of the IPv4 header.
    Ip(IpField),
    /// A field of the IPv6 header.
    Ip6(Ip6Field),
    /// A port in the header of a transport protocol.
    Port(Transport, PortField),
    /// The flags of TCP.
    TcpFlags,
    /// A field of the ICMP header.
    Icmp(IcmpField),
    /// A field of the ICMPv6 header.
    Icmpv6(IcmpField),
}

keywords! {
    /// A field of the IPv4 header.
    pub enum IpField {
        /// Source address.
        Saddr = "saddr",
        /// Destination address.
        Daddr = "daddr",
        /// Transport protocol.
        Protocol = "protocol",
        /// Differentiated services code point.
        Dscp = "dscp",
        /// Time to live.
        Ttl = "ttl",
        /// Three flags, and where the fragment starts in its packet, in units of eight bytes.
        FragOff = "frag-off",
    }
}

keywords! {
    /// A field of the IPv6 header.
    ///
    /// `nexthdr` is missing with purpose: nft lists `ip6 nexthdr tcp tcp dport 80` as `tcp dport 80`, which
    /// is another rule. `meta l4proto` is what a firewall wants.
    pub enum Ip6Field {
        /// Source address.
        Saddr = "saddr",
        /// Destination address.
        Daddr = "daddr",
        /// Differentiated services code point.
        Dscp = "dscp",
        /// Hop limit.
        Hoplimit = "hoplimit",
    }
}

keywords! {
    /// A transport protocol whose header starts with two ports.
    pub enum Transport {
        /// Whatever protocol the packet has: the first four bytes of its header.
        Any = "th",
        /// TCP.
        Tcp = "tcp",
        /// UDP.
        Udp = "udp",
        /// UDP-Lite.
        Udplite = "udplite",
        /// SCTP.
        Sctp = "sctp",
        /// DCCP.
        Dccp = "dccp",
    }
}

keywords! {
    /// One of the two ports.
    pub enum PortField {
        /// Source port.
        Sport = "sport",
        /// Destination port.
        Dport = "dport",
    }
}

keywords! {
    /// One of the fields that start the header of ICMP and of ICMPv6.
    pub enum IcmpField {
        /// Type.
        Type = "type",
        /// Code, whose meaning depends on the type.
        Code = "code",
    }
}

impl Payload {
    /// Returns nft's words for the header and the field.
    pub fn keywords(self) -> (&'static str, &'static str) {
        match self {
            Self::Ip(field) => ("ip", field.keyword()),
            Self::Ip6(field) => ("ip6", field.keyword()),
            Self::Port(transport, field) => (transport.keyword(), field.keyword()),
            Self::EtherSaddr => ("ether", "saddr"),
            Self::TcpFlags => ("tcp", "flags"),
            Self::Icmp(field) => ("icmp", field.keyword()),
            Self::Icmpv6(field) => ("icmpv6", field.keyword()),
        }
    }

    /// Returns the field with these words.
    pub fn from_keywords(header: &str, field: &str) -> Option<Self> {
        match header {
            "ether" => (field == "saddr").then_some(Self::EtherSaddr),
            "ip" => IpField::from_keyword(field).map(Self::Ip),
            "ip6" => Ip6Field::from_keyword(field).map(Self::Ip6),
            "icmp" => IcmpField::from_keyword(field).map(Self::Icmp),
            "icmpv6" => IcmpField::from_keyword(field).map(Self::Icmpv6),
            "tcp" if field == "flags" => Some(Self::TcpFlags),
            _ => Some(Self::Port(Transport::from_keyword(header)?, PortField::from_keyword(field)?)),
        }
    }

    /// Returns the transport protocol in whose header the field stands; `None` for any, and for other headers.
    pub fn transport(self) -> Option<Protocol> {
        match self {
            Self::TcpFlags => Some(Protocol::TCP),
            Self::Icmp(_) => Some(Protocol::ICMP),
            Self::Icmpv6(_) => Some(Protocol::ICMPV6),
            Self::Port(transport, _) => transport.protocol(),
            Self::EtherSaddr | Self::Ip(_) | Self::Ip6(_) => None,
        }
    }

    pub(super) fn greatest(self) -> u32 {
        match self {
            Self::Ip(IpField::Protocol | IpField::Ttl) | Self::Ip6(Ip6Field::Hoplimit) => u8::MAX.into(),
            Self::Icmp(_) | Self::Icmpv6(_) => u8::MAX.into(),
            Self::Ip(IpField::Dscp) | Self::Ip6(Ip6Field::Dscp) => 63,
            Self::Port(..) | Self::Ip(IpField::FragOff) => u16::MAX.into(),
            Self::TcpFlags => TcpFlags::MASK,
            Self::Ip(IpField::Saddr | IpField::Daddr) | Self::Ip6(Ip6Field::Saddr | Ip6Field::Daddr) => {
                u32::MAX
            }
            Self::EtherSaddr => u32::MAX,
        }
    }

    /// Returns how many bytes of the kernel's registers the field takes.
    pub(crate) fn register_bytes(self) -> usize {
        match self {
            Self::Ip6(Ip6Field::Saddr | Ip6Field::Daddr) => 16,
            Self::EtherSaddr => 8,
            Self::Ip(_)
            | Self::Ip6(Ip6Field::Dscp | Ip6Field::Hoplimit)
            | Self::Port(..)
            | Self::TcpFlags
            | Self::Icmp(_)
            | Self::Icmpv6(_) => 4,
        }
    }
}

impl Transport {
    /// Returns the protocol's number; `None` for any protocol.
    pub fn protocol(self) -> Option<Protocol> {
        match self {
            Self::Any => None,
            Self::Tcp => Some(Protocol::TCP),
            Self::Udp => Some(Protocol::UDP),
            Self::Udplite => Some(Protocol::UDPLITE),
            Self::Sctp => Some(Protocol::SCTP),
            Self::Dccp => Some(Protocol::DCCP),
        }
    }

    /// Returns the transport with that number, if it has ports.
    pub fn with_protocol(protocol: Protocol) -> Option<Self> {
        Self::ALL.iter().copied().find(|transport| transport.protocol() == Some(protocol))
    }
}
