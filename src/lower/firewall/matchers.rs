//! The conditions of rules.

use super::Side;
use super::address::{Address, address_type};
use super::circumstances::by_lot;
use super::classifier::Decision;
use super::psd::Scan;
use super::sets::interface_list_name;
use super::transport::{either_port, flags, ports, transport_of, with_and_without_ports};
use crate::ir::firewall::{
    Condition, ConnectionNatState, ConnectionState, InterfaceMatch, Matchers, Nth, PerConnectionClassifier,
};
use crate::lower::mark::{CONNECTION_MARK, Field, PACKET_MARK, ROUTING_MARK};
use crate::lower::{Context, diagnostics};
use rosc_nftables::kind::{Interface, MarkBits};
use rosc_nftables::select::{Selector, ct, meta, numgen_inc, port, route, tcp};
use rosc_nftables::{CtState, CtStatus, InterfaceName, Interval, Statement};
use rosc_target::Origin;
use std::collections::BTreeSet;
use std::num::NonZeroU32;

/// Conditions under which one rule acts. No packet meets two of them, so that it never acts twice. None at all: the
/// rule never acts.
pub(super) type Alternatives = Vec<Vec<Statement>>;

/// The conditions of the rules that one RouterOS rule becomes.
pub(super) struct Conditions {
    /// Of those in front, which only count what comes by.
    pub(super) counting: Alternatives,
    /// Of those that act.
    pub(super) acting: Alternatives,
}

/// One matcher, lowered.
pub(super) enum Lowered {
    /// It holds for every packet.
    Always,
    /// It holds for none.
    Never,
    /// It holds if all of these do.
    All(Vec<Statement>),
    /// It holds if one of these does; no packet meets two.
    One(Alternatives),
}

impl From<Statement> for Lowered {
    fn from(statement: Statement) -> Self {
        Self::All(vec![statement])
    }
}

