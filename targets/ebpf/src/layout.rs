//! What the control plane and the programs tell each other: `bpf/layout.h` in Rust, held to the same sizes and offsets.

use std::mem::offset_of;

/// The bit of [`Slot::before`] that says that connections may be elsewhere.
pub(crate) const SLOT_CHANGED: u8 = 0x80;
/// So many places there are for members of a group.
pub(crate) const IDS: u32 = 128;
/// Frames have Ethernet's header.
pub(crate) const PORT_ETHERNET: u8 = 1;
/// Which packets are taken.
pub(crate) const PORT_ROUTES: u8 = 2;
pub(crate) const PORT_CONNECTIONS4: u8 = 4;
pub(crate) const PORT_CONNECTIONS6: u8 = 8;
pub(crate) const PORT_MARKS4: u8 = 16;
pub(crate) const PORT_MARKS6: u8 = 32;
/// The bits of a connection's mark in the kernel's connection tracking that say with which member of a group it stays: shifted to
/// the bottom, the member's [`Mark`](crate::Mark).
pub const CONNECTION_MEMBER: u32 = 0x7fff_0000;
/// The bit of a connection's mark in the kernel's connection tracking that puts it on the short cut.
pub const CONNECTION_SHORT: u32 = 0x8000_0000;
/// Where the timeouts stand.
pub(crate) const TIMEOUT_TCP: u32 = 0;
pub(crate) const TIMEOUT_UDP: u32 = 1;
/// The bytes of a group's name.
pub(crate) const NAME_LENGTH: usize = 32;
/// `WAY_STACK`, `WAY_FIB`, `WAY_OWN`, and the first of the groups.
pub(crate) const WAY_STACK: u32 = 0;
pub(crate) const WAY_FIB: u32 = 1;
pub(crate) const WAY_OWN: u32 = 2;
pub(crate) const WAY_GROUP: u32 = 3;
/// The places of a digest.
pub(crate) const DIGEST_PORTS: usize = 256;
pub(crate) const DIGEST_WAYS: usize = 4096;
pub(crate) const DIGEST_FOREIGN: usize = 4096;
pub(crate) const DIGEST_FACTOR: u32 = 0x9e37_79b1;
/// `FIELD_...`.
pub(crate) const FIELD_SOURCE: u8 = 1;
pub(crate) const FIELD_DESTINATION: u8 = 2;
pub(crate) const FIELD_PROTOCOL: u8 = 4;
pub(crate) const FIELD_SOURCE_PORT: u8 = 8;
pub(crate) const FIELD_DESTINATION_PORT: u8 = 16;
pub(crate) const FIELD_INNER: u8 = 32;
/// `MEMBER_...`.
pub(crate) const MEMBER_ALIVE: u8 = 1;
pub(crate) const MEMBER_RESOLVED: u8 = 2;
/// Words that connections are remembered by: `LINES` times `WORDS`.
pub(crate) const ALL_WORDS: usize = (1 << 17) * 8;
/// The lowest bits of what a word consists of.
pub(crate) const WORD_BORN: u32 = 7;
pub(crate) const WORD_GROUP: u32 = 11;
pub(crate) const WORD_HASH: u32 = 17;
pub(crate) const WORD_SIGNATURE: u32 = 35;
/// Address families of the kernel.
pub(crate) const AF_INET: u8 = 2;
pub(crate) const AF_INET6: u8 = 10;

/// A slot of a table. The fields are explained in `bpf/layout.h`, as are those of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Slot {
    pub(crate) now: u8,
    pub(crate) before: u8,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct RawPort {
    pub(crate) mac: [u8; 6],
    pub(crate) flags: u8,
    pub(crate) hook: u8,
}

/// A port in a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct RawDigestPort {
    pub(crate) port: RawPort,
    pub(crate) ifindex: u32,
    pub(crate) padding: u32,
}

/// What follows of ports, ways and own addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct RawDigest {
    pub(crate) ports: [RawDigestPort; DIGEST_PORTS],
    pub(crate) ways4: [u8; DIGEST_WAYS],
    pub(crate) ways6: [u8; DIGEST_WAYS],
    pub(crate) foreign4: [u64; DIGEST_FOREIGN / 64],
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct RawGroup {
    pub(crate) name: [u8; NAME_LENGTH],
    pub(crate) drain_until: u64,
    pub(crate) generation: u32,
    pub(crate) drain: u32,
    pub(crate) fields: u8,
    pub(crate) large: u8,
    pub(crate) used: u8,
    pub(crate) padding: u8,
    pub(crate) seed: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct RawMember {
    pub(crate) ifindex: u32,
    pub(crate) born: u32,
    pub(crate) gateway: [u8; 16],
    pub(crate) mtu: u32,
    pub(crate) weight: u16,
    pub(crate) family: u8,
    pub(crate) flags: u8,
    pub(crate) destination: [u8; 6],
    pub(crate) source: [u8; 6],
    pub(crate) mark: u32,
    pub(crate) table: u32,
    pub(crate) reach: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct RawCount {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
}

const _: () = {
    assert!(size_of::<Slot>() == 2);
    assert!(size_of::<RawPort>() == 8);
    assert!(size_of::<RawDigest>() == 12_800);
    assert!(offset_of!(RawDigest, ways4) == 4096);
    assert!(offset_of!(RawDigest, foreign4) == 12_288);
    assert!(size_of::<RawGroup>() == 56);
    assert!(offset_of!(RawGroup, drain_until) == 32);
    assert!(offset_of!(RawGroup, generation) == 40);
    assert!(offset_of!(RawGroup, fields) == 48);
    assert!(offset_of!(RawGroup, seed) == 52);
    assert!(size_of::<RawMember>() == 56);
    assert!(offset_of!(RawMember, gateway) == 8);
    assert!(offset_of!(RawMember, weight) == 28);
    assert!(offset_of!(RawMember, destination) == 32);
    assert!(offset_of!(RawMember, mark) == 44);
    assert!(size_of::<RawCount>() == 16);
    assert!(size_of::<RawTimeout>() == 8);
};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct RawTimeout {
    pub(crate) milliseconds: u32,
    pub(crate) ticks: u32,
}

/// A table as the value of a map.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct RawTable<const SLOTS: usize>(pub(crate) [Slot; SLOTS]);

pub(crate) type SmallTable = RawTable<4_099>;
pub(crate) type LargeTable = RawTable<65_537>;

macro_rules! plain {
    ($($type:ty),*) => {
        $(
            // SAFETY: all bytes are of fields of numbers, which the assertions above leave no gaps between.
            unsafe impl aya::Pod for $type {}
        )*
    };
}

plain!(RawTimeout, RawPort, RawDigest, RawGroup, RawMember, RawCount, SmallTable, LargeTable);
