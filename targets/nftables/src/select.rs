//! Selectors: the ways to say what a rule looks at.
//!
//! ```
//! use rosc_nftables::select::{ct, ip, meta, tcp};
//! use rosc_nftables::{CtState, InterfaceName};
//!
//! let from_wan = meta::iifname().eq(InterfaceName::new("wan")?);
//! let to_web = tcp::dport().eq(80u16);
//! let first = ct::state().any_of(CtState::NEW);
//! let from_lan = ip::saddr().eq("192.0.2.0/24".parse::<ipnet::Ipv4Net>()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::bits::Bits;
use crate::expr::{Expr, Jhash, Numgen, Payload};
use crate::kind::{Kind, Mapped, Mark, MarkBits, Named, Ordered};
use crate::matching::{Match, Operand, Test};
use crate::name::SetName;
use crate::range::Ranges;
use crate::statement::{Statement, Verdict};
use crate::values::Values;
use crate::vmap::Vmap;
use std::marker::PhantomData;
use std::num::NonZeroU32;

/// What a rule looks at, and the kind of values that it can be compared with.
#[derive(Debug, Clone)]
pub struct Selector<K> {
    pub(crate) expr: Expr,
    kind: PhantomData<K>,
}

impl<K: Kind> Selector<K> {
    fn new(expr: Expr) -> Self {
        Self { expr, kind: PhantomData }
    }

    fn within(self, values: Values) -> Statement {
        Match::new(self.expr, Test::In(Operand::Values(values))).into()
    }

    fn outside(self, values: Values) -> Statement {
        Match::new(self.expr, Test::NotIn(Operand::Values(values))).into()
    }

    /// It is this value, or in this interval.
    pub fn eq(self, value: impl Into<K::One>) -> Statement {
        self.within(K::one(value.into()))
    }

    /// It is not this value, or not in this interval.
    pub fn ne(self, value: impl Into<K::One>) -> Statement {
        self.outside(K::one(value.into()))
    }

    /// It is one of these; `None` if there are none, because a rule with that match could match nothing, and
    /// nft has no form for it.
    pub fn one_of(self, values: impl Into<K::Many>) -> Option<Statement> {
        let values = K::many(values.into());
        (!values.is_empty()).then(|| self.within(values))
    }

    /// It is none of these; `None` if there are none, because that is true of everything and nft has no form
    /// for it.
    pub fn none_of(self, values: impl Into<K::Many>) -> Option<Statement> {
        let values = K::many(values.into());
        (!values.is_empty()).then(|| self.outside(values))
    }
}

impl<K: Mapped> Selector<K> {
    /// A verdict for each value; packets with other values go on. `None` if there is no value, or if two
    /// verdicts are given for one value.
    pub fn vmap(self, verdicts: impl IntoIterator<Item = (K::One, Verdict)>) -> Option<Statement> {
        let verdicts = verdicts.into_iter().map(|(value, verdict)| (verdict, K::one(value)));
        Vmap::new(self.expr, verdicts).map(Statement::Vmap)
    }
}

impl<K: Named> Selector<K> {
    /// It is an element of the set.
    pub fn in_set(self, set: &SetName<K>) -> Statement {
        Match::new(self.expr, Test::In(Operand::Set(set.name().clone()))).into()
    }

    /// It is no element of the set.
    pub fn not_in_set(self, set: &SetName<K>) -> Statement {
        Match::new(self.expr, Test::NotIn(Operand::Set(set.name().clone()))).into()
    }
}

impl<K: Ordered> Selector<K> {
    /// It is less.
    pub fn lt(self, number: K::Number) -> Statement {
        Match::new(self.expr, Test::LessThan(number.into())).into()
    }

    /// It is less or equal.
    pub fn le(self, number: K::Number) -> Statement {
        Match::new(self.expr, Test::AtMost(number.into())).into()
    }

