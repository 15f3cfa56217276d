//! Packets meet the same in the same order, whether runs are merged or not.

use crate::Protocol;
use crate::expr::{Ct, Expr, IpField, Meta, Payload, PortField, Transport};
use crate::interval::Interval;
use crate::matching::{Match, Operand, Test};
use crate::name::Name;
use crate::range::Ranges;
use crate::rule::Rule;
use crate::select::{self, ct, ip, meta, tcp};
use crate::state::{Chain, Table};
use crate::statement::{Mark, MarkValue, SetMark, Statement, Verdict};
use crate::values::Values;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use rosc_target::Origin;
use std::net::Ipv4Addr;
use std::num::NonZeroU32;

const FIELD: NonZeroU32 = NonZeroU32::new(0xffff).expect("it has bits");
const BUCKETS: u32 = 5;
const PROTOCOLS: [Protocol; 9] = [
    Protocol::TCP,
    Protocol::UDP,
    Protocol(1),
    Protocol(2),
    Protocol(4),
    Protocol(41),
    Protocol(47),
    Protocol(50),
    Protocol(51),
];

/// What rules ask a packet for.
#[derive(Debug, Clone)]
struct Packet {
    protocol: u32,
    source: u32,
    ports: [u32; 2],
    hash: u32,
    marks: [u32; 2],
}

/// What became of a packet: the lines that it met, with what they did, and how it left.
#[derive(Debug, PartialEq)]
struct Fate {
    met: Vec<(u32, Vec<Statement>)>,
    marks: [u32; 2],
    verdict: Verdict,
}

fn fate(table: &Table, chain: &Name, packet: &Packet) -> Fate {
    let mut fate = Fate { met: Vec::new(), marks: packet.marks, verdict: Verdict::Accept };
    if let Some(verdict) = walk(table, chain, packet, &mut fate) {
        fate.verdict = verdict;
    }
    fate
}

/// Leads a packet through a chain. Returns the verdict that ends its way.
fn walk(table: &Table, chain: &Name, packet: &Packet, fate: &mut Fate) -> Option<Verdict> {
    for rule in &table.chains[chain].rules {
        let (conditions, rest) = super::parts(rule);
        if !conditions.iter().all(|condition| holds(condition, packet, fate.marks)) {
            continue;
        }
        if !rule.origin().is_implied() {
            fate.met.push((rule.origin().start, rest.to_vec()));
        }
        for statement in rest {
            let verdict = match statement {
                Statement::Vmap(vmap) => {
                    let value = read(vmap.key(), packet, fate.marks);
                    let case = vmap.verdicts().iter().find(|(_, values)| !values.is_disjoint(&value));
                    case.map(|(verdict, _)| verdict)
                }
                Statement::Verdict(verdict) => Some(verdict),
                Statement::SetMark(set) => {
                    let MarkValue::Bits { keep, set: bits, .. } = set.value else { panic!("{set:?}") };
                    let mark = &mut fate.marks[set.mark as usize];
                    *mark = *mark & keep.get() | bits;
                    None
                }
                _ => None,
            };
            match verdict {
                Some(Verdict::Jump(target)) => {
                    if let Some(end) = walk(table, target, packet, fate) {
                        return Some(end);
                    }
                }
                Some(Verdict::Return) => return None,
                Some(end @ (Verdict::Accept | Verdict::Drop)) => return Some(end.clone()),
                Some(Verdict::Continue | Verdict::Goto(_)) | None => {}
            }
        }
    }
    None
}

fn holds(condition: &Statement, packet: &Packet, marks: [u32; 2]) -> bool {
    let Statement::Match(Match { left, test }) = condition else { panic!("{condition:?}") };
    if let Expr::Payload(payload) = left
        && let Some(protocol) = payload.transport()
        && packet.protocol != u32::from(protocol)
    {
        return false;
    }
    let value = read(left, packet, marks);
    match test {
        Test::In(Operand::Values(values)) => !values.is_disjoint(&value),
        Test::NotIn(Operand::Values(values)) => values.is_disjoint(&value),
        other => panic!("{other:?}"),
    }
}

fn read(field: &Expr, packet: &Packet, marks: [u32; 2]) -> Values {
    let number = |number: u32| Values::Numbers(Ranges::from_iter([number]));
    match field {
        Expr::Meta(Meta::L4proto) => number(packet.protocol),
        Expr::Meta(Meta::Mark) => number(marks[Mark::Packet as usize]),
        Expr::Ct(Ct::Mark) => number(marks[Mark::Connection as usize]),
        Expr::Payload(Payload::Ip(IpField::Saddr)) => {
            Values::Ipv4(Ranges::from_iter([Ipv4Addr::from_bits(packet.source)]))
        }
        Expr::Payload(Payload::Port(_, PortField::Sport)) => number(packet.ports[0]),
        Expr::Payload(Payload::Port(_, PortField::Dport)) => number(packet.ports[1]),
        Expr::Jhash(_) => number(packet.hash),
        Expr::Masked(inner, mask) => {
            number(read(inner, packet, marks).single_number().expect("a number") & mask)
        }
        other => panic!("{other:?}"),
    }
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a good name")
}

