//! NAT rules.

use super::Family;
use super::fields::MatcherFields;
use super::rules::RuleFields;
use crate::catalog::types::{Keyword, Range};
use crate::catalog::{
    self, Field, FirewallRuleItem, Ipv4NatItem, Ipv6NatItem, NatItem, NatVerb, Reader, Verb,
};
use crate::ir::firewall::{
    Action, Condition, Hook, IpRange, Matchers, NatAction, NatHook, NatTarget, PortChoice, Ports, Rule,
    RuleTable,
};
use crate::resolve::{Resolver, diagnostics};
use rosc_target::Origin;

/// What only a NAT rule says.
struct NatFields {
    item: NatItem,
    to_addresses: Field<Range>,
}

impl Resolver<'_, '_> {
    pub(super) fn nat(&mut self, family: Family) -> RuleTable<NatHook, NatAction> {
        fn read<const V6: bool>(reader: &mut Reader<'_, '_>) -> RuleFields<NatFields> {
            let matchers = MatcherFields::of_nat(reader, V6);
            let to_addresses = if V6 {
                Ipv6NatItem::read(reader).to_address
            } else {
                Ipv4NatItem::read(reader).to_addresses
            };
            let own = NatFields { item: NatItem::read(reader), to_addresses };
            RuleFields { rule: FirewallRuleItem::read(reader), matchers, own }
        }
        let (menu, read): (_, fn(&mut Reader<'_, '_>) -> RuleFields<NatFields>) = match family {
            Family::Ip => (&catalog::IP_FIREWALL_NAT, read::<false>),
            Family::Ipv6 => (&catalog::IPV6_FIREWALL_NAT, read::<true>),
        };
        let table = self.rules_of(family, menu, read, |this, matchers, rule, fields| {
            this.nat_action(family, matchers, rule, fields)
        });
        self.check_nat_chains(&table);
        table
    }

    fn nat_action(
        &mut self,
        family: Family,
        matchers: &Matchers,
        rule: &mut FirewallRuleItem,
        fields: NatFields,
    ) -> Option<Action<NatHook, NatAction>> {
        let NatFields { item, to_addresses } = fields;
        let NatItem { action, to_ports, randomise_ports, same_not_by_dst } = item;
        let addresses = to_addresses.value.map(|range| range.0).filter(|range| !is_unset(range));
        if addresses.is_some_and(|range| range.is_ipv6() != family.is_ipv6()) {
            self.report(diagnostics::wrong_family(&to_addresses, "to-addresses", family.is_ipv6()));
            return None;
        }
        let ports = to_ports.value.as_ref().map(Ports::as_range);
        if ports == Some(None) {
            let message = "to-ports takes one port or one range";
            self.report(diagnostics::contradiction(
                message,
                to_ports.origin,
                "several",
                "make a rule for each",
            ));
            return None;
        }
        let ports = ports.flatten();
        let has_ports = matches!(&matchers.protocol, Some(Condition::Is(protocol)) if protocol.has_ports());
        if ports.is_some() && !has_ports {
            self.report(diagnostics::contradiction(
                "to-ports without a protocol that has ports",
                to_ports.origin,
                "ports of what?",
                "add protocol=tcp or protocol=udp",
            ));
            return None;
        }
        let target = match (addresses, ports) {
            (Some(addresses), Some(ports)) => Some(NatTarget::AddressesAndPorts(addresses, ports)),
            (Some(addresses), None) => Some(NatTarget::Addresses(addresses)),
            (None, Some(ports)) => Some(NatTarget::Ports(ports)),
            (None, None) => None,
        };
        let choice = if randomise_ports.value == Some(true) { PortChoice::Random } else { PortChoice::Keep };
        let randomised = randomise_ports.place().filter(|_| choice == PortChoice::Random);
        let verb = action.value.unwrap_or(Verb::Accept);
        let given = [addresses.and(to_addresses.place()), to_ports.place(), randomised];
        self.report_unused(verb, given, same_not_by_dst.place());
        self.action_of(rule, &action, |this, verb| match verb {
            NatVerb::Masquerade => Some(NatAction::Masquerade { to_ports: ports, choice }),
            NatVerb::Redirect => Some(NatAction::Redirect { to_ports: ports, choice }),
            NatVerb::SrcNat | NatVerb::DstNat => {
                let Some(target) = target else {
                    let help = "add to-addresses=... or to-ports=...";
                    this.report(catalog::missing("to-addresses", to_addresses.origin).help(help));
                    return None;
                };
                Some(if verb == NatVerb::SrcNat {
                    NatAction::SrcNat(target, choice)
                } else {
                    NatAction::DstNat(target, choice)
                })
            }
            NatVerb::Netmap | NatVerb::Same => {
                let Some(range) = addresses else {
                    this.report(catalog::missing("to-addresses", to_addresses.origin));
                    return None;
                };
                if verb == NatVerb::Same {
                    let by_destination = same_not_by_dst.value != Some(true);
                    return Some(NatAction::Same { to: range, by_destination });
                }
                let Some(prefix) = range.as_prefix() else {
                    let message = "netmap to a range that is no prefix";
                    let help = "write a prefix such as 192.0.2.0/24";
                    this.report(diagnostics::refused(message, to_addresses.origin, help));
                    return None;
                };
                Some(NatAction::Netmap(prefix))
            }
        })
    }

