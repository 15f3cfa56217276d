//! Whether a plan could cut off the session in which somebody asks for it.

use super::{Observed, Plan, Step};
use crate::lower::Desired;
use ipnet::IpNet;
use rosc_nftables::{BaseHook, Chain, ChainType, Hook, Name, Rule, State, Statement, Table, Values, Verdict};
use rosc_target::Origin;
use std::net::IpAddr;

/// A session that came in over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Where it comes from.
    pub client: IpAddr,
    /// The address of this machine that it came to.
    pub server: IpAddr,
}

/// A change that the way of a session could depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The line that asks for it.
    pub origin: Origin,
    /// The change in the words of Linux.
    pub change: String,
}

impl Plan {
    /// The changes that packets of a session, or the answers to them, could meet. Rather one too many: what becomes of them
    /// is not worked out.
    pub fn touches(&self, session: Session, observed: &Observed, desired: &Desired) -> Vec<Touch> {
        let mut touches = Vec::new();
        for step in &self.steps {
            match step {
                Step::Sysctl(changes) => {
                    let met = changes.iter().filter(|change| session.meets_setting(change.key.as_str()));
                    touches.extend(
                        met.map(|change| Touch { origin: change.origin, change: change.to_string() }),
                    );
                }
                Step::Route(changes) => {
                    let met = changes.iter().filter(|change| session.meets_route(change));
                    touches.extend(
                        met.map(|change| Touch { origin: change.origin(), change: change.to_string() }),
                    );
                }
                // The session ends here, and what is for the router itself takes the stack.
                Step::Ebpf(_) => {}
                Step::Nftables(changes) => {
                    let states = [&*observed.nftables.state, &desired.nftables];
                    let met = changes.iter().filter(|change| session.meets_firewall(change, states));
                    touches.extend(
                        met.map(|change| Touch { origin: change.origin(), change: change.to_string() }),
                    );
                }
            }
        }
        touches
    }
}

impl Session {
    fn is_ipv6(self) -> bool {
        self.client.is_ipv6()
    }

    /// Settings by which the kernel refuses packets, forgets routers or answers for others.
    fn meets_setting(self, key: &str) -> bool {
        let family = if self.is_ipv6() { "net/ipv6/" } else { "net/ipv4/" };
        let name = key.rsplit('/').next().unwrap_or_default();
        let decides = ["rp_filter", "arp_filter", "arp_ignore", "disable_ipv6", "forwarding", "accept_ra"];
        key.starts_with(family) && decides.contains(&name)
    }

    fn meets_route(self, change: &rosc_route::Change) -> bool {
        match change {
            rosc_route::Change::Link(_) | rosc_route::Change::Device(_) => true,
            rosc_route::Change::Address(action) => {
                let address = action.subject();
                let network = IpNet::new(address.peer.unwrap_or(address.local), address.prefix_len);
                address.local == self.server || network.is_ok_and(|network| network.contains(&self.client))
            }
            rosc_route::Change::Route(action) => action.subject().destination.contains(&self.client),
            // Nothing else of it changes than whose it is.
            rosc_route::Change::Adopt(_) | rosc_route::Change::Release(_) => false,
            rosc_route::Change::Rule(change) => {
                change.subject().rule.family == rosc_route::Family::of(self.client)
            }
        }
    }

    fn meets_firewall(self, change: &rosc_nftables::Change, states: [&State; 2]) -> bool {
        use rosc_nftables::Action;
        let is_ipv6 = change.family == rosc_nftables::Family::Ip6;
        if is_ipv6 != self.is_ipv6() {
            return false;
        }
        let tables = Tables(states.map(|state| state.tables.get(&change.family)));
        let decides = |rule: &Rule| rule.statements().iter().any(|statement| tables.decide(statement));
        match &change.action {
            Action::CreateChain { chain, .. } | Action::DeleteChain { chain, .. } => {
                is_on_the_way(chain.hook) && chain.rules.iter().any(decides)
            }
            Action::SetPolicy { chain, .. } => {
                tables.chains(chain).iter().any(|chain| is_on_the_way(chain.hook))
            }
            Action::EditChain { chain, runs, .. } => {
                let mut rules = runs.iter().flat_map(|run| run.removed.iter().chain(&run.inserted));
                tables.chains(chain).iter().any(|chain| is_on_the_way(chain.hook)) && rules.any(decides)
            }
            Action::EditSet { removed, added, .. } => self.is_in(removed) || self.is_in(added),
            // These do nothing by themselves.
            Action::CreateSet { .. } | Action::DeleteSet { .. } => false,
            Action::CreateHelper { .. } | Action::DeleteHelper { .. } => false,
            Action::CreateFlowtable { .. } | Action::DeleteFlowtable { .. } => false,
            Action::CreateTable {} | Action::DeleteTable {} => false,
            Action::CreateObject { .. } | Action::DeleteObject { .. } => false,
        }
    }

    fn is_in(self, values: &Values) -> bool {
        [self.client, self.server].into_iter().any(|address| match (values, address) {
            (Values::Ipv4(ranges), IpAddr::V4(address)) => ranges.contains(address),
            (Values::Ipv6(ranges), IpAddr::V6(address)) => ranges.contains(address),
            (Values::Ipv4(_) | Values::Ipv6(_), _) => false,
            // Interfaces, ports, marks: which of them are on the way is not known.
            _ => true,
        })
    }
}

/// The tables of a family before and after.
#[derive(Clone, Copy)]
struct Tables<'s>([Option<&'s Table>; 2]);

impl<'s> Tables<'s> {
    fn chains(self, name: &Name) -> Vec<&'s Chain> {
        self.0.into_iter().flatten().filter_map(|table| table.chains.get(name)).collect()
    }

    /// Whether a statement can make something else of a packet: one that looks, counts or gives a connection its helper
    /// can't, nor can one that is for forwarded ones alone.
    fn decide(self, statement: &Statement) -> bool {
        match statement {
            Statement::Match(_) | Statement::Counter(_) | Statement::Log(_) | Statement::Limit(_) => false,
            Statement::SetUpdate(_) | Statement::SetHelper(_) | Statement::FlowAdd(_) => false,
            Statement::Verdict(Verdict::Jump(target)) => {
                let chains = self.chains(target);
                let mut rules = chains.iter().flat_map(|chain| &chain.rules);
                rules.any(|rule| rule.statements().iter().any(|statement| self.decide(statement)))
            }
            _ => true,
        }
    }
}

/// Whether packets to this machine, or from it, come by a chain that decides about them. Those of a session that is there
/// are translated as before.
fn is_on_the_way(hook: Option<BaseHook>) -> bool {
    let Some(BaseHook { kind, hook, .. }) = hook else { return true };
    match hook {
        Hook::Prerouting | Hook::Input | Hook::Output => kind != ChainType::Nat,
        Hook::Forward | Hook::Postrouting => false,
    }
}
