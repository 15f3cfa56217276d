//! Marks: RouterOS has three independent ones with names, Linux two numbers of 32 bits.
//!
//! | bits of      | 31          | 30..16            | 15..0           |
//! |--------------|-------------|-------------------|-----------------|
//! | packet mark  | packet mark | packet mark       | routing mark    |
//! | ct mark      | short cut   | member of a group | connection mark |
//!
//! Zero is `no-mark`, and no member. Where the fast path chooses the member of a group for a packet that the stack forwards, the
//! packet's routing mark is that member's, with a number that no table has. Everything reads and writes its own field by mask, so that other users of the remaining bits
//! are not disturbed.

use super::{diagnostics, id};
use crate::diagnostic::Diagnostic;
use crate::ir::firewall::{Action, Condition, MangleAction, Matchers};
use crate::ir::{ConnectionMark, PacketMark, Router, TableName};
use rosc_target::Origin;
use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32};

/// A field of a mark: some neighbouring bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    shift: u32,
    width: u32,
}

/// Routing marks in the packet mark.
pub(super) const ROUTING_MARK: Field = Field { shift: 0, width: 16 };
/// Packet marks in the packet mark.
pub(super) const PACKET_MARK: Field = Field { shift: 16, width: 16 };
/// Connection marks in the ct mark.
pub(super) const CONNECTION_MARK: Field = Field { shift: 0, width: 16 };

/// With which member of a group a connection stays, in the ct mark. A member has the same number as a routing mark.
pub(super) const MEMBER: Field = Field { shift: 16, width: 15 };

/// Whether a connection is on the short cut, in the ct mark.
pub(super) const SHORT_CUT: Field = Field { shift: 31, width: 1 };

/// The numbers of tables begin here, so that a table's number tells its mark.
const FIRST_TABLE: u32 = 100_000;

impl Field {
    /// The bits of the field.
    pub(super) const fn mask(self) -> u32 {
        (u32::MAX >> (32 - self.width)) << self.shift
    }

    /// The same, for who takes no empty field.
    pub(super) const fn bits(self) -> NonZeroU32 {
        NonZeroU32::new(self.mask()).expect("a field has bits")
    }

    /// A number in its place.
    pub(super) const fn place(self, number: u32) -> u32 {
        number << self.shift
    }

    const fn most(self) -> u32 {
        u32::MAX >> (32 - self.width)
    }
}

/// The numbers of all names that are marks.
#[derive(Debug)]
pub(super) struct Marks {
    tables: BTreeMap<TableName, u32>,
    connections: BTreeMap<ConnectionMark, u32>,
    packets: BTreeMap<PacketMark, u32>,
}

impl Marks {
    pub(super) fn new(router: &Router, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let tables = router.tables.keys().filter(|table| !table.is_main()).map(TableName::as_str);
        let tables = numbers(tables, ROUTING_MARK, "routing tables", diagnostics);
        let mut connections = Vec::new();
        let mut packets = Vec::new();
        for firewall in [&router.firewall, &router.ipv6_firewall] {
            for (Matchers { connection_mark, packet_mark, .. }, _) in firewall.matchers() {
                connections.extend(connection_mark.iter().filter_map(named));
                packets.extend(packet_mark.iter().filter_map(named));
            }
            for rule in firewall.mangle.rules() {
                match &rule.action {
                    Action::Own(MangleAction::MarkConnection(mark, _)) => connections.extend(mark),
                    Action::Own(MangleAction::MarkPacket(mark, _)) => packets.extend(mark),
                    _ => {}
                }
            }
        }
        let connections = connections.into_iter().map(ConnectionMark::as_str);
        let packets = packets.into_iter().map(PacketMark::as_str);
        Self {
            tables: tables.into_iter().map(|(name, n)| (TableName::new(name), n)).collect(),
            connections: numbers(connections, CONNECTION_MARK, "connection marks", diagnostics)
                .into_iter()
                .map(|(name, n)| (ConnectionMark::new(name), n))
                .collect(),
            packets: numbers(packets, PACKET_MARK, "packet marks", diagnostics)
                .into_iter()
                .map(|(name, n)| (PacketMark::new(name), n))
                .collect(),
        }
    }

    /// The number of the kernel's routing table.
    pub(super) fn table(&self, table: &TableName) -> u32 {
        match self.tables.get(table) {
            Some(number) => FIRST_TABLE + number,
            None => rosc_route::MAIN_TABLE,
        }
    }

    /// The routing mark that leads to a table, in its place; 0 for `main`.
    pub(super) fn routing(&self, table: &TableName) -> u32 {
        ROUTING_MARK.place(self.tables.get(table).copied().unwrap_or(0))
    }

    /// A mark for each of these members of groups: none that leads to a table of the router.
    pub(super) fn of_members<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> BTreeMap<&'a str, rosc_ebpf::Mark> {
        let taken = self.tables.values().copied().collect();
        let numbers = id::numbered_beside(names, MEMBER.most(), taken).unwrap_or_default();
        let mark = |number: u32| {
            let value = u16::try_from(number).ok().and_then(NonZeroU16::new).expect("15 bits, from 1 on");
            rosc_ebpf::Mark { value, table: FIRST_TABLE + number }
        };
        numbers.into_iter().map(|(name, number)| (name, mark(number))).collect()
    }

    /// A connection mark in its place; 0 for `no-mark`.
    pub(super) fn connection(&self, mark: Option<&ConnectionMark>) -> u32 {
        CONNECTION_MARK.place(mark.and_then(|mark| self.connections.get(mark)).copied().unwrap_or(0))
    }

    /// A packet mark in its place; 0 for `no-mark`.
    pub(super) fn packet(&self, mark: Option<&PacketMark>) -> u32 {
        PACKET_MARK.place(mark.and_then(|mark| self.packets.get(mark)).copied().unwrap_or(0))
    }
}

fn named<M>(condition: &Condition<Option<M>>) -> Option<&M> {
    condition.parts().0.as_ref()
}

fn numbers<'a>(
    names: impl IntoIterator<Item = &'a str>,
    field: Field,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<&'a str, u32> {
    id::numbered(names, field.most()).unwrap_or_else(|| {
        let message = format!("there are more than {} {what}", field.most());
        diagnostics.push(diagnostics::no_linux_form(message, Origin::IMPLIED, "use fewer names"));
        BTreeMap::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_the_packet_mark_do_not_overlap() {
        assert_eq!(ROUTING_MARK.mask() & PACKET_MARK.mask(), 0);
        assert_eq!(ROUTING_MARK.mask() | PACKET_MARK.mask(), u32::MAX);
        assert_eq!(PACKET_MARK.place(5), 0x0005_0000);
    }

    #[test]
    fn programs_look_at_the_bit_of_the_short_cut() {
        assert_eq!(SHORT_CUT.mask(), rosc_ebpf::CONNECTION_SHORT);
        assert_eq!(MEMBER.mask(), rosc_ebpf::CONNECTION_MEMBER);
        assert_eq!(SHORT_CUT.mask() & CONNECTION_MARK.mask(), 0);
        assert_eq!(MEMBER.mask() & (CONNECTION_MARK.mask() | SHORT_CUT.mask()), 0);
    }
}
