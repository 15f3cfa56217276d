//! What a trace tells.

use super::conntrack::Direction;
use super::packet::{IcmpError, Packet};
use super::routing::Decision;
use crate::ir::firewall::{ConnectionState, FilterAction, MangleAction, NatAction, RawAction, Remember};
use crate::ir::nexthop::Hop;
use crate::ir::{ConnectionMark, InterfaceName, RoutingRule};
use rosc_target::Origin;
use std::net::IpAddr;

/// The way of one packet.
#[derive(Debug, Clone)]
pub struct Trace<'r> {
    /// What happened to it, in order.
    pub steps: Vec<Step<'r>>,
    /// Where it ended.
    pub end: End<'r>,
    /// What it was when it ended.
    pub packet: Packet,
    /// Where the Linux box is known to do otherwise.
    pub difference: Option<Difference>,
}

/// Something that happened to a packet.
#[derive(Debug, Clone)]
pub enum Step<'r> {
    /// Connection tracking knows it.
    Tracked {
        /// What it says.
        state: ConnectionState,
        /// The packet's direction, and the connection's mark; `None` for a packet of no connection.
        of: Option<(Direction, Option<ConnectionMark>)>,
    },
    /// Its connection takes a short cut, so that no rule is asked.
    ShortCut,
    /// A rule was looked at.
    Rule {
        /// The built-in chain by which the packet came.
        hook: Hook,
        /// The chain in which the rule stands.
        chain: &'r str,
        /// The rule.
        origin: Origin,
        /// What became of it.
        outcome: Outcome<'r>,
    },
    /// A translation changed it, to this.
    Translated(Hook, Box<Packet>),
    /// The way to this address was looked up.
    Routed(Decision<'r>, IpAddr),
    /// One of some hops was taken.
    Taken {
        /// All of them.
        hops: Vec<Hop>,
        /// The place of the one.
        taken: usize,
    },
    /// A source address was chosen for a packet of the router's own.
    Sourced(Box<Packet>),
}

/// What became of a rule.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'r> {
    /// This condition did not hold.
    Fails(&'static str),
    /// No more rules of the menu here.
    Accepts,
    /// On in this chain.
    Jumps(&'r str),
    /// Back to the chain before.
    Returns,
    /// It was counted.
    Counts,
    /// An address was put on a list.
    Remembers(&'r Remember),
    /// A raw rule acted.
    Raw(&'r RawAction),
    /// A mangle rule acted.
    Mangle(&'r MangleAction),
    /// A NAT rule acted.
    Nat(&'r NatAction),
    /// A filter rule acted.
    Filter(&'r FilterAction),
}

/// A built-in chain of some menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    /// The menu.
    pub menu: &'static str,
    /// The chain.
    pub chain: &'static str,
}

/// Where a packet ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End<'r> {
    /// It leaves.
    Leaves {
        /// By this interface.
        interface: InterfaceName,
        /// To this neighbour; `None` for the destination itself.
        gateway: Option<IpAddr>,
        /// As this.
        packet: Packet,
    },
    /// The router itself gets it, as this.
    Delivered(Packet),
    /// It is dropped without a word.
    Dropped(Reason<'r>),
    /// It is dropped, and its sender is told.
    Refused(IcmpError, Reason<'r>),
    /// It is dropped, and its TCP connection is reset.
    Reset(Reason<'r>),
}

/// Why a packet gets no further.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason<'r> {
    /// Its source is none that a packet from outside can have.
    BadSource,
    /// Its destination is none that packets are sent to.
    BadDestination,
    /// `rp-filter`: it would not be answered by the interface that it came from.
    ReversePath,
    /// The router forwards nothing.
    NotForwarding,
    /// A rule of the firewall says so.
    Firewall(Origin),
    /// A routing rule says so.
    Rule(&'r RoutingRule),
    /// A route says so.
    Route(Origin),
    /// No route leads there.
    NoRoute,
    /// Neither broadcast nor multicast is forwarded.
    Group,
    /// Its time to live ended here.
    TimeToLive,
    /// Its answers could not be told from those of another connection.
    Clash,
    /// Its connection is masqueraded behind another interface, and ends with this.
    Masqueraded,
    /// No address is known that it could be given.
    NoAddress,
}

/// What RouterOS documents and Linux does otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// A marked packet to the router itself: version 7 asks the mark's table first, Linux delivers.
    MarkedForTheRouter,
    /// A packet on the short cut: RouterOS looks into table main, Linux keeps the way of the connection.
    KeepsWay,
}
