//! Policy rules: first those for routing marks, then `/routing rule`.

use super::Context;
use super::mark::ROUTING_MARK;
use crate::ir::firewall::{Action, MangleAction};
use crate::ir::{Firewall, RoutingRule, RuleAction, TableName};
use rosc_route::{Family, FwMark, Rule};
use rosc_target::Origin;
use std::collections::BTreeMap;

impl Context<'_> {
    pub(super) fn rules(&mut self) -> Vec<Rule> {
        let router = self.router;
        let mut rules = Vec::new();
        for (family, firewall) in [(Family::Ipv4, &router.firewall), (Family::Ipv6, &router.ipv6_firewall)] {
            for (table, origin) in marked_tables(firewall) {
                rules.push(self.rule_of_mark(family, table, origin));
            }
            for rule in &router.rules {
                let concerned = match family {
                    Family::Ipv4 => rule.is_ipv4(),
                    Family::Ipv6 => rule.is_ipv6() && router.uses_ipv6(),
                };
                if concerned {
                    rules.extend(self.routing_rule(family, rule));
                }
            }
        }
        rules
    }

    /// Packets with a table's mark look there first. Without an answer they go on with the rules behind and with
    /// the main table, as on RouterOS.
    fn rule_of_mark(&self, family: Family, table: &TableName, origin: Origin) -> Rule {
        Rule {
            origin,
            family,
            from: None,
            to: None,
            iif: None,
            fwmark: Some(FwMark { value: self.marks.routing(table), mask: ROUTING_MARK.mask() }),
            action: rosc_route::RuleAction::Lookup {
                table: self.marks.table(table),
                suppress_prefixlength: None,
            },
        }
    }

    fn routing_rule(&self, family: Family, rule: &RoutingRule) -> Vec<Rule> {
        let iif = match &rule.interface {
            Some(interface) => match self.devices.named(interface) {
                Some(device) => Some(device.clone()),
                None => return Vec::new(),
            },
            None => None,
        };
        let mark = |table| FwMark { value: self.marks.routing(table), mask: ROUTING_MARK.mask() };
        let with = |action| Rule {
            origin: rule.origin,
            family,
            from: rule.source,
            to: rule.destination,
            iif: iif.clone(),
            fwmark: rule.routing_mark.as_ref().map(mark),
            action,
        };
        let lookup = |table, min_prefix: Option<u8>| rosc_route::RuleAction::Lookup {
            table: self.marks.table(table),
            suppress_prefixlength: min_prefix,
        };
        match &rule.action {
            RuleAction::Lookup { table, min_prefix } => vec![with(lookup(table, *min_prefix))],
            RuleAction::LookupOnlyInTable { table, min_prefix } => {
                vec![with(lookup(table, *min_prefix)), with(rosc_route::RuleAction::Unreachable)]
            }
            RuleAction::Drop => vec![with(rosc_route::RuleAction::Blackhole)],
            RuleAction::Unreachable => vec![with(rosc_route::RuleAction::Unreachable)],
        }
    }
}

/// The tables that packets are marked for, each with the first rule that does.
fn marked_tables(firewall: &Firewall) -> BTreeMap<&TableName, Origin> {
    let mut tables = BTreeMap::new();
    for rule in firewall.mangle.rules() {
        if let Action::Own(MangleAction::MarkRouting(table, _)) = &rule.action
            && !table.is_main()
        {
            tables.entry(table).or_insert(rule.origin);
        }
    }
    tables
}
