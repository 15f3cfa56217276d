//! NAT rules.

use super::Family;
use super::chains::Chains;
use super::matchers::MatcherFields;
use crate::catalog::types::{Keyword, Range};
use crate::catalog::{
    self, Field, Ipv4NatItem, Ipv6NatItem, MatcherItem, NatItem, NatVerb, StateMatcherItem,
};
use crate::ir::firewall::{
    Chain, Condition, Hook, IpRange, Matchers, NatAction, NatHook, NatTarget, Ports, Protocol, Rule,
    RuleTable,
};
use crate::resolve::{Read, Resolver, diagnostics};
use rosc_target::Origin;

/// A NAT rule as read.
struct NatFields {
    item: NatItem,
    to_addresses: Field<Range>,
    matchers: MatcherFields,
}

impl Resolver<'_, '_> {
    pub(super) fn nat(&mut self, family: Family) -> RuleTable<NatHook, NatAction> {
        let items = match family {
            Family::Ip => self.read_declarations(&catalog::IP_FIREWALL_NAT, |reader| {
                let Ipv4NatItem { to_addresses } = Ipv4NatItem::read(reader);
                let common = MatcherItem::read(reader);
                let matchers = MatcherFields { common, state: None, nat_state: None };
                NatFields { item: NatItem::read(reader), to_addresses, matchers }
            }),
            Family::Ipv6 => self.read_declarations(&catalog::IPV6_FIREWALL_NAT, |reader| {
                let Ipv6NatItem { to_address } = Ipv6NatItem::read(reader);
                let common = MatcherItem::read(reader);
                let state = Some(StateMatcherItem::read(reader));
                let matchers = MatcherFields { common, state, nat_state: None };
                NatFields { item: NatItem::read(reader), to_addresses: to_address, matchers }
            }),
        };
        let mut chains = Chains::new();
        for Read { origin, disabled, comment, is_usable, value } in items {
            let NatFields { item, to_addresses, matchers } = value;
            let NatItem { chain, action, jump_target, to_ports } = item;
            chains.name(&chain);
            if disabled {
                continue;
            }
            chains.leads_to(&jump_target);
            if !is_usable {
                continue;
            }
            let place = chain.origin;
            let chain = chain.required("chain", &mut self.diagnostics);
            let protocol = matchers.common.protocol.value.as_ref().map(|p| p.0.clone());
            let matchers = self.matchers(family, matchers);
            let verb_origin = action.origin;
            let verb = action.value.unwrap_or(NatVerb::Accept);
            let needs_ports = to_ports.value.is_some();
            let action = self.nat_action(family, verb, verb_origin, jump_target, &to_addresses, &to_ports);
            let (Some(chain), Some(matchers), Some(action)) = (chain, matchers, action) else { continue };
            if needs_ports && !matches!(protocol, Some(Condition::Is(p)) if Protocol::has_ports(p)) {
                self.report(diagnostics::contradiction(
                    "to-ports without a protocol that has ports",
                    to_ports.origin,
                    "ports of what?",
                    "add protocol=tcp or protocol=udp",
                ));
                continue;
            }
            chains.push(&chain, place, Rule { origin, comment, matchers, action });
        }
        let table = self.finished(chains);
        self.check_nat_chains(&table);
        table
    }