    /// Reports properties that the action does not look at.
    fn report_unused(
        &mut self,
        verb: Verb<NatVerb>,
        [addresses, ports, randomised]: [Option<Origin>; 3],
        not_by_dst: Option<Origin>,
    ) {
        let (takes_addresses, takes_ports) = match verb {
            Verb::Own(NatVerb::SrcNat | NatVerb::DstNat) => (true, true),
            Verb::Own(NatVerb::Netmap | NatVerb::Same) => (true, false),
            Verb::Own(NatVerb::Masquerade | NatVerb::Redirect) => (false, true),
            Verb::Accept | Verb::Return | Verb::Passthrough | Verb::Log | Verb::Jump => (false, false),
            Verb::AddSrcToAddressList | Verb::AddDstToAddressList => (false, false),
            // It is refused as a whole.
            Verb::Refused(_) => return,
        };
        let unused = [
            ("to-addresses", addresses.filter(|_| !takes_addresses)),
            ("to-ports", ports.filter(|_| !takes_ports)),
            ("randomise-ports", randomised.filter(|_| !takes_ports)),
            ("same-not-by-dst", not_by_dst.filter(|_| verb != Verb::Own(NatVerb::Same))),
        ];
        self.no_effect(verb.word(), unused);
    }

    /// Reports rules whose action their chain does not have.
    fn check_nat_chains(&mut self, table: &RuleTable<NatHook, NatAction>) {
        let reach = table.reach();
        for (chain, rules) in &table.chains {
            let hooks = reach.of(chain);
            for rule in rules {
                for &hook in &hooks {
                    self.check_nat_rule(hook, rule);
                }
                let both = hooks.iter().any(|hook| hook.translates_source())
                    && hooks.iter().any(|hook| !hook.translates_source());
                if both && matches!(rule.action, Action::Own(NatAction::Netmap(_))) {
                    let message = "netmap in a chain that both sources and destinations come to";
                    let help = "make one chain for srcnat and one for dstnat";
                    self.report(diagnostics::wrong_chain(message, rule.origin, help));
                }
            }
        }
    }

    fn check_nat_rule(&mut self, hook: NatHook, rule: &Rule<NatHook, NatAction>) {
        let fits = match rule.action.own() {
            Some(NatAction::Masquerade { .. } | NatAction::SrcNat(..) | NatAction::Same { .. }) => {
                hook.translates_source()
            }
            Some(NatAction::DstNat(..) | NatAction::Redirect { .. }) => !hook.translates_source(),
            Some(NatAction::Netmap(_)) | None => true,
        };
        if !fits {
            let name = hook.name();
            let message = format!("this action can't be done in chain {name}");
            let help = if hook.translates_source() {
                "destinations are translated in dstnat"
            } else {
                "sources are translated in srcnat"
            };
            self.report(diagnostics::wrong_chain(message, rule.origin, help));
        }
    }
}

/// `0.0.0.0` and `::` stand for no address.
fn is_unset(range: &IpRange) -> bool {
    range.first().is_unspecified() && range.last().is_unspecified()
}
