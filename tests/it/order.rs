//! The order of a plan: behind every single step of it, whatever leads packets somewhere leads them to what was there
//! before or is there in the end.

use crate::configurations::case;
use crate::fastpath::meaning::asking;
use crate::stages::text;
use proptest::prelude::*;
use regex::Regex;
use rosc::compile::{Options, compile};
use rosc::diagnostic::has_errors;
use rosc::host::Host;
use rosc::lower::{Desired, lower};
use rosc::plan::{Observed, Step, plan};
use rosc_ebpf::{Group, GroupName};
use rosc_nftables::{Action as Nft, Family};
use rosc_route::{Action, Change, RouteKey, RuleAction, RuleChange};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// What the rules of the firewall write into the lower half of the packet mark, which leads to tables.
static ROUTING_MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"meta mark set (?:meta mark & 0x[0-9a-f]+ \| )?0x([0-9a-f]+)").expect("a regular expression")
});

/// What there is at some point of the way.
#[derive(Debug, Clone, Default, PartialEq)]
struct There {
    routes: BTreeSet<(bool, RouteKey)>,
    /// Rules with their family as text, and the table that they lead to. One that is moved is there twice for a while.
    rules: BTreeMap<String, (usize, Option<(bool, u32)>)>,
    /// The rules of each chain.
    chains: BTreeMap<(Family, String), Vec<String>>,
    addresses: BTreeSet<String>,
    /// The marks that the fast path puts on packets, by group.
    groups: BTreeMap<GroupName, BTreeSet<(bool, u32)>>,
}

impl There {
    fn of(desired: &Desired) -> Self {
        let mut there = Self::default();
        for route in desired.route.routes() {
            there.routes.insert((route.destination.addr().is_ipv6(), route.key()));
        }
        for rule in desired.route.rules() {
            there.add(rule);
        }
        there.addresses.extend(desired.route.addresses().iter().map(ToString::to_string));
        for (name, group) in &desired.ebpf.groups {
            there.groups.insert(name.clone(), marks_of(group));
        }
        for (family, table) in &desired.nftables.tables {
            for (name, chain) in &table.chains {
                there.chains.insert((*family, name.to_string()), texts(&chain.rules));
            }
        }
        there
    }

    fn add(&mut self, rule: &rosc_route::Rule) {
        self.rules.entry(text_of(rule)).or_insert((0, table_of(rule))).0 += 1;
    }

    fn route(&mut self, change: &Change) {
        match change {
            Change::Route(Action::Create(route) | Action::Modify { to: route, .. }) => {
                self.routes.insert((route.destination.addr().is_ipv6(), route.key()));
            }
            Change::Route(Action::Delete(route)) => {
                self.routes.remove(&(route.destination.addr().is_ipv6(), route.key()));
            }
            Change::Rule(RuleChange::Create(placed)) => {
                self.add(&placed.rule);
            }
            Change::Rule(RuleChange::Delete(placed)) => {
                let rule = text_of(&placed.rule);
                let (count, _) = self.rules.get_mut(&rule).expect("a rule that is there");
                *count -= 1;
                if *count == 0 {
                    self.rules.remove(&rule);
                }
            }
            Change::Address(Action::Create(address) | Action::Modify { to: address, .. }) => {
                self.addresses.insert(address.to_string());
            }
            Change::Address(Action::Delete(address)) => {
                self.addresses.remove(&address.to_string());
            }
            Change::Link(_) | Change::Device(_) | Change::Adopt(_) | Change::Release(_) => {}
        }
    }

    fn firewall(&mut self, change: &rosc_nftables::Change) {
        let key = |name: &rosc_nftables::Name| (change.family, name.to_string());
        match &change.action {
            Nft::CreateChain { name, chain } => {
                self.chains.insert(key(name), texts(&chain.rules));
            }
            Nft::DeleteChain { name, .. } => {
                self.chains.remove(&key(name));
            }
            Nft::EditChain { chain, runs, .. } => {
                let rules = self.chains.get_mut(&key(chain)).expect("a chain that is there");
                for run in runs.iter().rev() {
                    rules.splice(run.at..run.at + run.removed.len(), texts(&run.inserted));
                }
            }
            _ => {}
        }
    }

    fn fastpath(&mut self, change: &rosc_ebpf::Change) {
        if let rosc_ebpf::Change::Group { name, action } = change {
            match action.to() {
                Some(group) => self.groups.insert(name.clone(), marks_of(group)),
                None => self.groups.remove(name),
            };
        }
    }

    fn marks(&self) -> BTreeSet<(bool, u32)> {
        let mut marks: BTreeSet<(bool, u32)> = self.groups.values().flatten().copied().collect();
        for ((family, _), rules) in &self.chains {
            for found in rules.iter().flat_map(|rule| ROUTING_MARK.captures_iter(rule)) {
                let number = u32::from_str_radix(&found[1], 16).expect("a number");
                marks.insert((*family == Family::Ip6, number & 0xffff));
            }
        }
        marks
    }

    fn routes_of(&self, table: (bool, u32)) -> BTreeSet<&RouteKey> {
        let is_its = |(ipv6, key): &&(bool, RouteKey)| (*ipv6, key.table) == table;
        self.routes.iter().filter(is_its).map(|(_, key)| key).collect()
    }
}

