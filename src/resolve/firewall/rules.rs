//! What the rules of all menus have in common.

use super::Family;
use super::chains::Chains;
use super::fields::MatcherFields;
use crate::catalog::types::{Keyword, ListTimeout};
use crate::catalog::{Field, FirewallRuleItem, Menu, Reader, Verb};
use crate::ir::AddressListName;
use crate::ir::firewall::{
    Action, AddressSide, Chain, Hook, IpsecDirection, Lasting, Matchers, Remember, Rule, RuleTable,
};
use crate::resolve::{Read, Resolver, diagnostics};
use rosc_target::Origin;

/// A rule as read; `O` is what only rules of its menu say.
pub(super) struct RuleFields<O> {
    pub(super) rule: FirewallRuleItem,
    pub(super) matchers: MatcherFields,
    pub(super) own: O,
}

impl Resolver<'_, '_> {
    /// Reads the rules of a menu. `action` says what a rule does, or has reported why it can't be known.
    pub(super) fn rules_of<H: Hook, A, O>(
        &mut self,
        family: Family,
        menu: &'static Menu,
        read: fn(&mut Reader<'_, '_>) -> RuleFields<O>,
        mut action: impl FnMut(&mut Self, &Matchers, &mut FirewallRuleItem, O) -> Option<Action<H, A>>,
    ) -> RuleTable<H, A> {
        let items = self.read_declarations(menu, read);
        let mut chains = Chains::new();
        for Read { origin, disabled, comment, is_usable, value } in items {
            let RuleFields { mut rule, matchers, own } = value;
            chains.name(&rule.chain);
            if disabled {
                continue;
            }
            chains.leads_to(&rule.jump_target);
            if !is_usable {
                continue;
            }
            let place = rule.chain.origin;
            let chain = Field { value: rule.chain.value.take(), ..rule.chain };
            let chain = chain.required("chain", &mut self.diagnostics);
            let log_prefix = logged(&mut rule);
            let Some(matchers) = self.matchers(family, matchers) else { continue };
            let Some(action) = action(self, &matchers, &mut rule, own) else { continue };
            let Some(chain) = chain else { continue };
            chains.push(&chain, place, Rule { origin, comment, matchers, log_prefix, action });
        }
        let table = self.finished(chains);
        let reach = table.reach();
        for (chain, rules) in &table.chains {
            for &hook in &reach.of(chain) {
                for rule in rules {
                    self.check_sides(hook, rule.origin, &rule.matchers);
                }
            }
        }
        table
    }

    /// The action of a rule. `own` says what it is where only rules of this menu can do it.
    pub(super) fn action_of<H: Hook, A, V: PartialEq + Copy>(
        &mut self,
        rule: &mut FirewallRuleItem,
        action: &Field<Verb<V>>,
        own: impl FnOnce(&mut Self, V) -> Option<A>,
    ) -> Option<Action<H, A>>
    where
        Verb<V>: Keyword,
    {
        let verb = action.value.unwrap_or(Verb::Accept);
        let is_refused = matches!(verb, Verb::Refused(_));
        let unused = rule.jump_target.place().filter(|_| verb != Verb::Jump && !is_refused);
        let remembers = matches!(verb, Verb::AddSrcToAddressList | Verb::AddDstToAddressList);
        let unused_list = rule.address_list.place().filter(|_| !remembers && !is_refused);
        self.no_effect(verb.word(), [("jump-target", unused), ("address-list", unused_list)]);
        match verb {
            Verb::Accept => Some(Action::Accept),
            Verb::Return => Some(Action::Return),
            // What a rule that logs writes is a part of every rule.
            Verb::Passthrough | Verb::Log => Some(Action::Passthrough),
            Verb::Jump => {
                let target = Field { value: rule.jump_target.value.take(), ..rule.jump_target };
                let target = target.required("jump-target", &mut self.diagnostics)?;
                Some(Action::Jump(Chain::named(&target)))
            }
            Verb::AddSrcToAddressList => self.remember(rule, AddressSide::Source),
            Verb::AddDstToAddressList => self.remember(rule, AddressSide::Destination),
            Verb::Own(verb) => own(self, verb).map(Action::Own),
            Verb::Refused(reason) => {
                let message = "this action can't be carried over";
                self.report(diagnostics::refused(message, action.origin, reason));
                None
            }
        }
    }

    fn remember<H, A>(&mut self, rule: &mut FirewallRuleItem, side: AddressSide) -> Option<Action<H, A>> {
        let list = Field { value: rule.address_list.value.take(), ..rule.address_list };
        let list = list.required("address-list", &mut self.diagnostics)?;
        let ListTimeout(lasting) =
            rule.address_list_timeout.value.unwrap_or(ListTimeout(Lasting::UntilRestart));
        Some(Action::Remember(Remember { side, list: AddressListName::new(&list), lasting }))
    }

    /// Reports rules that ask for what packets do not have in their chain: an interface, or a policy of IPsec.
    fn check_sides<H: Hook>(&mut self, hook: H, origin: Origin, matchers: &Matchers) {
        let policy = matchers.circumstances.ipsec_policy.map(|policy| policy.direction);
        let is_wrong = match policy {
            Some(IpsecDirection::In) => !hook.has_in_interface(),
            Some(IpsecDirection::Out) => !hook.has_out_interface(),
            None => false,
        };
        if is_wrong {
            let message = format!("packets have no such policy of IPsec in chain {}", hook.name());
            let help = "`in` is for packets that came in, `out` for those whose way out is known";
            self.report(diagnostics::wrong_chain(message, origin, help));
        }
        let asks_in = matchers.in_interface.is_some() || matchers.in_interface_list.is_some();
        let asks_out = matchers.out_interface.is_some() || matchers.out_interface_list.is_some();
        let missing = match () {
            () if asks_in && !hook.has_in_interface() => "incoming",
            () if asks_out && !hook.has_out_interface() => "outgoing",
            () => return,
        };
        let message = format!("there is no {missing} interface to match in chain {}", hook.name());
        let help =
            "match where there is one, such as in chain forward, and mark the packet or its connection there";
        self.report(diagnostics::wrong_chain(message, origin, help));
    }
}

/// What is written in front of a packet that the rule logs.
fn logged(rule: &mut FirewallRuleItem) -> Option<String> {
    let prefix = rule.log_prefix.value.take().unwrap_or_default();
    (rule.log.value == Some(true)).then_some(prefix)
}
