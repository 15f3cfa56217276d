//! Routing marks whose tables have no answer: packets that carry them take `main` as if they had none.

use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean};
use crate::ir::firewall::{Action, Condition, MangleAction};
use crate::ir::nexthop::NextHops;
use crate::ir::{Dialect, RouteTarget, Router, TableName};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a table's routes of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answers {
    /// There are none, or none that is ever used.
    Nothing,
    /// There are some, and the machine knows whether they lead anywhere.
    Something,
}

pub(super) fn look(router: &Router, next_hops: &NextHops<'_>, found: &mut Vec<Diagnostic>) {
    let answers = answers(router, next_hops);
    let asked = asked_otherwise(router);
    for (ipv6, firewall) in [(false, &router.firewall), (true, &router.ipv6_firewall)] {
        let reach = firewall.mangle.reach();
        let reached = firewall.mangle.chains.iter().filter(|(chain, _)| reach.has(chain));
        for rule in reached.flat_map(|(_, rules)| rules) {
            let Action::Own(MangleAction::MarkRouting(table, _)) = &rule.action else { continue };
            let has_answer = answers.get(&(ipv6, table)) == Some(&Answers::Something);
            let Some(declared) = router.tables.get(table) else { continue };
            if table.is_main() || asked.contains(table) || (has_answer && declared.fib) {
                continue;
            }
            let message =
                format!("no route answers packets that are marked for table `{table}`: they take main");
            let why = match () {
                () if !declared.fib => "its routes are not used: it has no fib",
                () if answers.contains_key(&(ipv6, table)) => "none of its routes is ever used",
                () if answers.contains_key(&(!ipv6, table)) => "it has routes of the other family only",
                () => "it has no routes",
            };
            let others = answers.iter().filter(|((of, other), answers)| {
                *of == ipv6 && **answers == Answers::Something && !other.is_main()
            });
            let others = others.map(|((_, other), _)| other.as_str());
            let near = did_you_mean(table.as_str(), others).map(|near| format!("did you mean `{near}`?"));
            let add = routing_table(router);
            let menu = if ipv6 { "/ipv6" } else { "/ip" };
            let help = if declared.fib {
                format!("give the table a way: {menu} route add gateway=... {add}={table}")
            } else {
                format!("write `add fib name={table}` in /routing table")
            };
            let mut diagnostic = Diagnostic::new(Code::MarkWithoutRoute, message)
                .label(rule.origin, "marks packets for it")
                .label(declared.origin, why)
                .help(near.filter(|_| declared.fib).unwrap_or(help));
            // A client's default route may go to any table, and what it runs when it is bound may add others.
            if let Some(client) = router.address_clients.first().filter(|_| declared.fib) {
                diagnostic = diagnostic.label(*client, "unless a route that is learned here goes there");
                diagnostic.severity = Severity::Note;
            }
            found.push(diagnostic);
        }
    }
}

/// The property by which a route names its table.
pub(super) fn routing_table(router: &Router) -> &'static str {
    match router.dialect {
        Dialect::V6 => "routing-mark",
        Dialect::V7 => "routing-table",
    }
}

/// The best that the routes of each table say.
fn answers<'r>(router: &'r Router, next_hops: &NextHops<'_>) -> BTreeMap<(bool, &'r TableName), Answers> {
    let mut answers = BTreeMap::new();
    for (index, route) in router.routes.iter().enumerate() {
        // A gateway that nothing reaches is an error of its own.
        let is_unresolved = matches!(route.target, RouteTarget::Via(_)) && route.distance.is_usable();
        let is_something = next_hops.is_candidate(index) || is_unresolved;
        let answer = if is_something { Answers::Something } else { Answers::Nothing };
        let best = answers.entry((route.destination.addr().is_ipv6(), &route.table)).or_insert(answer);
        *best = answer.max(*best);
    }
    answers
}

/// Marks that something else than the look-up asks for: rules of either kind.
fn asked_otherwise(router: &Router) -> BTreeSet<&TableName> {
    let by_rules = router.rules.iter().filter_map(|rule| rule.routing_mark.as_ref());
    let matchers = router.firewall.matchers().chain(router.ipv6_firewall.matchers());
    let by_matchers = matchers.filter_map(|(matchers, _)| match &matchers.routing_mark {
        Some(Condition::Is(table) | Condition::IsNot(table)) => Some(table),
        None => None,
    });
    by_rules.chain(by_matchers).collect()
}