    /// It is greater.
    pub fn gt(self, number: K::Number) -> Statement {
        Match::new(self.expr, Test::GreaterThan(number.into())).into()
    }

    /// It is greater or equal.
    pub fn ge(self, number: K::Number) -> Statement {
        Match::new(self.expr, Test::AtLeast(number.into())).into()
    }
}

impl Selector<Mark> {
    /// Looks only at these bits of the mark.
    pub fn masked(self, mask: NonZeroU32) -> Selector<MarkBits> {
        Selector::new(Expr::Masked(Box::new(self.expr), mask.get()))
    }
}

/// A selector whose values are sets of bits.
#[derive(Debug, Clone)]
pub struct BitSelector<B> {
    expr: Expr,
    bits: PhantomData<B>,
}

impl<B: Bits> BitSelector<B> {
    fn new(expr: Expr) -> Self {
        Self { expr, bits: PhantomData }
    }

    /// At least one of these bits is set.
    pub fn any_of(self, bits: B) -> Statement {
        Match::new(self.expr, Test::AnyOf(bits.bits())).into()
    }

    /// None of these bits is set.
    pub fn none_of(self, bits: B) -> Statement {
        Match::new(self.expr, Test::NoneOf(bits.bits())).into()
    }

    /// Of the bits in `mask`, exactly those in `bits` are set.
    pub fn masked_eq(self, mask: B, bits: B) -> Statement {
        let bits = Values::Numbers(Ranges::from_iter([bits.bits()]));
        let masked = Expr::Masked(Box::new(self.expr), mask.bits());
        Match::new(masked, Test::In(Operand::Values(bits))).into()
    }

    /// The opposite of [`BitSelector::masked_eq`].
    pub fn masked_ne(self, mask: B, bits: B) -> Statement {
        let bits = Values::Numbers(Ranges::from_iter([bits.bits()]));
        let masked = Expr::Masked(Box::new(self.expr), mask.bits());
        Match::new(masked, Test::NotIn(Operand::Values(bits))).into()
    }
}

/// A selector that deals packets out to numbers below a modulus.
#[derive(Debug, Clone)]
pub struct Buckets {
    expr: Expr,
    modulus: u32,
}

impl Buckets {
    /// The packet got this number; `None` if no packet can get it.
    pub fn eq(self, bucket: u32) -> Option<Statement> {
        self.one_of(Ranges::from_iter([bucket]))
    }

    /// The packet did not get this number; `None` if no packet can get it.
    pub fn ne(self, bucket: u32) -> Option<Statement> {
        let values = self.values(Ranges::from_iter([bucket]))?;
        Some(Match::new(self.expr, Test::NotIn(Operand::Values(values))).into())
    }

    /// The packet got one of these numbers; `None` if there are none, or if no packet can get one of them.
    pub fn one_of(self, buckets: Ranges<u32>) -> Option<Statement> {
        let values = self.values(buckets)?;
        Some(Match::new(self.expr, Test::In(Operand::Values(values))).into())
    }

    /// A verdict for each number; `None` if there are none, if two verdicts are given for one number, or if no
    /// packet can get one of them.
    pub fn vmap(self, verdicts: impl IntoIterator<Item = (u32, Verdict)>) -> Option<Statement> {
        let verdicts: Option<Vec<_>> = verdicts
            .into_iter()
            .map(|(bucket, verdict)| Some((verdict, self.values(Ranges::from_iter([bucket]))?)))
            .collect();
        Vmap::new(self.expr, verdicts?).map(Statement::Vmap)
    }

    /// nft refuses a comparison with a number that the expression can't have.
    fn values(&self, buckets: Ranges<u32>) -> Option<Values> {
        let greatest = buckets.as_slice().last()?.high();
        (greatest < self.modulus).then_some(Values::Numbers(buckets))
    }
}

