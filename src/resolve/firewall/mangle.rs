//! Mangle rules.

use super::Family;
use super::chains::Chains;
use super::matchers::MatcherFields;
use crate::catalog::types::{Keyword, MarkName};
use crate::catalog::{
    self, Field, MangleItem, MangleVerb, MatcherItem, NatStateMatcherItem, StateMatcherItem,
};
use crate::ir::firewall::{
    AddressType, Chain, Condition, Hook, MangleAction, MangleHook, Matchers, Passthrough, Rule, RuleTable,
};
use crate::ir::{ConnectionMark, Dialect, PacketMark};
use crate::resolve::{Read, Resolver, diagnostics};
use rosc_target::Origin;

impl Resolver<'_, '_> {
    pub(super) fn mangle(&mut self, family: Family) -> RuleTable<MangleHook, MangleAction> {
        let menu = match family {
            Family::Ip => &catalog::IP_FIREWALL_MANGLE,
            Family::Ipv6 => &catalog::IPV6_FIREWALL_MANGLE,
        };
        let items = self.read_declarations(menu, |reader| {
            let matchers = MatcherFields {
                common: MatcherItem::read(reader),
                state: Some(StateMatcherItem::read(reader)),
                nat_state: Some(NatStateMatcherItem::read(reader)),
            };
            (MangleItem::read(reader), matchers)
        });
        let mut chains = Chains::new();
        for Read { origin, disabled, comment, is_usable, value } in items {
            let (mut item, matchers) = value;
            chains.name(&item.chain);
            if disabled {
                continue;
            }
            chains.leads_to(&item.jump_target);
            if !is_usable {
                continue;
            }
            let place = item.chain.origin;
            let chain = Field { value: item.chain.value.take(), ..item.chain };
            let chain = chain.required("chain", &mut self.diagnostics);
            let matchers = self.matchers(family, matchers);
            let action = self.mangle_action(item);
            let (Some(chain), Some(matchers), Some(action)) = (chain, matchers, action) else { continue };
            chains.push(&chain, place, Rule { origin, comment, matchers, action });
        }
        let table = self.finished(chains);
        self.check_mangle_chains(&table);
        table
    }

    fn mangle_action(&mut self, item: MangleItem) -> Option<MangleAction> {
        let MangleItem {
            chain: _,
            action,
            jump_target,
            new_connection_mark,
            new_packet_mark,
            new_routing_mark,
            new_mss,
            passthrough,
        } = item;
        let verb = action.value.unwrap_or(MangleVerb::Accept);
        if verb != MangleVerb::Other {
            let of = |place: Option<Origin>, verbs: &[MangleVerb]| place.filter(|_| !verbs.contains(&verb));
            let marks_or_changes = [
                MangleVerb::ChangeMss,
                MangleVerb::MarkConnection,
                MangleVerb::MarkPacket,
                MangleVerb::MarkRouting,
            ];
            let unused = [
                ("jump-target", of(jump_target.place(), &[MangleVerb::Jump])),
                ("new-connection-mark", of(new_connection_mark.place(), &[MangleVerb::MarkConnection])),
                ("new-packet-mark", of(new_packet_mark.place(), &[MangleVerb::MarkPacket])),
                ("new-routing-mark", of(new_routing_mark.place(), &[MangleVerb::MarkRouting])),
                ("new-mss", of(new_mss.place(), &[MangleVerb::ChangeMss])),
                (
                    "passthrough",
                    of(passthrough.place().filter(|_| passthrough.value == Some(false)), &marks_or_changes),
                ),
            ];
            self.no_effect(verb.word(), unused);
        }
        let passthrough =
            if passthrough.value == Some(false) { Passthrough::Stop } else { Passthrough::Continue };
        match verb {
            MangleVerb::Accept => Some(MangleAction::Accept),
            MangleVerb::Return => Some(MangleAction::Return),
            MangleVerb::Passthrough => Some(MangleAction::Passthrough),
            MangleVerb::Jump => {
                let target = jump_target.required("jump-target", &mut self.diagnostics)?;
                Some(MangleAction::Jump(Chain::named(&target)))
            }
            MangleVerb::MarkConnection => {
                let MarkName(mark) =
                    new_connection_mark.required("new-connection-mark", &mut self.diagnostics)?;
                Some(MangleAction::MarkConnection(mark.as_deref().map(ConnectionMark::new), passthrough))
            }
            MangleVerb::MarkPacket => {
                let MarkName(mark) = new_packet_mark.required("new-packet-mark", &mut self.diagnostics)?;
                Some(MangleAction::MarkPacket(mark.as_deref().map(PacketMark::new), passthrough))
            }
            MangleVerb::MarkRouting => {
                let origin = new_routing_mark.origin;
                let name = new_routing_mark.required("new-routing-mark", &mut self.diagnostics)?;
                let table = self.table(if name == "no-mark" { "main" } else { &name }, origin)?;
                Some(MangleAction::MarkRouting(table, passthrough))
            }
            MangleVerb::ChangeMss => {
                let mss = new_mss.required("new-mss", &mut self.diagnostics)?;
                Some(MangleAction::ChangeMss(mss, passthrough))
            }
            MangleVerb::Other => {
                self.report(diagnostics::refused(
                    "this action can't be carried over",
                    action.origin,
                    "rosc lowers accept, change-mss, jump, mark-connection, mark-packet, mark-routing, passthrough, \
                     return",
                ));
                None
            }
        }
    }

