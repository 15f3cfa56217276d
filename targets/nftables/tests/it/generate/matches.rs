//! Random matches, over everything that a selector can say.

use super::dynamic::updates;
use super::values::*;
use super::{Make, Place, Statements};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select as pick;
use rosc_nftables::kind;
use rosc_nftables::select::{self, ct, ether, icmp, icmpv6, ip, ip6, meta, port, route, tcp, udp};
use rosc_nftables::{
    AddressType, CtState, CtStatus, Direction, Dscp, Exthdr, Family, IcmpField, Interfaces, Interval,
    Ip6Field, IpField, IpOption, Payload, Point, PortField, Protocol, Ranges, SetName, Transport, Weekday,
};

pub(crate) fn matches(family: Family, place: Place) -> Statements {
    let by_family = match family {
        Family::Ip => ip_matches(),
        Family::Ip6 => ip6_matches(),
    };
    let routed = || prop_oneof![numbers(route::mtu, any::<u16>()), presence(route::ipsec)].boxed();
    let arrived = || presence(meta::ipsec);
    prop_oneof![
        3 => meta_matches(),
        4 => by_family,
        4 => transport_matches(),
        2 => icmp_matches(family),
        3 => ct_matches(),
        2 => bucket_matches(family),
        1 => limits().prop_map(|limit| Some(limit.into())),
        // Those that are no condition could only stand behind all that are.
        1 => updates(family).prop_map(|update| update.is_condition().then_some(update)),
        1 => if place == Place::Forward { routed() } else { ct_matches() },
        1 => if matches!(place, Place::Prerouting | Place::Forward) { arrived() } else { ct_matches() },
    ]
    .boxed()
}

fn meta_matches() -> Statements {
    let names = || pick(vec![meta::iifname as Make<kind::Interface>, meta::oifname]);
    prop_oneof![
        (names(), interfaces()).prop_map(|(of, name)| Some(of().eq(name))),
        (names(), interfaces()).prop_map(|(of, name)| Some(of().ne(name))),
        (names(), vec(interfaces(), 0..4))
            .prop_map(|(of, names)| of().one_of(names.into_iter().collect::<Interfaces>())),
        (names(), vec(interfaces(), 0..4))
            .prop_map(|(of, names)| of().none_of(names.into_iter().collect::<Interfaces>())),
        names().prop_map(|of| Some(of().in_set(&SetName::new("s_if").unwrap()))),
        protocols(meta::l4proto),
        Just(Some(meta::l4proto().in_set(&SetName::new("s_proto").unwrap()))),
        numbers(meta::length, any::<u32>()),
        marks(meta::mark),
        numbers(meta::priority, priorities()),
        choices(ether::saddr, macs()),
        numbers(meta::hour, seconds()),
        days(),
    ]
    .boxed()
}

fn ip_matches() -> Statements {
    prop_oneof![
        addresses(ip::saddr, v4(), "s_v4"),
        addresses(ip::saddr, v4(), "d_timed"),
        addresses(ip::daddr, v4(), "s_v4"),
        protocols(ip::protocol),
        code_points(ip::dscp),
        numbers(ip::ttl, any::<u8>()),
        presence(ip::later_fragment),
        pick(IpOption::ALL).prop_flat_map(|option| exists_or_not(ip::option(option))),
        address_types(),
    ]
    .boxed()
}

fn ip6_matches() -> Statements {
    prop_oneof![
        addresses(ip6::saddr, v6(), "s_v6"),
        addresses(ip6::saddr, v6(), "d_count"),
        addresses(ip6::daddr, v6(), "s_v6"),
        code_points(ip6::dscp),
        numbers(ip6::hoplimit, any::<u8>()),
        pick(Exthdr::ALL).prop_flat_map(|header| exists_or_not(ip6::exthdr(header))),
        address_types(),
    ]
    .boxed()
}

fn transport_matches() -> Statements {
    let transports = || pick(Transport::ALL);
    prop_oneof![
        (transports(), ports()).prop_map(|(of, ports)| port::sport(of).one_of(ports)),
        (transports(), ports()).prop_map(|(of, ports)| port::dport(of).one_of(ports)),
        (transports(), ports()).prop_map(|(of, ports)| port::dport(of).none_of(ports)),
        (transports(), any::<u16>()).prop_map(|(of, port)| Some(port::sport(of).eq(port))),
        (transports(), any::<u16>()).prop_map(|(of, port)| Some(port::dport(of).eq(port))),
        transports().prop_map(|of| Some(port::dport(of).in_set(&SetName::new("s_port").unwrap()))),
        numbers(tcp::sport, any::<u16>()),
        numbers(udp::dport, any::<u16>()),
        numbers(tcp::maxseg, any::<u16>()),
        tcp_flags().prop_map(|flags| Some(tcp::flags().any_of(flags))),
        tcp_flags().prop_map(|flags| Some(tcp::flags().none_of(flags))),
        (tcp_flags(), tcp_flags()).prop_map(|(mask, flags)| Some(tcp::flags().masked_eq(mask, flags))),
        (tcp_flags(), tcp_flags()).prop_map(|(mask, flags)| Some(tcp::flags().masked_ne(mask, flags))),
    ]
    .boxed()
}

