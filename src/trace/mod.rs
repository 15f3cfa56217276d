//! Follows packets through a router as RouterOS would treat them.
//!
//! This is the meaning of [`Router`], executable: data in, data out, no Linux. What a lowering makes of a router is held
//! against it. Source: "Packet Flow in RouterOS".

mod answer;
mod candidates;
mod chains;
mod chance;
mod conntrack;
mod fib;
mod handshake;
mod lists;
mod local;
mod matchers;
mod nat;
mod numbers;
mod packet;
pub mod request;
mod routing;
pub mod sample;
mod step;
mod walk;
mod ways;
mod written;

pub use answer::{WayBack, answer_to, way_back};
pub use candidates::{Loser, Lost};
pub use chance::{Chance, Side};
pub use conntrack::{Connection, Conntrack, Detail, Direction, Tuple};
pub use fib::{Entry, Way};
pub use handshake::Phase;
pub use numbers::Numbers;
pub use packet::{IcmpError, Packet, Payload, PortPair};
pub use routing::{Answer, Decision, Found, Look};
pub use step::{Difference, End, Hook, Outcome, Reason, Step, Trace};
pub use ways::{Classify, Hints, Possible};
pub use written::written;

use crate::ir::firewall::{MangleAction, MangleHook, NatAction, NatHook};
use crate::ir::nexthop::{NextHops, Surroundings};
use crate::ir::{Firewall, InterfaceName, Router};
use chains::Chains;
use fib::Fib;
use lists::Lists;
use local::Own;
use routing::Routing;

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
    turns: Vec<u32>,
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
    rules: usize,
    detailed: Detailed,
}

/// The firewall of a family.
struct Family<'r> {
    lists: Lists<'r>,
    mangle: Chains<'r, MangleHook, MangleAction>,
    nat: Chains<'r, NatHook, NatAction>,
}

impl<'r> Tracer<'r> {
    /// Makes a router ready: linear in its configuration.
    pub fn new(router: &'r Router, surroundings: &Surroundings, detailed: Detailed) -> Self {
        let next_hops = NextHops::resolve(router, surroundings);
        let fib = Fib::new(router, &next_hops, surroundings);
        let own = Own::new(router);
        let mut rules = 0;
        let mut family = |firewall: &'r Firewall| {
            let mangle = Chains::new(&firewall.mangle, rules);
            rules += mangle.len();
            let nat = Chains::new(&firewall.nat, rules);
            rules += nat.len();
            Family { lists: Lists::new(firewall), mangle, nat }
        };
        let families = [family(&router.firewall), family(&router.ipv6_firewall)];
        Self { router, routing: Routing::new(router, fib), next_hops, own, families, rules, detailed }
    }

    /// Follows a packet, and keeps in `state` what it leaves behind.
    pub fn trace(&self, state: &mut State, arrival: &Arrival, chance: &mut dyn Chance) -> Trace<'r> {
        state.turns.resize(self.rules, 0);
        walk::follow(self, state, arrival, chance)
    }

    fn family(&self, packet: &Packet) -> &Family<'r> {
        &self.families[usize::from(packet.is_ipv6())]
    }
}
