//! Filter and raw rules: what lets packets pass or not.

use super::Family;
use super::fields::MatcherFields;
use super::rules::RuleFields;
use crate::catalog::{self, FilterItem, FilterVerb, RawItem, RawVerb, Reader};
use crate::ir::firewall::{
    Condition, FilterAction, FilterHook, Matchers, Protocol, RawAction, RawHook, RejectWith, RuleTable,
};
use crate::resolve::{Resolver, diagnostics};
use rosc_target::Origin;

impl Resolver<'_, '_> {
    pub(super) fn filter(&mut self, family: Family) -> RuleTable<FilterHook, FilterAction> {
        fn read<const V6: bool>(reader: &mut Reader<'_, '_>) -> RuleFields<FilterItem> {
            let matchers = MatcherFields::of_filter(reader, V6);
            RuleFields {
                rule: catalog::FirewallRuleItem::read(reader),
                matchers,
                own: FilterItem::read(reader),
            }
        }
        let (menu, read): (_, fn(&mut Reader<'_, '_>) -> RuleFields<FilterItem>) = match family {
            Family::Ip => (&catalog::IP_FIREWALL_FILTER, read::<false>),
            Family::Ipv6 => (&catalog::IPV6_FIREWALL_FILTER, read::<true>),
        };
        self.rules_of(family, menu, read, |this, matchers, rule, item| {
            let FilterItem { action, reject_with } = item;
            let is_reject = action.value == Some(catalog::Verb::Own(FilterVerb::Reject));
            this.no_effect("another one", [("reject-with", reject_with.place().filter(|_| !is_reject))]);
            this.action_of(rule, &action, |this, verb| match verb {
                FilterVerb::Drop => Some(FilterAction::Drop),
                FilterVerb::FasttrackConnection => Some(FilterAction::FasttrackConnection),
                FilterVerb::Tarpit => {
                    this.needs_tcp("tarpit", matchers, action.origin).then_some(FilterAction::Tarpit)
                }
                FilterVerb::Reject => {
                    let with = reject_with.value.unwrap_or(RejectWith::IcmpNetworkUnreachable);
                    if with == RejectWith::TcpReset
                        && !this.needs_tcp("reject-with=tcp-reset", matchers, reject_with.origin)
                    {
                        return None;
                    }
                    if !is_of_family(with, family) {
                        let message = "an answer that this family does not have";
                        this.report(diagnostics::refused(
                            message,
                            reject_with.origin,
                            "icmp-port-unreachable is in both",
                        ));
                        return None;
                    }
                    Some(FilterAction::Reject(with))
                }
            })
        })
    }

    pub(super) fn raw(&mut self, family: Family) -> RuleTable<RawHook, RawAction> {
        fn read<const V6: bool>(reader: &mut Reader<'_, '_>) -> RuleFields<RawItem> {
            let matchers = MatcherFields::of_raw(reader, V6);
            RuleFields { rule: catalog::FirewallRuleItem::read(reader), matchers, own: RawItem::read(reader) }
        }
        let (menu, read): (_, fn(&mut Reader<'_, '_>) -> RuleFields<RawItem>) = match family {
            Family::Ip => (&catalog::IP_FIREWALL_RAW, read::<false>),
            Family::Ipv6 => (&catalog::IPV6_FIREWALL_RAW, read::<true>),
        };
        self.rules_of(family, menu, read, |this, _, rule, RawItem { action }| {
            this.action_of(rule, &action, |_, verb| {
                Some(match verb {
                    RawVerb::Drop => RawAction::Drop,
                    RawVerb::Notrack => RawAction::Notrack,
                })
            })
        })
    }

    /// Whether a rule is for TCP only; if not, that is reported.
    fn needs_tcp(&mut self, what: &str, matchers: &Matchers, origin: Origin) -> bool {
        let is_tcp = matchers.protocol == Some(Condition::Is(Protocol::TCP));
        if !is_tcp {
            let message = format!("{what} without protocol=tcp");
            self.report(diagnostics::contradiction(message, origin, "only TCP has it", "add protocol=tcp"));
        }
        is_tcp
    }
}

fn is_of_family(with: RejectWith, family: Family) -> bool {
    match with {
        RejectWith::IcmpAdminProhibited | RejectWith::IcmpPortUnreachable | RejectWith::TcpReset => true,
        RejectWith::IcmpNoRoute | RejectWith::IcmpNotNeighbour | RejectWith::IcmpAddressUnreachable => {
            family.is_ipv6()
        }
        RejectWith::IcmpNetworkUnreachable
        | RejectWith::IcmpHostUnreachable
        | RejectWith::IcmpProtocolUnreachable
        | RejectWith::IcmpNetProhibited
        | RejectWith::IcmpHostProhibited => !family.is_ipv6(),
    }
}
