//! What others have come to decide since the fast path was made.
//!
//! An apply looks once at the routes, addresses and policy rules of others: a VPN's, mostly. What comes later than that may lead
//! packets elsewhere that a group shares, so their ways are set aside for the stack, with which nobody can disagree, until nobody
//! else decides or the next apply knows of it.

use super::service::failed;
use crate::transaction::Quiet;
use ipnet::IpNet;
use rosc_ebpf::{By, EbpfTarget, State, Way};
use rosc_route::{Family, ForeignDecisions, MAIN_TABLE, RouteTarget};
use rosc_target::{Origin, Target, TargetError};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

/// What takes long to read, as the table of a routing daemon, is read so rarely that it keeps one processor busy for one part in
/// so many.
const REST: u32 = 20;
/// When to try again where a run is at work.
const SOON: Duration = Duration::from_millis(100);

type Ways = BTreeMap<IpNet, Way>;

/// The ways that are set aside, each with the one in whose place it is; `None` where there was none.
type SetAside = BTreeMap<IpNet, Option<Way>>;

/// What was done about others.
#[derive(Debug)]
pub(super) struct Others {
    set_aside: SetAside,
    /// What the last look has left. Where something else is found, an apply has made it, which knew what others decide.
    left: Option<State>,
    /// When to look, if anything has changed.
    due: Option<Instant>,
    /// Not to look before.
    rests_until: Instant,
}

/// What decides on the router, beside the fast path.
#[derive(Debug, Default)]
struct Decisions {
    foreign: ForeignDecisions,
    /// The router's addresses, and the networks that they are in.
    own: BTreeSet<IpNet>,
    /// The metric of our route to a destination that others have a route to as well.
    metrics: BTreeMap<IpNet, u32>,
}

impl Others {
    pub(super) fn new() -> Self {
        Self { set_aside: SetAside::new(), left: None, due: None, rests_until: Instant::now() }
    }

    /// Something may have changed.
    pub(super) fn notice(&mut self) {
        self.due.get_or_insert(Instant::now().max(self.rests_until));
    }

    /// How long it is until the next look, if there is to be one.
    pub(super) fn left(&self) -> Option<Duration> {
        self.due.map(|due| due.saturating_duration_since(Instant::now()))
    }

    /// The destinations that are set aside.
    pub(super) fn destinations(&self) -> Vec<IpNet> {
        self.set_aside.keys().copied().collect()
    }

    /// There are no groups whose packets others could decide about.
    pub(super) fn forget(&mut self) {
        *self = Self { rests_until: self.rests_until, ..Self::new() };
    }

    /// Sets aside what others decide about, and nothing else, unless a run is at work: what it makes is not to be disturbed.
    pub(super) fn look(
        &mut self,
        route: &mut RouteTarget,
        ebpf: &mut EbpfTarget,
        state_dir: &Path,
    ) -> Result<(), TargetError> {
        let begun = Instant::now();
        let mut decisions = Decisions::read(route)?;
        let quiet = Quiet::take(state_dir).map_err(|error| failed("look for", "a run", error))?;
        if quiet.is_none() {
            self.due = Some(Instant::now() + SOON);
            return Ok(());
        }
        let Self { set_aside, left, .. } = self;
        *left = ebpf.rewrite_ways(|state| {
            let before = match &*left {
                Some(left) if left == state => std::mem::take(set_aside),
                _ => SetAside::new(),
            };
            let mut ways = restored(&state.ways, before);
            decisions.read_metrics(&ways, route)?;
            *set_aside = decisions.about(&ways, state);
            let aside = set_aside.keys().map(|prefix| (*prefix, way(By::Stack)));
            ways.extend(aside);
            Ok(ways)
        })?;
        if left.is_none() {
            set_aside.clear();
        }
        self.due = None;
        self.rests_until = Instant::now() + begun.elapsed() * REST;
        Ok(())
    }
}

