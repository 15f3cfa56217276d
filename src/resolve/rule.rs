//! Routing rules.

use super::{Read, Resolver, diagnostics};
use crate::catalog::{self, RuleItem, RuleVerb};
use crate::ir::{RoutingRule, RuleAction, TableName};
use rosc_target::Origin;

impl Resolver<'_, '_> {
    pub(super) fn rules(&mut self) {
        for Read { origin, value, .. } in self.read_enabled(&catalog::ROUTING_RULE, RuleItem::read) {
            let RuleItem { src_address, dst_address, interface, routing_mark, action, table, min_prefix } =
                value;
            let (source, destination) = (src_address.value.map(|p| p.0), dst_address.value.map(|p| p.0));
            if let (Some(source), Some(destination)) = (source, destination)
                && source.addr().is_ipv6() != destination.addr().is_ipv6()
            {
                self.report(diagnostics::contradiction(
                    "source and destination are of different families",
                    dst_address.origin,
                    "no packet is both",
                    "make a rule for each family",
                ));
                continue;
            }
            let interface = match interface.value {
                Some(name) => match self.carrier(&name, interface.origin) {
                    Some(interface) => Some(interface),
                    None => continue,
                },
                None => None,
            };
            let routing_mark = match routing_mark.value {
                Some(name) => match self.table(&name, routing_mark.origin) {
                    Some(table) => Some(table),
                    None => continue,
                },
                None => None,
            };
            let action = match action.value.unwrap_or(RuleVerb::Lookup) {
                RuleVerb::Drop => RuleAction::Drop,
                RuleVerb::Unreachable => RuleAction::Unreachable,
                verb @ (RuleVerb::Lookup | RuleVerb::LookupOnlyInTable) => {
                    let name = table.value.unwrap_or_else(|| "main".to_owned());
                    let Some(table) = self.table(&name, table.origin) else { continue };
                    let at = min_prefix.origin;
                    let min_prefix =
                        min_prefix.value.map(|n| u8::try_from(n.0).expect("checked by its type"));
                    if let Some(shortest) = min_prefix {
                        self.hidden_default(&table, shortest, at);
                    }
                    if verb == RuleVerb::Lookup {
                        RuleAction::Lookup { table, min_prefix }
                    } else {
                        RuleAction::LookupOnlyInTable { table, min_prefix }
                    }
                }
            };
            self.router.rules.push(RoutingRule {
                origin,
                source,
                destination,
                interface,
                routing_mark,
                action,
            });
        }
    }

    /// Warns when a rule hides all that its table has.
    fn hidden_default(&mut self, table: &TableName, min_prefix: u8, origin: Origin) {
        let mut routes = self.router.routes.iter().filter(|route| route.table == *table);
        let Some(first) = routes.next().filter(|_| !table.is_main()) else { return };
        let is_hidden = |length: u8| length <= min_prefix;
        if is_hidden(first.destination.prefix_len()) && routes.all(|r| is_hidden(r.destination.prefix_len()))
        {
            let route = first.origin;
            self.report(diagnostics::hidden_default(table.as_str(), min_prefix, origin, route));
        }
    }
}