    fn nat_action(
        &mut self,
        family: Family,
        verb: NatVerb,
        origin: Origin,
        jump_target: Field<String>,
        to_addresses: &Field<Range>,
        to_ports: &Field<Ports>,
    ) -> Option<NatAction> {
        let addresses = to_addresses.value.map(|range| range.0).filter(|range| !is_unset(range));
        if addresses.is_some_and(|range| range.is_ipv6() != family.is_ipv6()) {
            self.report(diagnostics::wrong_family(to_addresses, "to-addresses", family.is_ipv6()));
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
        let target = match (addresses, ports) {
            (Some(addresses), Some(ports)) => Some(NatTarget::AddressesAndPorts(addresses, ports)),
            (Some(addresses), None) => Some(NatTarget::Addresses(addresses)),
            (None, Some(ports)) => Some(NatTarget::Ports(ports)),
            (None, None) => None,
        };
        self.report_unused(verb, &jump_target, addresses.and(to_addresses.place()), to_ports.place());
        match verb {
            NatVerb::Accept => Some(NatAction::Accept),
            NatVerb::Return => Some(NatAction::Return),
            NatVerb::Passthrough => Some(NatAction::Passthrough),
            NatVerb::Jump => {
                let target = jump_target.required("jump-target", &mut self.diagnostics)?;
                Some(NatAction::Jump(Chain::named(&target)))
            }
            NatVerb::Masquerade => Some(NatAction::Masquerade { to_ports: ports }),
            NatVerb::Redirect => Some(NatAction::Redirect { to_ports: ports }),
            NatVerb::SrcNat | NatVerb::DstNat => {
                let Some(target) = target else {
                    let help = "add to-addresses=... or to-ports=...";
                    self.report(catalog::missing("to-addresses", to_addresses.origin).help(help));
                    return None;
                };
                Some(if verb == NatVerb::SrcNat {
                    NatAction::SrcNat(target)
                } else {
                    NatAction::DstNat(target)
                })
            }
            NatVerb::Netmap => {
                let Some(range) = addresses else {
                    self.report(catalog::missing("to-addresses", to_addresses.origin));
                    return None;
                };
                let Some(prefix) = range.as_prefix() else {
                    let message = "netmap to a range that is no prefix";
                    let help = "write a prefix such as 192.0.2.0/24";
                    self.report(diagnostics::refused(message, to_addresses.origin, help));
                    return None;
                };
                Some(NatAction::Netmap(prefix))
            }
            NatVerb::Other => {
                self.report(diagnostics::refused(
                    "this action can't be carried over",
                    origin,
                    "rosc lowers accept, dst-nat, jump, masquerade, netmap, passthrough, redirect, return, src-nat",
                ));
                None
            }
        }
    }

    /// Reports properties that the action does not look at.
    fn report_unused(
        &mut self,
        verb: NatVerb,
        jump_target: &Field<String>,
        addresses: Option<Origin>,
        ports: Option<Origin>,
    ) {
        let (takes_addresses, takes_ports) = match verb {
            NatVerb::SrcNat | NatVerb::DstNat => (true, true),
            NatVerb::Netmap => (true, false),
            NatVerb::Masquerade | NatVerb::Redirect => (false, true),
            NatVerb::Accept | NatVerb::Return | NatVerb::Passthrough | NatVerb::Jump => (false, false),
            // It is refused as a whole.
            NatVerb::Other => return,
        };
        let unused = [
            ("to-addresses", addresses.filter(|_| !takes_addresses)),
            ("to-ports", ports.filter(|_| !takes_ports)),
            ("jump-target", jump_target.place().filter(|_| verb != NatVerb::Jump)),
        ];
        self.no_effect(verb.word(), unused);
    }

    /// Reports rules whose action or matchers their chain does not have.
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
                if both && matches!(rule.action, NatAction::Netmap(_)) {
                    let message = "netmap in a chain that both sources and destinations come to";
                    let help = "make one chain for srcnat and one for dstnat";
                    self.report(diagnostics::wrong_chain(message, rule.origin, help));
                }
            }
        }
    }

    fn check_nat_rule(&mut self, hook: NatHook, rule: &Rule<NatAction>) {
        let fits = match rule.action {
            NatAction::Masquerade { .. } | NatAction::SrcNat(_) => hook.translates_source(),
            NatAction::DstNat(_) | NatAction::Redirect { .. } => !hook.translates_source(),
            NatAction::Accept
            | NatAction::Jump(_)
            | NatAction::Return
            | NatAction::Passthrough
            | NatAction::Netmap(_) => true,
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
        let Matchers { in_interface, in_interface_list, out_interface, out_interface_list, .. } =
            &rule.matchers;
        let (wrong, what) = match hook {
            NatHook::Dstnat | NatHook::Input => {
                (out_interface.is_some() || out_interface_list.is_some(), "outgoing")
            }
            NatHook::Output => (in_interface.is_some() || in_interface_list.is_some(), "incoming"),
            NatHook::Srcnat => (in_interface.is_some() || in_interface_list.is_some(), "incoming"),
        };
        if wrong {
            let message = format!("there is no {what} interface to match in chain {}", hook.name());
            self.report(diagnostics::wrong_chain(
                message,
                rule.origin,
                "match addresses, or mark the connection earlier",
            ));
        }
    }
}

/// `0.0.0.0` and `::` stand for no address.
fn is_unset(range: &IpRange) -> bool {
    range.first().is_unspecified() && range.last().is_unspecified()
}