impl Decisions {
    fn read(route: &mut RouteTarget) -> Result<Self, TargetError> {
        let foreign = route.foreign_decisions()?;
        let (_, addresses) = route.devices()?;
        let own = addresses.iter().flat_map(|found| {
            let address = &found.address;
            let network = IpNet::new(address.peer.unwrap_or(address.local), address.prefix_len);
            network.ok().map(|network| network.trunc()).into_iter().chain([address.local.into()])
        });
        Ok(Self { own: own.collect(), foreign, metrics: BTreeMap::new() })
    }

    /// All of our routes are read only if it matters how they compare with others.
    fn read_metrics(&mut self, ways: &Ways, route: &mut RouteTarget) -> Result<(), TargetError> {
        let is_contested =
            |(prefix, way): (&IpNet, &Way)| is_shared(way) && self.foreign.destinations.contains_key(prefix);
        if ways.iter().any(is_contested) {
            let observed = route.observe()?;
            for route in observed.state.routes().iter().filter(|route| route.table == MAIN_TABLE) {
                let metric = route.metric.get();
                let lowest = self.metrics.entry(route.destination).or_insert(metric);
                *lowest = metric.min(*lowest);
            }
        }
        Ok(())
    }

    /// The ways that have to be set aside, with what is in their place.
    fn about(&self, ways: &Ways, state: &State) -> SetAside {
        let foreign = &self.foreign;
        let decided = Family::ALL.map(|family| {
            let mut rules = foreign.rules.iter().filter(|rule| rule.family == family);
            let is_met = rules.any(|rule| rule.iif.as_ref().is_none_or(|iif| state.ports.contains_key(iif)));
            (family, is_met || foreign.more.contains(&family))
        });
        // The look-up of IPv6 that programs ask for takes the routes that such a rule passes over.
        let misleads = foreign.rules.iter().any(|rule| rule.family == Family::Ipv6 && rule.passes_over);
        let is_decided = |prefix: &IpNet, way: &Way| match way.by {
            By::Group(_) => {
                decided.contains(&(Family::of_net(prefix), true))
                    || self.metrics.get(prefix).is_none_or(|ours| foreign.come_before(*prefix, *ours))
                        && foreign.destinations.contains_key(prefix)
            }
            By::Fib => misleads && Family::of_net(prefix) == Family::Ipv6,
            By::Stack | By::Own => false,
        };
        let all = ways.iter().filter(|(prefix, way)| is_decided(prefix, way));
        let mut set_aside: SetAside = all.map(|(prefix, way)| (*prefix, Some(way.clone()))).collect();
        let others = foreign.destinations.keys().chain(&self.own);
        let inside = others
            .filter(|prefix| !ways.contains_key(*prefix) && around(ways, **prefix).is_some_and(is_shared));
        set_aside.extend(inside.map(|prefix| (*prefix, None)));
        set_aside
    }
}

/// The ways as they are without what was set aside.
fn restored(ways: &Ways, set_aside: SetAside) -> Ways {
    let mut ways = ways.clone();
    for (prefix, before) in set_aside {
        match before {
            Some(way) => ways.insert(prefix, way),
            None => ways.remove(&prefix),
        };
    }
    ways
}

fn is_shared(way: &Way) -> bool {
    matches!(way.by, By::Group(_))
}

/// The way of the longest prefix that holds another one.
fn around(ways: &Ways, prefix: IpNet) -> Option<&Way> {
    std::iter::successors(prefix.supernet(), IpNet::supernet).find_map(|outer| ways.get(&outer))
}

