//! Conditions that count: limits, and connections of one source. Where each flow or source counts for itself, its numbers
//! are kept in a set that belongs to the rule.

use super::Side;
use super::address::payload;
use super::chain::object_name;
use super::matchers::Lowered;
use super::transport::with_and_without_ports;
use crate::ir::firewall::{
    AddressSide, Circumstances, Condition, ConnectionLimit, DstLimit, FlowFields, Limit, LimitUnit, Matchers,
};
use crate::lower::{Context, diagnostics};
use rosc_nftables::{
    CtCount, DynamicType, Family, Key, KeyField, Lifetime, LimitPer, Name, Payload, PortField, SetUpdate,
    Statement, Transport,
};
use rosc_target::{Origin, fnv_1a};
use std::num::NonZeroU32;

impl<'r> Context<'r> {
    /// `connection-limit`, which stands in front of `nth`.
    pub(super) fn connection_limit(
        &mut self,
        side: &mut Side<'r>,
        matchers: &Matchers,
        origin: Origin,
    ) -> Option<Lowered> {
        let (limit, inverted) = matchers.circumstances.connection_limit.as_ref()?.parts();
        let &ConnectionLimit { most, prefix_len } = limit;
        let Some(source) = KeyField::prefix(payload(side.family, AddressSide::Source), prefix_len) else {
            let message = format!("{prefix_len} bits are more than an address of this family has");
            self.diagnostics.push(diagnostics::no_linux_form(message, origin, "write 32, say"));
            return None;
        };
        let key = Key::from(source);
        let set = own_set(side, "cl", matchers, origin, DynamicType::new(&key, Lifetime::Permanent));
        let count = if inverted { CtCount::up_to(most) } else { CtCount::over(most) };
        Some(Statement::from(SetUpdate::connections(&set, key, count)).into())
    }

    /// `limit` and `dst-limit`, which come last.
    pub(super) fn limits(
        &mut self,
        side: &mut Side<'r>,
        matchers: &Matchers,
        origin: Origin,
    ) -> Vec<Lowered> {
        let Circumstances { limit, dst_limit, .. } = &matchers.circumstances;
        let mut lowered = Vec::new();
        if let Some(condition) = limit {
            let (limit, inverted) = condition.parts();
            if limit.unit == LimitUnit::Bit && limit.burst / 8 < per_second(limit) {
                let message =
                    "nftables lets pass as much as comes in a second at once, which is more than this burst";
                let help = "a burst of at least the rate of a second is the same";
                self.diagnostics.push(diagnostics::differs(message, origin, help));
            }
            lowered.extend(
                self.checked(bucket(limit, inverted), origin).map(|limit| Statement::from(limit).into()),
            );
        }
        if let Some(condition) = dst_limit {
            lowered.extend(self.limit_of_flow(side, matchers, condition, origin));
        }
        lowered
    }

    fn limit_of_flow(
        &mut self,
        side: &mut Side<'r>,
        matchers: &Matchers,
        condition: &Condition<DstLimit>,
        origin: Origin,
    ) -> Option<Lowered> {
        let (&DstLimit { rate, per, burst, flow, expire }, inverted) = condition.parts();
        let limit = Limit { rate, per, burst, unit: LimitUnit::Packet };
        let limit = self.checked(bucket(&limit, inverted), origin)?;
        let update = |side: &mut Side<'r>, prefix: &str, port: bool| -> Statement {
            let key = key_of(side.family, flow, port);
            let set = own_set(side, prefix, matchers, origin, DynamicType::new(&key, Lifetime::Timed));
            // The kernel forgets no flow at once.
            let timeout = NonZeroU32::new(expire.max(1));
            SetUpdate::update(&set, key, timeout).with_limit(limit).into()
        };
        let has_port = matches!(flow, FlowFields::DstAddressAndPort | FlowFields::AddressesAndDstPort);
        Some(match matchers.have_ports() {
            _ if !has_port => update(side, "df", false).into(),
            Some(have_ports) => update(side, "df", have_ports).into(),
            None => {
                let (with, without) = with_and_without_ports();
                let with = with.into_iter().chain([update(side, "df", true)]);
                let without = without.into_iter().chain([update(side, "dn", false)]);
                Lowered::One(vec![with.collect(), without.collect()])
            }
        })
    }

    /// A limit that the kernel can have; what it can't is reported.
    fn checked(
        &mut self,
        limit: Result<rosc_nftables::Limit, String>,
        origin: Origin,
    ) -> Option<rosc_nftables::Limit> {
        limit
            .map_err(|message| {
                let help = "write a rate in whole packets or bytes for a second, minute, hour, day or week";
                self.diagnostics.push(diagnostics::no_linux_form(message, origin, help));
            })
            .ok()
    }
}

