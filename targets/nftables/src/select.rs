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

mod buckets;
mod presence;

use crate::bits::Bits;
use crate::expr::Expr;
use crate::interval::{Interval, Point};
use crate::kind::{Kind, Mapped, Mark, MarkBits, Named, Ordered};
use crate::matching::{Match, Operand, Test};
use crate::name::SetName;
use crate::range::Ranges;
use crate::statement::{Statement, Verdict};
use crate::values::Values;
use crate::vmap::Vmap;
use std::marker::PhantomData;
use std::num::NonZeroU32;

pub use buckets::{Buckets, jhash, numgen_inc, numgen_random};
pub use presence::Presence;

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
    /// It is less; `None` if nothing can be.
    pub fn lt(self, number: K::Number) -> Option<Statement> {
        let below = number.predecessor()?;
        Some(self.le(below))
    }

    /// It is less or equal.
    pub fn le(self, number: K::Number) -> Statement {
        self.within(K::one(Interval { low: K::Number::MIN, high: number }))
    }

    /// It is greater; `None` if nothing can be.
    pub fn gt(self, number: K::Number) -> Option<Statement> {
        let above = number.successor()?;
        Some(self.ge(above))
    }

    /// It is greater or equal.
    pub fn ge(self, number: K::Number) -> Statement {
        self.within(K::one(Interval { low: number, high: K::Number::MAX }))
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

    /// Of the bits in `mask`, exactly those that are in `bits` as well are set.
    pub fn masked_eq(self, mask: B, bits: B) -> Statement {
        let (masked, bits) = self.masked(mask, bits);
        Match::new(masked, Test::In(bits)).into()
    }

    /// The opposite of [`BitSelector::masked_eq`].
    pub fn masked_ne(self, mask: B, bits: B) -> Statement {
        let (masked, bits) = self.masked(mask, bits);
        Match::new(masked, Test::NotIn(bits)).into()
    }

    /// Bits outside of the mask could never be equal, and nft can't read back how it lists them.
    fn masked(self, mask: B, bits: B) -> (Expr, Operand) {
        let bits = Values::Numbers(Ranges::from_iter([bits.bits() & mask.bits()]));
        (Expr::Masked(Box::new(self.expr), mask.bits()), Operand::Values(bits))
    }
}

macro_rules! selectors {
    ($( $(#[$doc:meta])* $name:ident => $selector:ident<$kind:ty>($expr:expr); )*) => {$(
        $(#[$doc])*
        pub fn $name() -> $selector<$kind> {
            $selector::new($expr)
        }
    )*};
}

mod headers;

pub use headers::{ether, icmp, icmpv6, ip, ip6, port, tcp, udp};

/// About the packet as a whole.
pub mod meta {
    use super::{Presence, Selector};
    use crate::expr::{Expr, Meta};
    use crate::kind::{DayOfWeek, Interface, Length, Mark, Priority, TimeOfDay, TransportProtocol};

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
        /// The priority for queues: two numbers of 16 bits, which nft writes as `1:10`, the upper one first.
        priority => Selector<Priority>(Expr::Meta(Meta::Priority));
        /// The second of the day when the packet came in, in UTC.
        ///
        /// The kernel knows no zones. A time span over midnight is two intervals, or all but one.
        hour => Selector<TimeOfDay>(Expr::Meta(Meta::Hour));
        /// The day of the week when the packet came in, in UTC.
        day => Selector<DayOfWeek>(Expr::Meta(Meta::Day));
    }

    /// The packet came in through IPsec; only in prerouting, input and forward.
    pub fn ipsec() -> Presence {
        Presence::of(Expr::Meta(Meta::Ipsec))
    }
}

/// About the packet's connection.
pub mod ct {
    use super::{BitSelector, Selector};
    use crate::bits::{CtState, CtStatus};
    use crate::expr::{Ct, Expr};
    use crate::kind::{Bytes, ConnectionDirection, Helper, Mark};

    selectors! {
        /// State of the connection.
        state => BitSelector<CtState>(Expr::Ct(Ct::State));
        /// Status of the connection.
        status => BitSelector<CtStatus>(Expr::Ct(Ct::Status));
        /// Which side the packet comes from.
        direction => Selector<ConnectionDirection>(Expr::Ct(Ct::Direction));
        /// The connection mark.
        mark => Selector<Mark>(Expr::Ct(Ct::Mark));
        /// How many bytes both sides have sent so far, with their network headers, this packet included.
        ///
        /// The kernel counts from the first time on that a rule of the namespace looks at it, in connections that start
        /// after that (`net.netfilter.nf_conntrack_acct`).
        bytes => Selector<Bytes>(Expr::Ct(Ct::Bytes));
        /// The name of the helper that announced the connection.
        ///
        /// It is that of the first connection, whose packets do not match themselves (`nft_ct_get_eval` of the kernel).
        helper => Selector<Helper>(Expr::Ct(Ct::Helper));
    }
}

/// What the routing tables say.
pub mod route {
    use super::{Presence, Selector};
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

    /// Packets to the source address would leave by the interface that the packet came in by, whatever its mark; only in
    /// prerouting, input and forward.
    pub fn back_by_iif() -> Presence {
        Presence::of(Expr::Fib(Fib::SaddrByIif))
    }

    /// The packet will leave through IPsec; only in forward, output and postrouting.
    pub fn ipsec() -> Presence {
        Presence::of(Expr::Rt(Rt::Ipsec))
    }
}
