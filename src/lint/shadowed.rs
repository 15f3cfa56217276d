//! Rules that never match, because an earlier rule of the chain takes all that they ask for.
//!
//! A rule takes a packet for good if nothing behind it in the chain sees it; if all of its conditions are among those of a
//! later rule, that one waits in vain. The conditions are numbered, and the sets that take packets are kept by their
//! numbers: of a later rule's few conditions each subset is looked up.

use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Router;
use crate::ir::firewall::{
    Action, Chain, Circumstances, FilterAction, HeaderMatchers, Hook, MangleAction, Matchers, NatAction,
    Passthrough, RawAction, Rule, RuleTable,
};
use rosc_target::Origin;
use std::collections::HashMap;
use std::fmt::{Debug, Write};

/// Of more conditions than this, the subsets of the first ones are looked up.
const MOST_CONDITIONS: usize = 10;

/// What a rule does to the rules behind it.
struct Effect {
    /// Whether packets that it matches come to none of them.
    takes: bool,
    /// What it changes of those that go on.
    changes: Changes,
}

/// What later conditions see otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changes {
    Nothing,
    ConnectionMark,
    PacketMark,
    RoutingMark,
    Mss,
    Header,
    Lists,
    /// Whatever the rules of another chain change.
    All,
}

/// How often each thing has changed in a chain so far: conditions on it are the same only in between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Epochs {
    connection_mark: u32,
    packet_mark: u32,
    routing_mark: u32,
    mss: u32,
    header: u32,
    lists: u32,
}

pub(super) fn look(router: &Router, found: &mut Vec<Diagnostic>) {
    for firewall in [&router.firewall, &router.ipv6_firewall] {
        menu(&firewall.raw, of_raw, found);
        menu(&firewall.mangle, of_mangle, found);
        menu(&firewall.nat, of_nat, found);
        menu(&firewall.filter, of_filter, found);
    }
}

fn menu<H: Hook, A>(table: &RuleTable<H, A>, effect: fn(&A) -> Effect, found: &mut Vec<Diagnostic>) {
    let reach = table.reach();
    // What no packet comes to is told as a whole.
    for (chain, rules) in table.chains.iter().filter(|(chain, _)| reach.has(chain)) {
        chain_of(chain, rules, effect, found);
    }
}

fn chain_of<H: Hook, A>(
    chain: &Chain<H>,
    rules: &[Rule<H, A>],
    effect: fn(&A) -> Effect,
    found: &mut Vec<Diagnostic>,
) {
    let mut conditions = Conditions::default();
    // The sets that take packets, with the place of the first rule that has one.
    let mut taken: HashMap<Vec<u32>, usize> = HashMap::new();
    // Whether a condition is in any of them: the others need not be looked at.
    let mut relevant: Vec<bool> = Vec::new();
    let mut epochs = Epochs::default();
    for (place, rule) in rules.iter().enumerate() {
        let (numbers, counts) = conditions.of(&rule.matchers, epochs);
        relevant.resize(conditions.numbers.len(), false);
        let known: Vec<u32> = numbers.iter().copied().filter(|number| relevant[*number as usize]).collect();
        let Effect { takes, changes } = match &rule.action {
            Action::Accept | Action::Return => Effect { takes: true, changes: Changes::Nothing },
            Action::Passthrough => Effect { takes: false, changes: Changes::Nothing },
            Action::Remember(_) => Effect { takes: false, changes: Changes::Lists },
            Action::Jump(_) => Effect { takes: false, changes: Changes::All },
            Action::Own(own) => effect(own),
        };
        if let Some(earlier) = first_subset(&taken, &known) {
            let origins = (rule.origin, rules[earlier].origin);
            found.push(shadowed(chain.name(), (place, earlier), origins));
        } else if takes && !counts {
            for number in &numbers {
                relevant[*number as usize] = true;
            }
            taken.entry(numbers).or_insert(place);
        }
        epochs.pass(changes);
    }
}