/// What a rule does; marks are set to numbers that other rules ask for.
fn ends() -> impl Strategy<Value = Vec<Statement>> {
    let set = |mark: Mark| (0..3u32).prop_map(move |value| SetMark::field(mark, FIELD, value).into());
    let does = prop_oneof![
        3 => Just(None),
        2 => prop_oneof![set(Mark::Packet), set(Mark::Connection)].prop_map(Some),
        1 => Just(Some(Statement::log("seen "))),
    ];
    let verdict = prop_oneof![
        3 => Just(None),
        2 => Just(Some(Verdict::Accept)),
        1 => Just(Some(Verdict::Drop)),
        1 => Just(Some(Verdict::Return)),
        1 => Just(Some(Verdict::Jump(name("other")))),
    ];
    (does, verdict).prop_map(|(does, verdict)| does.into_iter().chain(verdict.map(Statement::from)).collect())
}

/// Some numbers, of which mostly none stands twice.
fn values(most: u32) -> impl Strategy<Value = Vec<u32>> {
    prop_oneof![3 => Just(Vec::from_iter(0..most)).prop_shuffle(), 1 => vec(0..most, 1..14)]
}

/// The field in which the rules of a block differ, and some values for it, of which some may stand twice.
fn conditions() -> impl Strategy<Value = Vec<Vec<Vec<Statement>>>> {
    let one = |statement: Statement| vec![vec![statement]];
    let ports = values(12)
        .prop_map(|all| all.into_iter().map(|n| (n as u16 * 2, 1 - (n % 5 == 0) as u16)))
        .prop_map(Vec::from_iter)
        .prop_map(move |ports| {
            let of = |(first, more): (u16, u16)| {
                tcp::dport().eq(Interval::new(first, first + more).expect("in order"))
            };
            ports.into_iter().map(of).map(one).collect::<Vec<_>>()
        });
    let sources = values(12).prop_map(move |sources| {
        sources.into_iter().map(|n| one(ip::saddr().eq(Ipv4Addr::from_bits(n)))).collect::<Vec<_>>()
    });
    let marks = (any::<bool>(), values(10)).prop_map(move |(of_connection, marks)| {
        let of = |n| {
            if of_connection { ct::mark().masked(FIELD).eq(n) } else { meta::mark().masked(FIELD).eq(n) }
        };
        marks.into_iter().map(|n| one(of(n))).collect::<Vec<_>>()
    });
    let protocols = values(12).prop_map(move |some| {
        let of = |n: u32| meta::l4proto().eq(PROTOCOLS[n as usize % PROTOCOLS.len()]);
        some.into_iter().map(of).map(one).collect::<Vec<_>>()
    });
    let classes = values(BUCKETS).prop_map(move |classes| {
        let with: Vec<_> = vec![Protocol::TCP, Protocol::UDP];
        let address = Payload::Ip(IpField::Saddr);
        let port = Payload::Port(Transport::Any, PortField::Sport);
        let of = |class: u32| {
            let hash = |over: Vec<Payload>| {
                select::jhash(over, BUCKETS, 7).and_then(|hash| hash.eq(class)).expect("such a hash")
            };
            let protocols = || meta::l4proto();
            vec![
                vec![protocols().one_of(with.clone()).expect("some"), hash(vec![address, port])],
                vec![protocols().none_of(with.clone()).expect("some"), hash(vec![address])],
            ]
        };
        classes.into_iter().map(of).collect::<Vec<_>>()
    });
    // Of these a packet may meet one of some line and one of another.
    let either = values(9).prop_map(|all| {
        let of = |n: u32| {
            let port = u16::try_from(n).expect("a small number");
            vec![vec![ip::saddr().eq(Ipv4Addr::from_bits(n))], vec![tcp::dport().eq(port)]]
        };
        all.into_iter().map(of).collect::<Vec<_>>()
    });
    let common = prop_oneof![
        3 => Just(None),
        1 => (0..3u32).prop_map(|n| Some(ct::mark().masked(FIELD).eq(n))),
        1 => (0..3u32).prop_map(|n| Some(meta::mark().masked(FIELD).eq(n))),
    ];
    let differ = prop_oneof![ports, sources, marks, protocols, classes, either];
    (common, differ).prop_map(|(common, lines)| {
        let with_common = |rule: Vec<Statement>| common.iter().cloned().chain(rule).collect();
        lines.into_iter().map(|line| line.into_iter().map(with_common).collect()).collect()
    })
}

