//! Selectors for the fields of headers, a module for each header.

use super::{BitSelector, Presence, Selector};

/// Fields of the Ethernet header.
pub mod ether {
    use super::Selector;
    use crate::expr::{Expr, Payload};
    use crate::kind::EtherAddress;

    selectors! {
        /// The address of the sender; a packet that did not come in by Ethernet does not match.
        saddr => Selector<EtherAddress>(Expr::Payload(Payload::EtherSaddr));
    }
}

/// Fields of the IPv4 header.
pub mod ip {
    use super::{Presence, Selector};
    use crate::expr::{Expr, IpField, IpOption, Payload};
    use crate::kind::{AddressV4, CodePoint, TransportProtocol, Ttl};

    selectors! {
        /// Source address.
        saddr => Selector<AddressV4>(Expr::Payload(Payload::Ip(IpField::Saddr)));
        /// Destination address.
        daddr => Selector<AddressV4>(Expr::Payload(Payload::Ip(IpField::Daddr)));
        /// Transport protocol.
        protocol => Selector<TransportProtocol>(Expr::Payload(Payload::Ip(IpField::Protocol)));
        /// Differentiated services code point.
        dscp => Selector<CodePoint>(Expr::Payload(Payload::Ip(IpField::Dscp)));
        /// Time to live.
        ttl => Selector<Ttl>(Expr::Payload(Payload::Ip(IpField::Ttl)));
    }

    /// The packet has this option.
    pub fn option(option: IpOption) -> Presence {
        Presence::of(Expr::IpOption(option))
    }

    /// The packet is a fragment other than the first one of its packet, so that it has no ports.
    ///
    /// Where connections are tracked the kernel puts packets together before any chain with a priority above -400.
    pub fn later_fragment() -> Presence {
        const OFFSET: u32 = 0x1fff;
        Presence::of(Expr::Masked(Box::new(Expr::Payload(Payload::Ip(IpField::FragOff))), OFFSET))
    }
}

/// Fields of the IPv6 header.
pub mod ip6 {
    use super::{Presence, Selector};
    use crate::expr::{Expr, Exthdr, Ip6Field, Payload};
    use crate::kind::{AddressV6, CodePoint, Ttl};

    selectors! {
        /// Source address.
        saddr => Selector<AddressV6>(Expr::Payload(Payload::Ip6(Ip6Field::Saddr)));
        /// Destination address.
        daddr => Selector<AddressV6>(Expr::Payload(Payload::Ip6(Ip6Field::Daddr)));
        /// Differentiated services code point.
        dscp => Selector<CodePoint>(Expr::Payload(Payload::Ip6(Ip6Field::Dscp)));
        /// Hop limit.
        hoplimit => Selector<Ttl>(Expr::Payload(Payload::Ip6(Ip6Field::Hoplimit)));
    }

    /// The packet has this extension header.
    pub fn exthdr(header: Exthdr) -> Presence {
        Presence::of(Expr::Exthdr(header))
    }
}

/// Ports, of one transport protocol or of whatever protocol the packet has.
pub mod port {
    use super::Selector;
    use crate::expr::{Expr, Payload, PortField, Transport};
    use crate::kind::Port;

    /// Source port.
    pub fn sport(transport: Transport) -> Selector<Port> {
        Selector::new(Expr::Payload(Payload::Port(transport, PortField::Sport)))
    }

    /// Destination port.
    pub fn dport(transport: Transport) -> Selector<Port> {
        Selector::new(Expr::Payload(Payload::Port(transport, PortField::Dport)))
    }
}

/// Fields and options of the TCP header.
pub mod tcp {
    use super::{BitSelector, Selector};
    use crate::bits::TcpFlags;
    use crate::expr::{Expr, Payload, PortField, TcpOption, Transport};
    use crate::kind::{Port, SegmentSize};

    selectors! {
        /// Source port.
        sport => Selector<Port>(Expr::Payload(Payload::Port(Transport::Tcp, PortField::Sport)));
        /// Destination port.
        dport => Selector<Port>(Expr::Payload(Payload::Port(Transport::Tcp, PortField::Dport)));
        /// Flags.
        flags => BitSelector<TcpFlags>(Expr::Payload(Payload::TcpFlags));
        /// The maximum segment size that the option announces; a packet without the option does not match.
        maxseg => Selector<SegmentSize>(Expr::TcpOption(TcpOption::Maxseg));
    }
}

/// Fields of the ICMP header; packets of other protocols do not match.
pub mod icmp {
    use super::Selector;
    use crate::expr::{Expr, IcmpField, Payload};
    use crate::kind::IcmpNumber;

    selectors! {
        /// Type.
        type_ => Selector<IcmpNumber>(Expr::Payload(Payload::Icmp(IcmpField::Type)));
        /// Code.
        code => Selector<IcmpNumber>(Expr::Payload(Payload::Icmp(IcmpField::Code)));
    }
}

/// Fields of the ICMPv6 header; packets of other protocols do not match.
pub mod icmpv6 {
    use super::Selector;
    use crate::expr::{Expr, IcmpField, Payload};
    use crate::kind::IcmpNumber;

    selectors! {
        /// Type.
        type_ => Selector<IcmpNumber>(Expr::Payload(Payload::Icmpv6(IcmpField::Type)));
        /// Code.
        code => Selector<IcmpNumber>(Expr::Payload(Payload::Icmpv6(IcmpField::Code)));
    }
}

/// Fields of the UDP header.
pub mod udp {
    use super::Selector;
    use crate::expr::{Expr, Payload, PortField, Transport};
    use crate::kind::Port;

    selectors! {
        /// Source port.
        sport => Selector<Port>(Expr::Payload(Payload::Port(Transport::Udp, PortField::Sport)));
        /// Destination port.
        dport => Selector<Port>(Expr::Payload(Payload::Port(Transport::Udp, PortField::Dport)));
    }
}