/// The first rule whose conditions are among some.
fn first_subset(taken: &HashMap<Vec<u32>, usize>, known: &[u32]) -> Option<usize> {
    if taken.is_empty() {
        return None;
    }
    let known = &known[..known.len().min(MOST_CONDITIONS)];
    let subsets = (0..1_u32 << known.len()).map(|bits| {
        let chosen = known.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
        chosen.map(|(_, number)| *number).collect::<Vec<u32>>()
    });
    subsets.filter_map(|subset| taken.get(&subset).copied()).min()
}

impl Epochs {
    fn pass(&mut self, changes: Changes) {
        let is = |what| changes == what || changes == Changes::All;
        self.connection_mark += u32::from(is(Changes::ConnectionMark));
        self.packet_mark += u32::from(is(Changes::PacketMark));
        self.routing_mark += u32::from(is(Changes::RoutingMark));
        self.mss += u32::from(is(Changes::Mss));
        self.header += u32::from(is(Changes::Header));
        self.lists += u32::from(is(Changes::Lists));
    }
}

/// Conditions by number.
#[derive(Default)]
struct Conditions {
    numbers: HashMap<String, u32>,
}

impl Conditions {
    /// The numbers of a rule's conditions, ascending, and whether it counts packets: what is true of the one that comes is
    /// not true of the next.
    fn of(&mut self, matchers: &Matchers, epochs: Epochs) -> (Vec<u32>, bool) {
        let Matchers {
            in_interface,
            out_interface,
            in_interface_list,
            out_interface_list,
            src_address,
            dst_address,
            src_address_list,
            dst_address_list,
            src_address_type,
            dst_address_type,
            protocol,
            src_port,
            dst_port,
            port,
            tcp_flags,
            tcp_mss,
            packet_mark,
            connection_mark,
            routing_mark,
            connection_state,
            connection_nat_state,
            nth,
            per_connection_classifier,
            header:
                HeaderMatchers {
                    src_mac_address,
                    icmp_options,
                    packet_size,
                    dscp,
                    ttl,
                    ipv4_options,
                    ipv6_headers,
                    fragment,
                },
            circumstances:
                Circumstances {
                    priority,
                    ipsec_policy,
                    connection_bytes,
                    connection_type,
                    connection_limit,
                    time,
                    psd,
                    random,
                    limit,
                    dst_limit,
                },
        } = matchers;
        let mut numbers = Vec::new();
        let mut all = Numbering { known: &mut self.numbers, of_rule: &mut numbers };
        all.add("in-interface", 0, in_interface);
        all.add("out-interface", 0, out_interface);
        all.add("in-interface-list", 0, in_interface_list);
        all.add("out-interface-list", 0, out_interface_list);
        all.add("src-address", 0, src_address);
        all.add("dst-address", 0, dst_address);
        all.add("src-address-list", epochs.lists, src_address_list);
        all.add("dst-address-list", epochs.lists, dst_address_list);
        all.add("src-address-type", 0, src_address_type);
        all.add("dst-address-type", 0, dst_address_type);
        all.add("protocol", 0, protocol);
        all.add("src-port", 0, src_port);
        all.add("dst-port", 0, dst_port);
        all.add("port", 0, port);
        all.add("tcp-flags", 0, tcp_flags);
        all.add("tcp-mss", epochs.mss, tcp_mss);
        all.add("packet-mark", epochs.packet_mark, packet_mark);
        all.add("connection-mark", epochs.connection_mark, connection_mark);
        all.add("routing-mark", epochs.routing_mark, routing_mark);
        all.add("connection-state", 0, connection_state);
        all.add("connection-nat-state", 0, connection_nat_state);
        all.add("nth", 0, nth);
        // A packet is in one class, whoever asks.
        all.add("per-connection-classifier", 0, per_connection_classifier);
        all.add("src-mac-address", 0, src_mac_address);
        all.add("icmp-options", 0, icmp_options);
        all.add("packet-size", 0, packet_size);
        all.add("dscp", epochs.header, dscp);
        all.add("ttl", epochs.header, ttl);
        all.add("ipv4-options", 0, ipv4_options);
        all.add("headers", 0, ipv6_headers);
        all.add("fragment", 0, fragment);
        all.add("priority", epochs.header, priority);
        all.add("ipsec-policy", 0, ipsec_policy);
        all.add("connection-bytes", 0, connection_bytes);
        all.add("connection-type", 0, connection_type);
        all.add("connection-limit", 0, connection_limit);
        all.add("time", 0, time);
        all.add("psd", 0, psd);
        all.add("random", 0, random);
        all.add("limit", 0, limit);
        all.add("dst-limit", 0, dst_limit);
        numbers.sort_unstable();
        (numbers, matchers.count())
    }
}