fn way(by: By) -> Way {
    Way { origin: Origin::IMPLIED, by }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rosc_ebpf::{Hook, Port, Takes};
    use rosc_route::DecidingRule;

    fn prefix(text: &str) -> IpNet {
        text.parse().expect("a prefix")
    }

    fn ways(all: &[(&str, By)]) -> Ways {
        all.iter().map(|(text, by)| (prefix(text), way(by.clone()))).collect()
    }

    fn group() -> By {
        By::Group("a group".parse().expect("a name"))
    }

    /// A port named `lan`, and ways of both families.
    fn state() -> State {
        let port = Port { origin: Origin::IMPLIED, hook: Hook::Tc, takes: Takes::default() };
        State {
            ports: [("lan".parse().expect("a name"), port)].into(),
            ways: ways(&[
                ("0.0.0.0/0", group()),
                ("10.0.0.0/8", By::Fib),
                ("10.1.0.0/16", group()),
                ("224.0.0.0/4", By::Stack),
                ("::/0", group()),
                ("2001:db8::/64", By::Fib),
            ]),
            ..State::default()
        }
    }

    fn about(decisions: &Decisions) -> Vec<String> {
        let state = state();
        decisions.about(&state.ways, &state).keys().map(ToString::to_string).collect()
    }

    fn routes(all: &[(&str, Option<u32>)]) -> Decisions {
        let destinations = all.iter().map(|(text, metric)| (prefix(text), *metric)).collect();
        Decisions {
            foreign: ForeignDecisions { destinations, ..ForeignDecisions::default() },
            ..Decisions::default()
        }
    }

    fn rule(family: Family, iif: Option<&str>, passes_over: bool) -> Decisions {
        let iif = iif.map(|name| name.parse().expect("a name"));
        let rules = vec![DecidingRule { family, preference: 100, iif, passes_over }];
        Decisions {
            foreign: ForeignDecisions { rules, ..ForeignDecisions::default() },
            ..Decisions::default()
        }
    }

    #[test]
    fn only_what_a_group_would_share_is_set_aside() {
        let found = about(&routes(&[
            ("198.51.100.0/24", Some(0)),
            ("10.0.0.0/9", Some(0)),
            ("10.1.2.0/24", None),
            ("224.1.0.0/16", Some(0)),
            ("2001:db8:1::/48", Some(1024)),
            ("2001:db8::/80", Some(1024)),
        ]));
        assert_eq!(found, ["10.1.2.0/24", "198.51.100.0/24", "2001:db8:1::/48"]);
        let own = ["192.0.2.0/24", "192.0.2.1/32", "10.2.0.0/16"].map(prefix).into();
        assert_eq!(about(&Decisions { own, ..Decisions::default() }), ["192.0.2.0/24", "192.0.2.1/32"]);
    }

    #[test]
    fn of_two_routes_to_a_destination_the_lower_metric_counts() {
        for (theirs, is_set_aside) in [(Some(0), true), (Some(5), false), (Some(9), false), (None, true)] {
            let mut decisions = routes(&[("0.0.0.0/0", theirs)]);
            decisions.metrics = [(prefix("0.0.0.0/0"), 5)].into();
            assert_eq!(!about(&decisions).is_empty(), is_set_aside, "{theirs:?}");
        }
        assert_eq!(about(&routes(&[("0.0.0.0/0", Some(9))])), ["0.0.0.0/0"], "ours is gone");
    }

    #[test]
    fn rules_and_too_many_routes_take_all_groups_of_a_family() {
        let ipv4 = ["0.0.0.0/0", "10.1.0.0/16"];
        assert_eq!(about(&rule(Family::Ipv4, None, false)), ipv4);
        assert_eq!(about(&rule(Family::Ipv4, Some("lan"), true)), ipv4);
        assert!(about(&rule(Family::Ipv4, Some("tun0"), false)).is_empty());
        assert_eq!(about(&rule(Family::Ipv6, None, false)), ["::/0"]);
        assert_eq!(about(&rule(Family::Ipv6, None, true)), ["::/0", "2001:db8::/64"]);
        let more = ForeignDecisions { more: vec![Family::Ipv4], ..ForeignDecisions::default() };
        assert_eq!(about(&Decisions { foreign: more, ..Decisions::default() }), ipv4);
    }

    #[test]
    fn what_was_set_aside_comes_back() {
        let state = state();
        let mut decisions = routes(&[("198.51.100.0/24", Some(0))]);
        decisions.foreign.more.push(Family::Ipv4);
        let set_aside = decisions.about(&state.ways, &state);
        let mut aside = state.ways.clone();
        aside.extend(set_aside.keys().map(|prefix| (*prefix, way(By::Stack))));
        assert_ne!(aside, state.ways);
        assert_eq!(restored(&aside, set_aside), state.ways);
    }
}
