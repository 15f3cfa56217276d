//! Random statements behind the matches of a rule.

use super::dynamic::updates;
use super::matches::jhash_over;
use super::values::*;
use super::{Make, Place, Statements};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select as pick;
use rosc_nftables::kind;
use rosc_nftables::select::{self, ct, ip, ip6, meta, route, tcp};
use rosc_nftables::{
    AddressType, Direction, Dscp, Family, Mark, Maxseg, Name, Nat, NatAddresses, NatFlags, NatPrefix, NatTo,
    Protocol, Reject, SetField, SetMark, Statement, Unreachable, Unreachable6, Verdict,
};

/// A verdict map over each kind of key.
fn maps(family: Family) -> Statements {
    fn over<K: kind::Mapped + 'static>(
        of: Make<K>,
        values: impl Strategy<Value = K::One> + 'static,
    ) -> Statements
    where
        K::One: std::fmt::Debug,
    {
        vec((values, verdicts()), 1..4).prop_map(move |cases| of().vmap(cases)).boxed()
    }
    let by_family = match family {
        Family::Ip => prop_oneof![over(ip::saddr, intervals(v4())), over(ip::ttl, intervals(any::<u8>()))],
        Family::Ip6 => {
            prop_oneof![over(ip6::daddr, intervals(v6())), over(ip6::hoplimit, intervals(any::<u8>()))]
        }
    };
    let masked = (masks(), vec((intervals(any::<u32>()), verdicts()), 1..4));
    let hash = jhash_over(family, 7).prop_filter_map("it does not fit", |hash| hash);
    prop_oneof![
        by_family,
        over(meta::iifname, interfaces()),
        over(meta::l4proto, any::<u8>().prop_map(Protocol)),
        over(meta::length, intervals(any::<u32>())),
        over(tcp::dport, intervals(any::<u16>())),
        over(ct::mark, intervals(any::<u32>())),
        over(ct::direction, pick(&[Direction::Original, Direction::Reply][..])),
        over(
            route::daddr_type,
            pick(&[AddressType::Local, AddressType::Broadcast, AddressType::Multicast][..])
        ),
        masked.prop_map(|(mask, cases)| meta::mark().masked(mask).vmap(cases)),
        (hash, verdicts(), verdicts()).prop_map(|(hash, a, b)| hash.vmap([(0, a), (6, b)])),
        (verdicts(), verdicts()).prop_map(|(a, b)| select::numgen_inc(3).unwrap().vmap([(0, a), (1, b)])),
    ]
    .boxed()
}

/// Statements that let the packet go on.
pub(crate) fn steps(family: Family) -> Statements {
    let which = || pick(&[Mark::Packet, Mark::Connection][..]);
    prop_oneof![
        maps(family),
        Just(Some(Statement::counter())),
        Just(Some(Statement::Log(None))),
        any::<String>().prop_map(|prefix| Some(Statement::log(&prefix))),
        "[ -~]{0,140}".prop_map(|prefix| Some(Statement::log(&prefix))),
        Just(Some(Statement::Notrack)),
        pick(vec!["h_a", "h_b"]).prop_map(|name| Some(Statement::SetHelper(Name::new(name).unwrap()))),
        (which(), any::<u32>()).prop_map(|(mark, value)| Some(SetMark::constant(mark, value).into())),
        (which(), masks()).prop_map(|(mark, bits)| Some(SetMark::copied(mark, bits).into())),
        (which(), masks(), any::<u32>())
            .prop_map(|(mark, field, value)| Some(SetMark::field(mark, field, value).into())),
        any::<u16>().prop_map(|bytes| Some(Maxseg::Bytes(bytes).into())),
        fields(family).prop_map(|set| Some(set.into())),
        updates(family).prop_map(|update| (!update.is_condition()).then_some(update)),
    ]
    .boxed()
}

