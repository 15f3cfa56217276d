//! Random dynamic sets, and statements that fill them.

use super::values::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select as pick;
use rosc_nftables::{
    CtCount, DynamicType, Family, Ip6Field, IpField, Key, KeyField, Lifetime, Name, Payload, PortField,
    SetUpdate, Statement, Transport,
};
use std::num::NonZeroU32;

/// The dynamic sets of a table: two that rules fill, and one of a random type that only stands there.
pub(crate) fn dynamic_types(family: Family) -> impl Strategy<Value = Vec<(Name, DynamicType)>> {
    let name = |text| Name::new(text).unwrap();
    let lifetimes = pick(vec![Lifetime::Timed, Lifetime::Permanent]);
    (keys(family), lifetimes).prop_map(move |(key, lifetime)| {
        let of =
            |shape: Shape, lifetime| DynamicType::new(&shape.of(family, Transport::Any, 0, None), lifetime);
        vec![
            (name("d_any"), DynamicType::new(&key, lifetime)),
            (name("d_timed"), of(Shape::Address, Lifetime::Timed)),
            (name("d_timed_ports"), of(Shape::AddressesAndPort, Lifetime::Timed)),
            (name("d_count"), of(Shape::Address, Lifetime::Permanent)),
            (name("d_count_ports"), of(Shape::AddressesAndPort, Lifetime::Permanent)),
        ]
    })
}

/// The types of the sets that rules fill.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Address,
    AddressesAndPort,
}

impl Shape {
    /// A key that fits; `which` picks among the fields of a type.
    fn of(self, family: Family, transport: Transport, which: u8, prefix: Option<u8>) -> Key {
        let address = |which: u8| match (family, which & 1) {
            (Family::Ip, 0) => Payload::Ip(IpField::Saddr),
            (Family::Ip, _) => Payload::Ip(IpField::Daddr),
            (Family::Ip6, 0) => Payload::Ip6(Ip6Field::Saddr),
            (Family::Ip6, _) => Payload::Ip6(Ip6Field::Daddr),
        };
        let first = match prefix {
            Some(length) => KeyField::prefix(address(which), length).unwrap(),
            None => KeyField::whole(address(which)).unwrap(),
        };
        let port = if which & 4 == 0 { PortField::Sport } else { PortField::Dport };
        let others = [address(which >> 1), Payload::Port(transport, port)];
        match self {
            Self::Address => first.into(),
            Self::AddressesAndPort => {
                let others = others.map(|field| KeyField::whole(field).unwrap());
                Key::new(std::iter::once(first).chain(others)).unwrap()
            }
        }
    }
}

/// Any key.
fn keys(family: Family) -> impl Strategy<Value = Key> {
    let addresses = match family {
        Family::Ip => [Payload::Ip(IpField::Saddr), Payload::Ip(IpField::Daddr)],
        Family::Ip6 => [Payload::Ip6(Ip6Field::Saddr), Payload::Ip6(Ip6Field::Daddr)],
    };
    let port = Payload::Port(Transport::Any, PortField::Dport);
    let fields = pick(vec![addresses[0], addresses[1], port]);
    vec(fields.prop_map(|field| KeyField::whole(field).unwrap()), 1..5)
        .prop_filter_map("it does not fit", Key::new)
}

/// Statements that add to the sets: conditions, and such that are none.
pub(crate) fn updates(family: Family) -> impl Strategy<Value = Statement> {
    let bits = if family == Family::Ip { 32 } else { 128 };
    let keys = (
        pick(vec![Shape::Address, Shape::AddressesAndPort]),
        pick(Transport::ALL),
        any::<u8>(),
        option::of(0u8..=bits),
    );
    let timeouts = option::of((1u32..).prop_map(|seconds| NonZeroU32::new(seconds).unwrap()));
    let limited = (any::<bool>(), timeouts, option::of(limits()), any::<bool>());
    let counted = (any::<u32>(), any::<bool>());
    (keys, limited, counted).prop_map(move |((shape, transport, which, prefix), limited, counted)| {
        let key = shape.of(family, transport, which, prefix);
        let name = |text| Name::new(text).unwrap();
        let (timed, permanent) = match shape {
            Shape::Address => (name("d_timed"), name("d_count")),
            Shape::AddressesAndPort => (name("d_timed_ports"), name("d_count_ports")),
        };
        let (starts_again, timeout, limit, counts) = limited;
        if counts {
            let count = if counted.1 { CtCount::over(counted.0) } else { CtCount::up_to(counted.0) };
            return SetUpdate::connections(&permanent, key, count).into();
        }
        let set = if timeout.is_some() || starts_again { timed } else { permanent };
        let update = if starts_again { SetUpdate::update } else { SetUpdate::add };
        let update = update(&set, key, timeout);
        match limit {
            Some(limit) => update.with_limit(limit).into(),
            None => update.into(),
        }
    })
}
