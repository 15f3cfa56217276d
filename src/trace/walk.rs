//! The way of a packet, hook by hook.

use super::chains::{Chains, Known, Then};
use super::chance::Chance;
use super::conntrack::{Membership, Tracked};
use super::fib::{Entry, Way};
use super::handshake::Handshake;
use super::lists::Listed;
use super::matchers::Sight;
use super::packet::{IcmpError, Packet};
use super::reaction::Cause;
use super::routing::{Answer, Decision, Found, Look, Query};
use super::step::{Difference, End, Hook, Outcome, Reason, Step, Trace};
use super::{Arrival, Detailed, Effect, State, Tracer};
use crate::ir::firewall::{Action, AddressSide, AddressType, FilterHook, MangleHook, NatHook, RawHook};
use crate::ir::nexthop::Hop;
use crate::ir::{Dialect, InterfaceName, PacketMark, TableName};
use rosc_target::Origin;
use std::net::IpAddr;
use std::rc::Rc;

/// A packet on its way.
pub(super) struct Walk<'a, 'r> {
    pub(super) tracer: &'a Tracer<'r>,
    /// What was there before the packet.
    pub(super) state: &'a State,
    /// The turns of `nth` that the packet took.
    turns: Vec<(usize, u32)>,
    /// What it has put on lists.
    remembered: Vec<Listed>,
    /// Whether its connection is kept, and has its translations.
    pub(super) is_confirmed: bool,
    pub(super) chance: &'a mut dyn Chance,
    pub(super) packet: Packet,
    pub(super) in_interface: Option<InterfaceName>,
    pub(super) out_interface: Option<InterfaceName>,
    /// The neighbour that the packet is sent to; `None` for its destination.
    pub(super) gateway: Option<IpAddr>,
    pub(super) packet_mark: Option<&'r PacketMark>,
    pub(super) routing_mark: Option<&'r TableName>,
    pub(super) tracked: Tracked,
    /// Whether a rule of raw has said that the packet is of no connection.
    pub(super) is_untracked: bool,
    pub(super) steps: Vec<Step<'r>>,
    pub(super) difference: Option<Difference>,
}

/// A packet that is at its end.
pub(super) type Ended<'r> = Result<(), End<'r>>;

pub(super) fn follow<'r>(
    tracer: &Tracer<'r>,
    state: &State,
    arrival: &Arrival,
    cause: &Cause,
    chance: &mut dyn Chance,
) -> (Trace<'r>, Effect) {
    let mut walk = Walk {
        tracer,
        state,
        turns: Vec::new(),
        remembered: Vec::new(),
        is_confirmed: false,
        chance,
        packet: arrival.packet.clone(),
        in_interface: arrival.interface.clone(),
        out_interface: None,
        gateway: None,
        packet_mark: None,
        routing_mark: None,
        tracked: cause.attached.as_ref().map_or(Tracked::NOT_YET, Tracked::attached),
        is_untracked: false,
        steps: Vec::new(),
        difference: None,
    };
    let ended = if arrival.interface.is_some() { walk.arriving() } else { walk.originating(cause) };
    let packet = walk.packet.clone();
    let end = match ended {
        Err(end) => end,
        Ok(()) => match walk.out_interface {
            Some(interface) => End::Leaves { interface, gateway: walk.gateway, packet: walk.packet },
            None => End::Delivered(walk.packet),
        },
    };
    if let (End::Reset(_), Some(member)) = (&end, &mut walk.tracked.connection) {
        member.connection.handshake = member.connection.handshake.map(Handshake::closed);
    }
    // What was there before is kept whatever became of the packet; a new connection if it got through.
    let is_kept = |member: &Membership| member.place.is_some() || (member.begins() && walk.is_confirmed);
    let gone = walk.tracked.gone;
    let is_answered = matches!(end, End::Refused(..) | End::Reset(_));
    let attached = walk.tracked.connection.as_ref().filter(|_| is_answered).map(Membership::of_answer);
    let effect = Effect {
        gone,
        connection: walk.tracked.connection.filter(is_kept),
        attached,
        turns: walk.turns,
        remembered: walk.remembered,
    };
    (Trace { steps: walk.steps, end, packet, difference: walk.difference }, effect)
}