    /// Reports rules whose action or matchers their chain does not have.
    fn check_mangle_chains(&mut self, table: &RuleTable<MangleHook, MangleAction>) {
        let reach = table.reach();
        for (chain, rules) in &table.chains {
            for &hook in &reach.of(chain) {
                for rule in rules {
                    self.check_mangle_rule(hook, rule);
                }
            }
        }
    }

    fn check_mangle_rule(&mut self, hook: MangleHook, rule: &Rule<MangleAction>) {
        if let MangleAction::MarkRouting(table, _) = &rule.action {
            if !hook.is_before_routing() {
                let message = format!("mark-routing comes too late in chain {}", hook.name());
                let help = "the way is chosen after prerouting and output: mark there";
                self.report(diagnostics::wrong_chain(message, rule.origin, help));
            }
            let version_7 = self.router.dialect == Dialect::V7;
            if version_7 && hook == MangleHook::Prerouting && !table.is_main() && can_be_local(&rule.matchers)
            {
                self.report(diagnostics::marked_local_traffic(rule.origin));
            }
        }
        self.check_interfaces(hook, rule.origin, &rule.matchers);
    }

    fn check_interfaces(&mut self, hook: MangleHook, origin: Origin, matchers: &Matchers) {
        let incoming = matchers.in_interface.is_some() || matchers.in_interface_list.is_some();
        let outgoing = matchers.out_interface.is_some() || matchers.out_interface_list.is_some();
        let missing = match hook {
            MangleHook::Prerouting | MangleHook::Input => outgoing.then_some("outgoing"),
            MangleHook::Output | MangleHook::Postrouting => incoming.then_some("incoming"),
            MangleHook::Forward => None,
        };
        if let Some(what) = missing {
            let message = format!("there is no {what} interface to match in chain {}", hook.name());
            let help = "match in chain forward, or mark the packet where the interface is known";
            self.report(diagnostics::wrong_chain(message, origin, help));
        }
    }
}

/// Whether packets to one of the router's own addresses can meet the conditions, as far as they alone tell.
fn can_be_local(matchers: &Matchers) -> bool {
    let by_type = match &matchers.dst_address_type {
        Some(Condition::IsNot(types)) => !types.contains(&AddressType::Local),
        Some(Condition::Is(types)) => types.contains(&AddressType::Local),
        None => true,
    };
    // A connection that carries a mark was marked by a rule of its own: that rule decides what is marked.
    by_type && !matches!(matchers.connection_mark, Some(Condition::Is(Some(_))))
}
