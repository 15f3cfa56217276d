//! What the programs have counted.

use crate::group::{now, read_table, seconds_left};
use crate::layout::RawCount;
use crate::maps::Maps;
use crate::memory::Memory;
use crate::read::{members, name, next_hop, place, slots, used};
use crate::{GroupName, NextHop, Table};
use aya::maps::PerCpuArray;
use serde::Serialize;
use std::collections::BTreeMap;
use std::error::Error;

/// Packets, and bytes from their IP headers on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// All that was counted since the programs were loaded.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Counters {
    /// Of each group, how its packets were shared.
    pub groups: BTreeMap<GroupName, GroupCounters>,
    /// What became of packets.
    pub reasons: BTreeMap<Reason, Traffic>,
}

/// What was counted of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupCounters {
    /// Its members.
    pub members: Vec<MemberCounters>,
    /// Whether connections of before the last change may still be where they were then.
    pub drain: Drained,
}

/// What was counted of a member.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberCounters {
    /// Which it is.
    #[serde(flatten)]
    pub next_hop: NextHop,
    /// Its weight.
    pub weight: u16,
    /// Slots of the group's table that it has.
    pub slots: usize,
    /// What it has got.
    #[serde(flatten)]
    pub traffic: Traffic,
}

/// How far a drain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Drained {
    /// Seconds until it is over; 0 if it is.
    pub seconds_left: u32,
    /// Slots whose connections may be elsewhere.
    pub slots: usize,
    /// Connections that are known one by one.
    pub connections: usize,
}

macro_rules! reasons {
    ($($name:ident = $number:literal, $word:literal, $text:literal;)*) => {
        /// What became of a packet: `enum reason` of `bpf/layout.h`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Reason {
            $(#[doc = $text] #[serde(rename = $word)] $name = $number,)*
        }

        impl Reason {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// In one word.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// In words.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

reasons! {
    ForwardedByGroup = 0, "forwarded-by-group", "forwarded by a group";
    ForwardedByFib = 1, "forwarded-by-fib", "forwarded as the kernel's routes have it";
    ForwardedByConnection = 2, "forwarded-by-connection", "forwarded as its connection, which is on the short cut";
    OtherProtocol = 3, "other-protocol", "neither IPv4 nor IPv6, or with a VLAN or PPPoE header";
    OtherHost = 4, "other-host", "not for this host";
    Short = 5, "short", "shorter than its headers say";
    Options = 6, "options", "with options or extension headers";
    Invalid = 7, "invalid", "with a wrong checksum, or from where nothing is forwarded from";
    Ttl = 8, "ttl", "its hops end here";
    Marked = 9, "marked", "marked before it came to the fast path";
    Way = 10, "way", "to a destination that is left to the stack";
    Rules = 11, "rules", "left to the firewall rules, its connection is not on the short cut";
    Fib = 12, "fib", "not forwarded by the kernel's routes";
    Mtu = 13, "mtu", "too large for the device that it would leave by";
    SameDevice = 14, "same-device", "would leave by the device that it came in by";
    NoMember = 15, "no-member", "its group has no member that lives";
    Unresolved = 16, "unresolved", "its neighbour's address was not known in the driver, or not kept up";
    MarkedForGroup = 17, "marked-for-group", "marked for a member of its group, left to the firewall rules";
    LinkDown = 18, "link-down", "the link of its gateway's device is down";
}

/// Reads them.
pub(crate) fn read(maps: &Maps) -> Result<Counters, Box<dyn Error>> {
    let now = now()?;
    let mut counters = Counters::default();
    for reason in Reason::ALL {
        counters.reasons.insert(*reason, sum(&maps.reason_counts, *reason as u32)?);
    }
    for group in used(maps) {
        let (number, raw) = group?;
        let Some(name) = name(&raw) else { continue };
        let table = read_table(maps, number, slots(&raw))?;
        let mut of_members = Vec::new();
        for (id, member) in members(maps, number)? {
            let Some(next_hop) = next_hop(&member) else { continue };
            let slots = table.as_ref().map_or(0, |table| table.share(id));
            let traffic = sum(&maps.member_counts, place(number, id))?;
            of_members.push(MemberCounters { next_hop, weight: member.weight, slots, traffic });
        }
        let slots = table.as_ref().map_or(0, Table::changed);
        // Of slots that have not changed nothing is known.
        let connections = if slots == 0 { 0 } else { Memory::open(maps)?.of_group(number).len() };
        let drain = Drained { seconds_left: seconds_left(raw.drain_until, now), slots, connections };
        counters.groups.insert(name, GroupCounters { members: of_members, drain });
    }
    Ok(counters)
}

fn sum(map: &PerCpuArray<aya::maps::MapData, RawCount>, index: u32) -> Result<Traffic, aya::maps::MapError> {
    let counts = map.get(&index, 0)?;
    let add = |all: Traffic, one: &RawCount| Traffic {
        packets: all.packets + one.packets,
        bytes: all.bytes + one.bytes,
    };
    Ok(counts.iter().fold(Traffic::default(), add))
}
