//! Random states over everything that the constructors can make.

mod actions;
mod dynamic;
mod edits;
mod matches;
mod values;

pub(crate) use edits::{edited, edited_rules};

use actions::{ends, steps};
use dynamic::dynamic_types;
use matches::matches;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select as pick;
use rosc_nftables::kind;
use rosc_nftables::select::{self};
use rosc_nftables::{
    BaseHook, Chain, ChainType, CtHelper, Family, HelperName, HelperProtocol, Hook, Name, Policy, Protocol,
    Rule, SetName, State, Statement, Table,
};
use rosc_target::Origin;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use values::*;

pub(crate) type Statements = BoxedStrategy<Option<Statement>>;
pub(crate) type Make<K> = fn() -> select::Selector<K>;

/// A table in each family, with hundreds of rules.
pub(crate) fn states() -> impl Strategy<Value = Random> {
    (tables(Family::Ip), tables(Family::Ip6))
        .prop_map(|(v4, v6)| Random(State { tables: [(Family::Ip, v4), (Family::Ip6, v6)].into() }))
}

/// A random state. The tests say which rule of it is at fault, so its hundreds of others are not shown.
pub(crate) struct Random(pub(crate) State);

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules =
            self.0.tables.values().flat_map(|table| table.chains.values()).map(|chain| chain.rules.len());
        write!(f, "a state with {} rules", rules.sum::<usize>())
    }
}

/// A table with sets of each kind, two chains to jump to, and a base chain for each sort of statement.
pub(crate) fn tables(family: Family) -> impl Strategy<Value = Table> {
    let sets = (
        vec(intervals::<Ipv4Addr>(v4()), 0..12),
        vec(intervals::<Ipv6Addr>(v6()), 0..12),
        vec(interfaces(), 0..6),
        vec(intervals::<u16>(any::<u16>()), 0..6),
        vec(intervals::<u32>(any::<u32>()), 0..6),
        vec(any::<u8>().prop_map(Protocol), 0..6),
        dynamic_types(family),
        helpers(),
    );
    let chains = (
        vec(rules(family, Place::Regular), 0..30),
        vec(rules(family, Place::Regular), 0..30),
        vec(rules(family, Place::Prerouting), 0..60),
        vec(rules(family, Place::Forward), 0..60),
        vec(rules(family, Place::Dstnat), 0..30),
        vec(rules(family, Place::Srcnat), 0..30),
        pick(&[Policy::Accept, Policy::Drop][..]),
    );
    (sets, chains).prop_map(|((v4, v6, names, ports, marks, protocols, dynamic, helpers), chains)| {
        let mut table = Table::default();
        let origin = Origin::IMPLIED;
        table.add_set(origin, &SetName::<kind::AddressV4>::new("s_v4").unwrap(), v4.into_iter().collect());
        table.add_set(origin, &SetName::<kind::AddressV6>::new("s_v6").unwrap(), v6.into_iter().collect());
        table.add_set(origin, &SetName::<kind::Interface>::new("s_if").unwrap(), names.into_iter().collect());
        table.add_set(origin, &SetName::<kind::Port>::new("s_port").unwrap(), ports.into_iter().collect());
        table.add_set(origin, &SetName::<kind::Mark>::new("s_mark").unwrap(), marks.into_iter().collect());
        table.add_set(origin, &SetName::<kind::TransportProtocol>::new("s_proto").unwrap(), protocols);
        for (name, kind) in dynamic {
            table.add_dynamic_set(origin, &name, kind);
        }
        for (name, helper) in helpers {
            table.add_helper(&name, helper);
        }
        let (u_a, u_b, prerouting, forward, dstnat, srcnat, policy) = chains;
        let base = |kind, hook, priority| Some(BaseHook { kind, hook, priority, policy });
        for (name, hook, rules) in [
            ("u_a", None, u_a),
            ("u_b", None, u_b),
            ("c_pre", base(ChainType::Filter, Hook::Prerouting, -150), prerouting),
            ("c_fwd", base(ChainType::Filter, Hook::Forward, 7), forward),
            ("c_out", base(ChainType::Route, Hook::Output, -150), Vec::new()),
            ("dstnat", base(ChainType::Nat, Hook::Prerouting, -100), dstnat),
            ("srcnat", base(ChainType::Nat, Hook::Postrouting, 100), srcnat),
        ] {
            table.chains.insert(Name::new(name).unwrap(), Chain { hook, rules, ..Chain::default() });
        }
        table
    })
}

/// Two helpers that rules assign. The kernel has them for IPv4 and IPv6.
fn helpers() -> impl Strategy<Value = Vec<(Name, CtHelper)>> {
    let helper = || {
        let known = vec![
            ("ftp", HelperProtocol::Tcp),
            ("tftp", HelperProtocol::Udp),
            ("sip", HelperProtocol::Tcp),
            ("sip", HelperProtocol::Udp),
        ];
        pick(known).prop_map(|(name, protocol)| CtHelper {
            origin: Origin::IMPLIED,
            helper: HelperName::new(name).unwrap(),
            protocol,
        })
    };
    let name = |text| Name::new(text).unwrap();
    (helper(), helper()).prop_map(move |(a, b)| vec![(name("h_a"), a), (name("h_b"), b)])
}

/// What the kernel takes in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Regular,
    Prerouting,
    Forward,
    Dstnat,
    Srcnat,
}

fn rules(family: Family, place: Place) -> impl Strategy<Value = Rule> {
    let comments = prop_oneof![Just(String::new()), "[ -~é]{0,140}", any::<String>()];
    let parts = (vec(matches(family, place), 0..5), vec(steps(family), 0..2), ends(family, place), comments);
    parts.prop_filter_map("nft would refuse it", move |(matches, steps, end, comment)| {
        let statements = matches.into_iter().flatten().chain(steps.into_iter().flatten()).chain(end);
        let rule = Rule::new(Origin::IMPLIED, statements).ok()?.with_comment(&comment);
        (place != Place::Regular || !jumps_by_map(&rule)).then_some(rule)
    })
}

/// A chain must not lead back to itself.
fn jumps_by_map(rule: &Rule) -> bool {
    rule.statements().iter().any(|statement| match statement {
        Statement::Vmap(vmap) => vmap.verdicts().iter().any(|(verdict, _)| verdict.target().is_some()),
        _ => false,
    })
}
