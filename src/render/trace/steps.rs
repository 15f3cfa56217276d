//! Steps, one line each.

use super::words::{filtered, mangled, of_raw, packet_words};
use super::{TracedStep, Tracing, lost};
use crate::catalog::types::Keyword;
use crate::ir::firewall::{AddressSide, NatAction, Remember};
use crate::ir::nexthop::Hop;
use crate::ir::{RuleAction, TableName};
use crate::trace::{Answer, Decision, Direction, Found, Hook, Look, Outcome, Step, Way};
use rosc_target::Origin;
use std::net::IpAddr;

/// So many routes that lost are shown of a table.
const MOST_LOSERS: usize = 8;

impl<'r> Tracing<'_, 'r> {
    pub(super) fn step(&self, step: &Step<'r>) -> Vec<TracedStep> {
        match step {
            Step::Tracked { state, of } => {
                let state = state.word();
                let text = match of {
                    Some((direction, mark)) => {
                        let side = match direction {
                            Direction::Original => "",
                            Direction::Reply => ", an answer",
                        };
                        let mark = mark.as_ref().map(|mark| format!(", connection mark {mark}"));
                        format!("{state}{side}{}", mark.unwrap_or_default())
                    }
                    None => state.to_owned(),
                };
                vec![plain("connection", text)]
            }
            Step::ShortCut => vec![plain("short cut", "no rule is asked".to_owned())],
            Step::Rule { hook, chain, origin, outcome } => {
                let inside = if hook.chain == *chain { String::new() } else { format!("in chain {chain}: ") };
                let text = match outcome {
                    Outcome::Fails(condition) => format!("{condition} does not hold"),
                    Outcome::Accepts => accepted(*hook).to_owned(),
                    Outcome::Jumps(target) => format!("on in chain {target}"),
                    Outcome::Returns => "back to the chain before".to_owned(),
                    Outcome::Counts => "counted".to_owned(),
                    Outcome::Remembers(Remember { side, list, .. }) => {
                        let which = match side {
                            AddressSide::Source => "source",
                            AddressSide::Destination => "destination",
                        };
                        format!("{which} is on list {list} from now on")
                    }
                    Outcome::Raw(action) => of_raw(action),
                    Outcome::Mangle(action) => mangled(action),
                    Outcome::Nat(action) => translated(action),
                    Outcome::Filter(action) => filtered(action),
                };
                vec![self.with_line(stage(*hook), inside + &text, *origin)]
            }
            Step::Translated(hook, packet) => {
                vec![plain(stage(*hook), format!("now {}", packet_words(packet)))]
            }
            Step::Routed(decision, destination) => self.decision(decision, *destination),
            Step::Taken { hops, taken } => {
                let weight = hops.iter().filter(|hop| **hop == hops[*taken]).count();
                let hop = hop(&hops[*taken]);
                vec![plain("routing", format!("{weight} of {} takes {hop}", hops.len()))]
            }
            Step::Sourced(packet) => vec![plain("routing", format!("source {}", packet.source))],
        }
    }

    fn decision(&self, decision: &Decision<'r>, destination: IpAddr) -> Vec<TracedStep> {
        let mut steps = Vec::new();
        for look in &decision.looked {
            match look {
                Look::Mark(table, found) => {
                    let text = format!("marked for table {table}: {}", found_words(*found));
                    steps.push(plain("routing", text));
                    self.losers(table, destination, &mut steps);
                }
                Look::Own(true) => {
                    steps.push(plain("routing", format!("{destination} is the router's own")));
                }
                Look::Own(false) => {}
                Look::Rule(rule, Err(condition)) => {
                    let text = format!("rule passed by: {condition} does not hold");
                    steps.push(self.with_line("routing", text, rule.origin));
                }
                Look::Rule(rule, Ok(found)) => {
                    let text = match (&rule.action, found) {
                        (
                            RuleAction::Lookup { table, .. } | RuleAction::LookupOnlyInTable { table, .. },
                            Some(found),
                        ) => format!("rule asks table {table}: {}", found_words(*found)),
                        _ => "rule".to_owned(),
                    };
                    steps.push(self.with_line("routing", text, rule.origin));
                    if let RuleAction::Lookup { table, .. } | RuleAction::LookupOnlyInTable { table, .. } =
                        &rule.action
                    {
                        self.losers(table, destination, &mut steps);
                    }
                }
                Look::Main(found) => {
                    steps.push(plain("routing", format!("table main: {}", found_words(*found))));
                    self.losers(&TableName::main(), destination, &mut steps);
                }
            }
        }
        if let Answer::Route(entry) = &decision.answer {
            match entry.routes.as_slice() {
                [] => {
                    let by = match &entry.way {
                        Way::Hops(hops) => hops.first().map(hop).unwrap_or_default(),
                        Way::Blackhole | Way::Unreachable | Way::Prohibit => String::new(),
                    };
                    steps.push(plain("routing", format!("{} is connected {by}", entry.prefix)));
                }
                routes => steps.extend(routes.iter().map(|route| {
                    self.with_line("routing", format!("route to {}", route.destination), route.origin)
                })),
            }
        }
        steps
    }

    /// Why other routes of a table are not used.
    fn losers(&self, table: &TableName, destination: IpAddr, steps: &mut Vec<TracedStep>) {
        let losers = self.tracer.losers(table, destination);
        for loser in losers.iter().take(MOST_LOSERS) {
            let text = format!("not used: {}", lost(loser.why));
            steps.push(self.with_line("routing", text, loser.route.origin));
        }
        if losers.len() > MOST_LOSERS {
            steps.push(plain("routing", format!("and {} more are not used", losers.len() - MOST_LOSERS)));
        }
    }

    fn with_line(&self, stage: impl Into<String>, text: String, origin: Origin) -> TracedStep {
        TracedStep { stage: stage.into(), text, line: self.line(origin) }
    }
}

fn plain(stage: impl Into<String>, text: String) -> TracedStep {
    TracedStep { stage: stage.into(), text, line: None }
}

fn stage(hook: Hook) -> String {
    format!("{} {}", hook.menu, hook.chain)
}

fn found_words(found: Found) -> String {
    match found {
        Found::Nothing => "no route, so on".to_owned(),
        Found::TooShort(prefix) => format!("{prefix} does not count by min-prefix, so on"),
        Found::Route(prefix) => prefix.to_string(),
    }
}

fn hop(hop: &Hop) -> String {
    match hop {
        Hop::Interface { interface, gateway: Some(gateway) } => format!("{gateway} on {interface}"),
        Hop::Interface { interface, gateway: None } => format!("on {interface}"),
        Hop::Blackhole => "nowhere".to_owned(),
    }
}

/// What it means that no more rules of a menu are asked.
fn accepted(hook: Hook) -> &'static str {
    match hook.menu {
        "nat" => "not translated",
        "filter" => "accepted",
        "raw" => "no more of raw here",
        _ => "no more of mangle here",
    }
}

fn translated(action: &NatAction) -> String {
    match action {
        NatAction::Masquerade { .. } => "source becomes the interface's address".to_owned(),
        NatAction::SrcNat(..) => "source is translated".to_owned(),
        NatAction::DstNat(..) => "destination is translated".to_owned(),
        NatAction::Same { .. } => "source becomes one of a range".to_owned(),
        NatAction::Redirect { .. } => "destination becomes the router".to_owned(),
        NatAction::Netmap(prefix) => format!("network becomes {prefix}"),
    }
}
