//! Why a family has no fast path: something besides the routes has a say in forwarded packets.

use super::diagnostics;
use super::groups::{is_met_unmarked, several};
use crate::diagnostic::Diagnostic;
use crate::ir::{HashPolicy, IpSettings, RedirectPolicy, RoutingRule, RpFilter, RuleAction};
use crate::lower::Context;
use rosc_route::{DecidingRule, Family, MAIN_TABLE};
use rosc_target::Origin;

/// What is in the way on all ports.
pub(super) struct Obstacle {
    why: &'static str,
    origin: Origin,
    help: &'static str,
    of: Of,
}

/// What something is in the way of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Of forwarding packets without the stack.
    Forwarding,
    /// Of choosing gateways for what the stack forwards, too.
    Choosing,
}

impl Obstacle {
    /// Whether the stack can forward packets by gateways that the fast path has chosen.
    pub(super) fn leaves_choices(&self) -> bool {
        self.of == Of::Forwarding
    }

    /// What is to be said of it; `chooses` says whether gateways are chosen.
    pub(super) fn told(&self, family: Family, chooses: bool) -> Diagnostic {
        diagnostics::off(family, self.why, self.origin, self.help, chooses)
    }
}

impl Context<'_> {
    /// All but rules, which may be in the way of some interfaces only.
    pub(super) fn obstacles(&self, family: Family, route: &rosc_route::State) -> Vec<Obstacle> {
        let mut found = match family {
            Family::Ipv4 => of_ipv4(&self.router.settings.ip),
            Family::Ipv6 => self.of_ipv6(),
        };
        // The look-up in the kernel's routes that the program asks for does not see what is inside of a tunnel. In `main`
        // that is not asked about such a route.
        let policy = self.kernel_hash_policy(family);
        let mut others =
            route.routes().iter().filter(|route| route.family() == family && route.table != MAIN_TABLE);
        if policy.value == HashPolicy::L3Inner && others.any(|route| several(route).is_some()) {
            let why = "multipath routes of tables other than main share packets by what is inside of tunnels";
            let help = "set the hash policy of these settings to l3 or l4 if connections inside of a tunnel may go the same way";
            found.push(Obstacle { why, origin: policy.origin, help, of: Of::Forwarding });
        }
        found
    }

    fn of_ipv6(&self) -> Vec<Obstacle> {
        let mut found = Vec::new();
        let mut off = |why, origin, help, of| found.push(Obstacle { why, origin, help, of });
        let forward = self.ipv6_setting(|settings| settings.forward);
        if !forward.value {
            let help = "set forward=yes if the router is to forward packets";
            off(NOT_FORWARDING, forward.origin, help, Of::Choosing);
        }
        let disable = self.ipv6_setting(|settings| settings.disable);
        if disable.value {
            let help = "set disable-ipv6=no if the router is to forward packets";
            off(NOT_FORWARDING, disable.origin, help, Of::Choosing);
        }
        let redirects = self.ipv6_setting(|settings| settings.accept_redirects);
        if redirects.value == RedirectPolicy::Yes {
            off(REDIRECTED, redirects.origin, NO_REDIRECTS, Of::Forwarding);
        }
        if let Some(rule) = self.router.rules.iter().find(|rule| passes_over_prefixes(rule)) {
            let why = "a routing rule with min-prefix passes routes over";
            let help = "the kernel's look-up of IPv6 that a program asks for takes these routes all the same \
                        (fib6_rule_suppress); write the rule for IPv4 alone, by src-address or dst-address, if that is meant";
            off(why, rule.origin, help, Of::Forwarding);
        }
        let mut foreign = self.host.foreign.rules.iter();
        if let (true, Some(asked)) = (foreign.any(passes_over_ipv6), &self.router.fastpath) {
            let why = "a policy rule that rosc has not made passes routes over (suppress_prefixlength)";
            let help = "the kernel's look-up of IPv6 that a program asks for takes these routes all the same; ip -6 rule shows the rule";
            off(why, asked.origin, help, Of::Forwarding);
        }
        found
    }
}

/// The same of a rule of somebody else.
pub(super) fn passes_over_ipv6(rule: &DecidingRule) -> bool {
    rule.family == Family::Ipv6 && rule.passes_over
}

/// Whether a rule passes over routes of IPv6 for packets of the fast path.
pub(super) fn passes_over_prefixes(rule: &RoutingRule) -> bool {
    let (RuleAction::Lookup { min_prefix, .. } | RuleAction::LookupOnlyInTable { min_prefix, .. }) =
        &rule.action
    else {
        return false;
    };
    min_prefix.is_some() && is_met_unmarked(rule, Family::Ipv6)
}

const NOT_FORWARDING: &str = "packets are not forwarded";
const REDIRECTED: &str = "a neighbour's redirect changes where packets go";
const NO_REDIRECTS: &str = "set accept-redirects=no: a router that knows its routes needs no redirects";

fn of_ipv4(settings: &IpSettings) -> Vec<Obstacle> {
    let mut found = Vec::new();
    let mut off = |why, origin, help, of| found.push(Obstacle { why, origin, help, of });
    let IpSettings { forward, rp_filter, accept_redirects, .. } = settings;
    if !forward.value {
        let help = "set ip-forward=yes if the router is to forward packets";
        off(NOT_FORWARDING, forward.origin, help, Of::Choosing);
    }
    match rp_filter.value {
        RpFilter::No => {}
        RpFilter::Loose | RpFilter::Strict => off(
            "sources are held against the routes",
            rp_filter.origin,
            "set rp-filter=no, or do without the fast path, which does not look at sources",
            Of::Forwarding,
        ),
    }
    if accept_redirects.value {
        off(REDIRECTED, accept_redirects.origin, NO_REDIRECTS, Of::Forwarding);
    }
    found
}