fn fields(family: Family) -> impl Strategy<Value = SetField> {
    let dscp = || (0u8..64).prop_map(|value| Dscp::new(value).unwrap());
    let of_family = match family {
        Family::Ip => prop_oneof![
            dscp().prop_map(SetField::IpDscp),
            any::<u8>().prop_map(SetField::IpTtl),
            Just(SetField::IpMayFragment),
        ]
        .boxed(),
        Family::Ip6 => {
            prop_oneof![dscp().prop_map(SetField::Ip6Dscp), any::<u8>().prop_map(SetField::Ip6Hoplimit)]
                .boxed()
        }
    };
    prop_oneof![3 => of_family, 1 => priorities().prop_map(SetField::Priority)]
}

fn rejects(family: Family) -> impl Strategy<Value = Reject> {
    let unreachable = match family {
        Family::Ip => pick(Unreachable::ALL).prop_map(Reject::Icmp).boxed(),
        Family::Ip6 => pick(Unreachable6::ALL).prop_map(Reject::Icmpv6).boxed(),
    };
    prop_oneof![2 => unreachable, 1 => Just(Reject::TcpReset)]
}

/// The statement at the end of a rule.
pub(crate) fn ends(family: Family, place: Place) -> Statements {
    match place {
        Place::Regular => {
            let verdicts = vec![Verdict::Accept, Verdict::Drop, Verdict::Continue, Verdict::Return];
            pick(verdicts).prop_map(|verdict| Some(verdict.into())).boxed()
        }
        Place::Prerouting => prop_oneof![
            3 => verdicts().prop_map(|verdict| Some(verdict.into())),
            1 => rejects(family).prop_map(|reject| Some(reject.into())),
        ]
        .boxed(),
        Place::Forward => prop_oneof![
            verdicts().prop_map(|verdict| Some(verdict.into())),
            Just(Some(Maxseg::RouteMtu.into())),
            rejects(family).prop_map(|reject| Some(reject.into())),
            Just(None),
        ]
        .boxed(),
        Place::Dstnat => prop_oneof![
            (nat_targets(family), nat_flags()).prop_map(|(to, flags)| Some(Nat::Dnat(to, flags).into())),
            nat_prefixes(family).prop_map(|prefix| Some(Nat::DnatPrefix(prefix).into())),
            (option::of(intervals(any::<u16>())), nat_flags())
                .prop_map(|(ports, flags)| Some(Nat::Redirect(ports, flags).into())),
        ]
        .boxed(),
        Place::Srcnat => prop_oneof![
            (nat_targets(family), nat_flags()).prop_map(|(to, flags)| Some(Nat::Snat(to, flags).into())),
            nat_prefixes(family).prop_map(|prefix| Some(Nat::SnatPrefix(prefix).into())),
            (option::of(intervals(any::<u16>())), nat_flags())
                .prop_map(|(ports, flags)| Some(Nat::Masquerade(ports, flags).into())),
        ]
        .boxed(),
    }
}

fn nat_targets(family: Family) -> BoxedStrategy<NatTo> {
    let addresses = match family {
        Family::Ip => intervals(v4()).prop_map(NatAddresses::from).boxed(),
        Family::Ip6 => intervals(v6()).prop_map(NatAddresses::from).boxed(),
    };
    prop_oneof![
        addresses.clone().prop_map(NatTo::Addresses),
        intervals(any::<u16>()).prop_map(NatTo::Ports),
        (addresses, intervals(any::<u16>())).prop_map(|(a, ports)| NatTo::AddressesAndPorts(a, ports)),
    ]
    .boxed()
}

fn nat_prefixes(family: Family) -> BoxedStrategy<NatPrefix> {
    let v4 = (v4(), 0u8..=32).prop_map(|(address, length)| IpNet::V4(Ipv4Net::new(address, length).unwrap()));
    let v6 =
        (v6(), 0u8..=128).prop_map(|(address, length)| IpNet::V6(Ipv6Net::new(address, length).unwrap()));
    match family {
        Family::Ip => v4.prop_map(NatPrefix::from).boxed(),
        Family::Ip6 => v6.prop_map(NatPrefix::from).boxed(),
    }
}

fn nat_flags() -> impl Strategy<Value = NatFlags> {
    vec(pick(&[NatFlags::RANDOM, NatFlags::FULLY_RANDOM, NatFlags::PERSISTENT][..]), 0..3)
        .prop_map(|flags| flags.into_iter().fold(NatFlags::NONE, |a, b| a | b))
}