impl<'r> Context<'r> {
    /// Lowers the conditions of a rule.
    pub(super) fn conditions(
        &mut self,
        side: &mut Side<'r>,
        matchers: &Matchers,
        origin: Origin,
    ) -> Conditions {
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
            header,
            circumstances,
        } = matchers;
        let family = side.family;
        let transport = protocol.as_ref().and_then(transport_of);
        let mut lowered: Vec<Lowered> = Vec::new();
        for condition in in_interface.iter().chain(in_interface_list) {
            lowered.push(self.interface(meta::iifname(), condition, origin));
        }
        for condition in out_interface.iter().chain(out_interface_list) {
            lowered.push(self.interface(meta::oifname(), condition, origin));
        }
        for condition in src_address.iter().chain(src_address_list) {
            lowered.push(Address::source(family).lower(side, condition));
        }
        for condition in dst_address.iter().chain(dst_address_list) {
            lowered.push(Address::destination(family).lower(side, condition));
        }
        lowered.extend(src_address_type.iter().map(|c| address_type(route::saddr_type(), c)));
        lowered.extend(dst_address_type.iter().map(|c| address_type(route::daddr_type(), c)));
        lowered
            .extend(protocol.iter().map(|c| compare(meta::l4proto(), c, |p| rosc_nftables::Protocol(p.0))));
        lowered.extend(self.header(family, header, origin));
        if let Some(transport) = transport {
            lowered.extend(src_port.iter().map(|c| ports(port::sport(transport), c)));
            lowered.extend(dst_port.iter().map(|c| ports(port::dport(transport), c)));
            lowered.extend(port.iter().map(|c| either_port(transport, c)));
        }
        lowered.extend(tcp_flags.iter().map(flags));
        lowered.extend(tcp_mss.iter().map(|c| {
            compare(tcp::maxseg(), c, |&(low, high)| {
                Interval::new(low, high).expect("resolve checks the order")
            })
        }));
        let marks = &self.marks;
        lowered.extend(
            packet_mark
                .iter()
                .map(|c| mark(meta::mark(), PACKET_MARK, c, |mark| marks.packet(mark.as_ref()))),
        );
        lowered.extend(
            connection_mark
                .iter()
                .map(|c| mark(ct::mark(), CONNECTION_MARK, c, |mark| marks.connection(mark.as_ref()))),
        );
        lowered
            .extend(routing_mark.iter().map(|c| mark(meta::mark(), ROUTING_MARK, c, |t| marks.routing(t))));
        lowered.extend(connection_state.iter().map(state));
        lowered.extend(connection_nat_state.iter().map(nat_state));
        lowered.extend(self.circumstances(circumstances, origin));
        // In this order: packets of other classes are counted too.
        lowered.extend(self.connection_limit(side, matchers, origin));
        let mut counting = Alternatives::new();
        if let Some(Scan { in_front, last }) = self.psd(side, matchers, origin) {
            let looked_at = combine(lowered);
            let with = |step| combine(vec![Lowered::One(looked_at.clone()), Lowered::One(step)]);
            counting.extend(in_front.into_iter().flat_map(with));
            lowered = vec![Lowered::One(looked_at), Lowered::One(last)];
        }
        lowered.extend(circumstances.random.iter().map(|percent| by_lot(*percent)));
        lowered.extend(nth.iter().map(turn));
        let have_ports = matchers.have_ports();
        lowered.extend(per_connection_classifier.iter().map(|c| classifier(side, have_ports, c)));
        lowered.extend(self.limits(side, matchers, origin));
        let acting = combine(lowered);
        let counts = nth.is_some() || circumstances.limit.is_some();
        if acting.len() > 1 && counts {
            let message = "nth or limit together with a matcher that takes several rules on Linux";
            let help = "divide the rule, so that it stands with one protocol, one kind of port and one list";
            self.diagnostics.push(diagnostics::no_linux_form(message, origin, help));
        }
        Conditions { counting, acting }
    }

    fn interface(
        &mut self,
        selector: Selector<Interface>,
        condition: &Condition<InterfaceMatch>,
        origin: Origin,
    ) -> Lowered {
        let (wanted, inverted) = condition.parts();
        match wanted {
            InterfaceMatch::Interface(name) => {
                let Some(device) = self.devices.named(name) else { return Lowered::Never };
                match InterfaceName::new(device.as_str()) {
                    Ok(device) if inverted => selector.ne(device).into(),
                    Ok(device) => selector.eq(device).into(),
                    Err(error) => {
                        let help = "give the device another name";
                        self.diagnostics.push(diagnostics::no_linux_form(error.to_string(), origin, help));
                        Lowered::Never
                    }
                }
            }
            InterfaceMatch::List(list) => {
                let set = interface_list_name(list);
                if inverted { selector.not_in_set(&set).into() } else { selector.in_set(&set).into() }
            }
            InterfaceMatch::All => {
                if inverted {
                    Lowered::Never
                } else {
                    Lowered::Always
                }
            }
            InterfaceMatch::None => {
                if inverted {
                    Lowered::Always
                } else {
                    Lowered::Never
                }
            }
        }
    }
}

/// All matchers have to hold.
fn combine(lowered: Vec<Lowered>) -> Alternatives {
    let mut alternatives: Alternatives = vec![Vec::new()];
    for matcher in lowered {
        match matcher {
            Lowered::Always => {}
            Lowered::Never => return Vec::new(),
            Lowered::All(statements) => {
                for alternative in &mut alternatives {
                    alternative.extend(statements.iter().cloned());
                }
            }
            Lowered::One(branches) => {
                let with = |alternative: &Vec<Statement>| {
                    let branch_of = |branch: &Vec<Statement>| [alternative.as_slice(), branch].concat();
                    branches.iter().map(branch_of).collect::<Vec<_>>()
                };
                alternatives = alternatives.iter().flat_map(with).collect();
            }
        }
    }
    alternatives
}

