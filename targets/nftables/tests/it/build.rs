//! Small states, for tests that say what they are about.

use rosc_nftables::{
    BaseHook, Chain, ChainType, Family, Hook, InterfaceName, Name, Policy, Rule, State, Statement,
};
use rosc_target::Origin;

/// A rule that no line asked for.
pub(crate) fn rule(statements: impl IntoIterator<Item = Statement>) -> Rule {
    rule_at(0, statements)
}

/// A rule that a line asked for; the first byte of the line tells it from others.
pub(crate) fn rule_at(start: u32, statements: impl IntoIterator<Item = Statement>) -> Rule {
    Rule::new(origin(start), statements).unwrap()
}

/// A place in a file; 0 is no place.
pub(crate) fn origin(start: u32) -> Origin {
    if start == 0 { Origin::IMPLIED } else { Origin { file: 1, start, end: start + 1 } }
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn interface(text: &str) -> InterfaceName {
    InterfaceName::new(text).unwrap()
}

/// A table `ip rosc` whose only chain, `filter_input`, sees the packets to this machine.
pub(crate) fn input(rules: impl IntoIterator<Item = Rule>) -> State {
    let mut state = State::default();
    let chain = base_chain(ChainType::Filter, Hook::Input, 0, rules);
    state.table(Family::Ip).chains.insert(name("filter_input"), chain);
    state
}

pub(crate) fn base_chain(
    kind: ChainType,
    hook: Hook,
    priority: i32,
    rules: impl IntoIterator<Item = Rule>,
) -> Chain {
    let hook = Some(BaseHook { kind, hook, priority, policy: Policy::Accept });
    Chain { hook, rules: rules.into_iter().collect(), ..Chain::default() }
}

/// The rules of `filter_input`.
pub(crate) fn rules_of(state: &State) -> &[Rule] {
    &state.tables[&Family::Ip].chains[&name("filter_input")].rules
}
