//! Follows packets through a router as RouterOS would treat them.
//!
//! This is the meaning of [`Router`], executable: data in, data out, no Linux. What a lowering makes of a router is held
//! against it. Source: "Packet Flow in RouterOS".

mod answer;
mod candidates;
mod chains;
mod chance;
mod checks;
mod conntrack;
mod fib;
mod filter;
mod handshake;
mod lists;
mod local;
mod mangle;
mod matchers;
mod nat;
mod numbers;
mod own;
mod packet;
mod reaction;
pub mod request;
mod routing;
pub mod sample;
mod short_cut;
mod step;
mod walk;
mod ways;
mod written;

pub use answer::{WayBack, answer_to, way_back, way_back_of_reaction};
pub use candidates::{Loser, Lost};
pub use chance::{Chance, Side};
pub use conntrack::{Connection, Conntrack, Detail, Direction, Tuple};
pub use fib::{Entry, Way};
pub use handshake::Handshake;
pub use numbers::Numbers;
pub use packet::{IcmpError, Packet, Payload, PortPair, USUAL_DATA};
pub use reaction::{Reaction, error_about, reset};
pub use routing::{Answer, Decision, Found, Look};
pub use short_cut::{KeptWay, Means, ShortCut, ShortCuts};
pub use step::{Difference, End, Hook, Outcome, Reason, Step, Trace};
pub use ways::{Classify, Hints, Possible, Ranges};
pub use written::written;

use crate::ir::firewall::{
    FilterAction, FilterHook, MangleAction, MangleHook, NatAction, NatHook, RawAction, RawHook, Weekday,
};
use crate::ir::nexthop::{NextHops, Surroundings};
use crate::ir::{Firewall, InterfaceName, Router};
use chains::Chains;
use conntrack::Membership;
use fib::Fib;
use lists::{Listed, Lists};
use local::Own;
use reaction::Cause;
use routing::Routing;
use std::collections::{HashMap, HashSet};

/// A packet, and how it comes to the router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The interface; `None` for a packet that the router itself sends.
    pub interface: Option<InterfaceName>,
    /// The packet.
    pub packet: Packet,
}

/// What packets leave behind.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The connections.
    pub conntrack: Conntrack,
    /// How often each rule with `nth` was reached, by its number.
    turns: HashMap<usize, u32>,
    /// What rules have put on lists. For how long is no matter: a trace knows no time.
    remembered: HashSet<Listed>,
    /// What the router's clock shows; `None` if that is not said.
    pub moment: Option<Moment>,
    /// By what connections take short cuts.
    short_cuts: ShortCuts,
}

/// A moment of the week, by the router's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The day.
    pub day: Weekday,
    /// The second of the day, below 86,400.
    pub second: u32,
}

/// What one packet leaves behind.
#[derive(Debug, Clone, Default)]
pub struct Effect {
    gone: Option<usize>,
    connection: Option<Membership>,
    /// The connection of the error or reset that answers the packet.
    attached: Option<Membership>,
    turns: Vec<(usize, u32)>,
    remembered: Vec<Listed>,
}

impl Effect {
    /// The first packet of the connection that it begins.
    pub fn begun(&self) -> Option<Tuple> {
        self.connection.as_ref().filter(|member| member.begins()).map(|member| member.connection.original)
    }
}

impl State {
    /// Nothing, where connections take short cuts by these means.
    pub fn with_short_cuts(short_cuts: ShortCuts) -> Self {
        Self { short_cuts, ..Self::default() }
    }

    /// Whether a packet that was traced in this state leaves something behind.
    pub fn is_changed_by(&self, effect: &Effect) -> bool {
        let is_news = |member: &Membership| !self.conntrack.knows(member);
        effect.gone.is_some()
            || effect.connection.as_ref().is_some_and(is_news)
            || !effect.turns.is_empty()
            || effect.remembered.iter().any(|listed| !self.remembered.contains(listed))
    }

    /// Takes in what a packet leaves behind that was traced in this state.
    pub fn keep(&mut self, effect: &Effect) {
        if let Some(gone) = effect.gone {
            self.conntrack.remove(gone);
        }
        if let Some(connection) = &effect.connection {
            self.conntrack.keep(connection);
        }
        self.turns.extend(effect.turns.iter().copied());
        self.remembered.extend(effect.remembered.iter().cloned());
    }
}

/// How much a trace tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detailed {
    /// Rules that matched.
    Matched,
    /// Every rule that was looked at.
    All,
}

/// A router, made ready for packets.
pub struct Tracer<'r> {
    router: &'r Router,
    routing: Routing<'r>,
    next_hops: NextHops<'r>,
    own: Own,
    /// IPv4 and IPv6.
    families: [Family<'r>; 2],
    detailed: Detailed,
}

/// The firewall of a family.
struct Family<'r> {
    lists: Lists<'r>,
    raw: Chains<'r, RawHook, RawAction>,
    mangle: Chains<'r, MangleHook, MangleAction>,
    nat: Chains<'r, NatHook, NatAction>,
    filter: Chains<'r, FilterHook, FilterAction>,
    /// The chains of mangle and of filter to which packets come by forward alone.
    of_forward: [HashSet<&'r str>; 2],
}

impl<'r> Tracer<'r> {
    /// Makes a router ready: linear in its configuration.
    pub fn new(router: &'r Router, surroundings: &Surroundings, detailed: Detailed) -> Self {
        let next_hops = NextHops::resolve(router, surroundings);
        let fib = Fib::new(router, &next_hops, surroundings);
        let own = Own::new(router);
        let mut rules = 0;
        let mut family = |firewall: &'r Firewall| {
            let raw = Chains::new(&firewall.raw, rules);
            rules += raw.len();
            let mangle = Chains::new(&firewall.mangle, rules);
            rules += mangle.len();
            let nat = Chains::new(&firewall.nat, rules);
            rules += nat.len();
            let filter = Chains::new(&firewall.filter, rules);
            rules += filter.len();
            let of_forward = [
                firewall.mangle.reach().led_to_by(MangleHook::Forward),
                firewall.filter.reach().led_to_by(FilterHook::Forward),
            ];
            Family { lists: Lists::new(firewall), raw, mangle, nat, filter, of_forward }
        };
        let families = [family(&router.firewall), family(&router.ipv6_firewall)];
        Self { router, routing: Routing::new(router, fib), next_hops, own, families, detailed }
    }

    /// Follows a packet. Returns its way, and what it leaves behind for [`State::keep`].
    pub fn trace(&self, state: &State, arrival: &Arrival, chance: &mut dyn Chance) -> (Trace<'r>, Effect) {
        walk::follow(self, state, arrival, &Cause::default(), chance)
    }

    fn family(&self, packet: &Packet) -> &Family<'r> {
        &self.families[usize::from(packet.is_ipv6())]
    }
}