pub(super) fn compare<K: rosc_nftables::kind::Kind, T, V: Into<K::One>>(
    selector: Selector<K>,
    condition: &Condition<T>,
    value: impl FnOnce(&T) -> V,
) -> Lowered {
    let (wanted, inverted) = condition.parts();
    let value = value(wanted);
    if inverted { selector.ne(value) } else { selector.eq(value) }.into()
}

fn mark<T>(
    selector: Selector<rosc_nftables::kind::Mark>,
    field: Field,
    condition: &Condition<T>,
    value: impl FnOnce(&T) -> u32,
) -> Lowered {
    let mask = NonZeroU32::new(field.mask()).expect("a field has bits");
    let selector: Selector<MarkBits> = selector.masked(mask);
    compare(selector, condition, value)
}

fn state(condition: &Condition<BTreeSet<ConnectionState>>) -> Lowered {
    let (wanted, inverted) = condition.parts();
    let bits = wanted.iter().map(|state| match state {
        ConnectionState::Invalid => CtState::INVALID,
        ConnectionState::Established => CtState::ESTABLISHED,
        ConnectionState::Related => CtState::RELATED,
        ConnectionState::New => CtState::NEW,
        ConnectionState::Untracked => CtState::UNTRACKED,
    });
    match bits.reduce(|all, bit| all | bit) {
        Some(bits) if inverted => ct::state().none_of(bits).into(),
        Some(bits) => ct::state().any_of(bits).into(),
        None => Lowered::Always,
    }
}

fn nat_state(condition: &Condition<BTreeSet<ConnectionNatState>>) -> Lowered {
    let (wanted, inverted) = condition.parts();
    let bits = wanted.iter().map(|state| match state {
        ConnectionNatState::Srcnat => CtStatus::SNAT,
        ConnectionNatState::Dstnat => CtStatus::DNAT,
    });
    match bits.reduce(|all, bit| all | bit) {
        Some(bits) if inverted => ct::status().none_of(bits).into(),
        Some(bits) => ct::status().any_of(bits).into(),
        None => Lowered::Always,
    }
}

/// `nth`: the packets that reach the rule are counted round, starting at the first.
fn turn(condition: &Condition<Nth>) -> Lowered {
    let (Nth { every, packet }, inverted) = condition.parts();
    let Some(turns) = numgen_inc(every.get()) else {
        return if inverted { Lowered::Never } else { Lowered::Always };
    };
    let turn = packet - 1;
    let statement = if inverted { turns.ne(turn) } else { turns.eq(turn) };
    statement.map_or(Lowered::Never, Lowered::from)
}

/// Packets of protocols with ports are hashed with them, all others by their addresses alone.
fn classifier(
    side: &Side<'_>,
    have_ports: Option<bool>,
    condition: &Condition<PerConnectionClassifier>,
) -> Lowered {
    let (classifier, _) = condition.parts();
    let decided = |decision| match decision {
        Decision::Always => Lowered::Always,
        Decision::Never => Lowered::Never,
        Decision::If(statement) => statement.into(),
    };
    let hashes_ports = classifier.fields.source_port() || classifier.fields.destination_port();
    match have_ports {
        _ if !hashes_ports => decided(side.classes.without_ports(side.family, condition)),
        Some(true) => decided(side.classes.with_ports(side.family, condition)),
        Some(false) => decided(side.classes.without_ports(side.family, condition)),
        None => {
            let (with, without) = with_and_without_ports();
            let branch = |protocols: Option<Statement>, decision| match decision {
                Decision::Always => Some(protocols.into_iter().collect::<Vec<_>>()),
                Decision::Never => None,
                Decision::If(statement) => Some(protocols.into_iter().chain([statement]).collect()),
            };
            let with = branch(with, side.classes.with_ports(side.family, condition));
            let without = branch(without, side.classes.without_ports(side.family, condition));
            Lowered::One(with.into_iter().chain(without).collect())
        }
    }
}
