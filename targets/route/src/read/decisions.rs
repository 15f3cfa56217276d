//! What others decide, in passing over all that they have.

use super::route::RouteRecord;
use super::{KERNEL_PROTOCOL, family_rules, rule};
use crate::decisions::{DecidingRule, ForeignDecisions};
use crate::netlink::{Connection, Refusal};
use crate::{Family, MAIN_TABLE, PROTOCOL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::RouteMessage;

/// Reads it.
pub(crate) fn foreign_decisions(connection: &mut Connection) -> Result<ForeignDecisions, Refusal> {
    let mut decisions = ForeignDecisions::default();
    for family in Family::ALL {
        let mut request = RouteMessage::default();
        request.header.address_family = family.to_kernel();
        let request = RouteNetlinkMessage::GetRoute(request);
        // One more than are told apart says that there are more.
        let mut routes = connection.dump(request, Vec::new, |routes, payload| {
            let record = RouteRecord::parse(payload).filter(|record| {
                let is_foreign = record.protocol != PROTOCOL && record.protocol != KERNEL_PROTOCOL;
                record.family() == family && record.table == MAIN_TABLE && is_foreign
            });
            if routes.len() <= ForeignDecisions::MAX {
                routes.extend(record.map(RouteRecord::deciding));
            }
        })?;
        if routes.len() > ForeignDecisions::MAX {
            routes.clear();
            decisions.more.push(family);
        }
        for (destination, metric) in routes {
            let lowest = decisions.destinations.entry(destination).or_insert(metric);
            *lowest = metric.min(*lowest);
        }
        let records = family_rules(connection, family)?;
        let deciding = records.into_iter().filter(rule::RuleRecord::may_lead_elsewhere);
        decisions.rules.extend(deciding.map(|record| DecidingRule {
            family,
            preference: record.preference,
            iif: record.only_from,
            passes_over: record.passes_over,
        }));
    }
    Ok(decisions)
}