fn icmp_matches(family: Family) -> Statements {
    let (kind, code) = match family {
        Family::Ip => (icmp::type_ as Make<kind::IcmpNumber>, icmp::code as Make<kind::IcmpNumber>),
        Family::Ip6 => (icmpv6::type_ as Make<kind::IcmpNumber>, icmpv6::code as Make<kind::IcmpNumber>),
    };
    prop_oneof![numbers(kind, any::<u8>()), numbers(code, any::<u8>()), numbers(code, 0u8..8)].boxed()
}

fn days() -> Statements {
    use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    let some = || pick(&[Sunday, Monday, Tuesday, Wednesday, Thursday, Friday, Saturday][..]);
    prop_oneof![
        some().prop_map(|day| Some(meta::day().eq(day))),
        some().prop_map(|day| Some(meta::day().ne(day))),
        vec(some(), 0..6).prop_map(|days| meta::day().one_of(days)),
        vec(some(), 0..6).prop_map(|days| meta::day().none_of(days)),
    ]
    .boxed()
}

fn presence(of: fn() -> select::Presence) -> Statements {
    Just(()).prop_flat_map(move |()| exists_or_not(of())).boxed()
}

fn exists_or_not(what: select::Presence) -> Statements {
    pick(vec![Some(what.clone().exists()), Some(what.missing())]).boxed()
}

fn ct_matches() -> Statements {
    let states = [CtState::INVALID, CtState::ESTABLISHED, CtState::RELATED, CtState::NEW, CtState::UNTRACKED];
    let statuses =
        [CtStatus::EXPECTED, CtStatus::SEEN_REPLY, CtStatus::SNAT, CtStatus::DNAT, CtStatus::DYING];
    let states =
        vec(pick(states.to_vec()), 1..4).prop_map(|all| all.into_iter().reduce(|a, b| a | b).unwrap());
    let statuses =
        vec(pick(statuses.to_vec()), 1..4).prop_map(|all| all.into_iter().reduce(|a, b| a | b).unwrap());
    let directions = pick(&[Direction::Original, Direction::Reply][..]);
    prop_oneof![
        states.clone().prop_map(|states| Some(ct::state().any_of(states))),
        states.prop_map(|states| Some(ct::state().none_of(states))),
        statuses.clone().prop_map(|statuses| Some(ct::status().any_of(statuses))),
        statuses.prop_map(|statuses| Some(ct::status().none_of(statuses))),
        directions.clone().prop_map(|direction| Some(ct::direction().eq(direction))),
        directions.prop_map(|direction| Some(ct::direction().ne(direction))),
        marks(ct::mark),
        numbers(ct::bytes, bytes()),
        helpers().prop_map(|name| Some(ct::helper().eq(name))),
        helpers().prop_map(|name| Some(ct::helper().ne(name))),
        vec(helpers(), 0..4).prop_map(|names| ct::helper().one_of(names)),
        vec(helpers(), 0..4).prop_map(|names| ct::helper().none_of(names)),
    ]
    .boxed()
}

fn bucket_matches(family: Family) -> Statements {
    let hash = move |modulus| {
        jhash_over(family, modulus).prop_filter_map("it does not fit", move |hash| Some((hash?, modulus)))
    };
    let buckets = prop_oneof![
        3 => (2u32..).prop_flat_map(hash),
        1 => (2u32..).prop_map(|modulus| (select::numgen_inc(modulus).unwrap(), modulus)),
        1 => (2u32..).prop_map(|modulus| (select::numgen_random(modulus).unwrap(), modulus)),
    ];
    let wanted = vec(intervals(any::<u32>()), 1..4);
    (buckets, wanted, 0..3)
        .prop_map(|((buckets, modulus), wanted, form)| {
            let below = |number: u32| number % modulus;
            match form {
                0 => buckets.eq(below(wanted[0].low())),
                1 => buckets.ne(below(wanted[0].low())),
                _ => buckets.one_of(wanted.iter().map(|i| below(i.low())).collect()),
            }
        })
        .boxed()
}

pub(crate) fn jhash_over(family: Family, modulus: u32) -> impl Strategy<Value = Option<select::Buckets>> {
    let fields = match family {
        Family::Ip => vec![Payload::Ip(IpField::Saddr), Payload::Ip(IpField::Daddr)],
        Family::Ip6 => vec![Payload::Ip6(Ip6Field::Saddr), Payload::Ip6(Ip6Field::Daddr)],
    };
    let ports = |of| [PortField::Sport, PortField::Dport].map(|field| Payload::Port(of, field));
    let others = [Payload::EtherSaddr, Payload::Icmp(IcmpField::Type)];
    let fields = fields.into_iter().chain(others);
    let fields: Vec<_> = fields.chain(ports(Transport::Any)).chain(ports(Transport::Tcp)).collect();
    (vec(pick(fields), 1..5), any::<u32>()).prop_map(move |(over, seed)| select::jhash(over, modulus, seed))
}

