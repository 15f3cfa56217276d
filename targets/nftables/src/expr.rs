//! Expressions: what the kernel computes for a packet, to be compared or looked up.

mod payload;

use crate::interval::Point;
use crate::keyword::keywords;
use crate::time::{SecondOfDay, Weekday};

pub use payload::{IcmpField, Ip6Field, IpField, Payload, PortField, Transport};

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
    /// Whether the packet has an option of IPv4.
    IpOption(IpOption),
    /// Whether the packet has an extension header of IPv6.
    Exthdr(Exthdr),
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
    /// A number that counts up with each packet that comes to it, or is drawn by lot.
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
        /// The priority for queues: two numbers of 16 bits, the upper one first.
        Priority = "priority",
        /// Whether the packet came in through IPsec; only in prerouting, input and forward.
        Ipsec = "ipsec",
        /// The second of the day, in UTC.
        Hour = "hour",
        /// The day of the week in UTC, Sunday being 0.
        Day = "day",
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
        /// How many bytes both sides have sent, with their network headers.
        Bytes = "bytes",
        /// The name of the helper that announced the connection, while it looked into another one.
        Helper = "helper",
    }
}

keywords! {
    /// About the packet's route; only known after the routing decision.
    pub enum Rt {
        /// The largest TCP segment that fits the route, in bytes: nft calls it `mtu`, the kernel `tcpmss`.
        Mtu = "mtu",
        /// Whether the packet leaves through IPsec.
        Ipsec = "ipsec",
    }
}

keywords! {
    /// What is looked up in the routing tables.
    pub enum Fib {
        /// The type of the source address.
        SaddrType = "saddr",
        /// The type of the destination address.
        DaddrType = "daddr",
        /// Whether packets to the source address would leave by the interface that the packet came in by.
        SaddrByIif = "saddr . iif",
    }
}

keywords! {
    /// A field of a TCP option.
    pub enum TcpOption {
        /// The maximum segment size.
        Maxseg = "maxseg",
    }
}

keywords! {
    /// An option of the IPv4 header.
    ///
    /// nft 1.0.6 does not know the timestamp.
    pub enum IpOption {
        /// Loose source and record route.
        Lsrr = "lsrr",
        /// Strict source and record route.
        Ssrr = "ssrr",
        /// Record route.
        Rr = "rr",
        /// Router alert (RFC 2113).
        Ra = "ra",
    }
}

keywords! {
    /// An extension header of IPv6.
    ///
    /// nft 1.0.6 knows no test for AH and ESP in this form: they are protocols to `meta l4proto`.
    pub enum Exthdr {
        /// Hop-by-hop options.
        Hbh = "hbh",
        /// Routing header.
        Rt = "rt",
        /// Fragment header.
        Frag = "frag",
        /// Destination options.
        Dst = "dst",
        /// Mobility header (RFC 6275).
        Mh = "mh",
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

/// A number below a modulus.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numgen {
    /// Where it comes from.
    pub mode: NumgenMode,
    /// How many numbers there are.
    pub modulus: u32,
}

keywords! {
    /// Where the numbers of a number generator come from.
    pub enum NumgenMode {
        /// By lot, for each packet anew.
        Random = "random",
        /// Each rule counts up by itself, starting again at 0 after `modulus - 1`.
        Inc = "inc",
    }
}

impl Expr {
    /// Returns the greatest number that the expression can be; no number is greater where it is none.
    pub(crate) fn greatest(&self) -> u32 {
        match self {
            Self::Meta(Meta::L4proto) => u8::MAX.into(),
            Self::Payload(payload) => payload.greatest(),
            Self::TcpOption(TcpOption::Maxseg) | Self::Rt(Rt::Mtu) => u16::MAX.into(),
            Self::Jhash(Jhash { modulus, .. }) | Self::Numgen(Numgen { modulus, .. }) => {
                modulus.saturating_sub(1)
            }
            Self::Meta(Meta::Ipsec) | Self::Rt(Rt::Ipsec) | Self::IpOption(_) | Self::Exthdr(_) => 1,
            Self::Meta(Meta::Hour) => SecondOfDay::MAX.into(),
            Self::Meta(Meta::Day) => Weekday::Saturday.into(),
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
            | Self::IpOption(_)
            | Self::Exthdr(_)
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
            | Self::IpOption(_)
            | Self::Exthdr(_)
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
        matches!(self.unmasked(), Self::Numgen(Numgen { mode: NumgenMode::Inc, .. }))
    }

    /// Says whether the expression deals packets out, so that it matters which ones come to it.
    pub(crate) fn deals(&self) -> bool {
        matches!(self.unmasked(), Self::Jhash(_) | Self::Numgen(_))
    }

    /// Says whether the next evaluation for the same packet may have another result.
    pub(crate) fn changes(&self) -> bool {
        matches!(self.unmasked(), Self::Numgen(_))
    }
}