/// Deals packets out by a hash of these fields into `modulus` buckets of equal size.
///
/// `None` unless there are at least two buckets and a field, and the fields fit into 48 bytes, each filled up to a
/// multiple of four: with more, nft 1.0.6 runs out of registers and aborts. Both addresses and both ports fit.
///
/// Rules that are to share packets among them need the same fields, modulus and seed.
pub fn jhash(over: impl IntoIterator<Item = Payload>, modulus: u32, seed: u32) -> Option<Buckets> {
    let over: Vec<Payload> = over.into_iter().collect();
    let size: usize = over.iter().map(|payload| payload.register_bytes()).sum();
    (modulus >= 2 && (1..=48).contains(&size))
        .then_some(Buckets { expr: Expr::Jhash(Jhash { over, modulus, seed }), modulus })
}

/// Deals packets out in turn, each rule with a counter of its own; `None` unless there are at least two turns.
///
/// [`Rule::new`](crate::Rule::new) places such a match behind all others of the rule, so that it counts only the
/// packets that fit those.
pub fn numgen_inc(modulus: u32) -> Option<Buckets> {
    (modulus >= 2).then_some(Buckets { expr: Expr::Numgen(Numgen { modulus }), modulus })
}

macro_rules! selectors {
    ($( $(#[$doc:meta])* $name:ident => $selector:ident<$kind:ty>($expr:expr); )*) => {$(
        $(#[$doc])*
        pub fn $name() -> $selector<$kind> {
            $selector::new($expr)
        }
    )*};
}

/// About the packet as a whole.
pub mod meta {
    use super::Selector;
    use crate::expr::{Expr, Meta};
    use crate::kind::{Interface, Length, Mark, TransportProtocol};

    selectors! {
        /// The interface that the packet came in by.
        iifname => Selector<Interface>(Expr::Meta(Meta::Iifname));
        /// The interface that the packet leaves by.
        oifname => Selector<Interface>(Expr::Meta(Meta::Oifname));
        /// The transport protocol, behind all extension headers.
        l4proto => Selector<TransportProtocol>(Expr::Meta(Meta::L4proto));
        /// The packet mark.
        mark => Selector<Mark>(Expr::Meta(Meta::Mark));
        /// The length of the packet in bytes, with its network header.
        length => Selector<Length>(Expr::Meta(Meta::Length));
    }
}

/// Fields of the IPv4 header.
pub mod ip {
    use super::Selector;
    use crate::expr::{Expr, IpField, Payload};
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
}

/// Fields of the IPv6 header.
pub mod ip6 {
    use super::Selector;
    use crate::expr::{Expr, Ip6Field, Payload};
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

/// About the packet's connection.
pub mod ct {
    use super::{BitSelector, Selector};
    use crate::bits::{CtState, CtStatus};
    use crate::expr::{Ct, Expr};
    use crate::kind::{ConnectionDirection, Mark};

    selectors! {
        /// State of the connection.
        state => BitSelector<CtState>(Expr::Ct(Ct::State));
        /// Status of the connection.
        status => BitSelector<CtStatus>(Expr::Ct(Ct::Status));
        /// Which side the packet comes from.
        direction => Selector<ConnectionDirection>(Expr::Ct(Ct::Direction));
        /// The connection mark.
        mark => Selector<Mark>(Expr::Ct(Ct::Mark));
    }
}

/// What the routing tables say.
pub mod route {
    use super::Selector;
    use crate::expr::{Expr, Fib, Rt};
    use crate::kind::{AddressKind, SegmentSize};

    selectors! {
        /// The type of the source address.
        saddr_type => Selector<AddressKind>(Expr::Fib(Fib::SaddrType));
        /// The type of the destination address.
        daddr_type => Selector<AddressKind>(Expr::Fib(Fib::DaddrType));
        /// The largest TCP segment that fits the packet's route; only in forward, output and postrouting.
        mtu => Selector<SegmentSize>(Expr::Rt(Rt::Mtu));
    }
}