fn addresses<K, P>(
    of: Make<K>,
    points: impl Strategy<Value = P> + Clone + 'static,
    set: &'static str,
) -> Statements
where
    P: Point + 'static,
    K: kind::Named<One = Interval<P>, Many = Ranges<P>> + 'static,
{
    let several = || vec(intervals(points.clone()), 0..5);
    prop_oneof![
        intervals(points.clone()).prop_map(move |address| Some(of().eq(address))),
        intervals(points.clone()).prop_map(move |address| Some(of().ne(address))),
        several().prop_map(move |all| of().one_of(all.into_iter().collect::<Ranges<P>>())),
        several().prop_map(move |all| of().none_of(all.into_iter().collect::<Ranges<P>>())),
        Just(()).prop_map(move |()| Some(of().in_set(&SetName::new(set).unwrap()))),
        Just(()).prop_map(move |()| Some(of().not_in_set(&SetName::new(set).unwrap()))),
    ]
    .boxed()
}

fn numbers<K, P>(of: Make<K>, points: impl Strategy<Value = P> + Clone + 'static) -> Statements
where
    P: Point + 'static,
    K: kind::Ordered<Number = P, One = Interval<P>, Many = Ranges<P>> + 'static,
{
    prop_oneof![
        4 => choices(of, points.clone()),
        1 => points.clone().prop_map(move |value| of().lt(value)),
        1 => points.clone().prop_map(move |value| Some(of().le(value))),
        1 => points.clone().prop_map(move |value| of().gt(value)),
        1 => points.prop_map(move |value| Some(of().ge(value))),
    ]
    .boxed()
}

/// Values, intervals and sets of them.
fn choices<K, P>(of: Make<K>, points: impl Strategy<Value = P> + Clone + 'static) -> Statements
where
    P: Point + 'static,
    K: kind::Kind<One = Interval<P>, Many = Ranges<P>> + 'static,
{
    prop_oneof![
        intervals(points.clone()).prop_map(move |value| Some(of().eq(value))),
        intervals(points.clone()).prop_map(move |value| Some(of().ne(value))),
        vec(intervals(points.clone()), 0..4)
            .prop_map(move |all| of().one_of(all.into_iter().collect::<Ranges<P>>())),
        vec(intervals(points), 0..4)
            .prop_map(move |all| of().none_of(all.into_iter().collect::<Ranges<P>>())),
    ]
    .boxed()
}

fn marks(of: Make<kind::Mark>) -> Statements {
    prop_oneof![
        numbers(of, any::<u32>()),
        Just(()).prop_map(move |()| Some(of().in_set(&SetName::new("s_mark").unwrap()))),
        (masks(), any::<u32>()).prop_map(move |(mask, value)| Some(of().masked(mask).eq(value))),
        (masks(), any::<u32>()).prop_map(move |(mask, value)| Some(of().masked(mask).ne(value & mask.get()))),
        (masks(), vec(intervals(any::<u32>()), 1..4))
            .prop_map(move |(mask, all)| of().masked(mask).one_of(all.into_iter().collect::<Ranges<u32>>())),
    ]
    .boxed()
}

fn protocols(of: Make<kind::TransportProtocol>) -> Statements {
    let some = || {
        prop_oneof![pick(&[Protocol::TCP, Protocol::UDP, Protocol::ICMP][..]), any::<u8>().prop_map(Protocol)]
    };
    prop_oneof![
        some().prop_map(move |protocol| Some(of().eq(protocol))),
        some().prop_map(move |protocol| Some(of().ne(protocol))),
        vec(some(), 0..4).prop_map(move |all| of().one_of(all)),
        vec(some(), 0..4).prop_map(move |all| of().none_of(all)),
    ]
    .boxed()
}

fn code_points(of: Make<kind::CodePoint>) -> Statements {
    let some = || (0u8..64).prop_map(|value| Dscp::new(value).unwrap());
    prop_oneof![
        some().prop_map(move |dscp| Some(of().eq(dscp))),
        some().prop_map(move |dscp| Some(of().ne(dscp))),
        vec(some(), 0..9).prop_map(move |all| of().one_of(all)),
    ]
    .boxed()
}

fn address_types() -> Statements {
    use AddressType::{
        Anycast, Blackhole, Broadcast, Local, Multicast, Prohibit, Unicast, Unreachable, Unspec,
    };
    const ALL: &[AddressType] =
        &[Unspec, Unicast, Local, Broadcast, Anycast, Multicast, Blackhole, Unreachable, Prohibit];
    let of = || pick(vec![route::saddr_type as Make<kind::AddressKind>, route::daddr_type]);
    prop_oneof![
        (of(), pick(ALL)).prop_map(|(of, kind)| Some(of().eq(kind))),
        (of(), vec(pick(ALL), 0..9)).prop_map(|(of, kinds)| of().one_of(kinds)),
        (of(), vec(pick(ALL), 0..9)).prop_map(|(of, kinds)| of().none_of(kinds)),
    ]
    .boxed()
}
