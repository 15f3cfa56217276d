//! Expressions: what the kernel computes for a packet, to be compared or looked up.

use crate::bits::TcpFlags;
use crate::keyword::keywords;
use crate::protocol::Protocol;

/// What the kernel reads or computes for a packet.
///
/// The order is the one in which matches stand in a rule: what is cheap to read comes first, and what a later
/// expression depends on (the transport protocol) before it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expr {
    /// About the packet as a whole.
    Meta(Meta),
    /// A field of a packet's header.
    Payload(Payload),
    /// A field of a TCP option.
    TcpOption(TcpOption),
    /// About the packet's connection.
    Ct(Ct),
    /// About the packet's route.
    Rt(Rt),
    /// About an address of the packet, in the routing tables.
    Fib(Fib),
    /// A hash of other expressions.
    Jhash(Jhash),
    /// A number that counts up with each packet that comes to it.
    Numgen(Numgen),
    /// Some bits of another expression.
    Masked(Box<Expr>, u32),
}

keywords! {
    /// About the packet as a whole.
    pub enum Meta {
        /// The interface that the packet came in by.
        Iifname = "iifname",
        /// The interface that the packet leaves by.
        Oifname = "oifname",
        /// The transport protocol, behind all extension headers.
        L4proto = "l4proto",
        /// The packet mark.
        Mark = "mark",
        /// The length of the packet in bytes, with its network header.
        Length = "length",
    }
}

keywords! {
    /// About the packet's connection.
    pub enum Ct {
        /// Whether the connection is new, known, related to another one or none at all.
        State = "state",
        /// Which side the packet comes from.
        Direction = "direction",
        /// The connection's status bits.
        Status = "status",
        /// The connection mark.
        Mark = "mark",
    }
}

keywords! {
    /// About the packet's route; only known after the routing decision.
    pub enum Rt {
        /// The largest TCP segment that fits the route, in bytes: nft calls it `mtu`, the kernel `tcpmss`.
        Mtu = "mtu",
    }
}

keywords! {
    /// An address whose type is looked up in the routing tables.
    pub enum Fib {
        /// The type of the source address.
        SaddrType = "saddr",
        /// The type of the destination address.
        DaddrType = "daddr",
    }
}

keywords! {
    /// A field of a TCP option.
    pub enum TcpOption {
        /// The maximum segment size.
        Maxseg = "maxseg",
    }
}

/// A field of a packet's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Payload {
    /// A field of the IPv4 header.
    Ip(IpField),
    /// A field of the IPv6 header.
    Ip6(Ip6Field),
    /// A port in the header of a transport protocol.
    Port(Transport, PortField),
    /// The flags of TCP.
    TcpFlags,
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

/// Jenkins' hash over fields of a packet, scaled to `0..modulus`.
///
/// The kernel scales by multiplication, so `modulus` splits the hash values into that many equal stretches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Jhash {
    /// What is hashed, in this order.
    pub over: Vec<Payload>,
    /// How many results there are.
    pub modulus: u32,
    /// The start value. Without one nft would draw it by lot for each rule, and rules that are to share the
    /// packets among them would overlap and leave gaps.
    pub seed: u32,
}

/// A number that each rule counts up by itself, starting again at 0 after `modulus - 1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numgen {
    /// How many numbers there are.
    pub modulus: u32,
}

impl Expr {
    /// Returns the greatest number that the expression can be; no number is greater where it is none.
    pub(crate) fn greatest(&self) -> u32 {
        match self {
            Self::Meta(Meta::L4proto) => u8::MAX.into(),
            Self::Payload(payload) => payload.greatest(),
            Self::TcpOption(TcpOption::Maxseg) | Self::Rt(Rt::Mtu) => u16::MAX.into(),
            Self::Jhash(Jhash { modulus, .. }) | Self::Numgen(Numgen { modulus }) => {
                modulus.saturating_sub(1)
            }
            Self::Meta(_) | Self::Ct(_) | Self::Fib(_) | Self::Masked(..) => u32::MAX,
        }
    }

    /// Returns the header fields that the expression reads.
    pub fn payloads(&self) -> &[Payload] {
        match self {
            Self::Payload(payload) => std::slice::from_ref(payload),
            Self::Jhash(jhash) => &jhash.over,
            Self::Masked(masked, _) => masked.payloads(),
            Self::Meta(_)
            | Self::TcpOption(_)
            | Self::Ct(_)
            | Self::Rt(_)
            | Self::Fib(_)
            | Self::Numgen(_) => &[],
        }
    }

    /// Returns the same, for changing them.
    pub(crate) fn payloads_mut(&mut self) -> &mut [Payload] {
        match self {
            Self::Payload(payload) => std::slice::from_mut(payload),
            Self::Jhash(jhash) => &mut jhash.over,
            Self::Masked(masked, _) => masked.payloads_mut(),
            Self::Meta(_)
            | Self::TcpOption(_)
            | Self::Ct(_)
            | Self::Rt(_)
            | Self::Fib(_)
            | Self::Numgen(_) => &mut [],
        }
    }

    /// Returns the expression without its mask.
    pub fn unmasked(&self) -> &Self {
        match self {
            Self::Masked(masked, _) => masked,
            other => other,
        }
    }

    /// Says whether evaluating the expression changes what the next packet gets.
    pub fn is_stateful(&self) -> bool {
        matches!(self.unmasked(), Self::Numgen(_))
    }
}

impl Payload {
    /// Returns nft's words for the header and the field.
    pub fn keywords(self) -> (&'static str, &'static str) {
        match self {
            Self::Ip(field) => ("ip", field.keyword()),
            Self::Ip6(field) => ("ip6", field.keyword()),
            Self::Port(transport, field) => (transport.keyword(), field.keyword()),
            Self::TcpFlags => ("tcp", "flags"),
        }
    }

    /// Returns the field with these words.
    pub fn from_keywords(header: &str, field: &str) -> Option<Self> {
        match header {
            "ip" => IpField::from_keyword(field).map(Self::Ip),
            "ip6" => Ip6Field::from_keyword(field).map(Self::Ip6),
            "tcp" if field == "flags" => Some(Self::TcpFlags),
            _ => Some(Self::Port(Transport::from_keyword(header)?, PortField::from_keyword(field)?)),
        }
    }

    fn greatest(self) -> u32 {
        match self {
            Self::Ip(IpField::Protocol | IpField::Ttl) | Self::Ip6(Ip6Field::Hoplimit) => u8::MAX.into(),
            Self::Ip(IpField::Dscp) | Self::Ip6(Ip6Field::Dscp) => 63,
            Self::Port(..) => u16::MAX.into(),
            Self::TcpFlags => TcpFlags::MASK,
            Self::Ip(IpField::Saddr | IpField::Daddr) | Self::Ip6(Ip6Field::Saddr | Ip6Field::Daddr) => {
                u32::MAX
            }
        }
    }

    /// Returns how many bytes of the kernel's registers the field takes.
    pub(crate) fn register_bytes(self) -> usize {
        match self {
            Self::Ip6(Ip6Field::Saddr | Ip6Field::Daddr) => 16,
            Self::Ip(_)
            | Self::Ip6(Ip6Field::Dscp | Ip6Field::Hoplimit)
            | Self::Port(..)
            | Self::TcpFlags => 4,
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
