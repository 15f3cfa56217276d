//! Datatypes: how the values of an expression are written.

use crate::expr::{Ct, Expr, Fib, Ip6Field, IpField, Meta, Payload, Rt, TcpOption};

/// How the values of an expression are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datatype {
    /// Interface name, in quotes.
    Ifname,
    /// IPv4 address.
    Ipv4Addr,
    /// IPv6 address.
    Ipv6Addr,
    /// Transport protocol.
    InetProto,
    /// Port number.
    InetService,
    /// Ethernet address.
    EtherAddr,
    /// Mark, hexadecimal.
    Mark,
    /// Plain number.
    Integer,
    /// Number of bytes, of 64 bits.
    Bytes,
    /// Priority for queues, such as `1:10`: two numbers of 16 bits, hexadecimal.
    Priority,
    /// Second of the day, as a time such as `08:00:01`.
    Hour,
    /// Day of the week.
    Day,
    /// Whether there is something.
    Boolean,
    /// Name of a connection tracking helper, in quotes.
    Helper,
    /// Differentiated services code point.
    Dscp,
    /// Type of an address.
    FibAddrtype,
    /// TCP flags, a set of bits.
    TcpFlag,
    /// Connection state, a set of bits.
    CtState,
    /// Connection status, a set of bits.
    CtStatus,
    /// Direction in a connection.
    CtDir,
}

impl Datatype {
    /// Says whether the values are sets of bits.
    pub fn is_flags(self) -> bool {
        matches!(self, Self::TcpFlag | Self::CtState | Self::CtStatus)
    }

    /// Says whether the values have names and no order, so that a range of them would say nothing to a
    /// reader.
    pub fn is_enumerated(self) -> bool {
        self.is_flags()
            || matches!(self, Self::InetProto | Self::FibAddrtype | Self::CtDir | Self::Day | Self::Boolean)
    }
}

impl Expr {
    /// Returns how the expression's values are written.
    pub fn datatype(&self) -> Datatype {
        match self {
            Self::Meta(Meta::Iifname | Meta::Oifname) => Datatype::Ifname,
            Self::Meta(Meta::L4proto) => Datatype::InetProto,
            Self::Meta(Meta::Mark) | Self::Ct(Ct::Mark) => Datatype::Mark,
            Self::Meta(Meta::Length) => Datatype::Integer,
            Self::Meta(Meta::Priority) => Datatype::Priority,
            Self::Meta(Meta::Hour) => Datatype::Hour,
            Self::Meta(Meta::Day) => Datatype::Day,
            Self::Meta(Meta::Ipsec) | Self::Rt(Rt::Ipsec) => Datatype::Boolean,
            Self::IpOption(_) | Self::Exthdr(_) => Datatype::Boolean,
            Self::Payload(payload) => payload.datatype(),
            Self::Ct(Ct::State) => Datatype::CtState,
            Self::Ct(Ct::Direction) => Datatype::CtDir,
            Self::Ct(Ct::Status) => Datatype::CtStatus,
            Self::Ct(Ct::Bytes) => Datatype::Bytes,
            Self::Ct(Ct::Helper) => Datatype::Helper,
            Self::TcpOption(TcpOption::Maxseg) | Self::Rt(Rt::Mtu) => Datatype::Integer,
            Self::Fib(Fib::SaddrType | Fib::DaddrType) => Datatype::FibAddrtype,
            Self::Fib(Fib::SaddrByIif) => Datatype::Boolean,
            Self::Jhash(_) | Self::Numgen(_) => Datatype::Integer,
            Self::Masked(masked, _) => masked.datatype(),
        }
    }
}

impl Payload {
    fn datatype(self) -> Datatype {
        match self {
            Self::Ip(IpField::Saddr | IpField::Daddr) => Datatype::Ipv4Addr,
            Self::Ip(IpField::Protocol) => Datatype::InetProto,
            Self::Ip(IpField::Dscp) | Self::Ip6(Ip6Field::Dscp) => Datatype::Dscp,
            Self::Ip(IpField::Ttl | IpField::FragOff) | Self::Ip6(Ip6Field::Hoplimit) => Datatype::Integer,
            Self::Icmp(_) | Self::Icmpv6(_) => Datatype::Integer,
            Self::EtherSaddr => Datatype::EtherAddr,
            Self::Ip6(Ip6Field::Saddr | Ip6Field::Daddr) => Datatype::Ipv6Addr,
            Self::Port(..) => Datatype::InetService,
            Self::TcpFlags => Datatype::TcpFlag,
        }
    }
}