impl<'r> Walk<'_, 'r> {
    /// A packet that comes in.
    fn arriving(&mut self) -> Ended<'r> {
        if let Some(ended) = self.cut_short() {
            return ended;
        }
        self.raw(RawHook::Prerouting)?;
        self.track();
        self.mangle(MangleHook::Prerouting)?;
        self.nat(NatHook::Dstnat)?;
        self.check_ends()?;
        let (source, destination) = (self.packet.source, self.packet.destination);
        let decision = self.decide(Some(source), destination, self.routing_mark);
        let lead = self.lead(decision)?;
        // Not sooner: what has no way is refused, whoever sent it.
        if source.is_ipv4() && self.tracer.own.has(source) {
            return Err(End::Dropped(Reason::BadSource));
        }
        match lead {
            Lead::Here => self.deliver(),
            Lead::Way(entry) => self.forward(&entry),
        }
    }

    pub(super) fn deliver(&mut self) -> Ended<'r> {
        self.mangle(MangleHook::Input)?;
        self.filter(FilterHook::Input)?;
        self.nat(NatHook::Input)?;
        self.confirm()
    }

    fn forward(&mut self, entry: &Entry<'r>) -> Ended<'r> {
        self.take(entry);
        self.check_reverse_path()?;
        if self.packet.ttl <= 1 {
            return Err(End::Refused(IcmpError::TimeExceeded, Reason::TimeToLive));
        }
        self.packet.ttl -= 1;
        self.mangle(MangleHook::Forward)?;
        self.filter(FilterHook::Forward)?;
        self.leave()
    }

    pub(super) fn leave(&mut self) -> Ended<'r> {
        self.mangle(MangleHook::Postrouting)?;
        self.nat(NatHook::Srcnat)?;
        self.confirm()
    }

    pub(super) fn track(&mut self) {
        // An error or reset that belongs to a connection already is looked at no more.
        if !self.is_untracked && self.tracked.connection.is_none() {
            let is_loose = self.tracer.router.settings.tracking.loose_tcp.value;
            self.tracked = self.state.conntrack.track(&self.packet, is_loose);
        }
        self.end_short_cut();
        let of = self.tracked.connection.as_ref();
        let of = of.map(|member| (member.direction, member.connection.mark.clone()));
        self.steps.push(Step::Tracked { state: self.tracked.state, of });
    }

    /// The packet got through.
    fn confirm(&mut self) -> Ended<'r> {
        match &self.tracked.connection {
            Some(member) if !self.state.conntrack.has_room_for(member, self.tracked.gone) => {
                Err(End::Dropped(Reason::Clash))
            }
            Some(_) | None => {
                self.is_confirmed = true;
                Ok(())
            }
        }
    }

    /// Whether a rule matches; if not, the condition that does not hold.
    pub(super) fn fails<H, A>(&mut self, known: &Known<'r, H, A>) -> Option<&'static str> {
        let matchers = &known.rule.matchers;
        let counts = matchers.nth.is_some();
        let mut turn = if counts { self.turn(known.number) } else { 0 };
        let before = turn;
        let (sight, chance) = self.sight();
        let fails = sight.fails(matchers, &mut turn, chance);
        if turn != before {
            self.turns.push((known.number, turn));
        }
        fails
    }

    /// How often a rule with `nth` was reached.
    fn turn(&self, number: usize) -> u32 {
        let here = self.turns.iter().rev().find(|(of, _)| *of == number).map(|(_, turn)| *turn);
        here.or_else(|| self.state.turns.get(&number).copied()).unwrap_or(0)
    }

    pub(super) fn forwards(&self) -> bool {
        let settings = &self.tracer.router.settings;
        if self.packet.is_ipv6() {
            settings.ipv6.as_ref().is_none_or(|ipv6| ipv6.forward.value)
        } else {
            settings.ip.forward.value
        }
    }

    pub(super) fn decide(
        &self,
        source: Option<IpAddr>,
        destination: IpAddr,
        mark: Option<&'r TableName>,
    ) -> Decision<'r> {
        let query = Query { source, destination, in_interface: self.in_interface.as_ref(), mark };
        self.tracer.routing.decide(&self.tracer.own, query)
    }

    /// Where a decision leads.
    pub(super) fn lead(&mut self, decision: Decision<'r>) -> Result<Lead<'r>, End<'r>> {
        let marked = matches!(decision.looked.first(), Some(Look::Mark(_, Found::Route(_))));
        if self.tracer.router.dialect == Dialect::V7 && marked && self.tracer.own.has(self.packet.destination)
        {
            self.difference = Some(Difference::MarkedForTheRouter);
        }
        let answer = decision.answer.clone();
        self.steps.push(Step::Routed(decision, self.packet.destination));
        let comes_in = self.in_interface.is_some();
        match answer {
            Answer::Local => Ok(Lead::Here),
            Answer::Group(AddressType::Broadcast) if comes_in => Ok(Lead::Here),
            Answer::Group(_) => Err(End::Dropped(Reason::Group)),
            _ if comes_in && !self.forwards() => Err(End::Dropped(Reason::NotForwarding)),
            Answer::Route(entry) => match entry.way {
                Way::Hops(_) => Ok(Lead::Way(entry)),
                Way::Blackhole => Err(End::Dropped(entry.reason())),
                Way::Unreachable => Err(End::Refused(IcmpError::HostUnreachable, entry.reason())),
                Way::Prohibit => Err(End::Refused(IcmpError::Prohibited, entry.reason())),
            },
            Answer::Dropped(rule) => Err(End::Dropped(Reason::Rule(rule))),
            Answer::Unreachable(rule) => Err(End::Refused(IcmpError::NetworkUnreachable, Reason::Rule(rule))),
            Answer::NoRoute => Err(End::Refused(IcmpError::NetworkUnreachable, Reason::NoRoute)),
        }
    }

    /// Takes one of the hops of a route.
    pub(super) fn take(&mut self, entry: &Entry<'r>) {
        let Way::Hops(hops) = &entry.way else { return };
        let taken = match hops.as_slice() {
            [_] => 0,
            several => {
                let taken = self.chance.hop(several);
                self.steps.push(Step::Taken { hops: several.to_vec(), taken });
                taken
            }
        };
        if let Hop::Interface { interface, gateway } = &hops[taken] {
            self.out_interface = Some(interface.clone());
            self.gateway = *gateway;
        }
    }

    /// Leads the packet through the rules of a built-in chain. `act` does what only rules of the menu do, told the
    /// chain and the line of the rule, and `outcome` names that.
    pub(super) fn lead_through<H: crate::ir::firewall::Hook, A>(
        &mut self,
        chains: &Chains<'r, H, A>,
        menu: &'static str,
        hook: H,
        outcome: fn(&'r A) -> Outcome<'r>,
        mut act: impl FnMut(&mut Self, &'r A, (&'r str, Origin)) -> Result<Then, End<'r>>,
    ) -> Ended<'r> {
        let at = Hook { menu, chain: hook.name() };
        let detailed = self.tracer.detailed;
        chains.walk(hook, |chain, known| {
            let origin = known.rule.origin;
            let step = |outcome| Step::Rule { hook: at, chain, origin, outcome };
            if let Some(condition) = self.fails(known) {
                if detailed == Detailed::All {
                    self.steps.push(step(Outcome::Fails(condition)));
                }
                return Ok(Then::Next);
            }
            let (outcome, then) = match &known.rule.action {
                Action::Accept => (Outcome::Accepts, Then::End),
                Action::Jump(target) => (Outcome::Jumps(target.name()), Then::Jump),
                Action::Return => (Outcome::Returns, Then::Return),
                Action::Passthrough => (Outcome::Counts, Then::Next),
                Action::Remember(remember) => {
                    let address = match remember.side {
                        AddressSide::Source => self.packet.source,
                        AddressSide::Destination => self.packet.destination,
                    };
                    self.remembered.push((remember.list.clone(), address));
                    (Outcome::Remembers(remember), Then::Next)
                }
                Action::Own(action) => {
                    self.steps.push(step(outcome(action)));
                    return act(self, action, (chain, origin));
                }
            };
            self.steps.push(step(outcome));
            Ok(then)
        })
    }

    /// What a rule can see now.
    fn sight(&mut self) -> (Sight<'_>, &mut dyn Chance) {
        let sight = Sight {
            router: self.tracer.router,
            lists: &self.tracer.family(&self.packet).lists,
            remembered: (&self.state.remembered, &self.remembered),
            own: &self.tracer.own,
            packet: &self.packet,
            moment: self.state.moment,
            in_interface: self.in_interface.as_ref(),
            out_interface: self.out_interface.as_ref(),
            packet_mark: self.packet_mark,
            routing_mark: self.routing_mark,
            state: self.tracked.state,
            membership: self.tracked.connection.as_ref(),
        };
        (sight, self.chance)
    }
}

/// Where a packet goes from the routing decision.
pub(super) enum Lead<'r> {
    /// Up into the router.
    Here,
    /// Out, by a route with hops.
    Way(Rc<Entry<'r>>),
}

impl<'r> Entry<'r> {
    fn reason(&self) -> Reason<'r> {
        Reason::Route(self.routes.first().map(|route| route.origin).unwrap_or_default())
    }
}