/// The marks of a group's members, each with whether it is for IPv6.
fn marks_of(group: &Group) -> BTreeSet<(bool, u32)> {
    let members = group.members.iter();
    let marks = members.filter_map(|(hop, member)| Some((hop.gateway?.is_ipv6(), member.mark?.value)));
    marks.map(|(ipv6, value)| (ipv6, value.get().into())).collect()
}

fn texts(rules: &[rosc_nftables::Rule]) -> Vec<String> {
    rules.iter().map(ToString::to_string).collect()
}

fn text_of(rule: &rosc_route::Rule) -> String {
    format!("{} {rule}", rule.family)
}

fn table_of(rule: &rosc_route::Rule) -> Option<(bool, u32)> {
    match rule.action {
        RuleAction::Lookup { table, .. } => Some((rule.family == rosc_route::Family::Ipv6, table)),
        RuleAction::Unreachable | RuleAction::Blackhole | RuleAction::Prohibit => None,
    }
}

/// What is wrong with a point of the way, if anything is.
fn wrong(old: &There, now: &There, new: &There) -> Option<String> {
    for (rule, (_, table)) in &now.rules {
        let (before, after) = (old.rules.contains_key(rule), new.rules.contains_key(rule));
        let Some(table) = *table else { continue };
        let (old_routes, new_routes) = (old.routes_of(table), new.routes_of(table));
        let needed: BTreeSet<&RouteKey> = match (before, after) {
            (false, false) => return Some(format!("rule {rule} is of neither")),
            (true, false) => old_routes,
            (false, true) => new_routes,
            (true, true) => old_routes.intersection(&new_routes).copied().collect(),
        };
        if let Some(missing) = needed.difference(&now.routes_of(table)).next() {
            return Some(format!("rule {rule} misses {missing:?}"));
        }
    }
    let kept = |rule: &&String| new.rules.contains_key(*rule);
    if let Some(gone) = old.rules.keys().filter(kept).find(|rule| !now.rules.contains_key(*rule)) {
        return Some(format!("rule {gone} is gone"));
    }
    let (before, after) = (old.marks(), new.marks());
    for mark in now.marks() {
        // What leads from a mark to its table, in the state that the mark is of.
        let leads = |there: &There| -> Vec<String> {
            let leads = |rule: &&String| rule.contains(&format!("fwmark {:#x}/", mark.1));
            let of_family = |rule: &&String| there.rules[*rule].1.is_none_or(|(ipv6, _)| ipv6 == mark.0);
            there.rules.keys().filter(leads).filter(of_family).cloned().collect()
        };
        let needed = match (before.contains(&mark), after.contains(&mark)) {
            (false, false) => return Some(format!("mark {mark:?} is of neither")),
            (true, false) => leads(old),
            (false, true) => leads(new),
            (true, true) => Vec::new(),
        };
        if let Some(missing) = needed.iter().find(|rule| !now.rules.contains_key(*rule)) {
            return Some(format!("mark {mark:?} misses rule {missing}"));
        }
    }
    let kept = old.addresses.intersection(&new.addresses).find(|address| !now.addresses.contains(*address));
    kept.map(|address| format!("address {address} is gone"))
}

/// What a configuration is lowered to, unless it is refused.
fn lowered(configuration: &str) -> Option<Desired> {
    let sources = text(configuration);
    let compiled = compile(&sources, Options::default());
    let lowered = lower(&compiled.router, &Host::unknown());
    let is_fine = !has_errors(&compiled.diagnostics) && !has_errors(&lowered.diagnostics);
    is_fine.then_some(lowered.desired)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_global_rejects: 100_000,
        ..ProptestConfig::with_cases(150)
    })]

    #[test]
    fn no_step_of_a_plan_leads_packets_to_what_neither_side_has((from, to) in (case(), case())) {
        hold(&from.text(), &to.text())?;
    }

    #[test]
    fn nor_does_one_with_a_fast_path(((from, _), (to, _)) in (asking(), asking())) {
        hold(&from, &to)?;
    }
}

fn hold(from: &str, to: &str) -> Result<(), TestCaseError> {
    let (Some(from), Some(to)) = (lowered(from), lowered(to)) else {
        return Err(TestCaseError::reject("a configuration that is refused"));
    };
    let steps = plan(&to, &Observed::assumed(&from, &to)).steps;
    let (old, new) = (There::of(&from), There::of(&to));
    let mut now = old.clone();
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Sysctl(_) => {}
            Step::Ebpf(changes) => {
                for change in changes {
                    now.fastpath(change);
                    prop_assert_eq!(wrong(&old, &now, &new), None, "step {}, {}", number, change);
                }
            }
            Step::Route(changes) => {
                for change in changes {
                    now.route(change);
                    prop_assert_eq!(wrong(&old, &now, &new), None, "step {}, {}", number, change);
                }
            }
            Step::Nftables(changes) => {
                changes.iter().for_each(|change| now.firewall(change));
                prop_assert_eq!(wrong(&old, &now, &new), None, "step {}", number);
            }
        }
    }
    prop_assert_eq!(now, new);
    Ok(())
}
