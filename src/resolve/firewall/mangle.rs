//! Mangle rules.

use super::Family;
use super::fields::MatcherFields;
use super::rules::RuleFields;
use crate::catalog::types::{Derived, Keyword, MarkName, NewTtl};
use crate::catalog::{
    self, Field, FirewallRuleItem, Ipv4MangleItem, Ipv6MangleItem, MangleItem, MangleVerb, Reader, Verb,
};
use crate::ir::firewall::{
    Action, AddressType, Condition, Hook, MangleAction, MangleHook, Matchers, Passthrough, Rule, RuleTable,
};
use crate::ir::{ConnectionMark, Dialect, PacketMark};
use crate::resolve::{Resolver, diagnostics};
use rosc_target::Origin;

/// What only a mangle rule says.
struct MangleFields {
    item: MangleItem,
    /// `new-ttl` or `new-hop-limit`.
    new_ttl: (&'static str, Field<NewTtl>),
}

impl Resolver<'_, '_> {
    pub(super) fn mangle(&mut self, family: Family) -> RuleTable<MangleHook, MangleAction> {
        fn read<const V6: bool>(reader: &mut Reader<'_, '_>) -> RuleFields<MangleFields> {
            let matchers = MatcherFields::of_filter(reader, V6);
            let new_ttl = if V6 {
                ("new-hop-limit", Ipv6MangleItem::read(reader).new_hop_limit)
            } else {
                ("new-ttl", Ipv4MangleItem::read(reader).new_ttl)
            };
            let own = MangleFields { item: MangleItem::read(reader), new_ttl };
            RuleFields { rule: FirewallRuleItem::read(reader), matchers, own }
        }
        let (menu, read): (_, fn(&mut Reader<'_, '_>) -> RuleFields<MangleFields>) = match family {
            Family::Ip => (&catalog::IP_FIREWALL_MANGLE, read::<false>),
            Family::Ipv6 => (&catalog::IPV6_FIREWALL_MANGLE, read::<true>),
        };
        let table = self
            .rules_of(family, menu, read, |this, _, rule, fields| this.mangle_action(family, rule, fields));
        self.check_mangle_chains(&table);
        table
    }

    fn mangle_action(
        &mut self,
        family: Family,
        rule: &mut FirewallRuleItem,
        fields: MangleFields,
    ) -> Option<Action<MangleHook, MangleAction>> {
        let MangleFields { item, new_ttl: (ttl_name, new_ttl) } = fields;
        let MangleItem {
            action,
            new_connection_mark,
            new_packet_mark,
            new_routing_mark,
            new_mss,
            new_dscp,
            new_priority,
            passthrough,
        } = item;
        let verb = action.value.unwrap_or(Verb::Accept);
        let of = |place: Option<Origin>, own| place.filter(|_| verb != Verb::Own(own));
        let changes = matches!(verb, Verb::Own(own) if own != MangleVerb::Drop && own != MangleVerb::FasttrackConnection);
        let stops = passthrough.place().filter(|_| passthrough.value == Some(false));
        let ttl_verb = if family.is_ipv6() { MangleVerb::ChangeHopLimit } else { MangleVerb::ChangeTtl };
        let unused = [
            ("new-connection-mark", of(new_connection_mark.place(), MangleVerb::MarkConnection)),
            ("new-packet-mark", of(new_packet_mark.place(), MangleVerb::MarkPacket)),
            ("new-routing-mark", of(new_routing_mark.place(), MangleVerb::MarkRouting)),
            ("new-mss", of(new_mss.place(), MangleVerb::ChangeMss)),
            ("new-dscp", of(new_dscp.place(), MangleVerb::ChangeDscp)),
            ("new-priority", of(new_priority.place(), MangleVerb::SetPriority)),
            (ttl_name, of(new_ttl.place(), ttl_verb)),
            ("passthrough", stops.filter(|_| !changes)),
        ];
        if !matches!(verb, Verb::Refused(_)) {
            self.no_effect(verb.word(), unused);
        }
        let passthrough =
            if passthrough.value == Some(false) { Passthrough::Stop } else { Passthrough::Continue };
        let origin = action.origin;
        self.action_of(rule, &action, |this, verb| match verb {
            MangleVerb::Drop => Some(MangleAction::Drop),
            MangleVerb::FasttrackConnection => Some(MangleAction::FasttrackConnection),
            MangleVerb::MarkConnection => {
                let MarkName(mark) =
                    new_connection_mark.required("new-connection-mark", &mut this.diagnostics)?;
                Some(MangleAction::MarkConnection(mark.as_deref().map(ConnectionMark::new), passthrough))
            }
            MangleVerb::MarkPacket => {
                let MarkName(mark) = new_packet_mark.required("new-packet-mark", &mut this.diagnostics)?;
                Some(MangleAction::MarkPacket(mark.as_deref().map(PacketMark::new), passthrough))
            }
            MangleVerb::MarkRouting => {
                let origin = new_routing_mark.origin;
                let name = new_routing_mark.required("new-routing-mark", &mut this.diagnostics)?;
                let table = this.table(if name == "no-mark" { "main" } else { &name }, origin)?;
                Some(MangleAction::MarkRouting(table, passthrough))
            }
            MangleVerb::ChangeMss => {
                let mss = new_mss.required("new-mss", &mut this.diagnostics)?;
                Some(MangleAction::ChangeMss(mss, passthrough))
            }
            MangleVerb::ChangeDscp => {
                let dscp = this.derived("new-dscp", new_dscp)?;
                Some(MangleAction::ChangeDscp(dscp, passthrough))
            }
            MangleVerb::SetPriority => {
                let priority = this.derived("new-priority", new_priority)?;
                Some(MangleAction::SetPriority(priority, passthrough))
            }
            MangleVerb::ChangeTtl | MangleVerb::ChangeHopLimit if verb != ttl_verb => {
                this.report(diagnostics::refused(
                    "an action of the other family",
                    origin,
                    "use the other one",
                ));
                None
            }
            MangleVerb::ChangeTtl | MangleVerb::ChangeHopLimit => {
                let origin = new_ttl.origin;
                match new_ttl.required(ttl_name, &mut this.diagnostics)? {
                    NewTtl::Set(ttl) => Some(MangleAction::ChangeTtl(ttl, passthrough)),
                    NewTtl::Increment(_) | NewTtl::Decrement(_) => {
                        let message = "nftables sets the time to live only to a number";
                        this.report(diagnostics::refused(message, origin, "write set:64, say"));
                        None
                    }
                }
            }
            MangleVerb::ClearDf if family.is_ipv6() => {
                let message = "IPv6 packets have no such bit";
                this.report(diagnostics::refused(message, origin, "remove the rule"));
                None
            }
            MangleVerb::ClearDf => Some(MangleAction::ClearDf(passthrough)),
        })
    }

    /// A number that is written down; one that is taken from elsewhere is refused.
    fn derived(&mut self, name: &str, field: Field<Derived>) -> Option<u8> {
        let origin = field.origin;
        match field.required(name, &mut self.diagnostics)? {
            Derived::Number(number) => Some(number),
            Derived::From => {
                let message = format!("{name} taken from another field of the packet");
                let help = "write a rule for each number that is meant";
                self.report(diagnostics::refused(message, origin, help));
                None
            }
        }
    }

    /// Reports rules whose action their chain does not have.
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

    fn check_mangle_rule(&mut self, hook: MangleHook, rule: &Rule<MangleHook, MangleAction>) {
        if let Action::Own(MangleAction::MarkRouting(table, _)) = &rule.action {
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