struct Numbering<'a> {
    known: &'a mut HashMap<String, u32>,
    of_rule: &'a mut Vec<u32>,
}

impl Numbering<'_> {
    fn add<T: Debug>(&mut self, name: &str, epoch: u32, condition: &Option<T>) {
        let Some(condition) = condition else { return };
        let mut text = format!("{name} {epoch} ");
        write!(text, "{condition:?}").expect("a text takes whatever is written");
        let next = u32::try_from(self.known.len()).expect("rules have fewer conditions than that");
        self.of_rule.push(*self.known.entry(text).or_insert(next));
    }
}

fn of_raw(action: &RawAction) -> Effect {
    let takes = match action {
        RawAction::Drop | RawAction::Notrack => true,
    };
    Effect { takes, changes: Changes::Nothing }
}

fn of_nat(action: &NatAction) -> Effect {
    let takes = match action {
        NatAction::Masquerade { .. }
        | NatAction::SrcNat(..)
        | NatAction::DstNat(..)
        | NatAction::Same { .. }
        | NatAction::Redirect { .. }
        | NatAction::Netmap(_) => true,
    };
    Effect { takes, changes: Changes::Nothing }
}

fn of_filter(action: &FilterAction) -> Effect {
    let takes = match action {
        FilterAction::Drop | FilterAction::Reject(_) | FilterAction::Tarpit => true,
        FilterAction::FasttrackConnection => false,
    };
    Effect { takes, changes: Changes::Nothing }
}

fn of_mangle(action: &MangleAction) -> Effect {
    let (passthrough, changes) = match action {
        MangleAction::Drop => (Passthrough::Stop, Changes::Nothing),
        MangleAction::FasttrackConnection => (Passthrough::Continue, Changes::Nothing),
        MangleAction::ClearDf(passthrough) => (*passthrough, Changes::Nothing),
        MangleAction::MarkConnection(_, passthrough) => (*passthrough, Changes::ConnectionMark),
        MangleAction::MarkRouting(_, passthrough) => (*passthrough, Changes::RoutingMark),
        MangleAction::MarkPacket(_, passthrough) => (*passthrough, Changes::PacketMark),
        MangleAction::ChangeMss(_, passthrough) => (*passthrough, Changes::Mss),
        MangleAction::ChangeDscp(_, passthrough)
        | MangleAction::ChangeTtl(_, passthrough)
        | MangleAction::SetPriority(_, passthrough) => (*passthrough, Changes::Header),
    };
    match passthrough {
        // Nobody sees what it changed.
        Passthrough::Stop => Effect { takes: true, changes: Changes::Nothing },
        Passthrough::Continue => Effect { takes: false, changes },
    }
}

fn shadowed(chain: &str, (later, earlier): (usize, usize), (rule, taker): (Origin, Origin)) -> Diagnostic {
    let (later, earlier) = (later + 1, earlier + 1);
    let message =
        format!("rule {later} of chain `{chain}` never matches: rule {earlier} takes all its packets");
    Diagnostic::new(Code::ShadowedRule, message)
        .label(rule, "comes too late")
        .label(taker, "takes all that meet these conditions, whatever else they meet")
        .help("put the rule with more conditions first, or remove it")
}