fn chains() -> impl Strategy<Value = Table> {
    let block = (conditions(), vec(ends(), 14), any::<bool>()).prop_map(|(lines, ends, alike)| {
        let end = |place: usize| if alike { ends[0].clone() } else { ends[place % ends.len()].clone() };
        lines.into_iter().enumerate().map(|(place, line)| (line, end(place))).collect::<Vec<_>>()
    });
    let lines = vec(block, 1..4).prop_map(|blocks| blocks.concat()).boxed();
    (lines.clone(), lines).prop_map(|(base, other)| {
        let mut table = Table::default();
        let mut start = 0;
        for (chain, lines) in [("base", base), ("other", other)] {
            let chain = name(chain);
            table.chain(&chain);
            for (line, end) in lines {
                start += 1;
                let origin = Origin { file: 1, start, end: start };
                for conditions in line {
                    // The other chain does not jump to itself.
                    let jumps = |one: &Statement| matches!(one, Statement::Verdict(Verdict::Jump(_)));
                    let end = end.iter().filter(|one| chain.as_str() == "base" || !jumps(one)).cloned();
                    let rule = Rule::new(origin, conditions.into_iter().chain(end));
                    table.chain(&chain).rules.push(rule.expect("a rule that nft takes"));
                }
            }
        }
        table
    })
}

fn packets() -> impl Strategy<Value = Packet> {
    let protocol = proptest::sample::select(PROTOCOLS.map(|Protocol(number)| number.into()).to_vec());
    (protocol, 0..13u32, [0..25u32, 0..25u32], 0..BUCKETS, [0..10u32, 0..10u32])
        .prop_map(|(protocol, source, ports, hash, marks)| Packet { protocol, source, ports, hash, marks })
}

proptest! {
    #[test]
    fn packets_meet_the_same(table in chains(), packets in vec(packets(), 64)) {
        let mut merged = table.clone();
        merged.merge_runs();
        for packet in packets {
            let base = name("base");
            prop_assert_eq!(fate(&merged, &base, &packet), fate(&table, &base, &packet), "{:?}", packet);
        }
    }
}

#[test]
fn most_rules_of_long_runs_are_merged() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut rules, mut kept) = (0, 0);
    for _ in 0..200 {
        let mut table = chains().new_tree(&mut runner).expect("a table").current();
        let count = |table: &Table| -> usize {
            ["base", "other"].iter().map(|chain| table.chains[&name(chain)].rules.len()).sum()
        };
        rules += count(&table);
        table.merge_runs();
        kept += count(&table);
    }
    assert!(kept * 10 < rules * 9, "{kept} of {rules} stay");
}

#[test]
fn a_run_becomes_a_look_up_and_a_rule_keeps_its_chain_when_others_change() {
    let rule = |port: u16, verdict: Verdict| {
        let origin = Origin { file: 1, start: u32::from(port), end: u32::from(port) };
        Rule::new(origin, [tcp::dport().eq(port), verdict.into()]).expect("a rule").with_comment("mine")
    };
    let merged = |ports: &[u16], verdict: Verdict| {
        let rules: Vec<Rule> = ports.iter().map(|port| rule(*port, verdict.clone())).collect();
        let mut table = Table::default();
        table.chains.insert(name("c"), Chain { rules, ..Chain::default() });
        table.merge_runs();
        table
    };
    let eight = [1, 2, 3, 4, 5, 6, 7, 8];
    let table = merged(&eight, Verdict::Accept);
    assert_eq!(table.chains.len(), 9);
    let look_up = table.chains[&name("c")].rules[0].to_string();
    assert!(look_up.starts_with("meta l4proto tcp counter tcp dport vmap { 1 : jump c-"), "{look_up}");
    assert!(look_up.ends_with("comment \"one look-up for 8 rules\""), "{look_up}");
    let moved = table.chains.iter().find(|(made, _)| look_up.contains(&format!(" 3 : jump {made},")));
    assert_eq!(moved.expect("a chain").1.rules[0].to_string(), "counter accept comment \"mine\"");
    // One that is gone takes its own chain along, one that does something else keeps it.
    let fewer = merged(&[1, 2, 3, 4, 5, 6, 7, 8, 9], Verdict::Drop);
    assert!(table.chains.keys().all(|made| fewer.chains.contains_key(made)));
    // Seven are as fast one by one, and where one value stands twice the first rule has it.
    assert_eq!(merged(&eight[..7], Verdict::Accept).chains.len(), 1);
    assert_eq!(merged(&[1, 2, 3, 4, 1, 5, 6, 7], Verdict::Accept).chains.len(), 1);
}

#[test]
fn what_jumps_deep_already_is_left_alone() {
    let chain = |jumps_to: Option<String>| {
        let rule = |port: u16| {
            let verdict = jumps_to.as_deref().map_or(Verdict::Drop, |to| Verdict::Jump(name(to)));
            Rule::new(Origin::IMPLIED, [tcp::dport().eq(port), verdict.into()]).expect("a rule")
        };
        Chain { rules: (1..10).map(rule).collect(), ..Chain::default() }
    };
    let of_depth = |depth: usize| {
        let mut table = Table::default();
        for place in 0..=depth {
            let next = (place < depth).then(|| format!("c{}", place + 1));
            table.chains.insert(name(&format!("c{place}")), chain(next));
        }
        table.merge_runs();
        (table.depth(), table.chains.len())
    };
    // Each jump becomes two, and the last chain's own rules are one deeper.
    assert_eq!(of_depth(2), (5, 3 + 3 * 9));
    // Only what jumps no further is merged.
    assert_eq!(of_depth(12), (13, 13 + 9));
    assert_eq!(of_depth(15), (15, 16));
}