/// Makes the set in which a rule keeps its numbers, or finds the one that it has already. It is named after what the rule
/// asks for, so that it stays when other rules change; rules that ask for the same count each for themselves.
pub(super) fn own_set(
    side: &mut Side<'_>,
    prefix: &str,
    matchers: &Matchers,
    origin: Origin,
    kind: DynamicType,
) -> Name {
    let what = fnv_1a(format!("{matchers:?}").as_bytes());
    let nth = |number: u32| object_name(prefix, &format!("{what:016x}-{number}"));
    let is_free = |name: &Name| side.counted_in.get(name).is_none_or(|rule| *rule == side.rule);
    let name = (0..).map(nth).find(is_free).expect("rules are fewer than numbers");
    side.counted_in.insert(name.clone(), side.rule);
    side.table.add_dynamic_set(origin, &name, kind);
    name
}

fn key_of(family: Family, flow: FlowFields, with_port: bool) -> Key {
    let source = payload(family, AddressSide::Source);
    let destination = payload(family, AddressSide::Destination);
    let addresses: &[Payload] = match flow {
        FlowFields::SrcAddress => &[source],
        FlowFields::DstAddress | FlowFields::DstAddressAndPort => &[destination],
        FlowFields::SrcAndDstAddresses | FlowFields::AddressesAndDstPort => &[source, destination],
    };
    let port = Payload::Port(Transport::Any, PortField::Dport);
    let fields = addresses.iter().copied().chain(with_port.then_some(port));
    Key::new(fields.filter_map(KeyField::whole)).expect("two addresses and a port fit into a key")
}

/// Bytes that come in a second.
fn per_second(limit: &Limit) -> u64 {
    limit.rate.get() / 8 / limit.per.get()
}

/// The units of time that the kernel counts in, with their seconds.
const UNITS: [(LimitPer, u64); 5] = [
    (LimitPer::Second, 1),
    (LimitPer::Minute, 60),
    (LimitPer::Hour, 3600),
    (LimitPer::Day, 86_400),
    (LimitPer::Week, 604_800),
];

/// The kernel's own form of a limit: a whole number in a unit of time. A burst of bytes holds what comes in that unit
/// beside its own.
fn bucket(limit: &Limit, inverted: bool) -> Result<rosc_nftables::Limit, String> {
    let Limit { rate, per, burst, unit } = *limit;
    let bits = match unit {
        LimitUnit::Packet => 1,
        LimitUnit::Bit => 8,
    };
    let whole = UNITS.iter().find_map(|(unit, seconds)| {
        let (comes, divisor) = (rate.get().checked_mul(*seconds)?, per.get().checked_mul(bits)?);
        (comes % divisor == 0).then_some((comes / divisor, *unit))
    });
    let Some((rate, per)) = whole else {
        return Err("the rate is no whole number in any unit of time that the kernel has".to_owned());
    };
    let made = match unit {
        LimitUnit::Packet => {
            rosc_nftables::Limit::packets(rate, per, u32::try_from(burst).unwrap_or(u32::MAX))
        }
        LimitUnit::Bit => {
            let beside = (burst / 8).saturating_sub(rate);
            rosc_nftables::Limit::bytes(rate, per, u32::try_from(beside).unwrap_or(u32::MAX))
        }
    };
    let made = made.map_err(|error| error.to_string())?;
    Ok(if inverted { made.over() } else { made })
}
