//! The routing decision.
//!
//! Order in version 7 (`/routing/settings policy-rules`, by default): the routing mark's table, the router's own
//! addresses, `/routing rule`, main. Version 6 looks at its own addresses first. A table without an answer passes on.
//! Source: "Policy Routing", "Packet Flow".

use super::fib::{Entry, Fib, Way};
use super::local::Own;
use crate::ir::firewall::AddressType;
use crate::ir::{Dialect, InterfaceName, Router, RoutingRule, RuleAction, TableName};
use ipnet::IpNet;
use std::net::IpAddr;
use std::rc::Rc;

/// What a routing decision looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a> {
    pub(super) source: Option<IpAddr>,
    pub(super) destination: IpAddr,
    pub(super) in_interface: Option<&'a InterfaceName>,
    pub(super) mark: Option<&'a TableName>,
}

/// A routing decision, with all that was looked at on the way to it.
#[derive(Debug, Clone)]
pub struct Decision<'r> {
    /// In the order of looking; the last one decided.
    pub looked: Vec<Look<'r>>,
    /// What was decided.
    pub answer: Answer<'r>,
}

/// One thing that a routing decision looks at.
#[derive(Debug, Clone)]
pub enum Look<'r> {
    /// The table of the packet's routing mark.
    Mark(&'r TableName, Found),
    /// Whether the destination is the router itself.
    Own(bool),
    /// A routing rule, with the condition that does not hold, or what its table has.
    Rule(&'r RoutingRule, Result<Option<Found>, &'static str>),
    /// The table main.
    Main(Found),
}

/// What a look-up in a table found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// No route in use holds the destination.
    Nothing,
    /// A route that is no longer than `min-prefix` lets count.
    TooShort(IpNet),
    /// A route.
    Route(IpNet),
}

/// What a routing decision says.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<'r> {
    /// The router itself is meant.
    Local,
    /// All neighbours, or a group of hosts, are meant.
    Group(AddressType),
    /// A route leads there.
    Route(Rc<Entry<'r>>),
    /// A rule drops silently.
    Dropped(&'r RoutingRule),
    /// A rule, or a table that is the only one to be asked, has no way.
    Unreachable(&'r RoutingRule),
    /// Nothing leads there.
    NoRoute,
}

/// Who decides about routes.
pub(super) struct Routing<'r> {
    pub(super) router: &'r Router,
    pub(super) fib: Fib<'r>,
    main: TableName,
}

impl<'r> Routing<'r> {
    pub(super) fn new(router: &'r Router, fib: Fib<'r>) -> Self {
        Self { router, fib, main: TableName::main() }
    }

    /// Decides. `own` knows the router's addresses.
    pub(super) fn decide(&self, own: &Own, query: Query<'_>) -> Decision<'r> {
        let mut looked = Vec::new();
        let answer = self.answer(own, query, &mut looked);
        Decision { looked, answer }
    }

    fn answer(&self, own: &Own, query: Query<'_>, looked: &mut Vec<Look<'r>>) -> Answer<'r> {
        let destination = query.destination;
        if let kind @ (AddressType::Broadcast | AddressType::Multicast) = own.kind(destination) {
            return Answer::Group(kind);
        }
        let is_own = own.has(destination);
        let mark = query.mark.and_then(|mark| self.router.tables.get_key_value(mark)).map(|(name, _)| name);
        if self.router.dialect == Dialect::V6 {
            looked.push(Look::Own(is_own));
            if is_own {
                return Answer::Local;
            }
        }
        if let Some(mark) = mark {
            let (found, entry) = self.look_up(mark, destination, None);
            looked.push(Look::Mark(mark, found));
            if let Some(entry) = entry {
                return Answer::Route(Rc::clone(entry));
            }
        }
        if self.router.dialect == Dialect::V7 {
            looked.push(Look::Own(is_own));
            if is_own {
                return Answer::Local;
            }
        }
        for rule in &self.router.rules {
            if let Some(answer) = self.try_rule(rule, query, looked) {
                return answer;
            }
        }
        let (found, entry) = self.look_up(&self.main, destination, None);
        looked.push(Look::Main(found));
        entry.map_or(Answer::NoRoute, |entry| Answer::Route(Rc::clone(entry)))
    }

    fn try_rule(
        &self,
        rule: &'r RoutingRule,
        query: Query<'_>,
        looked: &mut Vec<Look<'r>>,
    ) -> Option<Answer<'r>> {
        let is_of_family = if query.destination.is_ipv4() { rule.is_ipv4() } else { rule.is_ipv6() };
        if !is_of_family {
            return None;
        }
        if let Some(condition) = failing(rule, query) {
            looked.push(Look::Rule(rule, Err(condition)));
            return None;
        }
        let (table, min_prefix, only) = match &rule.action {
            RuleAction::Lookup { table, min_prefix } => (table, *min_prefix, false),
            RuleAction::LookupOnlyInTable { table, min_prefix } => (table, *min_prefix, true),
            RuleAction::Drop => {
                looked.push(Look::Rule(rule, Ok(None)));
                return Some(Answer::Dropped(rule));
            }
            RuleAction::Unreachable => {
                looked.push(Look::Rule(rule, Ok(None)));
                return Some(Answer::Unreachable(rule));
            }
        };
        let (found, entry) = self.look_up(table, query.destination, min_prefix);
        looked.push(Look::Rule(rule, Ok(Some(found))));
        match entry {
            Some(entry) => Some(Answer::Route(Rc::clone(entry))),
            None if only => Some(Answer::Unreachable(rule)),
            None => None,
        }
    }

    fn look_up(
        &self,
        table: &TableName,
        destination: IpAddr,
        min_prefix: Option<u8>,
    ) -> (Found, Option<&Rc<Entry<'r>>>) {
        match self.fib.look_up(table, destination) {
            None => (Found::Nothing, None),
            // The longest match alone is looked at. A route that drops ends the search at any length.
            Some(entry)
                if min_prefix.is_some_and(|least| entry.prefix.prefix_len() <= least)
                    && matches!(entry.way, Way::Hops(_)) =>
            {
                (Found::TooShort(entry.prefix), None)
            }
            Some(entry) => (Found::Route(entry.prefix), Some(entry)),
        }
    }
}

/// The first condition of a rule that does not hold.
fn failing(rule: &RoutingRule, query: Query<'_>) -> Option<&'static str> {
    let RoutingRule { source, destination, interface, routing_mark, .. } = rule;
    match () {
        // The router's own packets are looked up before they have a source; a condition on everything holds even then.
        () if source.is_some_and(|net| {
            net.prefix_len() > 0 && !query.source.is_some_and(|address| net.contains(&address))
        }) =>
        {
            Some("src-address")
        }
        () if destination.is_some_and(|net| !net.contains(&query.destination)) => Some("dst-address"),
        () if interface.as_ref().is_some_and(|name| Some(name) != query.in_interface) => Some("interface"),
        () if routing_mark.as_ref().is_some_and(|mark| mark.as_mark() != query.mark) => Some("routing-mark"),
        () => None,
    }
}
